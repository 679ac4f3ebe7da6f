#pragma once

// TableLookup: tells the language room what it must know of a table to rewrite an UPSERT.
//
// How        Asks the engine by SQL, in the session's own transaction, so that it sees what the statement will see.
// Only
//            what the statement needs: UNIQUE keys and generated columns cost a look through the whole catalogue.
// Threads    That of the session.

#include "engine/engine.hpp"
#include "language/upsert.hpp"

namespace kodiak::database {

class TableLookup final : public language::CatalogLookup {
   public:
    // Both must outlive the lookup.
    TableLookup(engine::Connection& connection, const language::UpsertStatement& statement)
        : connection_(connection), statement_(statement) {}
    Result<language::TableShape> table_shape(const std::vector<std::string>& name_parts) override;

   private:
    Status find_generated(language::TableShape& shape, const std::string& is_this_table);
    Status find_unique_keys(language::TableShape& shape, const std::string& is_this_table);

    engine::Connection& connection_;
    const language::UpsertStatement& statement_;
};

}  // namespace kodiak::database
