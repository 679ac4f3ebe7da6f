#pragma once

// Runs one sqllogictest file on a fresh database.
//
// What       run_test_file() opens a database in an empty folder, runs the file's records in order and stops at the
// first
//            one whose answer is not what the file expects.
// How        Named connections are sessions of one database. `restart` closes everything and opens the same database
//            again; `load` opens another one. Loops run one after the other, concurrent ones too.
// Skips      A file that requires what is not there, or uses a command that this runner does not have, is skipped with
//            its reason; never half-run and called passed.

#include <filesystem>
#include <string>

#include "tests/support/sqllogictest/answers.hpp"

namespace kodiak::sqllogictest {

struct RunOptions {
    bool native = false;  // on a plain DuckDB file, to prove the expectations
    Dialect dialect = Dialect::kDuckDB;
    bool any_error_text = false;  // an expected error may have other words: for suites written for other engines
    std::string database_name = "test";
    std::filesystem::path scratch;         // an existing folder for databases and files of tests
    std::filesystem::path working_folder;  // what relative paths in tests mean: __WORKING_DIRECTORY__
};

enum class Outcome : uint8_t { kPassed, kFailed, kSkipped };

struct FileReport {
    Outcome outcome = Outcome::kPassed;
    std::string reason;  // of a skip or failure, with the line
    size_t records = 0;  // statements and queries that ran
    double seconds = 0;
};

FileReport run_test_file(const std::filesystem::path& file, const RunOptions& options);

}  // namespace kodiak::sqllogictest
