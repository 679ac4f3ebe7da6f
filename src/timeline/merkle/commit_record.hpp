#pragma once

// CommitRecord: what a commit is, as bytes, and the hash of them that is its identity.
//
// What       The object that every clone agrees on: parents, branch, time, id, author, message, metadata, roots.
//            Where the commit stands in one database (its seq) is not part of it, so that a pull can append a
//            foreign commit under a new local seq; that place is bound by the history leaf.
// How        identity     = SHA256("kodiak commit v1" 00 || encoding)
//            history leaf = SHA256(00 || seq u64 || branch id u16 || identity)
//            One record has exactly one encoding (docs/formats/merkle.md): decoding refuses every other spelling.
// Invariants C1 metadata keys rise strictly in byte order. C2 roots rise strictly by (kind, version), kind not 0.
//            C3 no parent is named twice. Encoding and decoding refuse a record that breaks one.
// Threads    Values and pure functions.
// Errors     Bytes are not trusted: kCorruption, or kVersionTooNew for a format version above ours. Roots of a kind
//            we do not know are kept as they are, since the identity covers them.
// Not here   Whether texts are valid UTF-8, parents exist, time rises: the commit path checks those.

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/clock/clock.hpp"
#include "base/hash/sha256.hpp"
#include "base/ids/ids.hpp"
#include "base/ids/ulid.hpp"
#include "base/result/result.hpp"

namespace kodiak::timeline {

// What a root is the root of. The values are part of the format; more may come.
enum class RootKind : uint8_t {
    kChanges = 1,  // tree over the commit's change leaves, in change_order
    kState = 2,    // authenticated map of the whole state after the commit; all zeros until it is built
};

struct Root {
    RootKind kind = RootKind::kChanges;
    uint8_t version = 1;  // of the rules by which this kind of root is computed
    Hash256 hash;

    bool operator==(const Root&) const = default;
};

struct CommitRecord {
    static constexpr uint16_t kFormatVersion = 1;

    std::vector<Hash256> parents;  // identities; the first is the branch's own previous commit
    std::string branch;            // name of the branch it was made on, at that time
    Timestamp timestamp;
    Ulid id;
    std::string author;
    std::string message;
    std::vector<std::pair<std::string, std::string>> metadata;  // C1
    std::vector<Root> roots;                                    // C2

    bool operator==(const CommitRecord&) const = default;

    // Returns the root of this kind with the highest version, or null. Valid as long as `roots` is unchanged.
    const Root* root(RootKind kind) const;
    // Returns the canonical bytes. kInvalidValue when C1, C2 or C3 is broken.
    Result<std::string> encode() const;
    // Reads the canonical bytes, all of them. kCorruption, kVersionTooNew.
    static Result<CommitRecord> decode(std::string_view bytes);
};

// Returns the identity of the commit with this encoding.
Hash256 commit_identity(std::string_view encoding);
// Returns the leaf hash in the history tree, which has leaf seq - 1 for commit seq.
Hash256 history_leaf_hash(CommitSeq seq, BranchId branch, const Hash256& identity);

}  // namespace kodiak::timeline
