#pragma once

// ValueReader: reads single canonical values, bounds-checked; what decode_value, append_canonical and validate_nested
// have in common. Internal to storage/rows.
//
// Functions return false when the bytes do not hold a well-formed value; the caller makes the Error, so that the
// common path builds none.

#include <cstdint>
#include <string_view>
#include <unordered_map>

#include "catalog/type.hpp"

namespace kodiak::storage {

using LabelPositions = std::unordered_map<std::string_view, uint32_t>;
// Views into `type`, which must outlive the result. Requires: kEnum.
LabelPositions positions_of_labels(const catalog::Type& type);

class ValueReader {
   public:
    explicit ValueReader(std::string_view bytes) : at_(bytes.data()), end_(bytes.data() + bytes.size()) {}

    bool at_end() const { return at_ == end_; }
    size_t remaining() const { return static_cast<size_t>(end_ - at_); }
    bool byte(uint8_t& value);
    // Shortest form only.
    bool varint(uint64_t& value);
    bool raw(uint64_t count, std::string_view& bytes);
    // A varint length, below 4 GiB, and that many bytes.
    bool sized(std::string_view& bytes);
    // A value of fixed width in plain layout, physical_bytes() bytes to `out`. Refuses bools and NaNs that are not
    // canonical.
    bool fixed(catalog::Physical physical, void* out);
    // A value of `type` as it stands inside a nested value.
    bool skip_nested(const catalog::Type& type);

   private:
    bool skip_inner(const catalog::Type& type);
    bool skip_optional(const catalog::Type& type);
    const char* at_;
    const char* end_;
};

}  // namespace kodiak::storage
