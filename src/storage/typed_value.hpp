#pragma once

// TypedValue: one value of a row as a program reads it, without its text.
//
// What       What it holds depends on the column's type:
//              integer()  BOOLEAN and integers of up to 64 bits (UBIGINT as its bits); DATE in days since 1970-01-01,
//                         TIME and TIMESTAMP in their own units (microseconds, for TIMESTAMP_S seconds, ...);
//                         DECIMAL of up to 18 digits, unscaled
//              number()   DOUBLE
//              text()     VARCHAR and BLOB
//              bytes      all else, as it lies in storage
//            Prepared statements (engine/prepared.hpp) give every other type as text().
// Lifetime   Texts point into the row; who hands out a value says how long that lives.

#include <cstdint>
#include <string_view>

#include "base/bytes/string_ref.hpp"

namespace kodiak::storage {

struct TypedValue {
    bool is_null = false;
    alignas(16) unsigned char bytes[16] = {};

    int64_t integer() const { return *reinterpret_cast<const int64_t*>(bytes); }
    double number() const { return *reinterpret_cast<const double*>(bytes); }
    std::string_view text() const { return reinterpret_cast<const StringRef*>(bytes)->view(); }

    void set_integer(int64_t value) { *reinterpret_cast<int64_t*>(bytes) = value; }
    void set_number(double value) { *reinterpret_cast<double*>(bytes) = value; }
    // Short texts are copied, long ones pointed at.
    void set_text(StringRef value) { *reinterpret_cast<StringRef*>(bytes) = value; }
};

}  // namespace kodiak::storage
