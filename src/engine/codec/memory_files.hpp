#pragma once

// MemoryFiles: bytes in memory as files of DuckDB, so that Parquet never passes the disk behind the Disk seam's back.
//
// What       Names begin with kPrefix. lend() makes bytes readable under a name; a file opened for writing is kept
//            until take().
// Threads    Safe from many threads; one file is written by one thread at a time.

#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>

#include "duckdb/common/file_system.hpp"

namespace kodiak::engine {

// What the files are; outlives the file system that DuckDB owns.
class MemoryFileTable {
   public:
    static constexpr const char* kPrefix = "kodiakmemory://";
    struct Entry {
        std::string written;
        std::string_view lent;
        bool is_lent = false;
        std::string_view bytes() const { return is_lent ? lent : std::string_view(written); }
    };
    // A new name for bytes that live until forget().
    std::string lend(std::string_view bytes);
    // A new name for a file to write.
    std::string name_to_write();
    std::string take(const std::string& name);
    void forget(const std::string& name);
    // nullptr when there is none.
    std::shared_ptr<Entry> find(const std::string& name);

   private:
    std::string add(std::shared_ptr<Entry> entry);

    std::mutex mutex_;
    std::map<std::string, std::shared_ptr<Entry>> entries_;  // guarded by mutex_
    uint64_t next_ = 0;                                      // guarded by mutex_
};

duckdb::unique_ptr<duckdb::FileSystem> make_memory_files(std::shared_ptr<MemoryFileTable> table);

}  // namespace kodiak::engine
