#include "engine/functions/transaction_functions.hpp"

#include "duckdb/catalog/catalog.hpp"
#include "duckdb/execution/expression_executor_state.hpp"
#include "duckdb/parser/parsed_data/create_scalar_function_info.hpp"
#include "duckdb/transaction/meta_transaction.hpp"

#include "engine/functions/system_functions.hpp"

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
    add_system_function(context, function, duckdb::OnCreateConflict::REPLACE_ON_CONFLICT);
}

}  // namespace kodiak::engine
