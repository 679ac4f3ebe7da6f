#include "database/answer_rows.hpp"

#include <algorithm>
#include <array>

namespace kodiak::database {

namespace {

ValueKind kind_of(engine::ColumnClass column_class) {
    switch (column_class) {
        case engine::ColumnClass::kInteger:
        case engine::ColumnClass::kDecimal:
            return ValueKind::kExactNumber;
        case engine::ColumnClass::kFloat:
            return ValueKind::kFloat;
        case engine::ColumnClass::kBoolean:
            return ValueKind::kBoolean;
        case engine::ColumnClass::kJson:
            return ValueKind::kJson;
        case engine::ColumnClass::kNested:
            return ValueKind::kNested;
        case engine::ColumnClass::kText:
        case engine::ColumnClass::kBlob:
        case engine::ColumnClass::kOther:
            break;
    }
    return ValueKind::kText;
}

bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

// The first words of a statement in upper case, at most `count`.
std::vector<std::string> first_words(std::string_view statement, size_t count) {
    std::vector<std::string> words;
    size_t at = 0;
    while (at < statement.size() && words.size() < count) {
        if (!is_letter(statement[at])) {
            ++at;
            continue;
        }
        std::string& word = words.emplace_back();
        for (; at < statement.size() && (is_letter(statement[at]) || statement[at] == '_'); ++at) {
            char c = statement[at];
            word += c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
        }
    }
    return words;
}

// CREATE OR REPLACE TEMP TABLE t -> CREATE TABLE.
std::string command_of(std::string_view statement) {
    static constexpr std::array<std::string_view, 4> kVerbs = {"CREATE", "DROP", "ALTER", "COMMENT"};
    static constexpr std::array<std::string_view, 14> kObjects = {
        "TABLE", "VIEW",   "SCHEMA",   "SEQUENCE", "MACRO",     "FUNCTION", "TYPE",
        "INDEX", "SECRET", "DATABASE", "COLUMN",   "PROCEDURE", "TEST",     "TRIGGER"};
    std::vector<std::string> words = first_words(statement, 7);
    if (words.empty()) {
        return {};
    }
    if (std::find(kVerbs.begin(), kVerbs.end(), words[0]) != kVerbs.end()) {
        auto object = std::find_first_of(words.begin() + 1, words.end(), kObjects.begin(), kObjects.end());
        return object == words.end() ? words[0] : words[0] + " " + *object;
    }
    return words[0];
}

}  // namespace

std::vector<ResultColumn> result_columns(const std::vector<engine::ResultColumnInfo>& columns) {
    std::vector<ResultColumn> shown;
    for (const auto& column : columns) {
        shown.push_back({column.name, column.type_name, kind_of(column.column_class)});
    }
    return shown;
}

Answer answer_of(std::string command) {
    Answer answer;
    answer.command = std::move(command);
    answer.text = answer.command;
    return answer;
}

Answer answer_for(std::string_view statement, const engine::QueryResult& result) {
    Answer answer = answer_of(command_of(statement));
    answer.has_rows = result.kind() == engine::ResultKind::kRows;
    if (result.kind() == engine::ResultKind::kChangedRows) {
        answer.has_count = true;
        answer.changed = result.changed_rows();
        answer.text += " " + std::to_string(answer.changed);
    }
    return answer;
}

}  // namespace kodiak::database
