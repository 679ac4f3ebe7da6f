// SQL in code: finding the names in it that are variables, and evaluating expressions that only the engine knows.

#include "language/diagnostics.hpp"
#include "language/lexer/words.hpp"
#include "language/semantic/analyser.hpp"
#include "language/statement/token_cursor.hpp"

namespace kodiak::language {

using catalog::TypeKind;

namespace {

// Words behind which a name stands for a table, a type or something new, never for a value.
bool names_follow(std::string_view word) {
    for (const std::string_view one : {"from", "join", "into", "update", "table", "as", "using", "index", "view",
                                       "schema", "type", "branch", "snapshot", "tag", "watermark", "window", "over"}) {
        if (same_word(word, one)) {
            return true;
        }
    }
    return false;
}

// Words that an expression may follow although the engine does not reserve them.
bool values_follow(std::string_view word) {
    for (const std::string_view one : {"by", "like", "ilike", "between", "is", "set", "values", "interval", "escape",
                                       "of", "since", "until", "at", "percent", "rows", "range", "similar"}) {
        if (same_word(word, one)) {
            return true;
        }
    }
    return keyword_category(word) == KeywordCategory::kReserved;
}

}  // namespace

// The names in a SQL text that could be variables: bare ones, record.field, label.variable. Left out are names of
// tables and functions, aliases, column lists of INSERT and the left sides of SET: those are never variables.
std::vector<Analyser::Candidate> Analyser::candidates(std::string_view sql) {
    std::vector<Candidate> found;
    const Result<std::vector<Token>> tokens = tokenize(sql);
    if (!tokens.ok()) {
        return found;
    }
    TokenCursor cursor(sql, *tokens);
    size_t depth = 0;
    size_t skipped_until = 0;  // inside the column list of INSERT up to this depth
    bool set_list = false;
    bool insert_target = false;
    std::string_view before;
    TokenKind before_kind = TokenKind::kSymbol;
    for (; cursor.peek().kind != TokenKind::kEnd; cursor.advance()) {
        const Token token = cursor.peek();
        const std::string_view text = cursor.text_of(token);
        if (text == "(") {
            ++depth;
            skipped_until = insert_target && before_kind != TokenKind::kSymbol ? depth : skipped_until;
            insert_target = false;
        } else if (text == ")") {
            skipped_until = skipped_until == depth ? 0 : skipped_until;
            depth -= depth > 0 ? 1 : 0;
        }
        const bool word = token.kind == TokenKind::kWord || token.kind == TokenKind::kQuotedWord;
        if (token.kind == TokenKind::kWord) {
            insert_target = insert_target || 
                            (same_word(text, "into") && (same_word(before, "insert") || same_word(before, "upsert")));
            set_list = (set_list || same_word(text, "set")) && !same_word(text, "where") && !same_word(text, "from");
            if (same_word(text, "select") || same_word(text, "values")) {
                insert_target = false;
            }
        }
        const bool behind_word = before_kind == TokenKind::kWord;
        const bool operand_before = before_kind == TokenKind::kNumber || before_kind == TokenKind::kString ||
                                    before_kind == TokenKind::kQuotedWord || before == ")" || before == "]" ||
                                    (behind_word && !values_follow(before));
        const bool set_target =
            set_list && (before == "," || same_word(before, "set")) && cursor.peek(1).span.in(sql) == "=";
        const bool named_argument = cursor.peek(1).span.in(sql) == ":=" || cursor.peek(1).span.in(sql) == "=>";
        const bool free_place = word && skipped_until == 0 && before != "." && !operand_before && !set_target &&
                                !named_argument && !(behind_word && names_follow(before)) && !cursor.at_symbol('(', 1);
        before = text;
        before_kind = token.kind;
        if (!free_place) {
            continue;
        }
        std::vector<NamePart> parts{{name_value(sql, token), token.span}};
        size_t ahead = 1;
        while (cursor.at_symbol('.', ahead) && cursor.at_name(ahead + 1) && parts.size() < 4) {
            const Token next = cursor.peek(ahead + 1);
            parts.push_back({name_value(sql, next), next.span});
            ahead += 2;
        }
        const int32_t variable = find_variable(parts[0].name);
        const bool record =
            variable >= 0 && (code_.variables[static_cast<size_t>(variable)].type.form == TypeForm::kRecord ||
                              code_.variables[static_cast<size_t>(variable)].type.is(TypeKind::kStruct));
        const bool labelled = parts.size() > 1 && find_in_label(parts[0].name, parts[1].name) >= 0;
        if (parts.size() == 1 ? variable >= 0 : (record || labelled)) {
            const Span span = Span::from_to(parts.front().span, parts.back().span);
            found.push_back({span, name_expression(std::move(parts), span)});
            cursor.move_to(cursor.index() + ahead - 1);
        }
    }
    return found;
}

Expression* Analyser::name_expression(std::vector<NamePart> parts, Span span) {
    Expression* node = ast().expression(ExpressionKind::kName, span);
    node->parts = std::move(parts);
    return node;
}

// Registers a SQL text: names that the engine does not know as columns become parameters.
int32_t Analyser::add_sql(const SqlText& sql, std::string_view prefix) {
    std::string written(prefix);
    written += sql.prefix;
    std::vector<std::pair<size_t, Span>> places;  // where in the text each piece of the body stands
    for (size_t i = 0; i < sql.pieces.size(); ++i) {
        written += i > 0 ? " " : "";
        places.emplace_back(written.size(), sql.pieces[i]);
        written += sql.pieces[i].in(text());
    }
    written += sql.suffix;
    const auto in_body = [&](size_t offset) {
        size_t place = sql.span.offset;
        for (const auto& [start, piece] : places) {
            place = offset >= start ? piece.offset + std::min(offset - start, piece.length) : place;
        }
        return place;
    };
    if (settings_.executor == nullptr) {
        error("0A000", "SQL cannot run here", sql.span);
        return -1;
    }
    std::vector<Candidate> names = candidates(written);
    std::vector<SqlName> asked;
    std::vector<Expression*> expressions;
    for (Candidate& one : names) {
        const size_t moved = in_body(one.span.offset);
        one.name->span = {moved, one.span.length};
        for (NamePart& part : one.name->parts) {
            part.span.offset = moved + (part.span.offset - one.span.offset);
        }
        Expression* expression = one.name;
        const CodeType type = analyse(expression);
        expressions.push_back(expression);
        asked.push_back({one.span, type.form == TypeForm::kDynamic ? code_type(TypeKind::kVarchar) : type});
    }
    Result<SqlDescription> description = settings_.executor->describe(written, asked);
    if (!description.ok()) {
        const Error& problem = description.error();
        error(problem.raised_state.empty() ? sqlstate(problem.code) : problem.raised_state, problem.message, sql.span)
            .hint = problem.hint;
        return -1;
    }
    SqlUse use;
    size_t copied = 0;
    for (size_t i = 0; i < names.size(); ++i) {
        NameMeaning meaning = i < description->names.size() ? description->names[i] : NameMeaning::kVariable;
        if (meaning == NameMeaning::kBoth && definition().variable_conflict != CodeDefinition::Conflict::kError) {
            meaning = definition().variable_conflict == CodeDefinition::Conflict::kColumn ? NameMeaning::kColumn
                                                                                          : NameMeaning::kVariable;
        }
        if (meaning == NameMeaning::kBoth) {
            const std::string name(names[i].span.in(written));
            error("42702", "\"" + name + "\" could be a variable or a column", expressions[i]->span).hint =
                "Write table." + name + " for the column, or rename the variable.";
        }
        if (meaning != NameMeaning::kVariable) {
            continue;
        }
        force(expressions[i], asked[i].type);
        use.text += written.substr(copied, names[i].span.offset - copied);
        use.parameters.push_back(expressions[i]);
        use.text += "$" + std::to_string(use.parameters.size());
        copied = names[i].span.end();
    }
    use.text += written.substr(copied);
    use.description = std::move(*description);
    code_.sql.push_back(std::move(use));
    return static_cast<int32_t>(code_.sql.size()) - 1;
}

// An expression that only the engine can evaluate: one row with one column.
CodeType Analyser::sql_value(Expression*& node) {
    node->kind = ExpressionKind::kSql;
    SqlText sql;
    sql.span = node->span;
    sql.pieces = {node->span};
    sql.is_query = true;
    node->sql = add_sql(sql, "SELECT ");
    if (node->sql < 0) {
        return error_type();
    }
    const auto& columns = code_.sql[static_cast<size_t>(node->sql)].description.columns;
    if (columns.size() != 1) {
        error("42601", "an expression has one value, not " + std::to_string(columns.size()), node->span);
        return error_type();
    }
    CodeType type;
    type.type = columns[0].type;
    return type;
}

}  // namespace kodiak::language
