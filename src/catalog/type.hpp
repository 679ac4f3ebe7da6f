#pragma once

// Type: what a column or nested value holds, independent of DuckDB and of how it is stored.
//
// What       A tree: kind, parameters (decimal width and scale, enum labels, child names and types), alias, collation.
// Why        Definitions live in the store, are hashed and outlive engine versions, so they need a form of our own.
// How        `physical()` says how one value lies in memory. Nested kinds are stored as one byte string per row that
//            holds the value's canonical encoding (storage/rows/canonical_row.hpp); all others have a fixed width or
//            are byte strings.
// Threads    Immutable values.
// Source     The kinds are those of DuckDB 1.5 (its logical types); kind numbers are ours and frozen: they are hashed.

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/bytes/byte_io.hpp"
#include "base/result/result.hpp"

namespace kodiak::catalog {

// Frozen numbers: part of every encoded definition.
enum class TypeKind : uint8_t {
    kBoolean = 1,
    kTinyInt = 2,
    kSmallInt = 3,
    kInteger = 4,
    kBigInt = 5,
    kHugeInt = 6,
    kUTinyInt = 7,
    kUSmallInt = 8,
    kUInteger = 9,
    kUBigInt = 10,
    kUHugeInt = 11,
    kFloat = 12,
    kDouble = 13,
    kDecimal = 14,      // width, scale; unscaled integer of 2, 4, 8 or 16 bytes by width 4, 9, 18, 38
    kDate = 15,         // days since 1970-01-01, int32
    kTime = 16,         // microseconds, int64
    kTimeNs = 17,       // nanoseconds, int64
    kTimeTz = 18,       // DuckDB's packed 64 bits: microseconds << 24 | inverted offset
    kTimestamp = 19,    // microseconds, int64
    kTimestampS = 20,
    kTimestampMs = 21,
    kTimestampNs = 22,
    kTimestampTz = 23,  // microseconds UTC
    kInterval = 24,     // months i32, days i32, microseconds i64
    kUuid = 25,         // 128-bit integer with the top bit flipped (so that signed order = text order)
    kVarchar = 26,
    kBlob = 27,
    kBit = 28,
    kBigNum = 29,
    kEnum = 30,         // labels; stored as position of 1, 2 or 4 bytes, hashed as label
    kList = 31,         // children[0]
    kStruct = 32,       // named children
    kMap = 33,          // children[0] key, children[1] value
    kArray = 34,        // children[0], array_length
    kUnion = 35,        // named children
    kVariant = 36,
    kGeometry = 37,
    kSqlNull = 38,      // the type of a bare NULL; stored as int32
};

// How one value lies in a chunk's plain layout.
enum class Physical : uint8_t {
    kBool,  // one byte, 0 or 1
    kInt8,
    kInt16,
    kInt32,
    kInt64,
    kInt128,  // little-endian two's complement, 16 bytes
    kUint8,
    kUint16,
    kUint32,
    kUint64,
    kUint128,
    kFloat,
    kDouble,
    kInterval,  // 16 bytes
    kString,    // StringRef, 16 bytes in memory
};

// Bytes of one value in plain layout (16 for kString: a StringRef).
uint32_t physical_bytes(Physical physical);
// True for the kinds that a frame of reference can narrow: bool and integers up to 64 bits.
bool is_narrowable(Physical physical);

struct Type;
struct NamedType;

struct Type {
    TypeKind kind = TypeKind::kSqlNull;
    uint8_t decimal_width = 0;
    uint8_t decimal_scale = 0;
    uint32_t array_length = 0;
    std::vector<std::string> labels;        // kEnum
    std::vector<NamedType> children;        // nested kinds; names empty for list, map and array
    std::string alias;                      // name of a user-defined or engine alias type such as JSON; may be empty
    std::string collation;                  // kVarchar; may be empty
    std::string extra;                      // engine's further type information (e.g. a geometry's CRS); may be empty

    bool operator==(const Type& other) const;
    Physical physical() const;
    // True when values are stored as canonical bytes in a StringRef: list, struct, map, array, union, variant.
    bool is_nested() const;
};

struct NamedType {
    std::string name;
    Type type;
    bool operator==(const NamedType&) const = default;
};

// Writes the frozen byte form (docs/formats/definitions.md).
void encode_type(const Type& type, ByteWriter& writer);
// Reads it back; kCorruption for anything malformed, nesting deeper than 1,000 included.
Result<Type> decode_type(ByteReader& reader);

// True when every value of `from` is a value of `to` and the change needs no rewriting of rows: wider integers of
// the same signedness, unsigned into a wider signed, FLOAT to DOUBLE, DECIMAL of equal scale and greater width, an
// ENUM that only gained labels at the end.
bool is_lossless_widening(const Type& from, const Type& to);

}  // namespace kodiak::catalog
