#include "storage/wal/log_writer.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "base/result/assert.hpp"
#include "storage/wal/frame.hpp"

namespace kodiak::storage {

namespace {

// Frames from this size on extend the file themselves: writing zeros ahead of them would double the work.
constexpr uint64_t kLargeFrameBytes = uint64_t{1} << 20;
// A mark has a header and no payload.
constexpr uint64_t kMarkBytes = kSectorBytes;
constexpr uint64_t kFirstLsn = 1;

}  // namespace

LogWriter::LogWriter(std::shared_ptr<Disk> disk, std::string directory, uint64_t log_id, LogFileSizes sizes)
    : disk_(std::move(disk)),
      directory_(std::move(directory)),
      log_id_(log_id),
      sizes_(sizes),
      step_bytes_(sizes.first_preallocation_bytes) {
    KODIAK_ASSERT(log_id != 0);
}

Result<std::unique_ptr<LogWriter>> LogWriter::create(std::shared_ptr<Disk> disk, std::string directory,
                                                     uint64_t log_id, LogFileSizes sizes) {
    KODIAK_TRY_ASSIGN(const std::vector<LogFileName> files, list_log_files(*disk, directory));
    if (!files.empty()) {
        return make_error(ErrorCode::kDuplicateObject,
                          fmt::format("cannot create a log: \"{}\" exists", files[0].path));
    }
    std::unique_ptr<LogWriter> writer(new LogWriter(std::move(disk), std::move(directory), log_id, sizes));
    const Status begun = writer->begin_file(kFirstLsn);
    if (!begun.ok()) {
        // So that the attempt can be repeated; when this fails too, the first failure is still the one to report.
        [[maybe_unused]] const Status undone = writer->undo_failure();
        return begun.error();
    }
    return writer;
}

Result<std::unique_ptr<LogWriter>> LogWriter::resume(std::shared_ptr<Disk> disk, std::string directory,
                                                     uint64_t log_id, LogFileSizes sizes, const LogTail& tail) {
    std::unique_ptr<LogWriter> writer(new LogWriter(std::move(disk), std::move(directory), log_id, sizes));
    std::vector<LogFileName> names = tail.files;
    if (tail.last_file_is_incomplete) {
        KODIAK_TRY(writer->disk_->remove(names.back().path));
        names.pop_back();
    }
    uint64_t total_bytes = 0;
    for (const LogFileName& name : names) {
        const bool is_tail = name.lsn == tail.file_lsn;
        const OpenMode mode = is_tail ? OpenMode::kCreateOrOpenDurable : OpenMode::kRead;
        KODIAK_TRY_ASSIGN(std::unique_ptr<File> file, writer->disk_->open(name.path, mode));
        KODIAK_TRY_ASSIGN(const uint64_t bytes, file->size());
        writer->files_.push_back({name, bytes});
        total_bytes += bytes;
        if (is_tail) {
            writer->file_ = std::move(file);
        }
    }
    KODIAK_ASSERT(writer->file_ && writer->files_.back().name.lsn == tail.file_lsn);
    writer->total_bytes_ = total_bytes;
    writer->offset_ = tail.file_offset;
    writer->end_ = tail.end;
    // The last frame may be in the page cache only, when its writer was killed; it counts as committed from now on.
    KODIAK_TRY(writer->file_->sync());
    KODIAK_TRY(writer->disk_->sync_directory(writer->directory_));
    return writer;
}

void LogWriter::set_file_bytes(uint64_t bytes) {
    total_bytes_ += bytes - files_.back().bytes;
    files_.back().bytes = bytes;
}

Status LogWriter::reserve(uint64_t frame_bytes) {
    const uint64_t wanted = offset_ + frame_bytes;
    if (wanted <= files_.back().bytes || frame_bytes >= kLargeFrameBytes) {
        return ok_status();
    }
    const uint64_t ahead = std::min(files_.back().bytes + step_bytes_, sizes_.file_bytes_max);
    const uint64_t bytes = std::max(wanted, ahead);
    const Status status = file_->preallocate(bytes);
    if (status.ok()) {
        set_file_bytes(bytes);
        step_bytes_ = std::min(step_bytes_ * 2, sizes_.preallocation_bytes);
        return ok_status();
    }
    // On a nearly full disk the frame alone may still fit, and takes its place when it is written.
    return status.error().code == ErrorCode::kDiskFull ? ok_status() : status;
}

Status LogWriter::write_frame(std::string& bytes, uint64_t first_lsn, uint32_t records) {
    KODIAK_ASSERT(unfinished_ == Unfinished::kNothing);
    KODIAK_ASSERT(first_lsn >= end_);
    FrameHeader header;
    header.log_id = log_id_;
    header.lsn = first_lsn;
    header.records = records;
    header.payload_bytes = static_cast<uint32_t>(bytes.size() - kFrameHeaderBytes);
    if (offset_ + header.frame_bytes() > sizes_.file_bytes_max) {
        KODIAK_TRY(begin_file(first_lsn));
    }
    KODIAK_TRY(reserve(header.frame_bytes()));
    header.previous_end = end_;
    header.offset = offset_;
    header.file_lsn = files_.back().name.lsn;
    seal_frame(bytes, header);
    unfinished_ = Unfinished::kFrame;
    ++durable_writes_;
    KODIAK_TRY(file_->write(offset_, bytes));
    unfinished_ = Unfinished::kNothing;
    offset_ += bytes.size();
    end_ = header.end();
    if (offset_ > files_.back().bytes) {
        set_file_bytes(offset_);
    }
    return ok_status();
}

Status LogWriter::begin_file(uint64_t lsn) {
    KODIAK_ASSERT(unfinished_ == Unfinished::kNothing);
    if (!files_.empty() && offset_ == kMarkBytes && lsn == end_) {
        return ok_status();
    }
    const LogFileName name{lsn, log_file_path(directory_, lsn)};
    unfinished_ = Unfinished::kFile;
    unfinished_path_ = name.path;
    KODIAK_TRY(create_file(name));
    unfinished_ = Unfinished::kNothing;
    return ok_status();
}

Status LogWriter::create_file(const LogFileName& name) {
    KODIAK_TRY_ASSIGN(std::unique_ptr<File> file, disk_->open(name.path, OpenMode::kCreateOrOpenDurable));
    uint64_t bytes = std::max(kMarkBytes, std::min(sizes_.first_preallocation_bytes, sizes_.file_bytes_max));
    const Status preallocated = file->preallocate(bytes);
    if (!preallocated.ok()) {
        if (preallocated.error().code != ErrorCode::kDiskFull) {
            return preallocated;
        }
        bytes = kMarkBytes;
    }
    FrameHeader mark;
    mark.log_id = log_id_;
    mark.lsn = name.lsn;
    mark.previous_end = end_;
    mark.file_lsn = name.lsn;
    std::string frame(kFrameHeaderBytes, '\0');
    seal_frame(frame, mark);
    ++durable_writes_;
    KODIAK_TRY(file->write(0, frame));
    KODIAK_TRY(disk_->sync_directory(directory_));
    files_.push_back({name, 0});
    set_file_bytes(bytes);
    file_ = std::move(file);
    offset_ = kMarkBytes;
    end_ = name.lsn;
    step_bytes_ = sizes_.first_preallocation_bytes;
    return ok_status();
}

Status LogWriter::undo_failure() {
    if (unfinished_ == Unfinished::kFrame) {
        // Only bytes that are there are overwritten: on a full disk the file could not grow, not even by zeros.
        KODIAK_TRY_ASSIGN(const uint64_t bytes, file_->size());
        if (bytes > offset_) {
            ++durable_writes_;
            KODIAK_TRY(file_->write(offset_, std::string(std::min(bytes - offset_, kSectorBytes), '\0')));
        }
        if (bytes > files_.back().bytes) {
            set_file_bytes(bytes);
        }
    }
    if (unfinished_ == Unfinished::kFile) {
        KODIAK_TRY_ASSIGN(const bool is_there, disk_->exists(unfinished_path_));
        if (is_there) {
            KODIAK_TRY(disk_->remove(unfinished_path_));
        }
        KODIAK_TRY(disk_->sync_directory(directory_));
    }
    unfinished_ = Unfinished::kNothing;
    return ok_status();
}

Status LogWriter::retire_before(uint64_t lsn) {
    while (files_.size() > 1 && files_[1].name.lsn <= lsn) {
        const Status removed = disk_->remove(files_.front().name.path);
        // A removal that reported failure may have happened all the same.
        if (!removed.ok() && removed.error().code != ErrorCode::kNotFound) {
            return removed;
        }
        total_bytes_ -= files_.front().bytes;
        files_.erase(files_.begin());
    }
    return ok_status();
}

}  // namespace kodiak::storage
