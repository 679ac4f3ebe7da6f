#include "index/unique_runs/run.hpp"

#include <algorithm>
#include <cstring>

#include <fmt/format.h>

#include "base/bytes/byte_io.hpp"
#include "base/result/assert.hpp"

namespace kodiak::index {
namespace {

constexpr size_t kWriteBytes = size_t{256} << 10;
constexpr size_t kIntegerPairBytes = 16;
constexpr size_t kBytePairHeader = 12;

// Gathers encoded pairs and writes them in large pieces.
class RunWriter {
   public:
    RunWriter(File& file, uint64_t offset) : file_(file), offset_(offset) {}
    ByteWriter encode() { return ByteWriter(pending_); }
    Status flush_if_full() { return pending_.size() < kWriteBytes ? ok_status() : flush(); }
    Status flush() {
        KODIAK_TRY(file_.write(offset_ + written_, pending_));
        written_ += pending_.size();
        pending_.clear();
        return ok_status();
    }
    uint64_t written() const { return written_; }

   private:
    File& file_;
    uint64_t offset_;
    uint64_t written_ = 0;
    std::string pending_;
};

class IntegerPairs final : public PairBuffer {
   public:
    void add(KeyRef key, uint64_t ordinal) override { pairs_.push_back({key.as_integer(), ordinal}); }
    uint64_t memory_bytes() const override { return pairs_.size() * sizeof(Pair); }
    bool empty() const override { return pairs_.empty(); }
    void clear() override { pairs_.clear(); }
    void sort() override {
        // Serial keys arrive sorted, with the newer versions of some rows behind them.
        const auto sorted = std::is_sorted_until(pairs_.begin(), pairs_.end());
        std::sort(sorted, pairs_.end());
        std::inplace_merge(pairs_.begin(), sorted, pairs_.end());
    }
    std::unique_ptr<RunReader> read() const override { return std::make_unique<Reader>(pairs_); }
    Result<uint64_t> write(File& file, uint64_t offset) const override {
        RunWriter writer(file, offset);
        for (const Pair& pair : pairs_) {
            ByteWriter bytes = writer.encode();
            bytes.u64(pair.key);
            bytes.u64(pair.ordinal);
            KODIAK_TRY(writer.flush_if_full());
        }
        KODIAK_TRY(writer.flush());
        return writer.written();
    }

   private:
    struct Pair {
        uint64_t key;
        uint64_t ordinal;
        auto operator<=>(const Pair&) const = default;
    };
    class Reader final : public RunReader {
       public:
        explicit Reader(const std::vector<Pair>& pairs) : next_(pairs.data()), end_(next_ + pairs.size()) {}
        Result<bool> advance() override {
            if (next_ == end_) {
                return false;
            }
            key_ = KeyRef::integer(next_->key);
            ordinal_ = next_->ordinal;
            ++next_;
            return true;
        }

       private:
        const Pair* next_;
        const Pair* end_;
    };
    std::vector<Pair> pairs_;
};

class BytePairs final : public PairBuffer {
   public:
    void add(KeyRef key, uint64_t ordinal) override {
        const std::string_view bytes = key.as_bytes();
        KODIAK_ASSERT(bytes.size() <= kKeyBytesMax);
        char head[8] = {};
        std::memcpy(head, bytes.data(), std::min(bytes.size(), sizeof head));
        uint64_t head_number;
        std::memcpy(&head_number, head, sizeof head_number);
        pairs_.push_back({__builtin_bswap64(head_number), keys_.size(), ordinal, static_cast<uint32_t>(bytes.size())});
        keys_.append(bytes);
    }
    uint64_t memory_bytes() const override { return pairs_.size() * sizeof(Pair) + keys_.size(); }
    bool empty() const override { return pairs_.empty(); }
    void clear() override {
        pairs_.clear();
        keys_.clear();
    }
    void sort() override {
        const auto before = [this](const Pair& a, const Pair& b) {
            if (a.head != b.head) {
                return a.head < b.head;
            }
            const int order = key_of(a).compare(key_of(b));
            return order != 0 ? order < 0 : a.ordinal < b.ordinal;
        };
        if (!std::is_sorted(pairs_.begin(), pairs_.end(), before)) {
            std::sort(pairs_.begin(), pairs_.end(), before);
        }
    }
    std::unique_ptr<RunReader> read() const override { return std::make_unique<Reader>(*this); }
    Result<uint64_t> write(File& file, uint64_t offset) const override {
        RunWriter writer(file, offset);
        for (const Pair& pair : pairs_) {
            ByteWriter bytes = writer.encode();
            bytes.u32(pair.length);
            bytes.u64(pair.ordinal);
            bytes.raw(key_of(pair));
            KODIAK_TRY(writer.flush_if_full());
        }
        KODIAK_TRY(writer.flush());
        return writer.written();
    }

