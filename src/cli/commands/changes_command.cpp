// kodiak changes: what commits did to a table, once or for as long as somebody listens.
//
// Exactly once: with --out, the file itself is the position. Changes are appended as whole lines and synced; at the
// start lines of the last commit in the file, which may be cut short, are taken off and read again. The commit's id in
// the file must be the one in the history, else the database was rolled back or is another one.

#include <algorithm>
#include <charconv>
#include <chrono>
#include <thread>
#include <utility>

#include "base/disk/disk.hpp"
#include "cli/commands/commands.hpp"
#include "cli/commands/history_sql.hpp"
#include "cli/commands/import_files.hpp"
#include "cli/program.hpp"
#include "language/lexer/words.hpp"

namespace kodiak::cli {

namespace {

using language::quote_name;
using language::quote_string;

// Commits that are read at once, so that a long history does not have to fit into memory.
constexpr uint64_t kCommitsAtOnce = 1000;
constexpr uint64_t kBlockBytes = uint64_t{1} << 20;
constexpr std::string_view kSeqKey = "{\"commit_seq\":";
constexpr std::string_view kIdKey = ",\"commit_id\":\"";
constexpr size_t kIdLetters = 26;

// Keeps the first value of an answer.
class FirstValue final : public database::ResultSink {
   public:
    std::string value;
    Status begin(const std::vector<database::ResultColumn>&) override { return {}; }
    Status rows(const database::RowBatch& batch) override {
        if (value.empty() && batch.row_count() > 0) {
            value = batch.text(0, 0);
        }
        return {};
    }
    Status end(const database::Answer&) override { return {}; }
};

uint64_t number_of(std::string_view text) {
    uint64_t value = 0;
    std::from_chars(text.data(), text.data() + text.size(), value);
    return value;
}

// A file of changes as JSON lines, which is also how far they were read.
class ChangeFile {
   public:
    // Opens the file, created when missing, and takes off the lines of its last commit. kInvalidValue when its lines
    // are not changes.
    static Result<ChangeFile> open(const std::string& path) {
        ChangeFile file;
        file.path_ = path;
        KODIAK_TRY_ASSIGN(file.file_, make_real_disk()->open(path, OpenMode::kCreateOrOpen));
        KODIAK_TRY(file.find_end());
        return file;
    }

    // The last commit whose lines were there; 0 = none. Its lines are to be written again.
    uint64_t last_commit() const { return last_commit_; }
    const std::string& last_id() const { return last_id_; }

    Status append(std::string_view lines) {
        KODIAK_TRY(file_->write(end_, lines));
        end_ += lines.size();
        return file_->sync();
    }

    // Takes the last commit's lines off.
    Status rewind() {
        end_ = last_start_;
        KODIAK_TRY(file_->truncate(end_));
        return file_->sync();
    }

   private:
    Status find_end() {
        KODIAK_TRY_ASSIGN(const uint64_t size, file_->size());
        std::string rest;  // of a line that the block before did not end
        uint64_t rest_at = 0;
        for (uint64_t at = 0; at < size;) {
            std::string block(std::min(kBlockBytes, size - at), '\0');
            KODIAK_TRY(file_->read(at, block.size(), block.data()));
            at += block.size();
            rest += block;
            size_t line = 0;
            for (size_t end = rest.find('\n'); end != std::string::npos; end = rest.find('\n', line)) {
                KODIAK_TRY(note_line(std::string_view(rest).substr(line, end - line), rest_at + line));
                line = end + 1;
            }
            rest.erase(0, line);
            rest_at += line;
        }
        return {};
    }

    Status note_line(std::string_view line, uint64_t at) {
        const size_t id = line.find(kIdKey);
        if (!line.starts_with(kSeqKey) || id == std::string_view::npos ||
            line.size() < id + kIdKey.size() + kIdLetters) {
            return make_error(ErrorCode::kInvalidValue, "not a file of changes: " + path_)
                .with_hint("--out takes a new file, or one that kodiak changes --out has written.");
        }
        const uint64_t commit = number_of(line.substr(kSeqKey.size()));
        if (commit != last_commit_) {
            last_commit_ = commit;
            last_start_ = at;
            last_id_ = line.substr(id + kIdKey.size(), kIdLetters);
        }
        return {};
    }

    std::string path_;
    std::unique_ptr<File> file_;
    uint64_t end_ = 0;
    uint64_t last_commit_ = 0;
    uint64_t last_start_ = 0;
    std::string last_id_;
};

class ChangeReader {
   public:
    ChangeReader(const CommandLine& line, std::string table, Output& output)
        : line_(line), path_(line.operands[0]), table_(std::move(table)), output_(output) {}

    Status run() {
        KODIAK_TRY(find_start());
        const auto pause = std::chrono::milliseconds(number_of(line_.value("every-ms").value_or("1000")));
        while (true) {
            KODIAK_TRY(read_news());
            if (!line_.has("follow") || output_.closed()) {
                return {};
            }
            std::this_thread::sleep_for(pause);
        }
    }

