#pragma once

// An UPSERT with its names resolved against the table: what is written, what finds the row, which guards are needed.

#include <string>
#include <string_view>
#include <vector>

#include "language/upsert.hpp"

namespace kodiak::language {

struct UpsertPlan {
    UpsertPlan() = default;
    UpsertPlan(UpsertPlan&&) =
        default;  // moving keeps the columns where they are; a copy would point into the old plan
    UpsertPlan& operator=(UpsertPlan&&) = default;

    TableShape shape;
    std::vector<const ShapeColumn*> given;  // columns that get values, in the order of the values; point into shape
    std::vector<const ShapeColumn*> key;    // columns that find the row; all of them are given
    bool key_finds_one_row = false;         // the key holds a declared unique key
    bool key_is_declared = false;           // the key is exactly a declared unique key

    bool is_key(const ShapeColumn* column) const;
};

// Resolves names. `text` is the statement's, for positions. Errors: those of upsert.hpp.
Result<UpsertPlan> plan_upsert(std::string_view text, const UpsertStatement& statement, CatalogLookup& catalog);

}  // namespace kodiak::language
