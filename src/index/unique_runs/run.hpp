#pragma once

// The parts of SortedRuns (unique_runs.hpp): what gathers pairs, and what reads a sorted run back.
//
// Spilled form, gone with the process and so without magic or version: integer runs are pairs of u64 (key, ordinal);
// byte runs are u32 key length, u64 ordinal, key; all little-endian.

#include <memory>
#include <string>
#include <vector>

#include "base/disk/disk.hpp"
#include "base/ids/ids.hpp"
#include "base/result/result.hpp"
#include "index/unique_runs.hpp"

namespace kodiak::index {

// A place in one sorted run.
class RunReader {
   public:
    virtual ~RunReader() = default;
    // Steps to the next (at first: to the first) pair; false at the end.
    virtual Result<bool> advance() = 0;
    // The current pair; the key is valid until the next advance.
    KeyRef key() const { return key_; }
    uint64_t ordinal() const { return ordinal_; }

   protected:
    KeyRef key_;
    uint64_t ordinal_ = 0;
};

// A run that was written to a file: `bytes` bytes from `offset` on.
struct SpilledRun {
    File* file = nullptr;
    uint64_t offset = 0;
    uint64_t bytes = 0;
};

// Opens a spilled run; `buffer_bytes` at a time are read.
std::unique_ptr<RunReader> read_spilled_run(KeyForm form, const SpilledRun& run, size_t buffer_bytes);

// Pairs in memory, to be sorted and then read or spilled.
class PairBuffer {
   public:
    virtual ~PairBuffer() = default;
    virtual void add(KeyRef key, uint64_t ordinal) = 0;
    virtual uint64_t memory_bytes() const = 0;
    virtual bool empty() const = 0;
    virtual void clear() = 0;
    // Sorts by (key, ordinal).
    virtual void sort() = 0;
    // Reads the pairs in their order; the reader borrows this buffer.
    virtual std::unique_ptr<RunReader> read() const = 0;
    // Writes the pairs in their order behind `offset`; returns the bytes written.
    virtual Result<uint64_t> write(File& file, uint64_t offset) const = 0;
};

std::unique_ptr<PairBuffer> make_pair_buffer(KeyForm form);

}  // namespace kodiak::index
