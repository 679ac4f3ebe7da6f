#include "cli/formats/nested_json.hpp"

#include <algorithm>
#include <array>
#include <optional>
#include <vector>

#include "cli/formats/format.hpp"

namespace kodiak::cli {

namespace {

bool starts_with(std::string_view text, std::string_view start) { return text.substr(0, start.size()) == start; }

std::string_view trimmed(std::string_view text) {
    while (!text.empty() && text.front() == ' ') {
        text.remove_prefix(1);
    }
    while (!text.empty() && text.back() == ' ') {
        text.remove_suffix(1);
    }
    return text;
}

// Where a quoted part that starts at `at` ends (behind its closing quote); quotes in it are doubled.
size_t end_of_quoted(std::string_view text, size_t at) {
    char quote = text[at];
    for (++at; at < text.size(); ++at) {
        if (text[at] == quote) {
            if (at + 1 >= text.size() || text[at + 1] != quote) {
                return at + 1;
            }
            ++at;
        }
    }
    return at;
}

// The parts of a type's parameter list: `a INTEGER, b DECIMAL(4,1)` -> two parts.
std::vector<std::string_view> split_parameters(std::string_view text) {
    std::vector<std::string_view> parts;
    size_t depth = 0;
    size_t start = 0;
    for (size_t at = 0; at < text.size();) {
        char c = text[at];
        if (c == '"' || c == '\'') {
            at = end_of_quoted(text, at);
            continue;
        }
        depth += c == '(' ? 1 : 0;
        depth -= c == ')' && depth > 0 ? 1 : 0;
        if (c == ',' && depth == 0) {
            parts.push_back(trimmed(text.substr(start, at - start)));
            start = at + 1;
        }
        ++at;
    }
    parts.push_back(trimmed(text.substr(start)));
    return parts;
}

// What stands between the first parenthesis and the last.
std::string_view parameters_of(std::string_view type) {
    size_t open = type.find('(');
    return type.substr(open + 1, type.rfind(')') - open - 1);
}

// The type of a struct's field: behind its name.
std::string_view field_type(std::string_view field) {
    size_t end = field.empty() || field[0] != '"' ? field.find(' ') : end_of_quoted(field, 0);
    return end == std::string_view::npos ? field : trimmed(field.substr(end));
}

enum class Shape : uint8_t { kList, kStruct, kTuple, kMap, kNumber, kFloat, kBoolean, kJson, kText };

Shape shape_of(std::string_view type) {
    static constexpr std::array<std::string_view, 11> kNumbers = {"TINYINT", "SMALLINT", "INTEGER",   "BIGINT",
                                                                  "HUGEINT", "UTINYINT", "USMALLINT", "UINTEGER",
                                                                  "UBIGINT", "UHUGEINT", "BIGNUM"};
    if (!type.empty() && type.back() == ']') {
        return Shape::kList;
    }
    if (starts_with(type, "STRUCT(")) {
        // Fields without names show as (1, x).
        auto fields = split_parameters(parameters_of(type));
        bool named = std::all_of(fields.begin(), fields.end(), [](std::string_view field) {
            return field_type(field).size() < field.size() && !starts_with(field, "STRUCT(");
        });
        return named ? Shape::kStruct : Shape::kTuple;
    }
    if (starts_with(type, "MAP(")) {
        return Shape::kMap;
    }
    if (starts_with(type, "DECIMAL") || std::find(kNumbers.begin(), kNumbers.end(), type) != kNumbers.end()) {
        return Shape::kNumber;
    }
    if (type == "FLOAT" || type == "DOUBLE") {
        return Shape::kFloat;
    }
    return type == "BOOLEAN" ? Shape::kBoolean : type == "JSON" ? Shape::kJson : Shape::kText;
}

// Reads one value of the engine's text form.
class ValueReader {
   public:
    explicit ValueReader(std::string_view text) : text_(text) {}

    bool read(std::string& target, std::string_view type) {
        if (take("NULL")) {
            target += "null";
            return true;
        }
        switch (shape_of(type)) {
            case Shape::kList:
                return read_list(target, type.substr(0, type.rfind('[')));
            case Shape::kStruct:
                return read_struct(target, type);
            case Shape::kTuple:
                return read_tuple(target, type);
            case Shape::kMap:
                return read_map(target, type);
            default:
                return read_scalar(target, type);
        }
    }

