#pragma once

// ColumnView and BatchView: how a caller hands column values to the store without copying them first.
//
// Layout     `data` points to values in the plain layout of a Physical (catalog/type.hpp): fixed-width values, or
//            StringRefs for strings and for nested values (their canonical bytes). `validity` has one bit per stored
//            value, 1 = present, least significant bit first; nullptr = no NULLs. `selection` maps row i of the batch
//            to position selection[i] in data and validity; nullptr = identity. This is DuckDB's unified vector
//            format, so vectors pass as they are. Values under a NULL are never read.
// Lifetime   Borrowed: the memory must live until the call that takes the view returns.

#include <cstdint>
#include <span>

namespace kodiak::storage {

struct ColumnView {
    const void* data = nullptr;
    const uint64_t* validity = nullptr;
    const uint32_t* selection = nullptr;

    uint32_t position(size_t row) const {
        return selection != nullptr ? selection[row] : static_cast<uint32_t>(row);
    }
    bool is_valid(size_t row) const {
        const uint32_t at = position(row);
        return validity == nullptr || ((validity[at / 64] >> (at % 64)) & 1) != 0;
    }
};

// `columns` in the order of TableDefinition::stored_columns() (ascending ColumnId).
struct BatchView {
    size_t rows = 0;
    std::span<const ColumnView> columns;
};

}  // namespace kodiak::storage
