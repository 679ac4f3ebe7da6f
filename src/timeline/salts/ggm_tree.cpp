#include "timeline/salts/ggm_tree.hpp"

#include <bit>
#include <cstring>
#include <string_view>

#include "base/hash/sha256.hpp"
#include "base/result/assert.hpp"

namespace kodiak::timeline {

uint32_t ggm_depth(uint64_t leaf_count) {
    return leaf_count <= 1 ? 0 : static_cast<uint32_t>(std::bit_width(leaf_count - 1));
}

GgmChildren ggm_expand(const Salt& node) {
    std::array<char, 1 + kSaltBytes> message;
    message[0] = 0x03;
    std::memcpy(message.data() + 1, node.data(), kSaltBytes);
    const Hash256 hash = sha256({message.data(), message.size()});
    GgmChildren children;
    std::memcpy(children.left.data(), hash.bytes.data(), kSaltBytes);
    std::memcpy(children.right.data(), hash.bytes.data() + kSaltBytes, kSaltBytes);
    return children;
}

SaltStream::SaltStream(const Salt& node, uint32_t height, uint64_t begin, uint64_t end) : at_(begin), end_(end) {
    KODIAK_ASSERT(height < 64 && begin <= end && end <= uint64_t{1} << height);
    if (begin == end) {
        return;
    }
    // Goes down towards `begin` and keeps what lies right of the path for later.
    pending_.reserve(height + 1);
    Node on_path{height, node};
    while ((begin & ((uint64_t{1} << on_path.height) - 1)) != 0) {
        --on_path.height;
        const GgmChildren children = ggm_expand(on_path.value);
        if (((begin >> on_path.height) & 1) != 0) {
            on_path.value = children.right;
        } else {
            pending_.push_back({on_path.height, children.right});
            on_path.value = children.left;
        }
    }
    pending_.push_back(on_path);
}

Salt SaltStream::next() {
    KODIAK_DEBUG_ASSERT(at_ < end_);
    Node node = pending_.back();
    pending_.pop_back();
    while (node.height > 0) {
        const GgmChildren children = ggm_expand(node.value);
        --node.height;
        pending_.push_back({node.height, children.right});
        node.value = children.left;
    }
    ++at_;
    return node.value;
}

GgmTree::GgmTree(const Salt& seed, uint64_t leaf_count) : seed_(seed), leaf_count_(leaf_count) {
    KODIAK_ASSERT(leaf_count <= kLeafCountMax);
}

Salt GgmTree::salt(uint64_t leaf) const {
    KODIAK_ASSERT(leaf < leaf_count_);
    return stream(leaf, leaf + 1).next();
}

SaltStream GgmTree::stream(uint64_t begin, uint64_t end) const {
    KODIAK_ASSERT(begin <= end && end <= leaf_count_);
    return {seed_, ggm_depth(leaf_count_), begin, end};
}

}  // namespace kodiak::timeline
