#pragma once

// What a history's generator knows of the schema: enough to write statements that mostly succeed.

#include <string>
#include <vector>

#include "tests/differential/column_types.hpp"

namespace kodiak::differential {

struct ColumnModel {
    std::string name;
    const ColumnType* type = nullptr;
};

struct TableModel {
    std::string name;
    std::vector<ColumnModel> columns;
    bool has_key = false;     // the first column is the primary key
    bool has_unique = false;  // the second column is UNIQUE
    bool has_index = false;   // an index i_<name>
    bool has_check = false;   // a CHECK or NOT NULL on some column
    uint64_t rows = 0;        // at most about that many
    bool is_plain() const { return !has_key && !has_unique && !has_index && !has_check; }
};

struct SchemaModel {
    std::vector<TableModel> tables;
    std::vector<std::string> views;
    size_t names_used = 0;

    TableModel* find(const std::string& name) {
        for (auto& table : tables) {
            if (table.name == name) {
                return &table;
            }
        }
        return nullptr;
    }
};

// One statement of a history.
struct Step {
    enum class Kind : uint8_t {
        kBoth,        // runs on both; answers are compared
        kSilent,      // runs on both; only whether it succeeds is compared
        kOnlyKodiak,  // runs on Kodiak only: savepoints and what they undo
        kReopen,      // both databases are closed and opened
    };
    Kind kind = Kind::kBoth;
    std::string sql;
    bool is_ordered = false;  // rows are compared in the order in which they come
};

}  // namespace kodiak::differential
