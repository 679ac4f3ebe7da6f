#pragma once

// Database and Session: Kodiak as a library. Opens a database directory and runs SQL on it.
//
// What       Database::open() wires the rooms together (store, timeline, engine, language). Session runs statements:
//            transactions that outlive the engine's, savepoints, UPSERT, and plain SQL, which goes to the engine byte
//            for byte when none of Kodiak's own clauses is in it.
// How        1. The language room cuts the text and sorts each statement by its first words.
//            2. Transaction statements go to the engine's connection, which owns the transaction.
//            3. UPSERT and own clauses are rewritten; a source map leads errors back to the text that was given.
//            4. All else is passed on as it is.
// Rules      The first error stops a script. An error inside BEGIN fails the transaction: everything but ROLLBACK is
//            refused with 25P02, and COMMIT rolls back and answers with 25P02 and the reason (language reference 2.3).
// Threads    Database is safe from many threads. A Session belongs to one thread at a time.
// Lifetime   Sessions must end before their database. A session that ends rolls back its open transaction.
// Durability A statement outside BEGIN, and COMMIT, answer after their commit is durable.
// Errors     Every error of a statement carries line and column of the text that was given, where the engine knows
// them. Extensions `LOAD name` finds signed packages in the folder $KODIAK_EXTENSIONS, in `extensions` beside the
// program, and
//            where the build's dependency script put them.
// Cost       open() reads no table data; memory is shared 60 : 20 between the engine's working memory and hot rows
//            (percent of the machine's memory), the rest is left to the system's file cache.

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/result/result.hpp"
#include "database/prepared.hpp"
#include "database/result_sink.hpp"
#include "database/table.hpp"
#include "language/script.hpp"

namespace kodiak::database {

struct DatabaseOptions {
    bool read_only = false;
    bool create_if_missing = true;
    std::string owner = "kodiak";  // shown to a second process that finds the database locked
};

// One finding of Database::check().
struct Damage {
    std::string place;  // file and offset, table and row, or commit
    std::string problem;
};

class Session {
   public:
    virtual ~Session() = default;
    // Runs all statements of a text, in order. Positions of errors count from the text's start.
    virtual Status execute_script(std::string_view text, ResultSink& sink) = 0;
    // Runs one statement that was cut from a longer text. Positions of errors are those of the longer text.
    virtual Status execute(const language::Statement& statement, ResultSink& sink) = 0;
    // Plans one statement to be run again and again with other parameters (prepared.hpp). Errors are those of the
    // statement, and inside BEGIN fail the transaction.
    virtual Result<std::unique_ptr<Prepared>> prepare(std::string_view text) = 0;
    // Opens a table for reads and writes of single rows by key (table.hpp). `name` as in SQL, quoted where SQL would.
    // kUndefinedTable; kInvalidColumnReference when its PRIMARY KEY is not one integer column.
    virtual Result<std::unique_ptr<Table>> table(std::string_view name) = 0;
    // True between BEGIN and COMMIT or ROLLBACK, also when the transaction has failed.
    virtual bool in_transaction() const = 0;
    // Stops the running statement, which then fails with kCancelled. Safe from any thread.
    virtual void interrupt() = 0;
};

class Database {
   public:
    // Opens the database directory `path`, creating it when missing and allowed. kNotFound, kNotADatabase,
    // kVersionTooNew, kLocked (names the holder), kCorruption, kIo, kPermission.
    static Result<std::unique_ptr<Database>> open(const std::string& path, const DatabaseOptions& options = {});
    // The same sessions over a plain DuckDB file instead of Kodiak's store, to compare answers with; `directory` is a
    // Kodiak database that stays empty beside it. For tests: transactions are DuckDB's in all but BEGIN and COMMIT.
    static Result<std::unique_ptr<Database>> open_native(const std::string& directory, const std::string& file);
    virtual ~Database() = default;

    virtual Result<std::unique_ptr<Session>> connect() = 0;
    // Turns hot rows into files and lets the log go.
    virtual Status checkpoint() = 0;
    // Reads everything and verifies it: checksums, changes roots, indexes against rows. Empty: all is well.
    virtual Result<std::vector<Damage>> check() = 0;
    // Recomputes the hash tree over all commits from their records; looks at no rows. Empty: all is well.
    virtual Result<std::vector<Damage>> verify_timeline() = 0;
    // The name under which the database stands in SQL: the last part of its path without extension (`data/t.kodiak`
    // -> `t`); names that the engine keeps for itself (main, temp, system) get `_db`.
    virtual const std::string& name() const = 0;
};

// Versions of the program and its engine, in one line.
std::string version_text();

}  // namespace kodiak::database
