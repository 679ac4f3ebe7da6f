#pragma once

// KodiakSchemaEntry: one schema of a Kodiak database; where objects are looked up, made, altered and dropped.
//
// Threads    Immutable; what it finds depends on the transaction that asks.
// Lifetime   See KodiakCatalog.
// Errors     DuckDB exceptions with its own wording where DuckDB has one.

#include "duckdb/catalog/catalog_entry/schema_catalog_entry.hpp"

#include "catalog/catalog_state.hpp"
#include "storage/transaction.hpp"

namespace kodiak::engine {

class KodiakCatalog;

class KodiakSchemaEntry : public duckdb::SchemaCatalogEntry {
   public:
    KodiakSchemaEntry(KodiakCatalog& catalog, duckdb::CreateSchemaInfo& info, catalog::ObjectPtr definition);

    ObjectId id() const { return definition_->id; }
    KodiakCatalog& kodiak_catalog() const { return kodiak_; }

    void Scan(duckdb::ClientContext& context, duckdb::CatalogType type,
              const std::function<void(duckdb::CatalogEntry&)>& callback) override;
    void Scan(duckdb::CatalogType type, const std::function<void(duckdb::CatalogEntry&)>& callback) override;
    duckdb::optional_ptr<duckdb::CatalogEntry> CreateIndex(duckdb::CatalogTransaction transaction,
                                                           duckdb::CreateIndexInfo& info,
                                                           duckdb::TableCatalogEntry& table) override;
    duckdb::optional_ptr<duckdb::CatalogEntry> CreateFunction(duckdb::CatalogTransaction transaction,
                                                              duckdb::CreateFunctionInfo& info) override;
    duckdb::optional_ptr<duckdb::CatalogEntry> CreateTable(duckdb::CatalogTransaction transaction,
                                                           duckdb::BoundCreateTableInfo& info) override;
    duckdb::optional_ptr<duckdb::CatalogEntry> CreateView(duckdb::CatalogTransaction transaction,
                                                          duckdb::CreateViewInfo& info) override;
    duckdb::optional_ptr<duckdb::CatalogEntry> CreateSequence(duckdb::CatalogTransaction transaction,
                                                              duckdb::CreateSequenceInfo& info) override;
    duckdb::optional_ptr<duckdb::CatalogEntry> CreateTableFunction(duckdb::CatalogTransaction transaction,
                                                                   duckdb::CreateTableFunctionInfo& info) override;
    duckdb::optional_ptr<duckdb::CatalogEntry> CreateCopyFunction(duckdb::CatalogTransaction transaction,
                                                                  duckdb::CreateCopyFunctionInfo& info) override;
    duckdb::optional_ptr<duckdb::CatalogEntry> CreatePragmaFunction(duckdb::CatalogTransaction transaction,
                                                                    duckdb::CreatePragmaFunctionInfo& info) override;
    duckdb::optional_ptr<duckdb::CatalogEntry> CreateCollation(duckdb::CatalogTransaction transaction,
                                                               duckdb::CreateCollationInfo& info) override;
    duckdb::optional_ptr<duckdb::CatalogEntry> CreateType(duckdb::CatalogTransaction transaction,
                                                          duckdb::CreateTypeInfo& info) override;
    duckdb::optional_ptr<duckdb::CatalogEntry> LookupEntry(duckdb::CatalogTransaction transaction,
                                                           const duckdb::EntryLookupInfo& lookup) override;
    void DropEntry(duckdb::ClientContext& context, duckdb::DropInfo& info) override;
    void Alter(duckdb::CatalogTransaction transaction, duckdb::AlterInfo& info) override;

   private:
    // What an entry was at the moment that an AT clause names.
    duckdb::optional_ptr<duckdb::CatalogEntry> past_entry(duckdb::CatalogTransaction transaction,
                                                          catalog::NameSpace space, const std::string& entry_name,
                                                          const storage::PastPoint& point);
    duckdb::optional_ptr<duckdb::CatalogEntry> routine_entry(const catalog::CatalogState& state,
                                                             const duckdb::EntryLookupInfo& lookup);
    // Adds `object`, whose id is still to be given unless it is set, under the rules of `conflict`; nullptr when an
    // object of its name stays.
    duckdb::optional_ptr<duckdb::CatalogEntry> add(duckdb::CatalogTransaction transaction,
                                                   catalog::CatalogObject object,
                                                   duckdb::OnCreateConflict conflict);
    // CreateTable with IDENTITY columns: their sequences first.
    duckdb::optional_ptr<duckdb::CatalogEntry> create_with_identities(duckdb::CatalogTransaction transaction,
                                                                      catalog::CatalogObject object,
                                                                      duckdb::OnCreateConflict conflict);
    // Names constraints, settles referential actions, and adds the table.
    duckdb::optional_ptr<duckdb::CatalogEntry> put_table(duckdb::CatalogTransaction transaction,
                                                         catalog::CatalogObject object,
                                                         duckdb::OnCreateConflict conflict);
    catalog::CatalogObject new_object(const duckdb::CreateInfo& info, catalog::ObjectKind kind,
                                      const std::string& name) const;
    void scan(const catalog::CatalogState& state, duckdb::CatalogType type,
              const std::function<void(duckdb::CatalogEntry&)>& callback);

    KodiakCatalog& kodiak_;
    catalog::ObjectPtr definition_;
};

}  // namespace kodiak::engine
