#include "engine/catalog/alter_table.hpp"

#include <algorithm>

#include "duckdb/execution/expression_executor.hpp"
#include "duckdb/parser/constraints/check_constraint.hpp"
#include "duckdb/parser/expression/cast_expression.hpp"
#include "duckdb/parser/expression/columnref_expression.hpp"
#include "duckdb/planner/binder.hpp"
#include "duckdb/planner/expression/bound_cast_expression.hpp"
#include "duckdb/planner/expression_binder/alter_binder.hpp"
#include "duckdb/planner/expression_binder/constant_binder.hpp"
#include "duckdb/planner/parsed_data/bound_create_table_info.hpp"

#include "engine/catalog/definitions.hpp"
#include "engine/catalog/kodiak_catalog.hpp"
#include "engine/catalog/noted_definitions.hpp"
#include "engine/catalog/rewrite_rows.hpp"
#include "engine/catalog/schema_entry.hpp"
#include "engine/catalog/table_entry.hpp"
#include "engine/errors/errors.hpp"
#include "engine/transaction/session_transaction.hpp"
#include "engine/types/types.hpp"

namespace kodiak::engine {

namespace {

using catalog::CatalogObject;
using catalog::ColumnDefinition;
using catalog::ObjectKind;
using catalog::ObjectPtr;
using catalog::TableDefinition;

bool same_name(const std::string& left, const std::string& right) {
    return catalog::fold_name(left) == catalog::fold_name(right);
}

// One ALTER TABLE under way.
class TableAlteration {
   public:
    TableAlteration(duckdb::ClientContext& context, KodiakSchemaEntry& schema, const ObjectPtr& table)
        : context_(context),
          schema_(schema),
          transaction_(transaction_of(context, schema.kodiak_catalog())),
          state_(transaction_.catalog()),
          old_(table),
          changed_(*table),
          entry_(schema.kodiak_catalog().entry_of(table, *state_).Cast<KodiakTableEntry>()) {}

    void run(duckdb::AlterTableInfo& info);

   private:
    TableDefinition& table() { return std::get<TableDefinition>(changed_.definition); }
    ColumnDefinition& column(const std::string& name);
    void stored_columns_changed() {
        table().schema_version = SchemaVersion(table().schema_version.value + 1);
    }
    ColumnId new_column_id() {
        const ColumnId id = table().next_column_id;
        table().next_column_id = ColumnId(id.value + 1);
        return id;
    }
    // Binds the changed definition as a CREATE TABLE; returns the bound defaults of the ordinary columns.
    duckdb::vector<duckdb::unique_ptr<duckdb::Expression>> validate();
    void put() {
        validate();
        throw_if_error(transaction_.put_object(std::move(changed_)));
    }

    void rename_column(const duckdb::RenameColumnInfo& info);
    void add_column(duckdb::AddColumnInfo& info);
    void remove_column(const duckdb::RemoveColumnInfo& info);
    void refuse_if_used(ColumnId id, const std::string& name);
    void drop_checks_on(const std::string& name);
    std::vector<ColumnId> generated_from(const std::string& name);
    void set_default(const duckdb::SetDefaultInfo& info);
    void set_not_null(const std::string& name);
    void drop_not_null(const std::string& name);
    void change_type(duckdb::ChangeColumnTypeInfo& info);
    void refuse_type_change(const ColumnDefinition& column);
    void add_constraint_of(const duckdb::AddConstraintInfo& info);
    void check_rows(const duckdb::ParsedExpression& condition);
    void check_reference(const catalog::ForeignKeyConstraint& reference);
    void drop_constraint(const duckdb::RemoveColumnInfo& info);
    void drop_references_to(const catalog::KeyConstraint& key, bool cascade);

