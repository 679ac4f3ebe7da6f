#pragma once

// Values of code both ways: between language::Value and DuckDB's vectors and values.
//
// How        A ValueBridge is made once per type and then reads or writes one value at a time; numbers, dates and texts
//            go straight from and to the vector's memory, nested values by way of duckdb::Value. Types that code only
//            passes on (UUID, MAP, UNION, ...) travel as their text.
// Threads    A bridge is immutable; the values belong to the thread that makes them.

#include <memory>
#include <vector>

#include "duckdb/common/types/value.hpp"
#include "duckdb/common/types/vector.hpp"

#include "language/values/code_type.hpp"
#include "language/values/value.hpp"

namespace kodiak::engine {

// The type of a value of code in SQL; VOID is NULL's. Throws kUnsupported for types that exist in code only.
duckdb::LogicalType to_logical_type(const language::CodeType& type);

class ValueBridge {
   public:
    explicit ValueBridge(const catalog::Type& type);

    const duckdb::LogicalType& logical_type() const { return logical_; }
    // Row `row` of a vector of this type.
    language::Value read(const duckdb::UnifiedVectorFormat& format, size_t row, duckdb::Vector& vector,
                         const language::Meter& meter) const;
    // Row `row` of a flat vector of this type.
    void write(const language::Value& value, duckdb::Vector& vector, size_t row) const;
    language::Value from_duckdb(const duckdb::Value& value, const language::Meter& meter) const;
    duckdb::Value to_duckdb(const language::Value& value) const;

   private:
    bool is_direct() const;
    language::Value nested_from(const duckdb::Value& value, const language::Meter& meter) const;
    duckdb::Value nested_to(const language::Value& value) const;

    std::shared_ptr<const catalog::Type> type_;
    duckdb::LogicalType logical_;
    catalog::Physical physical_;
    std::vector<ValueBridge> children_;
};

}  // namespace kodiak::engine
