#pragma once

// Definitions both ways between DuckDB's CreateInfo objects and our catalog objects.
//
// How        Expressions are kept as DuckDB writes them (ToString) and parsed again; columns and constraints are kept
//            by ColumnId, so a CreateTableInfo made from a definition always shows the current names.
// Errors     Thrown as DuckDB exceptions (errors/errors.hpp). Text in a stored definition that no longer parses is
//            kCorruption.
// Threads    Pure functions.

#include <string>
#include <vector>

#include "duckdb/common/enums/catalog_type.hpp"
#include "duckdb/parser/constraint.hpp"
#include "duckdb/parser/parsed_data/create_info.hpp"
#include "duckdb/parser/parsed_data/create_macro_info.hpp"
#include "duckdb/parser/parsed_data/create_table_info.hpp"
#include "duckdb/parser/parsed_data/create_view_info.hpp"
#include "duckdb/parser/parsed_expression.hpp"

#include "catalog/catalog_state.hpp"

namespace kodiak::engine {

// What DuckDB calls an object of this kind.
duckdb::CatalogType to_catalog_type(catalog::ObjectKind kind);
// The name space in which DuckDB looks for entries of `type`; false when Kodiak has none of that type.
bool name_space_of(duckdb::CatalogType type, catalog::NameSpace& space);

duckdb::Value comment_value(const std::string& comment);
std::string comment_text(const duckdb::Value& comment);

// Reads one expression.
duckdb::unique_ptr<duckdb::ParsedExpression> parse_expression(const std::string& sql);
// Reads one CREATE statement.
duckdb::unique_ptr<duckdb::CreateInfo> parse_create(const std::string& sql);
// Names of the columns that an expression refers to.
std::vector<std::string> columns_of(const duckdb::ParsedExpression& expression);
// `sql` with references to column `from` replaced by `to`.
std::string rename_column_in(const std::string& sql, const std::string& from, const std::string& to);

// Throws unless keys and indexes may be on `column`. Not on nested types and VARIANT: their values can be equal in SQL
// while their bytes differ ([0.0] = [-0.0], 1::TINYINT = 1::BIGINT), so a unique index would let duplicates in.
void require_key_type(const catalog::ColumnDefinition& column);

// A table's definition as DuckDB's info; `state` supplies the names of referenced tables.
duckdb::unique_ptr<duckdb::CreateTableInfo> make_table_info(const std::string& catalog_name,
                                                            const std::string& schema_name,
                                                            const catalog::CatalogObject& object,
                                                            const catalog::CatalogState& state);
// The definition of a bound CREATE TABLE in `schema`, whose object will have the id `self`.
catalog::TableDefinition define_table(duckdb::CreateTableInfo& info, const catalog::CatalogState& state,
                                      ObjectId schema, ObjectId self);
// Adds one constraint of DuckDB's to a definition that has all its columns.
void add_constraint(const duckdb::Constraint& constraint, const duckdb::ColumnList& columns,
                    const std::string& table_name, const catalog::CatalogState& state, ObjectId schema, ObjectId self,
                    catalog::TableDefinition& table);

// A view's or macro's SQL free of catalog and schema names, so that it survives renames of the database.
catalog::SqlDefinition define_view(const duckdb::CreateViewInfo& info);
catalog::SqlDefinition define_macro(const duckdb::CreateMacroInfo& info);

// The objects that DuckDB's binder saw a definition use.
std::vector<ObjectId> resolve_dependencies(const duckdb::LogicalDependencyList& dependencies,
                                           const catalog::CatalogState& state);

}  // namespace kodiak::engine
