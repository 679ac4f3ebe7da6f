#include "timeline/commit/leaf_hasher.hpp"

#include <algorithm>
#include <numeric>

#include "base/bytes/byte_io.hpp"

namespace kodiak::timeline {
namespace {

using storage::NetOp;
using storage::NetRun;
using storage::TableNetChanges;

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

}  // namespace

PlacedRuns::PlacedRuns(const std::vector<TableNetChanges>& changes) : changes_(changes) {
    for (size_t table = 0; table < changes.size(); ++table) {
        for (const NetRun& run : changes[table].runs) {
            runs_.push_back({&run, table, leaves_});
            leaves_ += run.count;
        }
    }
}

size_t PlacedRuns::position_of(uint64_t leaf) const {
    const auto after = std::upper_bound(runs_.begin(), runs_.end(), leaf,
                                        [](uint64_t sought, const Run& run) { return sought < run.first_leaf; });
    return static_cast<size_t>(after - runs_.begin()) - 1;
}

std::pair<uint64_t, uint64_t> PlacedRuns::leaves_of(ObjectId table) const {
    const auto of_table = [this](const Run& run) { return changes_[run.table].table; };
    const auto first = std::ranges::lower_bound(runs_, table, {}, of_table);
    const auto behind = std::ranges::upper_bound(runs_, table, {}, of_table);
    return {first == runs_.end() ? leaves_ : first->first_leaf, behind == runs_.end() ? leaves_ : behind->first_leaf};
}

std::optional<uint64_t> PlacedRuns::find(ObjectId table, RowId row) const {
    const auto after = std::upper_bound(runs_.begin(), runs_.end(), std::pair(table, row),
                                        [this](const std::pair<ObjectId, RowId>& sought, const Run& run) {
                                            return sought < std::pair(changes_[run.table].table, run.run->first);
                                        });
    if (after == runs_.begin()) {
        return std::nullopt;
    }
    const Run& run = *std::prev(after);
    const RowId first = run.run->first;
    if (changes_[run.table].table != table || first.origin != row.origin ||
        row.counter - first.counter >= run.run->count) {
        return std::nullopt;
    }
    return run.first_leaf + (row.counter - first.counter);
}

const storage::RowEncoder& LeafHasher::encoder_of(const storage::Chunk& chunk) {
    auto& encoder = encoders_[chunk.schema_ptr().get()];
    if (encoder == nullptr) {
        encoder = std::make_unique<storage::RowEncoder>(chunk.schema_ptr());
    }
    return *encoder;
}

const std::vector<Hash256>& LeafHasher::hash(uint64_t begin, uint64_t end, std::map<size_t, std::string>* row_runs) {
    SaltStream salts = salts_.stream(begin, end);
    leaves_.clear();
    for (size_t at = runs_.position_of(begin); begin < end; ++at) {
        const PlacedRuns::Run& placed = runs_[at];
        const auto skip = static_cast<uint32_t>(begin - placed.first_leaf);
        const auto count = static_cast<uint32_t>(std::min<uint64_t>(placed.run->count - skip, end - begin));
        hash_rows(placed, skip, count, salts, row_runs);
        begin += count;
    }
    return leaves_;
}

LeafHasher::OpenLeaf LeafHasher::open(uint64_t leaf) {
    const PlacedRuns::Run& placed = runs_[runs_.position_of(leaf)];
    const auto skip = static_cast<uint32_t>(leaf - placed.first_leaf);
    encode(placed, skip, 1);
    return {header_of(placed, skip), salts_.salt(leaf), bytes_};
}

void LeafHasher::encode(const PlacedRuns::Run& placed, uint32_t skip, uint32_t count) {
    const NetRun& run = *placed.run;
    slots_.resize(count);
    std::iota(slots_.begin(), slots_.end(), run.slot + skip);
    bytes_.clear();
    const storage::RowEncoder& encoder = encoder_of(*run.chunk);
    if (run.op == NetOp::kDelete) {
        const auto keys = key_positions(changes_[placed.table].primary_key, run.chunk->schema());
        encoder.encode_key(keys, *run.chunk, slots_.data(), count, bytes_, offsets_);
    } else {
        encoder.encode(*run.chunk, slots_.data(), count, bytes_, offsets_);
    }
}

ChangeHeader LeafHasher::header_of(const PlacedRuns::Run& placed, uint32_t skip) const {
    const NetRun& run = *placed.run;
    return {static_cast<ChangeOp>(run.op), changes_[placed.table].table,
            {run.first.origin, run.first.counter + skip}, run.chunk->schema().version};
}

void LeafHasher::hash_rows(const PlacedRuns::Run& placed, uint32_t skip, uint32_t count, SaltStream& salts,
                           std::map<size_t, std::string>* row_runs) {
    const NetRun& run = *placed.run;
    encode(placed, skip, count);
    ChangeHeader header = header_of(placed, skip);
    const std::string_view all(bytes_);
    for (uint32_t i = 0; i < count; ++i, ++header.row.counter) {
        const std::string_view row = all.substr(offsets_[i], offsets_[i + 1] - offsets_[i]);
        leaves_.push_back(change_leaf_hash(header, row_commitment(salts.next(), row)));
    }
    if (row_runs == nullptr || run.op == NetOp::kDelete || run.in_file) {
        return;
    }
    ByteWriter writer((*row_runs)[placed.table]);
    writer.u8(static_cast<uint8_t>(run.op));
    writer.varint(run.first.counter + skip);
    writer.varint(count);
    for (uint32_t i = 0; i < count; ++i) {
        writer.bytes(all.substr(offsets_[i], offsets_[i + 1] - offsets_[i]));
    }
}

}  // namespace kodiak::timeline
