#include "timeline/merkle/proof_text.hpp"

#include <charconv>

namespace kodiak::timeline {
namespace {

constexpr std::string_view kDigits = "0123456789abcdef";

}  // namespace

std::string hex_of(std::string_view bytes) {
    std::string text;
    text.reserve(bytes.size() * 2);
    for (const char c : bytes) {
        text.push_back(kDigits[static_cast<uint8_t>(c) >> 4]);
        text.push_back(kDigits[static_cast<uint8_t>(c) & 15]);
    }
    return text;
}

Error ProofText::refused(const std::string& expected) const {
    return make_error(ErrorCode::kInvalidText, "the text is not that of a proof: " + expected +
                                                   " expected at offset " + std::to_string(at_));
}

Status ProofText::expect(std::string_view literal) {
    return accept(literal) ? Status() : Status(refused(std::string(literal)));
}

bool ProofText::accept(std::string_view literal) {
    if (text_.substr(at_, literal.size()) != literal) {
        return false;
    }
    at_ += literal.size();
    return true;
}

Result<uint64_t> ProofText::number() {
    const char* begin = text_.data() + at_;
    const char* end = text_.data() + text_.size();
    uint64_t value = 0;
    const auto [stop, problem] = std::from_chars(begin, end, value);
    if (problem != std::errc() || (*begin == '0' && stop - begin > 1)) {
        return refused("a number");
    }
    at_ += static_cast<size_t>(stop - begin);
    return value;
}

Result<std::string> ProofText::hex() {
    KODIAK_TRY(expect("\""));
    const size_t end = text_.find('"', at_);
    if (end == std::string_view::npos || (end - at_) % 2 != 0) {
        return refused("hexadecimal digits in pairs and a quote");
    }
    std::string bytes;
    bytes.reserve((end - at_) / 2);
    for (; at_ < end; at_ += 2) {
        const size_t high = kDigits.find(text_[at_]);
        const size_t low = kDigits.find(text_[at_ + 1]);
        if (high == std::string_view::npos || low == std::string_view::npos) {
            return refused("two lower-case hexadecimal digits");
        }
        bytes.push_back(static_cast<char>(high * 16 + low));
    }
    KODIAK_TRY(expect("\""));
    return bytes;
}

Result<Hash256> ProofText::hash() {
    KODIAK_TRY_ASSIGN(const auto raw, bytes<Hash256::kBytes>());
    return Hash256{raw};
}

Result<std::vector<Hash256>> ProofText::hashes() {
    std::vector<Hash256> all;
    KODIAK_TRY(expect("["));
    while (!accept("]")) {
        if (!all.empty()) {
            KODIAK_TRY(expect(","));
        }
        KODIAK_TRY_ASSIGN(const Hash256 next, hash());
        all.push_back(next);
    }
    return all;
}

Result<std::string> ProofText::sides() {
    KODIAK_TRY(expect("\""));
    const size_t end = std::min(text_.find_first_not_of("LR", at_), text_.size());
    std::string letters(text_.substr(at_, end - at_));
    at_ = end;
    KODIAK_TRY(expect("\""));
    return letters;
}

Status ProofText::end() {
    KODIAK_TRY(expect("\n"));
    return at_ == text_.size() ? Status() : Status(refused("the end"));
}

}  // namespace kodiak::timeline
