#include <fcntl.h>
#include <unistd.h>
#include <cerrno>
#include <cstdio>
#include <cstring>

#include "cli/commands/commands.hpp"
#include "cli/formats/format.hpp"
#include "cli/program.hpp"
#include "database/database.hpp"
#include "language/diagnostics.hpp"
#include "language/script.hpp"

namespace kodiak::cli {

namespace {

// A sink that ends the script once nobody reads its answers any more.
class WhileRead final : public database::ResultSink {
   public:
    WhileRead(database::ResultSink& format, const Output& output) : format_(format), output_(output) {}
    Status begin(const std::vector<database::ResultColumn>& columns) override {
        return goes_on(format_.begin(columns));
    }
    Status rows(const database::RowBatch& batch) override { return goes_on(format_.rows(batch)); }
    Status end(const database::Answer& answer) override { return goes_on(format_.end(answer)); }
    void notice(const std::string& level, const Error& text) override { report_notice(level, text); }

   private:
    Status goes_on(Status status) const {
        return status.ok() && output_.closed() ? make_error(ErrorCode::kCancelled, "nobody reads the answers any more")
                                               : status;
    }
    database::ResultSink& format_;
    const Output& output_;
};

// Where statements come from, piece by piece.
class TextSource {
   public:
    virtual ~TextSource() = default;
    // The next piece, as soon as there is one; empty at the end.
    virtual Result<std::string> read() = 0;
};

class GivenText final : public TextSource {
   public:
    explicit GivenText(std::string text) : text_(std::move(text)) {}
    Result<std::string> read() override { return std::exchange(text_, std::string()); }

   private:
    std::string text_;
};

class DescriptorText final : public TextSource {
   public:
    DescriptorText(int descriptor, std::string name) : descriptor_(descriptor), name_(std::move(name)) {}
    ~DescriptorText() override {
        if (descriptor_ != STDIN_FILENO) {
            ::close(descriptor_);
        }
    }
    Result<std::string> read() override {
        std::string piece(size_t{1} << 16, '\0');
        ssize_t count = 0;
        do {
            count = ::read(descriptor_, piece.data(), piece.size());
        } while (count < 0 && errno == EINTR);
        if (count < 0) {
            return make_error(ErrorCode::kIo, "cannot read " + name_ + ": " + std::strerror(errno));
        }
        piece.resize(static_cast<size_t>(count));
        return piece;
    }

   private:
    int descriptor_;
    std::string name_;
};

struct Script {
    std::unique_ptr<TextSource> source;
    std::string name;      // for error messages; empty: the command line
    bool by_hand = false;  // a person types it: prompts, and errors do not end it
};

Result<Script> open_script(const CommandLine& line, const Output& output) {
    if (auto text = line.value("command")) {
        return Script{std::make_unique<GivenText>(*text), "", false};
    }
    std::string file = line.value("file").value_or("-");
    if (file == "-") {
        bool by_hand = !line.has("file") && ::isatty(STDIN_FILENO) == 1 && output.is_terminal();
        return Script{std::make_unique<DescriptorText>(STDIN_FILENO, "the standard input"), "stdin", by_hand};
    }
    int descriptor = ::open(file.c_str(), O_RDONLY | O_CLOEXEC);
    if (descriptor < 0) {
        return make_error(errno == ENOENT ? ErrorCode::kNotFound : ErrorCode::kIo,
                          "cannot open script \"" + file + "\": " + std::strerror(errno));
    }
    return Script{std::make_unique<DescriptorText>(descriptor, "script \"" + file + "\""), file, false};
}

// Runs a script on a session; returns the exit code.
class ScriptRun {
   public:
    ScriptRun(database::Session& session, Output& output, FormatKind format, Script script)
        : session_(session), output_(output), kind_(format), script_(std::move(script)) {}

    int run() {
        auto format = make_format(kind_, output_);
        WhileRead sink(*format, output_);
        int code = kExitOk;
        for (bool more = true; more;) {
            prompt();
            Result<std::string> piece = script_.source->read();
            if (!piece.ok()) {
                return fail(piece.error());
            }
            more = !piece->empty();
            if (more) {
                stream_.feed(*piece);
            } else {
                stream_.finish();
            }
            while (auto statement = stream_.next()) {
                Status status = session_.execute(*statement, sink);
                if (!status.ok()) {
                    code = fail(status.error());
                    if (!script_.by_hand || output_.closed()) {
                        return code;
                    }
                    code = kExitOk;
                }
            }
        }
        return warn_of_open_transaction(code);
    }

   private:
    int fail(const Error& error) {
        if (output_.closed()) {
            return kExitError;
        }
        // What was answered before the error shall be seen before it.
        Status flushed = output_.flush();
        if (!flushed.ok() && flushed.error().message != error.message) {
            report_error(flushed.error(), "");
        }
        if (kind_ == FormatKind::kJson || kind_ == FormatKind::kJsonl) {
            std::fprintf(stderr, "%s\n", error_as_json(error, script_.name).c_str());
        } else {
            report_error(error, script_.name);
        }
        return kExitError;
    }

    int warn_of_open_transaction(int code) {
        if (session_.in_transaction() && !script_.by_hand) {
            std::fprintf(stderr, "WARNING: the script ended inside a transaction; it is rolled back\n");
        }
        return code;
    }

    void prompt() {
        if (script_.by_hand) {
            std::fputs(stream_.has_partial_statement() ? "   ...> " : "kodiak> ", stderr);
        }
    }

    database::Session& session_;
    Output& output_;
    FormatKind kind_;
    Script script_;
    language::StatementStream stream_;
};

}  // namespace

void report_error(const Error& error, std::string_view file_name) {
    std::fprintf(stderr, "%s\n", language::render_error(error, file_name).c_str());
}

void report_notice(const std::string& level, const Error& text) {
    std::fprintf(stderr, "%s: %s\n", level.c_str(), text.message.c_str());
    if (!text.hint.empty()) {
        std::fprintf(stderr, "  hint: %s\n", text.hint.c_str());
    }
}

int run_sql(const CommandLine& line, Output& output) {
    if (line.has("command") && line.has("file")) {
        std::fputs("kodiak: -c and -f cannot be used together\ntry: kodiak help sql\n", stderr);
        return kExitUsage;
    }
    // The script first: a misspelt file name must not create a database.
    Result<Script> script = open_script(line, output);
    if (!script.ok()) {
        report_error(script.error(), "");
        return kExitError;
    }
    database::DatabaseOptions options;
    options.read_only = line.has("read-only");
    options.create_if_missing = !options.read_only;
    options.owner = "kodiak sql";
    auto database = database::Database::open(line.operands[0], options);
    if (!database.ok()) {
        report_error(database.error(), "");
        return kExitError;
    }
    auto session = (*database)->connect();
    if (!session.ok()) {
        report_error(session.error(), "");
        return kExitError;
    }
    FormatKind format = format_named(line.value("format").value_or("box")).value_or(FormatKind::kBox);
    return ScriptRun(**session, output, format, std::move(*script)).run();
}

}  // namespace kodiak::cli
