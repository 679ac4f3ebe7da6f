#include "timeline/merkle/tree_head.hpp"

#include "base/bytes/byte_io.hpp"

namespace kodiak::timeline {
namespace {

// With the terminating zero byte, so that the domain is no prefix of another.
constexpr std::string_view kHeadDomain("kodiak head v1\0", 15);

}  // namespace

std::string TreeHead::message() const {
    std::string bytes(kHeadDomain);
    ByteWriter writer(bytes);
    writer.u64(origin.value);
    writer.u64(size);
    writer.raw(root.view());
    return bytes;
}

Hash256 TreeHead::id() const { return sha256(message()); }

}  // namespace kodiak::timeline
