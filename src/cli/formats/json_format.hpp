#pragma once

// The formats json (an array of objects per answer) and jsonl (an object per line); see format.hpp.

#include <string>
#include <vector>

#include "cli/output.hpp"
#include "database/result_sink.hpp"

namespace kodiak::cli {

class JsonFormat final : public database::ResultSink {
   public:
    enum class Layout : uint8_t { kArray, kLines };

    JsonFormat(Output& output, Layout layout) : output_(output), layout_(layout) {}
    Status begin(const std::vector<database::ResultColumn>& columns) override;
    Status rows(const database::RowBatch& batch) override;
    Status end(const database::Answer& answer) override;

   private:
    void append_value(std::string& text, const database::RowBatch& batch, size_t row, size_t column) const;

    Output& output_;
    Layout layout_;
    std::vector<database::ResultColumn> columns_;
    std::vector<std::string> keys_;  // `"name":`, escaped
    bool first_row_ = true;
};

}  // namespace kodiak::cli
