#include "tests/support/sqllogictest/runner.hpp"

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <fstream>
#include <map>
#include <memory>
#include <optional>
#include <sstream>

#include "database/database.hpp"
#include "language/diagnostics.hpp"
#include "tests/support/sqllogictest/loop_values.hpp"
#include "tests/support/sqllogictest/requirements.hpp"
#include "tests/support/sqllogictest/test_script.hpp"

namespace kodiak::sqllogictest {

namespace {

namespace fs = std::filesystem;

// Why a file's run ends before its end.
struct Stop {
    Outcome outcome = Outcome::kFailed;
    std::string reason;
};

std::string replaced(std::string text, const std::string& from, const std::string& to) {
    for (size_t at = text.find(from); at != std::string::npos; at = text.find(from, at + to.size())) {
        text.replace(at, from.size(), to);
    }
    return text;
}

std::string shown(const Error& error) { return language::render_error(error, ""); }

// The state of one file's run.
class FileRun {
   public:
    FileRun(const fs::path& file, const RunOptions& options) : file_(file), options_(options) {
        home_ = options.scratch / "db";
        files_ = options.scratch / "files";
        fs::create_directories(files_);
        for (const char* name : {"__TEST_DIR__", "{TEST_DIR}", "{TEMP_DIR}"}) {
            variables_[name] = files_.string();
        }
        for (const char* name : {"__WORKING_DIRECTORY__", "{WORKING_DIRECTORY}", "{WORKING_DIR}"}) {
            variables_[name] = options.working_folder.string();
        }
        variables_["{DATA_DIR}"] = (options.working_folder / "data").string();
    }

    FileReport run() {
        FileReport report;
        auto start = std::chrono::steady_clock::now();
        std::optional<Stop> stop = run_all();
        report.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
        report.records = records_run_;
        if (stop) {
            report.outcome = stop->outcome;
            report.reason = stop->reason;
        }
        return report;
    }

   private:
    using Handler = std::optional<Stop> (FileRun::*)(const Record&);

    std::optional<Stop> run_all() {
        std::ifstream stream(file_, std::ios::binary);
        std::stringstream text;
        text << stream.rdbuf();
        auto records = parse_test_script(text.str());
        if (!stream || !records.ok()) {
            return Stop{Outcome::kFailed, stream ? records.error().message : "cannot read the file"};
        }
        if (auto stop = open(home_.string() + "/" + options_.database_name + ".kodiak")) {
            return stop;
        }
        auto stop = run_range(*records, 0, records->size());
        return stop && stop->outcome == Outcome::kPassed ? std::nullopt : stop;
    }

    Stop failure(const Record& record, const std::string& what) const {
        return {Outcome::kFailed, "line " + std::to_string(record.line) + ": " + what};
    }
    static Stop skip(const Record& record, const std::string& what) {
        return {Outcome::kSkipped, record.command + (what.empty() ? "" : " " + what)};
    }

    // --- the database and its sessions

    std::optional<Stop> open(const std::string& path, bool read_only = false) {
        sessions_.clear();
        database_.reset();
        path_ = path;
        if (fs::path(path).has_parent_path()) {
            fs::create_directories(fs::path(path).parent_path());
        }
        database::DatabaseOptions options;
        options.read_only = read_only;
        auto opened = options_.native ? database::Database::open_native(path, path + ".native")
                                      : database::Database::open(path, options);
        if (!opened.ok()) {
            return Stop{Outcome::kFailed, "cannot open the database: " + shown(opened.error())};
        }
        database_ = std::move(*opened);
        return std::nullopt;
    }

    Result<database::Session*> session(const std::string& name) {
        auto found = sessions_.find(name);
        if (found == sessions_.end()) {
            KODIAK_TRY_ASSIGN(auto connected, database_->connect());
            found = sessions_.emplace(name, std::move(connected)).first;
        }
        return found->second.get();
    }

    // --- texts

