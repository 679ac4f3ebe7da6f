#include <gtest/gtest.h>

#include "base/disk/simulated_disk.hpp"
#include "storage/rows/canonical_row.hpp"
#include "storage/rows/sample_rows.hpp"
#include "storage/warm/warm_file.hpp"

namespace kodiak::storage {
namespace {

constexpr char kPath[] = "/t.arrow";
using Chunks = std::vector<std::shared_ptr<const Chunk>>;

std::string bytes_of(const Chunk& chunk) {
    std::string bytes;
    std::vector<uint64_t> offsets;
    RowEncoder(chunk.schema_ptr()).encode(chunk, nullptr, chunk.count(), bytes, offsets);
    return bytes;
}

Chunks sample(std::shared_ptr<const StoredSchema> schema, size_t rows, uint64_t seed) {
    const auto open = sample_chunks(std::move(schema), rows, seed);
    return {open.begin(), open.end()};
}

std::string file_bytes(const SimulatedDisk& disk) { return disk.dump().at(0).bytes; }

void put_file(Disk& disk, const std::string& bytes) {
    const auto file = disk.open(kPath, OpenMode::kCreate);
    ASSERT_TRUE(file.ok());
    ASSERT_TRUE((*file)->write(0, bytes).ok());
}

std::vector<size_t> all_positions(const StoredSchema& schema) {
    std::vector<size_t> positions(schema.ids.size());
    for (size_t i = 0; i < positions.size(); ++i) {
        positions[i] = i;
    }
    return positions;
}

TEST(WarmFile, GivesBackEveryKind) {
    for (const uint64_t seed : {61, 62, 63, 64, 65, 66}) {
        SCOPED_TRACE("seed " + std::to_string(seed));
        const auto disk = SimulatedDisk::create();
        const auto schema = all_kinds(2);
        const Chunks chunks = sample(schema, seed % 2 == 0 ? 3 * 2048 : 5001, seed);
        const auto written = write_warm_file(*disk, kPath, {chunks, false, false});
        ASSERT_TRUE(written.ok()) << written.error().message;
        EXPECT_EQ(written->bytes, file_bytes(*disk).size());
        const auto file = open_warm_file(*disk, kPath, schema, {OriginId(5), 1, 9});
        ASSERT_TRUE(file.ok()) << file.error().message;
        EXPECT_EQ((*file)->rows(), written->rows);
        ASSERT_TRUE((*file)->verify().ok());
        ASSERT_EQ((*file)->chunks().size(), chunks.size());
        for (size_t c = 0; c < chunks.size(); ++c) {
            const Chunk& back = *(*file)->chunks()[c];
            ASSERT_EQ(back.count(), chunks[c]->count());
            EXPECT_EQ(bytes_of(back), bytes_of(*chunks[c]));
            for (uint32_t slot = 0; slot < back.count(); ++slot) {
                ASSERT_EQ(back.row_id(slot), chunks[c]->row_id(slot));
                ASSERT_EQ(back.created(slot), 9u);
            }
            for (size_t position = 0; position < schema->ids.size(); ++position) {
                uint32_t nulls = 0;
                for (uint32_t slot = 0; slot < back.count(); ++slot) {
                    nulls += chunks[c]->column(position).is_valid(slot) ? 0 : 1;
                }
                EXPECT_EQ((*file)->null_count(c, position), nulls);
            }
        }
    }
}

TEST(WarmFile, ChunksOutliveTheFile) {
    const auto disk = SimulatedDisk::create();
    const auto schema = all_kinds();
    const Chunks chunks = sample(schema, 100, 7);
    ASSERT_TRUE(write_warm_file(*disk, kPath, {chunks, false, false}).ok());
    std::shared_ptr<const Chunk> kept;
    {
        const auto file = open_warm_file(*disk, kPath, schema, {OriginId(5), 1, 9});
        ASSERT_TRUE(file.ok());
        kept = (*file)->chunks()[0];
    }
    EXPECT_EQ(bytes_of(*kept), bytes_of(*chunks[0]));
}

TEST(WarmFile, KeepsIdentitiesWhenAsked) {
    for (const bool scattered : {false, true}) {
        const auto disk = SimulatedDisk::create();
        const auto schema = all_kinds();
        const auto open = sample_chunks(schema, 2500, 8);
        for (uint32_t slot = 0; scattered && slot < 2048; ++slot) {
            open[0]->set_row(slot, 9000 - slot, 100 + slot % 7);
        }
        const Chunks chunks(open.begin(), open.end());
        ASSERT_TRUE(write_warm_file(*disk, kPath, {chunks, true, true}).ok());
        const auto file = open_warm_file(*disk, kPath, schema, {OriginId(5), 0, 0});
        ASSERT_TRUE(file.ok()) << file.error().message;
        ASSERT_TRUE((*file)->verify().ok());
        for (size_t c = 0; c < 2; ++c) {
            for (uint32_t slot = 0; slot < chunks[c]->count(); ++slot) {
                ASSERT_EQ((*file)->chunks()[c]->row_id(slot), chunks[c]->row_id(slot));
                ASSERT_EQ((*file)->chunks()[c]->created(slot), chunks[c]->created(slot));
            }
        }
        EXPECT_EQ((*file)->chunks()[0]->min_created(), scattered ? 100u : 9u);
        EXPECT_EQ((*file)->chunks()[0]->max_created(), scattered ? 106u : 9u);
    }
}

TEST(WarmFile, ColumnsOfOneValueAndOfNothingTakeNoWidth) {
    const auto disk = SimulatedDisk::create();
    auto schema = std::make_shared<StoredSchema>();
    schema->ids = {ColumnId(1), ColumnId(2), ColumnId(3)};
    schema->types = {simple_type(catalog::TypeKind::kBigInt), simple_type(catalog::TypeKind::kSqlNull),
                     simple_type(catalog::TypeKind::kVarchar)};
    const auto chunk = OpenChunk::make(schema, OriginId(5), 10);
    const std::vector<int64_t> same(10, -77);
    const std::vector<int32_t> unset(10, 1);
    const std::vector<StringRef> empty(10);
    const uint64_t absent = 0;
    const ColumnView columns[] = {
        {same.data(), nullptr, nullptr}, {unset.data(), &absent, nullptr}, {empty.data(), &absent, nullptr}};
    ASSERT_EQ(chunk->append({10, columns}, 0, 10), 10u);
    chunk->publish(10, 1, 1);
    const Chunks chunks = {chunk};
    ASSERT_TRUE(write_warm_file(*disk, kPath, {chunks, false, false}).ok());
    const auto file = open_warm_file(*disk, kPath, schema, {OriginId(5), 1, 1});
    ASSERT_TRUE(file.ok());
    EXPECT_TRUE((*file)->verify().ok());
    EXPECT_EQ((*file)->chunks()[0]->column(0).width, 0);
    EXPECT_EQ((*file)->chunks()[0]->column(0).base, -77);
    EXPECT_EQ(bytes_of(*(*file)->chunks()[0]), bytes_of(*chunk));
}

TEST(WarmFile, AnotherSchemaIsRefused) {
    const auto disk = SimulatedDisk::create();
    const auto schema = all_kinds();
    ASSERT_TRUE(write_warm_file(*disk, kPath, {sample(schema, 10, 1), false, false}).ok());
    auto other = std::make_shared<StoredSchema>(*schema);
    other->ids.back() = ColumnId(1000);
    const auto file = open_warm_file(*disk, kPath, other, {});
    ASSERT_FALSE(file.ok());
    EXPECT_EQ(file.error().code, ErrorCode::kCorruption);
    EXPECT_EQ(open_warm_file(*disk, "/none", schema, {}).error().code, ErrorCode::kNotFound);
}

TEST(WarmFile, FailedWritesAreReported) {
    const auto schema = all_kinds();
    const Chunks chunks = sample(schema, 3000, 1);
    const auto full = SimulatedDisk::create();
    full->set_capacity(10'000);
    EXPECT_EQ(write_warm_file(*full, kPath, {chunks, false, false}).error().code, ErrorCode::kDiskFull);
    const auto dark = SimulatedDisk::create();
    ASSERT_TRUE(write_warm_file(*dark, kPath, {chunks, false, false}).ok());
    const auto survivor = dark->after_crash(CrashMode::kKeepNothingUnsynced);
    for (const SimulatedFile& file : survivor->dump()) {
        EXPECT_EQ(file.bytes, file_bytes(*dark));
    }
}

// Opens damaged bytes and uses whatever verification lets through.
bool survives(const std::string& bytes, const std::shared_ptr<const StoredSchema>& schema,
              const std::string& expected) {
    const auto disk = SimulatedDisk::create();
    put_file(*disk, bytes);
    const auto file = open_warm_file(*disk, kPath, schema, {OriginId(5), 1, 9});
    if (!file.ok()) {
        EXPECT_TRUE(file.error().code == ErrorCode::kCorruption || file.error().code == ErrorCode::kVersionTooNew);
        return false;
    }
    const auto positions = all_positions(*schema);
    if (!(*file)->verify_columns(positions).ok()) {
        return false;
    }
    std::string back;
    for (const auto& chunk : (*file)->chunks()) {
        back += bytes_of(*chunk);
    }
    EXPECT_EQ(back, expected) << "damage went unnoticed";
    return true;
}

TEST(WarmFile, DamageIsFoundAndNeverCrashes) {
    const uint64_t seed = 71;
    SCOPED_TRACE("seed " + std::to_string(seed));
    const auto disk = SimulatedDisk::create();
    const auto schema = all_kinds();
    const Chunks chunks = sample(schema, 40, seed);
    ASSERT_TRUE(write_warm_file(*disk, kPath, {chunks, true, true}).ok());
    const std::string good = file_bytes(*disk);
    const std::string expected = bytes_of(*chunks[0]);
    ASSERT_TRUE(survives(good, schema, expected));
    std::mt19937_64 random(seed);
    size_t refused = 0;
    for (int round = 0; round < 3000; ++round) {
        std::string bytes = good;
        const size_t at = random() % bytes.size();
        bytes[at] = static_cast<char>(static_cast<uint8_t>(bytes[at]) ^ (1u << random() % 8));
        refused += survives(bytes, schema, expected) ? 0 : 1;
    }
    EXPECT_GT(refused, 1000u);
    for (int round = 0; round < 300; ++round) {
        EXPECT_FALSE(survives(good.substr(0, random() % good.size()), schema, expected));
    }
}

TEST(WarmFile, VerifyNamesFileAndColumn) {
    const auto disk = SimulatedDisk::create();
    auto schema = std::make_shared<StoredSchema>();
    schema->ids = {ColumnId(3), ColumnId(8)};
    schema->types = {simple_type(catalog::TypeKind::kDouble), simple_type(catalog::TypeKind::kDouble)};
    std::vector<double> values(2048);
    for (size_t i = 0; i < values.size(); ++i) {
        values[i] = static_cast<double>(i) * 1.25;
    }
    const auto chunk = OpenChunk::make(schema, OriginId(5), 2048);
    std::vector<double> others(2048, 3.5);
    const ColumnView columns[] = {{others.data(), nullptr, nullptr}, {values.data(), nullptr, nullptr}};
    chunk->append({2048, columns}, 0, 2048);
    chunk->publish(2048, 1, 1);
    const Chunks chunks = {chunk};
    ASSERT_TRUE(write_warm_file(*disk, kPath, {chunks, false, false}).ok());
    const std::string_view needle(reinterpret_cast<const char*>(values.data()), 2048 * 8);
    const size_t at = file_bytes(*disk).find(needle);
    ASSERT_NE(at, std::string::npos);
    ASSERT_TRUE(disk->corrupt(kPath, at + 999, 0x10).ok());
    const auto file = open_warm_file(*disk, kPath, schema, {});
    ASSERT_TRUE(file.ok());
    const size_t first[] = {0};
    const size_t second[] = {1};
    EXPECT_TRUE((*file)->verify_columns(first).ok());
    EXPECT_FALSE((*file)->verify_columns(second).ok());
    const Status status = (*file)->verify();
    ASSERT_FALSE(status.ok());
    EXPECT_EQ(status.error().code, ErrorCode::kCorruption);
    EXPECT_NE(status.error().message.find(kPath), std::string::npos);
    EXPECT_NE(status.error().message.find("c8"), std::string::npos);
}

}  // namespace
}  // namespace kodiak::storage