    duckdb::ClientContext& context_;
    KodiakSchemaEntry& schema_;
    storage::Transaction& transaction_;
    catalog::CatalogState::Ptr state_;
    ObjectPtr old_;
    CatalogObject changed_;
    KodiakTableEntry& entry_;
};

ColumnDefinition& TableAlteration::column(const std::string& name) {
    for (auto& candidate : table().columns) {
        if (same_name(candidate.name, name)) {
            return candidate;
        }
    }
    throw_error(make_error(ErrorCode::kUndefinedColumn,
                           "table \"" + old_->name + "\" does not have a column with name \"" + name + "\""));
}

duckdb::vector<duckdb::unique_ptr<duckdb::Expression>> TableAlteration::validate() {
    duckdb::vector<duckdb::unique_ptr<duckdb::Expression>> defaults;
    auto info = make_table_info(schema_.catalog.GetName(), schema_.name, changed_, *state_);
    auto binder = duckdb::Binder::CreateBinder(context_);
    const auto bound = binder->BindCreateTableInfo(std::move(info), schema_, defaults);
    changed_.depends_on = resolve_dependencies(bound->Base().dependencies, *state_);
    settle_actions(context_, changed_, *state_, defaults);
    return defaults;
}

void TableAlteration::rename_column(const duckdb::RenameColumnInfo& info) {
    ColumnDefinition& renamed = column(info.old_name);
    for (const auto& other : table().columns) {
        if (other.id != renamed.id && same_name(other.name, info.new_name)) {
            throw_error(make_error(ErrorCode::kDuplicateColumn,
                                   "table \"" + old_->name + "\" already has a column named \"" + info.new_name +
                                       "\""));
        }
    }
    const std::string old_name = renamed.name;
    renamed.name = info.new_name;
    for (auto& other : table().columns) {
        if (other.is_generated()) {
            other.generated_sql = rename_column_in(other.generated_sql, old_name, info.new_name);
        }
    }
    for (auto& check : table().checks) {
        check.sql = rename_column_in(check.sql, old_name, info.new_name);
    }
    put();
}

void TableAlteration::add_column(duckdb::AddColumnInfo& info) {
    const std::string name = info.new_column.Name();
    const bool exists = entry_.ColumnExists(name);
    if (exists && info.if_column_not_exists) {
        return;
    }
    if (exists) {
        throw_error(make_error(ErrorCode::kDuplicateColumn,
                               "table \"" + old_->name + "\" already has a column named \"" + name + "\""));
    }
    auto binder = duckdb::Binder::CreateBinder(context_);
    binder->SetSearchPath(schema_.catalog, schema_.name);
    binder->BindLogicalType(info.new_column.TypeMutable());
    ColumnDefinition added;
    added.id = new_column_id();
    added.name = name;
    added.type = to_catalog_type(info.new_column.Type());
    if (info.new_column.Generated()) {
        added.generated_sql = info.new_column.GeneratedExpression().ToString();
        table().columns.push_back(std::move(added));
        put();
        return;
    }
    if (info.new_column.HasDefaultValue()) {
        added.default_sql = info.new_column.DefaultValue().ToString();
    }
    const ColumnId id = added.id;
    table().columns.push_back(std::move(added));
    stored_columns_changed();
    auto defaults = validate();
    auto expression = duckdb::BoundCastExpression::AddCastToType(context_, std::move(defaults.back()),
                                                                 info.new_column.Type());
    if (expression->IsFoldable()) {
        const auto value = duckdb::ExpressionExecutor::EvaluateScalar(context_, *expression);
        table().columns.back().missing_value = canonical_bytes(context_, value, table().columns.back().type);
        throw_if_error(transaction_.put_object(std::move(changed_)));
        return;
    }
    ComputedColumn computed{id, {}, std::move(expression)};
    rewrite_rows(context_, entry_, std::move(changed_), std::move(computed));
}

std::vector<ColumnId> TableAlteration::generated_from(const std::string& name) {
    std::vector<ColumnId> result;
    std::vector<std::string> names{name};
    for (size_t i = 0; i < names.size(); ++i) {
        for (const auto& candidate : table().columns) {
            if (!candidate.is_generated() || std::ranges::find(result, candidate.id) != result.end()) {
                continue;
            }
            const auto used = columns_of(*parse_expression(candidate.generated_sql));
            if (std::ranges::any_of(used, [&](const auto& one) { return same_name(one, names[i]); })) {
                result.push_back(candidate.id);
                names.push_back(candidate.name);
            }
        }
    }
    return result;
}

// Keys, foreign keys in both directions and indexes hold on to a column.
void TableAlteration::refuse_if_used(ColumnId id, const std::string& name) {
    auto uses = [&](const std::vector<ColumnId>& ids) { return std::ranges::find(ids, id) != ids.end(); };
    auto refuse = [&](const std::string& what) {
        throw_error(make_error(ErrorCode::kDependentObjects,
                               "cannot drop column \"" + name + "\" because " + what + " depends on it"));
    };
    for (const auto& key : table().keys) {
        if (uses(key.columns)) {
            refuse(key.is_primary ? "the PRIMARY KEY" : "a UNIQUE constraint");
        }
    }
    for (const auto& key : table().foreign_keys) {
        if (uses(key.columns) || (key.referenced_table == old_->id && uses(key.referenced))) {
            refuse("a FOREIGN KEY constraint");
        }
    }
    for (const auto& dependent : state_->dependents_of(old_->id)) {
        if (dependent->kind == ObjectKind::kIndex &&
            uses(std::get<catalog::IndexDefinition>(dependent->definition).columns)) {
            refuse("the index \"" + dependent->name + "\"");
        }
        if (dependent->kind == ObjectKind::kTable) {
            for (const auto& key : dependent->table().foreign_keys) {
                if (key.referenced_table == old_->id && uses(key.referenced)) {
                    refuse("a FOREIGN KEY of table \"" + dependent->name + "\"");
                }
            }
        }
    }
}

// A CHECK on this column alone goes with it, as in DuckDB; one that names others keeps the column.
void TableAlteration::drop_checks_on(const std::string& name) {
    std::erase_if(table().checks, [&](const auto& check) {
        const auto used = columns_of(*parse_expression(check.sql));
        const auto hits = std::ranges::count_if(used, [&](const auto& one) { return same_name(one, name); });
        if (hits > 0 && static_cast<size_t>(hits) < used.size()) {
            throw_error(make_error(ErrorCode::kDependentObjects,
                                   "cannot drop column \"" + name + "\" because a CHECK constraint depends on it"));
        }
        return hits > 0;
    });
}

void TableAlteration::remove_column(const duckdb::RemoveColumnInfo& info) {
    if (!entry_.ColumnExists(info.removed_column)) {
        if (info.if_column_exists) {
            return;
        }
        column(info.removed_column);
    }
    const ColumnDefinition removed = column(info.removed_column);
    refuse_if_used(removed.id, removed.name);
    drop_checks_on(removed.name);
    std::vector<ColumnId> going = generated_from(removed.name);
    if (!going.empty() && !info.cascade) {
        throw_error(make_error(ErrorCode::kDependentObjects,
                               "cannot drop column \"" + removed.name + "\" because generated columns depend on it")
                        .with_hint("Use DROP COLUMN ... CASCADE to drop them as well."));
    }
    going.push_back(removed.id);
    std::erase_if(table().columns,
                  [&](const auto& one) { return std::ranges::find(going, one.id) != going.end(); });
    if (table().stored_columns().empty()) {
        throw_error(make_error(ErrorCode::kInvalidDefinition,
                               "cannot drop column \"" + removed.name + "\": the table has no other stored column"));
    }
    if (!removed.is_generated()) {
        stored_columns_changed();
    }
    put();
}

void TableAlteration::set_default(const duckdb::SetDefaultInfo& info) {
    ColumnDefinition& changed = column(info.column_name);
    if (changed.is_generated()) {
        throw_error(make_error(ErrorCode::kInvalidDefinition,
                               "cannot SET DEFAULT for generated column \"" + changed.name + "\""));
    }
    changed.default_sql = info.expression ? info.expression->ToString() : "";
    put();
}

void TableAlteration::set_not_null(const std::string& name) {
    ColumnDefinition& changed = column(name);
    if (changed.is_generated()) {
        throw_error(make_error(ErrorCode::kUnsupported, "a generated column cannot have constraints"));
    }
    if (!changed.not_null && has_null(transaction_, *old_, changed.id)) {
        throw_error(make_error(ErrorCode::kNotNullViolation,
                               "NOT NULL constraint failed: " + old_->name + "." + changed.name));
    }
    changed.not_null = true;
}

void TableAlteration::drop_not_null(const std::string& name) {
    ColumnDefinition& changed = column(name);
    const auto* key = table().primary_key();
    if (key != nullptr && std::ranges::find(key->columns, changed.id) != key->columns.end()) {
        throw_error(make_error(ErrorCode::kInvalidDefinition,
                               "column \"" + changed.name + "\" is in the primary key and cannot allow NULL"));
    }
    changed.not_null = false;
    put();
}

void TableAlteration::refuse_type_change(const ColumnDefinition& changed) {
    auto refuse = [&](const std::string& why) {
        throw_error(make_error(ErrorCode::kDependentObjects,
                               "cannot change the type of column \"" + changed.name + "\": " + why));
    };
    if (changed.is_generated()) {
        refuse("it is generated");
    }
    if (!generated_from(changed.name).empty()) {
        refuse("a generated column depends on it");
    }
    for (const auto& check : table().checks) {
        const auto used = columns_of(*parse_expression(check.sql));
        if (std::ranges::any_of(used, [&](const auto& one) { return same_name(one, changed.name); })) {
            refuse("a CHECK constraint depends on it");
        }
    }
    refuse_if_used(changed.id, changed.name);
}

// True for what DuckDB makes of ALTER TYPE without USING: a cast of the column itself.
bool is_plain_cast(const duckdb::ParsedExpression& expression, const std::string& column) {
    if (expression.GetExpressionClass() != duckdb::ExpressionClass::CAST) {
        return false;
    }
    const auto& child = *expression.Cast<duckdb::CastExpression>().child;
    return child.GetExpressionClass() == duckdb::ExpressionClass::COLUMN_REF &&
           same_name(child.Cast<duckdb::ColumnRefExpression>().GetColumnName(), column);
}

void TableAlteration::change_type(duckdb::ChangeColumnTypeInfo& info) {
    ColumnDefinition& changed = column(info.column_name);
    refuse_type_change(changed);
    auto binder = duckdb::Binder::CreateBinder(context_);
    binder->SetSearchPath(schema_.catalog, schema_.name);
    binder->BindLogicalType(info.target_type);

    duckdb::vector<duckdb::LogicalIndex> inputs;
    duckdb::AlterBinder expression_binder(*binder, context_, entry_, inputs, info.target_type);
    auto parsed = info.expression->Copy();
    auto bound = expression_binder.Bind(parsed);
    if (info.target_type.IsUnknown()) {
        info.target_type = bound->return_type;
    }
    const catalog::Type target = to_catalog_type(info.target_type);
    stored_columns_changed();
    // A default written for the old type is cast when it is used; validate() refuses one that cannot be.
    if (changed.missing_value.empty() && is_plain_cast(*info.expression, changed.name) &&
        (changed.type == target || catalog::is_lossless_widening(changed.type, target))) {
        changed.type = target;
        put();
        return;
    }
    changed.type = target;
    changed.missing_value.clear();
    changed.id = new_column_id();
    const ColumnId id = changed.id;
    validate();
    ComputedColumn computed{id, {inputs.begin(), inputs.end()}, std::move(bound)};
    rewrite_rows(context_, entry_, std::move(changed_), std::move(computed));
}

void TableAlteration::check_rows(const duckdb::ParsedExpression& condition) {
    auto binder = duckdb::Binder::CreateBinder(context_);
    duckdb::vector<duckdb::LogicalIndex> inputs;
    duckdb::AlterBinder expression_binder(*binder, context_, entry_, inputs, duckdb::LogicalType::INTEGER);
    auto parsed = condition.Copy();
    auto bound = expression_binder.Bind(parsed);
    duckdb::ExpressionExecutor executor(context_, *bound);
    for_each_chunk(context_, entry_, {inputs.begin(), inputs.end()}, [&](duckdb::DataChunk& chunk) {
        duckdb::Vector result(duckdb::LogicalType::INTEGER);
        executor.ExecuteExpression(chunk, result);
        duckdb::UnifiedVectorFormat format;
        result.ToUnifiedFormat(chunk.size(), format);
        const auto* values = duckdb::UnifiedVectorFormat::GetData<int32_t>(format);
        for (duckdb::idx_t i = 0; i < chunk.size(); ++i) {
            const auto at = format.sel->get_index(i);
            if (format.validity.RowIsValid(at) && values[at] == 0) {
                throw_error(make_error(ErrorCode::kCheckViolation,
                                       "CHECK constraint failed on table \"" + old_->name + "\": a row violates " +
                                           condition.ToString()));
            }
        }
    });
}

// What DuckDB's binder checks for a foreign key in CREATE TABLE.
void TableAlteration::check_reference(const catalog::ForeignKeyConstraint& reference) {
    const ObjectPtr other = reference.referenced_table == old_->id ? nullptr : state_->find(reference.referenced_table);
    const TableDefinition& parent = other == nullptr ? table() : other->table();
    const bool has_key = std::ranges::any_of(parent.keys, [&](const auto& key) {
        return std::ranges::is_permutation(key.columns, reference.referenced);
    });
    if (!has_key) {
        throw_error(make_error(ErrorCode::kInvalidDefinition,
                               "cannot create foreign key: there is no primary key or unique constraint on these "
                               "columns of the referenced table \"" +
                                   (other == nullptr ? old_->name : other->name) + "\""));
    }
    for (size_t i = 0; i < reference.columns.size(); ++i) {
        const ColumnDefinition& own = *table().find_column(reference.columns[i]);
        if (own.type != parent.find_column(reference.referenced[i])->type) {
            throw_error(make_error(ErrorCode::kDatatypeMismatch,
                                   "cannot create foreign key: column \"" + own.name +
                                       "\" and the column that it refers to have different types"));
        }
        if (own.is_generated()) {
            throw_error(make_error(ErrorCode::kInvalidDefinition,
                                   "cannot create foreign key: column \"" + own.name + "\" is generated"));
        }
    }
}

void TableAlteration::add_constraint_of(const duckdb::AddConstraintInfo& info) {
    const bool had_primary_key = table().primary_key() != nullptr;
    const FirstNew first{table().keys.size(), table().checks.size(), table().foreign_keys.size()};
    add_constraint(*info.constraint, entry_.GetColumns(), old_->name, *state_, schema_.id(), old_->id, table());
    if (had_primary_key && table().keys.size() > 1 && table().keys.back().is_primary) {
        throw_error(make_error(ErrorCode::kInvalidDefinition,
                               "table \"" + old_->name + "\" has a primary key already"));
    }
    const auto& notes = notes_of(context_);
    if (notes.kind == catalog::StatementNotes::Kind::kAddConstraint) {
        note_constraints(changed_, notes, first);
    }
    name_constraints(changed_);
    if (table().foreign_keys.size() > first.foreign_keys) {
        check_reference(table().foreign_keys.back());
    }
    if (info.constraint->type == duckdb::ConstraintType::CHECK) {
        check_rows(*info.constraint->Cast<duckdb::CheckConstraint>().expression);
    }
    for (const auto& changed : table().columns) {
        if (changed.not_null && !old_->table().find_column(changed.id)->not_null &&
            has_null(transaction_, *old_, changed.id)) {
            throw_error(make_error(ErrorCode::kNotNullViolation,
                                   "NOT NULL constraint failed: " + old_->name + "." + changed.name));
        }
    }
    put();
}

// The foreign keys that refer to `key` go with it, or keep it.
void TableAlteration::drop_references_to(const catalog::KeyConstraint& key, bool cascade) {
    const auto uses = [&](const catalog::ForeignKeyConstraint& reference) {
        return reference.referenced_table == old_->id &&
               std::ranges::is_permutation(reference.referenced, key.columns);
    };
    const auto refuse_or = [&](const std::string& table_name) {
        if (!cascade) {
            throw_error(make_error(ErrorCode::kDependentObjects,
                                   "cannot drop constraint \"" + key.name + "\" because a FOREIGN KEY of table \"" +
                                       table_name + "\" depends on it")
                            .with_hint("Use DROP CONSTRAINT ... CASCADE to drop it as well."));
        }
    };
    if (std::erase_if(table().foreign_keys, uses) > 0) {
        refuse_or(old_->name);
    }
    for (const auto& dependent : state_->dependents_of(old_->id)) {
        if (dependent->kind != ObjectKind::kTable) {
            continue;
        }
        CatalogObject without = *dependent;
        if (std::erase_if(std::get<TableDefinition>(without.definition).foreign_keys, uses) > 0) {
            refuse_or(dependent->name);
            throw_if_error(transaction_.put_object(std::move(without)));
        }
    }
}

void TableAlteration::drop_constraint(const duckdb::RemoveColumnInfo& info) {
    name_constraints(changed_);
    const auto is_it = [&](const auto& constraint) { return same_name(constraint.name, info.removed_column); };
    const auto key = std::ranges::find_if(table().keys, is_it);
    if (key != table().keys.end()) {
        drop_references_to(catalog::KeyConstraint(*key), info.cascade);
        std::erase_if(table().keys, is_it);
    } else if (std::erase_if(table().checks, is_it) + std::erase_if(table().foreign_keys, is_it) == 0) {
        if (info.if_column_exists) {
            return;
        }
        throw_error(make_error(ErrorCode::kUndefinedObject, "constraint \"" + info.removed_column + "\" of table \"" +
                                                                old_->name + "\" does not exist"));
    }
    put();
}

void TableAlteration::run(duckdb::AlterTableInfo& info) {
    switch (info.alter_table_type) {
        case duckdb::AlterTableType::RENAME_COLUMN:
            rename_column(info.Cast<duckdb::RenameColumnInfo>());
            return;
        case duckdb::AlterTableType::ADD_COLUMN:
            add_column(info.Cast<duckdb::AddColumnInfo>());
            return;
        case duckdb::AlterTableType::REMOVE_COLUMN:
            if (notes_of(context_).kind == catalog::StatementNotes::Kind::kDropConstraint) {
                drop_constraint(info.Cast<duckdb::RemoveColumnInfo>());
                return;
            }
            remove_column(info.Cast<duckdb::RemoveColumnInfo>());
            return;
        case duckdb::AlterTableType::SET_DEFAULT:
            set_default(info.Cast<duckdb::SetDefaultInfo>());
            return;
        case duckdb::AlterTableType::ALTER_COLUMN_TYPE:
            change_type(info.Cast<duckdb::ChangeColumnTypeInfo>());
            return;
        case duckdb::AlterTableType::SET_NOT_NULL:
            set_not_null(info.Cast<duckdb::SetNotNullInfo>().column_name);
            put();
            return;
        case duckdb::AlterTableType::DROP_NOT_NULL:
            drop_not_null(info.Cast<duckdb::DropNotNullInfo>().column_name);
            return;
        case duckdb::AlterTableType::ADD_CONSTRAINT:
            add_constraint_of(info.Cast<duckdb::AddConstraintInfo>());
            return;
        default:
            throw_error(make_error(ErrorCode::kUnsupported, "this ALTER TABLE is not supported: " + info.ToString())
                            .with_hint("Changes of fields inside a struct: ALTER COLUMN ... TYPE ... USING."));
    }
}

}  // namespace

void alter_table(duckdb::ClientContext& context, KodiakSchemaEntry& schema, const ObjectPtr& table,
                 duckdb::AlterTableInfo& info) {
    TableAlteration(context, schema, table).run(info);
}

}  // namespace kodiak::engine
