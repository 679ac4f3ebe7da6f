#include "engine/write/plan_write.hpp"

#include <algorithm>

#include "duckdb/execution/operator/persistent/physical_merge_into.hpp"
#include "duckdb/execution/operator/projection/physical_projection.hpp"
#include "duckdb/execution/operator/scan/physical_expression_scan.hpp"
#include "duckdb/execution/operator/scan/physical_table_scan.hpp"
#include "duckdb/parallel/task_scheduler.hpp"
#include "duckdb/planner/expression/bound_cast_expression.hpp"
#include "duckdb/planner/expression/bound_function_expression.hpp"
#include "duckdb/planner/expression/bound_reference_expression.hpp"
#include "duckdb/planner/operator/logical_get.hpp"
#include "duckdb/planner/operator/logical_projection.hpp"

#include "engine/catalog/noted_definitions.hpp"
#include "engine/catalog/table_entry.hpp"
#include "engine/code/triggers.hpp"
#include "engine/errors/errors.hpp"
#include "engine/transaction/session_transaction.hpp"
#include "engine/write/delete.hpp"
#include "engine/write/insert.hpp"
#include "engine/write/update.hpp"

namespace kodiak::engine {

namespace {

KodiakTableEntry& kodiak_table(duckdb::TableCatalogEntry& table) { return table.Cast<KodiakTableEntry>(); }

InsertOperator::Order insert_order(duckdb::ClientContext& context, duckdb::PhysicalOperator& plan, bool returns_rows) {
    using duckdb::PhysicalPlanGenerator;
    if (returns_rows || duckdb::TaskScheduler::GetScheduler(context).NumberOfThreads() == 1) {
        return InsertOperator::Order::kOneThread;
    }
    if (!PhysicalPlanGenerator::PreserveInsertionOrder(context, plan)) {
        return InsertOperator::Order::kAny;
    }
    return PhysicalPlanGenerator::UseBatchIndex(context, plan) ? InsertOperator::Order::kBatches
                                                               : InsertOperator::Order::kOneThread;
}

BoundConstraints copy_of(const BoundConstraints& constraints) {
    BoundConstraints result;
    for (const auto& constraint : constraints) {
        result.push_back(constraint->Copy());
    }
    return result;
}

bool draws_value(const duckdb::Expression& expression) {
    if (expression.GetExpressionClass() == duckdb::ExpressionClass::BOUND_CAST) {
        return draws_value(*expression.Cast<duckdb::BoundCastExpression>().child);
    }
    return expression.GetExpressionClass() == duckdb::ExpressionClass::BOUND_FUNCTION &&
           expression.Cast<duckdb::BoundFunctionExpression>().function.name == "nextval";
}

// True when the source gives column `column` nothing but the words DEFAULT, which DuckDB has replaced by the default.
bool gives_default(const duckdb::PhysicalOperator& source, duckdb::idx_t column) {
    if (source.type == duckdb::PhysicalOperatorType::PROJECTION) {
        const duckdb::Expression* expression = source.Cast<duckdb::PhysicalProjection>().select_list[column].get();
        while (expression->GetExpressionClass() == duckdb::ExpressionClass::BOUND_CAST) {
            expression = expression->Cast<duckdb::BoundCastExpression>().child.get();
        }
        if (expression->GetExpressionClass() == duckdb::ExpressionClass::BOUND_REF) {
            return gives_default(source.children[0].get(), expression->Cast<duckdb::BoundReferenceExpression>().index);
        }
        return draws_value(*expression);
    }
    if (source.type == duckdb::PhysicalOperatorType::EXPRESSION_SCAN) {
        const auto& rows = source.Cast<duckdb::PhysicalExpressionScan>().expressions;
        return std::ranges::all_of(rows, [&](const auto& row) { return draws_value(*row[column]); });
    }
    return false;
}

[[noreturn]] void refuse_value(const KodiakTableEntry& table, ColumnId column) {
    throw_error(make_error(ErrorCode::kGeneratedAlways, "cannot write a value into column \"" +
                                                            table.table().find_column(column)->name +
                                                            "\": it is GENERATED ALWAYS AS IDENTITY")
                    .with_hint("Leave the column out, or write INSERT ... OVERRIDING SYSTEM VALUE ..."));
}

// `source_of`: which column of the source a column takes its value from, INVALID_INDEX = none.
template <class SourceOf, class GivesDefault>
void refuse_identity_values(duckdb::ClientContext& context, const KodiakTableEntry& table, SourceOf&& source_of,
                            GivesDefault&& is_default) {
    if (notes_of(context).overriding_system_value) {
        return;
    }
    for (const auto& column : table.GetColumns().Physical()) {
        const ColumnId id = table.column_id(column.Physical());
        if (!is_generated_always(*table.definition(), id)) {
            continue;
        }
        const duckdb::idx_t source = source_of(column.Physical());
        if (source != duckdb::DConstants::INVALID_INDEX && !is_default(source)) {
            refuse_value(table, id);
        }
    }
}

void refuse_identity_updates(const KodiakTableEntry& table, const UpdateOperator::Assignments& assignments) {
    for (size_t i = 0; i < assignments.columns.size(); ++i) {
        const duckdb::Expression& value = *assignments.expressions[i];
        const ColumnId id = table.column_id(assignments.columns[i]);
        if (value.GetExpressionType() != duckdb::ExpressionType::VALUE_DEFAULT &&
            value.GetAlias() != kUnchangedColumn && is_generated_always(*table.definition(), id)) {
            throw_error(make_error(ErrorCode::kGeneratedAlways,
                                   "column \"" + table.table().find_column(id)->name +
                                       "\" can only be updated to DEFAULT")
                            .with_detail("It is GENERATED ALWAYS AS IDENTITY."));
        }
    }
}

// The names of the columns that an UPDATE sets.
std::vector<std::string> updated_columns(const KodiakTableEntry& table,
                                         const UpdateOperator::Assignments& assignments) {
    std::vector<std::string> names;
    for (size_t i = 0; i < assignments.columns.size(); ++i) {
        if (assignments.expressions[i]->GetAlias() != kUnchangedColumn) {
            names.push_back(table.GetColumns().GetColumn(assignments.columns[i]).Name());
        }
    }
    return names;
}

// True when the plan reads the whole table and nothing else.
bool reads_whole_table(const duckdb::PhysicalOperator& plan) {
    if (plan.type != duckdb::PhysicalOperatorType::TABLE_SCAN) {
        return false;
    }
    const auto& scan = plan.Cast<duckdb::PhysicalTableScan>();
    const bool filtered = (scan.table_filters && !scan.table_filters->filters.empty()) || scan.dynamic_filters ||
                          scan.extra_info.sample_options;
    return !filtered;
}

void give_triggers(UpdateOperator& update, const std::shared_ptr<TriggerPlan>& triggers) {
    update.triggers = triggers;
    if (triggers != nullptr && triggers->fires(TriggerEvent::kUpdate, TriggerSpec::Timing::kBefore, true)) {
        update.compare_keys();
    }
}

}  // namespace

duckdb::PhysicalOperator& plan_insert(duckdb::ClientContext& context, duckdb::PhysicalPlanGenerator& planner,
                                      duckdb::LogicalInsert& op, duckdb::optional_ptr<duckdb::PhysicalOperator> plan) {
    const auto triggers = TriggerPlan::make(context, kodiak_table(op.table), {TriggerEvent::kInsert}, {});
    const InsertOperator::Order order =
        triggers != nullptr ? InsertOperator::Order::kOneThread : insert_order(context, *plan, op.return_chunk);
    refuse_identity_values(
        context, kodiak_table(op.table),
        [&](duckdb::PhysicalIndex index) {
            return op.column_index_map.empty() ? index.index : op.column_index_map[index];
        },
        [&](duckdb::idx_t source) { return gives_default(*plan, source); });
    if (!op.column_index_map.empty()) {
        plan = planner.ResolveDefaultsProjection(op, *plan);
    }
    auto& insert = planner.Make<InsertOperator>(op.types, op.estimated_cardinality, &kodiak_table(op.table),
                                                std::move(op.bound_constraints), op.return_chunk, order);
    static_cast<InsertOperator&>(insert).triggers = triggers;
    insert.children.push_back(*plan);
    return insert;
}

duckdb::PhysicalOperator& plan_create_table_as(duckdb::ClientContext& context, duckdb::PhysicalPlanGenerator& planner,
                                               duckdb::LogicalCreateTable& op, duckdb::PhysicalOperator& plan) {
    const InsertOperator::Order order = insert_order(context, plan, false);
    auto& made = planner.Make<InsertOperator>(
        op.types, op.estimated_cardinality, static_cast<KodiakTableEntry*>(nullptr), BoundConstraints(), false, order);
    auto& insert = static_cast<InsertOperator&>(made);
    insert.schema = &op.schema;
    insert.create = std::move(op.info);
    insert.children.push_back(plan);
    return insert;
}

duckdb::PhysicalOperator& plan_delete(duckdb::ClientContext& context, duckdb::PhysicalPlanGenerator& planner,
                                      duckdb::LogicalDelete& op, duckdb::PhysicalOperator& plan) {
    const auto triggers = TriggerPlan::make(context, kodiak_table(op.table), {TriggerEvent::kDelete}, {});
    if (!op.return_chunk && triggers == nullptr && reads_whole_table(plan)) {
        return planner.Make<TruncateOperator>(op.types, kodiak_table(op.table));
    }
    const auto row_id = op.expressions[0]->Cast<duckdb::BoundReferenceExpression>().index;
    auto& erase = planner.Make<DeleteOperator>(op.types, op.estimated_cardinality, &kodiak_table(op.table), row_id,
                                               op.return_chunk);
    static_cast<DeleteOperator&>(erase).triggers = triggers;
    erase.children.push_back(plan);
    return erase;
}

duckdb::PhysicalOperator& plan_update(duckdb::ClientContext& context, duckdb::PhysicalPlanGenerator& planner,
                                      duckdb::LogicalUpdate& op, duckdb::PhysicalOperator& plan) {
    UpdateOperator::Assignments assignments{std::move(op.columns), std::move(op.expressions),
                                            std::move(op.bound_defaults)};
    refuse_identity_updates(kodiak_table(op.table), assignments);
    const auto triggers = TriggerPlan::make(context, kodiak_table(op.table), {TriggerEvent::kUpdate},
                                            updated_columns(kodiak_table(op.table), assignments));
    auto& update =
        planner.Make<UpdateOperator>(op.types, op.estimated_cardinality, &kodiak_table(op.table),
                                     std::move(op.bound_constraints), std::move(assignments), op.return_chunk);
    give_triggers(static_cast<UpdateOperator&>(update), triggers);
    update.children.push_back(plan);
    return update;
}

namespace {

// One action of a MERGE as an operator, or as an error or nothing.
class MergePlanner {
   public:
    MergePlanner(duckdb::ClientContext& context, duckdb::PhysicalPlanGenerator& planner, duckdb::LogicalMergeInto& op)
        : context_(context), planner_(planner), op_(op) {
        types_ = op.types;
        if (op.return_chunk) {
            types_.pop_back();  // merge_action, which PhysicalMergeInto adds
        }
    }

