#include "storage/wal/frame.hpp"

#include <cstring>

#include "base/bytes/byte_io.hpp"
#include "base/hash/xxh3.hpp"
#include "base/result/assert.hpp"

namespace kodiak::storage {

namespace {

constexpr uint32_t kMagic = 0x4C41574B;  // "KWAL"
constexpr size_t kFormatOffset = 12;

// XXH3 of everything behind the checksum itself.
uint64_t checksum_of(std::string_view bytes, uint64_t payload_bytes) {
    return xxh3(bytes.substr(sizeof(uint64_t), kFrameHeaderBytes - sizeof(uint64_t) + payload_bytes));
}

}  // namespace

void append_record(std::string& payload, uint8_t type, std::string_view bytes) {
    ByteWriter writer(payload);
    writer.varint(bytes.size());
    writer.u8(type);
    writer.raw(bytes);
}

void seal_frame(std::string& bytes, FrameHeader& header) {
    KODIAK_ASSERT(bytes.size() >= kFrameHeaderBytes && bytes.size() - kFrameHeaderBytes <= kFramePayloadBytesMax);
    header.payload_bytes = static_cast<uint32_t>(bytes.size() - kFrameHeaderBytes);
    std::string fields;
    ByteWriter writer(fields);
    writer.u64(0);
    writer.u32(kMagic);
    writer.u32(kFrameFormat);
    writer.u64(header.log_id);
    writer.u64(header.lsn);
    writer.u64(header.previous_end);
    writer.u64(header.offset);
    writer.u32(header.payload_bytes);
    writer.u32(header.records);
    writer.u64(header.file_lsn);
    KODIAK_ASSERT(fields.size() == kFrameHeaderBytes);
    std::memcpy(bytes.data(), fields.data(), fields.size());
    const uint64_t checksum = checksum_of(bytes, header.payload_bytes);
    std::memcpy(bytes.data(), &checksum, sizeof checksum);
    bytes.resize(header.frame_bytes(), '\0');
}

std::optional<FrameHeader> read_frame_header(std::string_view bytes, uint64_t log_id, uint64_t file_lsn,
                                             uint64_t offset) {
    if (bytes.size() < kFrameHeaderBytes) {
        return std::nullopt;
    }
    const auto field = [&](auto& target, size_t at) { std::memcpy(&target, bytes.data() + at, sizeof target); };
    uint32_t magic = 0;
    field(magic, 8);
    FrameHeader header;
    field(header.log_id, 16);
    field(header.lsn, 24);
    field(header.previous_end, 32);
    field(header.offset, 40);
    field(header.payload_bytes, 48);
    field(header.records, 52);
    field(header.file_lsn, 56);
    const bool is_ours = magic == kMagic && header.log_id == log_id && header.offset == offset &&
                         header.file_lsn == file_lsn && header.payload_bytes <= kFramePayloadBytesMax &&
                         header.lsn <= UINT64_MAX - header.payload_bytes;
    return is_ours ? std::optional(header) : std::nullopt;
}

bool frame_checksum_agrees(std::string_view bytes, const FrameHeader& header) {
    KODIAK_ASSERT(bytes.size() >= kFrameHeaderBytes + header.payload_bytes);
    uint64_t stored = 0;
    std::memcpy(&stored, bytes.data(), sizeof stored);
    return stored == checksum_of(bytes, header.payload_bytes);
}

uint32_t frame_format(std::string_view bytes) {
    KODIAK_ASSERT(bytes.size() >= kFrameHeaderBytes);
    uint32_t format = 0;
    std::memcpy(&format, bytes.data() + kFormatOffset, sizeof format);
    return format;
}

Status visit_records(const FrameHeader& header, std::string_view payload, Lsn from, const LogVisitor& visitor) {
    ByteReader reader(payload);
    uint32_t count = 0;
    while (!reader.at_end()) {
        const Lsn lsn{header.lsn + reader.offset()};
        KODIAK_TRY_ASSIGN(const uint64_t bytes, reader.varint());
        KODIAK_TRY_ASSIGN(const uint8_t type, reader.u8());
        KODIAK_TRY_ASSIGN(const std::string_view record, reader.raw(bytes));
        ++count;
        if (lsn >= from) {
            KODIAK_TRY(visitor(lsn, LogRecord{type, record}));
        }
    }
    if (count != header.records) {
        return make_error(ErrorCode::kCorruption, "a log frame holds " + std::to_string(count) +
                                                      " records, its header says " + std::to_string(header.records));
    }
    return ok_status();
}

}  // namespace kodiak::storage
