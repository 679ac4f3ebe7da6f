#include <algorithm>
#include <chrono>
#include <cstdio>

#include "cli/commands/commands.hpp"
#include "cli/commands/import_files.hpp"
#include "cli/program.hpp"
#include "database/database.hpp"
#include "language/diagnostics.hpp"
#include "language/lexer/words.hpp"

namespace kodiak::cli {

namespace {

// Up to this size every row is looked at before types are decided; beyond, the reader's sample must do.
constexpr uint64_t kInferFromAllRowsBytes = uint64_t{1} << 30;

// Keeps the answer of one statement in memory.
class KeptAnswer final : public database::ResultSink {
   public:
    Status begin(const std::vector<database::ResultColumn>& columns) override {
        column_count_ = columns.size();
        return {};
    }
    Status rows(const database::RowBatch& batch) override {
        for (size_t row = 0; row < batch.row_count(); ++row) {
            auto& values = values_.emplace_back();
            for (size_t column = 0; column < column_count_; ++column) {
                values.emplace_back(batch.text(row, column));
            }
        }
        return {};
    }
    Status end(const database::Answer& answer) override {
        changed_ = answer.changed;
        return {};
    }
    const std::vector<std::vector<std::string>>& values() const { return values_; }
    uint64_t changed() const { return changed_; }

   private:
    size_t column_count_ = 0;
    std::vector<std::vector<std::string>> values_;
    uint64_t changed_ = 0;
};

// Loads files of each kind into one table, in one transaction.
class Import {
   public:
    Import(database::Session& session, std::string shown_name, std::string table, std::string null_text)
        : session_(session),
          shown_name_(std::move(shown_name)),
          table_(std::move(table)),
          null_text_(std::move(null_text)) {}

    Status run(const std::vector<ImportFile>& files) {
        KODIAK_TRY_ASSIGN(exists_, table_exists());
        created_ = !exists_;
        KODIAK_TRY(execute("BEGIN"));
        for (FileKind kind : {FileKind::kParquet, FileKind::kJson, FileKind::kCsv}) {
            std::vector<std::string> paths;
            uint64_t bytes = 0;
            for (const auto& file : files) {
                if (file.kind == kind) {
                    paths.push_back(file.path);
                    bytes += file.bytes;
                }
            }
            if (!paths.empty()) {
                KODIAK_TRY(load(kind, paths, bytes));
            }
        }
        return execute("COMMIT");
    }

    uint64_t rows() const { return rows_; }
    bool created() const { return created_; }

   private:
    Status execute(const std::string& sql) {
        KeptAnswer answer;
        return without_position(session_.execute_script(sql, answer));
    }

    // Our statements are not the user's text: a caret in them would only confuse.
    static Status without_position(Status status) {
        if (status.ok()) {
            return status;
        }
        Error error = status.error();
        error.position = {};
        error.line_text.clear();
        return error;
    }

    Result<std::vector<ColumnType>> describe(const std::string& what) {
        KeptAnswer answer;
        KODIAK_TRY(without_position(session_.execute_script("DESCRIBE " + what, answer)));
        std::vector<ColumnType> columns;
        for (const auto& row : answer.values()) {
            columns.push_back({row[0], row[1]});
        }
        return columns;
    }

    Result<bool> table_exists() {
        auto columns = describe(table_);
        if (columns.ok()) {
            return true;
        }
        if (columns.error().code == ErrorCode::kUndefinedTable) {
            return false;
        }
        return columns.error();
    }

    Status load(FileKind kind, const std::vector<std::string>& paths, uint64_t bytes) {
        ReadOptions options;
        options.null_text = null_text_;
        options.infer_from_all_rows = bytes <= kInferFromAllRowsBytes;
        if (kind == FileKind::kCsv) {
            KODIAK_TRY(settle_quotes(paths, options));
        }
        KeptAnswer answer;
        if (!exists_) {
            std::string sql = "CREATE TABLE " + table_ + " AS FROM " + read_call(kind, paths, options);
            KODIAK_TRY(without_position(session_.execute_script(sql, answer)));
            exists_ = true;
        } else {
            KODIAK_TRY(match_columns(kind, paths, options));
            std::string sql = "INSERT INTO " + table_ + " BY NAME FROM " + read_call(kind, paths, options);
            KODIAK_TRY(without_position(session_.execute_script(sql, answer)));
        }
        rows_ += answer.changed();
        return {};
    }

    // One quote that is never closed would make a reader that looks at all rows take the file for one without quoting,
    // and all its quotes would become parts of values. So the first rows decide on quoting.
    Status settle_quotes(const std::vector<std::string>& paths, ReadOptions& options) {
        std::vector<std::string> delimiters;  // of files that quote; what differs is left to the reader
        for (const std::string& path : paths) {
            KeptAnswer answer;
            KODIAK_TRY(without_position(session_.execute_script(dialect_query(path), answer)));
            const std::string& delimiter = answer.values().at(0).at(0);
            const bool is_quoted = answer.values()[0][1] == "\"";
            if (!is_quoted) {
                KODIAK_TRY(refuse_open_quote(path, delimiter));
            }
            delimiters.push_back(is_quoted ? delimiter : "");
        }
        if (std::ranges::count(delimiters, delimiters.front()) == std::ssize(delimiters)) {
            options.quoted_delimiter = delimiters.front();
        }
        return {};
    }