   private:
    Result<uint64_t> ask(database::Database& database, const std::string& sql) {
        FirstValue sink;
        KODIAK_TRY(run_sql_text(database, sql, sink, output_));
        return number_of(sink.value);
    }

    Status find_start() {
        KODIAK_TRY_ASSIGN(const auto database, open_to_read(path_));
        if (const auto out = line_.value("out")) {
            KODIAK_TRY_ASSIGN(file_, ChangeFile::open(*out));
        }
        if (file_ && file_->last_commit() > 0) {
            const auto there =
                ask(*database, "SELECT kodiak_point(" + quote_string("commit:" + file_->last_id()) + ")");
            if (!there.ok() || *there != file_->last_commit()) {
                return make_error(ErrorCode::kProofMismatch,
                                  "commit " + std::to_string(file_->last_commit()) + " of the file is not in this "
                                      "history: the database was rolled back, or is another one");
            }
            done_ = *there - 1;
            return file_->rewind();
        }
        if (const auto name = line_.value("watermark")) {
            KODIAK_TRY_ASSIGN(done_, ask(*database, "SELECT commit_seq FROM kodiak_watermarks() WHERE holds AND "
                                                    "lower(name) = lower(" +
                                                        quote_string(*name) + ")"));
            // For the error when it is not there or does not fit.
            KODIAK_TRY(ask(*database, "SELECT count(*) FROM (GET CHANGES FROM " + table_ + " SINCE WATERMARK " +
                                      quote_name(*name) + " UNTIL COMMIT " + std::to_string(done_) + ")"));
            return {};
        }
        if (const auto since = line_.value("since")) {
            KODIAK_TRY_ASSIGN(done_, ask(*database, "SELECT kodiak_point(" + point_value(*since) + ")"));
        }
        return {};
    }

    static std::string point_value(const std::string& point) {
        return is_number(point) ? point : quote_string("name:" + point);
    }

    Status read_news() {
        uint64_t head = 0;
        {
            KODIAK_TRY_ASSIGN(const auto database, open_to_read(path_));
            const std::string until = line_.value("until") ? point_value(*line_.value("until")) : "'commit:HEAD'";
            KODIAK_TRY_ASSIGN(head, ask(*database, "SELECT kodiak_point(" + until + ")"));
            while (done_ < head) {
                const uint64_t next = std::min(head, done_ + kCommitsAtOnce);
                KODIAK_TRY(write_range(*database, next));
                done_ = next;
            }
        }
        return line_.has("watermark") && std::exchange(wrote_, false) ? advance(head) : Status();
    }

    Status write_range(database::Database& database, uint64_t upto) {
        const std::string sql = "SELECT commit_seq, commit_id, * EXCLUDE (commit_seq, commit_id) "
                                "FROM (GET CHANGES FROM " + table_ + " SINCE COMMIT " + std::to_string(done_) +
                                " UNTIL COMMIT " + std::to_string(upto) + ")";
        std::string lines;
        Output text(lines);
        const auto format = make_format(FormatKind::kJsonl, text);
        KODIAK_TRY(run_sql_text(database, sql, *format, text));
        if (lines.empty()) {
            return {};
        }
        wrote_ = true;
        if (file_) {
            return file_->append(lines);
        }
        KODIAK_TRY(output_.write(lines));
        return output_.flush();
    }

    // Behind what was written out: a crash between the two reads changes again, which --out then leaves out.
    Status advance(uint64_t commit) {
        FirstValue ignored;
        KODIAK_TRY_ASSIGN(const auto database, open_to_write(path_));
        return run_sql_text(*database,
                            "ADVANCE WATERMARK " + quote_name(*line_.value("watermark")) + " TO COMMIT " +
                                std::to_string(commit),
                            ignored, output_);
    }

    const CommandLine& line_;
    const std::string& path_;
    const std::string table_;
    Output& output_;
    std::optional<ChangeFile> file_;
    uint64_t done_ = 0;   // changes of commits up to this one are written
    bool wrote_ = false;  // something that the watermark does not know of yet
};

}  // namespace

int run_changes(const CommandLine& line, Output& output) {
    const auto table = sql_name(line.operands[1]);
    if (!table.ok()) {
        return report(table.error());
    }
    const bool as_lines = line.has("follow") || line.has("out") || line.has("watermark");
    if (as_lines && line.has("format") && *line.value("format") != "jsonl") {
        return wrong_usage(line, "with --follow, --out and --watermark changes come as jsonl");
    }
    if (line.has("every-ms") && !is_number(*line.value("every-ms"))) {
        return wrong_usage(line, "--every-ms needs a number");
    }
    if (line.has("since") && line.has("watermark")) {
        return wrong_usage(line, "--since and --watermark both say where to start");
    }
    if (as_lines) {
        return report(ChangeReader(line, *table, output).run());
    }
    std::string sql = "GET CHANGES FROM " + *table + " SINCE " + point_sql(line.value("since").value_or("0"));
    if (const auto until = line.value("until")) {
        sql += " UNTIL " + point_sql(*until);
    }
    return report(run_query(line, line.operands[0], sql, FormatKind::kBox, output));
}

}  // namespace kodiak::cli