    duckdb::unique_ptr<duckdb::MergeIntoOperator> plan(duckdb::BoundMergeIntoAction& action) {
        auto result = duckdb::make_uniq<duckdb::MergeIntoOperator>();
        result->action_type = action.action_type;
        result->condition = std::move(action.condition);
        switch (action.action_type) {
            case duckdb::MergeActionType::MERGE_UPDATE:
                result->op = remember(plan_update(action));
                break;
            case duckdb::MergeActionType::MERGE_DELETE:
                events_.push_back(TriggerEvent::kDelete);
                result->op = remember(static_cast<WriteOperator&>(planner_.Make<DeleteOperator>(
                    types_, op_.estimated_cardinality, &table(), op_.row_id_start, op_.return_chunk)));
                break;
            case duckdb::MergeActionType::MERGE_INSERT:
                events_.push_back(TriggerEvent::kInsert);
                result->op = remember(static_cast<WriteOperator&>(planner_.Make<InsertOperator>(
                    types_, op_.estimated_cardinality, &table(), copy_of(op_.bound_constraints), op_.return_chunk,
                    InsertOperator::Order::kOneThread)));
                result->expressions = insert_expressions(action);
                break;
            case duckdb::MergeActionType::MERGE_ERROR:
                result->expressions = std::move(action.expressions);
                break;
            default:
                break;
        }
        return result;
    }

