#include "engine/functions/sequence_functions.hpp"

#include "duckdb/catalog/catalog.hpp"
#include "duckdb/execution/expression_executor.hpp"
#include "duckdb/execution/expression_executor_state.hpp"
#include "duckdb/function/scalar/sequence_functions.hpp"
#include "duckdb/function/scalar/sequence_utils.hpp"
#include "duckdb/parser/parsed_data/create_scalar_function_info.hpp"
#include "duckdb/planner/expression/bound_function_expression.hpp"

#include "engine/catalog/kodiak_catalog.hpp"
#include "engine/catalog/simple_entries.hpp"
#include "engine/errors/errors.hpp"
#include "engine/functions/system_functions.hpp"
#include "engine/transaction/session_transaction.hpp"
#include "engine/transaction/kodiak_transaction.hpp"

namespace kodiak::engine {

namespace {

using duckdb::ScalarFunction;

bool is_kodiak(const duckdb::SequenceCatalogEntry& sequence) {
    return dynamic_cast<const KodiakSequenceEntry*>(&sequence) != nullptr;
}

class SequenceState : public duckdb::FunctionLocalState {
   public:
    SequenceState(KodiakTransaction& running, duckdb::shared_ptr<SessionState> own_session,
                  timeline::DatabaseCore& own_core, ObjectId sequence_id)
        : transaction(running), session(std::move(own_session)), core(own_core), sequence(sequence_id) {}
    KodiakTransaction& transaction;
    duckdb::shared_ptr<SessionState> session;  // nullptr in a context without one
    timeline::DatabaseCore& core;
    ObjectId sequence;
};

// DuckDB's own function, for sequences that are not ours.
template <bool kNext>
const ScalarFunction& original() {
    static const ScalarFunction function =
        kNext ? duckdb::NextvalFun::GetFunction() : duckdb::CurrvalFun::GetFunction();
    return function;
}

template <bool kNext>
duckdb::unique_ptr<duckdb::FunctionLocalState> begin(duckdb::ExpressionState& state,
                                                     const duckdb::BoundFunctionExpression& expression,
                                                     duckdb::FunctionData* bind_data) {
    if (bind_data == nullptr) {
        return nullptr;
    }
    auto& sequence = bind_data->Cast<duckdb::NextvalBindData>().sequence;
    if (!is_kodiak(sequence)) {
        return original<kNext>().GetInitStateCallback()(state, expression, bind_data);
    }
    auto& transaction = duckdb::Transaction::Get(state.GetContext(), sequence.catalog).Cast<KodiakTransaction>();
    return duckdb::make_uniq<SequenceState>(transaction, SessionState::of(state.GetContext()),
                                            static_cast<KodiakCatalog&>(sequence.catalog).core(),
                                            static_cast<KodiakSequenceEntry&>(sequence).id());
}

int64_t next_of(SequenceState& local) {
    const int64_t value = value_or_throw(local.transaction.storage().next_value(local.sequence));
    if (local.session) {
        local.session->note_value(local.core, local.sequence, value);
    }
    return value;
}

int64_t current_of(SequenceState& local) {
    if (local.session) {
        if (const auto value = local.session->last_value(local.core, local.sequence)) {
            return *value;
        }
    }
    return value_or_throw(local.transaction.storage().current_value(local.sequence));
}

template <bool kNext>
void draw(duckdb::DataChunk& arguments, duckdb::ExpressionState& state, duckdb::Vector& result) {
    const auto& expression = state.expr.Cast<duckdb::BoundFunctionExpression>();
    if (!expression.bind_info || !is_kodiak(expression.bind_info->Cast<duckdb::NextvalBindData>().sequence)) {
        original<kNext>().function(arguments, state, result);
        return;
    }
    auto& local = static_cast<SequenceState&>(*duckdb::ExecuteFunctionState::GetFunctionState(state));
    result.SetVectorType(duckdb::VectorType::FLAT_VECTOR);
    auto* values = duckdb::FlatVector::GetData<int64_t>(result);
    const std::lock_guard lock(local.transaction.mutex());
    for (duckdb::idx_t i = 0; i < arguments.size(); ++i) {
        values[i] = kNext ? next_of(local) : current_of(local);
    }
}

// Values of Kodiak sequences belong to no transaction, so drawing one does not write to the database.
void modified(duckdb::ClientContext& context, duckdb::FunctionModifiedDatabasesInput& input) {
    if (input.bind_data && !is_kodiak(input.bind_data->Cast<duckdb::NextvalBindData>().sequence)) {
        original<true>().GetModifiedDatabasesCallback()(context, input);
    }
}

template <bool kNext>
void replace(duckdb::ClientContext& context) {
    ScalarFunction function = original<kNext>();
    function.function = draw<kNext>;
    function.SetInitStateCallback(begin<kNext>);
    if (kNext) {
        function.SetModifiedDatabasesCallback(modified);
    }
    add_system_function(context, function, duckdb::OnCreateConflict::REPLACE_ON_CONFLICT);
}

}  // namespace

void register_sequence_functions(duckdb::ClientContext& context) {
    replace<true>(context);
    replace<false>(context);
}

}  // namespace kodiak::engine
