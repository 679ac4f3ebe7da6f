#pragma once

// Engine: SQL over Kodiak databases; the front door of the only room that knows DuckDB.
//
// What       An Engine is one DuckDB instance. Databases (timeline::DatabaseCore) are attached to it by name; a
//            Connection runs statements on them, one at a time, in a transaction of its own.
// How        Each attached database is a DuckDB catalog whose definitions, scans and writes go to the store. A
//            Connection owns its storage transactions (ARCHITECTURE.md): it can undo a statement or go back to a
//            savepoint, which DuckDB cannot, and end and restart DuckDB's transaction underneath.
// Rules      I1. A statement that fails leaves no trace. Outside a transaction it is one; inside, the transaction has
//                failed: statements answer 25P02 until rollback() or rollback_to(), and commit() rolls back and says
//                so.
//            I2. begin() takes the snapshot that all reads of the transaction see, DDL included.
//            I3. A transaction writes one attached database (KD013); temporary tables excepted. Savepoints cover Kodiak
//                databases only: rollback_to() is refused when another database was written, and temporary tables keep
//                what was done to them.
// Errors     No exception leaves this room. Codes as base/result/error_code.hpp; DuckDB's own errors are mapped to it.
// Threads    Engine: safe from many threads. Connection and its QueryResults: one thread at a time, but interrupt()
//            from any.
// Lifetime   Connections must go before their Engine, results before their Connection; attached databases must outlive
//            the Engine or be detached.
// Durability As DatabaseCore::commit(): when commit() or a statement outside a transaction has answered, its changes
//            are durable.
// Not here   Splitting scripts, Kodiak's own statements, BEGIN/COMMIT options: the language room and the front end.

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/result/result.hpp"
#include "catalog/key_statement.hpp"
#include "catalog/statement_notes.hpp"
#include "timeline/database_core.hpp"

namespace kodiak::engine {

struct EngineOptions {
    uint32_t threads = 0;             // 0 = one per core
    uint64_t memory_limit_bytes = 0;  // of DuckDB's own memory; 0 = DuckDB's default, 80 % of the machine's
    std::string temp_directory;       // where queries spill; empty = nowhere
    // Where compiled code is kept (language/jit.hpp): the user's own folder. Empty = nowhere.
    std::string code_cache_folder;
    // Folders searched in order by `LOAD name` for name.duckdb_extension; signed packages only.
    std::vector<std::string> extension_folders;
};

// How a column's text is to be read, e.g. when written as JSON.
enum class ColumnClass : uint8_t {
    kInteger,
    kFloat,    // may be nan, inf, -inf
    kDecimal,
    kBoolean,  // true, false
    kText,
    kJson,     // the text is JSON
    kNested,   // DuckDB's text form of lists, structs, maps
    kBlob,     // DuckDB's escaped form
    kOther,    // dates, intervals, uuids, ...
};

struct ResultColumnInfo {
    std::string name;
    std::string type_name;  // as in SQL
    ColumnClass column_class = ColumnClass::kText;
};

// Up to 2,048 rows of a result, as text.
class ResultChunk {
   public:
    size_t rows() const { return rows_; }
    bool is_null(size_t column, size_t row) const { return columns_[column].nulls[row] != 0; }
    // Valid until the chunk is filled again. Empty for NULL.
    std::string_view text(size_t column, size_t row) const {
        const Column& cells = columns_[column];
        return std::string_view(cells.bytes).substr(cells.ends[row], cells.ends[row + 1] - cells.ends[row]);
    }

   private:
    friend class QueryResult;
    struct Column {
        std::string bytes;
        std::vector<size_t> ends;  // rows + 1
        std::vector<uint8_t> nulls;
    };
    size_t rows_ = 0;
    std::vector<Column> columns_;
};

class TypedChunk;
class PreparedQuery;
class KeyLookup;
enum class LookupOutcome : uint8_t;

enum class ResultKind : uint8_t { kRows, kChangedRows, kNothing };

// The answer of one statement. SELECTs outside and inside transactions stream; a stream ends when the connection runs
// its next statement.
class QueryResult {
   public:
    struct State;
    explicit QueryResult(std::unique_ptr<State> state);
    ~QueryResult();
    QueryResult(const QueryResult&) = delete;
    QueryResult& operator=(const QueryResult&) = delete;

    ResultKind kind() const;
    const std::vector<ResultColumnInfo>& columns() const;
    // Rows inserted, updated or deleted. Requires: kind() == kChangedRows.
    uint64_t changed_rows() const;
    // Fills `chunk` with the next rows; false at the end. Any error of the rest of the statement.
    Result<bool> next(ResultChunk& chunk);
    // The same as typed values (engine/prepared.hpp).
    Result<bool> next(TypedChunk& chunk);

   private:
    std::unique_ptr<State> state_;
};

struct BeginOptions {
    bool read_only = false;
    // All tables, views and macros are those of this commit. Requires: read_only.
    std::optional<uint64_t> as_of = std::nullopt;
};

// The value of a parameter; std::monostate is NULL.
using Parameter = std::variant<std::monostate, bool, int64_t, double, std::string>;

// What a statement by key answered.
struct KeyAnswer {
    std::unique_ptr<QueryResult> result;
    bool inserted = false;  // UPSERT: there was no such row
};

// Takes what code reports while it runs (RAISE NOTICE and its like), one at a time, from any thread of the statement.
class NoticeSink {
   public:
    virtual ~NoticeSink() = default;
    // `level` in capitals: DEBUG, LOG, INFO, NOTICE or WARNING.
    virtual void notice(const std::string& level, const Error& text) = 0;
};

class Connection {
   public:
    struct State;
    explicit Connection(std::unique_ptr<State> state);
    // Rolls back what is open.
    ~Connection();
    Connection(const Connection&) = delete;
    Connection& operator=(const Connection&) = delete;

