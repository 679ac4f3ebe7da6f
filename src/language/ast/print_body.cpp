#include "language/ast/print.hpp"
#include "language/lexer/words.hpp"

namespace kodiak::language {
namespace {

constexpr std::string_view kDirections[] = {"NEXT",     "PRIOR",    "FIRST",   "LAST",
                                            "ABSOLUTE", "RELATIVE", "FORWARD", "BACKWARD"};
constexpr std::string_view kLevels[] = {"DEBUG", "LOG", "INFO", "NOTICE", "WARNING", "EXCEPTION"};

class Printer {
   public:
    Printer(std::string_view text, size_t indent) : text_(text), indent_(indent) {}

    std::string take() { return std::move(out_); }

    void list(const Statements& statements) {
        ++indent_;
        for (const BodyStatement* statement : statements) {
            print(*statement);
        }
        --indent_;
    }

    void print(const BodyStatement& node) {
        switch (node.kind) {
            case BodyKind::kBlock:
                return block(static_cast<const Block&>(node));
            case BodyKind::kLet:
                return let(static_cast<const Let&>(node));
            case BodyKind::kAssign: {
                const auto& assign = static_cast<const Assign&>(node);
                return line("assign " + expression(assign.target.place) + " " + expression(assign.value));
            }
            case BodyKind::kIf:
                return branches(static_cast<const If&>(node));
            case BodyKind::kCase:
                return cases(static_cast<const Case&>(node));
            case BodyKind::kLoop:
            case BodyKind::kWhile:
            case BodyKind::kForRange:
            case BodyKind::kForQuery:
            case BodyKind::kForeach:
                return loop(node);
            case BodyKind::kRaise:
                return raise(static_cast<const Raise&>(node));
            case BodyKind::kOpen:
            case BodyKind::kFetch:
            case BodyKind::kClose:
                return cursor(node);
            default:
                return simple(node);
        }
    }

   private:
    void line(const std::string& text) { out_ += std::string(2 * indent_, ' ') + text + "\n"; }
    std::string expression(const Expression* node) const { return print_expression(node, text_); }
    std::string optional(std::string_view before, const Expression* node) const {
        return node == nullptr ? "" : std::string(before) + expression(node);
    }

    std::string sql(const SqlText& sql) const {
        std::string out = "[" + sql.prefix;
        for (size_t i = 0; i < sql.pieces.size(); ++i) {
            out += (i > 0 ? " " : "") + std::string(sql.pieces[i].in(text_));
        }
        return out + sql.suffix + "]";
    }

    std::string targets(const std::vector<Target>& list) const {
        std::string out;
        for (const Target& target : list) {
            out += " " + expression(target.place);
        }
        return out;
    }

    std::string values(std::string_view before, const std::vector<Expression*>& list) const {
        std::string out = list.empty() ? "" : std::string(before);
        for (const Expression* one : list) {
            out += " " + expression(one);
        }
        return out;
    }

    std::string declaration(const Declaration& one) const {
        std::string out = one.name.name;
        if (one.kind == Declaration::Kind::kAlias) {
            return out + " alias " + one.alias_of.name;
        }
        if (one.kind == Declaration::Kind::kCursor) {
            out += one.scroll ? " scroll cursor" : " cursor";
            for (const CursorParameter& parameter : one.parameters) {
                out += " " + parameter.name.name + " " + print_type(*parameter.type);
            }
            return out + " " + sql(one.query);
        }
        out += (one.constant ? " constant" : "") + (one.type != nullptr ? " " + print_type(*one.type) : "") +
               (one.not_null ? " not null" : "");
        return out + optional(" = ", one.value);
    }

    void block(const Block& node) {
        line((node.has_finally ? "try" : "block") + (node.label.empty() ? "" : " <<" + node.label + ">>"));
        ++indent_;
        for (const Declaration& one : node.declarations) {
            line("declare " + declaration(one));
        }
        --indent_;
        list(node.statements);
        for (const ExceptionHandler& handler : node.handlers) {
            std::string head = "handler";
            for (const HandlerCondition& condition : handler.conditions) {
                head += " " + (condition.others ? "others" : condition.sqlstate);
            }
            line(head);
            list(handler.statements);
        }
        if (node.has_finally) {
            line("finally");
            list(node.finally);
        }
    }

    void let(const Let& node) {
        std::string names;
        for (const Declaration& one : node.names) {
            names += " " + declaration(one);
        }
        line("let" + names + optional(" = ", node.value));
    }

