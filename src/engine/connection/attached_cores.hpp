#pragma once

// AttachedCores: which database stands behind which catalog of an instance; and the storage extension that opens them.
//
// How        `ATTACH '<path>' AS <name> (TYPE kodiak)` reaches our attach callback with nothing but path and name, so
//            the Engine enters the database here first. A path that nobody entered is refused: opening databases is the
//            database room's work.
// Threads    Safe from many threads.

#include <mutex>
#include <string>
#include <unordered_map>

#include "duckdb/main/config.hpp"
#include "duckdb/storage/storage_extension.hpp"

#include "timeline/database_core.hpp"

namespace kodiak::engine {

class AttachedCores : public duckdb::StorageExtensionInfo {
   public:
    // False when the name is taken.
    bool enter(const std::string& name, timeline::DatabaseCore& core);
    void leave(const std::string& name);
    // nullptr when there is none.
    timeline::DatabaseCore* find(const std::string& name);
    // Empty when it is not attached.
    std::string name_of(const timeline::DatabaseCore* core);

   private:
    std::mutex mutex_;
    std::unordered_map<std::string, timeline::DatabaseCore*> cores_;  // by folded name
    std::unordered_map<const timeline::DatabaseCore*, std::string> names_;
};

// Registers the storage extension "kodiak" over `cores`.
void register_storage_extension(duckdb::DBConfig& config, duckdb::shared_ptr<AttachedCores> cores);

}  // namespace kodiak::engine
