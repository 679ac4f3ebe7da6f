#include "database/table_access.hpp"

#include "database/answer_rows.hpp"
#include "database/script_session.hpp"
#include "database/table_lookup.hpp"
#include "engine/prepared.hpp"
#include "language/key_statement.hpp"

namespace kodiak::database {
namespace {

using engine::LookupOutcome;

std::string quoted(const std::string& name) {
    std::string result = "\"";
    for (const char c : name) {
        result += c;
        result += c == '"' ? "\"" : "";
    }
    return result + "\"";
}

class TableAccess final : public Table {
   public:
    TableAccess(ScriptSession& session, engine::Connection& connection) : session_(session), connection_(connection) {}

    Status open(const std::string& name, const std::string& key, size_t width);

    const std::vector<ResultColumn>& columns() const override { return columns_; }
    Result<bool> get(int64_t key) override;
    Status multi_get(std::span<const int64_t> keys, const std::function<void(size_t)>& visit) override;
    Status scan(int64_t low, int64_t high, const std::function<bool()>& visit) override;
    Status put(std::span<const Value> row) override;
    Result<bool> erase(int64_t key) override;

   private:
    // The current row of a statement as this table's.
    void take_row(const Prepared& statement);

    ScriptSession& session_;
    engine::Connection& connection_;
    std::vector<ResultColumn> columns_;
    std::unique_ptr<Prepared> get_;
    std::unique_ptr<Prepared> range_;
    std::unique_ptr<Prepared> put_;
    std::unique_ptr<Prepared> erase_;
    std::unique_ptr<engine::KeyLookup> lookup_;
};

Status TableAccess::open(const std::string& name, const std::string& key, size_t width) {
    const std::string select = "SELECT * FROM " + name + " WHERE " + key;
    KODIAK_TRY_ASSIGN(get_, session_.prepare(select + " = ?"));
    KODIAK_TRY_ASSIGN(range_, session_.prepare(select + " BETWEEN ? AND ? ORDER BY " + key));
    std::string values;
    for (size_t i = 0; i < width; ++i) {
        values += i == 0 ? "?" : ", ?";
    }
    KODIAK_TRY_ASSIGN(put_, session_.prepare("UPSERT INTO " + name + " VALUES (" + values + ")"));
    KODIAK_TRY_ASSIGN(erase_, session_.prepare("DELETE FROM " + name + " WHERE " + key + " = ?"));
    if (auto statement = language::parse_key_statement(select + " = ?")) {
        lookup_ = std::make_unique<engine::KeyLookup>(std::move(*statement));
    }
    KODIAK_TRY(get_->bind(1, Value()));
    KODIAK_TRY(get_->execute());
    columns_ = get_->columns();
    return {};
}

void TableAccess::take_row(const Prepared& statement) { row_ = statement.row(); }

Result<bool> TableAccess::get(int64_t key) {
    KODIAK_TRY(get_->bind(1, key));
    KODIAK_TRY(get_->execute());
    KODIAK_TRY_ASSIGN(const bool found, get_->next());
    take_row(*get_);
    return found;
}

Status TableAccess::multi_get(std::span<const int64_t> keys, const std::function<void(size_t)>& visit) {
    KODIAK_TRY(session_.before_prepared());
    if (lookup_ != nullptr) {
        KODIAK_TRY_ASSIGN(const auto outcome, connection_.look_up_many(*lookup_, keys, [&](size_t i) {
            row_ = lookup_->row();
            visit(i);
        }));
        if (outcome != LookupOutcome::kGeneralPath) {
            return {};
        }
    }
    for (size_t i = 0; i < keys.size(); ++i) {
        KODIAK_TRY_ASSIGN(const bool found, get(keys[i]));
        if (found) {
            visit(i);
        }
    }
    return {};
}

Status TableAccess::scan(int64_t low, int64_t high, const std::function<bool()>& visit) {
    KODIAK_TRY(session_.before_prepared());
    if (lookup_ != nullptr) {
        KODIAK_TRY_ASSIGN(const auto outcome, connection_.look_up_range(*lookup_, low, high, [&] {
            row_ = lookup_->row();
            return visit();
        }));
        if (outcome != LookupOutcome::kGeneralPath) {
            return {};
        }
    }
    KODIAK_TRY(range_->bind(1, low));
    KODIAK_TRY(range_->bind(2, high));
    KODIAK_TRY(range_->execute());
    for (bool more = true; more;) {
        KODIAK_TRY_ASSIGN(more, range_->next());
        take_row(*range_);
        more = more && visit();
    }
    return {};
}

Status TableAccess::put(std::span<const Value> row) {
    if (row.size() != put_->parameters()) {
        return make_error(ErrorCode::kInvalidValue, "the table has " + std::to_string(put_->parameters()) +
                                                        " columns, " + std::to_string(row.size()) +
                                                        " values were given");
    }
    for (size_t i = 0; i < row.size(); ++i) {
        KODIAK_TRY(put_->bind(i + 1, row[i]));
    }
    return put_->execute();
}

Result<bool> TableAccess::erase(int64_t key) {
    KODIAK_TRY(erase_->bind(1, key));
    KODIAK_TRY(erase_->execute());
    return erase_->changed() > 0;
}

}  // namespace

Result<std::unique_ptr<Table>> open_table(ScriptSession& session, engine::Connection& connection,
                                          std::string_view name) {
    // The parser of UPSERT reads the name as SQL does.
    const std::string probe = "UPSERT INTO " + std::string(name) + " DEFAULT VALUES";
    auto parsed = language::parse_statement(probe);
    const auto* upsert = parsed.ok() ? std::get_if<language::UpsertStatement>(&*parsed) : nullptr;
    if (upsert == nullptr) {
        return make_error(ErrorCode::kSyntax, "not a table's name: " + std::string(name))
            .with_hint("Write it as in SQL: t, \"my table\" or schema.t.");
    }
    std::vector<std::string> parts;
    for (const auto& part : upsert->target) {
        parts.push_back(part.name);
    }
    KODIAK_TRY_ASSIGN(const language::TableShape shape, TableLookup(connection, *upsert).table_shape(parts));
    if (shape.primary_key.size() != 1) {
        return make_error(ErrorCode::kInvalidColumnReference,
                          "the PRIMARY KEY of \"" + shape.name + "\" is not one integer column");
    }
    auto table = std::make_unique<TableAccess>(session, connection);
    KODIAK_TRY(table->open(std::string(name), quoted(shape.primary_key[0]), shape.columns.size()));
    for (const ResultColumn& column : table->columns()) {
        if (column.name == shape.primary_key[0] && !column.type.ends_with("INT") && column.type != "INTEGER") {
            return make_error(ErrorCode::kInvalidColumnReference,
                              "the PRIMARY KEY of \"" + shape.name + "\" is a " + column.type + ", not an integer");
        }
    }
    return std::unique_ptr<Table>(std::move(table));
}

}  // namespace kodiak::database
