#include "engine/functions/transaction_functions.hpp"

#include "duckdb/catalog/catalog.hpp"
#include "duckdb/execution/expression_executor_state.hpp"
#include "duckdb/parser/parsed_data/create_scalar_function_info.hpp"
#include "duckdb/transaction/meta_transaction.hpp"

namespace kodiak::engine {

namespace {

void current_transaction(duckdb::DataChunk&, duckdb::ExpressionState& state, duckdb::Vector& result) {
    const auto& running = duckdb::MetaTransaction::Get(state.GetContext());
    result.Reference(duckdb::Value::UBIGINT(running.global_transaction_id));
}

}  // namespace

void register_transaction_functions(duckdb::ClientContext& context) {
    duckdb::ScalarFunction function("txid_current", {}, duckdb::LogicalType::UBIGINT, current_transaction);
    function.SetStability(duckdb::FunctionStability::CONSISTENT_WITHIN_QUERY);
    duckdb::CreateScalarFunctionInfo info(function);
    info.internal = true;
    info.on_conflict = duckdb::OnCreateConflict::REPLACE_ON_CONFLICT;
    auto& system = duckdb::Catalog::GetSystemCatalog(context);
    system.CreateFunction(duckdb::CatalogTransaction::GetSystemTransaction(*context.db), info);
}

}  // namespace kodiak::engine
