#include "engine/router/router.hpp"

#include "duckdb/planner/binder.hpp"

#include "engine/catalog/kodiak_catalog.hpp"
#include "engine/catalog/table_entry.hpp"

namespace kodiak::engine {

using catalog::KeyStatement;

namespace {

void add_names(std::string& shape, const std::vector<std::string>& names) {
    for (const std::string& name : names) {
        shape += name;
        shape += '\0';  // no name holds it
    }
    shape += '\1';
}

}  // namespace

std::string Router::shape_of(const KeyStatement& statement) {
    std::string shape;
    shape += static_cast<char>('a' + static_cast<int>(statement.kind));
    add_names(shape, statement.table);
    add_names(shape, statement.columns);
    add_names(shape, statement.key_columns);
    shape += std::to_string(statement.values.size());
    if (statement.range) {
        shape += static_cast<char>('a' + static_cast<int>(statement.range->order));
    }
    return shape;
}

KeyPlan* Router::plan_for(duckdb::ClientContext& context, const KeyStatement& statement,
                          storage::Transaction& transaction, timeline::DatabaseCore& core) {
    std::string shape = shape_of(statement);
    const auto known = plans_.find(shape);
    const auto has_triggers = [&](const KeyPlan& plan) {
        return plan.writes() && !transaction.catalog()->triggers_on(plan.entry().definition()->id).empty();
    };
    if (known != plans_.end()) {
        KeyPlan* plan = known->second.get();
        if (plan == nullptr) {
            return nullptr;
        }
        const catalog::ObjectPtr& definition = plan->entry().definition();
        if (transaction.catalog()->find(definition->id) == definition) {
            return has_triggers(*plan) ? nullptr : plan;
        }
        plans_.erase(known);
        ++names_;
    }
    if (plans_.size() >= kPlansMax) {
        forget_names();
    }
    KeyPlan* made = (plans_[std::move(shape)] = resolve(context, statement, core)).get();
    return made == nullptr || has_triggers(*made) ? nullptr : made;
}

std::unique_ptr<KeyPlan> Router::resolve(duckdb::ClientContext& context, const KeyStatement& statement,
                                         timeline::DatabaseCore& core) {
    const auto& parts = statement.table;
    std::string database = parts.size() == 3 ? parts[0] : INVALID_CATALOG;
    std::string schema = parts.size() > 1 ? parts[parts.size() - 2] : INVALID_SCHEMA;
    KodiakTableEntry* table = nullptr;
    context.RunFunctionInTransaction([&] {
        if (parts.size() == 2) {
            duckdb::Binder::BindSchemaOrCatalog(context, database, schema);
        }
        const duckdb::EntryLookupInfo lookup(duckdb::CatalogType::TABLE_ENTRY, parts.back());
        auto entry =
            duckdb::Catalog::GetEntry(context, database, schema, lookup, duckdb::OnEntryNotFound::RETURN_NULL);
        if (entry && entry->type == duckdb::CatalogType::TABLE_ENTRY &&
            entry->ParentCatalog().GetCatalogType() == KodiakCatalog::kType) {
            table = &entry->Cast<KodiakTableEntry>();
        }
    });
    // A plan of a database that may be detached under it would outlive its entry.
    return table != nullptr && &table->core() == &core ? KeyPlan::make(statement, *table) : nullptr;
}

}  // namespace kodiak::engine