    std::string expanded(std::string text) const {
        for (const auto& [name, value] : variables_) {
            text = replaced(std::move(text), name, value);
        }
        return text;
    }

    Record expanded(const Record& record) const {
        Record copy = record;
        copy.sql = expanded(copy.sql);
        for (auto& word : copy.words) {
            word = expanded(std::move(word));
        }
        for (auto& line : copy.expected) {
            line = expanded(std::move(line));
        }
        return copy;
    }

    // A list of names takes a list of values: `foreach type,least tinyint,-128 smallint,-32768`.
    void set_loop_variable(const std::string& name, const std::string& value) {
        if (size_t comma = name.find(','); comma != std::string::npos) {
            size_t value_comma = std::min(value.find(','), value.size());
            set_loop_variable(name.substr(0, comma), value.substr(0, value_comma));
            set_loop_variable(name.substr(comma + 1), value.substr(std::min(value_comma + 1, value.size())));
            return;
        }
        loop_values_[name] = value;
        variables_["${" + name + "}"] = value;
        variables_["{" + name + "}"] = value;
    }

    bool applies(const Record& record) const {
        return std::all_of(record.conditions.begin(), record.conditions.end(), [&](const Condition& condition) {
            return condition_holds(condition.what, options_.native, loop_values_) == condition.only;
        });
    }

    // --- records

    std::optional<Stop> run_range(const std::vector<Record>& records, size_t begin, size_t end) {
        for (size_t at = begin; at < end; ++at) {
            const Record& record = records[at];
            bool is_loop = is_loop_start(record);
            size_t last = is_loop ? loop_end(records, at) : at;
            if (last >= end) {
                return failure(record, "the loop has no endloop");
            }
            bool is_mode = record.command == "mode" || record.command == "skip" || record.command == "unskip";
            if (applies(record) && (!skipping_ || is_mode)) {
                if (auto stop = is_loop ? run_loop(records, at, last) : run_record(record)) {
                    return stop;
                }
            }
            at = last;
        }
        return std::nullopt;
    }

    static bool is_loop_start(const Record& record) {
        return record.command == "loop" || record.command == "foreach" || record.command == "concurrentloop" ||
               record.command == "concurrentforeach";
    }

    static size_t loop_end(const std::vector<Record>& records, size_t begin) {
        size_t depth = 0;
        for (size_t at = begin; at < records.size(); ++at) {
            depth += is_loop_start(records[at]) ? 1 : 0;
            if (records[at].command == "endloop" && --depth == 0) {
                return at;
            }
        }
        return records.size();
    }

    std::optional<Stop> run_loop(const std::vector<Record>& records, size_t begin, size_t end) {
        const Record loop = expanded(records[begin]);
        bool counted = loop.command == "loop" || loop.command == "concurrentloop";
        if (loop.words.empty() || (counted && loop.words.size() < 3)) {
            return failure(loop, "a loop needs a variable and its values");
        }
        for (const std::string& value : counted ? counted_values(loop.words) : listed_values(loop.words)) {
            set_loop_variable(loop.words[0], value);
            if (auto stop = run_range(records, begin + 1, end)) {
                return stop;
            }
        }
        return std::nullopt;
    }

    std::optional<Stop> run_record(const Record& raw) {
        static const std::map<std::string, Handler> kHandlers = {{"statement", &FileRun::run_statement},
                                                                 {"query", &FileRun::run_query},
                                                                 {"halt", &FileRun::run_halt},
                                                                 {"mode", &FileRun::run_mode},
                                                                 {"hash-threshold", &FileRun::run_nothing},
                                                                 {"require", &FileRun::run_require},
                                                                 {"require-env", &FileRun::run_require_env},
                                                                 {"test-env", &FileRun::run_test_env},
                                                                 {"load", &FileRun::run_load},
                                                                 {"restart", &FileRun::run_restart},
                                                                 {"reset", &FileRun::run_reset},
                                                                 {"reconnect", &FileRun::run_reconnect},
                                                                 {"set", &FileRun::run_set},
                                                                 {"tags", &FileRun::run_nothing},
                                                                 {"sleep", &FileRun::run_nothing},
                                                                 {"skip", &FileRun::run_skip},
                                                                 {"unskip", &FileRun::run_skip}};
        Record record = expanded(raw);
        auto handler = kHandlers.find(record.command);
        if (handler == kHandlers.end()) {
            return skip(record, "is not supported by this runner");
        }
        return (this->*handler->second)(record);
    }

