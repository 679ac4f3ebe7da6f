#include "database/database.hpp"

namespace kodiak::database {

std::string version_text() { return "kodiak " KODIAK_VERSION " (DuckDB " KODIAK_ENGINE_VERSION ")"; }

}  // namespace kodiak::database
