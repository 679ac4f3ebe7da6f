#pragma once

// OutputPacker: gathers the surviving rows of several chunks into one DuckDB chunk.
//
// Why        After selective filters chunks yield few rows each; passing them on one by one costs more than decoding
//            them (docs/decisions/0002: 0.72).
// How        Fixed widths are decoded behind the rows that are there. Strings stay dictionary codes as long as all
//            chunks of the output share one dictionary, and become flat when another comes. A whole plain chunk
//            that fills the output is shown without copying.
// Threads    One per thread. DictionaryVectors is shared by the threads of a scan.
// Lifetime   Outputs point into the memory of the snapshot.

#include <map>
#include <memory>
#include <mutex>
#include <vector>

#include "duckdb/common/types/data_chunk.hpp"
#include "duckdb/common/types/vector_buffer.hpp"

#include "engine/scan/scanned_column.hpp"

namespace kodiak::engine {

// Dictionaries as DuckDB wants them: one vector with the values and, last, NULL. Made once per dictionary and column.
class DictionaryVectors {
   public:
    using Buffer = duckdb::buffer_ptr<duckdb::VectorChildBuffer>;
    Buffer of(size_t column, const duckdb::LogicalType& type, const storage::Dictionary& dictionary);

   private:
    std::mutex mutex_;
    std::map<std::pair<size_t, const storage::Dictionary*>, Buffer> buffers_;
};

// The rows of one chunk that go out.
struct ChunkRows {
    const storage::Chunk* chunk = nullptr;
    int64_t first_locator = 0;          // row id of slot 0; those of the other slots follow
    const uint32_t* slots = nullptr;    // nullptr: 0..count-1
    size_t count = 0;
};

class OutputPacker {
   public:
    // `outputs`: positions in `columns` of the output's columns.
    OutputPacker(const std::vector<ScannedColumn>& columns, const std::vector<size_t>& outputs,
                 DictionaryVectors& dictionaries);

    // Starts filling `output`, which has been reset.
    void begin(duckdb::DataChunk& output);
    size_t rows() const { return rows_; }
    bool fits(size_t count) const { return rows_ + count <= kRowsPerChunk; }
    // Nearly full: better sent than filled further.
    bool is_full() const { return rows_ + kSlack > kRowsPerChunk; }
    // Requires: fits(rows.count).
    void append(const ChunkRows& rows);
    // Completes the output.
    void finish();

   private:
    static constexpr size_t kSlack = 128;

    struct Output {
        size_t position = 0;                        // among the scan's columns
        const ScannedColumn* column = nullptr;
        const storage::Dictionary* dictionary = nullptr;  // of all rows so far; nullptr: they are flat
        duckdb::SelectionVector codes;
        const storage::Dictionary* buffered = nullptr;    // the one `buffer` is about
        DictionaryVectors::Buffer buffer;
    };

    void append_row_ids(const ChunkRows& rows, duckdb::Vector& target) const;
    void append_text(const ChunkRows& rows, Output& output, duckdb::Vector& target);
    void append_codes(const ChunkRows& rows, const storage::StoredColumn& stored, Output& output) const;
    void flatten(Output& output, duckdb::Vector& target) const;

    std::vector<Output> outputs_;
    DictionaryVectors& dictionaries_;
    duckdb::DataChunk* target_ = nullptr;
    size_t rows_ = 0;
};

}  // namespace kodiak::engine
