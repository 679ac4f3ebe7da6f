#pragma once

// Object files in a folder (docs/formats/jit_cache.md). Private to the folder.
//
// Threads: one at a time. Errors are swallowed: without a file the code is made anew, and a file that cannot be written
// is made again the next time.

#include <memory>
#include <optional>
#include <string>

#include "base/disk/disk.hpp"

namespace kodiak::language {

class ObjectCache {
   public:
    // `identity` is what object files depend on besides the code (CodeGenerator::identity).
    ObjectCache(std::shared_ptr<Disk> disk, std::string folder, std::string identity);
    // The object file for a key; nothing if there is none, or a damaged one, which is removed.
    std::optional<std::string> find(const std::string& key) const;
    void keep(const std::string& key, const std::string& object) const;

   private:
    std::string path_of(const std::string& key) const;
    std::optional<std::string> read(const std::string& path) const;
    Status write(const std::string& path, const std::string& bytes) const;
    Status make_room() const;

    std::shared_ptr<Disk> disk_;
    std::string folder_;
    std::string identity_;
};

}  // namespace kodiak::language
