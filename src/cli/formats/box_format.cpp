#include "cli/formats/box_format.hpp"

#include <algorithm>
#include <numeric>

#include "cli/formats/text_width.hpp"

namespace kodiak::cli {

namespace {

std::string with_thousands(size_t number) {
    std::string digits = std::to_string(number);
    for (size_t at = digits.size(); at > 3;) {
        at -= 3;
        digits.insert(at, ",");
    }
    return digits;
}

// DuckDB's shell names types by their width: int32, not INTEGER.
std::string short_type(const std::string& type) {
    static constexpr std::pair<std::string_view, std::string_view> kShort[] = {
        {"TINYINT", "int8"},   {"SMALLINT", "int16"},  {"INTEGER", "int32"},    {"BIGINT", "int64"},
        {"HUGEINT", "int128"}, {"UTINYINT", "uint8"},  {"USMALLINT", "uint16"}, {"UINTEGER", "uint32"},
        {"UBIGINT", "uint64"}, {"UHUGEINT", "uint128"}};
    size_t base = type.find('[');
    std::string_view element = std::string_view(type).substr(0, base);
    for (auto [name, width] : kShort) {
        if (element == name) {
            return std::string(width) + (base == std::string::npos ? "" : type.substr(base));
        }
    }
    std::string lower = type;
    // Names of fields and labels of enums keep their spelling.
    bool plain = type.find_first_of("\"'") == std::string::npos && type.rfind("STRUCT", 0) != 0;
    if (plain) {
        std::transform(lower.begin(), lower.end(), lower.begin(),
                       [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
    }
    return lower;
}

void pad(std::string& target, const std::string& text, size_t width, size_t left) {
    target.append(left, ' ');
    target += text;
    target.append(width - left - text_width(text), ' ');
}

}  // namespace

BoxFormat::BoxFormat(Output& output)
    : output_(output),
      rows_max_(output.is_terminal() ? kRowsOnTerminal : kRowsElsewhere),
      columns_max_(output.terminal_columns()) {}

Status BoxFormat::begin(const std::vector<database::ResultColumn>& columns) {
    names_.clear();
    types_.clear();
    right_aligned_.clear();
    first_.clear();
    last_.clear();
    row_count_ = 0;
    for (const auto& column : columns) {
        names_.push_back(one_line(column.name));
        types_.push_back(one_line(short_type(column.type)));
        right_aligned_.push_back(column.kind == database::ValueKind::kExactNumber ||
                                 column.kind == database::ValueKind::kFloat);
    }
    return {};
}

Status BoxFormat::rows(const database::RowBatch& batch) {
    for (size_t row = 0; row < batch.row_count(); ++row) {
        ++row_count_;
        Cells cells;
        cells.reserve(names_.size());
        for (size_t column = 0; column < names_.size(); ++column) {
            cells.push_back(batch.is_null(row, column) ? "NULL" : one_line(batch.text(row, column)));
        }
        if (first_.size() < rows_max_ / 2) {
            first_.push_back(std::move(cells));
            continue;
        }
        last_.push_back(std::move(cells));
        if (last_.size() > rows_max_ / 2) {
            last_.pop_front();
        }
    }
    return {};
}

std::string BoxFormat::footer() const {
    size_t shown = first_.size() + last_.size();
    if (row_count_ == 1) {
        return {};
    }
    std::string text = with_thousands(row_count_) + " rows";
    if (shown < row_count_) {
        text += " (" + with_thousands(shown) + " shown)";
    }
    return text;
}

std::vector<size_t> BoxFormat::column_widths(size_t footer_width) const {
    std::vector<size_t> widths;
    for (size_t column = 0; column < names_.size(); ++column) {
        size_t width = std::max(text_width(names_[column]), text_width(types_[column]));
        for (const Cells& cells : first_) {
            width = std::max(width, text_width(cells[column]));
        }
        for (const Cells& cells : last_) {
            width = std::max(width, text_width(cells[column]));
        }
        widths.push_back(width);
    }
    fit(widths);
    size_t inner = std::accumulate(widths.begin(), widths.end(), size_t{0}) + 3 * widths.size() - 3;
    if (!widths.empty() && footer_width > inner) {
        widths.back() += footer_width - inner;
    }
    return widths;
}

void BoxFormat::fit(std::vector<size_t>& widths) const {
    constexpr size_t kNarrowest = 8;
    if (columns_max_ == 0 || widths.empty()) {
        return;
    }
    size_t total = std::accumulate(widths.begin(), widths.end(), size_t{0}) + 3 * widths.size() + 1;
    while (total > columns_max_) {
        auto widest = std::max_element(widths.begin(), widths.end());
        if (*widest <= kNarrowest) {
            return;
        }
        --*widest;
        --total;
    }
}

void BoxFormat::draw_rule(std::string& target, const std::vector<size_t>& widths, std::string_view left,
                          std::string_view cross, std::string_view right) const {
    for (size_t column = 0; column < widths.size(); ++column) {
        target += column == 0 ? left : cross;
        append_repeated(target, "─", widths[column] + 2);
    }
    target += right;
    target += '\n';
}

void BoxFormat::draw_cells(std::string& target, const std::vector<size_t>& widths, const Cells& cells,
                           Alignment alignment) const {
    for (size_t column = 0; column < widths.size(); ++column) {
        std::string text = cut_to_width(cells[column], widths[column]);
        size_t space = widths[column] - text_width(text);
        size_t left = alignment == Alignment::kCentre ? space / 2 : right_aligned_[column] ? space : 0;
        target += "│ ";
        pad(target, text, widths[column], left);
        target += ' ';
    }
    target += "│\n";
}

std::string BoxFormat::draw() const {
    std::string foot = footer();
    std::vector<size_t> widths = column_widths(text_width(foot));
    std::string target;
    draw_rule(target, widths, "┌", "┬", "┐");
    draw_cells(target, widths, names_, Alignment::kCentre);
    draw_cells(target, widths, types_, Alignment::kCentre);
    draw_rule(target, widths, "├", row_count_ == 0 ? "┴" : "┼", "┤");
    for (const Cells& cells : first_) {
        draw_cells(target, widths, cells, Alignment::kByType);
    }
    if (first_.size() + last_.size() < row_count_) {
        draw_cells(target, widths, Cells(names_.size(), "·"), Alignment::kCentre);
    }
    for (const Cells& cells : last_) {
        draw_cells(target, widths, cells, Alignment::kByType);
    }
    if (foot.empty()) {
        draw_rule(target, widths, "└", "┴", "┘");
        return target;
    }
    if (row_count_ > 0) {
        draw_rule(target, widths, "├", "┴", "┤");
    }
    size_t inner = std::accumulate(widths.begin(), widths.end(), size_t{0}) + 3 * widths.size() - 3;
    target += "│ ";
    pad(target, foot, inner, (inner - text_width(foot)) / 2);
    target += " │\n";
    draw_rule(target, widths, "└", "─", "┘");
    return target;
}

Status BoxFormat::end(const database::Answer& answer) {
    if (!answer.has_rows) {
        KODIAK_TRY(output_.write(answer.text + "\n"));
    } else if (!names_.empty()) {
        KODIAK_TRY(output_.write(draw()));
    }
    return output_.flush();
}

}  // namespace kodiak::cli
