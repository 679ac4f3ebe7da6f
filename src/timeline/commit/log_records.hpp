#pragma once

// Log records: what the write-ahead log carries (docs/formats/log_records.md).

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result/result.hpp"
#include "storage/commit/apply.hpp"
#include "storage/store/store.hpp"
#include "timeline/salts/ggm_tree.hpp"

namespace kodiak::timeline {

inline constexpr uint8_t kCommitRecordType = 1;
inline constexpr uint8_t kSequenceRecordType = 2;
inline constexpr uint8_t kLayoutRecordType = 3;

// One table's part of a commit, as logged. `row_runs` borrows the payload when decoded.
struct LoggedTable {
    storage::TablePlacement placement;
    std::string_view row_runs;
};

struct LoggedCommit {
    uint64_t seq = 0;
    BranchId branch;
    std::string_view record;
    Salt seed{};
    uint64_t leaves = 0;
    std::vector<LoggedTable> tables;
    std::vector<storage::SequencePosition> sequences;
};

// Bytes of a record's payload.
std::string encode_commit(const LoggedCommit& commit);
std::string encode_sequences(const std::vector<storage::SequencePosition>& sequences);
// kCorruption when malformed. Views point into `payload`.
Result<LoggedCommit> decode_commit(std::string_view payload);
Result<std::vector<storage::SequencePosition>> decode_sequences(std::string_view payload);

// Walks row runs: calls visit(op, row counter, canonical row) for each row. kCorruption when malformed.
template <class Visit>
Status for_each_logged_row(std::string_view row_runs, Visit&& visit) {
    ByteReader reader(row_runs);
    while (!reader.at_end()) {
        KODIAK_TRY_ASSIGN(const uint8_t op, reader.u8());
        KODIAK_TRY_ASSIGN(const uint64_t first, reader.varint());
        KODIAK_TRY_ASSIGN(const uint64_t count, reader.varint());
        for (uint64_t i = 0; i < count; ++i) {
            KODIAK_TRY_ASSIGN(const std::string_view row, reader.bytes());
            KODIAK_TRY(visit(op, first + i, row));
        }
    }
    return {};
}

}  // namespace kodiak::timeline
