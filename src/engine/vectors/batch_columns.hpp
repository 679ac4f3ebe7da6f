#pragma once

// BatchColumns: a DuckDB chunk as a storage::BatchView, without copying.
//
// What       Fixed widths and strings pass as they are: DuckDB's unified vector format is the store's ColumnView,
//            and its string_t is our StringRef (asserted in batch_columns.cpp). Nested vectors become canonical
//            bytes, one string per row, in memory of this object.
// Lifetime   A view is valid until the next call of view() or clear(), and as long as the chunk is unchanged.
// Threads    One thread; keep one per writer, it reuses its memory.

#include <span>
#include <string>
#include <vector>

#include "duckdb/common/types/data_chunk.hpp"

#include "base/bytes/string_ref.hpp"
#include "storage/column_view.hpp"

namespace kodiak::engine {

class BatchColumns {
   public:
    // Column i of the view is column order[i] of `chunk`; rows are those of the chunk. Flattens nested vectors in
    // place.
    storage::BatchView view(duckdb::DataChunk& chunk, std::span<const size_t> order);

   private:
    // Canonical bytes of one nested column.
    struct NestedColumn {
        std::string bytes;
        std::vector<size_t> ends;
        std::vector<StringRef> values;
    };
    storage::ColumnView nested_view(duckdb::Vector& vector, size_t rows, NestedColumn& column);

    std::vector<duckdb::UnifiedVectorFormat> formats_;
    std::vector<storage::ColumnView> views_;
    std::vector<NestedColumn> nested_;
};

}  // namespace kodiak::engine
