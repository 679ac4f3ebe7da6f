#include "language/definition/table_options.hpp"

#include <algorithm>
#include <array>

#include "language/diagnostics.hpp"

namespace kodiak::language {
namespace {

enum class OptionKind : uint8_t { kText, kDuration, kSize, kNumber, kBoolean, kWords };

struct OptionRule {
    std::string_view name;
    OptionKind kind;
    std::string_view words;  // kWords: those allowed, each between spaces
};

// REQUIREMENTS TIER-34 to TIER-41 and language reference 2.5.
constexpr std::array<OptionRule, 22> kRules{{
    {"table_type", OptionKind::kWords, " hybrid cow mor "},
    {"retention", OptionKind::kDuration, ""},
    {"cluster_by", OptionKind::kText, ""},
    {"bloom", OptionKind::kText, ""},
    {"cold_format", OptionKind::kWords, " parquet orc "},
    {"hot_tier_max_age", OptionKind::kDuration, ""},
    {"warm_tier_max_age", OptionKind::kDuration, ""},
    {"cold_tier_compression", OptionKind::kWords, " none zstd lz4 snappy gzip "},
    {"hot_tier_max_rows", OptionKind::kNumber, ""},
    {"hot_tier_max_size", OptionKind::kSize, ""},
    {"warm_tier", OptionKind::kBoolean, ""},
    {"warm_tier_max_size", OptionKind::kSize, ""},
    {"compaction_interval", OptionKind::kDuration, ""},
    {"min_compaction_size", OptionKind::kSize, ""},
    {"max_compaction_files", OptionKind::kNumber, ""},
    {"enable_adaptive_compaction", OptionKind::kBoolean, ""},
    {"enable_size_based_compaction", OptionKind::kBoolean, ""},
    {"read_ahead_size", OptionKind::kSize, ""},
    {"write_buffer_size", OptionKind::kSize, ""},
    {"merge_threads", OptionKind::kNumber, ""},
    {"enable_caching", OptionKind::kBoolean, ""},
    {"cache_size", OptionKind::kSize, ""},
}};

const OptionRule* find_rule(std::string_view folded) {
    for (const OptionRule& rule : kRules) {
        if (rule.name == folded) {
            return &rule;
        }
    }
    return nullptr;
}

// A number, then one of `units` (each between spaces, lower case) or nothing.
bool is_number_with_unit(std::string_view value, std::string_view units) {
    size_t digits = 0;
    const auto is_digit = [&](char c) { return (c >= '0' && c <= '9') || (c == '.' && digits > 0); };
    while (digits < value.size() && is_digit(value[digits])) {
        ++digits;
    }
    // Larger numbers than any size or age that makes sense would not fit 64 bits with their unit.
    constexpr size_t kDigitsMost = 15;
    if (digits == 0 || digits > kDigitsMost) {
        return false;
    }
    std::string_view unit = value.substr(digits);
    while (!unit.empty() && unit.front() == ' ') {
        unit.remove_prefix(1);
    }
    return unit.empty() || units.find(" " + std::string(unit) + " ") != std::string_view::npos;
}

bool fits(const OptionRule& rule, const std::string& value) {
    const std::string folded = fold_name(value);
    switch (rule.kind) {
        case OptionKind::kText: return !value.empty();
        case OptionKind::kDuration:
            return is_number_with_unit(folded,
                                       " us ms s m h d w mo y second seconds minute minutes hour hours day days "
                                       "week weeks month months year years ");
        case OptionKind::kSize: return is_number_with_unit(folded, " b kb mb gb tb kib mib gib tib ");
        case OptionKind::kNumber: return !folded.empty() && folded.find_first_not_of("0123456789") == std::string::npos;
        case OptionKind::kBoolean: return folded == "true" || folded == "false" || folded == "on" || folded == "off";
        case OptionKind::kWords: return rule.words.find(" " + folded + " ") != std::string_view::npos;
    }
    return false;
}

std::string what_fits(const OptionRule& rule) {
    switch (rule.kind) {
        case OptionKind::kText: return "Give a text.";
        case OptionKind::kDuration: return "Give a duration such as '24h' or '90 days'.";
        case OptionKind::kSize: return "Give a size such as '100MB', or a number of bytes.";
        case OptionKind::kNumber: return "Give a whole number.";
        case OptionKind::kBoolean: return "Give true or false.";
        case OptionKind::kWords: return "Give one of:" + std::string(rule.words.substr(0, rule.words.size() - 1)) + ".";
    }
    return "";
}

Error unknown_option(const TokenCursor& cursor, const std::string& name) {
    std::vector<std::string> names;
    for (const OptionRule& rule : kRules) {
        names.emplace_back(rule.name);
    }
    return cursor
        .error_at(ErrorCode::kUndefinedObject, "unknown table option \"" + name + "\"", cursor.peek().span)
        .with_hint(did_you_mean(name, names));
}

Result<std::string> parse_value(TokenCursor& cursor) {
    std::string value;
    const Token& token = cursor.peek();
    if (cursor.at_string()) {
        KODIAK_TRY_ASSIGN(value, string_value(cursor.text(), token));
    } else if (cursor.at_name()) {
        value = name_value(cursor.text(), token);
    } else if (token.kind == TokenKind::kNumber || token.kind == TokenKind::kDuration) {
        value = std::string(cursor.text_of(token));
    } else {
        return cursor.unexpected({"a value"});
    }
    cursor.advance();
    return value;
}

// What one option alone allows may not make sense beside another.
Status check_together(const TableOptions& options, const TokenCursor& cursor, Span where) {
    const auto value_of = [&](std::string_view name) {
        const auto found = std::find_if(options.begin(), options.end(),
                                        [&](const auto& option) { return option.first == name; });
        return found == options.end() ? std::string() : fold_name(found->second);
    };
    const std::string warm = value_of("warm_tier");
    const bool without_warm = warm == "false" || warm == "off";
    for (const std::string_view name : {"warm_tier_max_age", "warm_tier_max_size"}) {
        if (without_warm && !value_of(name).empty()) {
            return cursor.error_at(ErrorCode::kInvalidDefinition,
                                   "table option \"" + std::string(name) + "\" contradicts warm_tier = false", where)
                .with_hint("Leave one of them out.");
        }
    }
    return {};
}

}  // namespace

Result<std::vector<std::string>> parse_option_names(TokenCursor& cursor) {
    std::vector<std::string> names;
    do {
        cursor.advance();
        if (!cursor.at_name()) {
            return cursor.unexpected({"the name of an option"});
        }
        names.push_back(fold_name(name_value(cursor.text(), cursor.peek())));
        if (find_rule(names.back()) == nullptr) {
            return unknown_option(cursor, names.back());
        }
        cursor.advance();
    } while (cursor.at_symbol(','));
    if (!cursor.accept_symbol(')')) {
        return cursor.unexpected({",", ")"});
    }
    return names;
}

Result<TableOptions> parse_table_options(TokenCursor& cursor) {
    TableOptions options;
    const Span begin = cursor.peek().span;
    do {
        cursor.advance();
        if (!cursor.at_name()) {
            return cursor.unexpected({"the name of an option"});
        }
        const std::string name = fold_name(name_value(cursor.text(), cursor.peek()));
        const OptionRule* rule = find_rule(name);
        if (rule == nullptr) {
            return unknown_option(cursor, name);
        }
        for (const auto& [key, ignored] : options) {
            if (key == name) {
                return cursor.error_at(ErrorCode::kDuplicateObject, "table option given twice: " + name,
                                       cursor.peek().span);
            }
        }
        cursor.advance();
        if (cursor.peek().kind != TokenKind::kOperator || cursor.text_of(cursor.peek()) != "=") {
            return cursor.unexpected({"="});
        }
        cursor.advance();
        const Span where = cursor.peek().span;
        KODIAK_TRY_ASSIGN(std::string value, parse_value(cursor));
        if (!fits(*rule, value)) {
            return cursor.error_at(ErrorCode::kInvalidValue, "table option \"" + name + "\" cannot be " +
                                                                 quote_string(value), where)
                .with_hint(what_fits(*rule));
        }
        options.emplace_back(name, std::move(value));
    } while (cursor.at_symbol(','));
    if (!cursor.accept_symbol(')')) {
        return cursor.unexpected({",", ")"});
    }
    std::sort(options.begin(), options.end());
    KODIAK_TRY(check_together(options, cursor, begin));
    return options;
}

}  // namespace kodiak::language
