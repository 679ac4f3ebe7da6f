#include "language/key_statement.hpp"

#include <algorithm>
#include <charconv>

#include "language/lexer/lexer.hpp"
#include "language/lexer/words.hpp"

namespace kodiak::language {

namespace {

using catalog::KeyOperand;
using catalog::KeyStatement;

bool is_digits(std::string_view text) {
    return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

// Walks over the tokens as they come: most statements end the walk at their first word.
class KeyStatementParser {
   public:
    explicit KeyStatementParser(std::string_view text) : text_(text), lexer_(text) { advance(); }

    std::optional<KeyStatement> parse() {
        const bool fits = parse_verb() && parse_end();
        return fits ? std::optional(std::move(result_)) : std::nullopt;
    }

    std::optional<PreparedKeyStatement> parse_prepared() {
        std::vector<std::string> names;
        const bool fits = accept("prepare") && parse_name(names) && accept("as") && parse_verb() && parse_end();
        return fits ? std::optional(PreparedKeyStatement{std::move(names[0]), std::move(result_)}) : std::nullopt;
    }

    PreparedNames parse_touched() {
        if (accept("deallocate")) {
            return {PreparedNames::Touched::kAll, ""};
        }
        std::vector<std::string> names;
        return accept("prepare") && parse_name(names) ? PreparedNames{PreparedNames::Touched::kOne, names[0]}
                                                      : PreparedNames{};
    }

    std::optional<KeyExecution> parse_execution() {
        std::vector<std::string> names;
        KeyExecution execution;
        bool fits = accept("execute") && parse_name(names);
        if (fits && accept_symbol('(')) {
            do {
                fits = parse_operand(execution.values);
            } while (fits && accept_symbol(','));
            fits = fits && accept_symbol(')');
        }
        if (!fits || !parse_end() || result_.parameters > 0) {
            return std::nullopt;
        }
        execution.name = std::move(names[0]);
        return execution;
    }

   private:
    bool parse_verb() {
        if (accept("select")) {
            result_.kind = KeyStatement::Kind::kSelect;
            return parse_selected() && accept("from") && parse_table() && parse_where() && parse_order();
        }
        if (accept("insert")) {
            result_.kind = KeyStatement::Kind::kInsert;
            return accept("into") && parse_table() && parse_row();
        }
        if (accept("upsert")) {
            result_.kind = KeyStatement::Kind::kUpsert;
            return accept("into") && parse_table() && parse_row();
        }
        if (accept("update")) {
            result_.kind = KeyStatement::Kind::kUpdate;
            return parse_table() && accept("set") && parse_assignments() && parse_where();
        }
        if (accept("delete")) {
            result_.kind = KeyStatement::Kind::kDelete;
            return accept("from") && parse_table() && parse_where();
        }
        return false;
    }

    bool parse_selected() {
        if (is_operator("*")) {
            advance();
            return true;
        }
        return parse_names(result_.columns);
    }

    bool parse_table() {
        do {
            if (result_.table.size() == 3 || !parse_name(result_.table)) {
                return false;
            }
        } while (accept_symbol('.'));
        return true;
    }

    bool parse_row() {
        if (accept_symbol('(') && !(parse_names(result_.columns) && accept_symbol(')'))) {
            return false;
        }
        if (!accept("values") || !accept_symbol('(')) {
            return false;
        }
        do {
            if (!parse_operand(result_.values)) {
                return false;
            }
        } while (accept_symbol(','));
        return accept_symbol(')') && (result_.columns.empty() || result_.columns.size() == result_.values.size());
    }

    bool parse_assignments() {
        do {
            if (!parse_name(result_.columns) || !accept_equals()) {
                return false;
            }
            const auto step = parse_step();
            if (!step || !parse_operand(result_.values)) {
                return false;
            }
            result_.values.back().step = *step;
        } while (accept_symbol(','));
        return true;
    }

    // `c +` or `c -` behind `c =`; nothing when another name stands there.
    std::optional<KeyOperand::Step> parse_step() {
        const bool is_word = token_.kind == TokenKind::kQuotedWord ||
                             (token_.kind == TokenKind::kWord && is_plain_name());
        if (!is_word) {
            return KeyOperand::Step::kSet;
        }
        std::vector<std::string> names;
        if (!parse_name(names) || !same_name(names[0], result_.columns.back()) ||
            (!is_operator("+") && !is_operator("-"))) {
            return std::nullopt;
        }
        const bool adds = text_of() == "+";
        advance();
        return adds ? KeyOperand::Step::kAdd : KeyOperand::Step::kSubtract;
    }

    bool parse_where() {
        if (!accept("where")) {
            return false;
        }
        do {
            if (!parse_name(result_.key_columns)) {
                return false;
            }
            if (result_.kind == KeyStatement::Kind::kSelect && result_.key_columns.size() == 1 && !is_operator("=")) {
                return parse_range();
            }
            if (!accept_equals() || !parse_operand(result_.key_values)) {
                return false;
            }
        } while (accept("and"));
        return true;
    }

    // Behind the column's name: BETWEEN low AND high, or two comparisons, the lower bound first.
    bool parse_range() {
        KeyStatement::Range range;
        if (accept("between")) {
            result_.range = range;
            return parse_operand(result_.key_values) && accept("and") && parse_operand(result_.key_values);
        }
        range.low_inclusive = is_operator(">=");
        if (!range.low_inclusive && !is_operator(">")) {
            return false;
        }
        advance();
        std::vector<std::string> again;
        if (!parse_operand(result_.key_values) || !accept("and") || !parse_name(again) ||
            !same_name(again[0], result_.key_columns[0])) {
            return false;
        }
        range.high_inclusive = is_operator("<=");
        if (!range.high_inclusive && !is_operator("<")) {
            return false;
        }
        advance();
        result_.range = range;
        return parse_operand(result_.key_values);
    }

    bool parse_order() {
        if (!result_.range || !accept("order")) {
            return true;
        }
        std::vector<std::string> names;
        if (!accept("by") || !parse_name(names) || !same_name(names[0], result_.key_columns[0])) {
            return false;
        }
        const bool descends = accept("desc");
        if (!descends) {
            accept("asc");
        }
        result_.range->order =
            descends ? KeyStatement::Range::Order::kDescending : KeyStatement::Range::Order::kAscending;
        return true;
    }

    bool parse_end() {
        while (accept_symbol(';')) {
        }
        return token_.kind == TokenKind::kEnd && !mixes_parameters();
    }

    bool parse_names(std::vector<std::string>& names) {
        do {
            if (!parse_name(names)) {
                return false;
            }
        } while (accept_symbol(','));
        return true;
    }

    bool parse_name(std::vector<std::string>& names) {
        if (token_.kind == TokenKind::kQuotedWord) {
            names.push_back(name_value(text_, token_));
        } else if (token_.kind == TokenKind::kWord && is_plain_name()) {
            names.emplace_back(text_of());
        } else {
            return false;
        }
        advance();
        return true;
    }

    // Keywords mean other things in some places: CURRENT_DATE, DEFAULT, CASE. The general path knows.
    bool is_plain_name() const {
        const KeywordCategory category = keyword_category(text_of());
        return category == KeywordCategory::kNoKeyword || category == KeywordCategory::kUnreserved;
    }

    bool parse_operand(std::vector<KeyOperand>& operands) {
        KeyOperand operand;
        const bool negative = is_operator("-");
        if (negative) {
            advance();
        }
        if (token_.kind == TokenKind::kNumber) {
            if (!read_number(negative, operand)) {
                return false;
            }
        } else if (negative || !read_other(operand)) {
            return false;
        }
        operands.push_back(std::move(operand));
        advance();
        return true;
    }

    bool read_number(bool negative, KeyOperand& operand) const {
        const std::string_view number = text_of();
        const size_t point = number.find('.');
        const bool is_integer = is_digits(number);
        if (!is_integer && !(point != std::string_view::npos && is_digits(number.substr(0, point)) &&
                             is_digits(number.substr(point + 1)))) {
            return false;
        }
        operand.kind = is_integer ? KeyOperand::Kind::kInteger : KeyOperand::Kind::kDecimal;
        operand.text.assign(negative ? 1 : 0, '-');
        operand.text.append(number);
        return true;
    }

    bool read_other(KeyOperand& operand) {
        if (token_.kind == TokenKind::kString) {
            auto decoded = string_value(text_, token_);
            if (!decoded.ok()) {
                return false;
            }
            operand.kind = KeyOperand::Kind::kString;
            operand.text = std::move(decoded).value();
            return true;
        }
        if (token_.kind == TokenKind::kParameter) {
            return read_parameter(operand);
        }
        if (token_.kind != TokenKind::kWord) {
            return false;
        }
        const std::string_view word = text_of();
        operand.kind = same_word(word, "null")   ? KeyOperand::Kind::kNull
                       : same_word(word, "true") ? KeyOperand::Kind::kTrue
                                                 : KeyOperand::Kind::kFalse;
        return operand.kind != KeyOperand::Kind::kFalse || same_word(word, "false");
    }

    // `?` counts by itself, `$2` says its number.
    bool read_parameter(KeyOperand& operand) {
        const std::string_view text = text_of();
        operand.kind = KeyOperand::Kind::kParameter;
        if (text == "?") {
            operand.parameter = counted_++;
        } else {
            uint32_t number = 0;
            const auto read = std::from_chars(text.data() + 1, text.data() + text.size(), number);
            if (text[0] != '$' || read.ec != std::errc() || read.ptr != text.data() + text.size() || number == 0 ||
                number > kParametersMax) {
                return false;
            }
            operand.parameter = number - 1;
            numbered_ = true;
        }
        result_.parameters = std::max(result_.parameters, operand.parameter + 1);
        return true;
    }

    bool mixes_parameters() const { return numbered_ && counted_ > 0; }

    bool accept(std::string_view word) {
        if (token_.kind != TokenKind::kWord || !same_word(text_of(), word)) {
            return false;
        }
        advance();
        return true;
    }
    bool accept_symbol(char symbol) {
        if (token_.kind != TokenKind::kSymbol || text_[token_.span.offset] != symbol) {
            return false;
        }
        advance();
        return true;
    }
    bool accept_equals() {
        if (!is_operator("=")) {
            return false;
        }
        advance();
        return true;
    }
    bool is_operator(std::string_view text) const { return token_.kind == TokenKind::kOperator && text_of() == text; }

    std::string_view text_of() const { return token_.span.in(text_); }
    void advance() { token_ = lexer_.next(); }

    static constexpr uint32_t kParametersMax = 1000;

    std::string_view text_;
    Lexer lexer_;
    Token token_;
    KeyStatement result_;
    uint32_t counted_ = 0;
    bool numbered_ = false;
};

}  // namespace

std::optional<catalog::KeyStatement> parse_key_statement(std::string_view text) {
    return KeyStatementParser(text).parse();
}

std::optional<PreparedKeyStatement> parse_prepared_key_statement(std::string_view text) {
    return KeyStatementParser(text).parse_prepared();
}

PreparedNames prepared_names_touched(std::string_view text) { return KeyStatementParser(text).parse_touched(); }

std::optional<KeyExecution> parse_key_execution(std::string_view text) {
    return KeyStatementParser(text).parse_execution();
}

}  // namespace kodiak::language
