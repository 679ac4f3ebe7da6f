#include "engine/write/row_checks.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "duckdb/common/vector_operations/vector_operations.hpp"
#include "duckdb/planner/binder.hpp"
#include "duckdb/planner/constraints/bound_check_constraint.hpp"
#include "duckdb/planner/expression_binder/check_binder.hpp"

#include "engine/catalog/table_entry.hpp"
#include "engine/errors/errors.hpp"

namespace kodiak::engine {

RowChecks::RowChecks(duckdb::ClientContext& context, const KodiakTableEntry& table,
                     const duckdb::vector<duckdb::unique_ptr<duckdb::BoundConstraint>>& constraints)
    : table_(table) {
    const catalog::KeyConstraint* primary = table.table().primary_key();
    for (const auto& column : table.GetColumns().Physical()) {
        const ColumnId id = table.column_id(column.Physical());
        const bool in_primary = primary != nullptr && std::find(primary->columns.begin(), primary->columns.end(), id) !=
                                                          primary->columns.end();
        if (in_primary || table.table().find_column(id)->not_null) {
            not_null_.push_back(column.Physical());
        }
    }
    for (const auto& constraint : constraints) {
        if (constraint->type == duckdb::ConstraintType::CHECK) {
            checks_.push_back(std::make_unique<duckdb::ExpressionExecutor>(
                context, *constraint->Cast<duckdb::BoundCheckConstraint>().expression));
        }
    }
    if (table.HasGeneratedColumns()) {
        bind_generated(context);
    }
}

void RowChecks::bind_generated(duckdb::ClientContext& context) {
    const auto binder = duckdb::Binder::CreateBinder(context);
    duckdb::physical_index_set_t used;
    duckdb::CheckBinder values(*binder, context, table_.name, table_.GetColumns(), used);
    for (const auto& column : table_.GetColumns().Logical()) {
        if (!column.Generated()) {
            continue;
        }
        values.target_type = column.Type();
        auto expression = column.GeneratedExpression().Copy();
        auto bound = values.Bind(expression);
        auto executor = std::make_unique<duckdb::ExpressionExecutor>(context, *bound);
        generated_.push_back({column, std::move(bound), std::move(executor)});
    }
}

void RowChecks::check_generated(duckdb::DataChunk& rows) {
    for (Generated& generated : generated_) {
        duckdb::Vector result(generated.value->return_type);
        try {
            generated.executor->ExecuteExpression(rows, result);
        } catch (const std::exception& exception) {
            Error error = from_exception(exception);
            if (error.code != ErrorCode::kInternal) {
                error.message = fmt::format("cannot compute generated column \"{}\": {}", generated.column.Name(),
                                            error.message);
            }
            throw_error(error);
        }
    }
}

void RowChecks::check(duckdb::DataChunk& rows) {
    check_not_null(rows);
    check_generated(rows);
    for (size_t i = 0; i < checks_.size(); ++i) {
        duckdb::Vector result(duckdb::LogicalType::INTEGER);
        checks_[i]->ExecuteExpression(rows, result);
        duckdb::UnifiedVectorFormat format;
        result.ToUnifiedFormat(rows.size(), format);
        const auto* values = duckdb::UnifiedVectorFormat::GetData<int32_t>(format);
        for (duckdb::idx_t row = 0; row < rows.size(); ++row) {
            const duckdb::idx_t at = format.sel->get_index(row);
            if (!format.validity.RowIsValid(at) || values[at] != 0) {
                continue;  // unknown is not false
            }
            const auto& checks = table_.table().checks;
            const std::string text = i < checks.size() ? checks[i].sql : std::string();
            const std::string constraint = i < checks.size() ? checks[i].name : std::string();
            Error error = make_error(ErrorCode::kCheckViolation,
                                     fmt::format("CHECK constraint failed on table {} with expression CHECK({})",
                                                 table_.name, text));
            if (!constraint.empty()) {
                error.detail = fmt::format("The constraint is \"{}\".", constraint);
            }
            throw_error(error);
        }
    }
}

void RowChecks::check_not_null(duckdb::DataChunk& rows) const {
    for (const duckdb::PhysicalIndex index : not_null_) {
        if (duckdb::VectorOperations::HasNull(rows.data[index.index], rows.size())) {
            throw_error(make_error(ErrorCode::kNotNullViolation,
                                   fmt::format("NOT NULL constraint failed: {}.{}", table_.name,
                                               table_.GetColumns().GetColumn(index).Name())));
        }
    }
}

}  // namespace kodiak::engine
