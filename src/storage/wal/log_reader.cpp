#include "storage/wal/log_reader.hpp"

#include <algorithm>
#include <optional>

#include <fmt/format.h>

#include "storage/wal/frame.hpp"

namespace kodiak::storage {

namespace {

constexpr uint64_t kWindowBytes = uint64_t{1} << 20;
constexpr std::string_view kPrefix = "wal-";
constexpr std::string_view kSuffix = ".log";
constexpr size_t kDigits = 16;

std::optional<uint64_t> lsn_of_name(std::string_view name) {
    if (name.size() != kPrefix.size() + kDigits + kSuffix.size() || !name.starts_with(kPrefix) ||
        !name.ends_with(kSuffix)) {
        return std::nullopt;
    }
    uint64_t lsn = 0;
    for (const char c : name.substr(kPrefix.size(), kDigits)) {
        const bool is_digit = c >= '0' && c <= '9';
        if (!is_digit && (c < 'a' || c > 'f')) {
            return std::nullopt;
        }
        lsn = lsn * 16 + static_cast<uint64_t>(is_digit ? c - '0' : c - 'a' + 10);
    }
    return lsn;
}

Error damage(const std::string& path, uint64_t offset, const std::string& what) {
    return make_error(ErrorCode::kCorruption,
                      fmt::format("the log is damaged in \"{}\" at offset {}: {}", path, offset, what))
        .with_hint("Restore the database from a backup.");
}

// A frame that is really there.
struct ValidFrame {
    FrameHeader header;
    std::string_view payload;  // until the next read
};

// Reads the frames of one file through a window that moves forward.
class FrameFile {
   public:
    static Result<FrameFile> open(Disk& disk, const LogFileName& name, uint64_t log_id) {
        FrameFile result;
        KODIAK_TRY_ASSIGN(result.file_, disk.open(name.path, OpenMode::kRead));
        KODIAK_TRY_ASSIGN(result.file_bytes_, result.file_->size());
        result.name_ = name;
        result.log_id_ = log_id;
        return result;
    }

    const LogFileName& name() const { return name_; }

    // The frame at `offset`, or nothing when there is no valid one.
    Result<std::optional<ValidFrame>> frame_at(uint64_t offset) {
        if (offset >= file_bytes_ || file_bytes_ - offset < kFrameHeaderBytes) {
            return std::optional<ValidFrame>();
        }
        KODIAK_TRY_ASSIGN(std::string_view bytes, view(offset, kFrameHeaderBytes));
        const std::optional<FrameHeader> header = read_frame_header(bytes, log_id_, name_.lsn, offset);
        if (!header || header->payload_bytes > file_bytes_ - offset - kFrameHeaderBytes) {
            return std::optional<ValidFrame>();
        }
        KODIAK_TRY_ASSIGN(bytes, view(offset, kFrameHeaderBytes + header->payload_bytes));
        if (!frame_checksum_agrees(bytes, *header)) {
            return std::optional<ValidFrame>();
        }
        if (frame_format(bytes) != kFrameFormat) {
            return make_error(ErrorCode::kVersionTooNew,
                              fmt::format("the log \"{}\" has format {}, this program reads format {}", name_.path,
                                          frame_format(bytes), kFrameFormat))
                .with_hint("Open the database with the newer Kodiak that wrote it.");
        }
        return std::optional(ValidFrame{*header, bytes.substr(kFrameHeaderBytes, header->payload_bytes)});
    }

    // Whether any valid frame lies behind `offset`.
    Result<bool> has_frame_behind(uint64_t offset) {
        for (uint64_t at = offset + kSectorBytes; at < file_bytes_; at += kSectorBytes) {
            KODIAK_TRY_ASSIGN(const std::optional<ValidFrame> frame, frame_at(at));
            if (frame) {
                return true;
            }
        }
        return false;
    }

   private:
    // `bytes` bytes at `offset`, valid until the next call. Requires: they lie inside the file.
    Result<std::string_view> view(uint64_t offset, uint64_t bytes) {
        const bool is_inside = offset >= window_offset_ && offset + bytes <= window_offset_ + window_.size();
        if (!is_inside) {
            window_.resize(static_cast<size_t>(std::min(std::max(bytes, kWindowBytes), file_bytes_ - offset)));
            window_offset_ = offset;
            KODIAK_TRY(file_->read(offset, window_.size(), window_.data()));
        }
        return std::string_view(window_).substr(static_cast<size_t>(offset - window_offset_),
                                                static_cast<size_t>(bytes));
    }

    std::unique_ptr<File> file_;
    LogFileName name_;
    uint64_t log_id_ = 0;
    uint64_t file_bytes_ = 0;
    std::string window_;
    uint64_t window_offset_ = 0;
};

// The state of one pass over a log.
class LogPass {
   public:
    LogPass(Lsn from, ReadPurpose purpose, const LogVisitor& visitor)
        : from_(from), purpose_(purpose), visitor_(visitor) {}

    LogTail& tail() { return tail_; }

