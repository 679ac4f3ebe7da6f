#include "tests/support/sqllogictest/test_script.hpp"

#include <algorithm>
#include <array>
#include <sstream>

namespace kodiak::sqllogictest {

namespace {

constexpr std::array<std::string_view, 28> kCommands = {"statement",
                                                        "query",
                                                        "halt",
                                                        "mode",
                                                        "hash-threshold",
                                                        "require",
                                                        "require-env",
                                                        "test-env",
                                                        "loop",
                                                        "foreach",
                                                        "concurrentloop",
                                                        "concurrentforeach",
                                                        "endloop",
                                                        "load",
                                                        "restart",
                                                        "reset",
                                                        "set",
                                                        "reconnect",
                                                        "sleep",
                                                        "unzip",
                                                        "tags",
                                                        "unset",
                                                        "continue",
                                                        "include",
                                                        "template",
                                                        "skip",
                                                        "unskip",
                                                        "file"};

std::vector<std::string> split_words(const std::string& line) {
    std::istringstream stream(line);
    std::vector<std::string> words;
    for (std::string word; stream >> word;) {
        words.push_back(std::move(word));
    }
    return words;
}

bool is_blank(const std::string& line) { return line.find_first_not_of(" \t") == std::string::npos; }

std::vector<std::string> split_lines(std::string_view text) {
    std::vector<std::string> lines;
    while (!text.empty()) {
        size_t end = text.find('\n');
        std::string line(text.substr(0, end));
        if (!line.empty() && line.back() == '\r') {
            line.pop_back();
        }
        lines.push_back(std::move(line));
        text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    }
    return lines;
}

class Parser {
   public:
    explicit Parser(std::string_view text) : lines_(split_lines(text)) {}

    Result<std::vector<Record>> parse() {
        std::vector<Record> records;
        std::vector<Condition> conditions;
        while (at_ < lines_.size()) {
            const std::string& line = lines_[at_];
            if (is_blank(line) || line[0] == '#') {
                ++at_;
                continue;
            }
            std::vector<std::string> words = split_words(line);
            if (words[0] == "skipif" || words[0] == "onlyif") {
                conditions.push_back({words[0] == "onlyif", words.size() > 1 ? words[1] : ""});
                ++at_;
                continue;
            }
            if (std::find(kCommands.begin(), kCommands.end(), words[0]) == kCommands.end()) {
                return make_error(ErrorCode::kSyntax,
                                  "line " + std::to_string(at_ + 1) + ": unknown command \"" + words[0] + "\"");
            }
            records.push_back(read_record(std::move(words)));
            records.back().conditions = std::exchange(conditions, {});
        }
        return records;
    }

   private:
    Record read_record(std::vector<std::string> words) {
        Record record;
        record.line = static_cast<uint32_t>(++at_);
        record.command = std::move(words[0]);
        words.erase(words.begin());
        record.words = std::move(words);
        if (record.command != "statement" && record.command != "query") {
            return record;
        }
        for (; at_ < lines_.size() && !is_blank(lines_[at_]) && lines_[at_] != "----"; ++at_) {
            if (lines_[at_][0] != '#') {
                record.sql += (record.sql.empty() ? "" : "\n") + lines_[at_];
            }
        }
        if (at_ < lines_.size() && lines_[at_] == "----") {
            record.has_expectation = true;
            for (++at_; at_ < lines_.size() && !lines_[at_].empty(); ++at_) {
                record.expected.push_back(lines_[at_]);
            }
        }
        return record;
    }

    std::vector<std::string> lines_;
    size_t at_ = 0;
};

}  // namespace

Result<std::vector<Record>> parse_test_script(std::string_view text) { return Parser(text).parse(); }

}  // namespace kodiak::sqllogictest
