#pragma once

// KeyStatement: a statement that names the row it means by a key, or a range of them, with nothing but constants in it.
//
// What       SELECT columns FROM t WHERE k = 1; INSERT INTO t VALUES (1, 'a'); UPDATE t SET c = 2, d = d + 1 WHERE k =
//            1; DELETE FROM t WHERE k = 1; UPSERT INTO t VALUES (1, 'a'). Constants may be parameters.
// Why        Such statements need no planner. The language room recognises their shape, the engine room decides by
//            the table whether they may go straight to the store; the rooms may not see each other.
// Threads    Values.
// Not here   What tables and columns mean: any name may turn out not to exist, and then the general path says so.

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace kodiak::catalog {

// A constant as it was written.
struct KeyOperand {
    enum class Kind : uint8_t {
        kNull,
        kTrue,
        kFalse,
        kInteger,    // digits, perhaps behind a minus
        kDecimal,    // digits and one point, perhaps behind a minus
        kString,     // decoded text
        kParameter,  // `parameter` counts from 0
    };
    // kUpdate only: how the constant meets the column that it is assigned to, `c = 1`, `c = c + 1` or `c = c - 1`.
    enum class Step : uint8_t { kSet, kAdd, kSubtract };
    Kind kind = Kind::kNull;
    Step step = Step::kSet;
    std::string text;
    uint32_t parameter = 0;
};

struct KeyStatement {
    enum class Kind : uint8_t { kSelect, kInsert, kUpdate, kDelete, kUpsert };
    Kind kind = Kind::kSelect;
    std::vector<std::string> table;         // 1 to 3 parts: [[database.]schema.]table
    std::vector<std::string> columns;       // selected, inserted or assigned; empty: all of the table
    std::vector<KeyOperand> values;         // kInsert, kUpdate, kUpsert: one for each of `columns`
    std::vector<std::string> key_columns;   // kSelect, kUpdate, kDelete: WHERE key_columns[i] = key_values[i] AND ...
    std::vector<KeyOperand> key_values;
    // kSelect only: WHERE key_columns[0] BETWEEN key_values[0] AND key_values[1], or without its ends; ORDER BY that
    // column.
    struct Range {
        bool low_inclusive = true;
        bool high_inclusive = true;
        enum class Order : uint8_t { kNone, kAscending, kDescending };
        Order order = Order::kNone;
    };
    std::optional<Range> range;
    uint32_t parameters = 0;                // how many there are
};

}  // namespace kodiak::catalog
