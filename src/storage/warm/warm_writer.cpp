#include "storage/warm/warm_file.hpp"
#include "storage/warm/written_columns.hpp"

namespace kodiak::storage {

Result<WarmFileSummary> write_warm_file(Disk& disk, const std::string& path, const WarmContent& content,
                                        WarmSync sync) {
    KODIAK_TRY_ASSIGN(const warm::WrittenColumns written, warm::make_columns(content));
    arrow::FieldVector fields;
    std::vector<std::shared_ptr<arrow::ArrayData>> arrays;
    for (const warm::WrittenColumn& column : written.columns) {
        fields.push_back(column.field);
        arrays.push_back(column.array);
    }
    const auto schema = warm::with_file_metadata(fields, written.layout);
    WarmFileSummary summary;
    KODIAK_TRY_ASSIGN(summary.bytes, warm::write_arrow(disk, path, schema, arrays, written.run.rows, sync));
    summary.rows = written.run.rows;
    summary.chunks = static_cast<uint32_t>(written.run.chunks.size());
    return summary;
}

}  // namespace kodiak::storage
