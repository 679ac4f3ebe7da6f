// CALL and RUN TESTS: code that a statement starts.

#include <algorithm>
#include <chrono>
#include <cmath>

#include "engine/code/code_call.hpp"
#include "engine/code/code_statements.hpp"
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
using language::SignatureParameter;
using language::Value;

namespace {

struct WrittenArgument {
    std::string name;  // empty: by position
    std::string text;
    bool number = false;
    bool string = false;
};

// `3`, `day => DATE '2026-01-01'`, `x := f(2)`.
WrittenArgument read_argument(std::string_view text) {
    WrittenArgument argument;
    argument.text = text;
    const auto tokens = language::tokenize(text);
    if (!tokens.ok() || tokens->empty()) {
        return argument;
    }
    const auto word = [&](size_t i) { return i < tokens->size() ? (*tokens)[i].span.in(text) : std::string_view(); };
    const language::TokenKind first = (*tokens)[0].kind;
    const bool is_name = first == language::TokenKind::kWord || first == language::TokenKind::kQuotedWord;
    for (size_t i = 1; i < 3 && is_name; ++i) {
        const std::string joined = std::string(word(1)) + (i == 2 ? std::string(word(2)) : "");
        if (joined == "=>" || joined == ":=") {
            argument.name = language::name_value(text, (*tokens)[0]);
            const WrittenArgument value = read_argument(text.substr((*tokens)[i].span.end()));
            argument.text = value.text;
            argument.number = value.number;
            argument.string = value.string;
            return argument;
        }
    }
    const size_t count = tokens->size() - ((*tokens).back().kind == language::TokenKind::kEnd ? 1 : 0);
    const bool sign = count == 2 && (word(0) == "-" || word(0) == "+");
    argument.number = (count == 1 || sign) && (*tokens)[count - 1].kind == language::TokenKind::kNumber;
    argument.string = count == 1 && first == language::TokenKind::kString;
    return argument;
}

std::vector<const SignatureParameter*> outputs_of(const Signature& signature) {
    std::vector<const SignatureParameter*> outputs;
    for (const SignatureParameter& one : signature.parameters) {
        if (one.mode == language::ParameterMode::kOut || one.mode == language::ParameterMode::kInOut) {
            outputs.push_back(&one);
        }
    }
    return outputs;
}

}  // namespace

Result<std::optional<CodeStatements::Answer>> CodeStatements::call(std::string_view text,
                                                                   const OwnStatement& statement) {
    const std::vector<std::string> name = name_parts(statement.field("procedure")->in(text));
    const auto library = session_.library(context_);
    std::vector<language::NamePart> parts;
    for (const std::string& part : name) {
        parts.push_back({part, {}});
    }
    const auto overloads = library->find(parts, &executor_);
    if (overloads.empty()) {
        return std::optional<Answer>();
    }
    std::string query;
    std::vector<language::GivenArgument> given;
    for (const language::StatementField& field : statement.fields) {
        if (field.label == "argument") {
            const WrittenArgument written = read_argument(field.span.in(text));
            query += (query.empty() ? "SELECT (" : ", (") + written.text + ")";
            given.push_back({{}, written.name, written.string});
            given.back().type.literal = written.number;
        }
    }
    std::vector<Value> values;
    std::shared_ptr<const catalog::Type> shape;
    const auto meter = std::make_shared<language::MemoryMeter>(INT64_MAX);
    if (!given.empty()) {
        KODIAK_TRY_ASSIGN(const auto rows, executor_.run(query, {}, {}, meter));
        KODIAK_TRY(rows->next(values));
        shape = rows->shape();
        for (size_t i = 0; i < given.size(); ++i) {
            given[i].type.type = shape->children[i].type;
        }
    }
    const bool procedures = std::ranges::any_of(
        overloads, [](const auto& one) { return one->kind == language::CodeKind::kProcedure; });
    const CodeCall call = match_overload(library, overloads, name.back(), given, procedures);
    std::vector<Value> inputs(call.input_count);
    std::vector<Value> rest;
    for (size_t i = 0; i < values.size(); ++i) {
        const duckdb::LogicalType target = to_logical_type(call.argument_types[i]);
        const ValueBridge from(shape->children[i].type);
        const ValueBridge to(call.argument_types[i]);
        Value cast = to.from_duckdb(from.to_duckdb(values[i]).CastAs(context_, target), meter);
        if (call.has_rest && call.inputs[i] + 1 == call.input_count) {
            rest.push_back(std::move(cast));
        } else {
            inputs[call.inputs[i]] = std::move(cast);
        }
    }
    if (call.has_rest) {
        inputs.back() = language::list_value(meter, std::move(rest));
    }
    KODIAK_TRY_ASSIGN(Answer answer, answer_call(call, std::move(inputs)));
    return std::optional(std::move(answer));
}

namespace {

// What a call answers: the OUT parameters of a procedure, the columns or the one value of a function.
struct CallColumns {
    explicit CallColumns(const Signature& signature) {
        const bool procedure = signature.kind == language::CodeKind::kProcedure;
        const bool record = signature.result.is(catalog::TypeKind::kStruct);
        spread = procedure || record;
        if (procedure) {
            for (const SignatureParameter* one : outputs_of(signature)) {
                add(one->name, one->type.type);
            }
        } else if (record) {
            for (const catalog::NamedType& column : signature.result.type.children) {
                add(column.name, column.type);
            }
        } else if (signature.result.form != language::TypeForm::kVoid) {
            to_logical_type(signature.result);  // refuses what has no columns
            add(signature.name, signature.result.type);
        }
    }
    void add(const std::string& name, const catalog::Type& type) {
        names.push_back(name);
        bridges.emplace_back(type);
        types.push_back(bridges.back().logical_type());
    }
    std::vector<duckdb::Value> row(const Value& value) const {
        std::vector<duckdb::Value> row;
        for (size_t i = 0; i < bridges.size(); ++i) {
            row.push_back(bridges[i].to_duckdb(!spread ? value : value.is_null() ? Value() : value.items()[i]));
        }
        return row;
    }

