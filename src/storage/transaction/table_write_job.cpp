#include "storage/transaction/table_write_job.hpp"

#include <malloc.h>
#include <algorithm>
#include <bit>
#include <iterator>
#include <numeric>
#include <tuple>

#include "base/result/assert.hpp"
#include "storage/hot/sealed_chunk.hpp"

namespace kodiak::storage {

namespace {

// Below this, chunks of a large load are not worth a file of their own: they go through the log.
constexpr size_t kSmallestFileChunks = 15;

class PieceWriter final : public RowWriter {
   public:
    explicit PieceWriter(TableWriteJob& job) : job_(job) {}

    void begin_batch(uint64_t batch_index) override {
        if (batch_index != piece_.batch) {
            pending_ = end_piece();
            piece_.batch = batch_index;
        }
    }

    Status append(const BatchView& rows) override {
        KODIAK_TRY(pending_);
        size_t from = 0;
        while (from < rows.rows) {
            KODIAK_TRY_ASSIGN(OpenChunk* const target, chunk_for(rows.rows - from, job_.writes().origin()));
            OpenChunk& chunk = *target;
            const uint32_t before = chunk.filled();
            const uint32_t taken = chunk.append(rows, from, rows.rows - from);
            KODIAK_ASSERT(taken > 0);
            chunk.publish(before + taken, 0, 0);
            from += taken;
        }
        return {};
    }

    Status append_versions(const BatchView& rows, std::span<const Locator> replaced) override {
        KODIAK_TRY(pending_);
        KODIAK_ASSERT(replaced.size() == rows.rows);
        for (size_t row = 0; row < rows.rows; ++row) {
            const TableWriteJob::Source source = job_.source_of(replaced[row]);
            KODIAK_TRY(append_one(rows, row, source.chunk->row_id(source.slot), source.committed));
        }
        return {};
    }

    Status append_rekeyed(const BatchView& rows, std::span<const Locator> replaced) override {
        KODIAK_TRY(pending_);
        KODIAK_ASSERT(replaced.size() == rows.rows);
        std::vector<KeyLink> links;
        // Numbered at once, so that the links can name them.
        const OriginId origin = job_.writes().origin();
        uint64_t next = job_.store().new_row_counters(job_.writes().id(), rows.rows);
        for (size_t row = 0; row < rows.rows; ++row) {
            const TableWriteJob::Source source = job_.source_of(replaced[row]);
            links.push_back({source.chunk->row_id(source.slot), RowId{origin, next}, source.committed});
            KODIAK_TRY(append_one(rows, row, RowId{origin, next++}, false));
        }
        const std::lock_guard guard(job_.writes().mutex);
        auto& rekeyed = job_.writes().rekeyed;
        rekeyed.insert(rekeyed.end(), links.begin(), links.end());
        return {};
    }

    Status finish() override {
        KODIAK_TRY(pending_);
        return end_piece();
    }

   private:
    // Adds a row that has its id.
    Status append_one(const BatchView& rows, size_t row, RowId id, bool replaces_committed) {
        KODIAK_TRY_ASSIGN(OpenChunk* const target, chunk_for(rows.rows - row, id.origin));
        OpenChunk& chunk = *target;
        const uint32_t slot = chunk.filled();
        KODIAK_ASSERT(chunk.append(rows, row, 1) == 1);
        chunk.set_row(slot, id.counter, 0);
        chunk.publish(slot + 1, 0, 0);
        std::vector<uint8_t>& marks = piece_.chunks.back().replaces_committed;
        marks.resize(slot + 1);
        marks[slot] = replaces_committed ? 1 : 0;
        return {};
    }

