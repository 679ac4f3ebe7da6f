#include "tests/support/sqllogictest/answers.hpp"

#include <algorithm>
#include <cctype>
#include <cmath>
#include <cstdlib>
#include <regex>

#include <openssl/evp.h>

namespace kodiak::sqllogictest {

using database::ValueKind;

namespace {

constexpr std::string_view kRegex = "<REGEX>:";
constexpr std::string_view kNoRegex = "<!REGEX>:";

std::string md5_of(const std::vector<std::string>& values) {
    EVP_MD_CTX* context = EVP_MD_CTX_new();
    EVP_DigestInit_ex(context, EVP_md5(), nullptr);
    for (const auto& value : values) {
        EVP_DigestUpdate(context, value.data(), value.size());
        EVP_DigestUpdate(context, "\n", 1);
    }
    unsigned char digest[EVP_MAX_MD_SIZE];
    unsigned bytes = 0;
    EVP_DigestFinal_ex(context, digest, &bytes);
    EVP_MD_CTX_free(context);
    std::string hex;
    for (unsigned i = 0; i < bytes; ++i) {
        hex += "0123456789abcdef"[digest[i] >> 4U];
        hex += "0123456789abcdef"[digest[i] & 0xFU];
    }
    return hex;
}

bool starts_with(std::string_view text, std::string_view start) { return text.substr(0, start.size()) == start; }

// std::regex has no flag for "dot matches line ends"; the patterns of test files expect it.
std::regex test_pattern(std::string_view pattern) {
    std::string text;
    bool in_class = false;
    for (size_t i = 0; i < pattern.size(); ++i) {
        char c = pattern[i];
        if (c == '\\' && i + 1 < pattern.size()) {
            text += c;
            text += pattern[++i];
            continue;
        }
        in_class = c == '[' ? true : c == ']' ? false : in_class;
        text += c == '.' && !in_class ? "[\\s\\S]" : std::string(1, c);
    }
    return std::regex(text);
}

bool regex_matches(std::string_view pattern, const std::string& text) {
    try {
        return std::regex_match(text, test_pattern(pattern));
    } catch (const std::regex_error&) {
        return false;
    }
}

// A number's text without what does not change it: +, leading and trailing zeros. Empty when it is no plain number.
std::string plain_number(std::string_view text) {
    bool negative = !text.empty() && text[0] == '-';
    if (!text.empty() && (text[0] == '-' || text[0] == '+')) {
        text.remove_prefix(1);
    }
    size_t point = text.find('.');
    std::string whole(text.substr(0, point));
    std::string fraction(point == std::string_view::npos ? "" : text.substr(point + 1));
    auto digits_only = [](const std::string& part) {
        return part.find_first_not_of("0123456789") == std::string::npos;
    };
    if (!digits_only(whole) || !digits_only(fraction) || whole.size() + fraction.size() == 0) {
        return {};
    }
    whole.erase(0, std::min(whole.find_first_not_of('0'), whole.size()));
    fraction.erase(fraction.find_last_not_of('0') + 1);
    if (whole.empty() && fraction.empty()) {
        return "0";
    }
    return (negative ? "-" : "") + (whole.empty() ? "0" : whole) + (fraction.empty() ? "" : "." + fraction);
}

bool is_whole_number(const std::string& text) {
    return !text.empty() && text.find_first_not_of("0123456789", text[0] == '-' ? 1 : 0) == std::string::npos;
}

// What a test file expects is cast to the type of the answer: 1.3 as an integer is 1.
bool same_when_rounded(const std::string& actual, const std::string& expected) {
    char* end = nullptr;
    double value = std::strtod(expected.c_str(), &end);
    return !expected.empty() && *end == '\0' && std::nearbyint(value) == std::strtod(actual.c_str(), nullptr);
}

std::string trimmed(const std::string& text) {
    const size_t first = text.find_first_not_of(' ');
    return first == std::string::npos ? "" : text.substr(first, text.find_last_not_of(' ') - first + 1);
}

std::string lower(std::string text) {
    std::transform(text.begin(), text.end(), text.begin(),
                   [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    return text;
}

bool same_float(const std::string& left, const std::string& right) {
    char* left_end = nullptr;
    char* right_end = nullptr;
    double a = std::strtod(left.c_str(), &left_end);
    double b = std::strtod(right.c_str(), &right_end);
    if (left.empty() || right.empty() || *left_end != '\0' || *right_end != '\0') {
        return false;
    }
    if (std::isnan(a) || std::isnan(b) || std::isinf(a) || std::isinf(b)) {
        return (std::isnan(a) && std::isnan(b)) || a == b;
    }
    return std::fabs(a - b) <= std::fabs(b) * 0.01 + 0.00000001;
}

bool value_matches(const std::string& actual, const std::string& expected, ValueKind kind) {
    if (actual == expected) {
        return true;
    }
    if (starts_with(expected, kRegex)) {
        return regex_matches(std::string_view(expected).substr(kRegex.size()), actual);
    }
    if (starts_with(expected, kNoRegex)) {
        return !regex_matches(std::string_view(expected).substr(kNoRegex.size()), actual);
    }
    if (actual == "NULL" || expected == "NULL") {
        return false;
    }
    switch (kind) {
        case ValueKind::kBoolean:
            return lower(expected) == actual || (actual == "true" && expected == "1") ||
                   (actual == "false" && expected == "0");
        case ValueKind::kExactNumber: {
            std::string number = plain_number(trimmed(expected));
            if (is_whole_number(actual) && !is_whole_number(number)) {
                return same_when_rounded(actual, number);
            }
            return !number.empty() ? plain_number(actual) == number
                                   : expected.find_first_of("eE") != std::string::npos && same_float(actual, expected);
        }
        case ValueKind::kFloat:
            return same_float(actual, expected);
        case ValueKind::kText:
        case ValueKind::kJson:
        case ValueKind::kNested:
            break;
    }
    return false;
}

std::vector<std::string> split_tabs(const std::string& line) {
    std::vector<std::string> cells;
    size_t start = 0;
    for (size_t tab = line.find('\t'); tab != std::string::npos; tab = line.find('\t', start)) {
        cells.push_back(line.substr(start, tab - start));
        start = tab + 1;
    }
    cells.push_back(line.substr(start));
    return cells;
}

std::string joined(const std::vector<std::string>& values, size_t columns) {
    constexpr size_t kValuesShown = 200;
    std::string text;
    for (size_t i = 0; i < values.size() && i < kValuesShown; ++i) {
        text += values[i];
        text += columns > 0 && (i + 1) % columns == 0 ? '\n' : '\t';
    }
    return text + (values.size() > kValuesShown ? "...\n" : "");
}

std::string described(const AnswerTable& answer, const std::vector<std::string>& expected, const std::string& what) {
    std::string text = what + "\nexpected:\n";
    for (size_t i = 0; i < expected.size() && i < 100; ++i) {
        text += expected[i] + "\n";
    }
    return text + "answer:\n" + joined(answer.values(), answer.columns().size());
}

bool is_row_wise(const AnswerTable& answer, const std::vector<std::string>& expected, size_t columns) {
    if (columns > 1 && expected.size() == answer.row_count()) {
        return true;
    }
    return columns > 1 && std::all_of(expected.begin(), expected.end(),
                                      [](const std::string& line) { return line.find('\t') != std::string::npos; });
}

}  // namespace

Status AnswerTable::begin(const std::vector<database::ResultColumn>& columns) {
    columns_ = columns;
    values_.clear();
    return {};
}

std::string AnswerTable::shown(const database::RowBatch& batch, size_t row, size_t column) const {
    if (batch.is_null(row, column)) {
        return "NULL";
    }
    std::string text(batch.text(row, column));
    if (dialect_ == Dialect::kSQLite && column < types_.size()) {
        if (columns_[column].kind == ValueKind::kBoolean) {
            text = text == "true" ? "1" : "0";
        }
        if (types_[column] == 'I' && text.find_first_not_of("-0123456789") != std::string::npos) {
            text = std::to_string(static_cast<long long>(std::strtod(text.c_str(), nullptr)));
        } else if (types_[column] == 'R') {
            char number[400];
            std::snprintf(number, sizeof number, "%.3f", std::strtod(text.c_str(), nullptr));
            text = number;
        } else if (types_[column] == 'T') {
            std::replace_if(
                text.begin(), text.end(), [](char c) { return c < ' ' || c > '~'; }, '@');
        }
    }
    if (text.empty()) {
        return "(empty)";
    }
    for (size_t at = text.find('\0'); at != std::string::npos; at = text.find('\0', at)) {
        text.replace(at, 1, "\\0");
    }
    return text;
}

Status AnswerTable::rows(const database::RowBatch& batch) {
    for (size_t row = 0; row < batch.row_count(); ++row) {
        for (size_t column = 0; column < columns_.size(); ++column) {
            values_.push_back(shown(batch, row, column));
        }
    }
    return {};
}

Status AnswerTable::end(const database::Answer& answer) {
    if (!answer.has_rows) {
        // A count is a table of one number, as DuckDB answers INSERT.
        columns_.clear();
        values_.clear();
        if (answer.has_count) {
            columns_.push_back({"Count", "BIGINT", ValueKind::kExactNumber});
            values_.push_back(std::to_string(answer.changed));
        }
    }
    return {};
}

void AnswerTable::sort(SortMode mode) {
    if (mode == SortMode::kNoSort || columns_.empty()) {
        return;
    }
    if (mode == SortMode::kValueSort) {
        std::sort(values_.begin(), values_.end());
        return;
    }
    std::vector<std::vector<std::string>> table;
    for (size_t start = 0; start < values_.size(); start += columns_.size()) {
        auto first = values_.begin() + static_cast<ptrdiff_t>(start);
        table.emplace_back(first, first + static_cast<ptrdiff_t>(columns_.size()));
    }
    std::sort(table.begin(), table.end());
    values_.clear();
    for (auto& row : table) {
        std::move(row.begin(), row.end(), std::back_inserter(values_));
    }
}

std::string AnswerTable::digest() const {
    std::vector<std::string> values = values_;
    for (size_t i = 0; i < values.size(); ++i) {
        if (columns_[i % columns_.size()].kind == ValueKind::kBoolean && values[i] != "NULL") {
            values[i] = values[i] == "true" || values[i] == "1" ? "1" : "0";
        }
    }
    return std::to_string(values.size()) + " values hashing to " + md5_of(values);
}

std::optional<std::string> difference(const AnswerTable& answer, const std::vector<std::string>& expected,
                                      size_t expected_columns) {
    if (expected.size() == 1 && expected[0].find(" values hashing to ") != std::string::npos) {
        std::string digest = answer.digest();
        return digest == expected[0] ? std::nullopt : std::optional(described(answer, expected, "got " + digest));
    }
    size_t columns = answer.columns().size();
    if (columns != expected_columns && !(columns == 0 && expected.empty())) {
        return described(answer, expected,
                         std::to_string(columns) + " columns instead of " + std::to_string(expected_columns));
    }
    std::vector<std::string> values;
    if (is_row_wise(answer, expected, columns)) {
        for (const auto& line : expected) {
            std::vector<std::string> cells = split_tabs(line);
            if (cells.size() > columns) {
                std::erase(cells, "");  // tabs that only line columns up
            }
            if (cells.size() != columns) {
                return described(answer, expected, "an expected row has " + std::to_string(cells.size()) + " values");
            }
            std::move(cells.begin(), cells.end(), std::back_inserter(values));
        }
    } else {
        values = expected;
        if (columns == 1) {
            for (auto& value : values) {
                value.erase(value.find_last_not_of('\t') + 1);  // one that only ends the row
            }
        }
    }
    if (values.size() != answer.values().size()) {
        return described(
            answer, expected,
            std::to_string(answer.values().size()) + " values instead of " + std::to_string(values.size()));
    }
    for (size_t i = 0; i < values.size(); ++i) {
        if (!value_matches(answer.values()[i], values[i], answer.columns()[i % columns].kind)) {
            return described(answer, expected,
                             "row " + std::to_string(i / columns + 1) + ", column " + std::to_string(i % columns + 1) +
                                 ": " + answer.values()[i] + " instead of " + values[i]);
        }
    }
    return std::nullopt;
}

bool error_matches(const std::string& error, const std::vector<std::string>& expected) {
    std::string wanted;
    for (const auto& line : expected) {
        wanted += (wanted.empty() ? "" : "\n") + line;
    }
    if (starts_with(wanted, kRegex)) {
        return regex_matches(std::string_view(wanted).substr(kRegex.size()), error);
    }
    if (starts_with(wanted, kNoRegex)) {
        return !regex_matches(std::string_view(wanted).substr(kNoRegex.size()), error);
    }
    if (error.find(wanted) != std::string::npos) {
        return true;
    }
    // DuckDB's files name its kinds of error in front; ours have conditions instead.
    size_t kind = wanted.find(" Error:");
    if (kind == std::string::npos || kind > 30) {
        return false;
    }
    size_t message = wanted.find_first_not_of(' ', kind + 7);
    return message == std::string::npos || error.find(wanted.substr(message)) != std::string::npos;
}

}  // namespace kodiak::sqllogictest
