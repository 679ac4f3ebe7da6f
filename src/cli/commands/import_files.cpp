#include "cli/commands/import_files.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include <array>
#include <cerrno>
#include <cstring>

#include "language/lexer/words.hpp"

namespace kodiak::cli {

namespace {

struct Extension {
    std::string_view ending;
    FileKind kind;
};
constexpr std::array kExtensions = {Extension{".csv", FileKind::kCsv},    Extension{".tsv", FileKind::kCsv},
                                    Extension{".txt", FileKind::kCsv},    Extension{".parquet", FileKind::kParquet},
                                    Extension{".pq", FileKind::kParquet}, Extension{".json", FileKind::kJson},
                                    Extension{".jsonl", FileKind::kJson}, Extension{".ndjson", FileKind::kJson}};

bool ends_with(std::string_view text, std::string_view ending) {
    return text.size() >= ending.size() && text.substr(text.size() - ending.size()) == ending;
}

Result<FileKind> kind_by_extension(const std::string& path) {
    std::string name = language::fold_name(path);
    for (std::string_view packed : {".gz", ".zst"}) {
        if (ends_with(name, packed)) {
            name.resize(name.size() - packed.size());
        }
    }
    for (const auto& extension : kExtensions) {
        if (ends_with(name, extension.ending)) {
            return extension.kind;
        }
    }
    return make_error(ErrorCode::kInvalidValue, "cannot tell what kind of file \"" + path + "\" is")
        .with_hint(
            "Give it one of the extensions csv, tsv, txt, parquet, json, jsonl, ndjson; .gz or .zst may follow.");
}

Error file_error(const std::string& path, int problem) {
    ErrorCode code = problem == ENOENT || problem == ENOTDIR ? ErrorCode::kNotFound
                     : problem == EACCES                     ? ErrorCode::kPermission
                                                             : ErrorCode::kIo;
    return make_error(code, "cannot read file \"" + path + "\": " + std::strerror(problem));
}

// The first bytes of a file, fewer when it is shorter.
Result<std::string> first_bytes(const std::string& path) {
    int descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
    if (descriptor < 0) {
        return file_error(path, errno);
    }
    std::string bytes(64, '\0');
    ssize_t count = ::read(descriptor, bytes.data(), bytes.size());
    int problem = errno;
    ::close(descriptor);
    if (count < 0) {
        return file_error(path, problem);
    }
    bytes.resize(static_cast<size_t>(count));
    return bytes;
}

std::string quoted_list(const std::vector<std::string>& texts) {
    std::string list;
    for (const auto& text : texts) {
        list += (list.empty() ? "[" : ", ") + language::quote_string(text);
    }
    return list + "]";
}

// The rows from which the CSV reader guesses, unless told otherwise.
constexpr int kSampledRows = 20480;

}  // namespace

Result<ImportFile> inspect_file(const std::string& path) {
    ImportFile file{path, FileKind::kCsv, 0};
    if (path.find("://") != std::string::npos) {
        KODIAK_TRY_ASSIGN(file.kind, kind_by_extension(path));
        return file;
    }
    struct stat facts {};
    if (::stat(path.c_str(), &facts) != 0) {
        return file_error(path, errno);
    }
    if (S_ISDIR(facts.st_mode)) {
        return make_error(ErrorCode::kInvalidValue, "\"" + path + "\" is a directory")
            .with_hint("Name the files in it.");
    }
    file.bytes = S_ISREG(facts.st_mode) ? static_cast<uint64_t>(facts.st_size) : 0;
    KODIAK_TRY_ASSIGN(std::string start, first_bytes(path));
    size_t first = start.find_first_not_of(" \t\r\n");
    if (start.rfind("PAR1", 0) == 0) {
        file.kind = FileKind::kParquet;
        return file;
    }
    Result<FileKind> named = kind_by_extension(path);
    if (!named.ok() && first != std::string::npos && (start[first] == '{' || start[first] == '[')) {
        file.kind = FileKind::kJson;
        return file;
    }
    KODIAK_TRY_ASSIGN(file.kind, std::move(named));
    return file;
}

std::string read_call(FileKind kind, const std::vector<std::string>& paths, const ReadOptions& options) {
    std::string files = quoted_list(paths);
    if (kind == FileKind::kParquet) {
        return "read_parquet(" + files + ", union_by_name = true)";
    }
    if (kind == FileKind::kJson) {
        return "read_json(" + files + ", union_by_name = true)";
    }
    std::string call = "read_csv(" + files;
    // The reader refuses to match by name what it shall name itself.
    call +=
        options.names.empty() ? ", union_by_name = true" : ", header = false, names = " + quoted_list(options.names);
    if (!options.null_text.empty()) {
        call += ", nullstr = " + quoted_list({"", options.null_text});
    }
    if (!options.quoted_delimiter.empty()) {
        call += ", quote = '\"', escape = '\"', delim = " + language::quote_string(options.quoted_delimiter);
    }
    if (options.infer_from_all_rows) {
        call += ", sample_size = -1";
    }
    std::string types;
    for (const auto& column : options.types) {
        types += (types.empty() ? "" : ", ") + language::quote_string(column.name) + ": " +
                 language::quote_string(column.type);
    }
    return call + (types.empty() ? ")" : ", types = {" + types + "})");
}

std::string dialect_query(const std::string& path) {
    return "SELECT delimiter, quote FROM sniff_csv(" + language::quote_string(path) + ")";
}

std::string open_quote_query(const std::string& path, const std::string& delimiter) {
    const std::string lines = "FROM read_csv(" + language::quote_string(path) +
                              ", auto_detect = false, header = false, delim = chr(1), quote = '', escape = '', "
                              "columns = {'line': 'VARCHAR'})";
    return "SELECT n FROM (SELECT row_number() OVER () AS n, line " + lines + " LIMIT " + std::to_string(kSampledRows) +
           ") WHERE (starts_with(line, '\"') OR contains(line, " + language::quote_string(delimiter + "\"") +
           ")) AND (len(line) - len(replace(line, '\"', ''))) % 2 = 1 ORDER BY n LIMIT 1";
}

Result<std::string> sql_name(std::string_view text) {
    std::vector<std::string> parts(1);
    bool quoted = false;
    for (size_t at = 0; at < text.size(); ++at) {
        char c = text[at];
        if (quoted && c == '"' && at + 1 < text.size() && text[at + 1] == '"') {
            parts.back() += '"';
            ++at;
        } else if (c == '"') {
            quoted = !quoted;
        } else if (c == '.' && !quoted) {
            parts.emplace_back();
        } else {
            parts.back() += c;
        }
    }
    std::string name;
    for (const auto& part : parts) {
        if (part.empty() || quoted) {
            return make_error(ErrorCode::kSyntax, "\"" + std::string(text) + "\" is no name of a table");
        }
        name += (name.empty() ? "" : ".") + language::quote_name(part);
    }
    return name;
}

}  // namespace kodiak::cli
