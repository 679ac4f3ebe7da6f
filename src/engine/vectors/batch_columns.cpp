#include "engine/vectors/batch_columns.hpp"

#include <cstddef>

#include "engine/vectors/nested_bytes.hpp"

namespace kodiak::engine {

// Vectors are handed to the store as they are, so these must agree.
static_assert(sizeof(duckdb::string_t) == sizeof(StringRef));
static_assert(alignof(duckdb::string_t) == alignof(StringRef));
static_assert(duckdb::string_t::INLINE_LENGTH == StringRef::kInlineBytes);
static_assert(duckdb::string_t::PREFIX_LENGTH == sizeof(StringRef::prefix_or_inline));
static_assert(offsetof(StringRef, prefix_or_inline) == 4 && offsetof(StringRef, pointer) == 8);
static_assert(sizeof(duckdb::sel_t) == sizeof(uint32_t));
static_assert(sizeof(duckdb::validity_t) == sizeof(uint64_t));

storage::BatchView BatchColumns::view(duckdb::DataChunk& chunk, std::span<const size_t> order) {
    const size_t rows = chunk.size();
    formats_.resize(order.size());
    views_.resize(order.size());
    nested_.resize(order.size());
    for (size_t i = 0; i < order.size(); ++i) {
        duckdb::Vector& vector = chunk.data[order[i]];
        if (is_nested_vector(vector.GetType())) {
            views_[i] = nested_view(vector, rows, nested_[i]);
            continue;
        }
        vector.ToUnifiedFormat(rows, formats_[i]);
        views_[i] = {formats_[i].data, formats_[i].validity.GetData(), formats_[i].sel->data()};
    }
    return {rows, views_};
}

storage::ColumnView BatchColumns::nested_view(duckdb::Vector& vector, size_t rows, NestedColumn& column) {
    vector.Flatten(rows);
    duckdb::RecursiveUnifiedVectorFormat format;
    duckdb::Vector::RecursiveToUnifiedFormat(vector, rows, format);
    column.bytes.clear();
    column.ends.resize(rows);
    const auto& validity = duckdb::FlatVector::Validity(vector);
    for (size_t row = 0; row < rows; ++row) {
        if (validity.RowIsValid(row)) {
            append_nested_bytes(format, row, column.bytes);
        }
        column.ends[row] = column.bytes.size();
    }
    // Only now do the bytes stay where they are.
    column.values.resize(rows);
    size_t begin = 0;
    for (size_t row = 0; row < rows; ++row) {
        column.values[row] = StringRef(std::string_view(column.bytes).substr(begin, column.ends[row] - begin));
        begin = column.ends[row];
    }
    return {column.values.data(), validity.GetData(), nullptr};
}

}  // namespace kodiak::engine
