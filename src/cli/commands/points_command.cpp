// kodiak snapshot and kodiak watermark: named places in history from the command line.

#include "cli/commands/commands.hpp"
#include "cli/commands/history_sql.hpp"
#include "cli/commands/import_files.hpp"
#include "cli/program.hpp"
#include "language/lexer/words.hpp"

namespace kodiak::cli {

namespace {

using language::quote_name;
using language::quote_string;

// Runs one statement that changes the database and says what it answered.
int run_change(const std::string& path, const std::string& sql, Output& output) {
    const auto format = make_format(FormatKind::kBox, output);
    const auto database = open_to_write(path);
    return report(database.ok() ? run_sql_text(**database, sql, *format, output) : Status(database.error()));
}

std::string at_sql(const CommandLine& line, const std::string& words) {
    const auto point = line.value("at");
    return point ? " " + words + " " + point_sql(*point) : "";
}

// The tables that a watermark is to follow, as SQL; kSyntax for a name that is none.
Result<std::string> tables_sql(const CommandLine& line) {
    std::string tables;
    for (size_t i = 3; i < line.operands.size(); ++i) {
        KODIAK_TRY_ASSIGN(const std::string name, sql_name(line.operands[i]));
        tables += (tables.empty() ? "" : ", ") + name;
    }
    return tables.empty() ? std::string("ALL TABLES") : tables;
}

}  // namespace

int run_snapshot(const CommandLine& line, Output& output) {
    const std::string& action = line.operands[0];
    const std::string& path = line.operands[1];
    const bool has_name = line.operands.size() == 3;
    if (action == "list" && !has_name) {
        return report(run_query(line, path, "SHOW SNAPSHOTS", FormatKind::kBox, output));
    }
    if (action == "create" && has_name) {
        const auto message = line.value("message");
        return run_change(path, "CREATE SNAPSHOT " + quote_name(line.operands[2]) + at_sql(line, "AS OF") +
                                    (message ? " MESSAGE " + quote_string(*message) : ""),
                          output);
    }
    if (action == "drop" && has_name) {
        return run_change(path, "DROP SNAPSHOT " + quote_name(line.operands[2]), output);
    }
    return wrong_usage(line, "snapshot has the actions create DB NAME, list DB, drop DB NAME");
}

int run_watermark(const CommandLine& line, Output& output) {
    const std::string& action = line.operands[0];
    const std::string& path = line.operands[1];
    const size_t operands = line.operands.size();
    if (action == "list" && operands == 2) {
        return report(run_query(line, path, "SHOW WATERMARKS", FormatKind::kBox, output));
    }
    if (action == "create" && operands >= 3) {
        const auto tables = tables_sql(line);
        return tables.ok() ? run_change(path, "CREATE WATERMARK " + quote_name(line.operands[2]) + " ON " + *tables +
                                                  at_sql(line, "AT"),
                                        output)
                           : report(tables.error());
    }
    if (action == "advance" && operands == 3) {
        return run_change(path, "ADVANCE WATERMARK " + quote_name(line.operands[2]) + at_sql(line, "TO") +
                                    (line.has("force") ? " FORCE" : ""),
                          output);
    }
    if (action == "drop" && operands == 3) {
        return run_change(path, "DROP WATERMARK " + quote_name(line.operands[2]), output);
    }
    return wrong_usage(line,
                       "watermark has the actions create DB NAME [TABLE...], list DB, advance DB NAME, drop DB NAME");
}

}  // namespace kodiak::cli
