#pragma once

// StatementNotes: what a statement says that the engine's parser has no place for.
//
// Why        DuckDB's parser refuses or drops parts of DDL that PostgreSQL's users write: referential actions,
//            IDENTITY, names of constraints, WITH options, ADD and DROP CONSTRAINT. The language room takes them out of
//            the text and notes them here; the engine room, which may not see the language room, puts them into
//            definitions.
// How        Constraints are told apart by their kind and their order in the text, which the engine's parser keeps.
// Threads    Values.

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "catalog/definition.hpp"

namespace kodiak::catalog {

struct NotedForeignKey {
    std::string name;  // empty: none was given
    ReferentialAction on_delete = ReferentialAction::kNoAction;
    ReferentialAction on_update = ReferentialAction::kNoAction;
};

// GENERATED ... AS IDENTITY, or a SERIAL type.
struct NotedIdentity {
    std::string column;
    bool always = false;  // GENERATED ALWAYS: an INSERT may not give a value
    std::optional<int64_t> start;
    std::optional<int64_t> increment;
    std::optional<int64_t> min_value;
    std::optional<int64_t> max_value;
    bool cycle = false;
};

struct StatementNotes {
    enum class Kind : uint8_t {
        kNone,
        kCreateTable,     // the notes below belong to the table it creates
        kAddConstraint,   // the text is a CREATE TABLE of the table to alter that holds the constraint alone
        kDropConstraint,  // the text drops a column of the constraint's name
        kInsert,
    };
    Kind kind = Kind::kNone;

    std::vector<std::string> key_names;    // of PRIMARY KEY and UNIQUE; empty names were not given
    std::vector<std::string> check_names;  // of CHECK
    std::vector<NotedForeignKey> foreign_keys;
    std::vector<NotedIdentity> identities;
    std::vector<std::pair<std::string, std::string>> options;  // WITH (...), sorted by key
    bool if_exists = false;                // kAddConstraint: ALTER TABLE IF EXISTS; kDropConstraint: DROP ... IF EXISTS
    bool overriding_system_value = false;  // kInsert

    // True when leaving the notes away would change what the statement means, not only names.
    bool matter() const;
};

}  // namespace kodiak::catalog
