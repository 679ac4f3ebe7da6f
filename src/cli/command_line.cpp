#include "cli/command_line.hpp"

#include <algorithm>
#include <limits>

#include "cli/formats/format.hpp"
#include "language/diagnostics.hpp"

namespace kodiak::cli {

namespace {

constexpr size_t kAnyNumber = std::numeric_limits<size_t>::max();

constexpr OptionSpec kHelp = {"help", 'h', "", "show this help"};

constexpr OptionSpec kSqlOptions[] = {{"command", 'c', "SQL", "run this text"},
                                      {"file", 'f', "FILE", "run this file; - is the standard input"},
                                      {"format", 0, "FORMAT", "how answers are written (default: box)", kFormatNames},
                                      {"read-only", 0, "", "open without writing; works beside a program that writes"},
                                      kHelp};

constexpr OptionSpec kImportOptions[] = {
    {"null", 0, "TEXT", "in CSV files, this text is NULL (besides the empty field)"}, kHelp};

constexpr OptionSpec kFormat = {"format", 0, "FORMAT", "how the answer is written (default: box)", kFormatNames};

constexpr OptionSpec kTimelineOptions[] = {
    {"limit", 0, "N", "log: how many commits (default: 50)"},
    {"row", 0, "TABLE", "proof: of a row of this table"},
    {"key", 0, "VALUES", "proof: the row's primary key, as SQL: 7 or 'a', 2"},
    {"as-of", 0, "POINT", "proof: the row as it was at this commit or time"},
    {"out", 0, "FILE", "proof: write it to this file"},
    {"sign", 0, "KEYFILE", "proof: sign its heads with this key"},
    kFormat,
    kHelp};

constexpr OptionSpec kChangesOptions[] = {
    {"since", 0, "POINT", "after this commit or time (default: from the beginning)"},
    {"until", 0, "POINT", "up to this commit or time (default: now)"},
    {"follow", 0, "", "go on with new commits, as JSON lines, until stopped"},
    {"every-ms", 0, "N", "follow: milliseconds between two looks (default: 1000)"},
    {"out", 0, "FILE", "append JSON lines to this file; started again, goes on behind its last line"},
    {"watermark", 0, "NAME", "start at this watermark, and move it behind what was written"},
    kFormat,
    kHelp};

constexpr OptionSpec kSnapshotOptions[] = {{"at", 0, "POINT", "create: at this commit or time (default: now)"},
                                           {"message", 'm', "TEXT", "create: what it is for"},
                                           kFormat,
                                           kHelp};

constexpr OptionSpec kWatermarkOptions[] = {
    {"at", 0, "POINT", "create, advance: this commit or time counts as read (default: now)"},
    {"force", 0, "", "advance: also back"},
    kFormat,
    kHelp};

constexpr OptionSpec kBackupOptions[] = {
    {"incremental", 0, "", "bring an older backup up to date, copying what it lacks"}, kHelp};

constexpr OptionSpec kRestoreOptions[] = {{"as-of", 0, "POINT", "take it back to this commit or time"}, kHelp};

constexpr OptionSpec kHelpOnly[] = {kHelp};

constexpr CommandSpec kCommands[] = {
    {"sql", "DB", 1, 1, "run SQL statements on a database",
     "DB is the database's directory; it is created when missing. Without -c and -f, statements are\n"
     "read from the standard input and each answer is written as soon as its statement is done.\n"
     "The first error stops the script.\n",
     kSqlOptions},
    {"import", "DB TABLE FILE...", 3, kAnyNumber, "load CSV, Parquet or JSON files into a table",
     "Creates the table when it is missing, with the types found in the files; otherwise appends,\n"
     "matching columns by name. All files are loaded, or none.\n",
     kImportOptions},
    {"check", "DB", 1, 1, "verify all checksums, all changes roots, and indexes against rows",
     "Exit code 1 and the damaged places when something is wrong.\n", kHelpOnly},
    {"test", "DB [NAME]", 1, 2, "run the tests that are stored in a database",
     "With a NAME: the test of that name, or the tests FOR that function. Nothing is changed.\n"
     "Exit code 1 when one fails.\n",
     kHelpOnly},
    {"timeline", "ACTION DB [COMMIT]", 2, 3, "show and prove the history of commits",
     "Actions: log DB, show DB COMMIT, heads DB, verify DB, proof DB COMMIT, proof DB --row T --key K,\n"
     "key KEYFILE (makes a key when there is none, and shows its public key).\n"
     "A commit is named by its number or by its id. A proof is checked by kodiak-verify, without Kodiak.\n",
     kTimelineOptions},
    {"changes", "DB TABLE", 2, 2, "show what commits did to the rows of a table",
     "A point is the number of a commit, or a time such as '2026-01-31 12:00:00' (UTC).\n"
     "With --out, no change is lost or doubled in the file, wherever the program was stopped.\n",
     kChangesOptions},
    {"snapshot", "ACTION DB [NAME]", 2, 3, "name a place in history, list the names, drop one",
     "Actions: create DB NAME, list DB, drop DB NAME.\n", kSnapshotOptions},
    {"watermark", "ACTION DB [NAME] [TABLE...]", 2, kAnyNumber, "manage how far consumers of changes have read",
     "Actions: create DB NAME [TABLE...], list DB, advance DB NAME, drop DB NAME. Without tables it is\n"
     "for all of them.\n",
     kWatermarkOptions},
    {"backup", "DB TARGET", 2, 2, "copy a database while it is used",
     "The copy is a database directory, whole at one moment; it proves the same tree head.\n", kBackupOptions},
    {"restore", "BACKUP DB", 2, 2, "make a database of a backup and check all of it",
     "DB must not exist. With --as-of, going back to that point is a commit of its own.\n", kRestoreOptions},
    {"version", "", 0, 0, "show the versions of the program, its engine and its format", "", kHelpOnly},
    {"help", "[COMMAND]", 0, 1, "show what a command does", "", kHelpOnly},
};

std::string suggestion(std::string_view wanted, const std::vector<std::string>& known) {
    std::string text = language::did_you_mean(wanted, known);
    return text.empty() ? text : "; " + text;
}

const CommandSpec* find_command(std::string_view name) {
    auto found = std::find_if(std::begin(kCommands), std::end(kCommands),
                              [&](const CommandSpec& command) { return command.name == name; });
    return found == std::end(kCommands) ? nullptr : found;
}

UsageError unknown_command(std::string_view name) {
    std::vector<std::string> names;
    for (const auto& command : kCommands) {
        names.emplace_back(command.name);
    }
    return {"unknown command \"" + std::string(name) + "\"" + suggestion(name, names), ""};
}

// Reads the options and operands of one command.
class ArgumentReader {
   public:
    ArgumentReader(const CommandSpec& command, std::span<const std::string> arguments)
        : command_(command), arguments_(arguments) {}

