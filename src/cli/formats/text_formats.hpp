#pragma once

// The formats csv, markdown and line, which write each row as it comes; see format.hpp for what they look like.

#include <string>
#include <vector>

#include "cli/output.hpp"
#include "database/result_sink.hpp"

namespace kodiak::cli {

class CsvFormat final : public database::ResultSink {
   public:
    explicit CsvFormat(Output& output) : output_(output) {}
    Status begin(const std::vector<database::ResultColumn>& columns) override;
    Status rows(const database::RowBatch& batch) override;
    Status end(const database::Answer& answer) override;

   private:
    Output& output_;
    size_t column_count_ = 0;
};

class MarkdownFormat final : public database::ResultSink {
   public:
    explicit MarkdownFormat(Output& output) : output_(output) {}
    Status begin(const std::vector<database::ResultColumn>& columns) override;
    Status rows(const database::RowBatch& batch) override;
    Status end(const database::Answer& answer) override;

   private:
    Output& output_;
    size_t column_count_ = 0;
    bool wrote_table_ = false;
};

class LineFormat final : public database::ResultSink {
   public:
    explicit LineFormat(Output& output) : output_(output) {}
    Status begin(const std::vector<database::ResultColumn>& columns) override;
    Status rows(const database::RowBatch& batch) override;
    Status end(const database::Answer& answer) override;

   private:
    Output& output_;
    std::vector<std::string> labels_;  // names, padded to one width
    bool wrote_row_ = false;
};

}  // namespace kodiak::cli
