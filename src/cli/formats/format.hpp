#pragma once

// The formats that answers are written in: box, csv, json, jsonl, markdown, line.
//
// What       make_format() gives a ResultSink that writes answers to an Output, and flushes it after each answer.
// box        As DuckDB's shell draws it: names and types above, numbers to the right, NULL as NULL, the number of rows
//            below when it is not one. The only format that keeps rows: beyond `rows_max` it shows the first and the
//            last.
// csv        RFC 4180 with a header line; records end in a line feed. NULL is empty, the empty text is "".
// json       One array of objects per answer; jsonl one object per line. Numbers are exact, NaN and infinities are
// texts. markdown   A table; `|` and line ends in values are escaped. line       One `name = value` per line, an empty
// line between rows. Answers without rows are written by box and line, as people read them; the other formats hold
// nothing but data.

#include <array>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "cli/output.hpp"
#include "database/result_sink.hpp"

namespace kodiak::cli {

enum class FormatKind : uint8_t { kBox, kCsv, kJson, kJsonl, kMarkdown, kLine };

inline constexpr std::array<std::string_view, 6> kFormatNames = {"box", "csv", "json", "jsonl", "markdown", "line"};

// The format of a name; nothing when there is none.
std::optional<FormatKind> format_named(std::string_view name);

// Makes a format that writes to `output`, which must outlive it.
std::unique_ptr<database::ResultSink> make_format(FormatKind kind, Output& output);

// An error as one JSON object, for the json formats.
std::string error_as_json(const Error& error, std::string_view file_name);

// Appends `text` as a JSON string; bytes that are no UTF-8 become U+FFFD.
void append_json_string(std::string& target, std::string_view text);

// Appends a FLOAT or DOUBLE; nan and infinities as JSON strings.
void append_json_float(std::string& target, std::string_view text);

}  // namespace kodiak::cli
