#include "storage/wal/log.hpp"

#include <algorithm>
#include <chrono>

#include "base/result/assert.hpp"
#include "storage/wal/frame.hpp"
#include "storage/wal/log_reader.hpp"
#include "storage/wal/log_writer.hpp"

namespace kodiak::storage {

namespace {

// A group that has grown beyond this takes no further record; together with one record it fits a frame.
constexpr size_t kGroupBytesMax = size_t{16} << 20;
// Not synchronous: as much as this does not wait for the timer.
constexpr size_t kBackgroundBytes = size_t{1} << 20;
// A leader lets its group fill for at most this share of the time that the last write took.
constexpr int kFillShare = 4;
// Larger buffers are given back, so that one big commit does not hold its memory for ever.
constexpr size_t kSpareBytesMax = size_t{1} << 20;

LogFileSizes file_sizes(const LogOptions& options) {
    return {options.first_preallocation_bytes, options.preallocation_bytes, options.file_bytes_max};
}

}  // namespace

Log::Log(std::unique_ptr<LogWriter> writer, LogOptions options)
    : options_(options), durable_end_(writer->end()), next_lsn_(writer->end()), writer_(std::move(writer)) {
    if (!options_.synchronous && options_.flush_interval_ms > 0) {
        background_ = std::thread([this] { flush_in_background(); });
    }
}

Result<std::unique_ptr<Log>> Log::create(std::shared_ptr<Disk> disk, std::string directory, uint64_t log_id,
                                         LogOptions options) {
    KODIAK_TRY_ASSIGN(std::unique_ptr<LogWriter> writer,
                      LogWriter::create(std::move(disk), std::move(directory), log_id, file_sizes(options)));
    return std::unique_ptr<Log>(new Log(std::move(writer), options));
}

Result<std::unique_ptr<Log>> Log::open(std::shared_ptr<Disk> disk, std::string directory, uint64_t log_id,
                                       LogOptions options, Lsn from, const LogVisitor& visitor) {
    KODIAK_TRY_ASSIGN(const LogTail tail,
                      read_log(*disk, directory, log_id, from, ReadPurpose::kRecovery, visitor));
    KODIAK_TRY_ASSIGN(std::unique_ptr<LogWriter> writer,
                      LogWriter::resume(std::move(disk), std::move(directory), log_id, file_sizes(options), tail));
    return std::unique_ptr<Log>(new Log(std::move(writer), options));
}

Result<Lsn> Log::replay_read_only(Disk& disk, const std::string& directory, uint64_t log_id, Lsn from,
                                  const LogVisitor& visitor) {
    KODIAK_TRY_ASSIGN(const LogTail tail,
                      read_log(disk, directory, log_id, from, ReadPurpose::kLiveReader, visitor));
    return Lsn{tail.end};
}

Log::~Log() {
    if (background_.joinable()) {
        {
            const std::lock_guard guard(mutex_);
            is_closing_ = true;
        }
        background_wake_.notify_all();
        background_.join();
    }
    // Nobody was promised these records, or (not synchronous) was told that they may be lost.
    [[maybe_unused]] const Status ignored = flush();
}

Log::Group& Log::open_group() {
    if (pending_.empty() || pending_.back().bytes.size() > kGroupBytesMax) {
        Group group;
        group.bytes = std::move(spare_);
        spare_.clear();
        group.bytes.assign(kFrameHeaderBytes, '\0');
        group.first_lsn = next_lsn_;
        pending_.push_back(std::move(group));
    }
    return pending_.back();
}

Lsn Log::append(uint8_t type, std::string_view payload) {
    KODIAK_ASSERT(payload.size() <= kRecordBytesMax);
    const std::lock_guard guard(mutex_);
    if (failure_) {
        return Lsn{next_lsn_++};
    }
    Group& group = open_group();
    const Lsn lsn{next_lsn_};
    const size_t old_bytes = group.bytes.size();
    append_record(group.bytes, type, payload);
    ++group.records;
    next_lsn_ += group.bytes.size() - old_bytes;
    last_accepted_ = lsn.value;
    if (background_.joinable() && old_bytes < kBackgroundBytes && group.bytes.size() >= kBackgroundBytes) {
        background_wake_.notify_one();
    }
    return lsn;
}

Status Log::wait_durable(Lsn lsn) {
    if (options_.synchronous) {
        return wait_written(lsn.value);
    }
    const std::lock_guard guard(mutex_);
    const Error* const failure = failure_of(lsn.value);
    return failure ? Status(*failure) : ok_status();
}

Status Log::flush() {
    uint64_t last = 0;
    {
        const std::lock_guard guard(mutex_);
        if (failure_) {
            return *failure_;
        }
        last = last_accepted_;
    }
    return wait_written(last);
}

Status Log::wait_written(uint64_t lsn) {
    const auto is_written = [&] { return durable_end_.load(std::memory_order_acquire) > lsn; };
    while (true) {
        if (is_written() && !has_failures_.load(std::memory_order_acquire)) {
            return ok_status();
        }
        Lock lock(mutex_);
        if (const Error* const failure = failure_of(lsn)) {
            return *failure;
        }
        if (is_written()) {
            return ok_status();
        }
        KODIAK_ASSERT(lsn < next_lsn_);
        if (!is_led_ && waiting_for_writer_ == 0) {
            is_led_ = true;
            let_group_fill(lock);
            // The outcome is asked for above, by position: this thread's record may lie in a later group.
            [[maybe_unused]] const Status outcome = write_oldest_group(lock);
            release_writer(lock, Wake::kWrittenGroup);
            continue;
        }
        const bool is_pending = !pending_.empty() && lsn >= pending_.front().first_lsn;
        std::atomic<uint32_t>& word = wake_words_[(groups_taken_ + (is_pending ? 1 : 0)) % 2].changes;
        const uint32_t seen = word.load(std::memory_order_relaxed);
        lock.unlock();
        word.wait(seen, std::memory_order_acquire);
    }
}

void Log::let_group_fill(Lock& lock) {
    // The threads of the group just written are awake and about to append again. Without them two half groups would
    // take turns for ever, each waiting for the other's write. A writer alone goes at once, and where writes are so
    // fast that waking threads takes longer, the wait ends early and waking and writing overlap.
    const uint64_t expected = last_group_records_ + pending_.front().records;
    const auto deadline = std::chrono::steady_clock::now() + last_write_time_ / kFillShare;
    uint64_t before = 0;
    while (last_group_records_ > 1 && pending_.front().records > before && pending_.front().records < expected &&
           std::chrono::steady_clock::now() < deadline) {
        before = pending_.front().records;
        lock.unlock();
        std::this_thread::yield();
        lock.lock();
    }
}

Status Log::write_oldest_group(Lock& lock) {
    KODIAK_ASSERT(is_led_ && !pending_.empty());
    Group group = std::move(pending_.front());
    pending_.pop_front();
    ++groups_taken_;
    lock.unlock();
    const auto begin = std::chrono::steady_clock::now();
    Status outcome = writer_->write_frame(group.bytes, group.first_lsn, group.records);
    const auto write_time = std::chrono::steady_clock::now() - begin;
    const Status undone = outcome.ok() ? ok_status() : writer_->undo_failure();
    lock.lock();
    statistics_.durable_writes = writer_->durable_writes();
    if (!outcome.ok()) {
        Error error = outcome.error();
        if (!undone.ok()) {
            error.with_detail("Whether the transaction took place will show when the database is reopened: " +
                              undone.error().message + ".");
        }
        fail(group.first_lsn, error);
        return error;
    }
    last_group_records_ = group.records;
    last_write_time_ = write_time;
    ++statistics_.frames;
    statistics_.records += group.records;
    statistics_.bytes += group.bytes.size();
    if (group.bytes.capacity() > spare_.capacity() && group.bytes.capacity() <= kSpareBytesMax) {
        spare_ = std::move(group.bytes);
    }
    durable_end_.store(writer_->end(), std::memory_order_release);
    return outcome;
}

void Log::fail(uint64_t from, Error error) {
    failure_ = std::move(error);
    failed_from_ = from;
    pending_.clear();
    last_accepted_ = 0;
    has_failures_.store(true, std::memory_order_release);
}

const Error* Log::failure_of(uint64_t lsn) const {
    if (failure_ && lsn >= failed_from_) {
        return &*failure_;
    }
    const auto found = std::find_if(failed_ranges_.begin(), failed_ranges_.end(), [lsn](const FailedRange& range) {
        return lsn >= range.from && lsn < range.to;
    });
    return found == failed_ranges_.end() ? nullptr : &found->error;
}

void Log::acquire_writer(Lock& lock) {
    ++waiting_for_writer_;
    writer_free_.wait(lock, [this] { return !is_led_; });
    --waiting_for_writer_;
    is_led_ = true;
}

void Log::release_writer(Lock& lock, Wake wake) {
    is_led_ = false;
    const bool goes_to_waiter = waiting_for_writer_ > 0;
    const bool wakes_all = wake == Wake::kEverybody || failure_;
    const bool needs_leader = !goes_to_waiter && !pending_.empty();
    std::atomic<uint32_t>& done = wake_words_[groups_taken_ % 2].changes;
    std::atomic<uint32_t>& next = wake_words_[(groups_taken_ + 1) % 2].changes;
    done.fetch_add(1, std::memory_order_release);
    if (wakes_all || needs_leader) {
        next.fetch_add(1, std::memory_order_release);
    }
    lock.unlock();
    // The written group first: its threads run, and append again, before the next leader takes what is buffered.
    done.notify_all();
    if (wakes_all) {
        next.notify_all();
    } else if (needs_leader) {
        next.notify_one();
    }
    if (goes_to_waiter) {
        writer_free_.notify_one();
    }
}

Result<Lsn> Log::start_new_file() {
    Lock lock(mutex_);
    acquire_writer(lock);
    const uint64_t wanted = next_lsn_;
    Status status = failure_ ? Status(*failure_) : ok_status();
    while (status.ok() && !pending_.empty() && pending_.front().first_lsn < wanted) {
        status = write_oldest_group(lock);
    }
    uint64_t begin = 0;
    if (status.ok()) {
        begin = pending_.empty() ? next_lsn_ : pending_.front().first_lsn;
        lock.unlock();
        status = writer_->begin_file(begin);
        const Status undone = status.ok() ? ok_status() : writer_->undo_failure();
        lock.lock();
        statistics_.durable_writes = writer_->durable_writes();
        if (status.ok()) {
            durable_end_.store(writer_->end(), std::memory_order_release);
        } else if (!undone.ok()) {
            fail(begin, status.error());
        }
    }
    release_writer(lock, Wake::kEverybody);
    if (!status.ok()) {
        return status.error();
    }
    return Lsn{begin};
}

Status Log::retire_before(Lsn lsn) {
    Lock lock(mutex_);
    acquire_writer(lock);
    lock.unlock();
    Status status = writer_->retire_before(lsn.value);
    lock.lock();
    release_writer(lock, Wake::kEverybody);
    return status;
}

Status Log::recover_after_failure() {
    Lock lock(mutex_);
    acquire_writer(lock);
    if (!failure_) {
        release_writer(lock, Wake::kEverybody);
        return ok_status();
    }
    lock.unlock();
    Status status = writer_->undo_failure();
    lock.lock();
    if (status.ok()) {
        // The same failure again and again (a disk that stays full) stays one range.
        const bool extends_last = !failed_ranges_.empty() && failed_ranges_.back().to == failed_from_ &&
                                  failed_ranges_.back().error.message == failure_->message;
        if (extends_last) {
            failed_ranges_.back().to = next_lsn_;
        } else {
            failed_ranges_.push_back({failed_from_, next_lsn_, std::move(*failure_)});
        }
        failure_.reset();
        last_accepted_ = 0;
    } else {
        status.error().with_hint("Free space or check the device, then reopen the database.");
    }
    release_writer(lock, Wake::kEverybody);
    return status;
}

void Log::flush_in_background() {
    const auto interval = std::chrono::milliseconds(options_.flush_interval_ms);
    Lock lock(mutex_);
    while (!is_closing_) {
        background_wake_.wait_for(lock, interval, [this] {
            return is_closing_ || (!pending_.empty() && pending_.back().bytes.size() >= kBackgroundBytes);
        });
        const bool has_work = !pending_.empty() && !failure_;
        if (has_work) {
            lock.unlock();
            // A failure stays with the log, which tells every later caller.
            [[maybe_unused]] const Status ignored = flush();
            lock.lock();
        }
    }
}

Lsn Log::end() const {
    const std::lock_guard guard(mutex_);
    return Lsn{next_lsn_};
}

Status Log::health() const {
    const std::lock_guard guard(mutex_);
    return failure_ ? Status(*failure_) : ok_status();
}

uint64_t Log::bytes_on_disk() const { return writer_->bytes_on_disk(); }

LogStatistics Log::statistics() const {
    const std::lock_guard guard(mutex_);
    return statistics_;
}

}  // namespace kodiak::storage
