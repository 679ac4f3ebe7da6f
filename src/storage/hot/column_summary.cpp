#include "storage/hot/column_summary.hpp"

#include <algorithm>
#include <bit>
#include <cmath>

#include "base/hash/xxh3.hpp"
#include "storage/decode.hpp"
#include "storage/rows/integer_range.hpp"

namespace kodiak::storage {
namespace {

using catalog::Physical;
using catalog::TypeKind;

constexpr int kIndexBits = 10;
constexpr uint8_t kMaxRank = 64 - kIndexBits + 1;
constexpr uint32_t kHashedPerChunk = 1024;
constexpr uint8_t kHasNull = 1;
constexpr uint8_t kRangeLost = 2;
constexpr uint8_t kHasRange = 4;
constexpr uint8_t kHasStringRange = 8;

Error bad_summary(const char* what) {
    return make_error(ErrorCode::kCorruption, std::string("column summary does not read: ") + what);
}

// Byte order is the order of values only for these.
bool has_byte_order(TypeKind kind) { return kind == TypeKind::kVarchar || kind == TypeKind::kBlob; }

}  // namespace

void ColumnSummary::widen(int64_t low, int64_t high) {
    min_ = has_range_ ? std::min(min_, low) : low;
    max_ = has_range_ ? std::max(max_, high) : high;
    has_range_ = true;
}

void ColumnSummary::widen(std::string_view low, std::string_view high) {
    if (!has_string_range_ || low < min_string_) {
        min_string_ = low;
    }
    if (!has_string_range_ || high > max_string_) {
        max_string_ = high;
    }
    has_string_range_ = true;
}

void ColumnSummary::add_hash(uint64_t hash) {
    if (registers_.empty()) {
        registers_.assign(kRegisters, 0);
    }
    const uint64_t rest = hash << kIndexBits;
    const auto rank = static_cast<uint8_t>(rest == 0 ? kMaxRank : std::countl_zero(rest) + 1);
    uint8_t& place = registers_[hash >> (64 - kIndexBits)];
    place = std::max(place, rank);
    ++hashed_;
}

void ColumnSummary::observe(const StoredColumn& column, const catalog::Type& type, uint32_t count) {
    const uint32_t valid = count_valid(column, count);
    has_null_ = has_null_ || valid < count;
    values_ += valid;
    if (valid == 0) {
        return;
    }
    if (catalog::is_narrowable(column.physical)) {
        observe_integers(column, count);
    } else if (column.physical == Physical::kString) {
        observe_strings(column, has_byte_order(type.kind), count);
    } else {
        range_lost_ = true;  // a column that was widened may have a range from its narrow rows
    }
    hash_sample(column, count);
}

void ColumnSummary::observe_nulls(uint64_t count) { has_null_ = has_null_ || count > 0; }

void ColumnSummary::observe_integers(const StoredColumn& column, uint32_t count) {
    if (column.has_range) {
        widen(column.min, column.max);
        return;
    }
    const bool is_unsigned = column.physical == Physical::kUint64;
    std::vector<int64_t> values(count);
    decode_fixed(column, is_unsigned ? Physical::kUint64 : Physical::kInt64, nullptr, count, values.data());
    for (uint32_t slot = 0; slot < count; ++slot) {
        if (!column.is_valid(slot)) {
            continue;
        }
        if (is_unsigned && values[slot] < 0) {
            range_lost_ = true;
        } else {
            widen(values[slot], values[slot]);
        }
    }
}

void ColumnSummary::observe_strings(const StoredColumn& column, bool with_range, uint32_t count) {
    std::vector<StringRef> strings(count);
    decode_strings(column, nullptr, count, strings.data());
    const StringRef* least = nullptr;
    const StringRef* greatest = nullptr;
    for (uint32_t slot = 0; slot < count; ++slot) {
        if (!column.is_valid(slot)) {
            continue;
        }
        max_string_bytes_ = std::max<uint64_t>(max_string_bytes_, strings[slot].length);
        if (least == nullptr || strings[slot].view() < least->view()) {
            least = &strings[slot];
        }
        if (greatest == nullptr || strings[slot].view() > greatest->view()) {
            greatest = &strings[slot];
        }
    }
    if (with_range && least != nullptr) {
        widen(least->view(), greatest->view());
    }
}

void ColumnSummary::hash_sample(const StoredColumn& column, uint32_t count) {
    const uint32_t step = (count + kHashedPerChunk - 1) / kHashedPerChunk;
    std::vector<uint32_t> slots;
    for (uint32_t start = 0; start < count; start += step) {
        // One slot of each stretch, not always the same one: values often repeat with a period.
        const uint32_t slot = start + (start * 0x9E3779B1u >> 16) % step;
        if (slot < count && column.is_valid(slot)) {
            slots.push_back(slot);
        }
    }
    if (column.physical == Physical::kString) {
        std::vector<StringRef> strings(slots.size());
        decode_strings(column, slots.data(), slots.size(), strings.data());
        for (const StringRef& text : strings) {
            add_hash(xxh3(text.view()));
        }
        return;
    }
    // Integers as 64 bits, so that a widened type counts the same values.
    const bool narrow = catalog::is_narrowable(column.physical);
    const bool is_float = column.physical == Physical::kFloat || column.physical == Physical::kDouble;
    const Physical target = narrow                                  ? Physical::kInt64
                            : is_float                              ? Physical::kDouble
                                                                    : column.physical;
    const size_t bytes = catalog::physical_bytes(target);
    std::vector<char> values(slots.size() * bytes);
    decode_fixed(column, target, slots.data(), slots.size(), values.data());
    for (size_t i = 0; i < slots.size(); ++i) {
        add_hash(xxh3({values.data() + i * bytes, bytes}));
    }
}

void ColumnSummary::merge(const ColumnSummary& other) {
    has_null_ = has_null_ || other.has_null_;
    range_lost_ = range_lost_ || other.range_lost_;
    values_ += other.values_;
    hashed_ += other.hashed_;
    max_string_bytes_ = std::max(max_string_bytes_, other.max_string_bytes_);
    if (other.has_range_) {
        widen(other.min_, other.max_);
    }
    if (other.has_string_range_) {
        widen(other.min_string_, other.max_string_);
    }
    if (registers_.empty()) {
        registers_ = other.registers_;
    } else {
        for (size_t i = 0; i < other.registers_.size(); ++i) {
            registers_[i] = std::max(registers_[i], other.registers_[i]);
        }
    }
}

ColumnStatistics ColumnSummary::statistics() const {
    ColumnStatistics statistics;
    statistics.may_have_null = has_null_;
    statistics.has_range = has_range_ && !range_lost_;
    statistics.min = statistics.has_range ? min_ : 0;
    statistics.max = statistics.has_range ? max_ : 0;
    statistics.has_string_range = has_string_range_;
    statistics.min_string = min_string_;
    statistics.max_string = max_string_;
    statistics.max_string_bytes = max_string_bytes_;
    if (hashed_ == 0) {
        return statistics;
    }
    // Flajolet, Fusy, Gandouet, Meunier (2007), with linear counting for small numbers.
    double sum = 0;
    size_t zeros = 0;
    for (const uint8_t rank : registers_) {
        sum += std::ldexp(1.0, -rank);
        zeros += rank == 0 ? 1 : 0;
    }
    const double registers = static_cast<double>(kRegisters);
    double estimate = 0.7213 / (1 + 1.079 / registers) * registers * registers / sum;
    if (estimate <= 2.5 * registers && zeros > 0) {
        estimate = registers * std::log(registers / static_cast<double>(zeros));
    }
    estimate = std::min(estimate, static_cast<double>(hashed_));
    if (estimate > 0.9 * static_cast<double>(hashed_)) {
        estimate *= static_cast<double>(values_) / static_cast<double>(hashed_);
    }
    statistics.distinct = std::max<uint64_t>(1, static_cast<uint64_t>(estimate + 0.5));
    return statistics;
}

void ColumnSummary::encode(ByteWriter& writer) const {
    writer.u8(static_cast<uint8_t>((has_null_ ? kHasNull : 0) | (range_lost_ ? kRangeLost : 0) |
                                   (has_range_ ? kHasRange : 0) | (has_string_range_ ? kHasStringRange : 0)));
    writer.varint(values_);
    writer.varint(hashed_);
    writer.varint(max_string_bytes_);
    if (has_range_) {
        writer.i64(min_);
        writer.i64(max_);
    }
    if (has_string_range_) {
        writer.bytes(min_string_);
        writer.bytes(max_string_);
    }
    const auto is_set = [](uint8_t rank) { return rank != 0; };
    writer.varint(static_cast<uint64_t>(std::count_if(registers_.begin(), registers_.end(), is_set)));
    for (size_t i = 0; i < registers_.size(); ++i) {
        if (is_set(registers_[i])) {
            writer.u16(static_cast<uint16_t>(i));
            writer.u8(registers_[i]);
        }
    }
}

Result<ColumnSummary> ColumnSummary::decode(ByteReader& reader) {
    ColumnSummary summary;
    KODIAK_TRY_ASSIGN(const uint8_t flags, reader.u8());
    if (flags > (kHasNull | kRangeLost | kHasRange | kHasStringRange)) {
        return bad_summary("unknown flags");
    }
    summary.has_null_ = (flags & kHasNull) != 0;
    summary.range_lost_ = (flags & kRangeLost) != 0;
    summary.has_range_ = (flags & kHasRange) != 0;
    summary.has_string_range_ = (flags & kHasStringRange) != 0;
    KODIAK_TRY_ASSIGN(summary.values_, reader.varint());
    KODIAK_TRY_ASSIGN(summary.hashed_, reader.varint());
    KODIAK_TRY_ASSIGN(summary.max_string_bytes_, reader.varint());
    if (summary.has_range_) {
        KODIAK_TRY_ASSIGN(summary.min_, reader.i64());
        KODIAK_TRY_ASSIGN(summary.max_, reader.i64());
    }
    if (summary.has_string_range_) {
        KODIAK_TRY_ASSIGN(summary.min_string_, reader.string());
        KODIAK_TRY_ASSIGN(summary.max_string_, reader.string());
    }
    KODIAK_TRY_ASSIGN(const uint64_t set, reader.varint());
    if (set > kRegisters || (set > 0) != (summary.hashed_ > 0)) {
        return bad_summary("number of registers");
    }
    int previous = -1;
    for (uint64_t i = 0; i < set; ++i) {
        KODIAK_TRY_ASSIGN(const uint16_t index, reader.u16());
        KODIAK_TRY_ASSIGN(const uint8_t rank, reader.u8());
        if (index >= kRegisters || static_cast<int>(index) <= previous || rank == 0 || rank > kMaxRank) {
            return bad_summary("register");
        }
        previous = index;
        summary.registers_.resize(kRegisters);
        summary.registers_[index] = rank;
    }
    return summary;
}

}  // namespace kodiak::storage
