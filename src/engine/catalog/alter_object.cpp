#include "engine/catalog/alter_object.hpp"

#include "duckdb/parser/parsed_data/alter_table_info.hpp"
#include "duckdb/parser/parsed_data/comment_on_column_info.hpp"

#include "engine/catalog/alter_table.hpp"
#include "engine/catalog/column_comments.hpp"
#include "engine/catalog/definitions.hpp"
#include "engine/catalog/kodiak_catalog.hpp"
#include "engine/catalog/schema_entry.hpp"
#include "engine/errors/errors.hpp"
#include "engine/transaction/session_transaction.hpp"

namespace kodiak::engine {

using catalog::CatalogObject;
using catalog::ObjectKind;
using catalog::ObjectPtr;

namespace {

void rename_object(storage::Transaction& transaction, const ObjectPtr& object, const std::string& new_name) {
    const auto state = transaction.catalog();
    const ObjectPtr other = state->find(name_space_of(object->kind), object->schema, new_name);
    if (other != nullptr && other->id != object->id) {
        throw_error(make_error(ErrorCode::kDuplicateTable, "could not rename \"" + object->name + "\" to \"" +
                                                               new_name + "\": another entry with this name exists"));
    }
    CatalogObject renamed = *object;
    renamed.name = new_name;
    throw_if_error(transaction.put_object(std::move(renamed)));
}

void comment_on(storage::Transaction& transaction, const ObjectPtr& object, const duckdb::SetCommentInfo& info) {
    CatalogObject commented = *object;
    commented.comment = comment_text(info.comment_value);
    throw_if_error(transaction.put_object(std::move(commented)));
}

void comment_on_column(storage::Transaction& transaction, const ObjectPtr& object,
                       const duckdb::SetColumnCommentInfo& info) {
    CatalogObject commented = *object;
    const std::string text = comment_text(info.comment_value);
    if (object->kind == ObjectKind::kView) {
        const std::string tag = column_comment_tag(info.column_name);
        std::erase_if(commented.tags, [&](const auto& entry) { return entry.first == tag; });
        if (!text.empty()) {
            commented.tags.emplace_back(tag, text);
        }
    } else {
        bool found = false;
        for (auto& column : std::get<catalog::TableDefinition>(commented.definition).columns) {
            if (catalog::fold_name(column.name) == catalog::fold_name(info.column_name)) {
                column.comment = text;
                found = true;
            }
        }
        if (!found) {
            throw_error(make_error(ErrorCode::kUndefinedColumn, "table \"" + object->name +
                                                                    "\" does not have a column named \"" +
                                                                    info.column_name + "\""));
        }
    }
    throw_if_error(transaction.put_object(std::move(commented)));
}

// ALTER SEQUENCE ... OWNED BY: the sequence goes when its table goes.
void change_owner(storage::Transaction& transaction, const ObjectPtr& object, ObjectId own_schema,
                  const duckdb::ChangeOwnershipInfo& info) {
    const auto state = transaction.catalog();
    const ObjectPtr schema =
        info.owner_schema.empty() ? state->find(own_schema) : state->find_schema(info.owner_schema);
    const ObjectPtr owner =
        schema == nullptr ? nullptr : state->find(catalog::NameSpace::kRelations, schema->id, info.owner_name);
    if (object->kind != ObjectKind::kSequence || (owner != nullptr && owner->kind != ObjectKind::kTable)) {
        throw_error(make_error(ErrorCode::kUnsupported, "only a sequence can be owned, and only by a table"));
    }
    if (owner == nullptr) {
        throw duckdb::CatalogException::MissingEntry(duckdb::CatalogType::TABLE_ENTRY, info.owner_name,
                                                     duckdb::string());
    }
    CatalogObject owned = *object;
    auto& definition = std::get<catalog::SequenceDefinition>(owned.definition);
    if (definition.owned_by != owner->id && state->find(definition.owned_by) != nullptr) {
        throw_error(make_error(ErrorCode::kDependentObjects,
                               "sequence \"" + object->name + "\" is already owned by another table"));
    }
    definition.owned_by = owner->id;
    throw_if_error(transaction.put_object(std::move(owned)));
}

}  // namespace

void alter_object(duckdb::ClientContext& context, KodiakSchemaEntry& schema, duckdb::AlterInfo& info) {
    storage::Transaction& transaction = transaction_of(context, schema.kodiak_catalog());
    catalog::NameSpace space{};
    ObjectPtr object;
    if (name_space_of(info.GetCatalogType(), space)) {
        object = transaction.catalog()->find(space, schema.id(), info.name);
    }
    if (object == nullptr) {
        throw duckdb::CatalogException::MissingEntry(info.GetCatalogType(), info.name, duckdb::string());
    }
    switch (info.type) {
        case duckdb::AlterType::SET_COMMENT:
            comment_on(transaction, object, info.Cast<duckdb::SetCommentInfo>());
            return;
        case duckdb::AlterType::SET_COLUMN_COMMENT:
            comment_on_column(transaction, object, info.Cast<duckdb::SetColumnCommentInfo>());
            return;
        case duckdb::AlterType::CHANGE_OWNERSHIP:
            change_owner(transaction, object, schema.id(), info.Cast<duckdb::ChangeOwnershipInfo>());
            return;
        case duckdb::AlterType::ALTER_VIEW:
            if (object->kind != ObjectKind::kView) {
                throw_error(make_error(ErrorCode::kUndefinedTable, "\"" + info.name + "\" is not a view"));
            }
            rename_object(transaction, object, info.Cast<duckdb::RenameViewInfo>().new_view_name);
            return;
        case duckdb::AlterType::ALTER_TABLE: {
            if (object->kind != ObjectKind::kTable) {
                throw_error(make_error(ErrorCode::kUndefinedTable, "\"" + info.name + "\" is not a table"));
            }
            auto& alteration = info.Cast<duckdb::AlterTableInfo>();
            if (alteration.alter_table_type == duckdb::AlterTableType::RENAME_TABLE) {
                rename_object(transaction, object, alteration.Cast<duckdb::RenameTableInfo>().new_table_name);
                return;
            }
            alter_table(context, schema, object, alteration);
            return;
        }
        default:
            throw_error(make_error(ErrorCode::kUnsupported, "this ALTER is not supported: " + info.ToString()));
    }
}

}  // namespace kodiak::engine
