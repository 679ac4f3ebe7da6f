#include "engine/catalog/schema_entry.hpp"

#include <algorithm>

#include "duckdb/catalog/default/default_types.hpp"
#include "duckdb/catalog/entry_lookup_info.hpp"
#include "duckdb/parser/expression/columnref_expression.hpp"
#include "duckdb/parser/parsed_data/alter_info.hpp"
#include "duckdb/parser/parsed_data/create_index_info.hpp"
#include "duckdb/parser/parsed_data/create_schema_info.hpp"
#include "duckdb/parser/parsed_data/create_sequence_info.hpp"
#include "duckdb/parser/parsed_data/create_type_info.hpp"
#include "duckdb/parser/parsed_data/drop_info.hpp"
#include "duckdb/planner/binder.hpp"
#include "duckdb/planner/parsed_data/bound_create_table_info.hpp"

#include "engine/catalog/alter_object.hpp"
#include "engine/catalog/definitions.hpp"
#include "engine/catalog/kodiak_catalog.hpp"
#include "engine/catalog/noted_definitions.hpp"
#include "engine/catalog/table_entry.hpp"
#include "engine/errors/errors.hpp"
#include "engine/transaction/kodiak_transaction.hpp"
#include "engine/transaction/session_transaction.hpp"
#include "engine/types/types.hpp"

