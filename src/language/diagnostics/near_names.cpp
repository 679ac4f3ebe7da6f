#include <algorithm>
#include <numeric>

#include "language/diagnostics.hpp"
#include "language/lexer/words.hpp"

namespace kodiak::language {
namespace {

constexpr size_t kNamesMost = 3;
// Longer names are not compared: the cost grows with the square, and nobody misspells such names by hand.
constexpr size_t kLengthMost = 200;

// Edit distance with swaps of neighbours (optimal string alignment), in bytes of the folded names.
size_t edit_distance(std::string_view left, std::string_view right) {
    std::vector<size_t> before_last(right.size() + 1);
    std::vector<size_t> last(right.size() + 1);
    std::vector<size_t> row(right.size() + 1);
    std::iota(last.begin(), last.end(), size_t{0});
    for (size_t i = 1; i <= left.size(); ++i) {
        row[0] = i;
        for (size_t j = 1; j <= right.size(); ++j) {
            const size_t change = last[j - 1] + (left[i - 1] == right[j - 1] ? 0 : 1);
            row[j] = std::min({change, last[j] + 1, row[j - 1] + 1});
            if (i > 1 && j > 1 && left[i - 1] == right[j - 2] && left[i - 2] == right[j - 1]) {
                row[j] = std::min(row[j], before_last[j - 2] + 1);
            }
        }
        before_last.swap(last);
        last.swap(row);
    }
    return last[right.size()];
}

}  // namespace

std::vector<std::string> near_names(std::string_view wanted, const std::vector<std::string>& candidates) {
    const std::string folded = fold_name(wanted);
    // A third of the letters may be wrong, one at least; so "nam" finds "name" but not "id".
    const size_t distance_most = std::max<size_t>(1, folded.size() / 3);
    std::vector<std::pair<size_t, std::string>> found;
    for (const std::string& candidate : candidates) {
        const size_t longer = std::max(candidate.size(), folded.size());
        const size_t shorter = std::min(candidate.size(), folded.size());
        if (longer > kLengthMost || shorter == 0 || longer - shorter > distance_most) {
            continue;
        }
        const size_t distance = edit_distance(folded, fold_name(candidate));
        if (distance <= distance_most && distance < longer) {
            found.emplace_back(distance, candidate);
        }
    }
    std::stable_sort(found.begin(), found.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
    found.erase(std::unique(found.begin(), found.end()), found.end());
    std::vector<std::string> names;
    for (size_t i = 0; i < std::min(found.size(), kNamesMost); ++i) {
        names.push_back(std::move(found[i].second));
    }
    return names;
}

std::string did_you_mean(std::string_view wanted, const std::vector<std::string>& candidates) {
    const std::vector<std::string> names = near_names(wanted, candidates);
    if (names.empty()) {
        return "";
    }
    std::string text = "did you mean ";
    for (size_t i = 0; i < names.size(); ++i) {
        if (i > 0) {
            text += i + 1 == names.size() ? " or " : ", ";
        }
        text += quote_name(names[i]);
    }
    return text + "?";
}

}  // namespace kodiak::language
