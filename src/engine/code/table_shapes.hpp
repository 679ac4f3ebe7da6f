#pragma once

// TableShapes: what UPSERT in code must know of its table, from the definitions that a context sees.
//
// Threads    That of the context.

#include "duckdb/main/client_context.hpp"

#include "language/upsert.hpp"

namespace kodiak::engine {

class TableShapes : public language::CatalogLookup {
   public:
    // Outlived by the context, on which nothing runs.
    explicit TableShapes(duckdb::ClientContext& context) : context_(context) {}
    Result<language::TableShape> table_shape(const std::vector<std::string>& name_parts) override;

   private:
    duckdb::ClientContext& context_;
};

}  // namespace kodiak::engine
