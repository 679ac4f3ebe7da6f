#include "tests/differential/history_generator.hpp"

#include <algorithm>

#include "tests/differential/query_generator.hpp"

namespace kodiak::differential {

namespace {

constexpr size_t kMostTables = 5;
constexpr uint64_t kMostRows = 12000;  // a table beyond is emptied, so that joins stay quick

Step both(std::string sql) { return {Step::Kind::kBoth, std::move(sql)}; }

void erase_table(SchemaModel& schema, const std::string& name) {
    std::erase_if(schema.tables, [&](const TableModel& table) { return table.name == name; });
}

std::string names_of(const TableModel& table) {
    std::string names;
    for (const auto& column : table.columns) {
        names += (names.empty() ? "" : ", ") + column.name;
    }
    return names;
}

}  // namespace

// Keys are drawn from few values, so that they meet.
std::string HistoryGenerator::key_literal(const ColumnType& type) {
    return numbered_value(type, std::to_string(dice_.below(60)), 60);
}

std::string HistoryGenerator::row_values(const TableModel& table) {
    std::string values;
    for (size_t i = 0; i < table.columns.size(); ++i) {
        const bool is_key = (i == 0 && table.has_key) || (i == 1 && table.has_unique);
        const ColumnType& type = *table.columns[i].type;
        values += (i == 0 ? "" : ", ") + (is_key ? key_literal(type) : random_value(dice_, type));
    }
    return values;
}

TableModel* HistoryGenerator::keyed_table() {
    std::vector<TableModel*> keyed;
    for (auto& table : schema_.tables) {
        if (table.has_key) {
            keyed.push_back(&table);
        }
    }
    return keyed.empty() ? nullptr : dice_.pick(keyed);
}

Step HistoryGenerator::returning(Step step, const TableModel& table) {
    if (dice_.one_in(4)) {
        step.sql += dice_.one_in(2) ? " RETURNING *" : " RETURNING " + dice_.pick(table.columns).name;
    }
    return step;
}

Step HistoryGenerator::create_table() {
    TableModel table;
    table.name = fresh_name("t");
    table.has_key = dice_.one_in(2);
    const size_t count = 1 + dice_.below(7);
    table.has_unique = count > 1 && dice_.one_in(5);
    std::string sql;
    for (size_t i = 0; i < count; ++i) {
        const bool is_key = (i == 0 && table.has_key) || (i == 1 && table.has_unique);
        const ColumnType& type = is_key ? random_key_type(dice_) : random_type(dice_);
        table.columns.push_back({fresh_name("c"), &type});
        const std::string& name = table.columns.back().name;
        sql += (i == 0 ? "" : ", ") + name + " " + type.sql;
        if (is_key) {
            sql += i == 0 ? " PRIMARY KEY" : " UNIQUE";
        } else if (dice_.one_in(8)) {
            sql += " NOT NULL";
            table.has_check = true;
        } else if (type.is_orderable && dice_.one_in(10)) {
            sql += " CHECK (" + name + " <> " + random_literal(dice_, type) + ")";
            table.has_check = true;
        } else if (dice_.one_in(4)) {
            sql += " DEFAULT " + random_value(dice_, type);
        }
    }
    effect_ = [table](SchemaModel& schema) { schema.tables.push_back(table); };
    return both("CREATE TABLE " + table.name + " (" + sql + ")");
}

Step HistoryGenerator::create_table_as() {
    const TableModel& source = any_table();
    TableModel table;
    table.name = dice_.one_in(3) ? source.name : fresh_name("t");
    table.columns = source.columns;
    table.rows = source.rows;
    const bool replaces = table.name == source.name;
    effect_ = [table, replaces](SchemaModel& schema) {
        if (replaces) {
            erase_table(schema, table.name);
        }
        schema.tables.push_back(table);
    };
    return both(std::string(replaces ? "CREATE OR REPLACE" : "CREATE") + " TABLE " + table.name + " AS SELECT * FROM " +
                source.name + " a WHERE " + random_predicate(dice_, source, "a."));
}

Step HistoryGenerator::drop_table() {
    const std::string name = any_table().name;
    effect_ = [name](SchemaModel& schema) { erase_table(schema, name); };
    return both("DROP TABLE " + name);
}

// ALTERs of a table without keys, indexes and checks, which DuckDB allows in full.
Step HistoryGenerator::alter_plain_column(TableModel& table) {
    const size_t at = dice_.below(table.columns.size());
    const ColumnModel column = table.columns[at];
    const std::string alter = "ALTER TABLE " + table.name;
    const std::string name = table.name;
    switch (dice_.below(3)) {
        case 0: {
            const ColumnType& type = random_type_of_family(dice_, column.type->family);
            effect_ = [name, at, &type](SchemaModel& schema) { schema.find(name)->columns[at].type = &type; };
            return both(alter + " ALTER " + column.name + " TYPE " + type.sql);
        }
        case 1:
            if (table.columns.size() > 1) {
                effect_ = [name, at](SchemaModel& schema) {
                    auto& columns = schema.find(name)->columns;
                    columns.erase(columns.begin() + static_cast<std::ptrdiff_t>(at));
                };
                return both(alter + " DROP COLUMN " + column.name);
            }
            [[fallthrough]];
        default:
            return both(alter + " ALTER " + column.name + (dice_.one_in(2) ? " SET NOT NULL" : " DROP NOT NULL"));
    }
}

Step HistoryGenerator::alter_table() {
    TableModel& table = any_table();
    const std::string alter = "ALTER TABLE " + table.name;
    const std::string name = table.name;
    const size_t at = dice_.below(table.columns.size());
    switch (dice_.below(table.is_plain() ? 8 : 4)) {
        case 0: {
            ColumnModel added{fresh_name("c"), &random_type(dice_)};
            effect_ = [name, added](SchemaModel& schema) { schema.find(name)->columns.push_back(added); };
            return both(alter + " ADD COLUMN " + added.name + " " + added.type->sql +
                        (dice_.one_in(2) ? " DEFAULT " + random_value(dice_, *added.type) : ""));
        }
        case 1:
            return both(alter + " ALTER " + table.columns[at].name + " SET DEFAULT " +
                        random_value(dice_, *table.columns[at].type));
        case 2:
        case 3:
            if (table.has_index || table.has_key || table.has_unique || table.has_check) {
                return both(alter + " ALTER " + table.columns[at].name + " DROP DEFAULT");
            }
            if (dice_.one_in(2)) {
                const std::string to = fresh_name("t");
                effect_ = [name, to](SchemaModel& schema) { schema.find(name)->name = to; };
                return both(alter + " RENAME TO " + to);
            } else {
                const std::string to = fresh_name("c");
                effect_ = [name, at, to](SchemaModel& schema) { schema.find(name)->columns[at].name = to; };
                return both(alter + " RENAME COLUMN " + table.columns[at].name + " TO " + to);
            }
        default:
            return alter_plain_column(table);
    }
}

// Views and indexes.
Step HistoryGenerator::other_definition() {
    TableModel& table = any_table();
    if (!schema_.views.empty() && dice_.one_in(3)) {
        const std::string name = dice_.pick(schema_.views);
        effect_ = [name](SchemaModel& schema) { std::erase(schema.views, name); };
        return both("DROP VIEW " + name);
    }
    if (dice_.one_in(2)) {
        const std::string name = fresh_name("v");
        effect_ = [name](SchemaModel& schema) { schema.views.push_back(name); };
        return both("CREATE VIEW " + name + " AS SELECT * FROM " + table.name + " a WHERE " +
                    random_predicate(dice_, table, "a."));
    }
    const std::string name = table.name;
    // DuckDB cannot index rows that the open transaction has changed.
    if (!table.has_index && table.columns[0].type->is_orderable && !before_transaction_ &&
        table.columns[0].type->family != TypeFamily::kNested) {
        effect_ = [name](SchemaModel& schema) { schema.find(name)->has_index = true; };
        return both("CREATE INDEX i_" + name + " ON " + name + " (" + table.columns[0].name + ")");
    }
    return both(
        "SELECT table_name, column_name, data_type, is_nullable FROM information_schema.columns WHERE "
        "table_name LIKE 't%' AND table_catalog = current_database()");
}

Step HistoryGenerator::insert_values() {
    TableModel& table = any_table();
    grows_ = table.name;
    std::string rows;
    for (size_t i = 0; i < 1 + dice_.below(4); ++i) {
        rows += (i == 0 ? "(" : ", (") + row_values(table) + ")";
    }
    if (dice_.one_in(6)) {
        const bool is_key = table.has_key;
        return returning(
            both("INSERT INTO " + table.name + " (" + table.columns[0].name + ") VALUES (" +
                 (is_key ? key_literal(*table.columns[0].type) : random_value(dice_, *table.columns[0].type)) + ")"),
            table);
    }
    return returning(both("INSERT INTO " + table.name + " VALUES " + rows), table);
}

Step HistoryGenerator::insert_numbered() {
    static const std::vector<size_t> kCounts = {20, 200, 2100, 4500};
    TableModel& table = any_table();
    grows_ = table.name;
    const size_t count = dice_.pick(kCounts);
    numbered_ += 5000;
    const std::string number = "(i + " + std::to_string(numbered_) + ")";
    std::string values;
    for (size_t i = 0; i < table.columns.size(); ++i) {
        const bool is_key = (i == 0 && table.has_key) || (i == 1 && table.has_unique);
        const size_t distinct = is_key ? 30000 : 1 + dice_.below(300);
        std::string value = numbered_value(*table.columns[i].type, number, distinct);
        if (!is_key && dice_.one_in(4)) {
            value = "CASE WHEN i % 11 = 0 THEN NULL ELSE " + value + " END";
        }
        values += (i == 0 ? "" : ", ") + value;
    }
    return both("INSERT INTO " + table.name + " SELECT " + values + " FROM range(" + std::to_string(count) + ") r(i)");
}

Step HistoryGenerator::insert_select() {
    TableModel& table = any_table();
    const TableModel& source = dice_.one_in(2) ? table : any_table();
    grows_ = table.name;
    std::string list;
    for (const auto& column : table.columns) {
        std::string value = random_value(dice_, *column.type);
        for (const auto& other : source.columns) {
            if (std::string(other.type->sql) == column.type->sql) {
                value = "a." + other.name;
            }
        }
        list += (list.empty() ? "" : ", ") + value;
    }
    return returning(both("INSERT INTO " + table.name + " SELECT " + list + " FROM " + source.name + " a WHERE " +
                          random_predicate(dice_, source, "a.")),
                     table);
}

Step HistoryGenerator::insert_on_conflict() {
    TableModel* table = keyed_table();
    if (table == nullptr || table->has_unique || table->has_index) {
        return insert_values();
    }
    grows_ = table->name;
    std::string rows;
    for (size_t i = 0; i < 1 + dice_.below(3); ++i) {
        rows += (i == 0 ? "(" : ", (") + row_values(*table) + ")";
    }
    if (dice_.one_in(4)) {
        return both("INSERT OR IGNORE INTO " + table->name + " VALUES " + rows);
    }
    if (dice_.one_in(3) || table->columns.size() < 2) {
        return both("INSERT OR REPLACE INTO " + table->name + " VALUES " + rows);
    }
    const std::string& set = table->columns[1 + dice_.below(table->columns.size() - 1)].name;
    return returning(both("INSERT INTO " + table->name + " VALUES " + rows + " ON CONFLICT (" + table->columns[0].name +
                          ") DO UPDATE SET " + set + " = excluded." + set),
                     *table);
}

// The columns that an UPDATE may set: those without a key.
Step HistoryGenerator::update() {
    TableModel& table = any_table();
    const size_t first = table.has_unique ? 2 : table.has_key || table.has_index ? 1 : 0;
    if (first >= table.columns.size()) {
        return delete_rows();
    }
    std::string sets;
    for (size_t at = first + dice_.below(table.columns.size() - first); at < table.columns.size();
         at += 1 + dice_.below(4)) {
        const ColumnModel& column = table.columns[at];
        sets += (sets.empty() ? "" : ", ") + column.name + " = ";
        const bool counts = column.type->family == TypeFamily::kInteger && dice_.one_in(3);
        sets += counts ? column.name + " + 1" : dice_.one_in(10) ? "DEFAULT" : random_value(dice_, *column.type);
    }
    return returning(
        both("UPDATE " + table.name + " AS a SET " + sets + " WHERE " + random_predicate(dice_, table, "a.")), table);
}

// From an aggregate, so that at most one source row meets each row.
Step HistoryGenerator::update_from() {
    TableModel* table = keyed_table();
    const TableModel& source = any_table();
    if (table == nullptr || table->has_unique || table->columns.size() < 2) {
        return update();
    }
    for (const auto& column : source.columns) {
        if (std::string(column.type->sql) == table->columns[0].type->sql) {
            const ColumnModel& set = table->columns[1 + dice_.below(table->columns.size() - 1)];
            return both("UPDATE " + table->name + " AS a SET " + set.name + " = " + random_value(dice_, *set.type) +
                        " FROM (SELECT DISTINCT b." + column.name + " AS k FROM " + source.name + " b WHERE " +
                        random_predicate(dice_, source, "b.") + ") s WHERE a." + table->columns[0].name + " = s.k");
        }
    }
    return update();
}

Step HistoryGenerator::delete_rows() {
    TableModel& table = any_table();
    const std::string name = table.name;
    if (table.rows > kMostRows || dice_.one_in(15)) {
        effect_ = [name](SchemaModel& schema) { schema.find(name)->rows = 0; };
        return both(dice_.one_in(2) ? "TRUNCATE " + table.name : "DELETE FROM " + table.name);
    }
    const TableModel& other = any_table();
    if (dice_.one_in(5) && other.columns[0].type == table.columns[0].type) {
        return both("DELETE FROM " + table.name + " AS a USING " + other.name + " AS b WHERE a." +
                    table.columns[0].name + " = b." + other.columns[0].name + " AND " +
                    random_predicate(dice_, other, "b."));
    }
    return returning(both("DELETE FROM " + table.name + " AS a WHERE " + random_predicate(dice_, table, "a.")), table);
}

Step HistoryGenerator::merge() {
    TableModel* table = keyed_table();
    if (table == nullptr || table->has_unique || table->columns.size() < 2) {
        return delete_rows();
    }
    grows_ = table->name;
    const std::string& key = table->columns[0].name;
    const ColumnModel& set = table->columns[1 + dice_.below(table->columns.size() - 1)];
    std::string source;
    for (size_t i = 0; i < 1 + dice_.below(4); ++i) {
        source += (i == 0 ? "(" : ", (") + row_values(*table) + ")";
    }
    std::string sql = "MERGE INTO " + table->name + " AS a USING (SELECT DISTINCT ON (" + key + ") * FROM (VALUES " +
                      source + ") v(" + names_of(*table) + ") ORDER BY ALL) AS s ON a." + key + " = s." + key;
    if (dice_.one_in(3)) {
        sql += " WHEN MATCHED AND " + random_predicate(dice_, *table, "a.") + " THEN DELETE";
    }
    sql += " WHEN MATCHED THEN UPDATE SET " + set.name + " = s." + set.name;
    sql += dice_.one_in(3) ? "" : " WHEN NOT MATCHED THEN INSERT";
    if (dice_.one_in(5)) {
        sql += " WHEN NOT MATCHED BY SOURCE AND " + random_predicate(dice_, *table, "a.") + " THEN DELETE";
    }
    return both(sql);
}

Step HistoryGenerator::write() {
    switch (dice_.below(14)) {
        case 0:
        case 1:
        case 2:
            return insert_values();
        case 3:
        case 4:
            return insert_numbered();
        case 5:
            return insert_select();
        case 6:
        case 7:
            return insert_on_conflict();
        case 8:
        case 9:
            return update();
        case 10:
            return update_from();
        case 11:
            return merge();
        default:
            return delete_rows();
    }
}

// Kodiak alone does some writes and takes them back: its answers must then be as if they had never been.
void HistoryGenerator::plan_savepoint() {
    planned_.push_back({Step::Kind::kOnlyKodiak, "SAVEPOINT s"});
    for (size_t i = 0; i < 1 + dice_.below(3); ++i) {
        Step step = write();
        step.kind = Step::Kind::kOnlyKodiak;
        planned_.push_back(std::move(step));
    }
    planned_.push_back({Step::Kind::kOnlyKodiak, "ROLLBACK TO s"});
    grows_.clear();
    effect_ = nullptr;
}

Step HistoryGenerator::end_transaction() {
    ends_transaction_ = true;
    if (dice_.one_in(3)) {
        effect_ = [before = *before_transaction_](SchemaModel& schema) {
            const size_t names_used = schema.names_used;
            schema = before;
            schema.names_used = names_used;
        };
        return both("ROLLBACK");
    }
    return both("COMMIT");
}

Step HistoryGenerator::next() {
    effect_ = nullptr;
    grows_.clear();
    ends_transaction_ = false;
    if (!planned_.empty()) {
        Step step = std::move(planned_.front());
        planned_.pop_front();
        return step;
    }
    if (before_transaction_ && dice_.one_in(6)) {
        return end_transaction();
    }
    if (before_transaction_ && !schema_.tables.empty() && dice_.one_in(12)) {
        plan_savepoint();
        return next();
    }
    if (!before_transaction_ && dice_.one_in(15)) {
        effect_ = [this](SchemaModel& schema) { before_transaction_ = schema; };
        return both("BEGIN");
    }
    if (!before_transaction_ && dice_.one_in(25)) {
        return dice_.one_in(2) ? Step{Step::Kind::kSilent, "CHECKPOINT"}
                               : Step{Step::Kind::kReopen, "-- closed and opened again"};
    }
    if (schema_.tables.empty() || (schema_.tables.size() < kMostTables && dice_.one_in(12))) {
        return schema_.tables.empty() || !dice_.one_in(3) ? create_table() : create_table_as();
    }
    if (schema_.tables.size() >= kMostTables && dice_.one_in(15)) {
        return drop_table();
    }
    // DuckDB refuses to alter a table that the same transaction has changed in other ways.
    if (!before_transaction_ && dice_.one_in(9)) {
        return dice_.one_in(3) ? other_definition() : alter_table();
    }
    return dice_.one_in(2) ? write() : random_query(dice_, schema_);
}

void HistoryGenerator::done(bool succeeded, uint64_t changed) {
    if (!succeeded) {
        if (before_transaction_) {
            planned_.clear();
            schema_.tables = before_transaction_->tables;
            schema_.views = before_transaction_->views;
            before_transaction_.reset();
            planned_.push_back(both("ROLLBACK"));
        }
        return;
    }
    if (effect_) {
        effect_(schema_);
    }
    if (ends_transaction_) {
        before_transaction_.reset();
    }
    if (TableModel* table = schema_.find(grows_)) {
        table->rows += changed;
    }
}

std::vector<Step> HistoryGenerator::all_tables() const {
    std::vector<Step> queries;
    if (!planned_.empty()) {
        return queries;  // inside of what Kodiak alone does and takes back
    }
    for (const auto& table : schema_.tables) {
        queries.push_back(both("SELECT * FROM " + table.name));
    }
    return queries;
}

}  // namespace kodiak::differential
