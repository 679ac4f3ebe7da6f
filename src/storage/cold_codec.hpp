#pragma once

// ColdCodec: columns to Parquet and back; the seam through which the storage room reaches an engine that can.
//
// What       A file holds each stored column under the name c<id>, then columns of row numbers and commits, all of one
//            row group. Values pass in the layout of their physical kind, without loss: kinds that Parquet would bend
//            are written as integers or byte strings (docs/formats/cold_file.md).
// Why        DuckDB's Parquet reader and writer are the fastest there are, and only the engine room may know them: it
//            implements this, the database room plugs it in (docs/decisions/0012).
// Threads    All functions are safe from many threads.
// Errors     encode: kOutOfMemory, kInternal. decode: kCorruption for anything that is not such a file.

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result/result.hpp"
#include "storage/chunk.hpp"
#include "storage/column_view.hpp"

namespace kodiak::storage {

// A column of uint64 without NULLs beside the table's own.
struct SystemColumn {
    std::string name;
    std::vector<uint64_t> values;
};

struct ColdContent {
    std::span<const std::shared_ptr<const Chunk>> chunks;  // of one stored schema
    std::span<const SystemColumn> system;
    std::string compression = "zstd";
};

// A column to read.
struct ColdColumn {
    std::string name;
    catalog::Type type;  // UBIGINT for system columns
};

class ColdCodec {
   public:
    virtual ~ColdCodec() = default;
    virtual Result<std::string> encode(const ColdContent& content) = 0;
    // Hands the values of all `columns` to `take`, batch by batch in the order of the rows. What a view shows is valid
    // during the call.
    virtual Status decode(std::string_view file, std::span<const ColdColumn> columns,
                          const std::function<Status(const BatchView&)>& take) = 0;
};

}  // namespace kodiak::storage
