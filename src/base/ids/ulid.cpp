#include "base/ids/ulid.hpp"

#include <algorithm>

#include "base/result/assert.hpp"

namespace kodiak {
namespace {

constexpr char kAlphabet[] = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
constexpr size_t kTimeBytes = 6;
constexpr uint64_t kMillisMax = (uint64_t{1} << 48) - 1;

int value_of(char c) {
    const char upper = c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
    const std::string_view alphabet(kAlphabet, 32);
    const size_t at = alphabet.find(upper);
    return at == std::string_view::npos ? -1 : static_cast<int>(at);
}

void set_millis(Ulid& id, uint64_t millis) {
    for (size_t i = 0; i < kTimeBytes; ++i) {
        id.bytes[i] = static_cast<uint8_t>(millis >> (8 * (kTimeBytes - 1 - i)));
    }
}

// Adds one to the 128-bit number; carrying into the time keeps the order.
void increment(Ulid& id) {
    for (size_t i = Ulid::kBytes; i-- > 0;) {
        if (++id.bytes[i] != 0) {
            return;
        }
    }
    KODIAK_ASSERT(!"2^128 ids were made");
}

}  // namespace

std::string Ulid::text() const {
    // 26 characters hold 130 bits: the number is read as if two zero bits stood in front.
    std::string text;
    text.reserve(kTextChars);
    uint32_t bits = 0;
    uint32_t bit_count = 2;
    for (const uint8_t byte : bytes) {
        bits = (bits << 8) | byte;
        bit_count += 8;
        while (bit_count >= 5) {
            bit_count -= 5;
            text.push_back(kAlphabet[(bits >> bit_count) & 31]);
        }
    }
    return text;
}

uint64_t Ulid::millis() const {
    uint64_t value = 0;
    for (size_t i = 0; i < kTimeBytes; ++i) {
        value = (value << 8) | bytes[i];
    }
    return value;
}

Result<Ulid> Ulid::parse(std::string_view text) {
    if (text.size() != kTextChars) {
        return make_error(ErrorCode::kInvalidText, "a ULID has 26 characters, not " + std::to_string(text.size()));
    }
    Ulid id;
    uint32_t bits = 0;
    uint32_t bit_count = 0;
    size_t filled = 0;
    for (size_t i = 0; i < kTextChars; ++i) {
        const int value = value_of(text[i]);
        if (value < 0 || (i == 0 && value > 7)) {
            return make_error(ErrorCode::kInvalidText,
                              "a ULID cannot have this character at position " + std::to_string(i + 1));
        }
        bits = (bits << 5) | static_cast<uint32_t>(value);
        bit_count += i == 0 ? 3 : 5;
        if (bit_count >= 8) {
            bit_count -= 8;
            id.bytes[filled++] = static_cast<uint8_t>(bits >> bit_count);
        }
    }
    return id;
}

UlidGenerator::UlidGenerator(std::shared_ptr<Clock> clock, std::shared_ptr<RandomSource> random)
    : clock_(std::move(clock)), random_(std::move(random)) {}

Ulid UlidGenerator::next() {
    const int64_t micros = std::max<int64_t>(clock_->now().micros, 0);
    const uint64_t millis = std::min(static_cast<uint64_t>(micros) / 1000, kMillisMax);
    const std::lock_guard guard(mutex_);
    const bool first = last_ == Ulid{};
    if (!first && millis <= last_.millis()) {
        increment(last_);
        return last_;
    }
    set_millis(last_, millis);
    random_->fill(last_.bytes.data() + kTimeBytes, Ulid::kBytes - kTimeBytes);
    return last_;
}

}  // namespace kodiak
