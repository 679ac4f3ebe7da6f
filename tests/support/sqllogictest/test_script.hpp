#pragma once

// A sqllogictest file, cut into records.
//
// What       parse_test_script() reads the dialect of SQLite and DuckDB: statement, query, skipif, onlyif, halt, mode,
//            hash-threshold, require, loops and the rest. What the words mean is the runner's business.
// How        Records are separated by empty lines; `#` starts a comment line. A record's SQL ends at `----` or at an
// empty
//            line. Loops stay flat: `loop` ... `endloop` are records of their own.

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result/result.hpp"

namespace kodiak::sqllogictest {

// skipif/onlyif in front of a record.
struct Condition {
    bool only = false;
    std::string what;  // an engine's name, or variable=value with =, <> , <, >, <=, >=
};

struct Record {
    uint32_t line = 0;                  // 1-based, of the command
    std::string command;                // statement, query, loop, require, ...
    std::vector<std::string> words;     // what follows the command on its line
    std::string sql;                    // lines up to ---- or an empty line, joined by line feeds
    bool has_expectation = false;       // there was a ---- line
    std::vector<std::string> expected;  // the lines behind it
    std::vector<Condition> conditions;
};

// Parses a file's text. kSyntax names the line of an unknown command.
Result<std::vector<Record>> parse_test_script(std::string_view text);

}  // namespace kodiak::sqllogictest