    bool at_end() const { return at_ == text_.size(); }

   private:
    // NULL only counts as a whole word.
    bool take(std::string_view word) {
        if (text_.substr(at_, word.size()) != word) {
            return false;
        }
        size_t end = at_ + word.size();
        bool is_word = word == "NULL";
        if (is_word && end < text_.size() && std::string_view(",]})=").find(text_[end]) == std::string_view::npos) {
            return false;
        }
        at_ = end;
        return true;
    }

    bool read_list(std::string& target, std::string_view element) {
        if (!take("[")) {
            return false;
        }
        target += '[';
        for (bool first = true; !take("]"); first = false) {
            if (!first && !take(", ")) {
                return false;
            }
            target += first ? "" : ",";
            if (!read(target, element)) {
                return false;
            }
        }
        target += ']';
        return true;
    }

    bool read_struct(std::string& target, std::string_view type) {
        if (!take("{")) {
            return false;
        }
        target += '{';
        bool first = true;
        for (std::string_view field : split_parameters(parameters_of(type))) {
            std::optional<std::string> name;
            if ((!first && !take(", ")) || !(name = read_text()) || !take(": ")) {
                return false;
            }
            target += first ? "" : ",";
            first = false;
            append_json_string(target, *name);
            target += ':';
            if (!read(target, field_type(field))) {
                return false;
            }
        }
        target += '}';
        return take("}");
    }

    bool read_tuple(std::string& target, std::string_view type) {
        if (!take("(")) {
            return false;
        }
        target += '[';
        bool first = true;
        for (std::string_view field : split_parameters(parameters_of(type))) {
            if (!first && !take(", ")) {
                return false;
            }
            target += first ? "" : ",";
            first = false;
            if (!read(target, field)) {
                return false;
            }
        }
        target += ']';
        return take(")");
    }

    bool read_map(std::string& target, std::string_view type) {
        auto parameters = split_parameters(parameters_of(type));
        if (parameters.size() != 2 || !take("{")) {
            return false;
        }
        target += '{';
        for (bool first = true; !take("}"); first = false) {
            if (!first && !take(", ")) {
                return false;
            }
            target += first ? "" : ",";
            std::string key;
            if (!read(key, parameters[0]) || !take("=")) {
                return false;
            }
            // Keys of JSON objects are texts.
            if (!starts_with(key, "\"")) {
                append_json_string(target, key);
            } else {
                target += key;
            }
            target += ':';
            if (!read(target, parameters[1])) {
                return false;
            }
        }
        target += '}';
        return true;
    }

    bool read_scalar(std::string& target, std::string_view type) {
        std::optional<std::string> text = read_text();
        if (!text) {
            return false;
        }
        switch (shape_of(type)) {
            case Shape::kNumber:
            case Shape::kBoolean:
            case Shape::kJson:
                target += *text;
                return true;
            case Shape::kFloat:
                append_json_float(target, *text);
                return true;
            default:
                append_json_string(target, *text);
                return true;
        }
    }

    // A quoted text without its quotes, or what stands before the next separator.
    std::optional<std::string> read_text() {
        std::string value;
        if (!take("'")) {
            size_t end = std::min(text_.find_first_of(",]})=", at_), text_.size());
            value = text_.substr(at_, end - at_);
            at_ = end;
            return value;
        }
        for (; at_ < text_.size(); ++at_) {
            char c = text_[at_];
            if (c == '\'') {
                ++at_;
                return value;
            }
            if (c == '\\' && at_ + 1 < text_.size()) {
                c = text_[++at_];
            }
            value += c;
        }
        return std::nullopt;
    }

    std::string_view text_;
    size_t at_ = 0;
};

}  // namespace

void append_nested_json(std::string& target, std::string_view type, std::string_view text) {
    size_t start = target.size();
    ValueReader reader(text);
    if (!reader.read(target, type) || !reader.at_end()) {
        target.resize(start);
        append_json_string(target, text);
    }
}

}  // namespace kodiak::cli
