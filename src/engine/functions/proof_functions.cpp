#include "engine/functions/proof_functions.hpp"

#include "duckdb/common/vector_operations/generic_executor.hpp"
#include "duckdb/execution/expression_executor_state.hpp"
#include "duckdb/function/scalar_function.hpp"
#include "duckdb/parser/parsed_data/create_scalar_function_info.hpp"

#include "engine/catalog/past_point.hpp"
#include "engine/catalog/table_entry.hpp"
#include "engine/errors/errors.hpp"
#include "engine/functions/change_function.hpp"
#include "engine/functions/named_table.hpp"
#include "engine/functions/session_database.hpp"
#include "engine/functions/system_functions.hpp"
#include "engine/transaction/session_transaction.hpp"

namespace kodiak::engine {

namespace {

using duckdb::LogicalType;
using duckdb::Value;

std::string prove(timeline::DatabaseCore& core, const timeline::ProofRequest& request) {
    return value_or_throw(core.history().prove(request)).encode();
}

std::string prove_commit(duckdb::ClientContext& context, duckdb::DataChunk& arguments, size_t row) {
    KodiakCatalog& catalog = session_database(context);
    const duckdb::BoundAtClause point("version", arguments.GetValue(0, row));
    timeline::ProofRequest request;
    request.commits = {resolve_past(point, catalog.core(), transaction_of(context, catalog)).upto};
    return prove(catalog.core(), request);
}

std::string prove_row(duckdb::ClientContext& context, duckdb::DataChunk& arguments, size_t row) {
    KodiakTableEntry& table = named_table(context, duckdb::StringValue::Get(arguments.GetValue(0, row)));
    const Locator version(static_cast<uint64_t>(arguments.GetValue(1, row).GetValue<int64_t>()));
    auto& core = table.core();
    timeline::ProofRequest request;
    request.rows = {value_or_throw(core.history().change_of(table.definition()->id, version))};
    return prove(core, request);
}

std::string prove_growth(duckdb::ClientContext& context, duckdb::DataChunk& arguments, size_t row) {
    timeline::ProofRequest request;
    request.grown_from = arguments.GetValue(0, row).GetValue<uint64_t>();
    request.under = arguments.GetValue(1, row).GetValue<uint64_t>();
    return prove(session_database(context).core(), request);
}

// (table, since, until); until NULL: what the transaction sees.
std::string prove_changes(duckdb::ClientContext& context, duckdb::DataChunk& arguments, size_t row) {
    KodiakTableEntry& table = named_table(context, duckdb::StringValue::Get(arguments.GetValue(0, row)));
    const storage::Transaction& transaction = transaction_of(context, table.ParentCatalog());
    timeline::ProofRequest request;
    request.changes = timeline::ChangeRange{
        table.definition()->id, resolve_start(arguments.GetValue(1, row), table.core(), transaction).after,
        resolve_value(arguments.GetValue(2, row), table.core(), transaction)};
    return prove(table.core(), request);
}

using Prover = std::string (*)(duckdb::ClientContext&, duckdb::DataChunk&, size_t);

template <Prover kProve>
void run(duckdb::DataChunk& arguments, duckdb::ExpressionState& state, duckdb::Vector& result) {
    result.SetVectorType(duckdb::VectorType::FLAT_VECTOR);
    for (size_t row = 0; row < arguments.size(); ++row) {
        bool has_null = false;
        for (size_t column = 0; column < arguments.ColumnCount(); ++column) {
            has_null |= arguments.GetValue(column, row).IsNull();
        }
        result.SetValue(row, has_null ? Value() : Value(kProve(state.GetContext(), arguments, row)));
    }
}

template <Prover kProve>
void add(duckdb::ClientContext& context, const char* name, duckdb::vector<LogicalType> types) {
    duckdb::ScalarFunction function(name, std::move(types), LogicalType::VARCHAR, run<kProve>);
    function.SetVolatile();
    function.SetNullHandling(duckdb::FunctionNullHandling::SPECIAL_HANDLING);
    add_system_function(context, function);
}

}  // namespace

void register_proof_functions(duckdb::ClientContext& context) {
    add<prove_commit>(context, "kodiak_commit_proof", {LogicalType::VARCHAR});
    add<prove_row>(context, "kodiak_row_proof", {LogicalType::VARCHAR, LogicalType::BIGINT});
    add<prove_changes>(context, "kodiak_changes_proof", {LogicalType::VARCHAR, LogicalType::ANY, LogicalType::ANY});
    add<prove_growth>(context, "kodiak_growth_proof", {LogicalType::UBIGINT, LogicalType::UBIGINT});
}

}  // namespace kodiak::engine