    // Chunk with room for at least one row of `origin`; spills when a row group is full.
    Result<OpenChunk*> chunk_for(size_t rows_coming, OriginId origin) {
        PrivateChunk* last = piece_.chunks.empty() ? nullptr : &piece_.chunks.back();
        if (last != nullptr && last->open != nullptr) {
            const bool same_origin = last->chunk->count() == 0 || last->chunk->row_id(0).origin == origin;
            if (!last->open->is_full() && same_origin) {
                return last->open.get();
            }
            if (last->open->capacity() < kRowsPerChunk && same_origin) {
                last->open = last->open->grown(capacity_for(last->open->capacity() + rows_coming));
                last->chunk = last->open;
                return last->open.get();
            }
            if (last->open->is_full()) {
                job_.full_chunks.fetch_add(1, std::memory_order_relaxed);
            }
            if (piece_.chunks.size() - spilled_ == kWarmFileChunks) {
                KODIAK_TRY(job_.spill(piece_, spilled_));
                spilled_ = piece_.chunks.size();
            }
        }
        PrivateChunk fresh;
        fresh.open = OpenChunk::make(job_.writes().schema(), origin, capacity_for(rows_coming));
        fresh.chunk = fresh.open;
        piece_.chunks.push_back(std::move(fresh));
        return piece_.chunks.back().open.get();
    }

    static uint32_t capacity_for(size_t rows) {
        constexpr size_t kLeast = 16;
        return static_cast<uint32_t>(std::min<size_t>(std::bit_ceil(std::max(rows, kLeast)), kRowsPerChunk));
    }

    Status end_piece() {
        const bool large = job_.full_chunks.load(std::memory_order_relaxed) >= kWarmFileChunks;
        if (large && piece_.chunks.size() - spilled_ >= kSmallestFileChunks) {
            KODIAK_TRY(job_.spill(piece_, spilled_));
        }
        spilled_ = 0;
        if (!piece_.chunks.empty()) {
            WritePiece done = std::move(piece_);
            piece_ = {};
            piece_.batch = done.batch;
            job_.add_piece(std::move(done));
        }
        return {};
    }