   private:
    struct Pair {
        uint64_t head;    // the first 8 bytes, big-endian, zero padded: decides most comparisons
        uint64_t offset;  // of the key in keys_
        uint64_t ordinal;
        uint32_t length;
    };
    class Reader final : public RunReader {
       public:
        explicit Reader(const BytePairs& pairs) : pairs_(pairs) {}
        Result<bool> advance() override {
            if (next_ == pairs_.pairs_.size()) {
                return false;
            }
            const Pair& pair = pairs_.pairs_[next_++];
            key_ = KeyRef::bytes(pairs_.key_of(pair));
            ordinal_ = pair.ordinal;
            return true;
        }

       private:
        const BytePairs& pairs_;
        size_t next_ = 0;
    };
    std::string_view key_of(const Pair& pair) const { return {keys_.data() + pair.offset, pair.length}; }

    std::vector<Pair> pairs_;
    std::string keys_;
};

class SpilledRunReader final : public RunReader {
   public:
    SpilledRunReader(KeyForm form, const SpilledRun& run, size_t buffer_bytes)
        : form_(form), run_(run), buffer_bytes_(buffer_bytes) {}

    Result<bool> advance() override {
        if (at_ == buffer_.size() && consumed_ == run_.bytes) {
            return false;
        }
        return form_ == KeyForm::kInteger ? advance_integer() : advance_bytes();
    }

   private:
    Result<bool> advance_integer() {
        KODIAK_TRY(need(kIntegerPairBytes));
        ByteReader bytes(std::string_view(buffer_).substr(at_, kIntegerPairBytes));
        KODIAK_TRY_ASSIGN(const uint64_t key, bytes.u64());
        KODIAK_TRY_ASSIGN(ordinal_, bytes.u64());
        key_ = KeyRef::integer(key);
        at_ += kIntegerPairBytes;
        return true;
    }
    Result<bool> advance_bytes() {
        KODIAK_TRY(need(kBytePairHeader));
        ByteReader bytes(std::string_view(buffer_).substr(at_, kBytePairHeader));
        KODIAK_TRY_ASSIGN(const uint32_t length, bytes.u32());
        KODIAK_TRY_ASSIGN(ordinal_, bytes.u64());
        if (length > kKeyBytesMax) {
            return damaged(fmt::format("a key of {} bytes", length));
        }
        KODIAK_TRY(need(kBytePairHeader + length));
        key_ = KeyRef::bytes(std::string_view(buffer_).substr(at_ + kBytePairHeader, length));
        at_ += kBytePairHeader + length;
        return true;
    }
    // Makes `wanted` bytes from at_ on available in the buffer.
    Status need(size_t wanted) {
        const size_t left = buffer_.size() - at_;
        if (left >= wanted) {
            return ok_status();
        }
        if (left + (run_.bytes - consumed_) < wanted) {
            return damaged("it ends inside a key");
        }
        buffer_.erase(0, at_);
        at_ = 0;
        const uint64_t more = std::min<uint64_t>(std::max(wanted - left, buffer_bytes_), run_.bytes - consumed_);
        buffer_.resize(left + more);
        KODIAK_TRY(run_.file->read(run_.offset + consumed_, more, buffer_.data() + left));
        consumed_ += more;
        return ok_status();
    }
    Error damaged(const std::string& what) const {
        return make_error(ErrorCode::kCorruption,
                          fmt::format("sorted run is damaged near offset {}: {}", run_.offset + consumed_, what));
    }

    KeyForm form_;
    SpilledRun run_;
    size_t buffer_bytes_;
    uint64_t consumed_ = 0;  // bytes of the run that were read from the file
    std::string buffer_;
    size_t at_ = 0;  // the next pair in the buffer
};

}  // namespace

std::unique_ptr<RunReader> read_spilled_run(KeyForm form, const SpilledRun& run, size_t buffer_bytes) {
    return std::make_unique<SpilledRunReader>(form, run, buffer_bytes);
}

std::unique_ptr<PairBuffer> make_pair_buffer(KeyForm form) {
    if (form == KeyForm::kInteger) {
        return std::make_unique<IntegerPairs>();
    }
    return std::make_unique<BytePairs>();
}

}  // namespace kodiak::index
