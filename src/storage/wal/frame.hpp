#pragma once

// Frame: the bytes of one group commit, as docs/formats/wal.md lays them out.
//
// Pure functions over bytes; no file is touched here. Threads: none shared.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/result/result.hpp"
#include "storage/wal/log_record.hpp"

namespace kodiak::storage {

inline constexpr uint64_t kSectorBytes = 512;
inline constexpr uint64_t kFrameHeaderBytes = 64;
inline constexpr uint32_t kFrameFormat = 1;
inline constexpr uint64_t kFramePayloadBytesMax = kLogRecordBytesMax + (uint64_t{32} << 20);

// Where a frame belongs and what it holds; everything of the header but checksum, magic and format.
struct FrameHeader {
    uint64_t log_id = 0;
    uint64_t lsn = 0;
    uint64_t previous_end = 0;
    uint64_t offset = 0;
    uint32_t payload_bytes = 0;
    uint32_t records = 0;
    uint64_t file_lsn = 0;

    // Position behind the last record.
    uint64_t end() const { return lsn + payload_bytes; }
    // Bytes on disk, padding included.
    uint64_t frame_bytes() const {
        return (kFrameHeaderBytes + payload_bytes + kSectorBytes - 1) / kSectorBytes * kSectorBytes;
    }
};

// Adds one record to a payload.
void append_record(std::string& payload, uint8_t type, std::string_view bytes);

// Turns `bytes`, kFrameHeaderBytes of room followed by the payload, into the frame: fills in the header, pads to whole
// sectors. Sets header.payload_bytes. Requires: the payload is at most kFramePayloadBytesMax.
void seal_frame(std::string& bytes, FrameHeader& header);

// Reads the first kFrameHeaderBytes of `bytes`. Nothing when they are no header of `log_id` at this place; the
// checksum is not looked at, so the lengths are not to be trusted beyond kFramePayloadBytesMax.
std::optional<FrameHeader> read_frame_header(std::string_view bytes, uint64_t log_id, uint64_t file_lsn,
                                             uint64_t offset);

// Whether the checksum of a frame (header and payload, padding may follow) agrees. Requires: the bytes are all there.
bool frame_checksum_agrees(std::string_view bytes, const FrameHeader& header);

// The format version in a header.
uint32_t frame_format(std::string_view bytes);

// Hands the records of a payload at or behind `from` to `visitor`. kCorruption when the payload does not consist of
// exactly header.records records.
Status visit_records(const FrameHeader& header, std::string_view payload, Lsn from, const LogVisitor& visitor);

}  // namespace kodiak::storage
