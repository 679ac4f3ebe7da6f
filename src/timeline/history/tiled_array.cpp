#include "timeline/history/tiled_array.hpp"

#include <algorithm>

#include "base/result/assert.hpp"

namespace kodiak::timeline {

TiledArray::TiledArray(std::shared_ptr<Disk> disk, std::string stem, SumUp sum_up)
    : disk_(std::move(disk)), stem_(std::move(stem)), sum_up_(sum_up) {}

std::string TiledArray::path(uint32_t level) const { return stem_ + "-" + std::to_string(level); }

Status TiledArray::load(uint64_t size) {
    Status loaded;
    for (uint32_t level = 0; level < kLevels && loaded.ok(); ++level) {
        loaded = load_level(level, size >> (kTileBits * level));
    }
    const std::lock_guard guard(mutex_);
    if (!loaded.ok()) {
        levels_ = {};
        size = 0;
    }
    size_ = size;
    saved_ = size;
    return loaded;
}

Status TiledArray::load_level(uint32_t level, uint64_t size) {
    Level& loaded = levels_[level];
    loaded = {};
    loaded.first = size / kTileEntries * kTileEntries;
    loaded.tail.resize(size - loaded.first);
    if (size == 0) {
        return {};
    }
    KODIAK_TRY_ASSIGN(const std::shared_ptr<File> file, file_of(level));
    KODIAK_TRY_ASSIGN(const uint64_t bytes, file->size());
    if (bytes < size * kEntryBytes) {
        return make_error(ErrorCode::kCorruption, "file \"" + path(level) + "\" has " + std::to_string(bytes) +
                                                      " bytes, " + std::to_string(size * kEntryBytes) + " expected");
    }
    return file->read(loaded.first * kEntryBytes, loaded.tail.size() * kEntryBytes,
                      reinterpret_cast<char*>(loaded.tail.data()));
}

Result<std::shared_ptr<File>> TiledArray::file_of(uint32_t level) const {
    const std::lock_guard guard(mutex_);
    std::shared_ptr<File>& file = levels_[level].file;
    if (file == nullptr) {
        KODIAK_TRY_ASSIGN(file, disk_->open(path(level), OpenMode::kRead));
    }
    return file;
}

void TiledArray::append(const Entry& entry) {
    const std::lock_guard guard(mutex_);
    levels_[0].tail.push_back(entry);
    ++size_;
    uint64_t count = size_;
    for (uint32_t level = 0; count % kTileEntries == 0; ++level, count >>= kTileBits) {
        const std::vector<Entry>& tail = levels_[level].tail;
        levels_[level + 1].tail.push_back(sum_up_(level, std::span(tail).last(kTileEntries)));
    }
}

void TiledArray::cut(uint64_t size) {
    const std::lock_guard guard(mutex_);
    KODIAK_ASSERT(size >= saved_ && size <= size_);
    size_ = size;
    for (uint32_t level = 0; level < kLevels; ++level) {
        levels_[level].tail.resize((size >> (kTileBits * level)) - levels_[level].first);
    }
}

void TiledArray::replace(uint64_t index, const Entry& entry) {
    const std::lock_guard guard(mutex_);
    KODIAK_ASSERT(index >= saved_ && index < size_);
    levels_[0].tail[index - levels_[0].first] = entry;
}

uint64_t TiledArray::size() const {
    const std::lock_guard guard(mutex_);
    return size_;
}

Status TiledArray::read(uint32_t level, uint64_t first, std::span<Entry> target) const {
    uint64_t from_file = 0;
    {
        const std::lock_guard guard(mutex_);
        const Level& from = levels_[level];
        KODIAK_ASSERT(first + target.size() <= from.first + from.tail.size());
        from_file = std::min<uint64_t>(from.first > first ? from.first - first : 0, target.size());
        if (from_file < target.size()) {
            const auto begin = from.tail.begin() + static_cast<ptrdiff_t>(first + from_file - from.first);
            std::copy_n(begin, target.size() - from_file, target.begin() + static_cast<ptrdiff_t>(from_file));
        }
    }
    if (from_file == 0) {
        return {};
    }
    KODIAK_TRY_ASSIGN(const std::shared_ptr<File> file, file_of(level));
    return file->read(first * kEntryBytes, from_file * kEntryBytes, reinterpret_cast<char*>(target.data()));
}

Status TiledArray::save(uint64_t upto) {
    for (uint32_t level = 0; level < kLevels; ++level) {
        std::vector<Entry> entries;
        uint64_t first = 0;
        {
            const std::lock_guard guard(mutex_);
            KODIAK_ASSERT(upto <= size_);
            first = saved_ >> (kTileBits * level);
            const uint64_t count = (upto >> (kTileBits * level)) - first;
            const auto begin = levels_[level].tail.begin() + static_cast<ptrdiff_t>(first - levels_[level].first);
            entries.assign(begin, begin + static_cast<ptrdiff_t>(count));
        }
        if (entries.empty()) {
            continue;
        }
        KODIAK_TRY_ASSIGN(const std::unique_ptr<File> file, disk_->open(path(level), OpenMode::kCreateOrOpen));
        KODIAK_TRY(file->write(first * kEntryBytes, {reinterpret_cast<const char*>(entries.data()),
                                                     entries.size() * kEntryBytes}));
        KODIAK_TRY(file->sync());
    }
    return {};
}

void TiledArray::saved(uint64_t upto) {
    const std::lock_guard guard(mutex_);
    saved_ = upto;
    for (uint32_t level = 0; level < kLevels; ++level) {
        Level& of = levels_[level];
        const uint64_t first = (upto >> (kTileBits * level)) / kTileEntries * kTileEntries;
        of.tail.erase(of.tail.begin(), of.tail.begin() + static_cast<ptrdiff_t>(first - of.first));
        of.first = first;
    }
}

}  // namespace kodiak::timeline
