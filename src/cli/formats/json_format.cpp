#include "cli/formats/json_format.hpp"

#include <algorithm>

#include "cli/formats/format.hpp"
#include "cli/formats/nested_json.hpp"
#include "language/lexer/utf8.hpp"

namespace kodiak::cli {

namespace {

void append_escaped(std::string& target, char c) {
    constexpr char kDigits[] = "0123456789abcdef";
    switch (c) {
        case '"':
            target += "\\\"";
            break;
        case '\\':
            target += "\\\\";
            break;
        case '\n':
            target += "\\n";
            break;
        case '\r':
            target += "\\r";
            break;
        case '\t':
            target += "\\t";
            break;
        default:
            target += "\\u00";
            target += kDigits[static_cast<unsigned char>(c) >> 4U];
            target += kDigits[static_cast<unsigned char>(c) & 0xFU];
    }
}

}  // namespace

void append_json_string(std::string& target, std::string_view text) {
    target += '"';
    for (size_t at = 0; at < text.size();) {
        auto character = language::character_at(text, at);
        if (character.code_point == '"' || character.code_point == '\\' || character.code_point < 0x20) {
            append_escaped(target, text[at]);
        } else {
            language::append_utf8(target, character.code_point);
        }
        at += character.bytes;
    }
    target += '"';
}

void append_json_float(std::string& target, std::string_view text) {
    // JSON has no word for these; the text at least says what it was.
    bool is_number = text.find_first_of("nN") == std::string_view::npos;
    if (is_number) {
        target += text;
    } else {
        append_json_string(target, text);
    }
}

std::string error_as_json(const Error& error, std::string_view file_name) {
    std::string json = R"({"error":{"severity":"ERROR","sqlstate":)";
    auto field = [&json](std::string_view key, std::string_view value) {
        json += ",\"";
        json += key;
        json += "\":";
        append_json_string(json, value);
    };
    append_json_string(json, sqlstate(error.code));
    field("condition", condition_name(error.code));
    field("message", error.message);
    if (!error.detail.empty()) {
        field("detail", error.detail);
    }
    if (!error.hint.empty()) {
        field("hint", error.hint);
    }
    if (!file_name.empty()) {
        field("file", file_name);
    }
    if (error.position.line > 0) {
        json += ",\"line\":" + std::to_string(error.position.line);
        json += ",\"column\":" + std::to_string(error.position.column);
        json += ",\"length\":" + std::to_string(error.position.length);
    }
    return json += "}}";
}

void JsonFormat::append_value(std::string& text, const database::RowBatch& batch, size_t row, size_t column) const {
    if (batch.is_null(row, column)) {
        text += "null";
        return;
    }
    std::string_view value = batch.text(row, column);
    switch (columns_[column].kind) {
        case database::ValueKind::kBoolean:
        case database::ValueKind::kExactNumber:
        case database::ValueKind::kJson:
            text += value;
            return;
        case database::ValueKind::kFloat:
            append_json_float(text, value);
            return;
        case database::ValueKind::kNested:
            append_nested_json(text, columns_[column].type, value);
            return;
        case database::ValueKind::kText:
            append_json_string(text, value);
    }
}

Status JsonFormat::begin(const std::vector<database::ResultColumn>& columns) {
    columns_ = columns;
    keys_.clear();
    std::vector<std::string> names;
    for (const auto& column : columns) {
        // Two members of one name would lose a value in most readers.
        std::string name = column.name;
        for (size_t number = 1; std::find(names.begin(), names.end(), name) != names.end(); ++number) {
            name = column.name + "_" + std::to_string(number);
        }
        names.push_back(name);
        std::string key;
        append_json_string(key, name);
        keys_.push_back(key += ':');
    }
    first_row_ = true;
    return layout_ == Layout::kArray ? output_.write("[") : Status{};
}

Status JsonFormat::rows(const database::RowBatch& batch) {
    std::string text;
    for (size_t row = 0; row < batch.row_count(); ++row) {
        if (layout_ == Layout::kArray && !first_row_) {
            text += ",\n";
        }
        first_row_ = false;
        text += '{';
        for (size_t column = 0; column < keys_.size(); ++column) {
            if (column > 0) {
                text += ',';
            }
            text += keys_[column];
            append_value(text, batch, row, column);
        }
        text += layout_ == Layout::kArray ? "}" : "}\n";
    }
    return output_.write(text);
}

Status JsonFormat::end(const database::Answer& answer) {
    if (answer.has_rows && layout_ == Layout::kArray) {
        KODIAK_TRY(output_.write("]\n"));
    }
    return output_.flush();
}

}  // namespace kodiak::cli