    // The triggers of all actions together, in one run.
    void add_triggers() {
        const auto triggers = TriggerPlan::make(context_, table(), events_, updated_);
        if (triggers == nullptr) {
            return;
        }
        triggers->in_place = true;
        for (WriteOperator* operation : operators_) {
            if (auto* update = dynamic_cast<UpdateOperator*>(operation)) {
                give_triggers(*update, triggers);
            } else {
                operation->triggers = triggers;
            }
        }
    }

    // Leaves the end of the statement to the operator that is finalised last.
    void mark_last() {
        for (WriteOperator* operation : operators_) {
            operation->finishes_statement = operation == operators_.back();
        }
    }

   private:
    KodiakTableEntry& table() { return kodiak_table(op_.table); }

    duckdb::PhysicalOperator& remember(WriteOperator& operation) {
        operators_.push_back(&operation);
        return operation;
    }

    WriteOperator& plan_update(duckdb::BoundMergeIntoAction& action) {
        UpdateOperator::Assignments assignments;
        assignments.columns = std::move(action.columns);
        assignments.expressions = std::move(action.expressions);
        for (const auto& value : op_.bound_defaults) {
            assignments.defaults.push_back(value->Copy());
        }
        refuse_identity_updates(table(), assignments);
        events_.push_back(TriggerEvent::kUpdate);
        for (const std::string& name : updated_columns(table(), assignments)) {
            updated_.push_back(name);
        }
        return static_cast<WriteOperator&>(planner_.Make<UpdateOperator>(types_, op_.estimated_cardinality, &table(),
                                                                         copy_of(op_.bound_constraints),
                                                                         std::move(assignments), op_.return_chunk));
    }

