#pragma once

// The engine's answers, as a ResultSink takes them.

#include "database/result_sink.hpp"
#include "engine/engine.hpp"

namespace kodiak::database {

// The columns of an answer.
std::vector<ResultColumn> result_columns(const std::vector<engine::ResultColumnInfo>& columns);

// One chunk of an answer, which must outlive it.
class ChunkRows final : public RowBatch {
   public:
    explicit ChunkRows(const engine::ResultChunk& chunk) : chunk_(chunk) {}
    size_t row_count() const override { return chunk_.rows(); }
    bool is_null(size_t row, size_t column) const override { return chunk_.is_null(column, row); }
    std::string_view text(size_t row, size_t column) const override { return chunk_.text(column, row); }

   private:
    const engine::ResultChunk& chunk_;
};

// What a statement without rows answers, by its first words: `CREATE TABLE`, `INSERT 3`.
Answer answer_for(std::string_view statement, const engine::QueryResult& result);

// An answer of these words and no rows.
Answer answer_of(std::string command);

}  // namespace kodiak::database
