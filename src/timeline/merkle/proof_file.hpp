#pragma once

// ProofFile: a proof as a file that a stranger checks (docs/formats/proof.md).
//
// What       Row versions in commits, all changes of a table over a range of commits, commits in a history, a history
//            as the growth of an older one; all under one tree head. decode() reads the one spelling that a proof has,
//            verify() says whether everything holds.
// Threads    Values and pure functions.
// Errors     Text is hostile: decode() refuses with kInvalidText (kVersionTooNew for a later format), verify() with
//            kInvalidValue and the part that does not hold.
// Cost       Verifying: about 80 ns per entry of a path; a row among a million commits below 20 us.

#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "timeline/merkle/change_leaf.hpp"
#include "timeline/merkle/commit_record.hpp"
#include "timeline/merkle/head_signature.hpp"
#include "timeline/merkle/proofs.hpp"

namespace kodiak::timeline {

struct StatedHead {
    TreeHead head;
    Hash256 id;
    std::optional<HeadSignature> signature;

    static StatedHead of(const TreeHead& head) { return {head, head.id(), std::nullopt}; }
    bool operator==(const StatedHead&) const = default;
};

struct OlderHead {
    StatedHead head;
    std::vector<Hash256> path;
    bool operator==(const OlderHead&) const = default;
};

struct ProvenCommit {
    uint64_t seq = 0;
    BranchId branch;
    std::string record;
    std::vector<Hash256> path;
    bool operator==(const ProvenCommit&) const = default;
};

// What a row's commitment was made of.
struct RowContent {
    std::array<uint8_t, 16> salt{};
    std::string row;  // canonical bytes; of a deleted row its key
    bool operator==(const RowContent&) const = default;
};

struct ProvenRow {
    uint64_t commit = 0;  // seq of one of the proof's commits
    ChangeHeader header;
    std::variant<RowContent, Hash256> content;  // the hash is the commitment of an erased row
    SidedPath path;
    bool operator==(const ProvenRow&) const = default;
};

// The claim that the proof's rows are all that the commits after..upto did to one table.
struct StatedChanges {
    ObjectId table;
    uint64_t after = 0;
    uint64_t upto = 0;
    Hash256 id;

    // The id that a claim under this head has.
    Hash256 id_under(const Hash256& head) const;
    bool operator==(const StatedChanges&) const = default;
};

// What the verifier knows from elsewhere.
struct Trust {
    std::optional<Hash256> head;  // id of a head
    std::optional<PublicKey> key;
};

struct ProofFile {
    static constexpr uint64_t kFormat = 1;
    static constexpr size_t kPartsMax = 65'536;

    StatedHead head;
    std::optional<OlderHead> older;
    std::vector<ProvenCommit> commits;  // rising by seq
    std::vector<ProvenRow> rows;
    std::optional<StatedChanges> changes = std::nullopt;

    bool operator==(const ProofFile&) const = default;
    std::string encode() const;
    static Result<ProofFile> decode(std::string_view text);
    // Accepts when everything that the format page asks for holds.
    Status verify(const Trust& trust) const;
};

}  // namespace kodiak::timeline
