#pragma once

// Narrowing decoded values into the buffers of a cold file's column. Internal to storage/warm.

#include <string_view>
#include <unordered_map>

#include "storage/column_view.hpp"
#include "storage/warm/file_columns.hpp"

namespace kodiak::storage::warm {

// Fills the buffers of one column, batch by batch. Threads: one.
class ColumnFiller {
   public:
    // `column` describes buffers of zeros that may be written here; `rows` of the whole file.
    ColumnFiller(const OpenColumn& column, uint64_t rows);
    // The next `count` values. kCorruption: more rows than the file has, or values that the layout has no room for.
    Status add(const ColumnView& values, size_t count);
    uint64_t filled() const { return row_; }

   private:
    Status add_string(const ColumnView& values, size_t i);
    Status add_code(std::string_view text);
    void add_number(const ColumnView& values, size_t i);

    const OpenColumn& column_;
    const uint64_t rows_;
    uint64_t row_ = 0;
    uint64_t heap_used_ = 0;
    uint8_t* validity_;
    uint8_t* data_;
    uint8_t* heap_;
    std::unordered_map<std::string_view, uint16_t> codes_;
};

}  // namespace kodiak::storage::warm
