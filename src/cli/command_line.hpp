#pragma once

// The command line: one table of commands and options that both the parser and the help text come from.
//
// What       parse_command_line() turns the arguments into a CommandLine or a UsageError; help_text() prints the table.
// How        Options may stand anywhere behind the command, as `--name value`, `--name=value` or `-n value`; `--` ends
//            them. Words without a dash fill the command's operands in order.
// Errors     A UsageError says what is wrong and names the nearest right word; the program then ends with code 2.

#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <tl/expected.hpp>

namespace kodiak::cli {

struct OptionSpec {
    std::string_view name;                           // without dashes
    char letter = 0;                                 // 0: has no short form
    std::string_view value;                          // what the value is, for the help; empty: the option is a switch
    std::string_view text;                           // one line of help
    std::span<const std::string_view> choices = {};  // empty: any value
};

struct CommandSpec {
    std::string_view name;
    std::string_view operands;  // as shown in the help: `DB TABLE FILE...`
    size_t operands_min = 0;
    size_t operands_max = 0;
    std::string_view text;     // one line of help
    std::string_view details;  // further lines of help, may be empty
    std::span<const OptionSpec> options = {};
};

// All commands, in the order of the help.
std::span<const CommandSpec> commands();

struct CommandLine {
    const CommandSpec* command = nullptr;
    std::vector<std::string> operands;
    std::map<std::string, std::string, std::less<>> options;  // by name; a switch has an empty value

    bool has(std::string_view option) const { return options.find(option) != options.end(); }
    // The value of an option; nothing when it was not given.
    std::optional<std::string> value(std::string_view option) const;
};

struct UsageError {
    std::string message;
    std::string_view command;  // whose help to look at; empty: the program's
};

// Parses what follows the program's name.
tl::expected<CommandLine, UsageError> parse_command_line(std::span<const std::string> arguments);

// Help for one command, or for the program when `command` is empty. Nothing when there is no such command.
std::optional<std::string> help_text(std::string_view command);

}  // namespace kodiak::cli
