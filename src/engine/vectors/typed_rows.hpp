#pragma once

// TypedRows: a DuckDB chunk as typed values, row by row.
//
// What       Types that have no plain value (nested ones, HUGEINT, UUID, INTERVAL, ...) are cast to text, FLOAT to
//            DOUBLE, for a whole chunk at once; all others are read where they lie.
// Threads    One thread. Reuses its memory.

#include <vector>

#include "duckdb/common/types/data_chunk.hpp"
#include "duckdb/main/client_context.hpp"

#include "storage/typed_value.hpp"

namespace kodiak::engine {

// The type as which values of `type` are read; `type` itself when it has a plain value.
duckdb::LogicalType read_as(const duckdb::LogicalType& type);

class TypedRows {
   public:
    // Takes the rows of `chunk`, which must stay unchanged while they are read. Throws what a cast throws.
    void take(duckdb::ClientContext& context, duckdb::DataChunk& chunk);
    size_t rows() const { return rows_; }
    void read(size_t row, storage::TypedValue* values) const;

   private:
    struct Column {
        duckdb::unique_ptr<duckdb::Vector> cast;  // holds what was cast
        duckdb::PhysicalType physical = duckdb::PhysicalType::INVALID;
        duckdb::UnifiedVectorFormat format;
    };
    std::vector<Column> columns_;
    size_t rows_ = 0;
};

}  // namespace kodiak::engine
