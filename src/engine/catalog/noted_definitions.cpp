#include "engine/catalog/noted_definitions.hpp"

#include <algorithm>
#include <set>

#include "duckdb/execution/expression_executor.hpp"
#include "duckdb/parser/keyword_helper.hpp"
#include "duckdb/planner/expression/bound_cast_expression.hpp"

#include "engine/catalog/definitions.hpp"
#include "engine/errors/errors.hpp"
#include "engine/types/types.hpp"
#include "engine/vectors/batch_columns.hpp"
#include "storage/rows/canonical_row.hpp"

namespace kodiak::engine {

using catalog::CatalogObject;
using catalog::ReferentialAction;
using catalog::TableDefinition;

namespace {

TableDefinition& table_of(CatalogObject& object) { return std::get<TableDefinition>(object.definition); }

bool same_name(const std::string& left, const std::string& right) {
    return catalog::fold_name(left) == catalog::fold_name(right);
}

std::string joined_names(const TableDefinition& table, const std::vector<ColumnId>& columns) {
    std::string all;
    for (const ColumnId id : columns) {
        all += "_" + table.find_column(id)->name;
    }
    return all;
}

// "_a" when the condition names the column a alone.
std::string checked_column(const std::string& sql) {
    std::set<std::string> used;
    for (const auto& name : columns_of(*parse_expression(sql))) {
        used.insert(name);
    }
    return used.size() == 1 ? "_" + *used.begin() : std::string();
}

// Calls visit(name, default name) for each constraint.
template <class Visit>
void for_each_name(CatalogObject& object, Visit&& visit) {
    TableDefinition& table = table_of(object);
    for (auto& key : table.keys) {
        visit(key.name, [&] {
            return object.name + (key.is_primary ? std::string("_pkey") : joined_names(table, key.columns) + "_key");
        });
    }
    for (auto& check : table.checks) {
        visit(check.name, [&] { return object.name + checked_column(check.sql) + "_check"; });
    }
    for (auto& key : table.foreign_keys) {
        visit(key.name, [&] { return object.name + joined_names(table, key.columns) + "_fkey"; });
    }
}

bool writes_children(ReferentialAction action) {
    return action == ReferentialAction::kSetNull || action == ReferentialAction::kSetDefault;
}

bool writes_children(const catalog::ForeignKeyConstraint& key) {
    return writes_children(key.on_delete) || writes_children(key.on_update) ||
           key.on_update == ReferentialAction::kCascade;
}

// Referential actions happen in the store, which evaluates no expressions.
void refuse_checks_on(const CatalogObject& object, const catalog::ForeignKeyConstraint& key) {
    const TableDefinition& table = object.table();
    for (const auto& check : table.checks) {
        for (const auto& used : columns_of(*parse_expression(check.sql))) {
            const auto* column = table.find_column(used);
            if (column != nullptr && std::ranges::find(key.columns, column->id) != key.columns.end()) {
                throw_error(make_error(ErrorCode::kUnsupported,
                                       "a foreign key whose actions write the column \"" + column->name +
                                           "\" cannot be on a table with a CHECK of that column")
                                .with_hint("Use ON DELETE CASCADE, RESTRICT or NO ACTION, or leave out the CHECK."));
            }
        }
    }
}

void refuse_other_types(const CatalogObject& object, const catalog::ForeignKeyConstraint& key,
                        const catalog::CatalogState& state) {
    if (key.on_update != ReferentialAction::kCascade) {
        return;
    }
    const auto other = key.referenced_table == object.id ? nullptr : state.find(key.referenced_table);
    const TableDefinition& parent = other == nullptr ? object.table() : other->table();
    for (size_t i = 0; i < key.columns.size(); ++i) {
        const auto* column = object.table().find_column(key.columns[i]);
        if (column->type != parent.find_column(key.referenced[i])->type) {
            throw_error(make_error(ErrorCode::kDatatypeMismatch,
                                   "ON UPDATE CASCADE needs the same type on both sides, column \"" + column->name +
                                       "\" has another"));
        }
    }
}

// Position among the ordinary columns.
size_t ordinary_position(const TableDefinition& table, ColumnId id) {
    size_t position = 0;
    for (const auto& column : table.columns) {
        if (column.id == id) {
            break;
        }
        position += column.is_generated() ? 0 : 1;
    }
    return position;
}

// Smallest and largest value of an identity column's type.
std::pair<int64_t, int64_t> identity_range(const catalog::ColumnDefinition& column) {
    switch (to_logical_type(column.type).id()) {
        case duckdb::LogicalTypeId::SMALLINT:
            return {INT16_MIN, INT16_MAX};
        case duckdb::LogicalTypeId::INTEGER:
            return {INT32_MIN, INT32_MAX};
        case duckdb::LogicalTypeId::BIGINT:
        case duckdb::LogicalTypeId::HUGEINT:
            return {INT64_MIN, INT64_MAX};
        default:
            throw_error(make_error(ErrorCode::kDatatypeMismatch, "identity column \"" + column.name +
                                                                     "\" must be SMALLINT, INTEGER or BIGINT"));
    }
}

catalog::SequenceDefinition define_sequence(const catalog::NotedIdentity& identity,
                                            const catalog::ColumnDefinition& column) {
    const auto [least, most] = identity_range(column);
    catalog::SequenceDefinition sequence;
    sequence.increment = identity.increment.value_or(1);
    const bool up = sequence.increment > 0;
    sequence.min_value = identity.min_value.value_or(up ? 1 : least);
    sequence.max_value = identity.max_value.value_or(up ? most : -1);
    sequence.start = identity.start.value_or(up ? sequence.min_value : sequence.max_value);
    sequence.cycle = identity.cycle;
    const bool in_type = sequence.min_value >= least && sequence.max_value <= most;
    const bool in_order = sequence.min_value <= sequence.start && sequence.start <= sequence.max_value;
    if (sequence.increment == 0 || !in_type || !in_order || sequence.min_value == sequence.max_value) {
        throw_error(make_error(ErrorCode::kInvalidValue,
                               "the options of identity column \"" + column.name +
                                   "\" contradict each other or its type")
                        .with_hint("START lies between MINVALUE and MAXVALUE, INCREMENT is not 0."));
    }
    return sequence;
}

}  // namespace

void note_constraints(CatalogObject& object, const catalog::StatementNotes& notes, FirstNew first) {
    TableDefinition& table = table_of(object);
    const bool fits = table.keys.size() - first.keys == notes.key_names.size() &&
                      table.checks.size() - first.checks == notes.check_names.size() &&
                      table.foreign_keys.size() - first.foreign_keys == notes.foreign_keys.size();
    if (!fits) {
        if (notes.matter()) {
            throw_error(make_error(ErrorCode::kUnsupported, "the constraints of this definition cannot be told apart")
                            .with_hint("Write them as table constraints, or add them with ALTER TABLE."));
        }
        return;
    }
    for (size_t i = 0; i < notes.key_names.size(); ++i) {
        table.keys[first.keys + i].name = notes.key_names[i];
    }
    for (size_t i = 0; i < notes.check_names.size(); ++i) {
        table.checks[first.checks + i].name = notes.check_names[i];
    }
    for (size_t i = 0; i < notes.foreign_keys.size(); ++i) {
        auto& key = table.foreign_keys[first.foreign_keys + i];
        key.name = notes.foreign_keys[i].name;
        key.on_delete = notes.foreign_keys[i].on_delete;
        key.on_update = notes.foreign_keys[i].on_update;
    }
}

void name_constraints(CatalogObject& object) {
    std::set<std::string> taken;
    for_each_name(object, [&](const std::string& name, auto&&) {
        if (!name.empty() && !taken.insert(catalog::fold_name(name)).second) {
            throw_error(make_error(ErrorCode::kDuplicateObject,
                                   "constraint \"" + name + "\" of table \"" + object.name + "\" is defined twice"));
        }
    });
    for_each_name(object, [&](std::string& name, auto&& make_default) {
        if (!name.empty()) {
            return;
        }
        const std::string base = make_default();
        name = base;
        for (int number = 1; !taken.insert(catalog::fold_name(name)).second; ++number) {
            name = base + std::to_string(number);
        }
    });
}

bool has_actions(const CatalogObject& table) {
    return std::ranges::any_of(table.table().foreign_keys, [](const auto& key) { return writes_children(key); });
}

void settle_actions(duckdb::ClientContext& context, CatalogObject& object, const catalog::CatalogState& state,
                    duckdb::vector<duckdb::unique_ptr<duckdb::Expression>>& defaults) {
    TableDefinition& table = table_of(object);
    for (auto& key : table.foreign_keys) {
        if (writes_children(key)) {
            refuse_checks_on(object, key);
            refuse_other_types(object, key, state);
        }
        key.defaults.clear();
        for (size_t i = 0; key.sets_default() && i < key.columns.size(); ++i) {
            const auto& column = *table.find_column(key.columns[i]);
            auto expression = duckdb::BoundCastExpression::AddCastToType(
                context, defaults[ordinary_position(table, column.id)]->Copy(), to_logical_type(column.type));
            if (!expression->IsFoldable()) {
                throw_error(make_error(ErrorCode::kUnsupported,
                                       "SET DEFAULT needs a constant default, column \"" + column.name + "\" has none")
                                .with_detail("The default is: " + column.default_sql + "."));
            }
            const auto value = duckdb::ExpressionExecutor::EvaluateScalar(context, *expression);
            key.defaults.push_back(canonical_bytes(context, value, column.type));
        }
    }
}

std::string canonical_bytes(duckdb::ClientContext& context, const duckdb::Value& value, const catalog::Type& type) {
    std::string bytes;
    if (value.IsNull()) {
        return bytes;
    }
    duckdb::DataChunk chunk;
    chunk.Initialize(context, {value.type()});
    chunk.SetValue(0, 0, value);
    chunk.SetCardinality(1);
    BatchColumns batch;
    const size_t order[] = {0};
    const auto view = batch.view(chunk, order);
    storage::encode_value(type, view.columns[0], 0, bytes);
    return bytes;
}

bool is_generated_always(const CatalogObject& table, ColumnId column) {
    const std::string tag = identity_tag(column);
    return std::ranges::any_of(table.tags,
                               [&](const auto& entry) { return entry.first == tag && entry.second == "always"; });
}

CatalogObject make_identity(CatalogObject& object, const catalog::NotedIdentity& identity, std::string name) {
    TableDefinition& table = table_of(object);
    const auto column = std::ranges::find_if(
        table.columns, [&](const auto& one) { return same_name(one.name, identity.column); });
    if (column == table.columns.end() || column->is_generated() || !column->default_sql.empty()) {
        throw_error(make_error(ErrorCode::kInvalidDefinition,
                               "column \"" + identity.column + "\" is an identity column and has a default as well"));
    }
    CatalogObject sequence;
    sequence.kind = catalog::ObjectKind::kSequence;
    sequence.schema = object.schema;
    sequence.name = std::move(name);
    auto definition = define_sequence(identity, *column);
    definition.owned_by = object.id;
    sequence.definition = definition;
    const std::string quoted = duckdb::KeywordHelper::WriteOptionallyQuoted(sequence.name);
    column->default_sql = "nextval(" + duckdb::KeywordHelper::WriteQuoted(quoted, '\'') + ")";
    column->not_null = true;
    object.tags.emplace_back(identity_tag(column->id), identity.always ? "always" : "by default");
    return sequence;
}

}  // namespace kodiak::engine
