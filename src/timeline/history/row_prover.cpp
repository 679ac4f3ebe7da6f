#include "timeline/history/row_prover.hpp"

#include <algorithm>
#include <bit>

#include <fmt/format.h>

#include "base/threads/parallel_for.hpp"

namespace kodiak::timeline {

RowProver::RowProver(uint64_t seq, std::vector<PinnedTable> tables, std::vector<storage::TableNetChanges> changes,
                     const Salt& seed)
    : seq_(seq),
      tables_(std::move(tables)),
      changes_(std::move(changes)),
      runs_(changes_),
      salts_(seed, runs_.leaves()),
      hasher_(changes_, runs_, salts_) {}

Result<std::unique_ptr<RowProver>> RowProver::create(const CommitHistory& history, const HistoryEntry& entry,
                                                     std::vector<PinnedTable> tables) {
    KODIAK_TRY_ASSIGN(const CommitRecord record, CommitRecord::decode(entry.record));
    const Root* root = record.root(RootKind::kChanges);
    KODIAK_TRY_ASSIGN(auto changes, changes_of_commit(tables, entry.seq));
    auto prover = std::unique_ptr<RowProver>(
        new RowProver(entry.seq, std::move(tables), std::move(changes), entry.seed));
    bool fits = root != nullptr && prover->runs_.leaves() == entry.leaves;
    if (fits) {
        prover->piece_roots_ = history.piece_roots(entry, root->hash);
        if (prover->piece_roots_.size() != prover->runs_.pieces()) {
            prover->hash_all_pieces();
        }
        fits = combine_aligned_subtrees(prover->piece_roots_) == root->hash;
    }
    if (!fits) {
        return make_error(ErrorCode::kCorruption,
                          fmt::format("the rows of commit {} are damaged: they are not those that it was hashed over",
                                      entry.seq))
            .with_hint("Run kodiak check; restore the database from a backup.");
    }
    return prover;
}

void RowProver::hash_all_pieces() {
    piece_roots_.resize(runs_.pieces());
    if (runs_.pieces() == 1) {
        load_piece(0);
        piece_roots_[0] = root_in_piece(0, runs_.leaves());
        return;
    }
    parallel_for(runs_.pieces(), [&](size_t piece) {
        LeafHasher hasher(changes_, runs_, salts_);
        const uint64_t begin = piece * kLeavesPerRun;
        piece_roots_[piece] = tree_root(hasher.hash(begin, std::min(begin + kLeavesPerRun, runs_.leaves())));
    });
}

// Whole pieces come from their roots; a part of a piece is asked for in the piece of the proven leaf only.
Hash256 RowProver::root_over(uint64_t begin, uint64_t end) {
    const uint64_t first = begin / kLeavesPerRun;
    const bool is_whole = begin % kLeavesPerRun == 0 && (end % kLeavesPerRun == 0 || end == runs_.leaves());
    if (is_whole) {
        const uint64_t last = (end + kLeavesPerRun - 1) / kLeavesPerRun;
        return combine_aligned_subtrees(std::span(piece_roots_).subspan(first, last - first));
    }
    return root_in_piece(begin - first * kLeavesPerRun, end - first * kLeavesPerRun);
}

// Hashes a piece once, all levels: many rows of it may be proven.
void RowProver::load_piece(uint64_t piece) {
    if (piece == piece_ && !piece_levels_.empty()) {
        return;
    }
    piece_ = piece;
    piece_levels_ = {hasher_.hash(piece * kLeavesPerRun, std::min((piece + 1) * kLeavesPerRun, runs_.leaves()))};
    while (piece_levels_.back().size() > 1) {
        const std::vector<Hash256>& below = piece_levels_.back();
        std::vector<Hash256> level;
        for (size_t i = 0; i + 1 < below.size(); i += 2) {
            level.push_back(node_hash(below[i], below[i + 1]));
        }
        piece_levels_.push_back(std::move(level));
    }
}

Hash256 RowProver::root_in_piece(uint64_t begin, uint64_t end) const {
    const uint64_t size = end - begin;
    if (std::has_single_bit(size) && begin % size == 0) {
        return piece_levels_[static_cast<size_t>(std::countr_zero(size))][begin / size];
    }
    const uint64_t left = std::bit_floor(size - 1);
    return node_hash(root_in_piece(begin, begin + left), root_in_piece(begin + left, end));
}

Result<ProvenRow> RowProver::prove(ObjectId table, RowId row) {
    const std::optional<uint64_t> leaf = runs_.find(table, row);
    if (!leaf.has_value()) {
        return make_error(ErrorCode::kNotFound, fmt::format("commit {} did not change row {} of table {}", seq_,
                                                            row.counter, table.value));
    }
    return prove_leaf(*leaf);
}

Status RowProver::prove_table(ObjectId table, std::vector<ProvenRow>& rows) {
    const auto [begin, end] = runs_.leaves_of(table);
    const uint64_t first = begin > 0 ? begin - 1 : begin;
    const uint64_t behind = end < runs_.leaves() ? end + 1 : end;
    for (uint64_t leaf = first; leaf < behind; ++leaf) {
        if (rows.size() == ProofFile::kPartsMax) {
            return make_error(ErrorCode::kTooLarge, fmt::format("a proof has room for {} rows", ProofFile::kPartsMax))
                .with_hint("Prove the changes in smaller ranges of commits.");
        }
        KODIAK_TRY_ASSIGN(ProvenRow row, prove_leaf(leaf));
        if (row.header.table != table) {
            const auto& content = std::get<RowContent>(row.content);
            row.content = row_commitment(content.salt, content.row);
        }
        rows.push_back(std::move(row));
    }
    return {};
}

Result<ProvenRow> RowProver::prove_leaf(uint64_t leaf) {
    load_piece(leaf / kLeavesPerRun);
    const auto roots = [this](uint64_t begin, uint64_t end) -> Result<Hash256> { return root_over(begin, end); };
    KODIAK_TRY_ASSIGN(const InclusionProof path, inclusion_proof(roots, leaf, runs_.leaves()));
    LeafHasher::OpenLeaf open = hasher_.open(leaf);
    return ProvenRow{seq_, open.header, RowContent{open.salt, std::move(open.row)}, with_sides(path)};
}

}  // namespace kodiak::timeline