    // Tab-separated files have no quoting by their standard.
    Status refuse_open_quote(const std::string& path, const std::string& delimiter) {
        if (delimiter == "\t") {
            return {};
        }
        KeptAnswer found;
        KODIAK_TRY(without_position(session_.execute_script(open_quote_query(path, delimiter), found)));
        if (found.values().empty()) {
            return {};
        }
        return make_error(ErrorCode::kInvalidText, "cannot read \"" + path + "\": a quote in line " +
                                                       found.values()[0][0] + " is not closed")
            .with_hint("Close it, or load the file as it is: INSERT INTO ... FROM read_csv(..., quote = '').");
    }

    // Finds the table's column for each of the files', so that values are read as the table's types.
    Status match_columns(FileKind kind, const std::vector<std::string>& paths, ReadOptions& options) {
        KODIAK_TRY_ASSIGN(auto own, describe(table_));
        KODIAK_TRY_ASSIGN(auto given, describe("FROM " + read_call(kind, paths, options)));
        std::vector<std::string> own_names;
        for (const auto& column : own) {
            own_names.push_back(column.name);
        }
        bool no_header = kind == FileKind::kCsv && given.size() == own.size() &&
                         std::all_of(given.begin(), given.end(),
                                     [](const ColumnType& column) { return column.name.rfind("column", 0) == 0; });
        options.infer_from_all_rows = false;
        if (no_header && find(own, given.front().name) == nullptr) {
            options.names = own_names;
            options.types = own;
            return {};
        }
        for (const auto& column : given) {
            const ColumnType* target = find(own, column.name);
            if (target == nullptr) {
                return unknown_column(paths, column.name, own_names);
            }
            options.types.push_back({column.name, target->type});
        }
        return {};
    }

    Error unknown_column(const std::vector<std::string>& paths, const std::string& column,
                         const std::vector<std::string>& own_names) const {
        std::string source = paths.size() == 1 ? "\"" + paths[0] + "\" has" : "the files have";
        std::string all;
        for (const auto& name : own_names) {
            all += (all.empty() ? "" : ", ") + name;
        }
        std::string near = language::did_you_mean(column, own_names);
        return make_error(ErrorCode::kUndefinedColumn,
                          source + " a column \"" + column + "\" that table \"" + shown_name_ + "\" has not")
            .with_detail("The table's columns: " + all + ".")
            .with_hint(near.empty() ? "Add the column to the table, or import into another one." : near);
    }

    static const ColumnType* find(const std::vector<ColumnType>& columns, const std::string& name) {
        auto found = std::find_if(columns.begin(), columns.end(),
                                  [&](const ColumnType& column) { return language::same_name(column.name, name); });
        return found == columns.end() ? nullptr : &*found;
    }

    database::Session& session_;
    std::string shown_name_;
    std::string table_;
    std::string null_text_;
    bool exists_ = false;
    bool created_ = false;
    uint64_t rows_ = 0;
};

Status import_files(const CommandLine& line, Output& output) {
    std::vector<ImportFile> files;
    for (size_t i = 2; i < line.operands.size(); ++i) {
        KODIAK_TRY_ASSIGN(ImportFile file, inspect_file(line.operands[i]));
        files.push_back(std::move(file));
    }
    const std::string& shown_name = line.operands[1];
    KODIAK_TRY_ASSIGN(std::string table, sql_name(shown_name));
    database::DatabaseOptions options;
    options.owner = "kodiak import";
    KODIAK_TRY_ASSIGN(auto database, database::Database::open(line.operands[0], options));
    KODIAK_TRY_ASSIGN(auto session, database->connect());

    auto start = std::chrono::steady_clock::now();
    Import import(*session, shown_name, table, line.value("null").value_or(""));
    KODIAK_TRY(import.run(files));
    std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - start;
    char took[32];
    std::snprintf(took, sizeof took, "%.2f s", seconds.count());
    std::string rows = std::to_string(import.rows()) + (import.rows() == 1 ? " row" : " rows");
    KODIAK_TRY(output.write(rows + (import.created() ? " imported into new table " : " appended to ") + shown_name +
                            " in " + took + "\n"));
    return output.flush();
}

}  // namespace

int run_import(const CommandLine& line, Output& output) {
    Status status = import_files(line, output);
    if (!status.ok()) {
        report_error(status.error(), "");
        return kExitError;
    }
    return kExitOk;
}

}  // namespace kodiak::cli
