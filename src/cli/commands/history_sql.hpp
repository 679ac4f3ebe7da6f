#pragma once

// What the commands on history share: sessions for one text of SQL, and points as the language writes them.

#include <string>
#include <string_view>

#include "cli/command_line.hpp"
#include "cli/formats/format.hpp"
#include "cli/output.hpp"
#include "database/database.hpp"

namespace kodiak::cli {

// Tells a wrong call on stderr; the exit code.
int wrong_usage(const CommandLine& line, const std::string& message);
// Tells an error on stderr; the exit code.
int report(const Status& status);

// The database for a session that only reads; works beside a program that writes, and shows what it had written then.
Result<std::unique_ptr<database::Database>> open_to_read(const std::string& path);
// The same for one that writes; the database must be there.
Result<std::unique_ptr<database::Database>> open_to_write(const std::string& path);

// Runs a text and flushes the output.
Status run_sql_text(database::Database& database, const std::string& sql, database::ResultSink& sink, Output& output);
// Runs a text on a database that is opened to read; the answer in the format that the command line asks for.
Status run_query(const CommandLine& line, const std::string& path, const std::string& sql, FormatKind usual,
                 Output& output);

bool is_number(std::string_view text);
// A point in history as the language writes it: a number is a commit, all else a text.
std::string point_sql(const std::string& point);

}  // namespace kodiak::cli
