#include "engine/code/code_functions.hpp"

#include <algorithm>

#include "duckdb/catalog/catalog_entry/scalar_function_catalog_entry.hpp"
#include "duckdb/catalog/catalog_entry/table_function_catalog_entry.hpp"
#include "duckdb/execution/expression_executor_state.hpp"
#include "duckdb/parser/parsed_data/create_scalar_function_info.hpp"
#include "duckdb/parser/parsed_data/create_table_function_info.hpp"
#include "duckdb/planner/expression/bound_cast_expression.hpp"
#include "duckdb/planner/expression/bound_columnref_expression.hpp"
#include "duckdb/planner/expression/bound_constant_expression.hpp"
#include "duckdb/planner/expression/bound_function_expression.hpp"

#include "engine/code/code_call.hpp"
#include "engine/code/compiled_calls.hpp"
#include "engine/errors/errors.hpp"
#include "engine/types/types.hpp"
#include "language/lexer/words.hpp"

namespace kodiak::engine {

using language::Value;

namespace {

using Children = duckdb::vector<duckdb::unique_ptr<duckdb::Expression>>;

struct RoutineInfo : public duckdb::ScalarFunctionInfo {
    RoutineInfo(std::string schema_name, std::string routine_name)
        : schema(std::move(schema_name)), name(std::move(routine_name)) {}
    std::string schema;
    std::string name;
};

struct TableRoutineInfo : public duckdb::TableFunctionInfo {
    TableRoutineInfo(std::string schema_name, std::string routine_name)
        : schema(std::move(schema_name)), name(std::move(routine_name)) {}
    std::string schema;
    std::string name;
};

struct CallData : public duckdb::FunctionData {
    explicit CallData(std::shared_ptr<const CodeCall> one) : call(std::move(one)) {}
    duckdb::unique_ptr<duckdb::FunctionData> Copy() const override { return duckdb::make_uniq<CallData>(call); }
    bool Equals(const duckdb::FunctionData& other) const override {
        const CodeCall& theirs = *other.Cast<CallData>().call;
        return call->signature == theirs.signature && call->missing == theirs.missing && call->inputs == theirs.inputs;
    }
    std::shared_ptr<const CodeCall> call;
};

struct CallState : public duckdb::FunctionLocalState {
    CallState(duckdb::ClientContext& context, const CodeCall& call)
        : run(context, call),
          result(result_type(*call.signature)),
          compiled(call, run, CodeContext::of(context).session()->jit()) {}
    static catalog::Type result_type(const language::Signature& signature) {
        return signature.result.form == language::TypeForm::kValue ? signature.result.type : catalog::Type();
    }
    CodeCallRun run;
    ValueBridge result;
    CompiledCalls compiled;
    std::vector<Value> arguments;
    std::vector<duckdb::UnifiedVectorFormat> formats;
};

// A bound column's alias is its own name, so it counts as the name of an argument only where the text names arguments.
language::GivenArgument given_of(const duckdb::Expression& expression, bool may_be_named) {
    language::GivenArgument given;
    given.type = to_code_type(expression.return_type);
    const bool constant = expression.GetExpressionClass() == duckdb::ExpressionClass::BOUND_CONSTANT;
    given.text_literal = constant && expression.return_type.id() == duckdb::LogicalTypeId::VARCHAR;
    given.type.literal = constant && expression.return_type.IsNumeric();
    if (expression.GetExpressionClass() != duckdb::ExpressionClass::BOUND_COLUMN_REF || may_be_named) {
        given.name = expression.GetAlias();
    }
    return given;
}

// The names that arguments of a routine may bear.
std::vector<std::string> input_names(duckdb::ClientContext& context, const RoutineInfo& routine) {
    CodeContext& code = CodeContext::of(context);
    const auto transactions = SessionState::of(context);
    NestedLane lane(context);
    CodeExecutor executor(lane, *code.session(), *transactions);
    std::vector<std::string> names;
    const auto library = code.session()->library(context);
    for (const auto& one : library->find({{routine.schema, {}}, {routine.name, {}}}, &executor)) {
        for (const auto* input : inputs_of(*one)) {
            names.push_back(input->name);
        }
    }
    return names;
}

// Other expressions have aliases, too (functions bear their names), so only those that inputs bear are names.
std::vector<language::GivenArgument> given_arguments(duckdb::ClientContext& context, const Children& arguments,
                                                     const RoutineInfo& routine) {
    const bool may_be_named = CodeContext::of(context).session()->names_arguments;
    const bool any_alias = std::ranges::any_of(arguments, [](const auto& one) { return !one->GetAlias().empty(); });
    const std::vector<std::string> names = any_alias ? input_names(context, routine) : std::vector<std::string>();
    std::vector<language::GivenArgument> given;
    for (const auto& argument : arguments) {
        given.push_back(given_of(*argument, may_be_named));
        std::string& name = given.back().name;
        if (std::ranges::none_of(names, [&](const auto& one) { return language::same_name(one, name); })) {
            name.clear();
        }
    }
    return given;
}

duckdb::unique_ptr<duckdb::FunctionData> bind_call(duckdb::ClientContext& context,
                                                   duckdb::ScalarFunction& bound_function, Children& arguments) {
    const auto& routine = bound_function.function_info->Cast<RoutineInfo>();
    auto call = std::make_shared<CodeCall>(
        match_code_call(context, routine.schema, routine.name, given_arguments(context, arguments, routine)));
    if (call->signature->returns_set) {
        throw_error(make_error(ErrorCode::kUnsupported,
                               "\"" + routine.name + "\" gives a set of rows, not one value")
                        .with_hint("Read it in FROM: SELECT * FROM " + routine.name + "(...)."));
    }
    bound_function.arguments.clear();
    for (size_t i = 0; i < arguments.size(); ++i) {
        const duckdb::LogicalType type = to_logical_type(call->argument_types[i]);
        arguments[i] = duckdb::BoundCastExpression::AddCastToType(context, std::move(arguments[i]), type);
        bound_function.arguments.push_back(type);
    }
    bound_function.varargs = duckdb::LogicalType(duckdb::LogicalTypeId::INVALID);
    bound_function.SetReturnType(to_logical_type(call->signature->result));
    bound_function.SetStability(call->library->is_pure(*call->signature) ? duckdb::FunctionStability::CONSISTENT
                                                                         : duckdb::FunctionStability::VOLATILE);
    return duckdb::make_uniq<CallData>(std::move(call));
}

duckdb::unique_ptr<duckdb::FunctionLocalState> begin_call(duckdb::ExpressionState& state,
                                                          const duckdb::BoundFunctionExpression&,
                                                          duckdb::FunctionData* bind_data) {
    return duckdb::make_uniq<CallState>(state.GetContext(), *bind_data->Cast<CallData>().call);
}

void interpret(CallState& local, duckdb::DataChunk& input, size_t rows, duckdb::Vector& result) {
    const auto& bridges = local.run.bridges();
    const language::Meter meter = local.run.meter();
    for (size_t row = 0; row < rows; ++row) {
        local.arguments.resize(bridges.size());
        for (size_t c = 0; c < bridges.size(); ++c) {
            local.arguments[c] = bridges[c].read(local.formats[c], row, input.data[c], meter);
        }
        local.result.write(local.run.call(local.arguments), result, row);
    }
}

void run_call(duckdb::DataChunk& input, duckdb::ExpressionState& state, duckdb::Vector& result) {
    auto& local = duckdb::ExecuteFunctionState::GetFunctionState(state)->Cast<CallState>();
    const auto& expression = state.expr.Cast<duckdb::BoundFunctionExpression>();
    const bool once =
        input.AllConstant() && expression.function.GetStability() == duckdb::FunctionStability::CONSISTENT;
    const size_t rows = once ? 1 : input.size();
    local.formats.resize(input.ColumnCount());
    for (size_t c = 0; c < input.ColumnCount(); ++c) {
        input.data[c].ToUnifiedFormat(input.size(), local.formats[c]);
    }
    result.SetVectorType(duckdb::VectorType::FLAT_VECTOR);
    if (!local.compiled.run(local.formats, rows, result)) {
        interpret(local, input, rows, result);
    }
    if (once) {
        result.SetVectorType(duckdb::VectorType::CONSTANT_VECTOR);
    }
}

struct TableCallData : public duckdb::TableFunctionData {
    std::shared_ptr<const CodeCall> call;
    duckdb::vector<duckdb::Value> arguments;
    std::vector<catalog::Type> columns;
    bool one_record = false;  // a row is a record, spread over the columns
};

struct TableCallState : public duckdb::GlobalTableFunctionState {
    TableCallState(duckdb::ClientContext& context, const TableCallData& data) : run(context, *data.call) {
        std::vector<Value> arguments;
        for (size_t i = 0; i < data.arguments.size(); ++i) {
            arguments.push_back(run.bridges()[i].from_duckdb(data.arguments[i], run.meter()));
        }
        for (const catalog::Type& type : data.columns) {
            columns.emplace_back(type);
        }
        if (data.call->signature->returns_set) {
            rows = run.open(arguments);
        } else {
            single = run.call(arguments);
        }
    }
    CodeCallRun run;
    std::unique_ptr<language::CodeRun> rows;
    Value single;
    bool done = false;
    std::vector<ValueBridge> columns;
};

duckdb::unique_ptr<duckdb::FunctionData> bind_table_call(duckdb::ClientContext& context,
                                                         duckdb::TableFunctionBindInput& input,
                                                         duckdb::vector<duckdb::LogicalType>& types,
                                                         duckdb::vector<duckdb::string>& names) {
    const auto& routine = input.info->Cast<TableRoutineInfo>();
    auto data = duckdb::make_uniq<TableCallData>();
    std::vector<language::GivenArgument> given;
    const auto add = [&](const std::string& name, const duckdb::Value& value) {
        language::GivenArgument one;
        one.type = to_code_type(value.type());
        one.type.literal = value.type().IsNumeric();
        one.text_literal = value.type().id() == duckdb::LogicalTypeId::VARCHAR;
        one.name = name;
        given.push_back(std::move(one));
        data->arguments.push_back(value);
    };
    for (const duckdb::Value& value : input.inputs) {
        add("", value);
    }
    for (const auto& [name, value] : input.named_parameters) {
        add(name, value);
    }
    auto call = std::make_shared<CodeCall>(match_code_call(context, routine.schema, routine.name, given));
    for (size_t i = 0; i < data->arguments.size(); ++i) {
        data->arguments[i] = data->arguments[i].CastAs(context, to_logical_type(call->argument_types[i]));
    }
    const language::CodeType& result = call->signature->result;
    const bool is_row = result.is(catalog::TypeKind::kStruct);
    if (is_row) {
        data->one_record = true;
        for (const catalog::NamedType& column : result.type.children) {
            data->columns.push_back(column.type);
            names.push_back(column.name);
        }
    } else {
        to_logical_type(result);  // refuses what has no columns
        data->columns.push_back(result.form == language::TypeForm::kValue ? result.type : catalog::Type());
        names.push_back(call->signature->name);
    }
    for (const catalog::Type& column : data->columns) {
        types.push_back(to_logical_type(column));
    }
    data->call = std::move(call);
    return data;
}

duckdb::unique_ptr<duckdb::GlobalTableFunctionState> begin_table_call(duckdb::ClientContext& context,
                                                                      duckdb::TableFunctionInitInput& input) {
    return duckdb::make_uniq<TableCallState>(context, input.bind_data->Cast<TableCallData>());
}

void run_table_call(duckdb::ClientContext&, duckdb::TableFunctionInput& input, duckdb::DataChunk& output) {
    const auto& data = input.bind_data->Cast<TableCallData>();
    auto& state = input.global_state->Cast<TableCallState>();
    size_t rows = 0;
    while (!state.done && rows < STANDARD_VECTOR_SIZE) {
        Value row;
        if (state.rows != nullptr) {
            auto more = state.rows->next(row);
            if (!more.ok()) {
                throw_error(fold_place(more.error()));
            }
            if (!*more) {
                state.done = true;
                break;
            }
        } else {
            row = std::move(state.single);
            state.done = true;
        }
        for (size_t c = 0; c < state.columns.size(); ++c) {
            const bool no_record = data.one_record && row.is_null();
            state.columns[c].write(no_record ? Value() : data.one_record ? row.items()[c] : row, output.data[c], rows);
        }
        ++rows;
    }
    output.SetCardinality(rows);
}

}  // namespace

duckdb::unique_ptr<duckdb::CatalogEntry> make_scalar_routine(duckdb::Catalog& catalog,
                                                             duckdb::SchemaCatalogEntry& schema,
                                                             const catalog::CatalogObject& routine) {
    duckdb::ScalarFunction function(routine.name, {}, duckdb::LogicalType::ANY, run_call, bind_call, nullptr, nullptr,
                                    begin_call, duckdb::LogicalType::ANY, duckdb::FunctionStability::VOLATILE,
                                    duckdb::FunctionNullHandling::SPECIAL_HANDLING);
    function.SetExtraFunctionInfo<RoutineInfo>(schema.name, routine.name);
    function.SetErrorMode(duckdb::FunctionErrors::CAN_THROW_RUNTIME_ERROR);
    duckdb::CreateScalarFunctionInfo info(function);
    info.catalog = catalog.GetName();
    info.schema = schema.name;
    return duckdb::make_uniq<duckdb::ScalarFunctionCatalogEntry>(catalog, schema, info);
}

duckdb::unique_ptr<duckdb::CatalogEntry> make_table_routine(duckdb::Catalog& catalog,
                                                            duckdb::SchemaCatalogEntry& schema,
                                                            const catalog::CatalogObject& routine) {
    duckdb::TableFunction function(routine.name, {}, run_table_call, bind_table_call, begin_table_call);
    function.varargs = duckdb::LogicalType::ANY;
    function.function_info = duckdb::make_shared_ptr<TableRoutineInfo>(schema.name, routine.name);
    for (const std::string& text : std::get<catalog::RoutineDefinition>(routine.definition).overloads) {
        const auto head = language::read_code_head(text);
        for (size_t i = 0; head.ok() && i < head->parameter_names.size(); ++i) {
            function.named_parameters[head->parameter_names[i]] = duckdb::LogicalType::ANY;
        }
    }
    duckdb::CreateTableFunctionInfo info(function);
    info.catalog = catalog.GetName();
    info.schema = schema.name;
    return duckdb::make_uniq<duckdb::TableFunctionCatalogEntry>(catalog, schema, info);
}

}  // namespace kodiak::engine