    std::optional<Stop> run_statement(const Record& record) {
        if (record.words.empty()) {
            return failure(record, "statement needs ok, error or maybe");
        }
        auto on = session(record.words.size() > 1 ? record.words[1] : "");
        if (!on.ok()) {
            return failure(record, shown(on.error()));
        }
        ++records_run_;
        AnswerTable answer(options_.dialect, "");
        Status status = (*on)->execute_script(record.sql, answer);
        return judge_statement(record, status);
    }

    std::optional<Stop> judge_statement(const Record& record, const Status& status) const {
        const std::string& wanted = record.words[0];
        if (status.ok()) {
            return wanted == "error" ? std::optional(failure(record, "succeeds, an error is expected\n" + record.sql))
                                     : std::nullopt;
        }
        std::string error = shown(status.error());
        if (is_missing_feature(status.error())) {
            return skip(record, "needs what is not there: " + status.error().message);
        }
        if (wanted == "ok") {
            return failure(record, error + "\n" + record.sql);
        }
        // A mistake of ours is never what a test may expect.
        if (status.error().code == ErrorCode::kInternal) {
            return failure(record, error);
        }
        if (!options_.any_error_text && record.has_expectation && !record.expected.empty() &&
            !error_matches(error, record.expected)) {
            return failure(record, "another error than expected:\n" + error + "\nexpected:\n" + record.expected[0]);
        }
        return std::nullopt;
    }

    std::optional<Stop> run_query(const Record& record) {
        if (record.words.empty()) {
            return failure(record, "query needs the types of its columns");
        }
        const std::string& types = record.words[0];
        SortMode sort = SortMode::kNoSort;
        std::string connection;
        if (record.words.size() > 1) {
            const std::string& word = record.words[1];
            if (word == "rowsort" || word == "sort") {
                sort = SortMode::kRowSort;
            } else if (word == "valuesort") {
                sort = SortMode::kValueSort;
            } else if (word != "nosort") {
                connection = word;
            }
        }
        auto on = session(connection);
        if (!on.ok()) {
            return failure(record, shown(on.error()));
        }
        ++records_run_;
        AnswerTable answer(options_.dialect, types);
        Status status = (*on)->execute_script(record.sql, answer);
        if (types == "error") {
            return judge_statement(record, status);
        }
        if (!status.ok()) {
            if (is_missing_feature(status.error())) {
                return skip(record, "needs what is not there: " + status.error().message);
            }
            return failure(record, shown(status.error()) + "\n" + record.sql);
        }
        answer.sort(sort);
        return judge_query(record, answer);
    }

    std::optional<Stop> judge_query(const Record& record, const AnswerTable& answer) {
        const bool has_label = record.words.size() > 2;
        if (record.has_expectation && !quiet_ && !(has_label && record.expected.empty())) {
            if (record.expected.size() == 1 && record.expected[0].rfind("<FILE>:", 0) == 0) {
                return skip(record, "<FILE>: is not supported by this runner");
            }
            if (auto difference_found = difference(answer, record.expected, record.words[0].size())) {
                return failure(record, *difference_found + record.sql);
            }
        }
        if (has_label) {
            std::string digest = answer.digest();
            auto [seen, is_new] = labels_.emplace(record.words[2], digest);
            if (!is_new && seen->second != digest) {
                return failure(record, "the answer differs from the earlier one labelled " + record.words[2]);
            }
        }
        return std::nullopt;
    }

