#include "timeline/salts/punctured_seed.hpp"

#include <strings.h>

#include <cstring>
#include <iterator>

#include "base/bytes/byte_io.hpp"
#include "base/result/assert.hpp"

namespace kodiak::timeline {
namespace {

constexpr uint8_t kFormatVersion = 1;
constexpr size_t kNodeBytes = 1 + 8 + kSaltBytes;

uint64_t leaves_below(uint32_t height) { return uint64_t{1} << height; }

Error corrupt(std::string what) {
    return make_error(ErrorCode::kCorruption, "the state of a commit's salts is damaged: " + std::move(what));
}

Error no_such_leaf(uint64_t leaf, uint64_t leaf_count) {
    return make_error(ErrorCode::kOutOfRange, "a commit of " + std::to_string(leaf_count) +
                                                  " changes has no change " + std::to_string(leaf));
}

}  // namespace

PuncturedSeed::PuncturedSeed(const Salt& seed, uint64_t leaf_count) : leaf_count_(leaf_count) {
    KODIAK_ASSERT(leaf_count <= kLeafCountMax);
    if (leaf_count > 0) {
        kept_.emplace(0, Subtree{ggm_depth(leaf_count), seed});
    }
}

PuncturedSeed::Subtrees::const_iterator PuncturedSeed::above(uint64_t leaf) const {
    auto after = kept_.upper_bound(leaf);
    if (after == kept_.begin()) {
        return kept_.end();
    }
    const auto candidate = std::prev(after);
    return leaf - candidate->first < leaves_below(candidate->second.height) ? candidate : kept_.end();
}

Result<Salt> PuncturedSeed::salt(uint64_t leaf) const {
    if (leaf >= leaf_count_) {
        return no_such_leaf(leaf, leaf_count_);
    }
    const auto node = above(leaf);
    if (node == kept_.end()) {
        return make_error(ErrorCode::kNotFound, "the salt of change " + std::to_string(leaf) + " was erased");
    }
    const uint64_t within = leaf - node->first;
    return SaltStream(node->second.value, node->second.height, within, within + 1).next();
}

bool PuncturedSeed::is_punctured(uint64_t leaf) const { return leaf < leaf_count_ && above(leaf) == kept_.end(); }

Status PuncturedSeed::puncture(uint64_t leaf) {
    if (leaf >= leaf_count_) {
        return no_such_leaf(leaf, leaf_count_);
    }
    const auto covering = above(leaf);
    if (covering == kept_.end()) {
        return ok_status();
    }
    const auto found = kept_.find(covering->first);
    uint64_t first = found->first;
    uint32_t height = found->second.height;
    Salt value = found->second.value;
    explicit_bzero(found->second.value.data(), kSaltBytes);
    kept_.erase(found);
    while (height > 0) {
        --height;
        GgmChildren children = ggm_expand(value);
        const uint64_t middle = first + leaves_below(height);
        if (leaf < middle) {
            if (middle < leaf_count_) {
                kept_.emplace(middle, Subtree{height, children.right});
            }
            value = children.left;
        } else {
            kept_.emplace(first, Subtree{height, children.left});
            value = children.right;
            first = middle;
        }
        explicit_bzero(&children, sizeof children);
    }
    explicit_bzero(value.data(), kSaltBytes);
    return ok_status();
}

std::vector<PuncturedSeed::KeptNode> PuncturedSeed::kept_nodes() const {
    std::vector<KeptNode> nodes;
    nodes.reserve(kept_.size());
    for (const auto& [first, subtree] : kept_) {
        nodes.push_back({first, subtree.height, subtree.value});
    }
    return nodes;
}

std::string PuncturedSeed::serialize() const {
    std::string bytes;
    ByteWriter writer(bytes);
    writer.u8(kFormatVersion);
    writer.u64(leaf_count_);
    writer.u64(kept_.size());
    for (const auto& [first, subtree] : kept_) {
        writer.u8(static_cast<uint8_t>(subtree.height));
        writer.u64(first);
        writer.raw(subtree.value.data(), kSaltBytes);
    }
    return bytes;
}

Result<PuncturedSeed> PuncturedSeed::deserialize(std::string_view bytes) {
    ByteReader reader(bytes);
    KODIAK_TRY_ASSIGN(const uint8_t version, reader.u8());
    if (version > kFormatVersion) {
        return make_error(ErrorCode::kVersionTooNew, "the state of a commit's salts has format version " +
                                                         std::to_string(version) + ", this program reads up to " +
                                                         std::to_string(kFormatVersion));
    }
    KODIAK_TRY_ASSIGN(const uint64_t leaf_count, reader.u64());
    KODIAK_TRY_ASSIGN(const uint64_t node_count, reader.u64());
    if (version != kFormatVersion || leaf_count > kLeafCountMax) {
        return corrupt("version " + std::to_string(version) + ", " + std::to_string(leaf_count) + " changes");
    }
    if (reader.remaining() % kNodeBytes != 0 || reader.remaining() / kNodeBytes != node_count) {
        return corrupt(std::to_string(node_count) + " nodes in " + std::to_string(reader.remaining()) + " bytes");
    }
    PuncturedSeed state(leaf_count);
    uint64_t covered_to = 0;  // leaves below are covered or erased
    for (uint64_t i = 0; i < node_count; ++i) {
        KODIAK_TRY_ASSIGN(const uint8_t height, reader.u8());
        KODIAK_TRY_ASSIGN(const uint64_t first, reader.u64());
        KODIAK_TRY_ASSIGN(const std::string_view value, reader.raw(kSaltBytes));
        if (height > ggm_depth(leaf_count) || first < covered_to || first >= leaf_count ||
            first % leaves_below(height) != 0) {
            return corrupt("node " + std::to_string(i) + " does not fit the tree");
        }
        Subtree subtree{height, {}};
        std::memcpy(subtree.value.data(), value.data(), kSaltBytes);
        state.kept_.emplace_hint(state.kept_.end(), first, subtree);
        covered_to = first + leaves_below(height);
    }
    KODIAK_TRY(state.check_maximal());
    return state;
}

Status PuncturedSeed::check_maximal() const {
    for (const auto& [first, subtree] : kept_) {
        if (subtree.height == ggm_depth(leaf_count_)) {
            continue;
        }
        // A node is kept only because an erased leaf lies below its sibling (P3).
        const uint64_t sibling = first ^ leaves_below(subtree.height);
        const auto beside = kept_.find(sibling);
        if (sibling >= leaf_count_ || (beside != kept_.end() && beside->second.height == subtree.height)) {
            return corrupt("the node at change " + std::to_string(first) + " is smaller than it must be");
        }
    }
    return ok_status();
}

}  // namespace kodiak::timeline
