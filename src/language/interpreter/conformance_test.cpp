// Runs the programs of tests/language/conformance, one per item of the reference's list (section 5), on the small
// executor.
//
// What a program prints is compared with its lines `-- expect: ...`, which stand at its end. REWRITE=1 in the
// environment writes the lines anew.

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>

#include <gtest/gtest.h>

#include "language/interpreter/code_story.hpp"

namespace kodiak::language {
namespace {

constexpr std::string_view kExpect = "-- expect: ";

class Conformance : public testing::TestWithParam<std::filesystem::path> {};

TEST_P(Conformance, GivesWhatItExpects) {
    std::ifstream in(GetParam());
    ASSERT_TRUE(in.good());
    std::string script;
    std::string expected;
    for (std::string line; std::getline(in, line);) {
        if (line.starts_with(kExpect)) {
            expected += line.substr(kExpect.size()) + "\n";
        } else {
            script += line + "\n";
        }
    }
    in.close();
    CodeStory story;
    const std::string output = story.run(script);
    EXPECT_EQ(story.executor().open_marks(), 0U);
    if (std::getenv("REWRITE") == nullptr) {
        EXPECT_EQ(output, expected) << GetParam();
        return;
    }
    std::ofstream out(GetParam());
    out << script;
    for (size_t start = 0; start < output.size();) {
        const size_t end = output.find('\n', start);
        out << kExpect << output.substr(start, end - start) << "\n";
        start = end + 1;
    }
}

std::vector<std::filesystem::path> all_programs() {
    std::vector<std::filesystem::path> paths;
    for (const auto& entry : std::filesystem::directory_iterator(KODIAK_LANGUAGE_CONFORMANCE)) {
        paths.push_back(entry.path());
    }
    std::sort(paths.begin(), paths.end());
    return paths;
}

INSTANTIATE_TEST_SUITE_P(Language, Conformance, testing::ValuesIn(all_programs()),
                         [](const auto& param) { return param.param.stem().string(); });

}  // namespace
}  // namespace kodiak::language
