#include "database/table_lookup.hpp"

#include <algorithm>
#include <optional>

#include "language/lexer/words.hpp"

namespace kodiak::database {

namespace {

using language::quote_name;
using language::quote_string;
using Row = std::vector<std::optional<std::string>>;

Result<std::vector<Row>> ask(engine::Connection& connection, const std::string& sql) {
    KODIAK_TRY_ASSIGN(auto result, connection.execute(sql));
    std::vector<Row> rows;
    engine::ResultChunk chunk;
    for (bool more = true; more;) {
        KODIAK_TRY_ASSIGN(more, result->next(chunk));
        for (size_t row = 0; more && row < chunk.rows(); ++row) {
            Row& values = rows.emplace_back();
            for (size_t column = 0; column < result->columns().size(); ++column) {
                values.push_back(chunk.is_null(column, row) ? std::nullopt
                                                            : std::optional(std::string(chunk.text(column, row))));
            }
        }
    }
    return rows;
}

// A condition on database_name, schema_name and table_name that fits the table that the name means.
std::string is_table(const std::vector<std::string>& parts) {
    auto same = [](const std::string& column, const std::string& name) {
        return "lower(" + column + ") = lower(" + quote_string(name) + ")";
    };
    std::string condition = same("table_name", parts.back());
    if (parts.size() == 3) {
        return condition + " AND " + same("schema_name", parts[1]) + " AND " + same("database_name", parts[0]);
    }
    if (parts.size() == 2) {
        return condition + " AND ((" + same("schema_name", parts[0]) + " AND database_name = current_database()) OR (" +
               same("database_name", parts[0]) + " AND schema_name = 'main'))";
    }
    return condition + " AND (database_name = 'temp' OR (database_name = current_database() AND " +
           "list_contains(current_schemas(false), schema_name)))";
}

// A query for name, type, default or generating expression, and membership in the primary key of each column.
std::string columns_query(const std::vector<std::string>& parts) {
    std::string qualified;
    bool has_quotes = false;
    for (const auto& part : parts) {
        qualified += (qualified.empty() ? "" : ".") + quote_name(part);
        has_quotes |= part.find('"') != std::string::npos;
    }
    if (!has_quotes) {
        return "SELECT name, type, dflt_value, pk FROM pragma_table_info(" + quote_string(qualified) +
               ") ORDER BY cid";
    }
    // pragma_table_info drops quotes that are part of a name; this finds such tables too, but reads all columns' names.
    return "SELECT d.column_name, d.column_type, c.expression, d.\"key\" = 'PRI' FROM (SELECT *, row_number() OVER () "
           "AS place FROM (DESCRIBE " +
           qualified +
           ")) d LEFT JOIN (SELECT column_name, any_value(column_default) AS expression FROM duckdb_columns() WHERE " +
           is_table(parts) + " GROUP BY column_name) c USING (column_name) ORDER BY place";
}

}  // namespace

Result<language::TableShape> TableLookup::table_shape(const std::vector<std::string>& name_parts) {
    auto columns = ask(connection_, columns_query(name_parts));
    if (!columns.ok()) {
        Error error = columns.error();
        // The caret belongs under the user's table name, not into our question.
        error.position = {};
        error.line_text.clear();
        return error;
    }
    language::TableShape shape;
    shape.name = name_parts.back();
    bool has_expressions = false;
    for (const Row& row : *columns) {
        shape.columns.push_back({row[0].value_or(""), row[1].value_or(""), row[2].value_or(""), false});
        has_expressions |= row[2].has_value();
        if (row[3] == "true") {
            shape.primary_key.push_back(shape.columns.back().name);
        }
    }
    if (has_expressions) {
        KODIAK_TRY(find_generated(shape, is_table(name_parts)));
    }
    if (!statement_.key.empty() || statement_.prefix == language::UpsertPrefix::kPrepare) {
        KODIAK_TRY(find_unique_keys(shape, is_table(name_parts)));
    }
    return shape;
}

// The engine shows a generated column's expression as its default; only the table's text tells them apart.
Status TableLookup::find_generated(language::TableShape& shape, const std::string& is_this_table) {
    KODIAK_TRY_ASSIGN(auto rows, ask(connection_, "SELECT sql FROM duckdb_tables() WHERE " + is_this_table));
    for (auto& column : shape.columns) {
        if (column.default_sql.empty() || rows.empty() || !rows[0][0]) {
            continue;
        }
        const std::string rest = " " + column.type_sql + " GENERATED ALWAYS AS(";
        const std::string& sql = *rows[0][0];
        column.generated = sql.find(quote_name(column.name) + rest) != std::string::npos ||
                           sql.find(" " + column.name + rest) != std::string::npos ||
                           sql.find("(" + column.name + rest) != std::string::npos;
        if (column.generated) {
            column.default_sql.clear();
        }
    }
    return {};
}

Status TableLookup::find_unique_keys(language::TableShape& shape, const std::string& is_this_table) {
    KODIAK_TRY_ASSIGN(auto rows,
                      ask(connection_,
                          "SELECT constraint_index, unnest(constraint_column_names) FROM duckdb_constraints() "
                          "WHERE constraint_type = 'UNIQUE' AND " +
                              is_this_table + " ORDER BY ALL"));
    std::optional<std::string> index;
    for (const Row& row : rows) {
        if (shape.unique_keys.empty() || row[0] != index) {
            shape.unique_keys.emplace_back();
            index = row[0];
        }
        shape.unique_keys.back().push_back(row[1].value_or(""));
    }
    return {};
}

}  // namespace kodiak::database
