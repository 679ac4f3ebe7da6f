#include "timeline/merkle/merkle_tree.hpp"

#include <bit>

#include "base/bytes/byte_io.hpp"
#include "base/result/assert.hpp"

namespace kodiak::timeline {
namespace {

constexpr std::string_view kLeafPrefix("\x00", 1);
constexpr std::string_view kNodePrefix("\x01", 1);

// Folds subtree roots, largest first, into the root of the tree they make up. Requires: not empty.
Hash256 fold(std::span<const Hash256> subtrees) {
    Hash256 root = subtrees.back();
    for (size_t i = subtrees.size() - 1; i-- > 0;) {
        root = node_hash(subtrees[i], root);
    }
    return root;
}

}  // namespace

Hash256 leaf_hash(std::string_view data) { return sha256(kLeafPrefix, data); }

Hash256 node_hash(const Hash256& left, const Hash256& right) {
    return sha256(kNodePrefix, left.view(), right.view());
}

const Hash256& empty_tree_root() {
    static const Hash256 root = sha256({});
    return root;
}

Hash256 tree_root(std::span<const Hash256> leaf_hashes) {
    TreeBuilder builder;
    builder.append(leaf_hashes);
    return builder.root();
}

Hash256 combine_aligned_subtrees(std::span<const Hash256> run_roots) { return tree_root(run_roots); }

void TreeBuilder::append(const Hash256& leaf) { append_subtree(0, leaf); }

void TreeBuilder::append(std::span<const Hash256> leaves) {
    for (const Hash256& leaf : leaves) {
        append_subtree(0, leaf);
    }
}

void TreeBuilder::append_subtree(uint32_t height, const Hash256& root) {
    KODIAK_ASSERT(height < 64 && (size_ & ((uint64_t{1} << height) - 1)) == 0);
    KODIAK_ASSERT(size_ + (uint64_t{1} << height) > size_);
    Hash256 merged = root;
    for (uint64_t bits = size_ >> height; (bits & 1) != 0; bits >>= 1) {
        merged = node_hash(subtrees_.back(), merged);
        subtrees_.pop_back();
    }
    subtrees_.push_back(merged);
    size_ += uint64_t{1} << height;
}

Hash256 TreeBuilder::root() const { return subtrees_.empty() ? empty_tree_root() : fold(subtrees_); }

std::string TreeBuilder::serialize() const {
    std::string bytes;
    ByteWriter writer(bytes);
    writer.u64(size_);
    for (const Hash256& subtree : subtrees_) {
        writer.raw(subtree.view());
    }
    return bytes;
}

Result<TreeBuilder> TreeBuilder::deserialize(std::string_view bytes) {
    ByteReader reader(bytes);
    TreeBuilder builder;
    KODIAK_TRY_ASSIGN(builder.size_, reader.u64());
    const auto count = static_cast<size_t>(std::popcount(builder.size_));
    if (reader.remaining() != count * Hash256::kBytes) {
        return make_error(ErrorCode::kCorruption, "the state of a hash tree of " + std::to_string(builder.size_) +
                                                      " leaves has " + std::to_string(count) +
                                                      " hashes, but these bytes follow: " +
                                                      std::to_string(reader.remaining()));
    }
    for (size_t i = 0; i < count; ++i) {
        KODIAK_TRY_ASSIGN(const std::string_view raw, reader.raw(Hash256::kBytes));
        KODIAK_TRY_ASSIGN(const Hash256 hash, Hash256::from_bytes(raw));
        builder.subtrees_.push_back(hash);
    }
    return builder;
}

}  // namespace kodiak::timeline
