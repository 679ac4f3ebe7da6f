#include "engine/catalog/kodiak_catalog.hpp"

#include <algorithm>

#include "duckdb/catalog/entry_lookup_info.hpp"
#include "duckdb/parser/parsed_data/alter_table_info.hpp"
#include "duckdb/parser/parsed_data/create_schema_info.hpp"
#include "duckdb/parser/parsed_data/drop_info.hpp"
#include "duckdb/planner/operator/logical_simple.hpp"

#include "engine/catalog/create_index.hpp"
#include "engine/catalog/definitions.hpp"
#include "engine/catalog/past_point.hpp"
#include "engine/catalog/schema_entry.hpp"
#include "engine/errors/errors.hpp"
#include "engine/transaction/session_transaction.hpp"
#include "engine/transaction/kodiak_transaction.hpp"
#include "engine/write/plan_write.hpp"

namespace kodiak::engine {

using catalog::CatalogState;
using catalog::ObjectKind;
using catalog::ObjectPtr;

KodiakCatalog::KodiakCatalog(duckdb::AttachedDatabase& database, timeline::DatabaseCore& core)
    : duckdb::Catalog(database), core_(core) {}

KodiakCatalog::~KodiakCatalog() = default;

void KodiakCatalog::Initialize(bool) {}

CatalogState::Ptr KodiakCatalog::latest_state() {
    auto transaction = value_or_throw(core_.begin(kMainBranch, true));
    auto state = transaction->catalog();
    core_.rollback(std::move(transaction));
    return state;
}

CatalogState::Ptr KodiakCatalog::state_of(const duckdb::CatalogTransaction& transaction) {
    return transaction.transaction == nullptr ? latest_state() : asking_of(transaction).storage().catalog();
}

storage::PastPoint KodiakCatalog::past_of(const duckdb::CatalogTransaction& transaction,
                                          const duckdb::BoundAtClause& clause) {
    return resolve_past(clause, core_, asking_of(transaction).storage());
}

std::optional<storage::PastPoint> KodiakCatalog::moment_of(const duckdb::CatalogTransaction& transaction) {
    if (!transaction.HasContext() || transaction.transaction == nullptr) {
        return std::nullopt;
    }
    const auto session = SessionState::of(const_cast<duckdb::CatalogTransaction&>(transaction).GetContext());
    const auto commit = session ? session->as_of() : std::nullopt;
    return commit ? std::optional(storage::PastPoint{*commit, 0}) : std::nullopt;
}

// None: plans hold what they learnt from the rows (count(*) from statistics, filters folded by zone maps), so a
// plan kept
// for a prepared statement would answer for the rows of then. Without a version DuckDB plans each execution anew.
duckdb::optional_idx KodiakCatalog::GetCatalogVersion(duckdb::ClientContext&) { return {}; }

duckdb::optional_ptr<duckdb::CatalogEntry> KodiakCatalog::CreateSchema(duckdb::CatalogTransaction transaction,
                                                                       duckdb::CreateSchemaInfo& info) {
    storage::Transaction& storage = transaction_of(transaction.GetContext(), *this);
    if (const ObjectPtr existing = storage.catalog()->find_schema(info.schema)) {
        switch (info.on_conflict) {
            case duckdb::OnCreateConflict::IGNORE_ON_CONFLICT:
                return nullptr;
            case duckdb::OnCreateConflict::REPLACE_ON_CONFLICT:
                drop(storage, existing, false);
                break;
            default:
                throw duckdb::CatalogException::EntryAlreadyExists(duckdb::CatalogType::SCHEMA_ENTRY, info.schema);
        }
    }
    catalog::CatalogObject object;
    object.id = storage.new_object_id();
    object.kind = ObjectKind::kSchema;
    object.name = info.schema;
    object.comment = comment_text(info.comment);
    object.definition = catalog::SchemaDefinition{};
    const ObjectId id = object.id;
    throw_if_error(storage.put_object(std::move(object)));
    return &schema_of(storage.catalog()->find(id));
}

duckdb::optional_ptr<duckdb::SchemaCatalogEntry> KodiakCatalog::LookupSchema(duckdb::CatalogTransaction transaction,
                                                                             const duckdb::EntryLookupInfo& lookup,
                                                                             duckdb::OnEntryNotFound if_not_found) {
    const auto at = lookup.GetAtClause();
    const auto moment = at ? std::optional(past_of(transaction, *at)) : moment_of(transaction);
    const auto state = moment ? value_or_throw(asking_of(transaction).storage().past_catalog(moment->upto))
                              : state_of(transaction);
    ObjectPtr schema = state->find_schema(lookup.GetEntryName());
    if (schema == nullptr && moment) {
        schema = state_of(transaction)->find_schema(lookup.GetEntryName());  // for a better error about its tables
    }
    if (schema != nullptr) {
        return &schema_of(schema);
    }
    if (if_not_found == duckdb::OnEntryNotFound::THROW_EXCEPTION) {
        throw duckdb::CatalogException::MissingEntry(duckdb::CatalogType::SCHEMA_ENTRY, lookup.GetEntryName(),
                                                     duckdb::string(), lookup.GetErrorContext());
    }
    return nullptr;
}

void KodiakCatalog::ScanSchemas(duckdb::ClientContext& context,
                                std::function<void(duckdb::SchemaCatalogEntry&)> callback) {
    storage::Transaction& storage = transaction_of(context, *this);
    const auto moment = moment_of(GetCatalogTransaction(context));
    const auto state = moment ? value_or_throw(storage.past_catalog(moment->upto)) : storage.catalog();
    for (const ObjectPtr& schema : state->list(ObjectKind::kSchema)) {
        callback(schema_of(schema));
    }
}

void KodiakCatalog::DropSchema(duckdb::ClientContext& context, duckdb::DropInfo& info) {
    storage::Transaction& storage = transaction_of(context, *this);
    const ObjectPtr schema = storage.catalog()->find_schema(info.name);
    if (schema == nullptr) {
        if (info.if_not_found == duckdb::OnEntryNotFound::RETURN_NULL) {
            return;
        }
        throw duckdb::CatalogException::MissingEntry(duckdb::CatalogType::SCHEMA_ENTRY, info.name, duckdb::string());
    }
    if (schema->id == catalog::kMainSchema) {
        throw_error(make_error(ErrorCode::kDependentObjects,
                               "cannot drop schema \"main\" because the database needs it"));
    }
    drop(storage, schema, info.cascade);
}

namespace {

constexpr ObjectKind kKindsInSchemas[] = {ObjectKind::kIndex,      ObjectKind::kView, ObjectKind::kTable,
                                          ObjectKind::kScalarMacro, ObjectKind::kTableMacro, ObjectKind::kSequence,
                                          ObjectKind::kType,      ObjectKind::kRoutine, ObjectKind::kTest};

std::vector<ObjectPtr> contents_of(const CatalogState& state, ObjectId schema) {
    std::vector<ObjectPtr> all;
    for (const ObjectKind kind : kKindsInSchemas) {
        const auto some = state.list(kind, schema);
        all.insert(all.end(), some.begin(), some.end());
    }
    return all;
}

// What goes without saying when `object` is dropped: its indexes and triggers, and the sequences it owns.
bool belongs_to(const catalog::CatalogObject& dependent, const catalog::CatalogObject& object) {
    if (const auto* trigger = std::get_if<catalog::TriggerDefinition>(&dependent.definition)) {
        return trigger->table == object.id;
    }
    return dependent.kind == ObjectKind::kIndex && object.kind == ObjectKind::kTable;
}

bool refers_by_key(const catalog::CatalogObject& dependent, ObjectId table) {
    if (dependent.kind != ObjectKind::kTable) {
        return false;
    }
    return std::ranges::any_of(dependent.table().foreign_keys,
                               [&](const auto& key) { return key.referenced_table == table; });
}

[[noreturn]] void refuse_drop(const catalog::CatalogObject& object, const std::vector<ObjectPtr>& dependents) {
    std::string list;
    for (const ObjectPtr& dependent : dependents) {
        const std::string type = dependent->kind == ObjectKind::kTrigger ? "Trigger"
                                 : dependent->kind == ObjectKind::kTest  ? "Test"
                                                                         : duckdb::CatalogTypeToString(to_catalog_type(
                                                                               dependent->kind));
        list += (list.empty() ? "" : ", ") + type + " \"" + dependent->name + "\"";
    }
    throw_error(make_error(ErrorCode::kDependentObjects,
                           "cannot drop entry \"" + object.name + "\" because there are entries that depend on it")
                    .with_detail("These depend on it: " + list + ".")
                    .with_hint("Use DROP ... CASCADE to drop them as well."));
}

// Takes the foreign keys to `table` out of `dependent`.
void drop_keys_to(storage::Transaction& transaction, const ObjectPtr& dependent, ObjectId table) {
    catalog::CatalogObject changed = *dependent;
    auto& keys = std::get<catalog::TableDefinition>(changed.definition).foreign_keys;
    std::erase_if(keys, [&](const auto& key) { return key.referenced_table == table; });
    throw_if_error(transaction.put_object(std::move(changed)));
}

}  // namespace

void KodiakCatalog::drop(storage::Transaction& transaction, const ObjectPtr& object, bool cascade) {
    const auto before = transaction.catalog();
    std::vector<ObjectPtr> blocking;
    std::vector<ObjectPtr> along;
    for (const ObjectPtr& dependent : before->dependents_of(object->id)) {
        if (dependent->id != object->id) {
            (belongs_to(*dependent, *object) ? along : blocking).push_back(dependent);
        }
    }
    if (object->kind == ObjectKind::kSchema) {
        blocking = contents_of(*before, object->id);
    }
    if (!blocking.empty() && !cascade) {
        refuse_drop(*object, blocking);
    }
    for (const ObjectPtr& dependent : blocking) {
        const ObjectPtr current = transaction.catalog()->find(dependent->id);
        if (current == nullptr) {
            continue;
        }
        if (object->kind == ObjectKind::kTable && refers_by_key(*current, object->id)) {
            drop_keys_to(transaction, current, object->id);
        } else {
            drop(transaction, current, true);
        }
    }
    for (const ObjectPtr& dependent : along) {
        throw_if_error(transaction.drop_object(dependent->id));
    }
    throw_if_error(transaction.drop_object(object->id));
    for (const ObjectPtr& sequence : before->list(ObjectKind::kSequence)) {
        if (std::get<catalog::SequenceDefinition>(sequence->definition).owned_by == object->id &&
            transaction.catalog()->find(sequence->id) != nullptr) {
            drop(transaction, sequence, cascade);
        }
    }
}

duckdb::PhysicalOperator& KodiakCatalog::PlanCreateTableAs(duckdb::ClientContext& context,
                                                           duckdb::PhysicalPlanGenerator& planner,
                                                           duckdb::LogicalCreateTable& op,
                                                           duckdb::PhysicalOperator& plan) {
    return plan_create_table_as(context, planner, op, plan);
}

duckdb::PhysicalOperator& KodiakCatalog::PlanInsert(duckdb::ClientContext& context,
                                                    duckdb::PhysicalPlanGenerator& planner, duckdb::LogicalInsert& op,
                                                    duckdb::optional_ptr<duckdb::PhysicalOperator> plan) {
    return plan_insert(context, planner, op, plan);
}

duckdb::PhysicalOperator& KodiakCatalog::PlanDelete(duckdb::ClientContext& context,
                                                    duckdb::PhysicalPlanGenerator& planner, duckdb::LogicalDelete& op,
                                                    duckdb::PhysicalOperator& plan) {
    return plan_delete(context, planner, op, plan);
}

duckdb::PhysicalOperator& KodiakCatalog::PlanUpdate(duckdb::ClientContext& context,
                                                    duckdb::PhysicalPlanGenerator& planner, duckdb::LogicalUpdate& op,
                                                    duckdb::PhysicalOperator& plan) {
    return plan_update(context, planner, op, plan);
}

duckdb::PhysicalOperator& KodiakCatalog::PlanMergeInto(duckdb::ClientContext& context,
                                                       duckdb::PhysicalPlanGenerator& planner,
                                                       duckdb::LogicalMergeInto& op, duckdb::PhysicalOperator& plan) {
    return plan_merge_into(context, planner, op, plan);
}

duckdb::unique_ptr<duckdb::LogicalOperator> KodiakCatalog::BindCreateIndex(
    duckdb::Binder&, duckdb::CreateStatement& stmt, duckdb::TableCatalogEntry& table,
    duckdb::unique_ptr<duckdb::LogicalOperator>) {
    return plan_create_index(stmt, table);
}

duckdb::unique_ptr<duckdb::LogicalOperator> KodiakCatalog::BindAlterAddIndex(
    duckdb::Binder&, duckdb::TableCatalogEntry&, duckdb::unique_ptr<duckdb::LogicalOperator>,
    duckdb::unique_ptr<duckdb::CreateIndexInfo>, duckdb::unique_ptr<duckdb::AlterTableInfo> alter_info) {
    // The store builds the key when the definition is put, so that ADD PRIMARY KEY is an ordinary ALTER.
    return duckdb::make_uniq<duckdb::LogicalSimple>(duckdb::LogicalOperatorType::LOGICAL_ALTER,
                                                    std::move(alter_info));
}

duckdb::DatabaseSize KodiakCatalog::GetDatabaseSize(duckdb::ClientContext&) {
    duckdb::DatabaseSize size;
    size.bytes = core_.bytes_on_disk();
    size.block_size = 1;
    size.total_blocks = size.bytes;
    size.used_blocks = size.bytes;
    return size;
}

}  // namespace kodiak::engine
