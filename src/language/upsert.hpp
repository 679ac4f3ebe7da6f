#pragma once

// UPSERT: insert rows, or update those whose key exists already (language reference 2.2).
//
// What       rewrite_upsert() turns a parsed UPSERT into SQL that DuckDB runs: a MERGE INTO, so that a KEY need
//            not be declared unique.
// How        1. The table's columns and keys come through CatalogLookup, which the database room implements.
//            2. Every given column that is no key column is updated; columns not given keep their value on update
//               and get their default on insert. A NULL in a key matches nothing, so such a row is inserted.
//            3. Guards in the SQL raise 21000 when a key occurs twice in the input or fits several rows; a guard
//               that cannot fire (one row of VALUES, a declared unique key) is left out.
//            4. PREPARE name AS UPSERT becomes INSERT ... ON CONFLICT, as DuckDB cannot PREPARE a MERGE by SQL; the
//               key must then be the primary key or a declared unique one.
// Answer     A plain UPSERT answers how many rows it inserted and how many it updated. The rewritten statement
//            then ends in RETURNING merge_action: one column, 'INSERT' or 'UPDATE' per row touched, which the
//            caller counts (returns_merge_action). With the user's own RETURNING, EXPLAIN or PREPARE it is the
//            engine's answer as it is.
// Errors     42P10 kInvalidColumnReference (no key, or a key column is not given), 42703 kUndefinedColumn, 42701
//            kDuplicateColumn, 428C9 kGeneratedAlways, 42601 kSyntax (a row of VALUES has the wrong length), all with
//            position; those of CatalogLookup get the table's position. At run time: 21000 kCardinalityViolation
//            through recover_raised_error().
// Threads    Pure functions; CatalogLookup is called once, on the caller's thread.

#include <string>
#include <string_view>
#include <vector>

#include "base/result/result.hpp"
#include "language/rewrite.hpp"
#include "language/statement.hpp"

namespace kodiak::language {

struct ShapeColumn {
    std::string name;
    std::string type_sql;     // the type as SQL text, e.g. DECIMAL(9,2); empty: values are not cast beforehand
    std::string default_sql;  // the default as SQL text; empty: NULL
    bool generated = false;   // a generated column, which cannot be written
};

// What UPSERT must know of a table.
struct TableShape {
    std::string name;                                   // the table's own name
    std::vector<ShapeColumn> columns;                   // in order
    std::vector<std::string> primary_key;               // empty: none
    std::vector<std::vector<std::string>> unique_keys;  // other declared UNIQUE constraints
};

// Finds tables for the front end. Implemented by the room that knows the catalogue.
class CatalogLookup {
   public:
    virtual ~CatalogLookup() = default;
    // Returns the shape of a table named by 1 to 3 parts ([[database.]schema.]table), as the current transaction
    // sees it. Errors: kUndefinedTable (with a hint where names are near), kUndefinedObject.
    virtual Result<TableShape> table_shape(const std::vector<std::string>& name_parts) = 0;
};

struct UpsertRewrite {
    std::string sql;
    SourceMap source_map;               // leads back to the text that was given to rewrite_upsert
    bool returns_merge_action = false;  // the answer is one column merge_action: count it instead of showing it
};

// Rewrites an UPSERT. Requires: `statement` is what parse_statement made of the same `text`.
Result<UpsertRewrite> rewrite_upsert(std::string_view text, const UpsertStatement& statement, CatalogLookup& catalog);

// Rewritten statements raise errors of their own through the engine's error() function; the engine reports them as
// its kind of error with our tag in the message. This turns such an error into the one that was meant, and leaves
// others alone.
Error recover_raised_error(Error error);

}  // namespace kodiak::language