    tl::expected<CommandLine, UsageError> read() {
        line_.command = &command_;
        bool options_ended = false;
        while (next_ < arguments_.size()) {
            const std::string& word = arguments_[next_++];
            if (!options_ended && word == "--") {
                options_ended = true;
            } else if (!options_ended && word.size() > 1 && word[0] == '-') {
                if (auto problem = read_option(word)) {
                    return tl::unexpected(*problem);
                }
            } else {
                line_.operands.push_back(word);
            }
        }
        if (line_.has("help")) {
            return line_;
        }
        if (line_.operands.size() < command_.operands_min || line_.operands.size() > command_.operands_max) {
            return tl::unexpected(wrong_operands());
        }
        return line_;
    }

   private:
    UsageError usage(std::string message) const { return {std::move(message), command_.name}; }

    UsageError wrong_operands() const {
        std::string name(command_.name);
        if (line_.operands.size() < command_.operands_min) {
            return usage("kodiak " + name + " needs " + std::string(command_.operands));
        }
        return usage("kodiak " + name + " does not take \"" + line_.operands[command_.operands_max] + "\"");
    }

    std::optional<UsageError> read_option(const std::string& word) {
        bool is_long = word[1] == '-';
        size_t equals = is_long ? word.find('=') : std::string::npos;
        std::string name =
            is_long ? word.substr(2, equals == std::string::npos ? equals : equals - 2) : word.substr(1, 1);
        const OptionSpec* option = find_option(name, is_long);
        if (option == nullptr) {
            return unknown_option(word, name);
        }
        if (line_.has(option->name)) {
            return usage("--" + std::string(option->name) + " is given twice");
        }
        std::optional<std::string> attached;
        if (equals != std::string::npos) {
            attached = word.substr(equals + 1);
        } else if (!is_long && word.size() > 2) {
            attached = word.substr(2);
        }
        return take_value(*option, std::move(attached));
    }

