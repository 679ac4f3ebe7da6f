#include "cli/formats/text_formats.hpp"

#include <algorithm>

#include "cli/formats/text_width.hpp"

namespace kodiak::cli {

namespace {

// One field of RFC 4180; `empty_is_quoted` tells the empty text from NULL.
void append_csv_field(std::string& line, std::string_view text, bool empty_is_quoted) {
    bool quoted = text.find_first_of("\",\r\n") != std::string_view::npos || (text.empty() && empty_is_quoted);
    if (!quoted) {
        line += text;
        return;
    }
    line += '"';
    for (char c : text) {
        line += c;
        if (c == '"') {
            line += '"';
        }
    }
    line += '"';
}

void append_markdown_field(std::string& line, std::string_view text) {
    line += ' ';
    for (char c : text) {
        if (c == '|' || c == '\\') {
            line += '\\';
            line += c;
        } else if (c == '\n') {
            line += "<br>";
        } else if (c != '\r') {
            line += c;
        }
    }
    line += " |";
}

bool is_number(const database::ResultColumn& column) {
    return column.kind == database::ValueKind::kExactNumber || column.kind == database::ValueKind::kFloat;
}

}  // namespace

Status CsvFormat::begin(const std::vector<database::ResultColumn>& columns) {
    column_count_ = columns.size();
    std::string line;
    for (const auto& column : columns) {
        if (&column != &columns.front()) {
            line += ',';
        }
        append_csv_field(line, column.name, true);
    }
    return output_.write(line += '\n');
}

Status CsvFormat::rows(const database::RowBatch& batch) {
    std::string lines;
    for (size_t row = 0; row < batch.row_count(); ++row) {
        for (size_t column = 0; column < column_count_; ++column) {
            if (column > 0) {
                lines += ',';
            }
            if (!batch.is_null(row, column)) {
                append_csv_field(lines, batch.text(row, column), true);
            }
        }
        lines += '\n';
    }
    return output_.write(lines);
}

Status CsvFormat::end(const database::Answer&) { return output_.flush(); }

Status MarkdownFormat::begin(const std::vector<database::ResultColumn>& columns) {
    column_count_ = columns.size();
    std::string lines = wrote_table_ ? "\n|" : "|";
    wrote_table_ = true;
    for (const auto& column : columns) {
        append_markdown_field(lines, column.name);
    }
    lines += "\n|";
    for (const auto& column : columns) {
        lines += is_number(column) ? "---:|" : "---|";
    }
    return output_.write(lines += '\n');
}

Status MarkdownFormat::rows(const database::RowBatch& batch) {
    std::string lines;
    for (size_t row = 0; row < batch.row_count(); ++row) {
        lines += '|';
        for (size_t column = 0; column < column_count_; ++column) {
            append_markdown_field(lines, batch.is_null(row, column) ? "NULL" : batch.text(row, column));
        }
        lines += '\n';
    }
    return output_.write(lines);
}

Status MarkdownFormat::end(const database::Answer&) { return output_.flush(); }

Status LineFormat::begin(const std::vector<database::ResultColumn>& columns) {
    labels_.clear();
    size_t width = 0;
    for (const auto& column : columns) {
        labels_.push_back(one_line(column.name));
        width = std::max(width, text_width(labels_.back()));
    }
    for (auto& label : labels_) {
        label.insert(0, width - text_width(label), ' ');
    }
    return {};
}

Status LineFormat::rows(const database::RowBatch& batch) {
    std::string lines;
    for (size_t row = 0; row < batch.row_count(); ++row) {
        if (wrote_row_) {
            lines += '\n';
        }
        wrote_row_ = true;
        for (size_t column = 0; column < labels_.size(); ++column) {
            lines += labels_[column];
            lines += " = ";
            lines += batch.is_null(row, column) ? "NULL" : batch.text(row, column);
            lines += '\n';
        }
    }
    return output_.write(lines);
}

Status LineFormat::end(const database::Answer& answer) {
    if (!answer.has_rows) {
        KODIAK_TRY(output_.write(answer.text + "\n"));
    }
    return output_.flush();
}

}  // namespace kodiak::cli
