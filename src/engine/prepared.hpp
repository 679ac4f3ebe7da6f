#pragma once

// Prepared statements of a Connection, and the typed values that they answer with.
//
// What       PreparedQuery  a statement that DuckDB has planned; parameters are given with each run.
//            KeyLookup      a SELECT of one row by its key, which finds the row past DuckDB: what Connection::look_up()
//                           keeps from run to run.
//            TypedChunk     rows of a result without their text: storage/typed_value.hpp says what a value holds.
// Validity   Both stay right through DDL: a query is planned anew, a look-up resolved anew, when a definition changed.
// Threads    Those of their connection.
// Lifetime   They must go before their connection; rows live until the next run of the same object.
// Cost       look_up() of an integer key: 1 to 2 us outside a transaction, 0.5 us within one
//            (benchmarks/point_benchmark.cpp). A run of a PreparedQuery: some 100 us in DuckDB.

#include <cstddef>
#include <memory>
#include <vector>

#include "catalog/key_statement.hpp"
#include "storage/typed_value.hpp"

namespace kodiak::engine {

struct ResultColumnInfo;

// What a look-up came to.
enum class LookupOutcome : uint8_t {
    kGeneralPath,  // nothing was done: the statement is not for the router
    kNoRow,
    kRow,  // KeyLookup::row() has it
};

class KeyLookup {
   public:
    // Requires: a SELECT.
    explicit KeyLookup(catalog::KeyStatement statement);
    ~KeyLookup();
    KeyLookup(const KeyLookup&) = delete;
    KeyLookup& operator=(const KeyLookup&) = delete;

    // The columns of the last run that was not kGeneralPath.
    const std::vector<ResultColumnInfo>& columns() const;
    // Grows when the columns may have changed.
    uint64_t version() const;
    // One value for each column. Requires: the last run found a row, or a visitor runs.
    const storage::TypedValue* row() const;

    struct State;
    State& state() { return *state_; }

   private:
    std::unique_ptr<State> state_;
};

class PreparedQuery {
   public:
    struct State;
    explicit PreparedQuery(std::unique_ptr<State> state);
    ~PreparedQuery();
    PreparedQuery(const PreparedQuery&) = delete;
    PreparedQuery& operator=(const PreparedQuery&) = delete;

    size_t parameters() const;
    State& state() { return *state_; }

   private:
    std::unique_ptr<State> state_;
};

class TypedChunk {
   public:
    TypedChunk();
    ~TypedChunk();
    TypedChunk(const TypedChunk&) = delete;
    TypedChunk& operator=(const TypedChunk&) = delete;

    size_t rows() const;
    // The values of a row; texts are valid until the chunk is filled again. Requires: room for all columns.
    void read(size_t row, storage::TypedValue* values) const;

    struct State;
    State& state() { return *state_; }

   private:
    std::unique_ptr<State> state_;
};

}  // namespace kodiak::engine
