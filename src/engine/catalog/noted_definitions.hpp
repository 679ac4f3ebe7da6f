#pragma once

// What a statement's notes (catalog/statement_notes.hpp) and Kodiak's own rules add to the definition of a table.
//
// Errors     Thrown through errors/errors.hpp.

#include "duckdb/main/client_context.hpp"
#include "duckdb/planner/expression.hpp"

#include "catalog/catalog_state.hpp"
#include "catalog/statement_notes.hpp"

namespace kodiak::engine {

class KodiakSchemaEntry;

// Names and actions of the constraints from number `keys`, `checks`, `foreign_keys` on, which one statement declared.
struct FirstNew {
    size_t keys = 0;
    size_t checks = 0;
    size_t foreign_keys = 0;
};
void note_constraints(catalog::CatalogObject& table, const catalog::StatementNotes& notes, FirstNew first = {});
// Gives constraints without a name one as PostgreSQL does (t_pkey, t_a_key, t_a_check, t_a_fkey). kDuplicateObject when
// two have the same name.
void name_constraints(catalog::CatalogObject& table);

// Refuses actions that cannot be carried out, and keeps the defaults that SET DEFAULT needs. `defaults`: those of the
// ordinary columns, bound.
void settle_actions(duckdb::ClientContext& context, catalog::CatalogObject& table,
                    const catalog::CatalogState& state,
                    duckdb::vector<duckdb::unique_ptr<duckdb::Expression>>& defaults);
// True when settle_actions() has something to do.
bool has_actions(const catalog::CatalogObject& table);

// The canonical bytes of `value` in a column of type `type`, empty for NULL.
std::string canonical_bytes(duckdb::ClientContext& context, const duckdb::Value& value, const catalog::Type& type);

// --- IDENTITY: a column whose default draws from a sequence that the table owns. GENERATED ALWAYS is kept as a tag of
// the table, as a column's definition has no room for it.
inline constexpr std::string_view kIdentityTag = "kodiak.identity.";
inline std::string identity_tag(ColumnId column) { return std::string(kIdentityTag) + std::to_string(column.value); }
bool is_generated_always(const catalog::CatalogObject& table, ColumnId column);
// The sequence for `identity`, a column of `table`; `name` is free. Gives the column its default.
catalog::CatalogObject make_identity(catalog::CatalogObject& table, const catalog::NotedIdentity& identity,
                                     std::string name);

}  // namespace kodiak::engine