    std::optional<UsageError> take_value(const OptionSpec& option, std::optional<std::string> attached) {
        std::string name = "--" + std::string(option.name);
        if (option.value.empty()) {
            if (attached) {
                return usage(name + " takes no value");
            }
            line_.options.emplace(option.name, "");
            return std::nullopt;
        }
        if (!attached && next_ == arguments_.size()) {
            return usage(name + " needs a value: " + std::string(option.value));
        }
        std::string value = attached ? *attached : arguments_[next_++];
        if (!option.choices.empty() &&
            std::find(option.choices.begin(), option.choices.end(), value) == option.choices.end()) {
            std::vector<std::string> choices(option.choices.begin(), option.choices.end());
            std::string all;
            for (const auto& choice : choices) {
                all += (all.empty() ? "" : ", ") + choice;
            }
            return usage("unknown " + std::string(option.name) + " \"" + value + "\": one of " + all +
                         suggestion(value, choices));
        }
        line_.options.emplace(option.name, std::move(value));
        return std::nullopt;
    }

    const OptionSpec* find_option(std::string_view name, bool is_long) const {
        for (const auto& option : command_.options) {
            if (is_long ? option.name == name : option.letter == name[0]) {
                return &option;
            }
        }
        return nullptr;
    }

    UsageError unknown_option(const std::string& word, const std::string& name) const {
        std::vector<std::string> names;
        for (const auto& option : command_.options) {
            names.emplace_back(option.name);
        }
        return usage("unknown option \"" + word.substr(0, word.find('=')) + "\"" + suggestion(name, names));
    }

    const CommandSpec& command_;
    std::span<const std::string> arguments_;
    size_t next_ = 0;
    CommandLine line_;
};

std::string program_help() {
    std::string text = "kodiak: an embedded database with analytical speed and a verifiable history\n\nusage:\n";
    size_t width = 0;
    for (const auto& command : kCommands) {
        width = std::max(width, command.name.size() + command.operands.size() + 1);
    }
    for (const auto& command : kCommands) {
        std::string left = std::string(command.name) + " " + std::string(command.operands);
        text += "  kodiak " + left + std::string(width - left.size() + 2, ' ') + std::string(command.text) + "\n";
    }
    return text + "\nkodiak help COMMAND shows the command's options. Exit codes: 0 done, 1 error, 2 wrong usage.\n";
}

}  // namespace

std::span<const CommandSpec> commands() { return kCommands; }

std::optional<std::string> CommandLine::value(std::string_view option) const {
    auto found = options.find(option);
    return found == options.end() ? std::nullopt : std::optional(found->second);
}

tl::expected<CommandLine, UsageError> parse_command_line(std::span<const std::string> arguments) {
    if (arguments.empty()) {
        return tl::unexpected(UsageError{"a command is missing", ""});
    }
    std::string_view first = arguments[0];
    if (first == "--help" || first == "-h") {
        first = "help";
    } else if (first == "--version" || first == "-V") {
        first = "version";
    }
    const CommandSpec* command = find_command(first);
    if (command == nullptr) {
        return tl::unexpected(unknown_command(first));
    }
    auto line = ArgumentReader(*command, arguments.subspan(1)).read();
    if (line && line->has("help")) {
        line->operands = {std::string(command->name)};
        line->command = find_command("help");
    }
    if (line && line->command->name == "help" && !line->operands.empty() &&
        find_command(line->operands[0]) == nullptr) {
        return tl::unexpected(unknown_command(line->operands[0]));
    }
    return line;
}

std::optional<std::string> help_text(std::string_view name) {
    if (name.empty()) {
        return program_help();
    }
    const CommandSpec* command = find_command(name);
    if (command == nullptr) {
        return std::nullopt;
    }
    std::string text = "usage: kodiak " + std::string(command->name);
    text += command->operands.empty() ? "" : " " + std::string(command->operands);
    text += command->options.size() > 1 ? " [OPTION...]\n\n" : "\n\n";
    text += std::string(command->text) + "\n" + std::string(command->details) + "\noptions:\n";
    for (const auto& option : command->options) {
        std::string left = option.letter != 0 ? std::string("  -") + option.letter + ", --" : "      --";
        left += std::string(option.name) + (option.value.empty() ? "" : " ") + std::string(option.value);
        text += left + std::string(left.size() < 24 ? 24 - left.size() : 1, ' ') + std::string(option.text);
        for (const auto& choice : option.choices) {
            text += (&choice == &option.choices.front() ? ": " : ", ") + std::string(choice);
        }
        text += "\n";
    }
    return text;
}

}  // namespace kodiak::cli