    TableWriteJob& job_;
    WritePiece piece_;
    size_t spilled_ = 0;  // chunks of piece_ that lie in files already
    Status pending_;      // an error of begin_batch, reported by the next call
};

}  // namespace

TableWriteJob::~TableWriteJob() {
    if (!finished_) {
        discard_files();
    }
}

void TableWriteJob::discard_files() {
    for (const WritePiece& piece : pieces_) {
        const PrivateFile* last = nullptr;
        for (const PrivateChunk& chunk : piece.chunks) {
            if (chunk.file != nullptr && chunk.file.get() != last) {
                last = chunk.file.get();
                (void)store_.disk().remove(last->file->path()).ok();
            }
        }
    }
}

std::unique_ptr<RowWriter> TableWriteJob::writer() { return std::make_unique<PieceWriter>(*this); }

void TableWriteJob::add_piece(WritePiece piece) {
    const std::lock_guard guard(pieces_mutex_);
    piece.arrival = pieces_.size();
    pieces_.push_back(std::move(piece));
}

TableWriteJob::Source TableWriteJob::source_of(Locator locator) {
    if (locator.is_transaction_local()) {
        const std::lock_guard guard(writes_->mutex);
        const PrivateChunk& chunk = writes_->chunks[locator.chunk()];
        return {chunk.chunk, locator.slot(), chunk.replaces(locator.slot())};
    }
    return {(*writes_->committed)[locator.chunk()].chunk, locator.slot(), true};
}

size_t TableWriteJob::number_file(std::vector<PrivateChunk>& chunks, size_t from) {
    const std::shared_ptr<PrivateFile> file = chunks[from].file;
    uint64_t rows = 0;
    size_t end = from;
    for (; end < chunks.size() && chunks[end].file == file; ++end) {
        rows += chunks[end].chunk->count();
    }
    if (!file->with_row_ids) {
        // In one draw: other transactions draw, too, and the file's rows are one run that only its first number names.
        uint64_t next = store_.new_row_counters(writes_->id(), rows);
        for (size_t i = from; i < end; ++i) {
            chunks[i].chunk->number_rows(writes_->origin(), next);
            next += chunks[i].chunk->count();
        }
    }
    return end;
}

void TableWriteJob::number_new_rows(PrivateChunk& chunk) {
    const uint32_t count = chunk.chunk->count();
    uint32_t unnumbered = 0;
    for (uint32_t slot = 0; slot < count; ++slot) {
        unnumbered += chunk.chunk->row_id(slot).counter == 0 ? 1 : 0;
    }
    if (unnumbered == 0) {
        return;
    }
    uint64_t next = store_.new_row_counters(writes_->id(), unnumbered);
    for (uint32_t slot = 0; slot < count; ++slot) {
        if (chunk.chunk->row_id(slot).counter == 0) {
            chunk.open->set_row(slot, next++, 0);
        }
    }
}

Status TableWriteJob::spill(WritePiece& piece, size_t from) {
    std::vector<const Chunk*> run;
    bool with_row_ids = false;
    for (size_t i = from; i < piece.chunks.size(); ++i) {
        with_row_ids |= !piece.chunks[i].replaces_committed.empty() ||
                        piece.chunks[i].chunk->row_id(0).counter != 0;
        run.push_back(piece.chunks[i].chunk.get());
    }
    if (with_row_ids) {
        for (size_t i = from; i < piece.chunks.size(); ++i) {
            number_new_rows(piece.chunks[i]);
        }
    }
    const std::vector<std::shared_ptr<const Chunk>> sealed = seal_run(run);
    auto file = std::make_shared<PrivateFile>();
    file->number = store_.new_file_number();
    file->with_row_ids = with_row_ids;
    const std::string path = store_.file_path(file->number);
    KODIAK_TRY(store_.disk().create_directory(store_.data_directory()));
    const auto written =
        write_warm_file(store_.disk(), path, {.chunks = sealed, .with_row_ids = with_row_ids, .with_created = false},
                        WarmSync::kByCaller);
    if (!written.ok()) {
        (void)store_.disk().remove(path).ok();
        return written.error();
    }
    syncer_.add(path);
    auto opened = open_warm_file(store_.disk(), path, writes_->schema(), {.origin = sealed[0]->row_id(0).origin});
    if (!opened.ok()) {
        return opened.error();
    }
    file->file = std::move(opened).value();
    for (size_t i = from; i < piece.chunks.size(); ++i) {
        PrivateChunk& chunk = piece.chunks[i];
        // The file's chunks are this transaction's alone until it commits, so it may number and stamp them.
        chunk.chunk = std::const_pointer_cast<Chunk>(file->file->chunks()[i - from]);
        chunk.open = nullptr;
        chunk.file = file;
    }
    return_freed_memory();
    return {};
}

// What a spilled run held lies between small things that stay, so the allocator keeps it and grows: 45 bytes a row of a
// load with text. Asking it to let go costs a millisecond, so not every time.
void TableWriteJob::return_freed_memory() {
    constexpr uint64_t kSpillsBetween = 8;
    if (spills_.fetch_add(1, std::memory_order_relaxed) % kSpillsBetween == kSpillsBetween - 1) {
        malloc_trim(0);
    }
}

namespace {

// Copies rows from `first` on behind those of `to`, as many as fit; returns how many.
uint32_t copy_rows(PrivateChunk& to, const PrivateChunk& from, uint32_t first) {
    const uint32_t count = from.chunk->count() - first;
    std::vector<uint32_t> slots(count);
    std::iota(slots.begin(), slots.end(), first);
    const uint32_t at = to.open->filled();
    const uint32_t copied = to.open->append_from(*from.chunk, slots.data(), count);
    for (uint32_t i = 0; i < copied; ++i) {
        to.open->set_row(at + i, from.chunk->row_id(first + i).counter, 0);
        if (from.replaces(first + i)) {
            to.replaces_committed.resize(at + i + 1);
            to.replaces_committed[at + i] = 1;
        }
    }
    to.open->publish(at + copied, 0, 0);
    return copied;
}

bool same_origin(const PrivateChunk& a, const PrivateChunk& b) {
    return a.chunk->row_id(0).origin == b.chunk->row_id(0).origin;
}

// Adds the rows of `chunk` to `run`, filling its last chunk first.
void append_compactly(std::vector<PrivateChunk>& run, const PrivateChunk& chunk) {
    uint32_t copied = 0;
    while (copied < chunk.chunk->count()) {
        const bool fits = !run.empty() && run.back().open != nullptr && !run.back().open->is_full() &&
                          same_origin(run.back(), chunk);
        if (!fits) {
            PrivateChunk next;
            next.open = OpenChunk::make(chunk.chunk->schema_ptr(), chunk.chunk->row_id(0).origin,
                                        static_cast<uint32_t>(kRowsPerChunk));
            next.chunk = next.open;
            run.push_back(std::move(next));
        }
        copied += copy_rows(run.back(), chunk, copied);
    }
}

}  // namespace

// Neighbouring pieces too small for a file of their own may together fill some.
Status TableWriteJob::spill_together() {
    WritePiece run;
    std::vector<PrivateChunk> ordered;
    const auto flush = [&](size_t least) -> Status {
        if (run.chunks.size() >= least) {
            KODIAK_TRY(spill(run, 0));
        }
        std::move(run.chunks.begin(), run.chunks.end(), std::back_inserter(ordered));
        run.chunks.clear();
        return {};
    };
    for (WritePiece& piece : pieces_) {
        for (PrivateChunk& chunk : piece.chunks) {
            if (chunk.file != nullptr) {
                KODIAK_TRY(flush(kSmallestFileChunks));
                ordered.push_back(std::move(chunk));
                continue;
            }
            append_compactly(run.chunks, chunk);
            if (run.chunks.size() == kWarmFileChunks + 1) {
                PrivateChunk last = std::move(run.chunks.back());
                run.chunks.pop_back();
                KODIAK_TRY(flush(0));
                run.chunks.push_back(std::move(last));
            }
        }
    }
    KODIAK_TRY(flush(kSmallestFileChunks));
    pieces_.clear();
    pieces_.push_back({0, 0, std::move(ordered)});
    return {};
}

Status TableWriteJob::finish() {
    const std::lock_guard pieces_guard(pieces_mutex_);
    std::sort(pieces_.begin(), pieces_.end(), [](const WritePiece& a, const WritePiece& b) {
        return std::tie(a.batch, a.arrival) < std::tie(b.batch, b.arrival);
    });
    if (pieces_.size() > 1 && full_chunks.load() >= kWarmFileChunks) {
        KODIAK_TRY(spill_together());
    }
    bool has_files = false;
    for (WritePiece& piece : pieces_) {
        for (size_t i = 0; i < piece.chunks.size();) {
            if (piece.chunks[i].file != nullptr) {
                i = number_file(piece.chunks, i);
                has_files = true;
            } else {
                number_new_rows(piece.chunks[i++]);
            }
        }
    }
    if (has_files) {
        // A log record will name the files: their bytes and names must survive what the record survives.
        KODIAK_TRY(syncer_.finish());
        KODIAK_TRY(store_.disk().sync_directory(store_.data_directory()));
    }
    const std::lock_guard guard(writes_->mutex);
    for (WritePiece& piece : pieces_) {
        for (PrivateChunk& chunk : piece.chunks) {
            std::vector<PrivateChunk>& chunks = writes_->chunks;
            uint32_t copied = 0;
            if (chunk.open != nullptr && !chunks.empty() && chunks.back().open != nullptr &&
                chunk.chunk->count() < kRowsPerChunk && same_origin(chunks.back(), chunk)) {
                copied = fill_tail(chunks.back(), chunk);
            }
            if (copied == 0) {
                chunks.push_back(std::move(chunk));
            } else if (copied < chunk.chunk->count()) {
                PrivateChunk rest;
                rest.open = OpenChunk::make(writes_->schema(), chunk.chunk->row_id(0).origin,
                                            static_cast<uint32_t>(kRowsPerChunk));
                rest.chunk = rest.open;
                copy_rows(rest, chunk, copied);
                chunks.push_back(std::move(rest));
            }
        }
    }
    finished_ = true;
    return {};
}

// Puts rows into the transaction's last private chunk, growing it up to 2,048 rows; returns how many fitted.
uint32_t TableWriteJob::fill_tail(PrivateChunk& tail, const PrivateChunk& chunk) {
    const uint32_t wanted = tail.open->filled() + chunk.chunk->count();
    if (wanted > tail.open->capacity() && tail.open->capacity() < kRowsPerChunk) {
        tail.open = tail.open->grown(static_cast<uint32_t>(std::min<uint64_t>(std::bit_ceil(wanted), kRowsPerChunk)));
        tail.chunk = tail.open;
    }
    return tail.open->is_full() ? 0 : copy_rows(tail, chunk, 0);
}

}  // namespace kodiak::storage
