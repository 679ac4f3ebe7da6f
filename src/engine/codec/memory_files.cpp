#include "engine/codec/memory_files.hpp"

#include <algorithm>
#include <cstring>

#include "duckdb/common/exception.hpp"

namespace kodiak::engine {

std::string MemoryFileTable::add(std::shared_ptr<Entry> entry) {
    const std::lock_guard guard(mutex_);
    std::string name = kPrefix + std::to_string(next_++) + ".parquet";
    entries_[name] = std::move(entry);
    return name;
}

std::string MemoryFileTable::lend(std::string_view bytes) {
    auto entry = std::make_shared<Entry>();
    entry->lent = bytes;
    entry->is_lent = true;
    return add(std::move(entry));
}

std::string MemoryFileTable::name_to_write() { return add(std::make_shared<Entry>()); }

std::string MemoryFileTable::take(const std::string& name) {
    const std::lock_guard guard(mutex_);
    std::string bytes = std::move(entries_.at(name)->written);
    entries_.erase(name);
    return bytes;
}

void MemoryFileTable::forget(const std::string& name) {
    const std::lock_guard guard(mutex_);
    entries_.erase(name);
}

std::shared_ptr<MemoryFileTable::Entry> MemoryFileTable::find(const std::string& name) {
    const std::lock_guard guard(mutex_);
    const auto found = entries_.find(name);
    return found == entries_.end() ? nullptr : found->second;
}

namespace {

struct MemoryHandle final : public duckdb::FileHandle {
    MemoryHandle(duckdb::FileSystem& files, const std::string& name, duckdb::FileOpenFlags with,
                 std::shared_ptr<MemoryFileTable::Entry> of)
        : FileHandle(files, name, with), entry(std::move(of)) {}
    void Close() override {}

    std::shared_ptr<MemoryFileTable::Entry> entry;
    uint64_t position = 0;
};

class MemoryFiles final : public duckdb::FileSystem {
   public:
    explicit MemoryFiles(std::shared_ptr<MemoryFileTable> table) : table_(std::move(table)) {}

    duckdb::unique_ptr<duckdb::FileHandle> OpenFile(const duckdb::string& path, duckdb::FileOpenFlags flags,
                                                    duckdb::optional_ptr<duckdb::FileOpener>) override {
        auto entry = table_->find(path);
        if (entry == nullptr) {
            if (flags.ReturnNullIfNotExists()) {
                return nullptr;
            }
            throw duckdb::IOException("no such file in memory: %s", path);
        }
        return duckdb::make_uniq<MemoryHandle>(*this, path, flags, std::move(entry));
    }

    void Read(duckdb::FileHandle& handle, void* buffer, int64_t bytes, duckdb::idx_t location) override {
        const std::string_view all = handle.Cast<MemoryHandle>().entry->bytes();
        if (location > all.size() || static_cast<uint64_t>(bytes) > all.size() - location) {
            throw duckdb::IOException("the file ends too early");
        }
        std::memcpy(buffer, all.data() + location, static_cast<size_t>(bytes));
    }

    int64_t Read(duckdb::FileHandle& handle, void* buffer, int64_t bytes) override {
        auto& memory = handle.Cast<MemoryHandle>();
        const std::string_view all = memory.entry->bytes();
        const uint64_t left = all.size() - std::min<uint64_t>(memory.position, all.size());
        const uint64_t count = std::min<uint64_t>(left, static_cast<uint64_t>(bytes));
        std::memcpy(buffer, all.data() + memory.position, count);
        memory.position += count;
        return static_cast<int64_t>(count);
    }

    void Write(duckdb::FileHandle& handle, void* buffer, int64_t bytes, duckdb::idx_t location) override {
        std::string& all = handle.Cast<MemoryHandle>().entry->written;
        all.resize(std::max<size_t>(all.size(), location + static_cast<size_t>(bytes)));
        std::memcpy(all.data() + location, buffer, static_cast<size_t>(bytes));
    }

    int64_t Write(duckdb::FileHandle& handle, void* buffer, int64_t bytes) override {
        auto& memory = handle.Cast<MemoryHandle>();
        Write(handle, buffer, bytes, memory.position);
        memory.position += static_cast<uint64_t>(bytes);
        return bytes;
    }

    int64_t GetFileSize(duckdb::FileHandle& handle) override {
        return static_cast<int64_t>(handle.Cast<MemoryHandle>().entry->bytes().size());
    }
    duckdb::timestamp_t GetLastModifiedTime(duckdb::FileHandle&) override { return duckdb::timestamp_t(0); }
    duckdb::FileType GetFileType(duckdb::FileHandle&) override { return duckdb::FileType::FILE_TYPE_REGULAR; }
    void Truncate(duckdb::FileHandle& handle, int64_t bytes) override {
        handle.Cast<MemoryHandle>().entry->written.resize(static_cast<size_t>(bytes));
    }
    bool FileExists(const duckdb::string& path, duckdb::optional_ptr<duckdb::FileOpener>) override {
        return table_->find(path) != nullptr;
    }
    bool IsPipe(const duckdb::string&, duckdb::optional_ptr<duckdb::FileOpener>) override { return false; }
    void RemoveFile(const duckdb::string&, duckdb::optional_ptr<duckdb::FileOpener>) override {}
    bool TryRemoveFile(const duckdb::string&, duckdb::optional_ptr<duckdb::FileOpener>) override { return true; }
    void FileSync(duckdb::FileHandle&) override {}
    bool DirectoryExists(const duckdb::string&, duckdb::optional_ptr<duckdb::FileOpener>) override { return true; }
    void CreateDirectory(const duckdb::string&, duckdb::optional_ptr<duckdb::FileOpener>) override {}
    duckdb::vector<duckdb::OpenFileInfo> Glob(const duckdb::string& path, duckdb::FileOpener*) override {
        return table_->find(path) == nullptr ? duckdb::vector<duckdb::OpenFileInfo>()
                                             : duckdb::vector<duckdb::OpenFileInfo>{duckdb::OpenFileInfo(path)};
    }
    bool CanHandleFile(const duckdb::string& path) override { return path.rfind(MemoryFileTable::kPrefix, 0) == 0; }
    void Seek(duckdb::FileHandle& handle, duckdb::idx_t location) override {
        handle.Cast<MemoryHandle>().position = location;
    }
    void Reset(duckdb::FileHandle& handle) override { handle.Cast<MemoryHandle>().position = 0; }
    duckdb::idx_t SeekPosition(duckdb::FileHandle& handle) override { return handle.Cast<MemoryHandle>().position; }
    bool CanSeek() override { return true; }
    // Random reads are as cheap as they get.
    bool OnDiskFile(duckdb::FileHandle&) override { return true; }
    std::string GetName() const override { return "KodiakMemoryFiles"; }

   private:
    const std::shared_ptr<MemoryFileTable> table_;
};

}  // namespace

duckdb::unique_ptr<duckdb::FileSystem> make_memory_files(std::shared_ptr<MemoryFileTable> table) {
    return duckdb::make_uniq<MemoryFiles>(std::move(table));
}

}  // namespace kodiak::engine
