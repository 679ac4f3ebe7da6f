#include "engine/catalog/definitions.hpp"

#include <algorithm>

#include "duckdb/parser/constraints/check_constraint.hpp"
#include "duckdb/parser/constraints/foreign_key_constraint.hpp"
#include "duckdb/parser/constraints/not_null_constraint.hpp"
#include "duckdb/parser/constraints/unique_constraint.hpp"
#include "duckdb/parser/expression/columnref_expression.hpp"
#include "duckdb/parser/parsed_expression_iterator.hpp"
#include "duckdb/parser/parser.hpp"
#include "duckdb/parser/statement/create_statement.hpp"

#include "engine/catalog/noted_definitions.hpp"
#include "engine/errors/errors.hpp"
#include "engine/types/types.hpp"

namespace kodiak::engine {

using catalog::NameSpace;
using catalog::ObjectKind;
using duckdb::CatalogType;

duckdb::CatalogType to_catalog_type(ObjectKind kind) {
    switch (kind) {
        case ObjectKind::kSchema:
            return CatalogType::SCHEMA_ENTRY;
        case ObjectKind::kTable:
            return CatalogType::TABLE_ENTRY;
        case ObjectKind::kView:
            return CatalogType::VIEW_ENTRY;
        case ObjectKind::kScalarMacro:
            return CatalogType::MACRO_ENTRY;
        case ObjectKind::kTableMacro:
            return CatalogType::TABLE_MACRO_ENTRY;
        case ObjectKind::kSequence:
            return CatalogType::SEQUENCE_ENTRY;
        case ObjectKind::kType:
            return CatalogType::TYPE_ENTRY;
        case ObjectKind::kIndex:
            return CatalogType::INDEX_ENTRY;
        case ObjectKind::kRoutine:
            return CatalogType::SCALAR_FUNCTION_ENTRY;
        case ObjectKind::kTest:
        case ObjectKind::kTrigger:
            break;  // DuckDB has none
        case ObjectKind::kSnapshot:  // DuckDB never meets these
        case ObjectKind::kWatermark:
            break;
    }
    return CatalogType::INVALID;
}

bool name_space_of(CatalogType type, NameSpace& space) {
    switch (type) {
        case CatalogType::TABLE_ENTRY:
        case CatalogType::VIEW_ENTRY:
            space = NameSpace::kRelations;
            return true;
        case CatalogType::MACRO_ENTRY:
        case CatalogType::SCALAR_FUNCTION_ENTRY:
        case CatalogType::AGGREGATE_FUNCTION_ENTRY:
            space = NameSpace::kScalarMacros;
            return true;
        case CatalogType::TABLE_MACRO_ENTRY:
        case CatalogType::TABLE_FUNCTION_ENTRY:
            space = NameSpace::kTableMacros;
            return true;
        case CatalogType::SEQUENCE_ENTRY:
            space = NameSpace::kSequences;
            return true;
        case CatalogType::TYPE_ENTRY:
            space = NameSpace::kTypes;
            return true;
        case CatalogType::INDEX_ENTRY:
            space = NameSpace::kIndexes;
            return true;
        default:
            return false;
    }
}

duckdb::Value comment_value(const std::string& comment) {
    return comment.empty() ? duckdb::Value() : duckdb::Value(comment);
}

std::string comment_text(const duckdb::Value& comment) {
    return comment.IsNull() ? std::string() : comment.ToString();
}

duckdb::unique_ptr<duckdb::ParsedExpression> parse_expression(const std::string& sql) {
    auto expressions = duckdb::Parser::ParseExpressionList(sql);
    if (expressions.size() != 1) {
        throw_error(make_error(ErrorCode::kCorruption, "a stored expression does not parse: " + sql));
    }
    return std::move(expressions[0]);
}

duckdb::unique_ptr<duckdb::CreateInfo> parse_create(const std::string& sql) {
    duckdb::Parser parser;
    parser.ParseQuery(sql);
    if (parser.statements.size() != 1 || parser.statements[0]->type != duckdb::StatementType::CREATE_STATEMENT) {
        throw_error(make_error(ErrorCode::kCorruption, "a stored definition does not parse: " + sql));
    }
    return std::move(parser.statements[0]->Cast<duckdb::CreateStatement>().info);
}

std::vector<std::string> columns_of(const duckdb::ParsedExpression& expression) {
    std::vector<std::string> names;
    if (expression.GetExpressionClass() == duckdb::ExpressionClass::COLUMN_REF) {
        names.push_back(expression.Cast<duckdb::ColumnRefExpression>().GetColumnName());
    }
    duckdb::ParsedExpressionIterator::EnumerateChildren(expression, [&](const duckdb::ParsedExpression& child) {
        const auto inner = columns_of(child);
        names.insert(names.end(), inner.begin(), inner.end());
    });
    return names;
}

namespace {

void rename_in(duckdb::ParsedExpression& expression, const std::string& from, const std::string& to) {
    if (expression.GetExpressionClass() == duckdb::ExpressionClass::COLUMN_REF) {
        auto& reference = expression.Cast<duckdb::ColumnRefExpression>();
        if (catalog::fold_name(reference.column_names.back()) == catalog::fold_name(from)) {
            reference.column_names.back() = to;
        }
    }
    duckdb::ParsedExpressionIterator::EnumerateChildren(
        expression, [&](duckdb::unique_ptr<duckdb::ParsedExpression>& child) { rename_in(*child, from, to); });
}

// Takes the table's own name off column references: `t.a` would stop to bind when t is renamed.
void unqualify(duckdb::ParsedExpression& expression, const std::string& table_name,
               const duckdb::ColumnList& columns) {
    if (expression.GetExpressionClass() == duckdb::ExpressionClass::COLUMN_REF) {
        auto& names = expression.Cast<duckdb::ColumnRefExpression>().column_names;
        if (names.size() > 1 && catalog::fold_name(names[0]) == catalog::fold_name(table_name) &&
            !columns.ColumnExists(names[0])) {
            names.erase(names.begin());
        }
    }
    duckdb::ParsedExpressionIterator::EnumerateChildren(
        expression, [&](duckdb::unique_ptr<duckdb::ParsedExpression>& child) {
            unqualify(*child, table_name, columns);
        });
}

std::string unqualified_sql(const duckdb::ParsedExpression& expression, const std::string& table_name,
                            const duckdb::ColumnList& columns) {
    auto copy = expression.Copy();
    unqualify(*copy, table_name, columns);
    return copy->ToString();
}

duckdb::vector<std::string> names_of(const catalog::TableDefinition& table, const std::vector<ColumnId>& ids) {
    duckdb::vector<std::string> names;
    for (const ColumnId id : ids) {
        names.push_back(table.find_column(id)->name);
    }
    return names;
}

// DuckDB's physical index of each column: its position among the ordinary ones.
duckdb::vector<duckdb::PhysicalIndex> physical_of(const catalog::TableDefinition& table,
                                                  const std::vector<ColumnId>& ids) {
    duckdb::vector<duckdb::PhysicalIndex> result;
    for (const ColumnId id : ids) {
        duckdb::idx_t position = 0;
        for (const auto& column : table.columns) {
            if (column.id == id) {
                break;
            }
            position += column.is_generated() ? 0 : 1;
        }
        result.emplace_back(position);
    }
    return result;
}

duckdb::ColumnDefinition make_column(const catalog::ColumnDefinition& column) {
    const auto type = to_logical_type(column.type);
    if (column.is_generated()) {
        duckdb::ColumnDefinition result(column.name, type, parse_expression(column.generated_sql),
                                        duckdb::TableColumnType::GENERATED);
        result.SetComment(comment_value(column.comment));
        return result;
    }
    duckdb::ColumnDefinition result(column.name, type);
    if (!column.default_sql.empty()) {
        result.SetDefaultValue(parse_expression(column.default_sql));
    }
    result.SetComment(comment_value(column.comment));
    return result;
}

void add_key(const catalog::TableDefinition& table, const catalog::KeyConstraint& key,
             duckdb::CreateTableInfo& info) {
    if (key.columns.size() == 1) {
        for (duckdb::idx_t i = 0; i < table.columns.size(); ++i) {
            if (table.columns[i].id == key.columns[0]) {
                info.constraints.push_back(duckdb::make_uniq<duckdb::UniqueConstraint>(
                    duckdb::LogicalIndex(i), table.columns[i].name, key.is_primary));
            }
        }
        return;
    }
    info.constraints.push_back(
        duckdb::make_uniq<duckdb::UniqueConstraint>(names_of(table, key.columns), key.is_primary));
}

void add_foreign_key(const catalog::CatalogObject& object, const catalog::ForeignKeyConstraint& key,
                     const std::string& schema_name, const catalog::CatalogState& state,
                     duckdb::CreateTableInfo& info) {
    const bool is_self = key.referenced_table == object.id;
    const catalog::ObjectPtr other = is_self ? nullptr : state.find(key.referenced_table);
    if (!is_self && other == nullptr) {
        return;
    }
    const catalog::TableDefinition& referenced = is_self ? object.table() : other->table();
    duckdb::ForeignKeyInfo link;
    link.type = is_self ? duckdb::ForeignKeyType::FK_TYPE_SELF_REFERENCE_TABLE
                        : duckdb::ForeignKeyType::FK_TYPE_FOREIGN_KEY_TABLE;
    link.schema = schema_name;
    link.table = is_self ? object.name : other->name;
    link.pk_keys = physical_of(referenced, key.referenced);
    link.fk_keys = physical_of(object.table(), key.columns);
    info.constraints.push_back(duckdb::make_uniq<duckdb::ForeignKeyConstraint>(
        names_of(referenced, key.referenced), names_of(object.table(), key.columns), std::move(link)));
}

ColumnId column_named(const catalog::TableDefinition& table, const std::string& name) {
    const auto* column = table.find_column(name);
    if (column == nullptr) {
        throw_error(make_error(ErrorCode::kUndefinedColumn, "column \"" + name + "\" named in key does not exist"));
    }
    return column->id;
}

catalog::KeyConstraint define_key(const duckdb::UniqueConstraint& unique, const duckdb::ColumnList& columns,
                                  const catalog::TableDefinition& table) {
    catalog::KeyConstraint key;
    key.is_primary = unique.IsPrimaryKey();
    if (unique.HasIndex()) {
        key.columns.push_back(column_named(table, columns.GetColumn(unique.GetIndex()).Name()));
    } else {
        for (const auto& name : unique.GetColumnNames()) {
            key.columns.push_back(column_named(table, name));
        }
    }
    for (const ColumnId id : key.columns) {
        require_key_type(*table.find_column(id));
    }
    return key;
}

catalog::ForeignKeyConstraint define_foreign_key(const duckdb::ForeignKeyConstraint& constraint,
                                                 const catalog::CatalogState& state, ObjectId schema, ObjectId self,
                                                 const catalog::TableDefinition& table) {
    catalog::ForeignKeyConstraint key;
    for (const auto& name : constraint.fk_columns) {
        key.columns.push_back(column_named(table, name));
    }
    if (constraint.info.type == duckdb::ForeignKeyType::FK_TYPE_SELF_REFERENCE_TABLE) {
        key.referenced_table = self;
        for (const auto& name : constraint.pk_columns) {
            key.referenced.push_back(column_named(table, name));
        }
        return key;
    }
    const auto own_schema = state.find(schema);
    if (!constraint.info.schema.empty() && own_schema != nullptr &&
        catalog::fold_name(constraint.info.schema) != catalog::fold_name(own_schema->name)) {
        throw_error(make_error(ErrorCode::kUnsupported, "a foreign key cannot refer to a table in another schema"));
    }
    const auto referenced = state.find(NameSpace::kRelations, schema, constraint.info.table);
    if (referenced == nullptr || referenced->kind != ObjectKind::kTable) {
        throw_error(make_error(ErrorCode::kUndefinedTable,
                               "the foreign key refers to a table that does not exist: " + constraint.info.table));
    }
    key.referenced_table = referenced->id;
    for (const auto& name : constraint.pk_columns) {
        key.referenced.push_back(column_named(referenced->table(), name));
    }
    // ALTER TABLE comes here without DuckDB's binder, which fills in the primary key.
    const auto* primary = referenced->table().primary_key();
    if (key.referenced.empty() && primary != nullptr) {
        key.referenced = primary->columns;
    }
    if (key.referenced.size() != key.columns.size()) {
        throw_error(make_error(ErrorCode::kInvalidDefinition,
                               "the foreign key and the key of \"" + referenced->name +
                                   "\" that it refers to have different numbers of columns"));
    }
    return key;
}

}  // namespace

std::string rename_column_in(const std::string& sql, const std::string& from, const std::string& to) {
    auto expression = parse_expression(sql);
    rename_in(*expression, from, to);
    return expression->ToString();
}

duckdb::unique_ptr<duckdb::CreateTableInfo> make_table_info(const std::string& catalog_name,
                                                            const std::string& schema_name,
                                                            const catalog::CatalogObject& object,
                                                            const catalog::CatalogState& state) {
    auto info = duckdb::make_uniq<duckdb::CreateTableInfo>(catalog_name, schema_name, object.name);
    const catalog::TableDefinition& table = object.table();
    for (const auto& column : table.columns) {
        info->columns.AddColumn(make_column(column));
    }
    // The order in which duckdb_constraints() and pg_constraint list them.
    for (const auto& key : table.keys) {
        add_key(table, key, *info);
    }
    for (const auto& check : table.checks) {
        info->constraints.push_back(duckdb::make_uniq<duckdb::CheckConstraint>(parse_expression(check.sql)));
    }
    for (duckdb::idx_t i = 0; i < table.columns.size(); ++i) {
        if (table.columns[i].not_null) {
            info->constraints.push_back(duckdb::make_uniq<duckdb::NotNullConstraint>(duckdb::LogicalIndex(i)));
        }
    }
    for (const auto& key : table.foreign_keys) {
        add_foreign_key(object, key, schema_name, state, *info);
    }
    info->comment = comment_value(object.comment);
    for (const auto& [key, value] : object.tags) {
        if (!key.starts_with(kIdentityTag)) {
            info->tags[key] = value;
        }
    }
    return info;
}

void require_key_type(const catalog::ColumnDefinition& column) {
    if (column.type.is_nested() || column.type.kind == catalog::TypeKind::kVariant) {
        throw_error(make_error(ErrorCode::kDatatypeMismatch,
                               "a key or index cannot be on the column \"" + column.name + "\" because of its type " +
                                   to_logical_type(column.type).ToString()));
    }
}

void add_constraint(const duckdb::Constraint& constraint, const duckdb::ColumnList& columns,
                    const std::string& table_name, const catalog::CatalogState& state, ObjectId schema, ObjectId self,
                    catalog::TableDefinition& table) {
    switch (constraint.type) {
        case duckdb::ConstraintType::NOT_NULL: {
            const auto index = constraint.Cast<duckdb::NotNullConstraint>().index.index;
            table.columns[index].not_null = true;
            return;
        }
        case duckdb::ConstraintType::CHECK:
            table.checks.push_back(
                {"", unqualified_sql(*constraint.Cast<duckdb::CheckConstraint>().expression, table_name, columns)});
            return;
        case duckdb::ConstraintType::UNIQUE: {
            auto key = define_key(constraint.Cast<duckdb::UniqueConstraint>(), columns, table);
            for (auto& column : table.columns) {
                if (key.is_primary && std::ranges::find(key.columns, column.id) != key.columns.end()) {
                    column.not_null = true;
                }
            }
            table.keys.push_back(std::move(key));
            return;
        }
        case duckdb::ConstraintType::FOREIGN_KEY:
            table.foreign_keys.push_back(define_foreign_key(constraint.Cast<duckdb::ForeignKeyConstraint>(), state,
                                                            schema, self, table));
            return;
        default:
            throw_error(make_error(ErrorCode::kUnsupported, "constraint is not supported: " + constraint.ToString()));
    }
}

catalog::TableDefinition define_table(duckdb::CreateTableInfo& info, const catalog::CatalogState& state,
                                      ObjectId schema, ObjectId self) {
    catalog::TableDefinition table;
    for (const auto& column : info.columns.Logical()) {
        catalog::ColumnDefinition definition;
        definition.id = table.next_column_id;
        table.next_column_id = ColumnId(table.next_column_id.value + 1);
        definition.name = column.Name();
        definition.type = to_catalog_type(column.Type());
        definition.comment = comment_text(column.Comment());
        if (column.Generated()) {
            definition.generated_sql = unqualified_sql(column.GeneratedExpression(), info.table, info.columns);
        } else if (column.HasDefaultValue()) {
            definition.default_sql = column.DefaultValue().ToString();
        }
        table.columns.push_back(std::move(definition));
    }
    for (const auto& constraint : info.constraints) {
        add_constraint(*constraint, info.columns, info.table, state, schema, self, table);
    }
    return table;
}

catalog::SqlDefinition define_view(const duckdb::CreateViewInfo& info) {
    auto copy = duckdb::unique_ptr_cast<duckdb::CreateInfo, duckdb::CreateViewInfo>(info.Copy());
    copy->catalog.clear();
    copy->schema.clear();
    copy->on_conflict = duckdb::OnCreateConflict::ERROR_ON_CONFLICT;
    return {copy->ToString()};
}

catalog::SqlDefinition define_macro(const duckdb::CreateMacroInfo& info) {
    auto copy = duckdb::unique_ptr_cast<duckdb::CreateInfo, duckdb::CreateMacroInfo>(info.Copy());
    copy->catalog.clear();
    copy->schema.clear();
    copy->on_conflict = duckdb::OnCreateConflict::ERROR_ON_CONFLICT;
    return {copy->ToString()};
}

std::vector<ObjectId> resolve_dependencies(const duckdb::LogicalDependencyList& dependencies,
                                           const catalog::CatalogState& state) {
    std::vector<ObjectId> ids;
    for (const auto& dependency : dependencies.Set()) {
        NameSpace space{};
        if (!name_space_of(dependency.entry.type, space)) {
            continue;
        }
        const auto schema = state.find_schema(dependency.entry.schema);
        const auto object = schema != nullptr ? state.find(space, schema->id, dependency.entry.name) : nullptr;
        // Relations are named by foreign keys or may vanish below views; they block nothing here.
        if (object != nullptr && space != NameSpace::kRelations) {
            ids.push_back(object->id);
        }
    }
    std::ranges::sort(ids);
    ids.erase(std::ranges::unique(ids).begin(), ids.end());
    return ids;
}

}  // namespace kodiak::engine
