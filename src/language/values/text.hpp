#pragma once

// Operations on UTF-8 texts that count characters, as the engine's functions do. Texts are valid UTF-8.

#include <cstdint>
#include <string>
#include <string_view>

namespace kodiak::language {

// The characters from position `first` (1 is the first one; negative counts from the end) to `last`, both included.
std::string slice_characters(std::string_view text, int64_t first, int64_t last);
// SUBSTR: `length` characters from `start`; a negative start counts from the end.
std::string substring(std::string_view text, int64_t start, int64_t length);
std::string upper_text(std::string_view text);
std::string lower_text(std::string_view text);
std::string reverse_text(std::string_view text);
// Position of the first `wanted` in characters, from 1; 0 if there is none.
int64_t character_position(std::string_view text, std::string_view wanted);
// LIKE with % and _, in time linear in text times pattern.
bool like_matches(std::string_view text, std::string_view pattern, bool fold_case);

}  // namespace kodiak::language
