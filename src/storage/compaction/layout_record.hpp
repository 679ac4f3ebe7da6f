#pragma once

// Layout record: a rewrite as the log carries it (docs/formats/log_records.md, type 3).
//
// Threads    Pure functions; replay opens files, before anybody else sees the store.

#include <string>
#include <string_view>

#include "base/result/result.hpp"
#include "storage/store/store.hpp"

namespace kodiak::storage {

std::string encode_layout(const BranchTable& table, const Rewrite& rewrite);

// Repeats the rewrite that a record describes, and retires the files that it replaced. kCorruption, kNotFound.
Status replay_layout(Store& store, std::string_view payload);

// Carries out a rewrite, translates what is waiting to leave the indexes, and retires the files that it replaced.
// Commit mutex held.
Status apply_rewrite(Store& store, BranchTable& table, Rewrite rewrite);

}  // namespace kodiak::storage
