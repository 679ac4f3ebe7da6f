#pragma once

// What kind of file an import reads, and the SQL that reads it.

#include <string>
#include <string_view>
#include <vector>

#include "base/result/result.hpp"

namespace kodiak::cli {

enum class FileKind : uint8_t { kCsv, kParquet, kJson };

struct ImportFile {
    std::string path;
    FileKind kind = FileKind::kCsv;
    uint64_t bytes = 0;  // 0 when unknown
};

// Finds out what a file is: by its first bytes (Parquet, JSON), else by its extension. Remote paths (with ://) are told
// by extension only. kNotFound, kIo; kInvalidValue for a directory or a file of no known kind.
Result<ImportFile> inspect_file(const std::string& path);

struct ColumnType {
    std::string name;
    std::string type;
};

struct ReadOptions {
    std::string null_text;             // CSV: another text for NULL; empty: none
    bool infer_from_all_rows = false;  // CSV: look at every row before deciding on types
    std::string quoted_delimiter;      // CSV: the delimiter of a file that quotes by "; empty: find both out
    std::vector<ColumnType> types;     // CSV: types of some columns, instead of inferring them
    std::vector<std::string> names;    // CSV without a header line: its columns; empty: the first line has names
};

// The table function call that reads these files, all of kind `kind`, as one table: columns are matched by name.
std::string read_call(FileKind kind, const std::vector<std::string>& paths, const ReadOptions& options);

// The query for the delimiter and the quote that the CSV reader finds in the first rows of a file.
std::string dialect_query(const std::string& path);

// The query for the number of the first line (no row: none) with a value that begins with a quote which nothing closes,
// among the rows that dialect_query() looks at.
std::string open_quote_query(const std::string& path, const std::string& delimiter);

// The SQL name that a person means by `text`: parts between dots, quoted where they are not plain, e.g. `sales.my
// table` becomes "sales"."my table". kSyntax when a quote is not closed or a part is empty.
Result<std::string> sql_name(std::string_view text);

}  // namespace kodiak::cli
