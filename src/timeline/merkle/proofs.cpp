#include "timeline/merkle/proofs.hpp"

#include <algorithm>
#include <bit>
#include <string>

namespace kodiak::timeline {
namespace {

// The number of leaves left of the root's cut: the largest power of two below `leaf_count`. Requires: at least 2.
uint64_t left_leaves(uint64_t leaf_count) { return std::bit_floor(leaf_count - 1); }

RangeRoot roots_of(std::span<const Hash256> leaf_hashes) {
    return [leaf_hashes](uint64_t begin, uint64_t end) -> Result<Hash256> {
        return tree_root(leaf_hashes.subspan(begin, end - begin));
    };
}

Error refused(std::string reason) {
    return make_error(ErrorCode::kInvalidValue, "the proof is refused: " + std::move(reason));
}

Status path_too_short() { return refused("its path is too short for the size of the tree"); }
Status path_too_long() { return refused("its path is too long for the size of the tree"); }

Status check_sizes_only(const ConsistencyProof& proof, const Hash256& old_root, const Hash256& new_root) {
    if (!proof.path.empty()) {
        return path_too_long();
    }
    const Hash256& expected = proof.old_size == 0 ? empty_tree_root() : new_root;
    if (old_root != expected) {
        return refused("the older root does not belong to a tree of that size");
    }
    if (proof.new_size == 0 && new_root != empty_tree_root()) {
        return refused("the newer root is not that of an empty tree");
    }
    return ok_status();
}

}  // namespace

Result<InclusionProof> inclusion_proof(const RangeRoot& roots, uint64_t leaf_index, uint64_t tree_size) {
    if (leaf_index >= tree_size) {
        return make_error(ErrorCode::kOutOfRange, "the tree of " + std::to_string(tree_size) + " leaves has no leaf " +
                                                      std::to_string(leaf_index));
    }
    InclusionProof proof{leaf_index, tree_size, {}};
    // Descends from the root, so siblings come out from the top and are turned round at the end.
    uint64_t begin = 0;
    uint64_t end = tree_size;
    while (end - begin > 1) {
        const uint64_t cut = begin + left_leaves(end - begin);
        const bool is_left = leaf_index < cut;
        KODIAK_TRY_ASSIGN(const Hash256 sibling, is_left ? roots(cut, end) : roots(begin, cut));
        proof.path.push_back(sibling);
        (is_left ? end : begin) = cut;
    }
    std::reverse(proof.path.begin(), proof.path.end());
    return proof;
}

Result<InclusionProof> inclusion_proof(std::span<const Hash256> leaf_hashes, uint64_t leaf_index) {
    return inclusion_proof(roots_of(leaf_hashes), leaf_index, leaf_hashes.size());
}

Result<Hash256> root_of_inclusion(const Hash256& leaf, const InclusionProof& proof) {
    if (proof.leaf_index >= proof.tree_size) {
        return refused("the leaf index is not below the size of the tree");
    }
    // fn, sn and r of RFC 9162 section 2.1.3.2.
    uint64_t node = proof.leaf_index;
    uint64_t last = proof.tree_size - 1;
    Hash256 hash = leaf;
    for (const Hash256& sibling : proof.path) {
        if (last == 0) {
            return path_too_long().error();
        }
        if ((node & 1) != 0 || node == last) {
            hash = node_hash(sibling, hash);
            while ((node & 1) == 0 && node != 0) {
                node >>= 1;
                last >>= 1;
            }
        } else {
            hash = node_hash(hash, sibling);
        }
        node >>= 1;
        last >>= 1;
    }
    if (last != 0) {
        return path_too_short().error();
    }
    return hash;
}

Status verify_inclusion(const Hash256& leaf, const InclusionProof& proof, const Hash256& root) {
    KODIAK_TRY_ASSIGN(const Hash256 reached, root_of_inclusion(leaf, proof));
    return reached == root ? ok_status() : Status(refused("it leads to another root"));
}

SidedPath with_sides(const InclusionProof& proof) {
    SidedPath sided{{}, proof.path};
    uint64_t begin = 0;
    uint64_t end = proof.tree_size;
    while (end - begin > 1) {
        const uint64_t cut = begin + left_leaves(end - begin);
        const bool is_left = proof.leaf_index < cut;
        sided.sides.push_back(is_left ? 'R' : 'L');
        (is_left ? end : begin) = cut;
    }
    std::reverse(sided.sides.begin(), sided.sides.end());
    return sided;
}

Status verify_sided_path(const Hash256& leaf, const SidedPath& proof, const Hash256& root) {
    if (proof.path.size() > SidedPath::kEntriesMax) {
        return path_too_long();
    }
    if (proof.sides.size() != proof.path.size()) {
        return refused("it does not say for each entry on which side it lies");
    }
    Hash256 hash = leaf;
    for (size_t i = 0; i < proof.path.size(); ++i) {
        if (proof.sides[i] != 'L' && proof.sides[i] != 'R') {
            return refused("a side is neither L nor R");
        }
        hash = proof.sides[i] == 'L' ? node_hash(proof.path[i], hash) : node_hash(hash, proof.path[i]);
    }
    return hash == root ? ok_status() : Status(refused("it leads to another root"));
}

Result<ConsistencyProof> consistency_proof(const RangeRoot& roots, uint64_t old_size, uint64_t new_size) {
    if (old_size > new_size) {
        return make_error(ErrorCode::kOutOfRange, "the tree of " + std::to_string(new_size) +
                                                      " leaves has no first " + std::to_string(old_size));
    }
    ConsistencyProof proof{old_size, new_size, {}};
    if (old_size == 0 || old_size == new_size) {
        return proof;
    }
    // SUBPROOF of RFC 9162 section 2.1.4.1, from the top; `old_is_known` is its b.
    uint64_t begin = 0;
    uint64_t end = new_size;
    bool old_is_known = true;
    while (old_size != end) {
        const uint64_t cut = begin + left_leaves(end - begin);
        const bool is_left = old_size <= cut;
        KODIAK_TRY_ASSIGN(const Hash256 sibling, is_left ? roots(cut, end) : roots(begin, cut));
        proof.path.push_back(sibling);
        (is_left ? end : begin) = cut;
        old_is_known = old_is_known && is_left;
    }
    if (!old_is_known) {
        KODIAK_TRY_ASSIGN(const Hash256 last, roots(begin, end));
        proof.path.push_back(last);
    }
    std::reverse(proof.path.begin(), proof.path.end());
    return proof;
}

Result<ConsistencyProof> consistency_proof(std::span<const Hash256> leaf_hashes, uint64_t old_size) {
    return consistency_proof(roots_of(leaf_hashes), old_size, leaf_hashes.size());
}

Status verify_consistency(const ConsistencyProof& proof, const Hash256& old_root, const Hash256& new_root) {
    if (proof.old_size > proof.new_size) {
        return refused("the older tree is larger than the newer one");
    }
    if (proof.old_size == 0 || proof.old_size == proof.new_size) {
        return check_sizes_only(proof, old_root, new_root);
    }
    // fn, sn, fr and sr of RFC 9162 section 2.1.4.2. A complete older tree is itself the first node of the path.
    std::span<const Hash256> path(proof.path);
    Hash256 seed = old_root;
    if (!std::has_single_bit(proof.old_size)) {
        if (path.empty()) {
            return path_too_short();
        }
        seed = path.front();
        path = path.subspan(1);
    }
    uint64_t node = proof.old_size - 1;
    uint64_t last = proof.new_size - 1;
    const int complete_levels = std::countr_one(node);
    node >>= complete_levels;
    last >>= complete_levels;
    Hash256 old_hash = seed;
    Hash256 new_hash = seed;
    for (const Hash256& sibling : path) {
        if (last == 0) {
            return path_too_long();
        }
        if ((node & 1) != 0 || node == last) {
            old_hash = node_hash(sibling, old_hash);
            new_hash = node_hash(sibling, new_hash);
            while ((node & 1) == 0 && node != 0) {
                node >>= 1;
                last >>= 1;
            }
        } else {
            new_hash = node_hash(new_hash, sibling);
        }
        node >>= 1;
        last >>= 1;
    }
    if (last != 0) {
        return path_too_short();
    }
    if (old_hash != old_root) {
        return refused("it leads to another older root");
    }
    if (new_hash != new_root) {
        return refused("it leads to another newer root");
    }
    return ok_status();
}

}  // namespace kodiak::timeline
