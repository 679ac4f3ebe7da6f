// kodiak timeline: history from the command line, as SQL on a session that only reads.

#include "base/disk/replace_file.hpp"
#include "cli/commands/commands.hpp"
#include "cli/commands/history_sql.hpp"
#include "cli/commands/import_files.hpp"
#include "cli/formats/format.hpp"
#include "cli/program.hpp"
#include "database/database.hpp"
#include "database/signing.hpp"
#include "language/lexer/words.hpp"

namespace kodiak::cli {

namespace {

using language::quote_string;

// Takes the one value of an answer: a proof is a file, not a table, and no byte of it is free.
class OneValue final : public database::ResultSink {
   public:
    std::string value;
    Status begin(const std::vector<database::ResultColumn>&) override { return {}; }
    Status rows(const database::RowBatch& batch) override {
        if (batch.row_count() > 0) {
            value = batch.text(0, 0);
        }
        return {};
    }
    Status end(const database::Answer&) override { return {}; }
};

std::string log_sql(const CommandLine& line) {
    return "SELECT seq, id, time, author, message, changed_rows FROM kodiak_commits() ORDER BY seq DESC LIMIT " +
           line.value("limit").value_or("50");
}

std::string show_sql(const std::string& commit) {
    const std::string point = is_number(commit) ? commit : quote_string("commit:" + commit);
    return "SELECT * FROM kodiak_commits(at => " + point + ")";
}

Result<std::string> proof_sql(const CommandLine& line) {
    if (const auto table = line.value("row")) {
        KODIAK_TRY_ASSIGN(const std::string name, sql_name(*table));
        const auto point = line.value("as-of");
        return "PROVE ROW " + name + " KEY (" + line.value("key").value_or("") + ")" +
               (point ? " AS OF " + point_sql(*point) : "");
    }
    const std::string& commit = line.operands[2];
    return "PROVE COMMIT " + (is_number(commit) ? commit : quote_string(commit));
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

Status write_proof(const CommandLine& line, const std::string& path, const std::string& sql, Output& output) {
    OneValue sink;
    KODIAK_TRY_ASSIGN(const auto database, open_to_read(path));
    KODIAK_TRY(run_sql_text(*database, sql, sink, output));
    if (const auto key = line.value("sign")) {
        KODIAK_TRY_ASSIGN(sink.value, database::sign_proof(sink.value, *key));
    }
    const auto file = line.value("out");
    if (file) {
        KODIAK_TRY(replace_file(*make_real_disk(), *file, sink.value));
    }
    KODIAK_TRY(output.write(file ? "proof of " + std::to_string(sink.value.size()) + " bytes written to " + *file + "\n"
                                 : sink.value));
    return output.flush();
}

// The public key of a key file, which is made when it is missing.
int run_key(const std::string& file, Output& output) {
    const auto exists = make_real_disk()->exists(file);
    const auto key = !exists.ok()  ? Result<std::string>(exists.error())
                     : *exists ? database::public_key(file)
                               : database::create_key(file);
    if (!key.ok()) {
        return report(key.error());
    }
    const Status written = output.write(*key + "\n");
    return report(written.ok() ? output.flush() : written);
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
    return report(write_proof(line, path, *sql, output));
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
    if (action == "key" && !has_commit) {
        return run_key(path, output);
    }
    if (action == "verify" && !has_commit) {
        bool is_whole = false;
        const int code = report(verify(path, output, is_whole));
        return code == kExitOk && !is_whole ? static_cast<int>(kExitError) : code;
    }
    return wrong_usage(line, "timeline has the actions log DB, show DB COMMIT, heads DB, verify DB, proof DB COMMIT, "
                       "key FILE");
}

}  // namespace kodiak::cli
