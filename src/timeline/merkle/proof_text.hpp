#pragma once

// Reader of the one spelling that a proof's JSON has: what must stand there is expected, letter by letter, so that
// nothing can be spelled in a second way. Errors: kInvalidText with the offset.

#include <array>
#include <string>
#include <string_view>
#include <vector>

#include "base/hash/sha256.hpp"
#include "base/result/result.hpp"

namespace kodiak::timeline {

class ProofText {
   public:
    explicit ProofText(std::string_view text) : text_(text) {}

    Status expect(std::string_view literal);
    // Passes over the literal when it stands here.
    bool accept(std::string_view literal);
    Result<uint64_t> number();
    // A string of lower-case hexadecimal digits; returns the bytes.
    Result<std::string> hex();
    Result<Hash256> hash();
    template <size_t kBytes>
    Result<std::array<uint8_t, kBytes>> bytes() {
        KODIAK_TRY_ASSIGN(const std::string raw, hex());
        if (raw.size() != kBytes) {
            return refused(std::to_string(kBytes) + " bytes in hexadecimal");
        }
        std::array<uint8_t, kBytes> all;
        std::copy(raw.begin(), raw.end(), all.begin());
        return all;
    }
    // An array of hashes.
    Result<std::vector<Hash256>> hashes();
    // A string of the letters L and R.
    Result<std::string> sides();
    Status end();

   private:
    Error refused(const std::string& expected) const;
    std::string_view text_;
    size_t at_ = 0;
};

// Lower-case hexadecimal digits of the bytes.
std::string hex_of(std::string_view bytes);

}  // namespace kodiak::timeline
