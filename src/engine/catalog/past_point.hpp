#pragma once

// What an AT clause means: which commit's state of a Kodiak database it names.
//
// What       TIMESTAMP => a time (without zone: UTC), or VERSION => a seq or a text. The language room rewrites AS OF
//            and SINCE to such texts (docs/language/time_travel.md): items joined by ';', each `kind:value`, of them at
//            most one that begins with `since `. Kinds: time (timestamp text), epoch (seconds), commit (seq, ULID, its
//            first 6 letters or more, HEAD, HEAD~2), snapshot and tag (its name), name (a timestamp, else a snapshot,
//            else a commit's id).
// Clamped    A point after the transaction's view means the view: the future is now.
// Errors     Throws kBeforeCreation (KD002) for a time before the first commit, kUnknownPoint (KD003) for a commit that
//            is not there, kInvalidDatetimeFormat, kDatatypeMismatch, what the history refuses.
// Threads    Pure function over the history.
// Cost       Times and ids: O(log n) small reads; the beginning of an id: a look at all commits.

#include "duckdb/planner/tableref/bound_at_clause.hpp"

#include "storage/transaction.hpp"
#include "timeline/database_core.hpp"

namespace kodiak::engine {

storage::PastPoint resolve_past(const duckdb::BoundAtClause& clause, timeline::DatabaseCore& core,
                                const storage::Transaction& transaction);

// The commit that a value means: a text or number as in VERSION =>, a time as in TIMESTAMP =>.
uint64_t resolve_value(const duckdb::Value& value, timeline::DatabaseCore& core,
                       const storage::Transaction& transaction);

// The first commit at a point or behind it: for points that end a range which they are not part of.
uint64_t resolve_first(const duckdb::Value& value, timeline::DatabaseCore& core,
                       const storage::Transaction& transaction);

}  // namespace kodiak::engine
