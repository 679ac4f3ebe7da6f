#include <cmath>
#include <thread>

#include <gtest/gtest.h>

#include "storage/decode.hpp"
#include "storage/rows/canonical_row.hpp"
#include "storage/rows/sample_rows.hpp"

namespace kodiak::storage {
namespace {

using catalog::Type;
using catalog::TypeKind;

std::shared_ptr<const StoredSchema> schema_of(std::vector<Type> types) {
    auto schema = std::make_shared<StoredSchema>();
    schema->version = SchemaVersion(1);
    schema->types = std::move(types);
    for (size_t i = 0; i < schema->types.size(); ++i) {
        schema->ids.emplace_back(static_cast<uint32_t>(i + 1));
    }
    return schema;
}

std::vector<std::string> rows_of(const Chunk& chunk, const uint32_t* slots, size_t count) {
    std::string bytes = "prefix";
    std::vector<uint64_t> offsets;
    RowEncoder(chunk.schema_ptr()).encode(chunk, slots, count, bytes, offsets);
    EXPECT_EQ(bytes.substr(0, 6), "prefix");
    std::vector<std::string> rows;
    for (size_t i = 0; i < count; ++i) {
        rows.push_back(bytes.substr(offsets[i], offsets[i + 1] - offsets[i]));
    }
    return rows;
}

TEST(CanonicalRow, ReadsBackEveryKind) {
    for (const uint64_t seed : {1, 2, 3, 4}) {
        SCOPED_TRACE("seed " + std::to_string(seed));
        const auto chunk = sample_chunks(all_kinds(3), 300, seed)[0];
        const auto rows = rows_of(*chunk, nullptr, 300);
        const auto back = OpenChunk::make(chunk->schema_ptr(), OriginId(5), 300);
        for (const std::string& row : rows) {
            const Result<bool> added = back->append_canonical(row);
            ASSERT_TRUE(added.ok()) << added.error().message << added.error().detail;
            ASSERT_TRUE(*added);
        }
        EXPECT_FALSE(*back->append_canonical(rows[0]));
        back->publish(300, 9, 9);
        EXPECT_EQ(rows_of(*back, nullptr, 300), rows);
    }
}

TEST(CanonicalRow, BytesAreFrozen) {
    const auto schema = schema_of({simple_type(TypeKind::kBoolean), simple_type(TypeKind::kSmallInt),
                                   simple_type(TypeKind::kVarchar), enum_type(5), simple_type(TypeKind::kDate)});
    const auto chunk = OpenChunk::make(schema, OriginId(1), 4);
    const uint8_t flag = 1;
    const int16_t number = -2;
    const StringRef text{std::string_view("hi")};
    const uint8_t label = 1;
    const int32_t date = 0;
    const uint64_t absent = 0;
    const ColumnView columns[] = {{&flag, nullptr, nullptr},
                                  {&number, nullptr, nullptr},
                                  {&text, nullptr, nullptr},
                                  {&label, nullptr, nullptr},
                                  {&date, &absent, nullptr}};
    ASSERT_EQ(chunk->append({1, columns}, 0, 1), 1u);
    chunk->publish(1, 1, 1);
    EXPECT_EQ(rows_of(*chunk, nullptr, 1)[0], std::string("\x0f\x01\xfe\xff\x02hi\x02l1", 10));
    std::string key;
    std::vector<uint64_t> offsets;
    const size_t positions[] = {4, 2};
    RowEncoder(schema).encode_key(positions, *chunk, nullptr, 1, key, offsets);
    EXPECT_EQ(key, std::string("\x02\x02hi", 4));
}

TEST(CanonicalRow, EveryNanIsTheSameAndZeroKeepsItsSign) {
    const auto chunk = OpenChunk::make(schema_of({simple_type(TypeKind::kFloat), simple_type(TypeKind::kDouble)}),
                                       OriginId(1), 8);
    const float floats[] = {-std::nanf("7"), std::nanf("1"), -0.0f, INFINITY};
    const double doubles[] = {-std::nan("7"), std::nan("1"), -0.0, -INFINITY};
    const ColumnView columns[] = {{floats, nullptr, nullptr}, {doubles, nullptr, nullptr}};
    ASSERT_EQ(chunk->append({4, columns}, 0, 4), 4u);
    chunk->publish(4, 1, 1);
    const auto rows = rows_of(*chunk, nullptr, 4);
    EXPECT_EQ(rows[0], std::string("\x03\x00\x00\xc0\x7f\x00\x00\x00\x00\x00\x00\xf8\x7f", 13));
    EXPECT_EQ(rows[1], rows[0]);
    EXPECT_EQ(rows[2], std::string("\x03\x00\x00\x00\x80\x00\x00\x00\x00\x00\x00\x00\x80", 13));
    EXPECT_EQ(rows[3], std::string("\x03\x00\x00\x80\x7f\x00\x00\x00\x00\x00\x00\xf0\xff", 13));
    std::string wrong = rows[0];
    wrong[1] = 1;  // a NaN with payload
    EXPECT_FALSE(OpenChunk::make(chunk->schema_ptr(), OriginId(1), 1)->append_canonical(wrong).ok());
}

TEST(CanonicalRow, SelectedSlotsAreTheRowsThemselves) {
    const auto chunk = sample_chunks(all_kinds(), 2048, 11)[0];
    const auto all = rows_of(*chunk, nullptr, 2048);
    std::mt19937_64 random(12);
    std::vector<uint32_t> slots(5000);
    for (uint32_t& slot : slots) {
        slot = static_cast<uint32_t>(random() % 2048);
    }
    const auto some = rows_of(*chunk, slots.data(), slots.size());
    for (size_t i = 0; i < slots.size(); ++i) {
        ASSERT_EQ(some[i], all[slots[i]]);
    }
}

TEST(CanonicalRow, HostileBytesNeverCrashAndHaveOneForm) {
    const uint64_t seed = 99;
    SCOPED_TRACE("seed " + std::to_string(seed));
    std::mt19937_64 random(seed);
    const auto chunk = sample_chunks(all_kinds(), 200, seed)[0];
    const auto rows = rows_of(*chunk, nullptr, 200);
    size_t accepted = 0;
    for (int round = 0; round < 20'000; ++round) {
        std::string row = rows[random() % rows.size()];
        if (random() % 3 == 0) {
            row.resize(random() % row.size());
        } else {
            row[random() % row.size()] = static_cast<char>(random());
        }
        const auto back = OpenChunk::make(chunk->schema_ptr(), OriginId(5), 1);
        const Result<bool> added = back->append_canonical(row);
        if (added.ok()) {
            back->publish(1, 1, 1);
            ASSERT_EQ(rows_of(*back, nullptr, 1)[0], row);
            ++accepted;
        } else {
            ASSERT_EQ(added.error().code, ErrorCode::kCorruption);
            ASSERT_EQ(back->filled(), 0u);
        }
    }
    EXPECT_GT(accepted, 0u);
}

TEST(NestedValue, EveryShapeIsChecked) {
    Type structure = simple_type(TypeKind::kStruct);
    structure.children = {{"a", simple_type(TypeKind::kTinyInt)}, {"b", enum_type(2)}};
    Type map = simple_type(TypeKind::kMap);
    map.children = {{"", simple_type(TypeKind::kVarchar)}, {"", structure}};
    Type array = simple_type(TypeKind::kArray);
    array.array_length = 2;
    array.children = {{"", simple_type(TypeKind::kBoolean)}};
    Type choice = simple_type(TypeKind::kUnion);
    choice.children = {{"x", integer_list()}, {"y", simple_type(TypeKind::kVariant)}};
    const auto is_good = [](const Type& type, std::string_view bytes) { return validate_nested(type, bytes).ok(); };
    using namespace std::string_view_literals;
    EXPECT_TRUE(is_good(structure, "\x01\x07\x01\x02l1"sv));
    EXPECT_TRUE(is_good(structure, "\x00\x00"sv));
    EXPECT_FALSE(is_good(structure, "\x01\x07\x01\x02l9"sv));
    EXPECT_FALSE(is_good(structure, "\x02\x07\x00"sv));
    EXPECT_TRUE(is_good(map, "\x01\x01k\x01\x00\x00"sv));
    EXPECT_FALSE(is_good(map, "\x02\x01k\x01\x00\x00"sv));
    EXPECT_TRUE(is_good(array, "\x01\x01\x00"sv));
    EXPECT_FALSE(is_good(array, "\x01\x02\x00"sv));
    EXPECT_FALSE(is_good(array, "\x01\x01\x00\x00"sv));
    EXPECT_TRUE(is_good(choice, "\x00\x01\x01\x00"sv));
    EXPECT_TRUE(is_good(choice, "\x01\x01\x03zzz"sv));
    EXPECT_FALSE(is_good(choice, "\x02\x00"sv));
    EXPECT_FALSE(is_good(integer_list(), "\x80\x00"sv));              // count not in shortest form
    EXPECT_FALSE(is_good(integer_list(), "\xff\xff\xff\xff\x0f"sv));  // more elements than bytes
    EXPECT_TRUE(is_good(simple_type(TypeKind::kVariant), "anything"sv));
}

TEST(Value, ReadsBackThroughMissingValueForm) {
    const StringRef text{std::string_view("a text that does not fit inline")};
    std::string bytes;
    encode_value(simple_type(TypeKind::kVarchar), {&text, nullptr, nullptr}, 0, bytes);
    Result<PlainValue> value = decode_value(simple_type(TypeKind::kVarchar), bytes);
    ASSERT_TRUE(value.ok());
    const PlainValue moved = std::move(*value);
    StringRef ref;
    std::memcpy(static_cast<void*>(&ref), moved.bytes, sizeof ref);
    EXPECT_EQ(ref.view(), text.view());
    const uint16_t label = 299;
    bytes.clear();
    encode_value(enum_type(300), {&label, nullptr, nullptr}, 0, bytes);
    value = decode_value(enum_type(300), bytes);
    ASSERT_TRUE(value.ok());
    EXPECT_EQ(std::memcmp(value->bytes, &label, 2), 0);
    EXPECT_FALSE(decode_value(enum_type(10), bytes).ok());
    EXPECT_FALSE(decode_value(simple_type(TypeKind::kBigInt), "1234567").ok());
    EXPECT_FALSE(decode_value(simple_type(TypeKind::kBigInt), "123456789").ok());
}

TEST(OpenChunk, StopsAtCapacityAndTruncates) {
    const auto schema = all_kinds();
    const SampleRows sample(*schema, 100, 5);
    const auto chunk = OpenChunk::make(schema, OriginId(1), 64);
    EXPECT_EQ(chunk->append(sample.batch(), 10, 50), 50u);
    EXPECT_EQ(chunk->append(sample.batch(), 60, 40), 14u);
    EXPECT_TRUE(chunk->is_full());
    EXPECT_EQ(chunk->count(), 0u);
    chunk->publish(64, 1, 1);
    const auto before = rows_of(*chunk, nullptr, 64);
    chunk->truncate(20);
    EXPECT_EQ(chunk->count(), 20u);
    EXPECT_EQ(chunk->append(sample.batch(), 30, 70), 44u);
    chunk->publish(64, 1, 1);
    EXPECT_EQ(rows_of(*chunk, nullptr, 64), before);
}

TEST(OpenChunk, SmallOnesTakeAFewKilobytes) {
    const auto schema = schema_of(std::vector<Type>(16, simple_type(TypeKind::kBigInt)));
    const auto chunk = OpenChunk::make(schema, OriginId(1), 64);
    EXPECT_LT(chunk->memory_bytes(), 12u * 1024);
}

TEST(OpenChunk, GrownKeepsRowsIdentitiesAndStrings) {
    const auto chunk = sample_chunks(all_kinds(), 700, 6)[0];
    auto small = OpenChunk::make(chunk->schema_ptr(), OriginId(5), 700);
    ASSERT_EQ(small->append_from(*chunk, nullptr, 700), 700u);
    small->set_row(3, 77, 4);
    small->publish(650, 2, 9);
    const auto large = small->grown(2048);
    const auto rows = rows_of(*chunk, nullptr, 700);
    small.reset();
    EXPECT_EQ(large->count(), 650u);
    EXPECT_EQ(large->filled(), 700u);
    EXPECT_EQ(large->row_id(3), (RowId{OriginId(5), 77}));
    EXPECT_EQ(large->created(3), 4u);
    EXPECT_EQ(large->min_created(), 2u);
    EXPECT_EQ(rows_of(*large, nullptr, 700), rows);
}

TEST(OpenChunk, SelectionAndValidityOfABatchAreFollowed) {
    const auto chunk = OpenChunk::make(schema_of({simple_type(TypeKind::kInteger)}), OriginId(1), 8);
    const int32_t values[] = {10, 20, 30};
    const uint64_t validity = 0b101;
    const uint32_t selection[] = {2, 1, 0, 2};
    const ColumnView columns[] = {{values, &validity, selection}};
    ASSERT_EQ(chunk->append({4, columns}, 1, 3), 3u);
    chunk->publish(3, 1, 1);
    int32_t out[3];
    decode_fixed(chunk->column(0), catalog::Physical::kInt32, nullptr, 3, out);
    EXPECT_FALSE(chunk->column(0).is_valid(0));
    EXPECT_EQ(out[1], 10);
    EXPECT_EQ(out[2], 30);
}

TEST(OpenChunk, OldRowsAreWidenedAndCompleted) {
    auto old_schema = std::make_shared<StoredSchema>();
    old_schema->version = SchemaVersion(1);
    old_schema->ids = {ColumnId(1), ColumnId(2), ColumnId(3), ColumnId(4)};
    old_schema->types = {simple_type(TypeKind::kInteger), simple_type(TypeKind::kVarchar), decimal_type(9, 2),
                         simple_type(TypeKind::kUBigInt)};
    const int32_t numbers[] = {-5, 6};
    const StringRef texts[] = {StringRef(std::string_view("dropped")), StringRef(std::string_view("gone"))};
    const int32_t decimals[] = {-12345, 1};
    const uint64_t large[] = {UINT64_MAX, 1};
    const uint64_t first_only = 1;
    const ColumnView columns[] = {{numbers, nullptr, nullptr},
                                  {texts, nullptr, nullptr},
                                  {decimals, &first_only, nullptr},
                                  {large, nullptr, nullptr}};
    const auto old_chunk = OpenChunk::make(old_schema, OriginId(1), 2);
    ASSERT_EQ(old_chunk->append({2, columns}, 0, 2), 2u);
    old_chunk->publish(2, 1, 1);

    catalog::TableDefinition table;
    table.schema_version = SchemaVersion(2);
    table.columns.push_back({ColumnId(1), "n", simple_type(TypeKind::kBigInt), false, "", "", "", ""});
    table.columns.push_back({ColumnId(3), "d", decimal_type(38, 2), false, "", "", "", ""});
    table.columns.push_back({ColumnId(4), "u", simple_type(TypeKind::kHugeInt), false, "", "", "", ""});
    std::string missing;
    const StringRef value{std::string_view("the default of later days")};
    encode_value(simple_type(TypeKind::kVarchar), {&value, nullptr, nullptr}, 0, missing);
    table.columns.push_back({ColumnId(5), "t", simple_type(TypeKind::kVarchar), false, "", "", missing, ""});
    table.columns.push_back({ColumnId(6), "x", simple_type(TypeKind::kDouble), false, "", "", "", ""});
    auto schema = std::make_shared<StoredSchema>();
    schema->version = table.schema_version;
    for (const auto* column : table.stored_columns()) {
        schema->ids.push_back(column->id);
        schema->types.push_back(column->type);
    }
    const auto chunk = OpenChunk::make(schema, OriginId(1), 4);
    const Result<uint32_t> copied = chunk->append_from(*old_chunk, nullptr, 2, table);
    ASSERT_TRUE(copied.ok());
    ASSERT_EQ(*copied, 2u);
    chunk->publish(2, 1, 1);
    int64_t wide[2];
    decode_fixed(chunk->column(0), catalog::Physical::kInt64, nullptr, 2, wide);
    EXPECT_EQ(wide[0], -5);
    int64_t huge[4];
    decode_fixed(chunk->column(1), catalog::Physical::kInt128, nullptr, 2, huge);
    EXPECT_EQ(huge[0], -12345);
    EXPECT_EQ(huge[1], -1);
    EXPECT_FALSE(chunk->column(1).is_valid(1));
    decode_fixed(chunk->column(2), catalog::Physical::kInt128, nullptr, 2, huge);
    EXPECT_EQ(huge[0], -1);
    EXPECT_EQ(huge[1], 0);
    StringRef out[2];
    decode_strings(chunk->column(3), nullptr, 2, out);
    EXPECT_EQ(out[1].view(), value.view());
    EXPECT_FALSE(chunk->column(4).is_valid(0));

    table.columns[3].missing_value = "\x7f";
    EXPECT_FALSE(chunk->append_from(*old_chunk, nullptr, 2, table).ok());
    EXPECT_EQ(chunk->filled(), 2u);
}

// Run under the thread sanitizer: a reader of published rows never meets the writer.
TEST(OpenChunk, ReadersSeeOnlyWholeRowsWhileRowsAreAppended) {
    const auto schema = schema_of({simple_type(TypeKind::kBigInt), simple_type(TypeKind::kVarchar)});
    const auto chunk = OpenChunk::make(schema, OriginId(1), 2048);
    std::thread writer([&] {
        for (int64_t i = 0; i < 2048; ++i) {
            const std::string text = "a text of some length " + std::to_string(i);
            const StringRef ref{std::string_view(text)};
            const uint64_t present = i % 3 == 0 ? 0 : 1;
            const ColumnView columns[] = {{&i, &present, nullptr}, {&ref, nullptr, nullptr}};
            chunk->append({1, columns}, 0, 1);
            chunk->set_row(static_cast<uint32_t>(i), static_cast<uint64_t>(i) + 1, 7);
            chunk->publish(static_cast<uint32_t>(i) + 1, 7, 7);
        }
    });
    for (uint32_t seen = 0; seen < 2048;) {
        seen = chunk->count();
        for (uint32_t slot = seen > 70 ? seen - 70 : 0; slot < seen; ++slot) {
            ASSERT_EQ(chunk->column(0).is_valid(slot), slot % 3 != 0);
            StringRef text;
            decode_strings(chunk->column(1), &slot, 1, &text);
            ASSERT_EQ(text.view(), "a text of some length " + std::to_string(slot));
            ASSERT_EQ(chunk->row_id(slot).counter, slot + 1);
        }
    }
    writer.join();
}

}  // namespace
}  // namespace kodiak::storage
