#include "database/extension_folders.hpp"

#include <cstdlib>
#include <filesystem>

namespace kodiak::database {

std::vector<std::string> extension_folders() {
    std::vector<std::string> folders;
    if (const char* named = std::getenv("KODIAK_EXTENSIONS"); named != nullptr && *named != '\0') {
        folders.emplace_back(named);
    }
    std::error_code unknown;
    std::filesystem::path program = std::filesystem::read_symlink("/proc/self/exe", unknown);
    if (!unknown) {
        folders.push_back((program.parent_path() / "extensions").string());
    }
    folders.emplace_back(KODIAK_BUILD_EXTENSIONS);
    return folders;
}

}  // namespace kodiak::database
