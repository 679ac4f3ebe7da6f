#pragma once

// The leaf of a changes tree: one row's net change in one commit, committed to without showing the row.
//
// What       row_commitment hides a row's bytes behind a salt; change_leaf_hash binds that commitment to what
//            happened (insert, update, delete), to which row, under which schema version.
// Why        Two layers, so that the leaf can be shown and proven after the row is erased: without the salt a
//            guess at the row cannot be checked against the commitment, and the header stays readable.
// How        commitment = SHA256(02 || salt, 16 bytes || row bytes)
//            leaf       = SHA256(00 || header, 29 bytes || commitment, 32 bytes)
//            The row bytes are the canonical encoding of key and row; the salt of leaf i is salt i of the commit's
//            GGM tree (timeline/salts). Leaves of one commit lie in the order of change_order().
// Threads    Pure functions.
// Cost       One row of 120 bytes, one thread, with -O2 and SHA-NI: salt, commitment, leaf and tree together
//            about 370 ns (docs/formats/merkle.md has the parts).
// Not here   The canonical encoding of rows (the room above owns types).

#include <array>
#include <compare>
#include <cstdint>
#include <span>
#include <string_view>

#include "base/hash/sha256.hpp"
#include "base/ids/ids.hpp"
#include "base/result/result.hpp"

namespace kodiak::timeline {

// What a commit did to one row, in net effect. The values are part of the format.
enum class ChangeOp : uint8_t {
    kInsert = 1,
    kUpdate = 2,
    kDelete = 3,
};

// What a leaf says in the open.
struct ChangeHeader {
    static constexpr size_t kBytes = 29;

    ChangeOp op = ChangeOp::kInsert;
    ObjectId table;
    RowId row;
    SchemaVersion schema_version;

    bool operator==(const ChangeHeader&) const = default;
    // Returns op u8, table u64, row origin u64, row counter u64, schema version u32; little-endian.
    std::array<uint8_t, kBytes> encode() const;
    // Reads exactly those 29 bytes. kCorruption for another length or an unknown op.
    static Result<ChangeHeader> decode(std::string_view bytes);
};

// Orders the leaves of one commit: by table, then row origin, then row counter. Two equal ones cannot be in a commit.
std::strong_ordering change_order(const ChangeHeader& left, const ChangeHeader& right);

// Returns SHA256(02 || salt || row bytes).
Hash256 row_commitment(std::span<const uint8_t, 16> salt, std::string_view row_bytes);
// Returns SHA256(00 || header || commitment): the leaf hash of the changes tree.
Hash256 change_leaf_hash(const ChangeHeader& header, const Hash256& commitment);

}  // namespace kodiak::timeline
