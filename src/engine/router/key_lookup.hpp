#pragma once

// KeyLookup::State: a SELECT by key as a session runs it again and again.
//
// How        The plan of the statement's shape is the router's (router.hpp). Where the key is one integer column and
//            all columns have plain values, a PointReader finds the row; it follows from transaction to transaction.
//            Otherwise the plan finds the row, and its values are read from DuckDB's vectors.
// Threads    The session's.

#include <functional>
#include <memory>
#include <span>
#include <vector>

#include "duckdb/main/client_context.hpp"

#include "engine/engine.hpp"
#include "engine/prepared.hpp"
#include "engine/router/router.hpp"
#include "engine/vectors/typed_rows.hpp"
#include "storage/point_reader.hpp"

namespace kodiak::engine {

struct KeyLookup::State {
    explicit State(catalog::KeyStatement key_statement) : statement(std::move(key_statement)) {}

    // Finds the plan when it is not at hand any more; false: not for the router. Throws as Router::plan_for.
    bool resolve(duckdb::ClientContext& context, Router& router, storage::Transaction& transaction,
                 timeline::DatabaseCore& core);
    // Runs it in `transaction`, the `serial`-th of its session (0 = one of a single statement). Throws what casts
    // throw. Requires: resolve() was true for the same transaction.
    Result<LookupOutcome> run(duckdb::ClientContext& context, storage::Transaction& transaction, uint64_t serial,
                              std::span<const Parameter> parameters);

    // The same for many keys, and for a range; kGeneralPath when rows cannot be read so: the key is not an integer, the
    // transaction has changes in the table.
    Result<LookupOutcome> run_many(storage::Transaction& transaction, uint64_t serial, std::span<const int64_t> keys,
                                   const std::function<void(size_t)>& visit);
    Result<LookupOutcome> run_range(storage::Transaction& transaction, uint64_t serial, int64_t low, int64_t high,
                                    const std::function<bool()>& visit);

    const catalog::KeyStatement statement;
    std::vector<ResultColumnInfo> columns;
    uint64_t version = 0;  // of columns
    std::vector<storage::TypedValue> values;

   private:
    void learn_plan();
    // Makes reader_ read `transaction`.
    Status follow(storage::Transaction& transaction, uint64_t serial);
    Result<LookupOutcome> find_point(storage::Transaction& transaction, uint64_t serial, int64_t key);

    KeyPlan* plan_ = nullptr;
    uint64_t names_ = 0;  // of the router, when the plan was found
    bool is_point_ = false;
    bool key_is_unsigned_ = false;
    std::vector<ColumnId> point_columns_;
    std::unique_ptr<storage::PointReader> reader_;
    catalog::ObjectPtr read_table_;  // that reader_ was made for
    uint64_t serial_ = 0;            // of the transaction that reader_ reads
    TypedRows rows_;
    std::vector<storage::PointReader::Row> found_;
};

}  // namespace kodiak::engine
