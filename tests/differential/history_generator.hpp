#pragma once

// HistoryGenerator: a random history of statements, written as it runs.
//
// What       next() gives the next step; the caller runs it and tells by done() how it went, so that the generator's
//            picture of the schema stays true.
// Rules      - What DuckDB's own tables refuse and Kodiak allows is left out: ALTER of columns under an index, keys
//              that meet while one UPDATE moves them, keys deleted and inserted again in one transaction.
//            - A step that fails inside a transaction is followed by ROLLBACK.

#include <deque>
#include <functional>
#include <optional>

#include "tests/differential/schema_model.hpp"

namespace kodiak::differential {

class HistoryGenerator {
   public:
    explicit HistoryGenerator(uint64_t seed) : dice_(seed) {}

    Step next();
    // How the step of the last next() went; `changed` counts rows, 0 when it did not write.
    void done(bool succeeded, uint64_t changed);
    // Queries for all rows of every table; none while Kodiak alone is at work.
    std::vector<Step> all_tables() const;

   private:
    using Effect = std::function<void(SchemaModel&)>;

    Step create_table();
    Step create_table_as();
    Step alter_table();
    Step alter_plain_column(TableModel& table);
    Step other_definition();
    Step drop_table();
    Step insert_values();
    Step insert_numbered();
    Step insert_select();
    Step insert_on_conflict();
    Step update();
    Step update_from();
    Step delete_rows();
    Step merge();
    Step write();
    Step end_transaction();
    void plan_savepoint();

    std::string fresh_name(const char* prefix) { return prefix + std::to_string(++schema_.names_used); }
    std::string key_literal(const ColumnType& type);
    std::string row_values(const TableModel& table);
    TableModel& any_table() { return schema_.tables[dice_.below(schema_.tables.size())]; }
    TableModel* keyed_table();
    Step returning(Step step, const TableModel& table);

    Dice dice_;
    SchemaModel schema_;
    std::optional<SchemaModel> before_transaction_;
    std::deque<Step> planned_;  // comes before anything else
    Effect effect_;             // of the last step, when it succeeds
    std::string grows_;         // the table that the last step inserts into
    bool ends_transaction_ = false;
    uint64_t numbered_ = 0;
};

}  // namespace kodiak::differential