    // One expression per column, defaults included.
    duckdb::vector<duckdb::unique_ptr<duckdb::Expression>> insert_expressions(duckdb::BoundMergeIntoAction& action) {
        refuse_identity_values(
            context_, table(),
            [&](duckdb::PhysicalIndex index) {
                return action.column_index_map.empty() ? index.index : action.column_index_map[index];
            },
            [&](duckdb::idx_t source) { return draws_value(*action.expressions[source]); });
        if (action.column_index_map.empty()) {
            return std::move(action.expressions);
        }
        duckdb::vector<duckdb::unique_ptr<duckdb::Expression>> result;
        for (const auto& column : table().GetColumns().Physical()) {
            const duckdb::idx_t from = action.column_index_map[column.Physical()];
            result.push_back(from == duckdb::DConstants::INVALID_INDEX ? op_.bound_defaults[column.StorageOid()]->Copy()
                                                                       : std::move(action.expressions[from]));
        }
        return result;
    }

    duckdb::ClientContext& context_;
    duckdb::PhysicalPlanGenerator& planner_;
    duckdb::LogicalMergeInto& op_;
    duckdb::vector<duckdb::LogicalType> types_;
    std::vector<WriteOperator*> operators_;  // in the order of planning, which is that of the conditions
    std::vector<TriggerEvent> events_;
    std::vector<std::string> updated_;
};

}  // namespace

duckdb::PhysicalOperator& plan_merge_into(duckdb::ClientContext& context, duckdb::PhysicalPlanGenerator& planner,
                                          duckdb::LogicalMergeInto& op, duckdb::PhysicalOperator& plan) {
    MergePlanner merge(context, planner, op);
    duckdb::map<duckdb::MergeActionCondition, duckdb::vector<duckdb::unique_ptr<duckdb::MergeIntoOperator>>> actions;
    for (auto& [condition, bound] : op.actions) {
        auto& planned = actions[condition];
        for (auto& action : bound) {
            planned.push_back(merge.plan(*action));
        }
    }
    merge.mark_last();
    merge.add_triggers();
    auto& result = planner.Make<duckdb::PhysicalMergeInto>(op.types, std::move(actions), op.row_id_start,
                                                           op.source_marker, false, op.return_chunk);
    result.children.push_back(plan);
    return result;
}

void bind_update_columns(KodiakTableEntry& table, duckdb::LogicalGet& get, duckdb::LogicalProjection& projection,
                         duckdb::LogicalUpdate& update) {
    duckdb::physical_index_set_t all;
    for (const auto& column : table.GetColumns().Physical()) {
        all.insert(column.Physical());
    }
    const size_t assigned = update.expressions.size();
    if (update.columns.empty()) {
        // INSERT OR REPLACE into a table that is all key sets nothing, and BindExtraColumns adds nothing to nothing.
        const auto& column = table.GetColumns().GetColumn(*all.begin());
        const duckdb::ColumnBinding projected(projection.table_index, projection.expressions.size());
        projection.expressions.push_back(duckdb::make_uniq<duckdb::BoundColumnRefExpression>(
            column.Type(), duckdb::ColumnBinding(get.table_index, get.GetColumnIds().size())));
        get.AddColumnId(column.Logical().index);
        update.expressions.push_back(
            duckdb::make_uniq<duckdb::BoundColumnRefExpression>(column.Type(), projected));
        update.columns.push_back(column.Physical());
    }
    duckdb::LogicalUpdate::BindExtraColumns(table, get, projection, update, all);
    for (size_t i = assigned; i < update.expressions.size(); ++i) {
        update.expressions[i]->SetAlias(kUnchangedColumn);
    }
    update.update_is_del_and_insert = true;
}

}  // namespace kodiak::engine
