#include <algorithm>
#include <mutex>
#include <utility>

#include <fmt/format.h>

#include "base/result/assert.hpp"
#include "index/unique_runs.hpp"
#include "index/unique_runs/run.hpp"

namespace kodiak::index {
namespace {

constexpr uint64_t kMergeBufferMin = uint64_t{16} << 10;
constexpr uint64_t kMergeBufferMax = uint64_t{1} << 20;
constexpr size_t kBatchEntries = 512;

class Collector final : public KeyCollector {
   public:
    Collector(Disk* disk, const SortedRunsOptions& options, std::string path)
        : disk_(disk), options_(options), path_(std::move(path)), pairs_(make_pair_buffer(options.form)) {
        // A third is left for growing vectors and merge buffers.
        memory_max_ = options.memory_bytes / options.collectors_max * 2 / 3;
    }
    ~Collector() override {
        if (file_ != nullptr) {
            file_.reset();
            (void)disk_->remove(path_);  // a file left behind is swept at open
        }
    }

    Status add(KeyRef key, uint64_t ordinal) override {
        KODIAK_ASSERT(!finished_ && key.form() == options_.form);
        pairs_->add(key, ordinal);
        ++count_;
        return pairs_->memory_bytes() < memory_max_ ? ok_status() : spill();
    }

    void finish() override {
        if (!finished_) {
            pairs_->sort();
            finished_ = true;
        }
    }

    uint64_t count() const { return count_; }
    size_t spilled_count() const { return spilled_.size(); }

    // Adds readers of all runs of this collector. Requires: finished.
    void read(size_t buffer_bytes, std::vector<std::unique_ptr<RunReader>>& readers) const {
        for (const SpilledRun& run : spilled_) {
            readers.push_back(read_spilled_run(options_.form, run, buffer_bytes));
        }
        if (!pairs_->empty()) {
            readers.push_back(pairs_->read());
        }
    }

   private:
    Status spill() {
        if (file_ == nullptr) {
            KODIAK_TRY(disk_->create_directory(options_.directory));
            KODIAK_TRY_ASSIGN(file_, disk_->open(path_, OpenMode::kCreateOrOpen));
            KODIAK_TRY(file_->truncate(0));
        }
        pairs_->sort();
        KODIAK_TRY_ASSIGN(const uint64_t bytes, pairs_->write(*file_, file_bytes_));
        spilled_.push_back({file_.get(), file_bytes_, bytes});
        file_bytes_ += bytes;
        pairs_->clear();
        return ok_status();
    }

    Disk* const disk_;  // nullptr when the memory is to be enough
    const SortedRunsOptions& options_;
    std::string path_;
    std::unique_ptr<PairBuffer> pairs_;
    uint64_t memory_max_;
    uint64_t count_ = 0;
    bool finished_ = false;
    std::unique_ptr<File> file_;  // nullptr until the first spill
    uint64_t file_bytes_ = 0;
    std::vector<SpilledRun> spilled_;
};

class MergedStream final : public SortedEntryStream {
   public:
    MergedStream(KeyForm form, Duplicates duplicates, std::vector<std::unique_ptr<RunReader>> readers)
        : form_(form), duplicates_(duplicates), readers_(std::move(readers)) {}

    // Steps every reader to its first pair. Call once, before next.
    Status start() {
        for (const auto& reader : readers_) {
            KODIAK_TRY_ASSIGN(const bool any, reader->advance());
            if (any) {
                heap_.push_back(reader.get());
            }
        }
        std::make_heap(heap_.begin(), heap_.end(), comes_later);
        return ok_status();
    }

    Result<std::span<const Entry>> next() override {
        KODIAK_ASSERT(!duplicate_);
        entries_.clear();
        keys_.clear();
        while (!heap_.empty() && entries_.size() < kBatchEntries) {
            RunReader& reader = *heap_.front();
            KODIAK_TRY(check_against_previous(reader));
            if (form_ == KeyForm::kBytes) {
                keys_.append(reader.key().as_bytes());
            }
            entries_.push_back({reader.key(), Locator(reader.ordinal())});
            KODIAK_TRY(replace_front());
        }
        // The readers' keys are gone or will be: point at the copies, which do not move any more.
        const char* key = keys_.data();
        for (Entry& entry : entries_) {
            if (form_ == KeyForm::kBytes) {
                const size_t bytes = entry.key.as_bytes().size();
                entry.key = KeyRef::bytes({key, bytes});
                key += bytes;
            }
        }
        return std::span<const Entry>(entries_);
    }

    const std::optional<DuplicateKey>& duplicate() const override { return duplicate_; }

   private:
    static bool comes_later(const RunReader* a, const RunReader* b) {
        const auto order = a->key() <=> b->key();
        return order != 0 ? order > 0 : a->ordinal() > b->ordinal();
    }

    // Advances the reader at the front of the heap to where it then belongs.
    Status replace_front() {
        std::pop_heap(heap_.begin(), heap_.end(), comes_later);
        KODIAK_TRY_ASSIGN(const bool more, heap_.back()->advance());
        if (more) {
            std::push_heap(heap_.begin(), heap_.end(), comes_later);
        } else {
            heap_.pop_back();
        }
        return ok_status();
    }

