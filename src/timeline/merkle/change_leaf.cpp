#include "timeline/merkle/change_leaf.hpp"

#include <bit>
#include <cstring>
#include <tuple>

#include "base/bytes/byte_io.hpp"
#include "timeline/merkle/merkle_tree.hpp"

namespace kodiak::timeline {
namespace {

static_assert(std::endian::native == std::endian::little, "integers are hashed in little-endian order from memory");

template <class Int>
uint8_t* put(uint8_t* at, Int value) {
    std::memcpy(at, &value, sizeof value);
    return at + sizeof value;
}

}  // namespace

std::array<uint8_t, ChangeHeader::kBytes> ChangeHeader::encode() const {
    std::array<uint8_t, kBytes> bytes;
    uint8_t* at = bytes.data();
    at = put(at, op);
    at = put(at, table.value);
    at = put(at, row.origin.value);
    at = put(at, row.counter);
    put(at, schema_version.value);
    return bytes;
}

Result<ChangeHeader> ChangeHeader::decode(std::string_view bytes) {
    if (bytes.size() != kBytes) {
        return make_error(ErrorCode::kCorruption,
                          "the header of a change has 29 bytes, not " + std::to_string(bytes.size()));
    }
    ByteReader reader(bytes);
    ChangeHeader header;
    KODIAK_TRY_ASSIGN(const uint8_t op, reader.u8());
    if (op < static_cast<uint8_t>(ChangeOp::kInsert) || op > static_cast<uint8_t>(ChangeOp::kDelete)) {
        return make_error(ErrorCode::kCorruption, "the header of a change has no operation " + std::to_string(op));
    }
    header.op = static_cast<ChangeOp>(op);
    KODIAK_TRY_ASSIGN(header.table.value, reader.u64());
    KODIAK_TRY_ASSIGN(header.row.origin.value, reader.u64());
    KODIAK_TRY_ASSIGN(header.row.counter, reader.u64());
    KODIAK_TRY_ASSIGN(header.schema_version.value, reader.u32());
    return header;
}

std::strong_ordering change_order(const ChangeHeader& left, const ChangeHeader& right) {
    return std::tie(left.table, left.row) <=> std::tie(right.table, right.row);
}

Hash256 row_commitment(std::span<const uint8_t, 16> salt, std::string_view row_bytes) {
    std::array<char, 17> front;
    front[0] = 0x02;
    std::memcpy(front.data() + 1, salt.data(), salt.size());
    return sha256({front.data(), front.size()}, row_bytes);
}

Hash256 change_leaf_hash(const ChangeHeader& header, const Hash256& commitment) {
    const std::array<uint8_t, ChangeHeader::kBytes> encoded = header.encode();
    std::array<char, ChangeHeader::kBytes + Hash256::kBytes> data;
    std::memcpy(data.data(), encoded.data(), encoded.size());
    std::memcpy(data.data() + encoded.size(), commitment.bytes.data(), Hash256::kBytes);
    return leaf_hash({data.data(), data.size()});
}

}  // namespace kodiak::timeline
