#pragma once

// LogRecord and LogVisitor: one record of the log as it is read back.
//
// What       What replay hands out, in the order of the log; meanings are the timeline room's (docs/formats).
// Lifetime   A record's payload lives until the visitor returns.

#include <cstdint>
#include <functional>
#include <string_view>

#include "base/result/result.hpp"
#include "storage/wal/lsn.hpp"

namespace kodiak::storage {

// A record has at most this many bytes.
inline constexpr uint64_t kLogRecordBytesMax = uint64_t{1} << 30;

// `payload` lives until the visitor returns.
struct LogRecord {
    uint8_t type = 0;
    std::string_view payload;
};

// Called for each record in order; an error stops the replay and is handed on.
using LogVisitor = std::function<Status(Lsn, LogRecord)>;

}  // namespace kodiak::storage
