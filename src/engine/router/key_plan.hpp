#pragma once

// KeyPlan: what a key statement means for one definition of one table, ready to run past DuckDB.
//
// What       Runs SELECT, INSERT, UPDATE, DELETE and UPSERT of a single row named by a PRIMARY KEY or UNIQUE key
//            straight on the storage transaction, with the answers that DuckDB's operators give.
// When       Only where nothing has to be computed: no CHECK, no generated column that is read, no default that would
//            be needed, key not changed, plain types (key_values.hpp). make() and bind() say so; the general path
//            then runs the statement and, where it is wrong, words the error.
// Lifetime   The entry lives as long as the catalog. A plan is right for the definition it was made for; the router
//            compares that before each use.
// Threads    One thread: buffers are reused from run to run.
// Cost       bind() and run() of a SELECT: a few microseconds, most of it DuckDB's values.

#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "duckdb/common/types/data_chunk.hpp"
#include "duckdb/main/client_context.hpp"
#include "duckdb/main/query_result.hpp"

#include "catalog/key_statement.hpp"
#include "engine/engine.hpp"
#include "engine/scan/scanned_column.hpp"
#include "engine/vectors/batch_columns.hpp"
#include "storage/point_reader.hpp"
#include "storage/transaction.hpp"

namespace kodiak::engine {

class KodiakTableEntry;

// What one run did.
struct KeyRun {
    std::unique_ptr<duckdb::QueryResult> rows;  // kSelect only
    uint64_t changed = 0;
    bool inserted = false;  // kUpsert: there was no such row
    bool is_general = false;  // nothing was done: the statement is for DuckDB after all
};

class KeyPlan {
   public:
    // A range of more rows is DuckDB's: it scans where this looks up.
    static constexpr size_t kRangeRowsMax = 100;

    // nullptr when statements of this shape are not for the router.
    static std::unique_ptr<KeyPlan> make(const catalog::KeyStatement& statement, KodiakTableEntry& entry);

    KodiakTableEntry& entry() const { return entry_; }
    bool writes() const { return kind_ != catalog::KeyStatement::Kind::kSelect; }
    // Takes the constants of a statement of the same shape; false when one of them is not for the router.
    bool bind(const catalog::KeyStatement& statement, std::span<const Parameter> parameters);
    // kSelect: the row with the key that bind() took, valid until the next call; nullptr when there is none.
    Result<duckdb::DataChunk*> find_row(storage::Transaction& transaction);
    const duckdb::vector<duckdb::LogicalType>& selected_types() const { return selected_types_; }
    const duckdb::vector<duckdb::string>& selected_names() const { return names_; }
    ColumnId selected_column(size_t i) const { return read_[i].id; }
    // The key, in TableDefinition::keys, and the types of its columns.
    size_t key() const { return key_; }
    const duckdb::vector<duckdb::LogicalType>& key_types() const { return key_types_; }
    // Runs the statement with what bind() took. Errors: those of the store. Requires: bind() returned true.
    Result<KeyRun> run(duckdb::ClientContext& context, storage::Transaction& transaction);

   private:
    using Kind = catalog::KeyStatement::Kind;
    // A row found by its key.
    struct Found {
        Locator locator;
        storage::TableSnapshotPtr snapshot;
        storage::TableSnapshot::Place place;
    };

    KeyPlan(Kind kind, KodiakTableEntry& entry) : kind_(kind), entry_(entry) {}
    bool resolve(const catalog::KeyStatement& statement);
    bool resolve_columns(const std::vector<std::string>& names);
    bool resolve_key(const std::vector<std::string>& names);
    bool resolve_row();
    bool in_key(ColumnId id) const;
    bool fits_row(const duckdb::ColumnDefinition& column, bool given) const;

    Result<std::optional<Found>> find(storage::Transaction& transaction, const std::vector<ScannedColumn>& read);
    void load(const storage::TableSnapshot::Place& place);
    Result<KeyRun> select(duckdb::ClientContext& context, storage::Transaction& transaction);
    bool bind_range(const catalog::KeyStatement& statement, std::span<const Parameter> parameters);
    Result<KeyRun> select_range(duckdb::ClientContext& context, storage::Transaction& transaction);
    void load_range();
    KeyRun answer_with(duckdb::ClientContext& context, bool any_rows);
    Result<KeyRun> insert(storage::Transaction& transaction);
    Result<KeyRun> update(storage::Transaction& transaction, const Found& found);
    Status append(storage::Transaction& transaction, const Locator* replaced);
    // `c = c + constant`, or minus it.
    struct Step {
        int64_t constant = 0;
        bool adds = true;
    };
    std::optional<Step> step_of(const catalog::KeyOperand& operand, std::span<const Parameter> parameters,
                                const duckdb::LogicalType& type) const;
    Status take_steps();

    const Kind kind_;
    KodiakTableEntry& entry_;
    std::optional<catalog::KeyStatement::Range> range_;
    int64_t low_ = 0;                              // bound ends of range_, both inclusive
    int64_t high_ = 0;
    std::vector<storage::PointReader::Row> found_rows_;
    size_t key_ = 0;                               // in TableDefinition::keys
    std::vector<size_t> key_operands_;             // for each column of the key: which operand gives it
    std::vector<size_t> key_order_;                // 0, 1, ...: the key's columns as they lie in keys_
    duckdb::vector<duckdb::LogicalType> key_types_;
    std::vector<duckdb::PhysicalIndex> columns_;   // written, one for each value
    std::vector<ScannedColumn> read_;              // kSelect: its columns; others: the whole row
    duckdb::vector<duckdb::string> names_;         // of the selected columns
    duckdb::vector<duckdb::LogicalType> selected_types_;
    std::vector<size_t> row_order_;                // physical index of each stored column
    duckdb::DataChunk keys_;
    duckdb::DataChunk row_;                        // kSelect: the selected columns; others: the whole row
    std::vector<duckdb::Value> values_;            // bound, one for each of columns_
    std::vector<std::optional<Step>> steps_;       // bound; a step that is taken instead
    std::optional<Found> found_;                   // what row_ was loaded from, and may point into
    BatchColumns key_batch_;
    BatchColumns row_batch_;
};

}  // namespace kodiak::engine
