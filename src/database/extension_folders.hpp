#pragma once

// Where `LOAD name` looks for extension packages.

#include <string>
#include <vector>

namespace kodiak::database {

// $KODIAK_EXTENSIONS, `extensions` beside the program, and the folder of the build's dependency script, in this order.
std::vector<std::string> extension_folders();

}  // namespace kodiak::database
