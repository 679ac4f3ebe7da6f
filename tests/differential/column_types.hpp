#pragma once

// The column types of random histories, and random values of them as SQL text.
//
// What       random_type() picks a type; random_literal() writes a value of it, edge values among them;
// numbered_value()
//            writes an expression that makes a value out of a row number, for statements that insert many rows.
// Rules      No two values of a type are equal and look different (-0 and 0, one month and 30 days): which of them a
//            group shows is not defined, and DuckDB's tables keep the old one in an UPDATE to the other.

#include <cstdint>
#include <string>

namespace kodiak::differential {

// A repeatable stream of choices; the same seed gives the same history on every platform.
class Dice {
   public:
    explicit Dice(uint64_t seed) : state_(seed) {}
    uint64_t next();
    // A number in [0, bound). Requires: bound > 0.
    size_t below(size_t bound) { return static_cast<size_t>(next() % bound); }
    int64_t between(int64_t low, int64_t high) {
        return low + static_cast<int64_t>(next() % static_cast<uint64_t>(high - low + 1));
    }
    bool one_in(size_t n) { return below(n) == 0; }
    template <typename List>
    const auto& pick(const List& list) {
        return list[below(list.size())];
    }

   private:
    uint64_t state_;
};

enum class TypeFamily : uint8_t { kBoolean, kInteger, kDecimal, kFloat, kText, kBytes, kTime, kEnum, kNested, kOther };

struct ColumnType {
    const char* sql;
    TypeFamily family;
    bool is_orderable;  // may be sorted, grouped and compared with well defined answers
};

const ColumnType& random_type(Dice& dice);
// A type for keys: small values, so that they meet.
const ColumnType& random_key_type(Dice& dice);
// What ALTER TYPE changes a column into: mostly possible, sometimes not for every value.
const ColumnType& random_type_of_family(Dice& dice, TypeFamily family);

// A value without NULL, as SQL text.
std::string random_literal(Dice& dice, const ColumnType& type);
// NULL once in six.
std::string random_value(Dice& dice, const ColumnType& type);
// An expression over a row number, with that many different values (fewer where the type has fewer).
std::string numbered_value(const ColumnType& type, const std::string& number, size_t distinct);

}  // namespace kodiak::differential
