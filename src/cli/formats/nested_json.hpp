#pragma once

// Nested values as JSON: lists and arrays become arrays, structs and maps become objects, numbers stay exact.
//
// How        The engine writes nested values as text, `{'a': 1, 'b': [x, NULL]}`; with the column's type that text can
// be
//            read back without guessing, because texts in it that could be misread are quoted there.
// Errors     None: a text that does not fit its type (a UNION does not show its member) is written as a JSON string.
// Cost       Linear; nesting is limited by the type's own depth.

#include <string>
#include <string_view>

namespace kodiak::cli {

// Appends the value `text` of SQL type `type` as JSON.
void append_nested_json(std::string& target, std::string_view type, std::string_view text);

}  // namespace kodiak::cli
