// kodiak timeline: history from the command line, as SQL on a session that only reads.

#include "cli/commands/commands.hpp"
#include "cli/commands/history_sql.hpp"
#include "cli/commands/import_files.hpp"
#include "cli/formats/format.hpp"
#include "cli/program.hpp"
#include "database/database.hpp"
#include "language/lexer/words.hpp"

namespace kodiak::cli {

namespace {

using language::quote_string;

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

std::string log_sql(const CommandLine& line) {
    return "SELECT seq, id, time, author, message, changed_rows FROM kodiak_commits() ORDER BY seq DESC LIMIT " +
           line.value("limit").value_or("50");
}

std::string show_sql(const std::string& commit) {
    const std::string point = is_number(commit) ? commit : quote_string("commit:" + commit);
    return "SELECT * FROM kodiak_commits(at => " + point + ")";
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
    const auto database = open_to_read(path);
    return report(database.ok() ? run_sql_text(**database, *sql, sink, output) : Status(database.error()));
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

}  // namespace kodiak::cli
