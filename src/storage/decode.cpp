#include "storage/decode.hpp"

#include <algorithm>
#include <cstring>
#include <type_traits>

#include "base/result/assert.hpp"
#include "storage/select_kernels.hpp"

namespace kodiak::storage {
namespace {

using catalog::Physical;

// A 128-bit integer as it lies in memory.
struct Wide {
    uint64_t low;
    uint64_t high;
};
struct alignas(8) Sixteen {
    uint8_t bytes[16];
};

template <class Out, class In>
Out convert(In value) {
    if constexpr (std::is_same_v<Out, Wide>) {
        return {static_cast<uint64_t>(value), value < In{0} ? UINT64_MAX : 0};
    } else {
        return static_cast<Out>(value);
    }
}

template <class Out, class In>
void widen_plain(const uint8_t* data, const uint32_t* slots, size_t count, Out* out) {
    const In* values = reinterpret_cast<const In*>(data);
    if (slots != nullptr) {
        for (size_t i = 0; i < count; ++i) {
            out[i] = convert<Out>(values[slots[i]]);
        }
    } else if constexpr (std::is_same_v<Out, In>) {
        std::memcpy(out, values, count * sizeof(In));
    } else {
        for (size_t i = 0; i < count; ++i) {
            out[i] = convert<Out>(values[i]);
        }
    }
}

// Values are base + stored, computed modulo 2^64: narrower results only keep their own bits of it.
template <class Out>
Out from_frame(uint64_t value) {
    if constexpr (std::is_same_v<Out, Wide>) {
        return convert<Wide>(static_cast<int64_t>(value));
    } else {
        return static_cast<Out>(value);
    }
}

template <class Out, class In>
void widen_frame(const uint8_t* data, int64_t base, const uint32_t* slots, size_t count, Out* out) {
    const In* values = reinterpret_cast<const In*>(data);
    const auto origin = static_cast<uint64_t>(base);
    if (slots != nullptr) {
        for (size_t i = 0; i < count; ++i) {
            out[i] = from_frame<Out>(origin + values[slots[i]]);
        }
    } else if constexpr (sizeof(Out) <= 8) {
        // In the width of the result, so that the loop needs no lanes wider than that.
        const auto narrow_origin = static_cast<Out>(origin);
        for (size_t i = 0; i < count; ++i) {
            out[i] = static_cast<Out>(narrow_origin + static_cast<Out>(values[i]));
        }
    } else {
        for (size_t i = 0; i < count; ++i) {
            out[i] = from_frame<Out>(origin + values[i]);
        }
    }
}

template <class Out>
void decode_frame(const StoredColumn& column, const uint32_t* slots, size_t count, Out* out) {
    switch (column.width) {
        case 0: std::fill(out, out + count, from_frame<Out>(static_cast<uint64_t>(column.base))); return;
        case 1: widen_frame<Out, uint8_t>(column.data, column.base, slots, count, out); return;
        case 2: widen_frame<Out, uint16_t>(column.data, column.base, slots, count, out); return;
        case 4: widen_frame<Out, uint32_t>(column.data, column.base, slots, count, out); return;
        case 8: widen_frame<Out, uint64_t>(column.data, column.base, slots, count, out); return;
        default: KODIAK_ASSERT(false);
    }
}

// Narrower results than the stored kind never happen (widening only), so unused pairs are harmless casts.
template <class Out>
void decode_integers(const StoredColumn& column, const uint32_t* slots, size_t count, Out* out) {
    if (column.encoding == Encoding::kFrame) {
        decode_frame(column, slots, count, out);
        return;
    }
    switch (column.physical) {
        case Physical::kBool:
        case Physical::kUint8: widen_plain<Out, uint8_t>(column.data, slots, count, out); return;
        case Physical::kInt8: widen_plain<Out, int8_t>(column.data, slots, count, out); return;
        case Physical::kInt16: widen_plain<Out, int16_t>(column.data, slots, count, out); return;
        case Physical::kUint16: widen_plain<Out, uint16_t>(column.data, slots, count, out); return;
        case Physical::kInt32: widen_plain<Out, int32_t>(column.data, slots, count, out); return;
        case Physical::kUint32: widen_plain<Out, uint32_t>(column.data, slots, count, out); return;
        case Physical::kInt64: widen_plain<Out, int64_t>(column.data, slots, count, out); return;
        case Physical::kUint64: widen_plain<Out, uint64_t>(column.data, slots, count, out); return;
        default: KODIAK_ASSERT(false);
    }
}

void copy_sixteen(const uint8_t* data, const uint32_t* slots, size_t count, void* out) {
    auto* target = static_cast<uint8_t*>(out);
    if (slots == nullptr) {
        std::memcpy(target, data, count * 16);
        return;
    }
    for (size_t i = 0; i < count; ++i) {
        std::memcpy(target + i * 16, data + size_t{slots[i]} * 16, 16);
    }
}

// Drops the NULLs from slots already selected, in place.
size_t keep_valid(const StoredColumn& column, size_t found, uint32_t* out) {
    if (column.validity == nullptr) {
        return found;
    }
    size_t kept = 0;
    for (size_t i = 0; i < found; ++i) {
        const uint32_t slot = out[i];
        out[kept] = slot;
        kept += column.is_valid(slot) ? 1 : 0;
    }
    return kept;
}

size_t keep_all(const StoredColumn& column, const uint32_t* slots, size_t count, uint32_t* out) {
    for (size_t i = 0; i < count; ++i) {
        out[i] = slots != nullptr ? slots[i] : static_cast<uint32_t>(i);
    }
    return keep_valid(column, count, out);
}

template <class U>
size_t select_listed(const uint8_t* data, uint64_t low, uint64_t span, const uint32_t* slots, size_t count,
                     uint32_t* out) {
    const U* values = reinterpret_cast<const U*>(data);
    const U from = static_cast<U>(low);
    const U range = static_cast<U>(span);
    size_t found = 0;
    for (size_t i = 0; i < count; ++i) {
        const uint32_t slot = slots[i];
        out[found] = slot;
        found += static_cast<U>(values[slot] - from) <= range ? 1 : 0;
    }
    return found;
}

// What the stored integers of a column can be, as values.
struct StoredRange {
    int64_t low;
    int64_t high;
};

StoredRange stored_range(const StoredColumn& column) {
    if (column.encoding != Encoding::kPlain) {
        // Sums that would pass INT64_MAX are not values of the column: a frame's values all fit int64.
        const uint64_t top = column.width == 8 ? UINT64_MAX : (uint64_t{1} << (8 * column.width)) - 1;
        const int64_t base = column.encoding == Encoding::kFrame ? column.base : 0;
        const uint64_t room = static_cast<uint64_t>(INT64_MAX) - static_cast<uint64_t>(base);
        return {base, top >= room ? INT64_MAX : static_cast<int64_t>(static_cast<uint64_t>(base) + top)};
    }
    switch (column.physical) {
        case Physical::kInt8: return {INT8_MIN, INT8_MAX};
        case Physical::kInt16: return {INT16_MIN, INT16_MAX};
        case Physical::kInt32: return {INT32_MIN, INT32_MAX};
        case Physical::kInt64: return {INT64_MIN, INT64_MAX};
        case Physical::kBool:
        case Physical::kUint8: return {0, UINT8_MAX};
        case Physical::kUint16: return {0, UINT16_MAX};
        case Physical::kUint32: return {0, UINT32_MAX};
        case Physical::kUint64: return {0, INT64_MAX};
        default: KODIAK_ASSERT(false);
    }
}

uint32_t code_at(const StoredColumn& column, uint32_t slot) {
    return column.width == 1 ? column.data[slot] : reinterpret_cast<const uint16_t*>(column.data)[slot];
}

uint32_t slot_at(const uint32_t* slots, size_t i) { return slots != nullptr ? slots[i] : static_cast<uint32_t>(i); }

}  // namespace

void decode_fixed(const StoredColumn& column, Physical target, const uint32_t* slots, size_t count, void* out) {
    switch (target) {
        case Physical::kFloat:
            KODIAK_ASSERT(column.physical == Physical::kFloat);
            widen_plain<float, float>(column.data, slots, count, static_cast<float*>(out));
            return;
        case Physical::kDouble:
            if (column.physical == Physical::kFloat) {
                widen_plain<double, float>(column.data, slots, count, static_cast<double*>(out));
            } else {
                KODIAK_ASSERT(column.physical == Physical::kDouble);
                widen_plain<double, double>(column.data, slots, count, static_cast<double*>(out));
            }
            return;
        case Physical::kInterval:
            KODIAK_ASSERT(column.physical == Physical::kInterval);
            copy_sixteen(column.data, slots, count, out);
            return;
        case Physical::kInt128:
        case Physical::kUint128:
            if (catalog::is_narrowable(column.physical)) {
                decode_integers(column, slots, count, static_cast<Wide*>(out));
            } else {
                KODIAK_ASSERT(column.physical == target);
                copy_sixteen(column.data, slots, count, out);
            }
            return;
        case Physical::kString: KODIAK_ASSERT(false);
        default: break;
    }
    switch (catalog::physical_bytes(target)) {
        case 1: decode_integers(column, slots, count, static_cast<uint8_t*>(out)); return;
        case 2: decode_integers(column, slots, count, static_cast<uint16_t*>(out)); return;
        case 4: decode_integers(column, slots, count, static_cast<uint32_t*>(out)); return;
        default: decode_integers(column, slots, count, static_cast<uint64_t*>(out)); return;
    }
}

void decode_strings(const StoredColumn& column, const uint32_t* slots, size_t count, StringRef* out) {
    switch (column.encoding) {
        case Encoding::kPlain: copy_sixteen(column.data, slots, count, out); return;
        case Encoding::kDictionary: {
            const std::vector<StringRef>& values = column.dictionary->values;
            if (values.empty()) {  // all NULL
                std::fill(out, out + count, StringRef());
                return;
            }
            for (size_t i = 0; i < count; ++i) {
                out[i] = values[code_at(column, slot_at(slots, i))];
            }
            return;
        }
        case Encoding::kOffsets: {
            const auto* offsets = reinterpret_cast<const uint32_t*>(column.data);
            for (size_t i = 0; i < count; ++i) {
                const uint32_t slot = slot_at(slots, i);
                out[i] = StringRef(std::string_view(column.heap + offsets[slot], offsets[slot + 1] - offsets[slot]));
            }
            return;
        }
        case Encoding::kFrame: KODIAK_ASSERT(false);
    }
}

void decode_codes(const StoredColumn& column, const uint32_t* slots, size_t count, uint32_t* out) {
    KODIAK_ASSERT(column.encoding == Encoding::kDictionary);
    if (column.width == 1) {
        widen_plain<uint32_t, uint8_t>(column.data, slots, count, out);
    } else {
        widen_plain<uint32_t, uint16_t>(column.data, slots, count, out);
    }
}

size_t select_range(const StoredColumn& column, int64_t low, int64_t high, const uint32_t* slots, size_t count,
                    uint32_t* out) {
    KODIAK_ASSERT(column.encoding != Encoding::kOffsets);
    const StoredRange range = stored_range(column);
    if (low > high || high < range.low || low > range.high) {
        return 0;
    }
    const bool is_open_above = high >= range.high;
    const int64_t from = std::max(low, range.low);
    const int64_t upto = std::min(high, range.high);
    if (column.width == 0 || (from == range.low && is_open_above && column.physical != Physical::kUint64)) {
        return keep_all(column, slots, count, out);
    }
    const uint64_t base = column.encoding == Encoding::kFrame ? static_cast<uint64_t>(column.base) : 0;
    const uint64_t start = static_cast<uint64_t>(from) - base;
    const uint64_t span = static_cast<uint64_t>(upto) - static_cast<uint64_t>(from);
    size_t found = 0;
    if (slots == nullptr) {
        found = select_dense(column.data, column.width, start, span, count, out);
    } else {
        switch (column.width) {
            case 1: found = select_listed<uint8_t>(column.data, start, span, slots, count, out); break;
            case 2: found = select_listed<uint16_t>(column.data, start, span, slots, count, out); break;
            case 4: found = select_listed<uint32_t>(column.data, start, span, slots, count, out); break;
            case 8: found = select_listed<uint64_t>(column.data, start, span, slots, count, out); break;
            default: KODIAK_ASSERT(false);
        }
    }
    return keep_valid(column, found, out);
}

size_t select_codes(const StoredColumn& column, const uint8_t* accept, const uint32_t* slots, size_t count,
                    uint32_t* out) {
    KODIAK_ASSERT(column.encoding == Encoding::kDictionary);
    if (column.dictionary->values.empty()) {  // all NULL
        return 0;
    }
    size_t found = 0;
    for (size_t i = 0; i < count; ++i) {
        const uint32_t slot = slot_at(slots, i);
        out[found] = slot;
        found += accept[code_at(column, slot)] != 0 ? 1 : 0;
    }
    return keep_valid(column, found, out);
}

size_t select_nulls(const StoredColumn& column, bool want_null, const uint32_t* slots, size_t count, uint32_t* out) {
    if (column.validity == nullptr && want_null) {
        return 0;
    }
    size_t found = 0;
    for (size_t i = 0; i < count; ++i) {
        const uint32_t slot = slot_at(slots, i);
        out[found] = slot;
        found += column.is_valid(slot) != want_null ? 1 : 0;
    }
    return found;
}

}  // namespace kodiak::storage
