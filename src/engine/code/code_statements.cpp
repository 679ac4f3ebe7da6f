#include "engine/code/code_statements.hpp"

#include <algorithm>
#include <chrono>

#include "duckdb/catalog/catalog_search_path.hpp"
#include "duckdb/common/types/column/column_data_collection.hpp"
#include "duckdb/main/client_data.hpp"
#include "duckdb/main/materialized_query_result.hpp"

#include "engine/code/code_call.hpp"
#include "engine/errors/errors.hpp"
#include "engine/functions/session_database.hpp"
#include "engine/types/types.hpp"
#include "language/lexer/lexer.hpp"
#include "language/lexer/words.hpp"

namespace kodiak::engine {

using catalog::ObjectKind;
using catalog::ObjectPtr;
using language::OwnStatement;
using language::Signature;
using language::Value;

namespace {

// Why one of several overloads cannot be told from its name alone.
Error several_overloads(const std::string& name) {
    return language::coded_error("42725", "there are several functions \"" + name + "\"")
        .with_hint("Name the one that is meant with its types: " + name + "(INTEGER).");
}

std::vector<language::NamePart> to_parts(const std::vector<std::string>& names) {
    std::vector<language::NamePart> parts;
    for (const std::string& name : names) {
        parts.push_back({name, {}});
    }
    return parts;
}

}  // namespace

std::vector<language::Span> fields_of(const OwnStatement& statement, std::string_view label) {
    std::vector<language::Span> spans;
    for (const language::StatementField& one : statement.fields) {
        if (one.label == label) {
            spans.push_back(one.span);
        }
    }
    return spans;
}

std::vector<std::string> name_parts(std::string_view text) {
    std::vector<std::string> parts;
    const auto tokens = language::tokenize(text);
    for (size_t i = 0; tokens.ok() && i < tokens->size(); ++i) {
        const language::Token& token = (*tokens)[i];
        if (token.kind == language::TokenKind::kWord || token.kind == language::TokenKind::kQuotedWord) {
            parts.push_back(language::name_value(text, token));
        }
    }
    return parts;
}

std::unique_ptr<duckdb::QueryResult> AnswerRows::finish(duckdb::ClientContext& context) && {
    duckdb::vector<duckdb::LogicalType> types(types_.begin(), types_.end());
    auto rows = duckdb::make_uniq<duckdb::ColumnDataCollection>(context, types);
    duckdb::DataChunk chunk;
    chunk.Initialize(context, types);
    for (const auto& row : rows_) {
        for (size_t c = 0; c < row.size(); ++c) {
            chunk.SetValue(c, chunk.size(), row[c]);
        }
        chunk.SetCardinality(chunk.size() + 1);
        if (chunk.size() == STANDARD_VECTOR_SIZE) {
            rows->Append(chunk);
            chunk.Reset();
        }
    }
    rows->Append(chunk);
    duckdb::StatementProperties properties;
    properties.return_type = duckdb::StatementReturnType::QUERY_RESULT;
    return std::make_unique<duckdb::MaterializedQueryResult>(
        duckdb::StatementType::SELECT_STATEMENT, properties,
        duckdb::vector<duckdb::string>(names_.begin(), names_.end()), std::move(rows), context.GetClientProperties());
}

language::CodeEnvironment CodeStatements::environment() {
    language::CodeEnvironment environment = session_.environment();
    environment.executor = &executor_;
    return environment;
}

Result<std::optional<CodeStatements::Answer>> CodeStatements::run(std::string_view text) {
    try {
        if (language::is_code_statement(text)) {
            KODIAK_TRY_ASSIGN(const language::CodeHead head, language::read_code_head(text));
            if (head.kind != language::CodeKind::kDo) {
                KODIAK_TRY_ASSIGN(Answer made, define(text));
                return std::optional(std::move(made));
            }
            const Status done = session_.library(context_)->run_do(text, environment());
            if (!done.ok()) {
                return fold_place(done.error());
            }
            return std::optional<Answer>(Answer());
        }
        const auto own = language::parse_own_statement(text);
        if (!own) {
            return std::optional<Answer>();
        }
        KODIAK_TRY(*own);
        return run_form(text, **own);
    } catch (const std::exception& exception) {
        return from_exception(exception);
    }
}

Result<std::optional<CodeStatements::Answer>> CodeStatements::run_form(std::string_view text,
                                                                       const OwnStatement& statement) {
    const std::string_view form = statement.form->name;
    if (form == "CALL") {
        return call(text, statement);
    }
    if (form == "DROP FUNCTION") {
        return drop(text, statement);
    }
    if (form == "RUN TESTS") {
        KODIAK_TRY_ASSIGN(Answer answer, run_tests(text, statement));
        return std::optional(std::move(answer));
    }
    if (form == "CHECK FUNCTION") {
        KODIAK_TRY_ASSIGN(Answer answer, check_functions(text, statement));
        return std::optional(std::move(answer));
    }
    if (form == "EXPLAIN FUNCTION") {
        KODIAK_TRY_ASSIGN(Answer answer, explain_function(text, statement));
        return std::optional(std::move(answer));
    }
    if (form == "CREATE TRIGGER") {
        KODIAK_TRY(create_trigger(text));
        return std::optional<Answer>(Answer());
    }
    if (form == "ALTER TRIGGER") {
        KODIAK_TRY(alter_trigger(text, statement));
        return std::optional<Answer>(Answer());
    }
    if (form == "DROP TRIGGER") {
        KODIAK_TRY(drop_trigger(text, statement));
        return std::optional<Answer>(Answer());
    }
    if (form == "SHOW" || form == "SHOW CREATE") {
        return show(text, statement);
    }
    if (form == "LET") {
        KODIAK_TRY(let(text, statement));
        return std::optional<Answer>(Answer());
    }
    return std::optional<Answer>();
}

// The schema that a name of code means, and the transaction that sees it.
Result<CodeStatements::Place> CodeStatements::place(const std::vector<std::string>& name) {
    Place where;
    where.database = &session_database(context_);
    KODIAK_TRY_ASSIGN(where.transaction, transactions_.transaction_on(where.database->core()));
    where.schema_name = name.size() > 1 ? name[name.size() - 2]
                                        : searched_schemas(context_, where.database->GetName()).front();
    where.name = name.back();
    const ObjectPtr schema = where.transaction->catalog()->find_schema(where.schema_name);
    if (schema == nullptr) {
        return make_error(ErrorCode::kUndefinedObject, "schema \"" + where.schema_name + "\" does not exist");
    }
    where.schema = schema->id;
    where.schema_name = schema->name;
    return where;
}

void CodeStatements::warn(const language::DiagnosticList& diagnostics, std::string_view text) {
    for (const language::Diagnostic& one : diagnostics.all()) {
        if (one.severity == language::Severity::kWarning) {
            session_.message(language::RaiseLevel::kWarning, language::error_of(one, text));
        }
    }
}

Result<CodeStatements::Answer> CodeStatements::define(std::string_view text) {
    KODIAK_TRY_ASSIGN(const language::CodeHead head, language::read_code_head(text));
    KODIAK_TRY_ASSIGN(const Place where, place(head.name));
    const auto library = session_.library(context_);
    std::map<uint64_t, std::string> before;
    for (const auto& one : library->find(to_parts({where.schema_name, where.name}), &executor_)) {
        before[one->code] = library->statement(*one);
    }
    language::DiagnosticList diagnostics;
    const auto signature = library->define(text, &executor_, diagnostics);
    session_.forget_library();
    if (signature == nullptr) {
        return joined_error(diagnostics, text);
    }
    if (head.kind == language::CodeKind::kTest) {
        KODIAK_TRY(put_test(where, head, text));
    } else {
        KODIAK_TRY(put_routine(where, text, before[signature->code]));
    }
    warn(diagnostics, text);
    return Answer();
}

Status CodeStatements::put_routine(const Place& where, std::string_view text, const std::string& replaced) {
    const auto state = where.transaction->catalog();
    for (const auto space : {catalog::NameSpace::kScalarMacros, catalog::NameSpace::kTableMacros}) {
        if (state->find(space, where.schema, where.name) != nullptr) {
            return language::coded_error("42723", "a macro \"" + where.name + "\" exists already");
        }
    }
    catalog::CatalogObject object;
    if (const ObjectPtr existing = state->find(catalog::NameSpace::kRoutines, where.schema, where.name)) {
        object = *existing;
    } else {
        object.id = where.transaction->new_object_id();
        object.kind = ObjectKind::kRoutine;
        object.schema = where.schema;
        object.name = where.name;
        object.definition = catalog::RoutineDefinition();
    }
    auto& overloads = std::get<catalog::RoutineDefinition>(object.definition).overloads;
    const auto old = std::find(overloads.begin(), overloads.end(), replaced);
    if (old != overloads.end()) {
        *old = text;
    } else {
        overloads.emplace_back(text);
    }
    return where.transaction->put_object(std::move(object));
}

Status CodeStatements::put_test(const Place& where, const language::CodeHead& head, std::string_view text) {
    catalog::CatalogObject object;
    if (const ObjectPtr existing =
            where.transaction->catalog()->find(catalog::NameSpace::kTests, where.schema, where.name)) {
        if (!head.replace) {
            return make_error(ErrorCode::kDuplicateObject, "test \"" + where.name + "\" exists already")
                .with_hint("Use CREATE OR REPLACE.");
        }
        object = *existing;
    } else {
        object.id = where.transaction->new_object_id();
        object.kind = ObjectKind::kTest;
        object.schema = where.schema;
        object.name = where.name;
    }
    object.definition = catalog::SqlDefinition{std::string(text)};
    return where.transaction->put_object(std::move(object));
}

// The text of the overload that DROP means.
Result<std::string> CodeStatements::choose_overload(const Place& where, const std::vector<std::string>& types,
                                                    bool has_types) {
    const auto library = session_.library(context_);
    const auto overloads = library->find(to_parts({where.schema_name, where.name}), &executor_);
    if (!has_types && overloads.size() > 1) {
        return several_overloads(where.name);
    }
    if (!has_types && overloads.size() == 1) {
        return library->statement(*overloads[0]);
    }
    std::vector<catalog::Type> wanted;
    for (const std::string& type : types) {
        wanted.push_back(to_catalog_type(context_.ParseLogicalType(type)));
    }
    for (const auto& one : overloads) {
        std::vector<catalog::Type> inputs;
        for (const language::SignatureParameter& parameter : one->parameters) {
            if (parameter.mode != language::ParameterMode::kOut) {
                inputs.push_back(parameter.type.type);
            }
        }
        if (inputs == wanted) {
            return library->statement(*one);
        }
    }
    return make_error(ErrorCode::kUndefinedFunction, "no function \"" + where.name + "\" has these parameters")
        .with_hint("There are: " + language::candidates_text(overloads) + ".");
}

Result<std::optional<CodeStatements::Answer>> CodeStatements::drop(std::string_view text,
                                                                   const OwnStatement& statement) {
    if (statement.has_word(text, "AGGREGATE")) {
        return make_error(ErrorCode::kUnsupported, "aggregates written in code are not supported yet");
    }
    const bool test = statement.has_word(text, "TEST");
    const bool lenient = statement.has_word(text, "EXISTS");
    const std::vector<std::string> name = name_parts(statement.field("name")->in(text));
    KODIAK_TRY_ASSIGN(const Place where, place(name));
    const auto state = where.transaction->catalog();
    const auto space = test ? catalog::NameSpace::kTests : catalog::NameSpace::kRoutines;
    const ObjectPtr object = state->find(space, where.schema, where.name);
    if (object == nullptr) {
        if (statement.has_word(text, "FUNCTION") &&
            (state->find(catalog::NameSpace::kScalarMacros, where.schema, where.name) != nullptr ||
             state->find(catalog::NameSpace::kTableMacros, where.schema, where.name) != nullptr)) {
            return std::optional<Answer>();  // a macro, which DuckDB drops
        }
        if (lenient) {
            return std::optional<Answer>(Answer());
        }
        const std::string what = test ? "test" : statement.has_word(text, "PROCEDURE") ? "procedure" : "function";
        return make_error(test ? ErrorCode::kUndefinedObject : ErrorCode::kUndefinedFunction,
                          what + " \"" + where.name + "\" does not exist");
    }
    if (!test) {
        std::vector<std::string> types;
        for (const language::Span& span : fields_of(statement, "type")) {
            types.emplace_back(span.in(text));
        }
        const bool has_types = text.find('(', statement.field("name")->end()) != std::string_view::npos;
        KODIAK_TRY_ASSIGN(const std::string dropped, choose_overload(where, types, has_types));
        catalog::CatalogObject changed = *object;
        auto& overloads = std::get<catalog::RoutineDefinition>(changed.definition).overloads;
        overloads.erase(std::find(overloads.begin(), overloads.end(), dropped));
        if (!overloads.empty()) {
            KODIAK_TRY(where.transaction->put_object(std::move(changed)));
            return std::optional<Answer>(Answer());
        }
    }
    where.database->drop(*where.transaction, object, false);
    return std::optional<Answer>(Answer());
}

Status CodeStatements::let(std::string_view text, const OwnStatement& statement) {
    std::string sql = "SET VARIABLE " + std::string(statement.field("name")->in(text)) + " = ";
    const std::string value(statement.field("value")->in(text));
    const auto type = statement.field("type");
    sql += type ? "CAST(" + value + " AS " + std::string(type->in(text)) + ")" : value;
    KODIAK_TRY(executor_.run(sql, {}, {}, std::make_shared<language::MemoryMeter>(INT64_MAX)));
    return ok_status();
}

Result<CodeStatements::Answer> CodeStatements::check_functions(std::string_view text, const OwnStatement& statement) {
    const auto wanted = statement.field("name");
    const auto library = session_.library(context_);
    KODIAK_TRY_ASSIGN(const Place where, place(wanted ? name_parts(wanted->in(text)) : std::vector<std::string>{""}));
    const auto state = where.transaction->catalog();
    AnswerRows rows({"function", "ok", "problem"},
                    {duckdb::LogicalType::VARCHAR, duckdb::LogicalType::BOOLEAN, duckdb::LogicalType::VARCHAR});
    bool found = false;
    for (const ObjectPtr& object : state->list(ObjectKind::kRoutine)) {
        if (wanted && (object->schema != where.schema || !language::same_name(object->name, where.name))) {
            continue;
        }
        found = true;
        const std::string schema = state->find(object->schema)->name;
        for (const auto& one : library->find(to_parts({schema, object->name}), &executor_)) {
            const bool fine = !library->is_broken(*one);
            const duckdb::Value none(duckdb::LogicalType::VARCHAR);
            rows.add({duckdb::Value(language::candidates_text({one})), duckdb::Value::BOOLEAN(fine),
                      fine ? none : duckdb::Value(library->problem(*one).message)});
        }
    }
    if (wanted && !found) {
        return make_error(ErrorCode::kUndefinedFunction, "function \"" + where.name + "\" does not exist");
    }
    return std::move(rows).finish(context_);
}

}  // namespace kodiak::engine
