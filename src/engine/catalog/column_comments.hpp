#pragma once

// Comments on columns of views: kept as tags of the view, because a view's columns have no definitions of their own.

#include <string>
#include <string_view>

namespace kodiak::engine {

inline constexpr std::string_view kColumnCommentTag = "kodiak.column_comment.";

inline std::string column_comment_tag(const std::string& column) { return std::string(kColumnCommentTag) + column; }
inline bool is_column_comment_tag(std::string_view key) { return key.starts_with(kColumnCommentTag); }
inline std::string column_of_comment_tag(std::string_view key) {
    return std::string(key.substr(kColumnCommentTag.size()));
}

}  // namespace kodiak::engine