    // A halt ends the file well.
    std::optional<Stop> run_halt(const Record&) { return Stop{Outcome::kPassed, ""}; }
    std::optional<Stop> run_nothing(const Record&) { return std::nullopt; }

    std::optional<Stop> run_mode(const Record& record) {
        const std::string mode = record.words.empty() ? "" : record.words[0];
        if (mode == "skip" || mode == "unskip") {
            skipping_ = mode == "skip";
        } else if (mode == "no_output" || mode == "output_result") {
            quiet_ = mode == "no_output";
        }
        return std::nullopt;
    }

    std::optional<Stop> run_skip(const Record& record) {
        skipping_ = record.command == "skip";
        return std::nullopt;
    }

    std::optional<Stop> run_require(const Record& record) {
        const std::string what = record.words.empty() ? "" : record.words[0];
        if (auto missing = missing_requirement(record.words)) {
            return skip(record, *missing);
        }
        if (!is_loadable_extension(what)) {
            return std::nullopt;
        }
        auto on = session("");
        AnswerTable answer(options_.dialect, "");
        Status loaded = on.ok() ? (*on)->execute_script("LOAD " + what, answer) : Status(on.error());
        return loaded.ok() ? std::nullopt : std::optional(skip(record, what));
    }

    std::optional<Stop> run_require_env(const Record& record) {
        const char* value = record.words.empty() ? nullptr : std::getenv(record.words[0].c_str());
        if (value == nullptr || (record.words.size() > 1 && record.words[1] != value)) {
            return skip(record, record.words.empty() ? "" : record.words[0]);
        }
        variables_["${" + record.words[0] + "}"] = value;
        variables_["{" + record.words[0] + "}"] = value;
        return std::nullopt;
    }

    std::optional<Stop> run_test_env(const Record& record) {
        if (record.words.size() < 2) {
            return failure(record, "test-env needs a name and a default");
        }
        const char* value = std::getenv(record.words[0].c_str());
        std::string text = value != nullptr ? value : record.words[1];
        variables_["${" + record.words[0] + "}"] = text;
        variables_["{" + record.words[0] + "}"] = text;
        return std::nullopt;
    }

    std::optional<Stop> run_load(const Record& record) {
        bool read_only = record.words.size() > 1 && record.words[1] == "readonly";
        std::string path =
            record.words.empty() || record.words[0] == "readonly" ? home_.string() + "/loaded.kodiak" : record.words[0];
        return open(path, read_only);
    }

    std::optional<Stop> run_restart(const Record&) { return open(path_); }

    std::optional<Stop> run_reset(const Record& record) {
        if (record.words.size() == 2 && record.words[0] == "label") {
            labels_.erase(record.words[1]);
        }
        return std::nullopt;
    }

    std::optional<Stop> run_reconnect(const Record&) {
        sessions_.clear();
        return std::nullopt;
    }

    std::optional<Stop> run_set(const Record& record) {
        if (record.words.size() == 2 && record.words[0] == "seed") {
            auto on = session("");
            AnswerTable answer(options_.dialect, "");
            Status done =
                on.ok() ? (*on)->execute_script("SELECT setseed(" + record.words[1] + ")", answer) : Status(on.error());
            return done.ok() ? std::nullopt : std::optional(failure(record, shown(done.error())));
        }
        return std::nullopt;
    }

    fs::path file_;
    const RunOptions& options_;
    fs::path home_;
    fs::path files_;
    std::string path_;
    std::unique_ptr<database::Database> database_;
    std::map<std::string, std::unique_ptr<database::Session>> sessions_;  // gone before the database
    std::map<std::string, std::string> variables_;                        // text to replace -> value
    std::map<std::string, std::string> loop_values_;
    std::map<std::string, std::string> labels_;
    size_t records_run_ = 0;
    bool skipping_ = false;
    bool quiet_ = false;
};

}  // namespace

FileReport run_test_file(const fs::path& file, const RunOptions& options) { return FileRun(file, options).run(); }

}  // namespace kodiak::sqllogictest
