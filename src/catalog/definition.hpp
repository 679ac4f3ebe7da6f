#pragma once

// Definitions: what the catalogue knows of each schema, table, view, macro, sequence, type, index, routine, test and
// trigger.
//
// What       Plain values with a frozen byte form. One definition is one row of the system table `objects`, so that
//            definitions are committed, hashed, branched and time-travelled like data (ARCHITECTURE.md).
// How        Expressions (defaults, CHECK, generated columns, view bodies, macro bodies) are kept as SQL text in the
//            dialect of the engine; columns and constraints refer to columns by ColumnId, never by name or position.
// Threads    Values.
// Not here   Row data, entry objects of the engine.

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "base/ids/ids.hpp"
#include "catalog/type.hpp"

namespace kodiak::catalog {

// Frozen numbers.
enum class ObjectKind : uint8_t {
    kSchema = 1,
    kTable = 2,
    kView = 3,
    kScalarMacro = 4,
    kTableMacro = 5,
    kSequence = 6,
    kType = 7,
    kIndex = 8,
    kRoutine = 9,  // functions and procedures of one name
    kTest = 10,
    kTrigger = 11,
    kSnapshot = 20,
    kWatermark = 21,
};

// Objects of one name space may not share a name within a schema: tables and views share one, the rest have their own.
// Frozen numbers.
enum class NameSpace : uint8_t {
    kSchemas,
    kRelations,
    kScalarMacros,
    kTableMacros,
    kSequences,
    kTypes,
    kIndexes,
    kRoutines,
    kTests,
    kTriggers,  // a name may occur once per table
    kSnapshots = 20,
    kWatermarks = 21,
};
NameSpace name_space_of(ObjectKind kind);

struct ColumnDefinition {
    ColumnId id;
    std::string name;
    Type type;
    bool not_null = false;
    std::string default_sql;    // expression text; empty = NULL
    std::string generated_sql;  // expression text of a VIRTUAL generated column; empty = ordinary column
    // Canonical bytes (one value, see canonical_row.hpp) that rows written before the column existed show; empty =
    // NULL.
    std::string missing_value;
    std::string comment;
    bool is_generated() const { return !generated_sql.empty(); }
    bool operator==(const ColumnDefinition&) const = default;
};

// PRIMARY KEY or UNIQUE.
struct KeyConstraint {
    std::string name;  // may be empty
    std::vector<ColumnId> columns;
    bool is_primary = false;
    bool operator==(const KeyConstraint&) const = default;
};

struct CheckConstraint {
    std::string name;
    std::string sql;
    bool operator==(const CheckConstraint&) const = default;
};

enum class ReferentialAction : uint8_t { kNoAction, kRestrict, kCascade, kSetNull, kSetDefault };

struct ForeignKeyConstraint {
    std::string name;
    std::vector<ColumnId> columns;     // of this table
    ObjectId referenced_table;
    std::vector<ColumnId> referenced;  // of the referenced table: a PRIMARY KEY or UNIQUE key of it
    ReferentialAction on_delete = ReferentialAction::kNoAction;
    ReferentialAction on_update = ReferentialAction::kNoAction;
    // With SET DEFAULT only: canonical bytes (canonical_row.hpp) of each column's default, empty = NULL.
    std::vector<std::string> defaults;
    bool sets_default() const {
        return on_delete == ReferentialAction::kSetDefault || on_update == ReferentialAction::kSetDefault;
    }
    bool operator==(const ForeignKeyConstraint&) const = default;
};

struct TableDefinition {
    // Counts every change of the stored columns (add, drop, type); rows carry the version they were written in.
    SchemaVersion schema_version{1};
    ColumnId next_column_id{1};
    std::vector<ColumnDefinition> columns;  // in the user's order, generated columns included
    std::vector<KeyConstraint> keys;        // at most one primary
    std::vector<CheckConstraint> checks;
    std::vector<ForeignKeyConstraint> foreign_keys;
    std::vector<std::pair<std::string, std::string>> options;  // WITH (...), sorted by key

