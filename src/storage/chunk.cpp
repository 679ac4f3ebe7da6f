#include "storage/chunk.hpp"

#include <algorithm>

namespace kodiak::storage {

int StoredSchema::position(ColumnId id) const {
    const auto found = std::lower_bound(ids.begin(), ids.end(), id);
    return found != ids.end() && *found == id ? static_cast<int>(found - ids.begin()) : -1;
}

}  // namespace kodiak::storage
