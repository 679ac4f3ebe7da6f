#include <algorithm>

#include <gtest/gtest.h>

#include "storage/decode.hpp"
#include "storage/hot/column_summary.hpp"
#include "storage/hot/sealed_chunk.hpp"
#include "storage/rows/canonical_row.hpp"
#include "storage/rows/sample_rows.hpp"

namespace kodiak::storage {
namespace {

using catalog::Type;
using catalog::TypeKind;

std::string bytes_of(const Chunk& chunk) {
    std::string bytes;
    std::vector<uint64_t> offsets;
    RowEncoder(chunk.schema_ptr()).encode(chunk, nullptr, chunk.count(), bytes, offsets);
    return bytes;
}

// One column of `type` from plain values.
template <class Value>
std::shared_ptr<OpenChunk> chunk_of(const Type& type, const std::vector<Value>& values) {
    auto schema = std::make_shared<StoredSchema>();
    schema->ids = {ColumnId(1)};
    schema->types = {type};
    const auto chunk = OpenChunk::make(schema, OriginId(1), 2048);
    const ColumnView columns[] = {{values.data(), nullptr, nullptr}};
    EXPECT_EQ(chunk->append({values.size(), columns}, 0, values.size()), values.size());
    chunk->publish(static_cast<uint32_t>(values.size()), 0, 0);
    return chunk;
}

TEST(Seal, KeepsContentAndIdentityOfEveryKind) {
    for (const uint64_t seed : {21, 22, 23, 24, 25, 26}) {
        SCOPED_TRACE("seed " + std::to_string(seed));
        const auto open = sample_chunks(all_kinds(3), seed % 2 == 0 ? 2048 : 777, seed)[0];
        const auto sealed = seal(*open);
        const auto again = seal(*sealed);
        ASSERT_EQ(sealed->count(), open->count());
        EXPECT_TRUE(sealed->is_sealed());
        EXPECT_EQ(bytes_of(*sealed), bytes_of(*open));
        EXPECT_EQ(bytes_of(*again), bytes_of(*open));
        EXPECT_LT(sealed->memory_bytes(), open->memory_bytes());
        for (uint32_t slot = 0; slot < open->count(); ++slot) {
            ASSERT_EQ(sealed->row_id(slot), open->row_id(slot));
            ASSERT_EQ(sealed->created(slot), 9u);
        }
        for (size_t c = 0; c < open->schema().types.size(); ++c) {
            const StoredColumn& column = sealed->column(c);
            if (column.validity != nullptr) {
                uint32_t slots[2048 + 64];
                EXPECT_GT(select_nulls(column, true, nullptr, open->count(), slots), 0u);
            }
        }
    }
}

TEST(Seal, WidthFollowsTheRange) {
    const std::pair<int64_t, int> cases[] = {{0, 0},      {255, 1},          {256, 2},          {65'535, 2},
                                             {65'536, 4}, {4294967295ll, 4}, {4294967296ll, 8}, {INT64_MAX, 8}};
    for (const auto& [span, width] : cases) {
        const auto sealed = seal(*chunk_of<int64_t>(simple_type(TypeKind::kBigInt), {span - 7, -7, span - 7}));
        EXPECT_EQ(sealed->column(0).width, width) << span;
        EXPECT_EQ(sealed->column(0).min, -7);
        EXPECT_EQ(sealed->column(0).max, span - 7);
        int64_t out[3];
        decode_fixed(sealed->column(0), catalog::Physical::kInt64, nullptr, 3, out);
        EXPECT_EQ(out[0], span - 7);
        EXPECT_EQ(out[1], -7);
    }
    const auto extremes = seal(*chunk_of<int64_t>(simple_type(TypeKind::kBigInt), {INT64_MIN, INT64_MAX}));
    EXPECT_EQ(extremes->column(0).encoding, Encoding::kPlain);
    EXPECT_TRUE(extremes->column(0).has_range);
}

TEST(Seal, LargeUnsignedValuesStayPlainWithoutRange) {
    const auto sealed = seal(*chunk_of<uint64_t>(simple_type(TypeKind::kUBigInt), {1, UINT64_MAX}));
    EXPECT_EQ(sealed->column(0).encoding, Encoding::kPlain);
    EXPECT_FALSE(sealed->column(0).has_range);
}

TEST(Seal, RunSharesOneSortedDictionary) {
    auto schema = std::make_shared<StoredSchema>();
    schema->ids = {ColumnId(1)};
    schema->types = {simple_type(TypeKind::kVarchar)};
    std::vector<std::shared_ptr<OpenChunk>> open;
    std::vector<const Chunk*> run;
    for (int c = 0; c < 3; ++c) {
        open.push_back(OpenChunk::make(schema, OriginId(1), 2048));
        for (int i = 0; i < 2048; ++i) {
            const std::string text = "some long enough value " + std::to_string((c * 100 + i) % 300);
            const StringRef ref{std::string_view(text)};
            const ColumnView columns[] = {{&ref, nullptr, nullptr}};
            open.back()->append({1, columns}, 0, 1);
        }
        open.back()->publish(2048, 0, 0);
        run.push_back(open.back().get());
    }
    const auto sealed = seal_run(run);
    ASSERT_EQ(sealed.size(), 3u);
    const auto dictionary = sealed[0]->column(0).dictionary;
    ASSERT_NE(dictionary, nullptr);
    ASSERT_EQ(dictionary->values.size(), 300u);
    for (size_t i = 1; i < dictionary->values.size(); ++i) {
        EXPECT_LT(dictionary->values[i - 1].view(), dictionary->values[i].view());
    }
    for (size_t c = 0; c < 3; ++c) {
        EXPECT_EQ(sealed[c]->column(0).dictionary, dictionary);
        EXPECT_EQ(sealed[c]->column(0).width, 2);
        EXPECT_EQ(bytes_of(*sealed[c]), bytes_of(*open[c]));
    }
}

TEST(Seal, DistinctStringsStayPlain) {
    std::vector<std::string> texts;
    for (int i = 0; i < 2000; ++i) {
        texts.push_back("a different text each " + std::to_string(i));
    }
    std::vector<StringRef> refs(texts.size());
    std::transform(texts.begin(), texts.end(), refs.begin(), [](const std::string& t) { return StringRef(t); });
    const auto open = chunk_of<StringRef>(simple_type(TypeKind::kVarchar), refs);
    const auto sealed = seal(*open);
    EXPECT_EQ(sealed->column(0).encoding, Encoding::kPlain);
    EXPECT_EQ(bytes_of(*sealed), bytes_of(*open));
}

TEST(Seal, ScatteredIdentitiesAreKept) {
    const auto open = sample_chunks(all_kinds(), 100, 4)[0];
    const auto copy = OpenChunk::make(open->schema_ptr(), OriginId(5), 100);
    copy->append_from(*open, nullptr, 100);
    for (uint32_t slot = 0; slot < 100; ++slot) {
        copy->set_row(slot, 1000 - slot * 3, slot == 50 ? kNeverCommitted : slot + 5);
    }
    copy->publish(100, 5, kNeverCommitted);
    const auto sealed = seal(*copy);
    EXPECT_EQ(sealed->row_id(99).counter, 1000u - 297);
    EXPECT_EQ(sealed->created(50), kNeverCommitted);
    EXPECT_EQ(sealed->min_created(), 5u);
    EXPECT_EQ(sealed->max_created(), kNeverCommitted);
}

TEST(ColumnSummary, IsTheSameWhateverTheEncodingAndOrder) {
    for (const uint64_t seed : {31, 32, 33}) {
        SCOPED_TRACE("seed " + std::to_string(seed));
        const auto chunks = sample_chunks(all_kinds(2), 5000, seed);
        const StoredSchema& schema = chunks[0]->schema();
        for (size_t c = 0; c < schema.types.size(); ++c) {
            ColumnSummary forward;
            ColumnSummary backward;
            for (const auto& chunk : chunks) {
                forward.observe(chunk->column(c), schema.types[c], chunk->count());
                ColumnSummary one;
                one.observe(seal(*chunk)->column(c), schema.types[c], chunk->count());
                one.merge(backward);
                backward = one;
            }
            EXPECT_EQ(forward, backward) << c;
            std::string bytes;
            ByteWriter writer(bytes);
            forward.encode(writer);
            ByteReader reader(bytes);
            const Result<ColumnSummary> back = ColumnSummary::decode(reader);
            ASSERT_TRUE(back.ok());
            EXPECT_EQ(*back, forward);
            for (size_t length = 0; length < bytes.size(); ++length) {
                ByteReader cut(std::string_view(bytes).substr(0, length));
                EXPECT_FALSE(ColumnSummary::decode(cut).ok());
            }
        }
    }
}

TEST(ColumnSummary, EstimatesDistinctValues) {
    for (const int64_t distinct : {1, 10, 1000, 20'000, 100'000}) {
        ColumnSummary summary;
        for (int64_t start = 0; start < 102'400; start += 2048) {
            std::vector<int64_t> values(2048);
            for (int64_t i = 0; i < 2048; ++i) {
                values[static_cast<size_t>(i)] = (start + i) * 7919 % distinct;
            }
            summary.observe(chunk_of(simple_type(TypeKind::kBigInt), values)->column(0),
                            simple_type(TypeKind::kBigInt), 2048);
        }
        const double estimate = static_cast<double>(summary.statistics().distinct);
        EXPECT_NEAR(estimate / static_cast<double>(distinct), 1.0, 0.15) << distinct;
        EXPECT_EQ(summary.statistics().max, distinct - 1);
    }
}

TEST(ColumnSummary, GivesStringBounds) {
    ColumnSummary summary;
    const std::vector<StringRef> texts = {StringRef(std::string_view("pear")), StringRef(std::string_view("apple")),
                                          StringRef(std::string_view("zebra crossing ahead"))};
    summary.observe(seal(*chunk_of(simple_type(TypeKind::kVarchar), texts))->column(0), simple_type(TypeKind::kVarchar),
                    3);
    summary.observe_nulls(1);
    const ColumnStatistics statistics = summary.statistics();
    EXPECT_TRUE(statistics.may_have_null);
    EXPECT_EQ(statistics.min_string, "apple");
    EXPECT_EQ(statistics.max_string, "zebra crossing ahead");
    EXPECT_EQ(statistics.max_string_bytes, 20u);
    EXPECT_EQ(statistics.distinct, 3u);
}

}  // namespace
}  // namespace kodiak::storage
