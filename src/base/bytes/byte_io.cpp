#include "base/bytes/byte_io.hpp"

#include <bit>

namespace kodiak {

static_assert(std::endian::native == std::endian::little, "file formats are little-endian and written from memory");

Error ByteReader::truncated(size_t wanted) const {
    return make_error(ErrorCode::kCorruption, "encoded bytes end too early: wanted " + std::to_string(wanted) +
                                                  " more at offset " + std::to_string(offset()) + ", have " +
                                                  std::to_string(remaining()));
}

Result<uint64_t> ByteReader::varint() {
    uint64_t value = 0;
    for (uint32_t shift = 0; shift < 64; shift += 7) {
        if (at_ == end_) {
            return truncated(1);
        }
        const auto byte = static_cast<uint8_t>(*at_++);
        if (shift == 63 && byte > 1) {
            break;
        }
        value |= uint64_t{byte & 0x7Fu} << shift;
        if ((byte & 0x80) == 0) {
            return value;
        }
    }
    return make_error(ErrorCode::kCorruption,
                      "a variable-length number is longer than 64 bits at offset " + std::to_string(offset()));
}

Result<std::string_view> ByteReader::raw(uint64_t count) {
    if (count > remaining()) {
        return truncated(static_cast<size_t>(count));
    }
    const std::string_view view(at_, static_cast<size_t>(count));
    at_ += count;
    return view;
}

Result<std::string_view> ByteReader::bytes() {
    KODIAK_TRY_ASSIGN(const uint64_t count, varint());
    return raw(count);
}

}  // namespace kodiak