    std::vector<std::string> names;
    std::vector<duckdb::LogicalType> types;
    std::vector<ValueBridge> bridges;
    bool spread = false;  // a row is a record
};

// OUT parameters take no value. Returns the places of what is left out among the rest.
std::vector<size_t> drop_outputs(const CodeCall& call, std::vector<Value>& inputs) {
    const auto places = inputs_of(*call.signature);
    std::vector<size_t> missing;
    std::vector<Value> taken;
    for (size_t place = 0; place < places.size(); ++place) {
        if (places[place]->mode == language::ParameterMode::kOut) {
            continue;
        }
        if (std::ranges::find(call.missing, place) != call.missing.end()) {
            missing.push_back(taken.size());
        }
        taken.push_back(std::move(inputs[place]));
    }
    inputs = std::move(taken);
    return missing;
}

}  // namespace

Result<CodeStatements::Answer> CodeStatements::answer_call(const CodeCall& call, std::vector<Value> inputs) {
    const CallColumns columns(*call.signature);
    const std::vector<size_t> missing = drop_outputs(call, inputs);
    AnswerRows rows(columns.names, columns.types);
    if (call.signature->returns_set) {
        auto run = call.library->open(*call.signature, std::move(inputs), environment());
        for (bool more = run.ok(); more;) {
            Value row;
            auto next = (*run)->next(row);
            if (!next.ok()) {
                return fold_place(next.error());
            }
            more = *next;
            if (more) {
                rows.add(columns.row(row));
            }
        }
        if (!run.ok()) {
            return fold_place(run.error());
        }
    } else {
        auto result = call.library->caller(call.signature, missing, environment())->call(inputs);
        if (!result.ok()) {
            return fold_place(result.error());
        }
        if (!columns.bridges.empty()) {
            rows.add(columns.row(*result));
        }
    }
    return columns.bridges.empty() ? Answer() : std::move(rows).finish(context_);
}

// Each test runs in a part of the transaction that is undone.
Result<CodeStatements::Answer> CodeStatements::run_tests(std::string_view text, const OwnStatement& statement) {
    const auto target = statement.field("target");
    const auto pattern = statement.field("pattern");
    KODIAK_TRY_ASSIGN(const Place where, place({""}));
    const auto library = session_.library(context_);
    AnswerRows rows({"test", "ok", "path", "ms", "message"},
                    {duckdb::LogicalType::VARCHAR, duckdb::LogicalType::BOOLEAN, duckdb::LogicalType::VARCHAR,
                     duckdb::LogicalType::DOUBLE, duckdb::LogicalType::VARCHAR});
    for (const ObjectPtr& test : where.transaction->catalog()->list(ObjectKind::kTest)) {
        const std::string& source = std::get<catalog::SqlDefinition>(test->definition).create_sql;
        KODIAK_TRY_ASSIGN(const language::CodeHead head, language::read_code_head(source));
        if (target) {
            const std::string wanted = name_parts(target->in(text)).back();
            const bool fits = language::same_name(test->name, wanted) ||
                              (!head.test_for.empty() && language::same_name(head.test_for.back(), wanted));
            if (!fits) {
                continue;
            }
        }
        if (pattern) {
            const std::string sql =
                "SELECT " + language::quote_string(test->name) + " LIKE " + std::string(pattern->in(text));
            const auto meter = std::make_shared<language::MemoryMeter>(INT64_MAX);
            KODIAK_TRY_ASSIGN(const auto answer, executor_.run(sql, {}, {}, meter));
            std::vector<Value> row;
            KODIAK_TRY(answer->next(row));
            if (!row[0].is_true()) {
                continue;
            }
        }
        const TestOutcome outcome = run_test(*library, source);
        rows.add({duckdb::Value(test->name), duckdb::Value::BOOLEAN(!outcome.problem), duckdb::Value("interpret"),
                  duckdb::Value::DOUBLE(outcome.milliseconds),
                  outcome.problem ? duckdb::Value(*outcome.problem) : duckdb::Value(duckdb::LogicalType::VARCHAR)});
    }
    return std::move(rows).finish(context_);
}

CodeStatements::TestOutcome CodeStatements::run_test(language::CodeLibrary& library, const std::string& source) {
    TestOutcome outcome;
    const auto begun = std::chrono::steady_clock::now();
    const SessionState::Marks start = transactions_.mark();
    language::DiagnosticList diagnostics;
    const auto signature = library.define(source, &executor_, diagnostics);
    if (signature == nullptr) {
        outcome.problem = joined_error(diagnostics, source).message;
    } else {
        const auto result = library.call(*signature, {}, environment());
        if (!result.ok()) {
            const Error& error = result.error();
            outcome.problem = error.message + (error.call_stack.empty() ? "" : " (" + error.call_stack + ")");
        }
        library.drop(*signature);
    }
    transactions_.undo_to(start);
    transactions_.release(start);
    const std::chrono::duration<double, std::milli> spent = std::chrono::steady_clock::now() - begun;
    outcome.milliseconds = std::round(spent.count() * 1000) / 1000;
    return outcome;
}

}  // namespace kodiak::engine
