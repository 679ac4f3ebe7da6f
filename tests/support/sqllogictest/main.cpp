// slt: runs sqllogictest files on Kodiak, each on a database of its own.
//
//   slt [--known-failures FILE] [--native] [--sqlite] [--any-error-text] [--database-dir FOLDER]
//       [--database-name NAME] [--working-dir FOLDER] [--table FILE] PATH...
//
// A PATH is a file or a folder, whose *.test and *.test_slow files are taken. The last line is `N passed, N failed`,
// counted in files; the exit code is 0 when none failed, 2 for wrong usage.

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include <unistd.h>

#include "tests/support/sqllogictest/runner.hpp"

namespace {

namespace fs = std::filesystem;
using kodiak::sqllogictest::FileReport;
using kodiak::sqllogictest::Outcome;

struct Arguments {
    kodiak::sqllogictest::RunOptions options;
    fs::path database_folder = fs::temp_directory_path();
    std::string table_file;
    std::vector<std::pair<std::string, std::string>> known_failures;  // end of the path, reason
    std::vector<fs::path> paths;
    bool usable = true;
};

std::vector<std::pair<std::string, std::string>> read_known_failures(const std::string& file) {
    std::vector<std::pair<std::string, std::string>> known;
    std::ifstream stream(file);
    for (std::string line; std::getline(stream, line);) {
        size_t bar = line.find(" | ");
        if (!line.empty() && line[0] != '#' && bar != std::string::npos) {
            known.emplace_back(line.substr(0, bar), line.substr(bar + 3));
        }
    }
    return known;
}

// Judges a file that is known to fail by what it is known for.
void apply_known_failures(const Arguments& arguments, const fs::path& file, FileReport& report) {
    for (const auto& [ending, reason] : arguments.known_failures) {
        if (!file.string().ends_with(ending)) {
            continue;
        }
        if (report.outcome == Outcome::kFailed) {
            report.outcome = Outcome::kSkipped;
            report.reason = "known failure: " + reason;
        } else if (report.outcome == Outcome::kPassed) {
            report.outcome = Outcome::kFailed;
            report.reason = "passes now; remove it from the list of known failures";
        }
    }
}

Arguments parse(int count, char** words) {
    Arguments arguments;
    arguments.options.working_folder = fs::current_path();
    for (int i = 1; i < count; ++i) {
        std::string word = words[i];
        bool has_value = i + 1 < count;
        if (word == "--native") {
            arguments.options.native = true;
        } else if (word == "--sqlite") {
            arguments.options.dialect = kodiak::sqllogictest::Dialect::kSQLite;
        } else if (word == "--any-error-text") {
            arguments.options.any_error_text = true;
        } else if (word == "--database-dir" && has_value) {
            arguments.database_folder = words[++i];
        } else if (word == "--database-name" && has_value) {
            arguments.options.database_name = words[++i];
        } else if (word == "--working-dir" && has_value) {
            arguments.options.working_folder = fs::absolute(words[++i]);
        } else if (word == "--known-failures" && has_value) {
            arguments.known_failures = read_known_failures(words[++i]);
        } else if (word == "--table" && has_value) {
            arguments.table_file = words[++i];
        } else if (word.rfind("--", 0) == 0) {
            arguments.usable = false;
        } else {
            arguments.paths.emplace_back(word);
        }
    }
    arguments.usable &= !arguments.paths.empty();
    return arguments;
}

std::vector<fs::path> test_files(const std::vector<fs::path>& paths) {
    std::vector<fs::path> files;
    for (const auto& path : paths) {
        if (!fs::is_directory(path)) {
            files.push_back(path);
            continue;
        }
        std::vector<fs::path> found;
        for (const auto& entry : fs::recursive_directory_iterator(path)) {
            if (entry.path().extension() == ".test" || entry.path().extension() == ".test_slow") {
                found.push_back(entry.path());
            }
        }
        std::sort(found.begin(), found.end());
        files.insert(files.end(), found.begin(), found.end());
    }
    return files;
}

const char* name_of(Outcome outcome) {
    return outcome == Outcome::kPassed ? "passed" : outcome == Outcome::kFailed ? "FAILED" : "skipped";
}

std::string first_line(const std::string& text) { return text.substr(0, text.find('\n')); }

}  // namespace

int main(int count, char** words) {
    Arguments arguments = parse(count, words);
    if (!arguments.usable) {
        std::fputs(
            "usage: slt [--known-failures FILE] [--native] [--sqlite] [--any-error-text] [--database-dir FOLDER] "
            "[--database-name NAME] [--working-dir FOLDER] [--table FILE] PATH...\n",
            stderr);
        return 2;
    }
    std::ofstream table;
    if (!arguments.table_file.empty()) {
        table.open(arguments.table_file);
        table << "outcome\tfile\trecords\tseconds\treason\n";
    }
    fs::path scratch = arguments.database_folder / ("slt-" + std::to_string(::getpid()));
    arguments.options.scratch = scratch;
    size_t totals[3] = {0, 0, 0};
    size_t records = 0;
    for (const fs::path& file : test_files(arguments.paths)) {
        fs::remove_all(scratch);
        fs::create_directories(scratch);
        FileReport report = kodiak::sqllogictest::run_test_file(file, arguments.options);
        apply_known_failures(arguments, file, report);
        ++totals[static_cast<size_t>(report.outcome)];
        records += report.records;
        std::printf("%s %s (%zu records, %.2f s)%s%s\n", name_of(report.outcome), file.c_str(), report.records,
                    report.seconds, report.reason.empty() ? "" : ": ", report.reason.c_str());
        std::fflush(stdout);
        table << name_of(report.outcome) << '\t' << file.string() << '\t' << report.records << '\t' << report.seconds
              << '\t' << first_line(report.reason) << '\n';
    }
    fs::remove_all(scratch);
    size_t passed = totals[static_cast<size_t>(Outcome::kPassed)];
    size_t failed = totals[static_cast<size_t>(Outcome::kFailed)];
    std::printf("%zu files, %zu records, %zu skipped\n", passed + failed + totals[2], records, totals[2]);
    std::printf("%zu passed, %zu failed\n", passed, failed);
    return failed == 0 ? 0 : 1;
}
