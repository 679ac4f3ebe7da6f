#pragma once

// Chunks as narrowed Arrow columns with all their metadata, on their way to a file. Internal to storage/warm.

#include <memory>
#include <string>
#include <vector>

#include <arrow/array/data.h>
#include <arrow/type.h>

#include "storage/warm/warm_file.hpp"
#include "storage/warm/warm_metadata.hpp"

namespace kodiak::storage::warm {

struct WrittenColumn {
    std::shared_ptr<arrow::Field> field;
    std::shared_ptr<arrow::ArrayData> array;
};

// The chunks of the file, seen as one run.
struct Run {
    std::vector<const Chunk*> chunks;
    std::vector<uint32_t> counts;
    uint64_t rows = 0;
};

struct WrittenColumns {
    Run run;
    FileLayout layout;
    std::vector<WrittenColumn> columns;  // stored ones, then system columns
};

// kTooLarge.
Result<WrittenColumns> make_columns(const WarmContent& content);
// Writes fields and arrays of `rows` rows as an Arrow file; returns its bytes. kDiskFull, kIo.
Result<uint64_t> write_arrow(Disk& disk, const std::string& path, const std::shared_ptr<arrow::Schema>& schema,
                             const std::vector<std::shared_ptr<arrow::ArrayData>>& arrays, uint64_t rows,
                             WarmSync sync);

}  // namespace kodiak::storage::warm
