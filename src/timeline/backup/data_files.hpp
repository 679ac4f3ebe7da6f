#pragma once

// The data files that a database directory names, by its manifest and its log.

#include <string>
#include <vector>

#include "timeline/database_core.hpp"

namespace kodiak::timeline {

// Paths of the files, all of them written whole. Opens the database to read: errors as DatabaseCore::open().
Result<std::vector<std::string>> data_files_of(const Surroundings& surroundings, const std::string& directory);

}  // namespace kodiak::timeline
