#pragma once

// Names for places in history: snapshots, and watermarks, which say how far a consumer of changes has come.
//
// What       Functions over a transaction: names are definitions (docs/formats/definitions.md), so they are committed,
//            hashed, recovered and rolled back like tables. What they do becomes visible with the transaction's commit:
//            a consumer that moves its watermark in the transaction that stores its results reads each change once.
// Bound      A name keeps the root of the history tree over the commits up to its place. verify_point() recomputes it:
//            a history that was rolled back or rewritten under the name is noticed (TL-27, TL-30).
// Threads    The transaction's.
// Errors     kDuplicateObject, kUndefinedObject; kProofMismatch when a name does not fit the history;
//            kWatermarkRegression; kUnknownPoint for a commit that the transaction does not see.
// Cost       One row of the catalogue per call; verify_point(): one tree head (at most 255 hashes per level of 256).

#include <string>
#include <vector>

#include "storage/transaction.hpp"
#include "timeline/history.hpp"

namespace kodiak::timeline {

// What CREATE SNAPSHOT says.
struct NewSnapshot {
    std::string name;
    uint64_t commit = 0;  // seq; 0 = the newest one that the transaction sees
    std::string message;
    bool or_replace = false;
};

// What CREATE WATERMARK says.
struct NewWatermark {
    std::string name;
    uint64_t commit = 0;           // seq of the last commit that counts as read
    std::vector<ObjectId> tables;  // empty = all
};

// nullptr when there is none.
catalog::ObjectPtr find_snapshot(const catalog::CatalogState& state, const std::string& name);
catalog::ObjectPtr find_watermark(const catalog::CatalogState& state, const std::string& name);
// What a snapshot or watermark names.
const catalog::PointDefinition& point_of(const catalog::CatalogObject& object);

// Checks that the history still is the one that the name was given in. kProofMismatch.
Status verify_point(const catalog::CatalogObject& object, History& history);

Status create_snapshot(storage::Transaction& transaction, History& history, const NewSnapshot& snapshot);
Status drop_snapshot(storage::Transaction& transaction, const std::string& name, bool if_exists);

Status create_watermark(storage::Transaction& transaction, History& history, const NewWatermark& watermark);
// Moves a watermark to a commit; back only with `force`.
Status advance_watermark(storage::Transaction& transaction, History& history, const std::string& name,
                         uint64_t commit, bool force);
Status drop_watermark(storage::Transaction& transaction, const std::string& name);

}  // namespace kodiak::timeline