    void branches(const If& node) {
        for (size_t i = 0; i < node.branches.size(); ++i) {
            line((i == 0 ? "if " : "elsif ") + expression(node.branches[i].condition));
            list(node.branches[i].statements);
        }
        if (node.has_else) {
            line("else");
            list(node.otherwise);
        }
    }

    void cases(const Case& node) {
        line("case" + optional(" ", node.operand));
        for (const Case::Branch& branch : node.branches) {
            line(values("when", branch.values));
            list(branch.statements);
        }
        if (node.has_else) {
            line("else");
            list(node.otherwise);
        }
    }

    void loop(const BodyStatement& node) {
        const auto& any = static_cast<const LoopStatement&>(node);
        std::string head;
        if (node.kind == BodyKind::kLoop) {
            const auto& loop = static_cast<const Loop&>(node);
            head = loop.condition == nullptr ? "loop" : "while " + expression(loop.condition);
        } else if (node.kind == BodyKind::kForRange) {
            const auto& range = static_cast<const ForRange&>(node);
            head = std::string("for ") + (range.reverse ? "reverse " : "") + range.name.name + " " +
                   expression(range.first) + " .. " + expression(range.last) + optional(" by ", range.step);
        } else if (node.kind == BodyKind::kForQuery) {
            const auto& query = static_cast<const ForQuery&>(node);
            head = "for" + targets(query.targets) + " in ";
            head += query.over_cursor ? "cursor " + query.cursor.name + values(" with", query.arguments)
                    : query.dynamic != nullptr
                        ? "execute " + expression(query.dynamic) + values(" using", query.arguments)
                        : sql(query.query);
        } else {
            const auto& each = static_cast<const Foreach&>(node);
            head = "foreach " + expression(each.target.place) + (each.slice > 0 ? " slice" : "") + " in " +
                   expression(each.list);
        }
        line(head + (any.label.empty() ? "" : " <<" + any.label + ">>"));
        list(any.statements);
    }

    void raise(const Raise& node) {
        constexpr std::string_view kOptions[] = {"message",    "detail", "hint",   "errcode", "column",
                                                 "constraint", "table",  "schema", "datatype"};
        if (node.rethrow) {
            return line("raise again");
        }
        std::string out = "raise " + std::string(kLevels[static_cast<size_t>(node.level)]);
        out += (node.sqlstate.empty() ? "" : " " + node.sqlstate) +
               (node.has_format ? " " + quote_string(node.format) : "") + values("", node.arguments);
        for (const auto& [option, value] : node.options) {
            out += " " + std::string(kOptions[static_cast<size_t>(option)]) + "=" + expression(value);
        }
        line(out);
    }

    void cursor(const BodyStatement& node) {
        if (node.kind == BodyKind::kClose) {
            return line("close " + static_cast<const CloseCursor&>(node).cursor.name);
        }
        if (node.kind == BodyKind::kFetch) {
            const auto& fetch = static_cast<const Fetch&>(node);
            return line((fetch.move ? "move " : "fetch ") +
                        std::string(kDirections[static_cast<size_t>(fetch.direction)]) + optional(" ", fetch.count) +
                        " " + fetch.cursor.name + targets(fetch.into));
        }
        const auto& open = static_cast<const OpenCursor&>(node);
        line("open " + open.cursor.name + (open.scroll ? " scroll" : "") +
             (open.has_query ? " " + sql(open.query) : "") + optional(" execute ", open.dynamic) +
             values(" with", open.arguments));
    }

    void simple(const BodyStatement& node);
    void sql_statements(const BodyStatement& node);