namespace kodiak::engine {

using catalog::CatalogObject;
using catalog::CatalogState;
using catalog::NameSpace;
using catalog::ObjectKind;
using catalog::ObjectPtr;
using duckdb::CatalogType;
using EntryPtr = duckdb::optional_ptr<duckdb::CatalogEntry>;

KodiakSchemaEntry::KodiakSchemaEntry(KodiakCatalog& kodiak_catalog, duckdb::CreateSchemaInfo& info,
                                     ObjectPtr definition)
    : duckdb::SchemaCatalogEntry(kodiak_catalog, info), kodiak_(kodiak_catalog), definition_(std::move(definition)) {
    comment = info.comment;
    tags = info.tags;
}

namespace {

std::vector<ObjectKind> kinds_of(CatalogType type) {
    switch (type) {
        case CatalogType::TABLE_ENTRY:  // DuckDB expects views among tables
            return {ObjectKind::kTable, ObjectKind::kView};
        case CatalogType::VIEW_ENTRY:
            return {ObjectKind::kView};
        case CatalogType::MACRO_ENTRY:
        case CatalogType::SCALAR_FUNCTION_ENTRY:
            return {ObjectKind::kScalarMacro};
        case CatalogType::TABLE_MACRO_ENTRY:
        case CatalogType::TABLE_FUNCTION_ENTRY:
            return {ObjectKind::kTableMacro};
        case CatalogType::SEQUENCE_ENTRY:
            return {ObjectKind::kSequence};
        case CatalogType::TYPE_ENTRY:
            return {ObjectKind::kType};
        case CatalogType::INDEX_ENTRY:
            return {ObjectKind::kIndex};
        default:
            return {};
    }
}

[[noreturn]] void refuse_kind(const char* what) {
    throw_error(make_error(ErrorCode::kUnsupported,
                           std::string("a Kodiak database cannot hold ") + what + "; create it in \"temp\" instead"));
}

}  // namespace

void KodiakSchemaEntry::scan(const CatalogState& state, CatalogType wanted,
                             const std::function<void(duckdb::CatalogEntry&)>& callback) {
    for (const ObjectKind kind : kinds_of(wanted)) {
        for (const ObjectPtr& object : state.list(kind, id())) {
            callback(kodiak_.entry_of(object, state));
        }
    }
}

void KodiakSchemaEntry::Scan(duckdb::ClientContext& context, CatalogType wanted,
                             const std::function<void(duckdb::CatalogEntry&)>& callback) {
    const auto transaction = kodiak_.GetCatalogTransaction(context);
    const auto moment = KodiakCatalog::moment_of(transaction);
    if (!moment) {
        scan(*transaction_of(context, kodiak_).catalog(), wanted, callback);
        return;
    }
    KodiakTransaction& asking = asking_of(transaction);
    const auto state = value_or_throw(asking.storage().past_catalog(moment->upto));
    for (const ObjectKind kind : kinds_of(wanted)) {
        for (const ObjectPtr& object : state->list(kind, id())) {
            callback(kodiak_.past_entry_of(asking, object, state, *moment));
        }
    }
}

void KodiakSchemaEntry::Scan(CatalogType wanted, const std::function<void(duckdb::CatalogEntry&)>& callback) {
    scan(*kodiak_.latest_state(), wanted, callback);
}

EntryPtr KodiakSchemaEntry::LookupEntry(duckdb::CatalogTransaction transaction,
                                        const duckdb::EntryLookupInfo& lookup) {
    NameSpace space{};
    if (!name_space_of(lookup.GetCatalogType(), space)) {
        return nullptr;
    }
    const auto at = lookup.GetAtClause();
    if (const auto moment = at ? std::optional(kodiak_.past_of(transaction, *at)) : kodiak_.moment_of(transaction)) {
        const auto then = value_or_throw(asking_of(transaction).storage().past_catalog(moment->upto));
        const auto routine = routine_entry(*then, lookup);
        return routine ? routine : past_entry(transaction, space, lookup.GetEntryName(), *moment);
    }
    const auto state = kodiak_.state_of(transaction);
    const ObjectPtr object = state->find(space, id(), lookup.GetEntryName());
    return object != nullptr ? EntryPtr(kodiak_.entry_of(object, *state)) : routine_entry(*state, lookup);
}

// Functions of code are found where there is no macro of the name.
EntryPtr KodiakSchemaEntry::routine_entry(const CatalogState& state, const duckdb::EntryLookupInfo& lookup) {
    const bool as_table = lookup.GetCatalogType() == CatalogType::TABLE_FUNCTION_ENTRY;
    if (!as_table && lookup.GetCatalogType() != CatalogType::SCALAR_FUNCTION_ENTRY) {
        return nullptr;
    }
    const ObjectPtr routine = state.find(NameSpace::kRoutines, id(), lookup.GetEntryName());
    return routine == nullptr ? EntryPtr() : EntryPtr(kodiak_.routine_entry_of(routine, state, as_table));
}

EntryPtr KodiakSchemaEntry::past_entry(duckdb::CatalogTransaction transaction, NameSpace space,
                                       const std::string& entry_name, const storage::PastPoint& point) {
    KodiakTransaction& asking = asking_of(transaction);
    const auto state = value_or_throw(asking.storage().past_catalog(point.upto));
    const ObjectPtr object = state->find(space, id(), entry_name);
    if (object != nullptr) {
        return &kodiak_.past_entry_of(asking, object, state, point);
    }
    if (kodiak_.state_of(transaction)->find(space, id(), entry_name) != nullptr) {
        throw_error(make_error(ErrorCode::kBeforeCreation,
                               "\"" + entry_name + "\" did not exist yet as of commit " + std::to_string(point.upto))
                        .with_hint("Name a later point; kodiak_commits() lists all commits."));
    }
    return nullptr;
}

CatalogObject KodiakSchemaEntry::new_object(const duckdb::CreateInfo& info, ObjectKind kind,
                                            const std::string& object_name) const {
    CatalogObject object;
    object.kind = kind;
    object.schema = id();
    object.name = object_name;
    object.comment = comment_text(info.comment);
    for (const auto& tag : info.tags) {
        object.tags.emplace_back(tag.first, tag.second);
    }
    return object;
}

EntryPtr KodiakSchemaEntry::add(duckdb::CatalogTransaction transaction, CatalogObject object,
                                duckdb::OnCreateConflict conflict) {
    storage::Transaction& storage = transaction_of(transaction.GetContext(), kodiak_);
    const ObjectPtr existing = storage.catalog()->find(name_space_of(object.kind), id(), object.name);
    if (existing != nullptr) {
        const auto old_type = to_catalog_type(existing->kind);
        if (conflict == duckdb::OnCreateConflict::IGNORE_ON_CONFLICT) {
            return nullptr;
        }
        if (conflict != duckdb::OnCreateConflict::REPLACE_ON_CONFLICT) {
            throw duckdb::CatalogException::EntryAlreadyExists(old_type, object.name);
        }
        if (existing->kind != object.kind) {
            throw duckdb::CatalogException("Existing object %s is of type %s, trying to replace with type %s",
                                           object.name, duckdb::CatalogTypeToString(old_type),
                                           duckdb::CatalogTypeToString(to_catalog_type(object.kind)));
        }
        kodiak_.drop(storage, existing, false);
    }
    if (object.id == kNoObject) {
        object.id = storage.new_object_id();
    }
    const ObjectId new_id = object.id;
    throw_if_error(storage.put_object(std::move(object)));
    const auto state = storage.catalog();
    return &kodiak_.entry_of(state->find(new_id), *state);
}

EntryPtr KodiakSchemaEntry::CreateTable(duckdb::CatalogTransaction transaction, duckdb::BoundCreateTableInfo& info) {
    auto& base = info.Base();
    storage::Transaction& storage = transaction_of(transaction.GetContext(), kodiak_);
    const auto state = storage.catalog();
    if (base.on_conflict == duckdb::OnCreateConflict::IGNORE_ON_CONFLICT &&
        state->find(NameSpace::kRelations, id(), base.table) != nullptr) {
        return nullptr;
    }
    const auto& notes = notes_of(transaction.GetContext());
    CatalogObject object = new_object(base, ObjectKind::kTable, base.table);
    object.id = storage.new_object_id();
    object.definition = define_table(base, *state, id(), object.id);
    object.depends_on = resolve_dependencies(base.dependencies, *state);
    if (notes.kind == catalog::StatementNotes::Kind::kCreateTable) {
        note_constraints(object, notes);
        std::get<catalog::TableDefinition>(object.definition).options = notes.options;
        if (!notes.identities.empty()) {
            return create_with_identities(transaction, std::move(object), base.on_conflict);
        }
    }
    return put_table(transaction, std::move(object), base.on_conflict);
}

EntryPtr KodiakSchemaEntry::create_with_identities(duckdb::CatalogTransaction transaction, CatalogObject object,
                                                   duckdb::OnCreateConflict conflict) {
    storage::Transaction& storage = transaction_of(transaction.GetContext(), kodiak_);
    // A table that is replaced goes first: its sequences have the names that the new ones want.
    const ObjectPtr existing = storage.catalog()->find(NameSpace::kRelations, id(), object.name);
    if (existing != nullptr) {
        if (conflict != duckdb::OnCreateConflict::REPLACE_ON_CONFLICT || existing->kind != ObjectKind::kTable) {
            return add(transaction, std::move(object), conflict);  // which refuses
        }
        kodiak_.drop(storage, existing, false);
    }
    for (const auto& identity : notes_of(transaction.GetContext()).identities) {
        std::string base = object.name + "_" + identity.column + "_seq";
        std::ranges::replace(base, '"', '_');  // nextval('...') knows no quote inside of a name
        std::string free = base;
        for (int number = 1; storage.catalog()->find(NameSpace::kSequences, id(), free) != nullptr; ++number) {
            free = base + std::to_string(number);
        }
        CatalogObject sequence = make_identity(object, identity, std::move(free));
        sequence.id = storage.new_object_id();
        object.depends_on.push_back(sequence.id);
        add(transaction, std::move(sequence), duckdb::OnCreateConflict::ERROR_ON_CONFLICT);
    }
    return put_table(transaction, std::move(object), conflict);
}

EntryPtr KodiakSchemaEntry::put_table(duckdb::CatalogTransaction transaction, CatalogObject object,
                                      duckdb::OnCreateConflict conflict) {
    name_constraints(object);
    if (has_actions(object)) {
        auto& context = transaction.GetContext();
        const auto state = transaction_of(context, kodiak_).catalog();
        duckdb::vector<duckdb::unique_ptr<duckdb::Expression>> defaults;
        auto binder = duckdb::Binder::CreateBinder(context);
        binder->BindCreateTableInfo(make_table_info(catalog.GetName(), name, object, *state), *this, defaults);
        settle_actions(context, object, *state, defaults);
    }
    return add(transaction, std::move(object), conflict);
}

EntryPtr KodiakSchemaEntry::CreateView(duckdb::CatalogTransaction transaction, duckdb::CreateViewInfo& info) {
    CatalogObject object = new_object(info, ObjectKind::kView, info.view_name);
    object.definition = define_view(info);
    return add(transaction, std::move(object), info.on_conflict);
}

EntryPtr KodiakSchemaEntry::CreateFunction(duckdb::CatalogTransaction transaction, duckdb::CreateFunctionInfo& info) {
    if (info.type != CatalogType::MACRO_ENTRY && info.type != CatalogType::TABLE_MACRO_ENTRY) {
        refuse_kind("functions written in C++");
    }
    const bool is_scalar = info.type == CatalogType::MACRO_ENTRY;
    const auto state = transaction_of(transaction.GetContext(), kodiak_).catalog();
    if (state->find(NameSpace::kRoutines, id(), info.name) != nullptr) {
        throw_error(make_error(ErrorCode::kDuplicateObject, "a function \"" + info.name + "\" exists already"));
    }
    CatalogObject object =
        new_object(info, is_scalar ? ObjectKind::kScalarMacro : ObjectKind::kTableMacro, info.name);
    object.definition = define_macro(info.Cast<duckdb::CreateMacroInfo>());
    return add(transaction, std::move(object), info.on_conflict);
}

EntryPtr KodiakSchemaEntry::CreateSequence(duckdb::CatalogTransaction transaction, duckdb::CreateSequenceInfo& info) {
    CatalogObject object = new_object(info, ObjectKind::kSequence, info.name);
    catalog::SequenceDefinition sequence;
    sequence.start = info.start_value;
    sequence.increment = info.increment;
    sequence.min_value = info.min_value;
    sequence.max_value = info.max_value;
    sequence.cycle = info.cycle;
    object.definition = sequence;
    return add(transaction, std::move(object), info.on_conflict);
}

EntryPtr KodiakSchemaEntry::CreateType(duckdb::CatalogTransaction transaction, duckdb::CreateTypeInfo& info) {
    if (duckdb::DefaultTypeGenerator::GetDefaultType(info.name) != duckdb::LogicalTypeId::INVALID) {
        throw_error(make_error(ErrorCode::kDuplicateObject,
                               "cannot create type \"" + info.name + "\": a built-in type of this name exists"));
    }
    CatalogObject object = new_object(info, ObjectKind::kType, info.name);
    object.definition = catalog::TypeDefinition{to_catalog_type(info.type)};
    const auto state = transaction_of(transaction.GetContext(), kodiak_).catalog();
    object.depends_on = resolve_dependencies(info.dependencies, *state);
    return add(transaction, std::move(object), info.on_conflict);
}

EntryPtr KodiakSchemaEntry::CreateIndex(duckdb::CatalogTransaction transaction, duckdb::CreateIndexInfo& info,
                                        duckdb::TableCatalogEntry& table) {
    const auto& entry = table.Cast<KodiakTableEntry>();
    if (!info.index_type.empty() && info.index_type != "ART") {
        throw_error(make_error(ErrorCode::kUnsupported, "index type is not supported: " + info.index_type)
                        .with_hint("Leave the USING clause away."));
    }
    CatalogObject object = new_object(info, ObjectKind::kIndex, info.index_name);
    catalog::IndexDefinition index;
    index.table = entry.definition()->id;
    index.is_unique = info.constraint_type == duckdb::IndexConstraintType::UNIQUE;
    for (const auto& expression : info.parsed_expressions) {
        if (expression->GetExpressionClass() != duckdb::ExpressionClass::COLUMN_REF) {
            throw_error(make_error(ErrorCode::kUnsupported,
                                   "an index can only be on columns, not on " + expression->ToString()));
        }
        const auto& column_name = expression->Cast<duckdb::ColumnRefExpression>().GetColumnName();
        const auto* column = entry.table().find_column(column_name);
        if (column == nullptr) {
            throw_error(make_error(ErrorCode::kUndefinedColumn, "table \"" + table.name +
                                                                    "\" does not have a column named \"" +
                                                                    column_name + "\""));
        }
        if (column->is_generated()) {
            throw_error(make_error(ErrorCode::kUnsupported,
                                   "an index cannot be on the generated column \"" + column_name + "\""));
        }
        require_key_type(*column);
        index.columns.push_back(column->id);
    }
    index.create_sql = info.ToString();
    object.definition = std::move(index);
    return add(transaction, std::move(object), info.on_conflict);
}

EntryPtr KodiakSchemaEntry::CreateTableFunction(duckdb::CatalogTransaction, duckdb::CreateTableFunctionInfo&) {
    refuse_kind("table functions written in C++");
}

EntryPtr KodiakSchemaEntry::CreateCopyFunction(duckdb::CatalogTransaction, duckdb::CreateCopyFunctionInfo&) {
    refuse_kind("copy functions");
}

EntryPtr KodiakSchemaEntry::CreatePragmaFunction(duckdb::CatalogTransaction, duckdb::CreatePragmaFunctionInfo&) {
    refuse_kind("pragma functions");
}

EntryPtr KodiakSchemaEntry::CreateCollation(duckdb::CatalogTransaction, duckdb::CreateCollationInfo&) {
    refuse_kind("collations");
}

void KodiakSchemaEntry::DropEntry(duckdb::ClientContext& context, duckdb::DropInfo& info) {
    storage::Transaction& storage = transaction_of(context, kodiak_);
    NameSpace space{};
    const ObjectPtr object =
        name_space_of(info.type, space) ? storage.catalog()->find(space, id(), info.name) : nullptr;
    if (object == nullptr) {
        throw duckdb::CatalogException::MissingEntry(info.type, info.name, duckdb::string());
    }
    const auto found_type = to_catalog_type(object->kind);
    if (found_type != info.type) {
        throw duckdb::CatalogException("Existing object %s is of type %s, trying to drop type %s", info.name,
                                       duckdb::CatalogTypeToString(found_type), duckdb::CatalogTypeToString(info.type));
    }
    kodiak_.drop(storage, object, info.cascade);
}

void KodiakSchemaEntry::Alter(duckdb::CatalogTransaction transaction, duckdb::AlterInfo& info) {
    alter_object(transaction.GetContext(), *this, info);
}

}  // namespace kodiak::engine
