#pragma once

// Router: decides which statements go straight to the store, and keeps their plans.
//
// How        A statement that names one row by a key (catalog/key_statement.hpp) is resolved once per shape: its
//            names by DuckDB's own rules, then a KeyPlan where the table allows it. Later statements of the shape
//            find the plan by a hash of it. Only tables of the session's own database are routed.
// Validity   Names may come to mean something else by USE, a temporary table, ATTACH, SET, DDL: forget_names() is
//            called after every statement that DuckDB ran and that is not plainly a query or DML. What other sessions
//            define shows in the transaction's definitions: a plan is used only for the very definition it was made
//            from.
// Threads    One session's.
// Cost       A statement seen before: one hash of its shape.

#include <memory>
#include <optional>
#include <string>
#include <unordered_map>

#include "duckdb/main/client_context.hpp"

#include "engine/router/key_plan.hpp"

namespace kodiak::engine {

class Router {
   public:
    // The plan for statements of this shape in `transaction`, which is the session's on `core`; nullptr when DuckDB is
    // to run them. Throws what DuckDB's look-up of names throws. Valid while names() stays the same.
    KeyPlan* plan_for(duckdb::ClientContext& context, const catalog::KeyStatement& statement,
                      storage::Transaction& transaction, timeline::DatabaseCore& core);
    void forget_names() {
        plans_.clear();
        ++names_;
    }
    // Grows when plans that plan_for() gave are gone.
    uint64_t names() const { return names_; }

   private:
    static std::string shape_of(const catalog::KeyStatement& statement);
    static std::unique_ptr<KeyPlan> resolve(duckdb::ClientContext& context, const catalog::KeyStatement& statement,
                                            timeline::DatabaseCore& core);

    static constexpr size_t kPlansMax = 256;

    uint64_t names_ = 1;

    std::unordered_map<std::string, std::unique_ptr<KeyPlan>> plans_;  // nullptr: DuckDB's
};

}  // namespace kodiak::engine
