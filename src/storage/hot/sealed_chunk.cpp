#include "storage/hot/sealed_chunk.hpp"

#include <algorithm>
#include <cstring>
#include <new>

#include "base/result/assert.hpp"
#include "storage/decode.hpp"
#include "storage/rows/integer_range.hpp"
#include "storage/rows/run_dictionary.hpp"

namespace kodiak::storage {
namespace {

using catalog::Physical;

constexpr size_t kAlignment = 64;

size_t aligned(size_t bytes) { return (bytes + kAlignment - 1) / kAlignment * kAlignment; }

// How a column of a chunk will lie.
struct ColumnPlan {
    StoredColumn column;       // data and validity still unset
    uint64_t heap_bytes = 0;   // of plain strings
    bool keeps_validity = false;
};

void plan_integers(const StoredColumn& source, uint32_t count, StoredColumn& plan) {
    const IntegerRange range = integer_range(source, count);
    if (!range.fits) {
        return;  // above INT64_MAX: plain, without range
    }
    plan.has_range = range.found;
    plan.min = range.min;
    plan.max = range.max;
    const uint8_t width = bytes_for_span(range.min, range.max);
    if (width < plan.width) {
        plan.encoding = Encoding::kFrame;
        plan.width = width;
        plan.base = plan.min;
    }
}

void plan_codes(const StoredColumn& source, uint32_t count, const uint16_t* codes, StoredColumn& plan) {
    plan.encoding = Encoding::kDictionary;
    plan.width = plan.dictionary->values.size() <= 256 ? 1 : 2;
    for (uint32_t slot = 0; slot < count; ++slot) {
        if (source.is_valid(slot)) {
            plan.min = plan.has_range ? std::min<int64_t>(plan.min, codes[slot]) : codes[slot];
            plan.max = plan.has_range ? std::max<int64_t>(plan.max, codes[slot]) : codes[slot];
            plan.has_range = true;
        }
    }
}

uint64_t long_string_bytes(const StoredColumn& source, uint32_t count) {
    std::vector<StringRef> strings(count);
    decode_strings(source, nullptr, count, strings.data());
    uint64_t bytes = 0;
    for (uint32_t slot = 0; slot < count; ++slot) {
        bytes += source.is_valid(slot) && !strings[slot].is_inline() ? strings[slot].length : 0;
    }
    return bytes;
}

void fill_codes(const uint16_t* codes, uint32_t count, const StoredColumn& plan, uint8_t* out) {
    if (plan.width == 1) {
        std::transform(codes, codes + count, out, [](uint16_t code) { return static_cast<uint8_t>(code); });
    } else {
        std::memcpy(out, codes, size_t{count} * sizeof(uint16_t));
    }
}

// Copies long strings to `heap` and returns its new end.
char* fill_strings(const StoredColumn& source, uint32_t count, uint8_t* out, char* heap) {
    auto* const strings = reinterpret_cast<StringRef*>(out);
    decode_strings(source, nullptr, count, strings);
    for (uint32_t slot = 0; slot < count; ++slot) {
        if (!source.is_valid(slot)) {
            strings[slot] = StringRef();
        } else if (!strings[slot].is_inline()) {
            const size_t length = strings[slot].length;
            std::memcpy(heap, strings[slot].data(), length);
            strings[slot] = StringRef(std::string_view(heap, length));
            heap += length;
        }
    }
    return heap;
}

class SealedChunk final : public Chunk {
   public:
    // `first_row` is the chunk's place in the codes of `dictionaries` (one per column).
    SealedChunk(const Chunk& source, uint32_t count, const std::vector<RunDictionary>& dictionaries, size_t first_row);
    ~SealedChunk() override { ::operator delete(block_, std::align_val_t{kAlignment}); }
    SealedChunk(const SealedChunk&) = delete;
    SealedChunk& operator=(const SealedChunk&) = delete;
    uint64_t memory_bytes() const override { return memory_bytes_; }

   private:
    void take_identities(const Chunk& source, uint32_t count);
    void fill(const Chunk& source, uint32_t count, const std::vector<ColumnPlan>& plans,
              const std::vector<RunDictionary>& dictionaries, size_t first_row);
    uint8_t* take(size_t bytes) {
        uint8_t* const part = next_;
        next_ += aligned(bytes);
        return part;
    }

