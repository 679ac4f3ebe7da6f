// kodiak timeline and kodiak changes: history from the command line, as SQL on a session that only reads.

#include <charconv>

#include "cli/commands/commands.hpp"
#include "cli/commands/import_files.hpp"
#include "cli/formats/format.hpp"
#include "cli/program.hpp"
#include "database/database.hpp"
#include "language/lexer/words.hpp"

namespace kodiak::cli {

namespace {

using language::quote_string;

int wrong_usage(const CommandLine& line, const std::string& message) {
    std::fprintf(stderr, "kodiak: %s\ntry: kodiak help %s\n", message.c_str(), std::string(line.command->name).c_str());
    return kExitUsage;
}

Result<std::unique_ptr<database::Database>> open_to_read(const std::string& path) {
    database::DatabaseOptions options;
    options.read_only = true;
    options.create_if_missing = false;
    options.owner = "kodiak timeline";
    return database::Database::open(path, options);
}

Status run_sql_text(const std::string& path, const std::string& sql, database::ResultSink& sink, Output& output) {
    KODIAK_TRY_ASSIGN(const auto database, open_to_read(path));
    KODIAK_TRY_ASSIGN(const auto session, database->connect());
    KODIAK_TRY(session->execute_script(sql, sink));
    return output.flush();
}

Status run_query(const CommandLine& line, const std::string& path, const std::string& sql, FormatKind usual,
                 Output& output) {
    const auto format = make_format(format_named(line.value("format").value_or("")).value_or(usual), output);
    return run_sql_text(path, sql, *format, output);
}

// Writes values as they are: a proof is a file, not a table, and no byte of it is free.
class ValuesOnly final : public database::ResultSink {
   public:
    explicit ValuesOnly(Output& output) : output_(output) {}
    Status begin(const std::vector<database::ResultColumn>&) override { return {}; }
    Status rows(const database::RowBatch& batch) override {
        for (size_t row = 0; row < batch.row_count(); ++row) {
            const std::string value(batch.text(row, 0));
            KODIAK_TRY(output_.write(value.ends_with('\n') ? value : value + "\n"));
        }
        return {};
    }
    Status end(const database::Answer& answer) override {
        return answer.has_rows ? Status() : output_.write(answer.text + "\n");
    }

   private:
    Output& output_;
};

int report(const Status& status) {
    if (!status.ok()) {
        report_error(status.error(), "");
    }
    return status.ok() ? kExitOk : kExitError;
}

bool is_number(std::string_view text) {
    uint64_t value = 0;
    const auto read = std::from_chars(text.data(), text.data() + text.size(), value);
    return read.ec == std::errc() && read.ptr == text.data() + text.size();
}

// A point in history as the language writes it: a number is a commit, all else a text.
std::string point_sql(const std::string& point) {
    return is_number(point) ? "COMMIT " + point : quote_string(point);
}

std::string log_sql(const CommandLine& line) {
    return "SELECT seq, id, time, author, message, changed_rows FROM kodiak_commits() ORDER BY seq DESC LIMIT " +
           line.value("limit").value_or("50");
}

std::string show_sql(const std::string& commit) {
    const std::string condition =
        is_number(commit) ? "seq = " + commit : "starts_with(id, upper(" + quote_string(commit) + "))";
    return "SELECT * FROM kodiak_commits() WHERE " + condition;
}

std::string into_sql(const CommandLine& line) {
    const auto file = line.value("out");
    return file ? " INTO " + quote_string(*file) : "";
}

Result<std::string> proof_sql(const CommandLine& line) {
    if (const auto table = line.value("row")) {
        KODIAK_TRY_ASSIGN(const std::string name, sql_name(*table));
        const auto point = line.value("as-of");
        return "PROVE ROW " + name + " KEY (" + line.value("key").value_or("") + ")" +
               (point ? " AS OF " + point_sql(*point) : "") + into_sql(line);
    }
    const std::string& commit = line.operands[2];
    return "PROVE COMMIT " + (is_number(commit) ? commit : quote_string(commit)) + into_sql(line);
}

Status verify(const std::string& path, Output& output, bool& is_whole) {
    KODIAK_TRY_ASSIGN(const auto database, open_to_read(path));
    KODIAK_TRY_ASSIGN(const auto findings, database->verify_timeline());
    for (const auto& finding : findings) {
        KODIAK_TRY(output.write("damaged: " + finding.place + ": " + finding.problem + "\n"));
    }
    is_whole = findings.empty();
    KODIAK_TRY(output.write(is_whole ? path + ": all commits hold\n"
                                     : path + ": the timeline is damaged; the first broken place comes first\n"));
    return output.flush();
}

int run_proof(const CommandLine& line, const std::string& path, Output& output) {
    const bool is_row = line.has("row");
    if (is_row != (line.operands.size() == 2) || is_row != line.has("key")) {
        return wrong_usage(line, "timeline proof needs a commit, or --row TABLE and --key VALUES");
    }
    const auto sql = proof_sql(line);
    if (!sql.ok()) {
        return report(sql.error());
    }
    ValuesOnly sink(output);
    return report(run_sql_text(path, *sql, sink, output));
}

}  // namespace

int run_timeline(const CommandLine& line, Output& output) {
    const std::string& action = line.operands[0];
    const std::string& path = line.operands[1];
    const bool has_commit = line.operands.size() == 3;
    if (line.has("limit") && !is_number(*line.value("limit"))) {
        return wrong_usage(line, "--limit needs a number");
    }
    if (action == "log" && !has_commit) {
        return report(run_query(line, path, log_sql(line), FormatKind::kBox, output));
    }
    if (action == "show" && has_commit) {
        return report(run_query(line, path, show_sql(line.operands[2]), FormatKind::kLine, output));
    }
    if (action == "heads" && !has_commit) {
        return report(run_query(line, path, "FROM kodiak_tree_heads()", FormatKind::kBox, output));
    }
    if (action == "proof") {
        return run_proof(line, path, output);
    }
    if (action == "verify" && !has_commit) {
        bool is_whole = false;
        const int code = report(verify(path, output, is_whole));
        return code == kExitOk && !is_whole ? static_cast<int>(kExitError) : code;
    }
    return wrong_usage(line, "timeline has the actions log DB, show DB COMMIT, heads DB, verify DB, proof DB COMMIT");
}

int run_changes(const CommandLine& line, Output& output) {
    const auto table = sql_name(line.operands[1]);
    if (!table.ok()) {
        return report(table.error());
    }
    std::string sql = "GET CHANGES FROM " + *table + " SINCE " + point_sql(line.value("since").value_or("0"));
    if (const auto until = line.value("until")) {
        sql += " UNTIL " + point_sql(*until);
    }
    return report(run_query(line, line.operands[0], sql, FormatKind::kBox, output));
}

}  // namespace kodiak::cli
