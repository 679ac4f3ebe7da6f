#include "engine/connection/noted_statement.hpp"

#include "duckdb/catalog/catalog.hpp"
#include "duckdb/main/database_manager.hpp"
#include "duckdb/parser/constraints/unique_constraint.hpp"
#include "duckdb/parser/parsed_data/alter_table_info.hpp"
#include "duckdb/parser/parsed_data/create_table_info.hpp"
#include "duckdb/parser/statement/alter_statement.hpp"
#include "duckdb/parser/statement/create_statement.hpp"
#include "duckdb/planner/binder.hpp"

#include "engine/catalog/kodiak_catalog.hpp"
#include "engine/errors/errors.hpp"

namespace kodiak::engine {

namespace {

using Kind = catalog::StatementNotes::Kind;

[[noreturn]] void refuse() {
    throw_error(make_error(ErrorCode::kUnsupported,
                           "this definition needs a table of a Kodiak database: referential actions, IDENTITY, SERIAL, "
                           "table options, ADD and DROP CONSTRAINT are Kodiak's own"));
}

void require_kodiak_catalog(duckdb::ClientContext& context, std::string catalog, std::string schema) {
    duckdb::Binder::BindSchemaOrCatalog(context, catalog, schema);
    if (catalog.empty()) {
        catalog = duckdb::DatabaseManager::GetDefaultDatabase(context);
    }
    if (duckdb::Catalog::GetCatalog(context, catalog).GetCatalogType() != KodiakCatalog::kType) {
        refuse();
    }
}

// A table that does not exist is DuckDB's to complain about.
void require_kodiak_table(duckdb::ClientContext& context, std::string catalog, std::string schema,
                          const std::string& table) {
    duckdb::Binder::BindSchemaOrCatalog(context, catalog, schema);
    auto entry = duckdb::Catalog::GetEntry(
        context, catalog, schema, duckdb::EntryLookupInfo(duckdb::CatalogType::TABLE_ENTRY, table),
        duckdb::OnEntryNotFound::RETURN_NULL);
    if (entry && entry->ParentCatalog().GetCatalogType() != KodiakCatalog::kType) {
        refuse();
    }
}

bool is_primary_key(const duckdb::Constraint& constraint) {
    return constraint.type == duckdb::ConstraintType::UNIQUE &&
           constraint.Cast<duckdb::UniqueConstraint>().IsPrimaryKey();
}

duckdb::unique_ptr<duckdb::SQLStatement> add_constraint_statement(duckdb::CreateStatement& create,
                                                                  const catalog::StatementNotes& notes) {
    auto& info = create.info->Cast<duckdb::CreateTableInfo>();
    const auto if_not_found =
        notes.if_exists ? duckdb::OnEntryNotFound::RETURN_NULL : duckdb::OnEntryNotFound::THROW_EXCEPTION;
    auto alter = duckdb::make_uniq<duckdb::AlterStatement>();
    alter->info = duckdb::make_uniq<duckdb::AddConstraintInfo>(
        duckdb::AlterEntryData(info.catalog, info.schema, info.table, if_not_found), std::move(info.constraints[0]));
    alter->query = create.query;
    alter->stmt_location = create.stmt_location;
    alter->stmt_length = create.stmt_length;
    return alter;
}

}  // namespace

void apply_notes(duckdb::ClientContext& context, duckdb::unique_ptr<duckdb::SQLStatement>& statement,
                 const catalog::StatementNotes& notes) {
    if (!notes.matter()) {
        return;
    }
    context.RunFunctionInTransaction([&] {
        if (notes.kind == Kind::kDropConstraint) {
            const auto& info = *statement->Cast<duckdb::AlterStatement>().info;
            require_kodiak_table(context, info.catalog, info.schema, info.name);
            return;
        }
        const auto& info = statement->Cast<duckdb::CreateStatement>().info->Cast<duckdb::CreateTableInfo>();
        if (notes.kind == Kind::kCreateTable) {
            require_kodiak_catalog(context, info.catalog, info.schema);
        } else if (!is_primary_key(*info.constraints.at(0))) {
            require_kodiak_table(context, info.catalog, info.schema, info.table);
        }
    });
    if (notes.kind == Kind::kAddConstraint) {
        statement = add_constraint_statement(statement->Cast<duckdb::CreateStatement>(), notes);
    }
}

}  // namespace kodiak::engine
