#pragma once

// Replaces a file whole: readers, and a crash at any moment, find the old one or the new one.
//
// For the file that names the rest of a database, and for files that a person asked for.

#include <string>
#include <string_view>

#include "base/disk/disk.hpp"

namespace kodiak {

// Writes `bytes` to `path`.new, makes them durable, and renames it to `path`; the name is durable on return. When it
// fails, `path` is as it was, or whole and new.
Status replace_file(Disk& disk, const std::string& path, std::string_view bytes);

}  // namespace kodiak