    uint8_t* block_ = nullptr;
    uint8_t* next_ = nullptr;
    std::unique_ptr<char[]> heap_;
    uint64_t memory_bytes_ = 0;
};

bool is_sequence(const Chunk& source, uint32_t count) {
    for (uint32_t slot = 1; slot < count; ++slot) {
        if (source.row_id(slot).counter != source.row_id(0).counter + slot) {
            return false;
        }
    }
    return true;
}

bool is_one_commit(const Chunk& source, uint32_t count) {
    for (uint32_t slot = 1; slot < count; ++slot) {
        if (source.created(slot) != source.created(0)) {
            return false;
        }
    }
    return true;
}

ColumnPlan plan_column(const StoredColumn& source, uint32_t count, const RunDictionary& dictionary, size_t first_row) {
    ColumnPlan plan;
    plan.column.physical = source.physical;
    plan.column.width = static_cast<uint8_t>(catalog::physical_bytes(source.physical));
    plan.keeps_validity = count_valid(source, count) < count;
    if (catalog::is_narrowable(source.physical)) {
        plan_integers(source, count, plan.column);
    } else if (dictionary.dictionary != nullptr) {
        plan.column.dictionary = dictionary.dictionary;
        plan_codes(source, count, dictionary.codes.data() + first_row, plan.column);
    } else if (source.physical == Physical::kString) {
        plan.heap_bytes = long_string_bytes(source, count);
    }
    return plan;
}

SealedChunk::SealedChunk(const Chunk& source, uint32_t count, const std::vector<RunDictionary>& dictionaries,
                         size_t first_row) {
    schema_ = source.schema_ptr();
    sealed_ = true;
    const bool keeps_counters = !is_sequence(source, count);
    const bool keeps_created = !is_one_commit(source, count);
    std::vector<ColumnPlan> plans;
    size_t bytes = ((keeps_counters ? 1 : 0) + (keeps_created ? 1 : 0)) * aligned(count * sizeof(uint64_t));
    uint64_t heap_bytes = 0;
    for (size_t c = 0; c < schema_->types.size(); ++c) {
        plans.push_back(plan_column(source.column(c), count, dictionaries[c], first_row));
        bytes += aligned(size_t{count} * plans.back().column.width);
        bytes += plans.back().keeps_validity ? aligned(size_t{(count + 63) / 64} * 8) : 0;
        heap_bytes += plans.back().heap_bytes;
    }
    block_ = static_cast<uint8_t*>(::operator new(std::max(bytes, kAlignment), std::align_val_t{kAlignment}));
    next_ = block_;
    heap_ = heap_bytes > 0 ? std::make_unique_for_overwrite<char[]>(heap_bytes) : nullptr;
    memory_bytes_ = sizeof(SealedChunk) + plans.size() * sizeof(StoredColumn) + bytes + heap_bytes;
    for (const RunDictionary& dictionary : dictionaries) {
        memory_bytes_ += first_row == 0 ? dictionary.bytes : 0;
    }
    fill(source, count, plans, dictionaries, first_row);
    if (keeps_counters) {
        row_counters_ = reinterpret_cast<uint64_t*>(take(count * sizeof(uint64_t)));
    }
    if (keeps_created) {
        created_ = reinterpret_cast<uint64_t*>(take(count * sizeof(uint64_t)));
    }
    take_identities(source, count);
    KODIAK_ASSERT(next_ <= block_ + std::max(bytes, kAlignment));
    count_.store(count, std::memory_order_release);
}

void SealedChunk::fill(const Chunk& source, uint32_t count, const std::vector<ColumnPlan>& plans,
                       const std::vector<RunDictionary>& dictionaries, size_t first_row) {
    char* heap = heap_.get();
    for (size_t c = 0; c < plans.size(); ++c) {
        StoredColumn column = plans[c].column;
        const StoredColumn& from = source.column(c);
        uint8_t* const out = take(size_t{count} * column.width);
        if (column.encoding == Encoding::kFrame) {
            store_distances(from, count, column.base, column.width, out);
        } else if (column.encoding == Encoding::kDictionary) {
            fill_codes(dictionaries[c].codes.data() + first_row, count, column, out);
        } else if (column.physical == Physical::kString) {
            heap = fill_strings(from, count, out, heap);
        } else {
            decode_fixed(from, column.physical, nullptr, count, out);
        }
        column.data = out;
        if (plans[c].keeps_validity) {
            const uint32_t words = (count + 63) / 64;
            auto* const bits = reinterpret_cast<uint64_t*>(take(size_t{words} * 8));
            for (uint32_t word = 0; word < words; ++word) {
                bits[word] = from.validity_word(word);
            }
            if (count % 64 != 0) {  // an open chunk may have more rows by now
                bits[words - 1] &= (uint64_t{1} << (count % 64)) - 1;
            }
            column.validity = bits;
        }
        columns_.push_back(std::move(column));
    }
}

void SealedChunk::take_identities(const Chunk& source, uint32_t count) {
    if (count == 0) {
        return;
    }
    origin_ = source.row_id(0).origin;
    first_row_counter_ = source.row_id(0).counter;
    created_all_ = source.created(0);
    uint64_t min = UINT64_MAX;
    uint64_t max = 0;
    for (uint32_t slot = 0; slot < count; ++slot) {
        min = std::min(min, source.created(slot));
        max = std::max(max, source.created(slot));
        if (row_counters_ != nullptr) {
            const_cast<uint64_t*>(row_counters_)[slot] = source.row_id(slot).counter;
        }
        if (created_ != nullptr) {
            const_cast<uint64_t*>(created_)[slot] = source.created(slot);
        }
    }
    min_created_.store(min, std::memory_order_relaxed);
    max_created_.store(max, std::memory_order_relaxed);
}

}  // namespace

std::vector<std::shared_ptr<const Chunk>> seal_run(std::span<const Chunk* const> run) {
    std::vector<std::shared_ptr<const Chunk>> sealed;
    if (run.empty()) {
        return sealed;
    }
    std::vector<uint32_t> counts;
    for (const Chunk* chunk : run) {
        KODIAK_ASSERT(chunk->schema().ids == run[0]->schema().ids);
        counts.push_back(chunk->count());
    }
    std::vector<RunDictionary> dictionaries(run[0]->schema().types.size());
    for (size_t c = 0; c < dictionaries.size(); ++c) {
        if (run[0]->column(c).physical == Physical::kString) {
            dictionaries[c] = build_run_dictionary(run, counts, c);
        }
    }
    size_t first_row = 0;
    for (size_t i = 0; i < run.size(); ++i) {
        sealed.push_back(std::make_shared<SealedChunk>(*run[i], counts[i], dictionaries, first_row));
        first_row += counts[i];
    }
    return sealed;
}

std::shared_ptr<const Chunk> seal(const Chunk& full) {
    const Chunk* const run[] = {&full};
    return seal_run(run)[0];
}

}  // namespace kodiak::storage