    const ColumnDefinition* find_column(ColumnId id) const;
    const ColumnDefinition* find_column(const std::string& name) const;  // case-insensitive
    const KeyConstraint* primary_key() const;
    // Columns that rows store, generated ones left out, in ascending ColumnId: the order of canonical rows and chunks.
    std::vector<const ColumnDefinition*> stored_columns() const;
    bool operator==(const TableDefinition&) const = default;
};

// Views, macros, types and tests are kept as the SQL that creates them.
struct SqlDefinition {
    std::string create_sql;
    bool operator==(const SqlDefinition&) const = default;
};

struct SequenceDefinition {
    int64_t start = 1;
    int64_t increment = 1;
    int64_t min_value = 1;
    int64_t max_value = INT64_MAX;
    bool cycle = false;
    ObjectId owned_by;  // table whose drop takes the sequence along (IDENTITY); kNoObject = none
    bool operator==(const SequenceDefinition&) const = default;
};

struct TypeDefinition {
    Type type;
    bool operator==(const TypeDefinition&) const = default;
};

struct IndexDefinition {
    ObjectId table;
    std::vector<ColumnId> columns;
    bool is_unique = false;
    std::string create_sql;
    bool operator==(const IndexDefinition&) const = default;
};

// PL-Grizzly functions and procedures of one name, as the statements that create them, in order of creation.
struct RoutineDefinition {
    std::vector<std::string> overloads;
    bool operator==(const RoutineDefinition&) const = default;
};

struct TriggerDefinition {
    ObjectId table;  // or view
    bool enabled = true;
    std::string create_sql;
    bool operator==(const TriggerDefinition&) const = default;
};

struct SchemaDefinition {
    bool operator==(const SchemaDefinition&) const = default;
};

// A named place in history: a snapshot, or how far a consumer of changes has come. Belongs to no schema.
struct PointDefinition {
    uint64_t commit = 0;           // seq; 0 = before the first one
    std::string commit_id;         // its ULID as text; empty before the first one
    std::string head;              // 32 bytes: root of the history tree over commits 1..commit
    std::vector<ObjectId> tables;  // watermarks: what the consumer reads; empty = all tables
    bool operator==(const PointDefinition&) const = default;
};

struct CatalogObject {
    ObjectId id;
    ObjectKind kind = ObjectKind::kSchema;
    ObjectId schema;  // kNoObject for schemas themselves, snapshots and watermarks
    std::string name;
    std::string comment;
    std::vector<std::pair<std::string, std::string>> tags;
    // Objects that must not vanish while this one exists, besides those its definition names (e.g. a sequence used by
    // a default, a type used by a column).
    std::vector<ObjectId> depends_on;
    std::variant<SchemaDefinition, TableDefinition, SqlDefinition, SequenceDefinition, TypeDefinition, IndexDefinition,
                 PointDefinition, RoutineDefinition, TriggerDefinition>
        definition;

    const TableDefinition& table() const { return std::get<TableDefinition>(definition); }
    bool operator==(const CatalogObject&) const = default;
};

// The definition's frozen byte form (docs/formats/definitions.md); everything but id, kind, schema and name, which are
// columns of their own in the system table.
std::string encode_definition(const CatalogObject& object);
// Fills definition, comment, tags and depends_on of `object`, whose other fields are set. kCorruption when malformed,
// kVersionTooNew when written by a later format.
Status decode_definition(std::string_view bytes, CatalogObject& object);

// System objects with ids of their own.
inline constexpr ObjectId kObjectsTable{1};     // the system table that holds all definitions
inline constexpr ObjectId kKeyChangesTable{2};  // the system table that links rows whose primary key changed
inline constexpr ObjectId kMainSchema{16};      // schema "main", made with the database
inline constexpr uint32_t kFirstUserObject = 1024;

}  // namespace kodiak::catalog