    Status read_file(FrameFile& file, bool is_first, bool is_last) {
        KODIAK_TRY_ASSIGN(const std::optional<ValidFrame> mark, file.frame_at(0));
        if (!mark) {
            return missing_mark(file, is_first, is_last);
        }
        if (mark->header.lsn != file.name().lsn || mark->header.payload_bytes != 0) {
            return damage(file.name().path, 0, "the first frame is not the file's mark");
        }
        if (!is_first && mark->header.previous_end != tail_.end) {
            return damage(last_path_, tail_.file_offset,
                          fmt::format("the next file, \"{}\", goes on behind position {}, but this one ends at {}",
                                      file.name().path, mark->header.previous_end, tail_.end));
        }
        tail_.end = mark->header.end();
        tail_.file_lsn = file.name().lsn;
        last_path_ = file.name().path;
        KODIAK_TRY_ASSIGN(tail_.file_offset, read_frames(file, mark->header.frame_bytes()));
        if (purpose_ == ReadPurpose::kLiveReader) {
            return ok_status();
        }
        KODIAK_TRY_ASSIGN(const bool has_more, file.has_frame_behind(tail_.file_offset));
        if (has_more) {
            return damage(last_path_, tail_.file_offset, "an unreadable frame is followed by a good one");
        }
        return ok_status();
    }

   private:
    // Visits the frames from `offset` on and returns the offset of the first that is not valid.
    Result<uint64_t> read_frames(FrameFile& file, uint64_t offset) {
        while (true) {
            KODIAK_TRY_ASSIGN(const std::optional<ValidFrame> frame, file.frame_at(offset));
            if (!frame) {
                return offset;
            }
            const FrameHeader& header = frame->header;
            if (header.previous_end != tail_.end || header.lsn < tail_.end) {
                return damage(file.name().path, offset,
                              fmt::format("a frame at position {} follows on {}, but the log ends at {} before it",
                                          header.lsn, header.previous_end, tail_.end));
            }
            KODIAK_TRY(visit_records(header, frame->payload, from_, visitor_));
            tail_.end = header.end();
            offset += header.frame_bytes();
        }
    }

    Status missing_mark(FrameFile& file, bool is_first, bool is_last) {
        if (!is_last || is_first) {
            return damage(file.name().path, 0, "the file does not begin with a frame of this database's log");
        }
        if (purpose_ == ReadPurpose::kRecovery) {
            KODIAK_TRY_ASSIGN(const bool has_more, file.has_frame_behind(0));
            if (has_more) {
                return damage(file.name().path, 0, "an unreadable frame is followed by a good one");
            }
        }
        tail_.last_file_is_incomplete = true;
        return ok_status();
    }

    const Lsn from_;
    const ReadPurpose purpose_;
    const LogVisitor& visitor_;
    LogTail tail_;
    std::string last_path_;
};

Error lost_files(const std::string& directory, const std::string& what) {
    return make_error(ErrorCode::kCorruption, fmt::format("log files are missing in \"{}\": {}", directory, what))
        .with_hint("Put the missing wal-*.log files back, or restore the database from a backup.");
}

}  // namespace

std::string log_file_path(const std::string& directory, uint64_t lsn) {
    return fmt::format("{}/{}{:016x}{}", directory, kPrefix, lsn, kSuffix);
}

Result<std::vector<LogFileName>> list_log_files(Disk& disk, const std::string& directory) {
    KODIAK_TRY_ASSIGN(const std::vector<std::string> names, disk.list(directory));
    std::vector<LogFileName> files;
    for (const std::string& name : names) {
        if (const std::optional<uint64_t> lsn = lsn_of_name(name)) {
            files.push_back({*lsn, log_file_path(directory, *lsn)});
        }
    }
    std::sort(files.begin(), files.end(), [](const auto& a, const auto& b) { return a.lsn < b.lsn; });
    return files;
}

Result<LogTail> read_log(Disk& disk, const std::string& directory, uint64_t log_id, Lsn from, ReadPurpose purpose,
                         const LogVisitor& visitor) {
    const uint64_t first_wanted = std::max<uint64_t>(from.value, 1);
    LogPass pass(from, purpose, visitor);
    LogTail& tail = pass.tail();
    KODIAK_TRY_ASSIGN(tail.files, list_log_files(disk, directory));
    if (tail.files.empty()) {
        return lost_files(directory, "there are none");
    }
    const auto behind = std::find_if(tail.files.begin(), tail.files.end(),
                                     [&](const LogFileName& file) { return file.lsn > first_wanted; });
    if (behind == tail.files.begin()) {
        return lost_files(directory, fmt::format("the first begins at position {}, position {} is needed",
                                                 tail.files.front().lsn, first_wanted));
    }
    const auto first = static_cast<size_t>(behind - tail.files.begin()) - 1;
    for (size_t i = first; i < tail.files.size(); ++i) {
        KODIAK_TRY_ASSIGN(FrameFile file, FrameFile::open(disk, tail.files[i], log_id));
        KODIAK_TRY(pass.read_file(file, i == first, i + 1 == tail.files.size()));
    }
    if (tail.end < first_wanted) {
        return lost_files(directory,
                          fmt::format("the log ends at position {}, position {} is needed", tail.end, first_wanted));
    }
    return std::move(tail);
}

}  // namespace kodiak::storage
