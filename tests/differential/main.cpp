// kodiak_differential: random histories on Kodiak and on DuckDB's own tables, answers compared.
//
//   kodiak_differential [--seed N] [--seeds N] [--steps N] [--folder PATH] [--no-reduce] [--verbose]
//
// Runs the histories of `seeds` seeds from `seed` on, `steps` statements each. The first difference ends the run: its
// seed is printed, and the statements that are needed to see it (found by leaving out parts, unless --no-reduce).

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <iterator>
#include <string>
#include <vector>

#include <unistd.h>

#include "tests/differential/history_generator.hpp"
#include "tests/differential/twin_databases.hpp"

namespace {

using namespace kodiak::differential;  // the whole program is about it

struct Arguments {
    uint64_t seed = 1;
    uint64_t seeds = 1;
    size_t steps = 300;
    bool reduces = true;
    bool verbose = false;
    bool usable = true;
    std::filesystem::path folder =
        std::filesystem::temp_directory_path() / ("kodiak-differential-" + std::to_string(::getpid()));
};

struct Finding {
    std::vector<Step> history;
    std::string difference;
};

Arguments parse(int count, char** words) {
    Arguments arguments;
    for (int i = 1; i < count; ++i) {
        const std::string word = words[i];
        if (word == "--no-reduce") {
            arguments.reduces = false;
            continue;
        }
        if (word == "--verbose") {
            arguments.verbose = true;
            continue;
        }
        if (i + 1 == count) {
            arguments.usable = false;
            break;
        }
        const char* value = words[++i];
        if (word == "--seed") {
            arguments.seed = std::strtoull(value, nullptr, 10);
        } else if (word == "--seeds") {
            arguments.seeds = std::strtoull(value, nullptr, 10);
        } else if (word == "--steps") {
            arguments.steps = std::strtoull(value, nullptr, 10);
        } else if (word == "--folder") {
            arguments.folder = value;
        } else {
            arguments.usable = false;
        }
    }
    return arguments;
}

struct Counts {
    size_t succeeded = 0;
    size_t failed = 0;
    size_t cut_short = 0;  // histories that ended in an internal error of DuckDB
};

// Runs a seed's history; what differs, if anything.
std::optional<Finding> run_seed(uint64_t seed, const Arguments& arguments, Counts& counts) {
    constexpr size_t kStepsBetweenFullComparisons = 10;
    HistoryGenerator generator(seed);
    TwinDatabases twins(arguments.folder);
    Finding finding;
    for (size_t i = 0; i < arguments.steps; ++i) {
        Step step = generator.next();
        const StepOutcome outcome = twins.run(step);
        ++(outcome.succeeded ? counts.succeeded : counts.failed);
        if (arguments.verbose) {
            std::printf("%s;%s%s\n", step.sql.c_str(), outcome.succeeded ? "" : "  -- ", outcome.error.c_str());
            std::fflush(stdout);
        }
        finding.history.push_back(std::move(step));
        if (outcome.difference) {
            finding.difference = *outcome.difference;
            return finding;
        }
        if (outcome.native_broke) {
            ++counts.cut_short;
            break;
        }
        generator.done(outcome.succeeded, outcome.changed);
        if (i % kStepsBetweenFullComparisons == 0 || i + 1 == arguments.steps) {
            for (Step& query : generator.all_tables()) {
                const StepOutcome answer = twins.run(query);
                if (answer.difference) {
                    finding.history.push_back(std::move(query));
                    finding.difference = *answer.difference;
                    return finding;
                }
            }
        }
    }
    if (auto damage = twins.check_files()) {
        finding.difference = *damage;
        return finding;
    }
    return std::nullopt;
}

// What a given history shows; the same rules as in run_seed.
std::optional<std::string> replay(const std::vector<Step>& history, const std::filesystem::path& folder) {
    TwinDatabases twins(folder);
    for (const Step& step : history) {
        const StepOutcome outcome = twins.run(step);
        if (outcome.difference) {
            return outcome.difference;
        }
        if (outcome.native_broke) {
            break;
        }
    }
    return twins.check_files();
}

// Whether everything that Kodiak alone does is taken back before both go on.
bool is_whole(const std::vector<Step>& history) {
    bool open = false;
    for (const Step& step : history) {
        const bool alone = step.kind == Step::Kind::kOnlyKodiak;
        if (alone != (open || step.sql == "SAVEPOINT s")) {
            return false;
        }
        open = alone && step.sql != "ROLLBACK TO s";
    }
    return !open;
}

// Leaves out ever smaller parts of a history for as long as it still shows a difference.
Finding reduced(Finding finding, const std::filesystem::path& folder) {
    for (size_t part = finding.history.size() / 2; part > 0; part /= 2) {
        for (size_t at = 0; at < finding.history.size();) {
            std::vector<Step> shorter(finding.history.begin(), finding.history.begin() + static_cast<ptrdiff_t>(at));
            const size_t rest = std::min(at + part, finding.history.size());
            shorter.insert(shorter.end(), finding.history.begin() + static_cast<ptrdiff_t>(rest),
                           finding.history.end());
            auto difference = is_whole(shorter) ? replay(shorter, folder) : std::nullopt;
            if (difference) {
                finding = {std::move(shorter), *difference};
            } else {
                at += part;
            }
        }
    }
    return finding;
}

void print(const Finding& finding) {
    for (const Step& step : finding.history) {
        std::printf("%s;%s\n", step.sql.c_str(), step.kind == Step::Kind::kOnlyKodiak ? "  -- on Kodiak only" : "");
    }
    std::printf("-- %s\n", finding.difference.c_str());
}

}  // namespace

int main(int count, char** words) {
    const Arguments arguments = parse(count, words);
    if (!arguments.usable) {
        std::fputs(
            "usage: kodiak_differential [--seed N] [--seeds N] [--steps N] [--folder PATH] [--no-reduce] [--verbose]\n",
            stderr);
        return 2;
    }
    Counts counts;
    for (uint64_t seed = arguments.seed; seed < arguments.seed + arguments.seeds; ++seed) {
        auto finding = run_seed(seed, arguments, counts);
        if (finding) {
            std::printf("seed %llu, step %zu: %s\n", static_cast<unsigned long long>(seed), finding->history.size(),
                        finding->difference.c_str());
            std::fflush(stdout);
            print(arguments.reduces ? reduced(std::move(*finding), arguments.folder) : *finding);
            return 1;
        }
    }
    std::filesystem::remove_all(arguments.folder);
    std::printf("seeds %llu to %llu: no difference (%zu steps succeeded, %zu failed on both; "
                "%zu histories cut short by an internal error of DuckDB)\n",
                static_cast<unsigned long long>(arguments.seed),
                static_cast<unsigned long long>(arguments.seed + arguments.seeds - 1), counts.succeeded, counts.failed,
                counts.cut_short);
    return 0;
}
