#pragma once

// System tables: tables that the database keeps for itself in the same store as user tables.
//
// `objects` holds every definition as one row, so that definitions are committed, hashed, branched and time-travelled
// by the same code as data. Its own definition is built in and frozen.

#include "base/bytes/string_ref.hpp"
#include "catalog/definition.hpp"

namespace kodiak::catalog {

// Columns of `objects`, in order of their ids 1..7.
inline constexpr ColumnId kObjectIdColumn{1};      // UBIGINT, primary key
inline constexpr ColumnId kObjectKindColumn{2};    // UTINYINT: ObjectKind
inline constexpr ColumnId kObjectSpaceColumn{3};   // UTINYINT: NameSpace; unique with schema and folded name
inline constexpr ColumnId kObjectSchemaColumn{4};  // UBIGINT
inline constexpr ColumnId kObjectFoldedColumn{5};  // VARCHAR: fold_name(name)
inline constexpr ColumnId kObjectNameColumn{6};    // VARCHAR
inline constexpr ColumnId kObjectDefinitionColumn{7};  // BLOB: encode_definition()

// The definition of the system table `objects`.
const TableDefinition& objects_table();
// The same as an object, for code that looks tables up by id.
const CatalogObject& objects_table_object();

}  // namespace kodiak::catalog
