#pragma once

// System tables: tables that the database keeps for itself in the same store as user tables.
//
// `objects`      holds every definition as one row, so that definitions are committed, hashed, branched and
//                time-travelled by the same code as data.
// `key_changes`  links the row that a change of primary key deleted to the row that it inserted in the same commit.
// Their own definitions are built in and frozen (docs/formats/definitions.md).

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

// Columns of `key_changes`, all UBIGINT; the first three are the primary key.
inline constexpr ColumnId kKeyChangeTableColumn{1};
inline constexpr ColumnId kKeyChangeNewOriginColumn{2};
inline constexpr ColumnId kKeyChangeNewRowColumn{3};
inline constexpr ColumnId kKeyChangeOldOriginColumn{4};
inline constexpr ColumnId kKeyChangeOldRowColumn{5};

// The definition of the system table `objects`.
const TableDefinition& objects_table();
// A system table as an object; nullptr when `id` is none.
const CatalogObject* find_system_table(ObjectId id);

}  // namespace kodiak::catalog