    // Runs one statement of plain SQL. BEGIN, COMMIT and ROLLBACK act as the functions below. `notes`: what the
    // statement says beyond this text; kUnsupported when its table is not in a Kodiak database.
    Result<std::unique_ptr<QueryResult>> execute(std::string_view sql, const catalog::StatementNotes& notes = {});

    // Runs a statement that names one row by its key straight on the store, past the planner, with the answer that
    // execute() would give for its text. nullopt, with nothing done, when it needs the general path after all: the
    // table is not of this connection's database, has no such key, needs expressions to be evaluated, a constant
    // does not fit. Its errors are those of execute(), without position.
    // Cost: a few microseconds, and the commit outside a transaction.
    Result<std::optional<KeyAnswer>> execute_by_key(const catalog::KeyStatement& statement,
                                                    std::span<const Parameter> parameters = {});

    // Runs a SELECT by key, like execute_by_key() but without a result object: for programs that ask again and again.
    Result<LookupOutcome> look_up(KeyLookup& lookup, std::span<const Parameter> parameters);

    // The same for many keys and for a range of an integer key, ascending: `visit` is called while lookup.row() has the
    // row; keys without a row are left out. kGeneralPath, with nothing visited, when the rows cannot be read so.
    Result<LookupOutcome> look_up_many(KeyLookup& lookup, std::span<const int64_t> keys,
                                       const std::function<void(size_t)>& visit);
    Result<LookupOutcome> look_up_range(KeyLookup& lookup, int64_t low, int64_t high,
                                        const std::function<bool()>& visit);

    // Plans one statement, to be run with parameters. A failure is a failed statement.
    Result<std::unique_ptr<PreparedQuery>> prepare(std::string_view sql);
    // Runs it. kInvalidParameter when there are not as many parameters as it has.
    Result<std::unique_ptr<QueryResult>> execute(PreparedQuery& query, std::span<const Parameter> parameters);
    // Runs `action` on the storage transaction of the connection's database, as one statement under the rules I1 to I3.
    // `action` may be called once; what it returns is the statement's answer. `options` are of the commit that it makes
    // outside a transaction. kReadOnly, and what `action` refuses.
    using StoreAction = std::function<Status(storage::Transaction& transaction)>;
    Status change(const StoreAction& action, const timeline::CommitOptions& options = {});
    // How far this connection's reads of changes since a watermark have come: in the open transaction, or in the last
    // statement outside one; nullopt when there was none.
    std::optional<uint64_t> changes_read(const std::string& watermark) const;

    // Runs a statement of code: CREATE, DROP and CHECK of functions, procedures, tests and triggers, DO, CALL, RUN
    // TESTS, LET. nullptr, with nothing done, when the text is none of these after all (DROP FUNCTION of a macro,
    // CALL of a table function). Outside a transaction DO and CALL are one, which they may end and begin anew.
    Result<std::unique_ptr<QueryResult>> execute_code(std::string_view text);
    // Where notices of code go; nullptr: nowhere. Must outlive the statements that run meanwhile.
    void set_notice_sink(NoticeSink* sink);

    // kActiveTransaction when one is open.
    Status begin(const BeginOptions& options = {});
    // kNoActiveTransaction; kInFailedTransaction: rolled back, the detail tells the first error; what
    // DatabaseCore::commit() refuses: rolled back.
    Result<timeline::CommitOutcome> commit(const timeline::CommitOptions& options = {});
    // kNoActiveTransaction.
    Status rollback();
    // Message, author and metadata of commits that statements outside a transaction make.
    void set_statement_commit_options(timeline::CommitOptions options);
    // What the last statement outside a transaction committed; seq 0 when nothing.
    const timeline::CommitOutcome& last_commit() const;

    bool in_transaction() const;
    bool has_failed() const;  // the open transaction has

    // Marks a point to go back to; a second one of the same name hides the first. kNoActiveTransaction,
    // kInFailedTransaction.
    Status savepoint(const std::string& name);
    // Undoes everything since the savepoint, which stays; heals a failed transaction. kUndefinedSavepoint,
    // kNoActiveTransaction; kUnsupported when another database was written (I3).
    Status rollback_to(const std::string& name);
    // Forgets the savepoint and later ones, keeps what was done. kUndefinedSavepoint.
    Status release(const std::string& name);

    // Stops the statement that runs now; it answers kCancelled. From any thread.
    void interrupt();

   private:
    std::unique_ptr<State> state_;
};

class Engine {
   public:
    // kInvalidValue for options that DuckDB refuses.
    static Result<std::unique_ptr<Engine>> create(const EngineOptions& options);
    struct State;
    explicit Engine(std::unique_ptr<State> state);
    ~Engine();
    Engine(const Engine&) = delete;
    Engine& operator=(const Engine&) = delete;

    // The catalog name for the database in directory `path`: its base name without extension; names that DuckDB
    // reserves get the suffix "_db".
    static std::string catalog_name(const std::string& path);
    // Makes `core` known as catalog `name`. kDuplicateObject when the name is taken.
    Status attach(const std::string& name, timeline::DatabaseCore& core);
    // Requires: no connection has a transaction open. kUndefinedObject.
    Status detach(const std::string& name);
    // A connection whose unqualified names mean the attached database `default_catalog`. kUndefinedObject.
    Result<std::unique_ptr<Connection>> connect(const std::string& default_catalog);

   private:
    std::unique_ptr<State> state_;
};

}  // namespace kodiak::engine
