#pragma once

// The format box: a drawn table as DuckDB's shell shows it; see format.hpp.
//
// How        Rows are kept until the answer ends, because widths depend on all of them: at most rows_max of them, the
//            first half and the last half of the answer. On a terminal wide columns are cut to fit.

#include <deque>
#include <string>
#include <vector>

#include "cli/output.hpp"
#include "database/result_sink.hpp"

namespace kodiak::cli {

class BoxFormat final : public database::ResultSink {
   public:
    // A terminal shows few rows; a file or pipe as many as a person could ever want to look at.
    static constexpr size_t kRowsOnTerminal = 40;
    static constexpr size_t kRowsElsewhere = 100'000;

    explicit BoxFormat(Output& output);
    Status begin(const std::vector<database::ResultColumn>& columns) override;
    Status rows(const database::RowBatch& batch) override;
    Status end(const database::Answer& answer) override;

   private:
    using Cells = std::vector<std::string>;

    std::vector<size_t> column_widths(size_t footer_width) const;
    void fit(std::vector<size_t>& widths) const;
    std::string footer() const;
    void draw_rule(std::string& target, const std::vector<size_t>& widths, std::string_view left,
                   std::string_view cross, std::string_view right) const;
    enum class Alignment : uint8_t { kCentre, kByType };
    void draw_cells(std::string& target, const std::vector<size_t>& widths, const Cells& cells,
                    Alignment alignment) const;
    std::string draw() const;

    Output& output_;
    size_t rows_max_;
    size_t columns_max_;  // cells of the terminal; 0 = no limit
    Cells names_;
    Cells types_;
    std::vector<bool> right_aligned_;
    std::vector<Cells> first_;
    std::deque<Cells> last_;
    size_t row_count_ = 0;
};

}  // namespace kodiak::cli
