#pragma once

// Entries for sequences and indexes of Kodiak; views, macros and types use DuckDB's own classes.
//
// Lifetime   See KodiakCatalog.
// Threads    Immutable.

#include "duckdb/catalog/catalog_entry/index_catalog_entry.hpp"
#include "duckdb/catalog/catalog_entry/sequence_catalog_entry.hpp"
#include "duckdb/parser/parsed_data/create_index_info.hpp"
#include "duckdb/parser/parsed_data/create_sequence_info.hpp"

#include "catalog/catalog_state.hpp"

namespace kodiak::engine {

// A sequence: its counter is the store's, reached through functions/sequence_functions.hpp.
class KodiakSequenceEntry : public duckdb::SequenceCatalogEntry {
   public:
    KodiakSequenceEntry(duckdb::Catalog& catalog_entry, duckdb::SchemaCatalogEntry& schema_entry,
                        duckdb::CreateSequenceInfo& info, ObjectId id)
        : duckdb::SequenceCatalogEntry(catalog_entry, schema_entry, info), id_(id) {}
    ObjectId id() const { return id_; }

   private:
    ObjectId id_;
};

class KodiakIndexEntry : public duckdb::IndexCatalogEntry {
   public:
    KodiakIndexEntry(duckdb::Catalog& catalog_entry, duckdb::SchemaCatalogEntry& schema_entry,
                     duckdb::CreateIndexInfo& info)
        : duckdb::IndexCatalogEntry(catalog_entry, schema_entry, info), table_(info.table) {}
    duckdb::string GetSchemaName() const override { return schema.name; }
    duckdb::string GetTableName() const override { return table_; }

   private:
    duckdb::string table_;
};

}  // namespace kodiak::engine