    // Refuses a pair that repeats the key before it, or that comes before it: then a run is damaged.
    Status check_against_previous(const RunReader& reader) {
        const KeyRef key = reader.key();
        if (any_previous_) {
            const KeyRef previous =
                form_ == KeyForm::kInteger ? KeyRef::integer(previous_integer_) : KeyRef::bytes(previous_bytes_);
            const auto order = previous <=> key;
            if (order > 0) {
                return make_error(ErrorCode::kCorruption, "sorted run is damaged: its keys are out of order");
            }
            if (order == 0 && duplicates_ == Duplicates::kRefuse) {
                duplicate_ = DuplicateKey{bytes_of(key), previous_ordinal_, reader.ordinal()};
                return make_error(ErrorCode::kUniqueViolation, "a key value occurs twice among the rows to load");
            }
        }
        any_previous_ = true;
        previous_ordinal_ = reader.ordinal();
        if (form_ == KeyForm::kInteger) {
            previous_integer_ = key.as_integer();
        } else {
            previous_bytes_.assign(key.as_bytes());
        }
        return ok_status();
    }

    static std::string bytes_of(KeyRef key) {
        if (key.form() == KeyForm::kBytes) {
            return std::string(key.as_bytes());
        }
        std::string bytes;
        for (int shift = 56; shift >= 0; shift -= 8) {
            bytes.push_back(static_cast<char>(key.as_integer() >> shift));
        }
        return bytes;
    }

    KeyForm form_;
    Duplicates duplicates_;
    std::vector<std::unique_ptr<RunReader>> readers_;
    std::vector<RunReader*> heap_;  // smallest pair first
    std::vector<Entry> entries_;
    std::string keys_;  // the bytes of entries_' keys
    bool any_previous_ = false;
    uint64_t previous_integer_ = 0;
    std::string previous_bytes_;
    uint64_t previous_ordinal_ = 0;
    std::optional<DuplicateKey> duplicate_;
};

class SortedRunsImpl final : public SortedRuns {
   public:
    SortedRunsImpl(std::shared_ptr<Disk> disk, SortedRunsOptions options)
        : disk_(std::move(disk)), options_(std::move(options)) {
        KODIAK_ASSERT(options_.collectors_max > 0);
    }

    KeyCollector& new_collector() override {
        const std::lock_guard lock(mutex_);
        KODIAK_ASSERT(!merging_ && collectors_.size() < options_.collectors_max);
        const std::string path = fmt::format("{}/{}.run-{}", options_.directory, options_.name, collectors_.size());
        return *collectors_.emplace_back(std::make_unique<Collector>(disk_.get(), options_, path));
    }

    uint64_t size() const override {
        const std::lock_guard lock(mutex_);
        uint64_t count = 0;
        for (const auto& collector : collectors_) {
            count += collector->count();
        }
        return count;
    }

    Result<std::unique_ptr<SortedEntryStream>> merge() override { return start_stream(options_.duplicates); }

    Result<std::optional<DuplicateKey>> find_duplicate() override {
        KODIAK_TRY_ASSIGN(const auto stream, start_stream(Duplicates::kRefuse));
        while (true) {
            auto batch = stream->next();
            if (stream->duplicate()) {
                return stream->duplicate();
            }
            KODIAK_TRY_ASSIGN(const auto entries, std::move(batch));
            if (entries.empty()) {
                return std::optional<DuplicateKey>();
            }
        }
    }

   private:
    Result<std::unique_ptr<SortedEntryStream>> start_stream(Duplicates duplicates) {
        const std::lock_guard lock(mutex_);
        merging_ = true;
        uint64_t spilled = 0;
        for (const auto& collector : collectors_) {
            collector->finish();
            spilled += collector->spilled_count();
        }
        const uint64_t share = options_.memory_bytes / 3 / std::max<uint64_t>(spilled, 1);
        const uint64_t buffer_bytes = std::clamp(share, kMergeBufferMin, kMergeBufferMax);
        std::vector<std::unique_ptr<RunReader>> readers;
        for (const auto& collector : collectors_) {
            collector->read(buffer_bytes, readers);
        }
        auto stream = std::make_unique<MergedStream>(options_.form, duplicates, std::move(readers));
        KODIAK_TRY(stream->start());
        return std::unique_ptr<SortedEntryStream>(std::move(stream));
    }

    std::shared_ptr<Disk> disk_;
    SortedRunsOptions options_;
    mutable std::mutex mutex_;  // guards collectors_ (not what is in them) and merging_
    std::vector<std::unique_ptr<Collector>> collectors_;
    bool merging_ = false;
};

}  // namespace

std::unique_ptr<SortedRuns> make_sorted_runs(std::shared_ptr<Disk> disk, SortedRunsOptions options) {
    return std::make_unique<SortedRunsImpl>(std::move(disk), std::move(options));
}

}  // namespace kodiak::index