    std::string_view text_;
    size_t indent_;
    std::string out_;
};

void Printer::simple(const BodyStatement& node) {
    switch (node.kind) {
        case BodyKind::kJump: {
            const auto& jump = static_cast<const Jump&>(node);
            return line((jump.is_continue ? "continue" : "exit") +
                        (jump.label.name.empty() ? "" : " " + jump.label.name) + optional(" when ", jump.condition));
        }
        case BodyKind::kReturn:
            return line("return" + optional(" ", static_cast<const Return&>(node).value));
        case BodyKind::kReturnNext:
            return line("return next" + optional(" ", static_cast<const ReturnNext&>(node).value));
        case BodyKind::kAssert: {
            const auto& assertion = static_cast<const Assert&>(node);
            return line("assert " + expression(assertion.condition) + optional(" ", assertion.message));
        }
        case BodyKind::kTransaction: {
            const auto& end = static_cast<const TransactionEnd&>(node);
            return line((end.commit ? "commit" : "rollback") + optional(" message ", end.message));
        }
        case BodyKind::kDiagnostics: {
            const auto& get = static_cast<const GetDiagnostics&>(node);
            std::string out = get.stacked ? "get stacked" : "get";
            for (const auto& [target, item] : get.items) {
                out += " " + expression(target.place) + "=" + std::to_string(static_cast<int>(item));
            }
            return line(out);
        }
        case BodyKind::kNull:
            return line("null");
        default:
            return sql_statements(node);
    }
}

void Printer::sql_statements(const BodyStatement& node) {
    switch (node.kind) {
        case BodyKind::kReturnQuery: {
            const auto& query = static_cast<const ReturnQuery&>(node);
            return line("return query " + (query.dynamic == nullptr ? sql(query.query)
                                                                    : "execute " + expression(query.dynamic) +
                                                                          values(" using", query.arguments)));
        }
        case BodyKind::kAssertQuery: {
            const auto& assertion = static_cast<const AssertQuery&>(node);
            std::string out = "assert " + (assertion.sqlstate.empty() ? "query" : "raises " + assertion.sqlstate);
            for (const SqlText& query : assertion.queries) {
                out += " " + sql(query);
            }
            return line(out + (assertion.in_order ? " in order" : ""));
        }
        case BodyKind::kSql: {
            const auto& statement = static_cast<const SqlStatement&>(node);
            const std::string into = statement.into.empty() ? "" : (statement.strict ? " into strict" : " into");
            return line((statement.perform ? "perform " : "sql ") + sql(statement.sql) + into +
                        targets(statement.into));
        }
        case BodyKind::kExecute: {
            const auto& execute = static_cast<const Execute&>(node);
            const std::string into = execute.into.empty() ? "" : (execute.strict ? " into strict" : " into");
            return line("execute " + expression(execute.text) + into + targets(execute.into) +
                        values(" using", execute.arguments));
        }
        default:
            return line("call " + expression(static_cast<const Call&>(node).call));
    }
}

std::string parameter_text(const Parameter& parameter, std::string_view text) {
    constexpr std::string_view kModes[] = {"", "out ", "inout ", "variadic "};
    return std::string(kModes[static_cast<size_t>(parameter.mode)]) + parameter.name.name + " " +
           print_type(*parameter.type) +
           (parameter.default_value != nullptr ? " = " + print_expression(parameter.default_value, text) : "");
}

}  // namespace

std::string print_statements(const Statements& statements, std::string_view text, size_t indent) {
    Printer printer(text, indent);
    printer.list(statements);
    return printer.take();
}

std::string print_code(const CodeDefinition& definition, std::string_view statement) {
    constexpr std::string_view kKinds[] = {"function", "procedure", "test", "do"};
    constexpr std::string_view kLanguages[] = {"grizzly", "plpgsql", "sql"};
    constexpr std::string_view kVolatilities[] = {"", " immutable", " stable", " volatile"};
    constexpr std::string_view kResults[] = {
        "", " returns", " returns setof", " returns table", " returns void", " returns trigger"};
    std::string out(kKinds[static_cast<size_t>(definition.kind)]);
    for (size_t i = 0; i < definition.name.size(); ++i) {
        out += (i == 0 ? " " : ".") + definition.name[i].name;
    }
    for (size_t i = 0; i < definition.parameters.size(); ++i) {
        out += (i == 0 ? "(" : ", ") + parameter_text(definition.parameters[i], statement);
    }
    out += definition.parameters.empty() ? "" : ")";
    out += kResults[static_cast<size_t>(definition.result.kind)];
    out += definition.result.type != nullptr ? " " + print_type(*definition.result.type) : "";
    for (const Parameter& column : definition.result.columns) {
        out += " " + column.name.name + " " + print_type(*column.type);
    }
    out += " " + std::string(kLanguages[static_cast<size_t>(definition.language)]);
    out += kVolatilities[static_cast<size_t>(definition.volatility)];
    out += std::string(definition.strict ? " strict" : "") + (definition.security_definer ? " definer" : "");
    for (const CodeSetting& setting : definition.settings) {
        out += " " + setting.name + "=" + setting.value;
    }
    for (const CodeSetting& limit : definition.limits) {
        out += " " + limit.name + "<=" + limit.value;
    }
    out += "\n";
    if (definition.return_value != nullptr) {
        out += "  return " + print_expression(definition.return_value, definition.source.text) + "\n";
    }
    for (const SqlText& sql : definition.sql_body) {
        out += "  sql [" + std::string(sql.span.in(definition.source.text)) + "]\n";
    }
    if (definition.body != nullptr) {
        Printer printer(definition.source.text, 1);
        printer.print(*definition.body);
        out += printer.take();
    }
    return out;
}

}  // namespace kodiak::language
