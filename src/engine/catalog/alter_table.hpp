#pragma once

// ALTER TABLE, all kinds but RENAME TO; see alter_object.hpp.

#include "duckdb/main/client_context.hpp"
#include "duckdb/parser/parsed_data/alter_table_info.hpp"

#include "catalog/catalog_state.hpp"

namespace kodiak::engine {

class KodiakSchemaEntry;

// Requires: `table` is a table of `schema`.
void alter_table(duckdb::ClientContext& context, KodiakSchemaEntry& schema, const catalog::ObjectPtr& table,
                 duckdb::AlterTableInfo& info);

}  // namespace kodiak::engine
