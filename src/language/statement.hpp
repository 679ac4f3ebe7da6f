#pragma once

// Statements by their first words: what is Kodiak's own, and what goes to the engine byte for byte.
//
// What       parse_statement() sorts one statement into a closed list of kinds. Transaction statements and UPSERT are
//            parsed completely, so is PROVE; all else is a PlainStatement, which nobody but the engine understands.
// Why        Kodiak's commits carry messages, its transactions have savepoints and outlive the engine's
//            (language reference 2.3), so these statements must be known before the engine sees anything. All other SQL
//            keeps DuckDB's meaning, so that a text which DuckDB accepts is never damaged by us.
// How        The first words decide; no word is reserved. `commit`, `savepoint` or `upsert` stay free as names of
//            tables and columns, because a name is never the first word of a statement.
// Threads    Values and pure functions; nothing is shared.
// Errors     kSyntax with position and the words that were expected, kInvalidText for bytes that are not UTF-8,
//            kUnsupported for what the language knows but this version cannot run yet.
// Cost       Linear in the length of the statement, no recursion. Statements up to 4 GiB.
// Not here   Splitting a script (script.hpp), rewriting (rewrite.hpp, upsert.hpp), running anything.

#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/result/result.hpp"
#include "language/lexer/token.hpp"

namespace kodiak::language {

enum class StatementKind : uint8_t {
    kBegin,
    kCommit,
    kRollback,
    kSavepoint,
    kRelease,
    kSetTransaction,
    kCheckpoint,
    kUpsert,
    kProve,
    kHistory,
    kUpkeep,
    kTableOptions,
    kPlain,
};

// The levels of the SQL standard and SNAPSHOT; all but kSerializable run as SNAPSHOT.
enum class IsolationLevel : uint8_t { kReadUncommitted, kReadCommitted, kRepeatableRead, kSnapshot, kSerializable };

// BEGIN [WORK | TRANSACTION], START [TRANSACTION] with options; an absent option means the session's default.
struct BeginStatement {
    std::optional<IsolationLevel> isolation;
    std::optional<bool> read_only;
    std::optional<std::string> as_of;  // SQL value of a point in history: all that is read is as of then
};

// COMMIT | END [WORK | TRANSACTION] with options.
struct CommitStatement {
    std::optional<std::string> message;   // decoded text of the string
    std::optional<std::string> author;    // decoded text of the string
    std::optional<std::string> metadata;  // SQL text of the struct, e.g. {'ticket': 'K-17'}, to be evaluated
    bool allow_empty = false;             // make a commit even when nothing was changed
    bool chain = false;                   // open a transaction with the same options at once
};

// ROLLBACK | ABORT [WORK | TRANSACTION] [TO [SAVEPOINT] name] [AND [NO] CHAIN].
struct RollbackStatement {
    std::optional<std::string> savepoint;  // absent: the whole transaction
    bool chain = false;
};

// SAVEPOINT name. Names compare without regard to case (fold_name of lexer/words.hpp); spelling is kept.
struct SavepointStatement {
    std::string name;
};

// RELEASE [SAVEPOINT] name.
struct ReleaseStatement {
    std::string name;
};

// SET TRANSACTION options: applies to the open transaction before its first query.
struct SetTransactionStatement {
    std::optional<IsolationLevel> isolation;
    std::optional<bool> read_only;
};

// [FORCE] CHECKPOINT [database].
struct CheckpointStatement {
    std::optional<std::string> database;  // absent: the current one
    bool force = false;
};

// A name in the statement: decoded spelling, and where it stands.
struct NamePart {
    std::string name;
    Span span;
};

// What stands in front of an UPSERT and is kept there by the rewrite.
enum class UpsertPrefix : uint8_t { kNone, kExplain, kPrepare };

// Where the rows of an UPSERT come from.
enum class UpsertSource : uint8_t { kValues, kQuery, kDefaultValues };

// UPSERT INTO qname [(columns)] [KEY (columns)] {VALUES ... | query | DEFAULT VALUES} [RETURNING ...].
struct UpsertStatement {
    UpsertPrefix prefix = UpsertPrefix::kNone;
    Span verb;                      // UPSERT INTO
    std::vector<NamePart> target;   // 1 to 3 parts: [[database.]schema.]table
    std::vector<NamePart> columns;  // empty: all columns of the table, in order
    std::vector<NamePart> key;      // empty: the primary key
    UpsertSource source_kind = UpsertSource::kQuery;
    Span source;                    // VALUES ..., the query, or DEFAULT VALUES
    std::optional<Span> returning;  // RETURNING and its list
};

// PROVE {COMMIT id | ROW qname KEY (values) [AS OF point] | CHANGES qname SINCE from [UNTIL point]
//        | CONSISTENCY FROM size TO size} [INTO 'path'].
struct ProveStatement {
    enum class What : uint8_t { kCommit, kRow, kChanges, kConsistency };
    What what = What::kCommit;
    std::string commit;               // kCommit: the point, as the engine reads it
    std::vector<NamePart> table;      // kRow, kChanges: 1 to 3 parts
    Span key_clause;                  // kRow: the word KEY
    std::vector<Span> key;            // kRow: an expression for each column of the primary key
    std::string at_sql;               // kRow: the point as a clause behind the table; empty: now
    std::string since;                // kChanges: SQL values of the points
    std::string until;
    uint64_t from = 0;                // kConsistency: numbers of commits under the older and the newer head
    uint64_t to = 0;
    std::optional<std::string> into;  // a file to write
};

// A statement on history that the statement table knows (history_statement.hpp tells what it says).
struct HistoryStatement {};

// COMPACT TABLE qname [TO WARM | TO COLD], OPTIMIZE [TABLE] [qname], VACUUM [qname].
struct UpkeepStatement {
    enum class What : uint8_t { kCompact, kOptimize, kVacuum };
    What what = What::kCompact;
    std::vector<NamePart> table;  // 1 to 3 parts; empty: all tables
    std::string target;           // warm, cold, or empty: where the rows lie
};

// ALTER TABLE qname SET (option = value, ...) | RESET (option, ...).
struct TableOptionsStatement {
    std::vector<NamePart> table;
    bool if_exists = false;
    std::vector<std::pair<std::string, std::string>> set;  // sorted by name
    std::vector<std::string> reset;
};

// Any other statement: the engine's, byte for byte (after rewrite_plain of rewrite.hpp).
struct PlainStatement {};

using ParsedStatement =
    std::variant<BeginStatement, CommitStatement, RollbackStatement, SavepointStatement, ReleaseStatement,
                 SetTransactionStatement, CheckpointStatement, UpsertStatement, ProveStatement, HistoryStatement,
                 UpkeepStatement, TableOptionsStatement, PlainStatement>;

// Sorts and parses one statement; a closing `;` is allowed. Spans are offsets in `text`.
// Errors: see the contract; positions are those of `text`.
Result<ParsedStatement> parse_statement(std::string_view text);

// Returns the kind of a parsed statement.
StatementKind kind_of(const ParsedStatement& statement);

}  // namespace kodiak::language
