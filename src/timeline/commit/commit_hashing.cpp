#include "timeline/commit/commit_hashing.hpp"

#include <algorithm>
#include <map>
#include <numeric>

#include "base/bytes/byte_io.hpp"
#include "base/threads/parallel_for.hpp"
#include "storage/rows/canonical_row.hpp"
#include "timeline/merkle/change_leaf.hpp"
#include "timeline/merkle/merkle_tree.hpp"

namespace kodiak::timeline {
namespace {

using storage::NetOp;
using storage::NetRun;
using storage::TableNetChanges;

// Leaves hashed by one thread at a time; a power of two, so that their subtrees fit the whole tree.
constexpr uint64_t kLeavesPerRun = 4096;

// A run of rows with its place among all leaves.
struct PlacedRun {
    const NetRun* run = nullptr;
    size_t table = 0;
    uint64_t first_leaf = 0;
};

// Encoders by schema: chunks of one table may have several schema versions (deletes show old rows).
class Encoders {
   public:
    const storage::RowEncoder& of(const storage::Chunk& chunk) {
        auto& slot = encoders_[chunk.schema_ptr().get()];
        if (slot == nullptr) {
            slot = std::make_unique<storage::RowEncoder>(chunk.schema_ptr());
        }
        return *slot;
    }

   private:
    std::map<const storage::StoredSchema*, std::unique_ptr<storage::RowEncoder>> encoders_;
};

// Positions of the primary key's columns in a schema; those it lacks are left out.
std::vector<size_t> key_positions(const std::vector<ColumnId>& key, const storage::StoredSchema& schema) {
    std::vector<size_t> positions;
    for (const ColumnId id : key) {
        const int position = schema.position(id);
        if (position >= 0) {
            positions.push_back(static_cast<size_t>(position));
        }
    }
    return positions;
}

// Hashes the leaves [begin, end) and writes their logged rows.
class LeafHasher {
   public:
    LeafHasher(const std::vector<TableNetChanges>& changes, const GgmTree& salts) : changes_(changes), salts_(salts) {}

    Hash256 hash(const std::vector<PlacedRun>& runs, uint64_t begin, uint64_t end,
                 std::map<size_t, std::string>& row_runs) {
        SaltStream salts = salts_.stream(begin, end);
        leaves_.clear();
        auto at = std::upper_bound(runs.begin(), runs.end(), begin,
                                   [](uint64_t leaf, const PlacedRun& run) { return leaf < run.first_leaf; });
        for (--at; begin < end; ++at) {
            const auto skip = static_cast<uint32_t>(begin - at->first_leaf);
            const auto count = static_cast<uint32_t>(std::min<uint64_t>(at->run->count - skip, end - begin));
            hash_rows(*at, skip, count, salts, row_runs);
            begin += count;
        }
        return tree_root(leaves_);
    }

   private:
    void encode(const PlacedRun& placed, uint32_t skip, uint32_t count) {
        const NetRun& run = *placed.run;
        slots_.resize(count);
        std::iota(slots_.begin(), slots_.end(), run.slot + skip);
        bytes_.clear();
        const storage::RowEncoder& encoder = encoders_.of(*run.chunk);
        if (run.op == NetOp::kDelete) {
            const auto keys = key_positions(changes_[placed.table].primary_key, run.chunk->schema());
            encoder.encode_key(keys, *run.chunk, slots_.data(), count, bytes_, offsets_);
        } else {
            encoder.encode(*run.chunk, slots_.data(), count, bytes_, offsets_);
        }
    }

    void hash_rows(const PlacedRun& placed, uint32_t skip, uint32_t count, SaltStream& salts,
                   std::map<size_t, std::string>& row_runs) {
        const NetRun& run = *placed.run;
        encode(placed, skip, count);
        ChangeHeader header;
        header.op = static_cast<ChangeOp>(run.op);
        header.table = changes_[placed.table].table;
        header.row = {run.first.origin, run.first.counter + skip};
        header.schema_version = run.chunk->schema().version;
        const std::string_view all(bytes_);
        for (uint32_t i = 0; i < count; ++i, ++header.row.counter) {
            const std::string_view row = all.substr(offsets_[i], offsets_[i + 1] - offsets_[i]);
            leaves_.push_back(change_leaf_hash(header, row_commitment(salts.next(), row)));
        }
        if (run.op == NetOp::kDelete || run.in_file) {
            return;
        }
        ByteWriter writer(row_runs[placed.table]);
        writer.u8(static_cast<uint8_t>(run.op));
        writer.varint(run.first.counter + skip);
        writer.varint(count);
        for (uint32_t i = 0; i < count; ++i) {
            writer.bytes(all.substr(offsets_[i], offsets_[i + 1] - offsets_[i]));
        }
    }

    const std::vector<TableNetChanges>& changes_;
    const GgmTree& salts_;
    Encoders encoders_;
    std::vector<Hash256> leaves_;
    std::vector<uint32_t> slots_;
    std::vector<uint64_t> offsets_;
    std::string bytes_;
};

}  // namespace

HashedChanges hash_changes(const std::vector<TableNetChanges>& changes, const Salt& seed) {
    HashedChanges result;
    std::vector<PlacedRun> runs;
    for (size_t table = 0; table < changes.size(); ++table) {
        for (const NetRun& run : changes[table].runs) {
            runs.push_back({&run, table, result.leaves});
            result.leaves += run.count;
        }
    }
    const GgmTree salts(seed, result.leaves);
    const uint64_t pieces = (result.leaves + kLeavesPerRun - 1) / kLeavesPerRun;
    std::vector<Hash256> roots(pieces);
    std::vector<std::map<size_t, std::string>> row_runs(pieces);
    parallel_for(pieces, [&](size_t piece) {
        LeafHasher hasher(changes, salts);
        const uint64_t begin = piece * kLeavesPerRun;
        roots[piece] = hasher.hash(runs, begin, std::min(begin + kLeavesPerRun, result.leaves), row_runs[piece]);
    });
    result.changes_root = combine_aligned_subtrees(roots);
    result.row_runs.resize(changes.size());
    for (const auto& piece : row_runs) {
        for (const auto& [table, bytes] : piece) {
            result.row_runs[table] += bytes;
        }
    }
    return result;
}

}  // namespace kodiak::timeline
