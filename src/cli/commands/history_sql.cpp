#include "cli/commands/history_sql.hpp"

#include <charconv>

#include "cli/commands/commands.hpp"
#include "cli/program.hpp"
#include "language/lexer/words.hpp"

namespace kodiak::cli {

int wrong_usage(const CommandLine& line, const std::string& message) {
    std::fprintf(stderr, "kodiak: %s\ntry: kodiak help %s\n", message.c_str(), std::string(line.command->name).c_str());
    return kExitUsage;
}

int report(const Status& status) {
    if (!status.ok()) {
        report_error(status.error(), "");
    }
    return status.ok() ? kExitOk : kExitError;
}

Result<std::unique_ptr<database::Database>> open_to_read(const std::string& path) {
    database::DatabaseOptions options;
    options.read_only = true;
    options.create_if_missing = false;
    options.owner = "kodiak";
    return database::Database::open(path, options);
}

Result<std::unique_ptr<database::Database>> open_to_write(const std::string& path) {
    database::DatabaseOptions options;
    options.create_if_missing = false;
    return database::Database::open(path, options);
}

Status run_sql_text(database::Database& database, const std::string& sql, database::ResultSink& sink, Output& output) {
    KODIAK_TRY_ASSIGN(const auto session, database.connect());
    KODIAK_TRY(session->execute_script(sql, sink));
    return output.flush();
}

Status run_query(const CommandLine& line, const std::string& path, const std::string& sql, FormatKind usual,
                 Output& output) {
    const auto format = make_format(format_named(line.value("format").value_or("")).value_or(usual), output);
    KODIAK_TRY_ASSIGN(const auto database, open_to_read(path));
    return run_sql_text(*database, sql, *format, output);
}

bool is_number(std::string_view text) {
    uint64_t value = 0;
    const auto read = std::from_chars(text.data(), text.data() + text.size(), value);
    return read.ec == std::errc() && read.ptr == text.data() + text.size();
}

std::string point_sql(const std::string& point) {
    return is_number(point) ? "COMMIT " + point : language::quote_string(point);
}

}  // namespace kodiak::cli
