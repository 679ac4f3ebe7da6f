// What SQL of code answers, and which of its names are variables: asked of DuckDB's binder, which runs nothing.
//
// A name that could be a variable is one where the statement still parses with a parameter in its place. It is a
// column, too, if the statement binds with the name left as it is and parameters in place of all others.

#include "duckdb/planner/planner.hpp"

#include "engine/code/code_executor.hpp"
#include "engine/code/code_values.hpp"
#include "engine/connection/noted_statement.hpp"
#include "engine/errors/errors.hpp"
#include "engine/types/types.hpp"
#include "language/lexer/lexer.hpp"
#include "language/lexer/words.hpp"

namespace kodiak::engine {

using language::CodeType;
using language::NameMeaning;
using language::SqlName;

namespace {

// `text` with the chosen names replaced by $1, $2, ...; their types in the same order.
std::string with_parameters(std::string_view text, const std::vector<SqlName>& names, const std::vector<bool>& chosen,
                            std::vector<duckdb::LogicalType>& types) {
    std::string result;
    size_t copied = 0;
    types.clear();
    for (size_t i = 0; i < names.size(); ++i) {
        if (!chosen[i]) {
            continue;
        }
        types.push_back(to_logical_type(names[i].type));
        result += std::string(text.substr(copied, names[i].span.offset - copied)) + "$" + std::to_string(types.size());
        copied = names[i].span.end();
    }
    return result + std::string(text.substr(copied));
}

// Without a table there are no columns that a name could mean; most expressions are like this.
bool may_have_columns(std::string_view text) {
    const auto tokens = language::tokenize(text);
    if (!tokens.ok()) {
        return true;
    }
    for (const auto& token : *tokens) {
        for (const std::string_view word : {"from", "update", "into", "as", "lambda"}) {
            if (token.kind == language::TokenKind::kWord && language::same_word(token.span.in(text), word)) {
                return true;
            }
        }
    }
    return false;
}

// Types that exist in code only cannot be parameters.
Status check_types(const std::vector<SqlName>& names, std::string_view text) {
    for (const SqlName& one : names) {
        if (one.type.form != language::TypeForm::kValue) {
            return make_error(ErrorCode::kUnsupported, "\"" + std::string(one.span.in(text)) + "\" of type " +
                                                           language::type_text(one.type) +
                                                           " cannot be used in SQL as a whole")
                .with_hint("Name its fields.");
        }
    }
    return ok_status();
}

}  // namespace

Result<CodeExecutor::Bound> CodeExecutor::bind(const std::string& text,
                                               const std::vector<duckdb::LogicalType>& parameters) {
    try {
        Hold hold(*this);
        KODIAK_TRY_ASSIGN(Statement statement, parse(hold.context(), text));
        const NotedText noted(session_, text);
        Bound bound;
        std::optional<Error> failure;
        const bool hides_rows = statement.upsert;
        try {
            apply_notes(hold.context(), statement.parsed, statement.notes);
            hold.context().RunFunctionInTransaction([&] {
                duckdb::Planner planner(hold.context());
                for (size_t i = 0; i < parameters.size(); ++i) {
                    planner.parameter_data.emplace(std::to_string(i + 1),
                                                   duckdb::BoundParameterData(duckdb::Value(parameters[i])));
                }
                planner.CreatePlan(std::move(statement.parsed));
                bound.writes = !planner.properties.modified_databases.empty();
                if (planner.properties.return_type == duckdb::StatementReturnType::QUERY_RESULT && !hides_rows) {
                    bound.names = std::move(planner.names);
                    bound.types = std::move(planner.types);
                }
            });
        } catch (const std::exception& exception) {
            failure = from_exception(exception);
        }
        if (failure) {
            KODIAK_TRY(lane_.recover());
            failure->position = {};
            failure->line_text.clear();
            return std::move(*failure);
        }
        return bound;
    } catch (const std::exception& exception) {
        return from_exception(exception);
    }
}

bool CodeExecutor::parses(const std::string& text) {
    Hold hold(*this);
    return parse(hold.context(), text).ok();
}

Result<language::SqlDescription> CodeExecutor::describe(std::string_view text, const std::vector<SqlName>& names) {
    KODIAK_TRY(check_types(names, text));
    language::SqlDescription description;
    description.names.assign(names.size(), NameMeaning::kVariable);
    std::vector<bool> chosen(names.size(), true);
    std::vector<duckdb::LogicalType> types;
    try {
        if (!parses(with_parameters(text, names, chosen, types))) {
            for (size_t i = 0; i < names.size(); ++i) {
                std::vector<bool> alone(names.size(), false);
                alone[i] = true;
                chosen[i] = parses(with_parameters(text, names, alone, types));
                description.names[i] = chosen[i] ? NameMeaning::kVariable : NameMeaning::kColumn;
            }
        }
        const bool columns = !names.empty() && may_have_columns(text);
        const std::vector<bool> variables = chosen;
        for (size_t i = 0; i < names.size() && columns; ++i) {
            if (!variables[i]) {
                continue;
            }
            std::vector<bool> others = variables;
            others[i] = false;
            const std::string tried = with_parameters(text, names, others, types);
            if (bind(tried, types).ok()) {
                description.names[i] = NameMeaning::kBoth;
                chosen[i] = false;
            }
        }
        const std::string final_text = with_parameters(text, names, chosen, types);
        KODIAK_TRY_ASSIGN(const Bound bound, bind(final_text, types));
        description.writes = bound.writes;
        for (size_t i = 0; i < bound.names.size(); ++i) {
            description.columns.push_back({bound.names[i], to_catalog_type(bound.types[i])});
        }
        return description;
    } catch (const std::exception& exception) {
        return from_exception(exception);
    }
}

}  // namespace kodiak::engine
