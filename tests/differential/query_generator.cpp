#include "tests/differential/query_generator.hpp"

namespace kodiak::differential {

namespace {

const std::vector<std::string> kComparisons = {"=", "=", "<>", "<", "<=", ">", ">="};

const ColumnModel& any_column(Dice& dice, const TableModel& table) { return dice.pick(table.columns); }

// An orderable column; nullptr when there is none.
const ColumnModel* orderable_column(Dice& dice, const TableModel& table) {
    std::vector<const ColumnModel*> fitting;
    for (const auto& column : table.columns) {
        if (column.type->is_orderable) {
            fitting.push_back(&column);
        }
    }
    return fitting.empty() ? nullptr : dice.pick(fitting);
}

std::string in_list(Dice& dice, const ColumnType& type) {
    std::string list;
    for (size_t i = 0; i < 1 + dice.below(6); ++i) {
        list += (i == 0 ? "" : ", ") + random_literal(dice, type);
    }
    return "(" + list + ")";
}

std::string comparison(Dice& dice, const ColumnModel& column, const std::string& name) {
    const ColumnType& type = *column.type;
    switch (dice.below(6)) {
        case 0:
            return name + (dice.one_in(2) ? " IN " : " NOT IN ") + in_list(dice, type);
        case 1:
            return name + " BETWEEN " + random_literal(dice, type) + " AND " + random_literal(dice, type);
        case 2:
            // Not IS DISTINCT FROM: inside of an OR, DuckDB's own tables lose the rows that are NULL.
            return name + " IS NOT DISTINCT FROM " + random_value(dice, type);
        default:
            return name + " " + dice.pick(kComparisons) + " " + random_literal(dice, type);
    }
}

std::string simple_predicate(Dice& dice, const TableModel& table, const std::string& prefix) {
    const ColumnModel& column = any_column(dice, table);
    const std::string name = prefix + column.name;
    static const std::vector<std::string> kPatterns = {"a%", "%b%", "_b%", "%c", "v1%", "%", "x y"};
    if (dice.one_in(6)) {
        return name + (dice.one_in(2) ? " IS NULL" : " IS NOT NULL");
    }
    if (column.type->family == TypeFamily::kText && dice.one_in(2)) {
        return name + (dice.one_in(3) ? " NOT LIKE '" : " LIKE '") + dice.pick(kPatterns) + "'";
    }
    if (column.type->family == TypeFamily::kInteger && dice.one_in(4)) {
        return name + " % 3 = " + std::to_string(dice.below(3));
    }
    if (column.type->is_orderable) {
        return comparison(dice, column, name);
    }
    return "length(CAST(" + name + " AS VARCHAR)) > " + std::to_string(dice.below(12));
}

std::string column_list(const TableModel& table, const std::string& prefix) {
    std::string list;
    for (const auto& column : table.columns) {
        list += (list.empty() ? "" : ", ") + prefix + column.name;
    }
    return list;
}

std::string where(Dice& dice, const TableModel& table, const std::string& prefix) {
    return dice.one_in(4) ? "" : " WHERE " + random_predicate(dice, table, prefix);
}

std::string aggregate_of(Dice& dice, const ColumnModel& column, const std::string& name) {
    std::vector<std::string> calls = {"count(" + name + ")", "count(DISTINCT " + name + ")"};
    const bool is_exact = column.type->family == TypeFamily::kInteger || column.type->family == TypeFamily::kDecimal;
    if (!column.type->is_orderable) {
        return "count(" + name + ")";
    }
    calls.push_back("min(" + name + ")");
    calls.push_back("max(" + name + ")");
    calls.push_back("list(" + name + " ORDER BY " + name + ")");
    if (is_exact) {
        calls.push_back("sum(CAST(" + name + " AS DECIMAL(38,3)))");
    }
    if (column.type->family == TypeFamily::kBoolean) {
        calls.push_back("bool_and(" + name + ")");
    }
    return dice.pick(calls);
}

Step select_rows(Dice& dice, const TableModel& table) {
    std::string list = dice.one_in(3) ? "*" : "";
    for (size_t i = 0; list != "*" && i < 1 + dice.below(4); ++i) {
        list += (list.empty() ? "a." : ", a.") + any_column(dice, table).name;
    }
    return {Step::Kind::kBoth, "SELECT " + list + " FROM " + table.name + " a" + where(dice, table, "a.")};
}

Step select_aggregates(Dice& dice, const TableModel& table) {
    std::string list = "count(*)";
    for (size_t i = 0; i < 1 + dice.below(3); ++i) {
        const ColumnModel& column = any_column(dice, table);
        list += ", " + aggregate_of(dice, column, "a." + column.name);
    }
    const ColumnModel* group = orderable_column(dice, table);
    std::string sql = " FROM " + table.name + " a" + where(dice, table, "a.");
    if (group == nullptr || dice.one_in(3)) {
        return {Step::Kind::kBoth, "SELECT " + list + sql};
    }
    sql = "SELECT a." + group->name + ", " + list + sql + " GROUP BY a." + group->name;
    return {Step::Kind::kBoth, sql + (dice.one_in(4) ? " HAVING count(*) > 1" : "")};
}

Step select_sorted(Dice& dice, const TableModel& table) {
    const ColumnModel* column = orderable_column(dice, table);
    if (column == nullptr) {
        return select_rows(dice, table);
    }
    const std::string direction = dice.one_in(2) ? " DESC" : "";
    const std::string nulls = dice.one_in(3) ? " NULLS FIRST" : dice.one_in(2) ? " NULLS LAST" : "";
    std::string sql = "SELECT a." + column->name + " FROM " + table.name + " a" + where(dice, table, "a.") +
                      " ORDER BY a." + column->name + direction + nulls;
    if (!dice.one_in(4)) {
        sql += " LIMIT " + std::to_string(1 + dice.below(20));
        sql += dice.one_in(3) ? " OFFSET " + std::to_string(dice.below(10)) : "";
    }
    return {Step::Kind::kBoth, sql, true};
}

// Columns of one type, to be joined on.
std::string join_condition(Dice& dice, const TableModel& left, const TableModel& right) {
    std::vector<std::string> equalities;
    for (const auto& one : left.columns) {
        for (const auto& other : right.columns) {
            if (one.type->is_orderable && std::string(one.type->sql) == other.type->sql) {
                equalities.push_back("a." + one.name + " = b." + other.name);
            }
        }
    }
    return equalities.empty() ? "a." + left.columns[0].name + " IS NULL" : dice.pick(equalities);
}

Step select_join(Dice& dice, const TableModel& left, const TableModel& right) {
    static const std::vector<std::string> kJoins = {" JOIN ", " JOIN ", " LEFT JOIN ", " FULL JOIN ", " RIGHT JOIN "};
    const std::string on = " ON " + join_condition(dice, left, right);
    if (dice.one_in(3)) {
        return {Step::Kind::kBoth, "SELECT " + column_list(left, "a.") + " FROM " + left.name + " a" +
                                       (dice.one_in(2) ? " SEMI JOIN " : " ANTI JOIN ") + "(FROM " + right.name + " b" +
                                       where(dice, right, "b.") + ") b" + on};
    }
    const ColumnModel& shown = any_column(dice, right);
    return {Step::Kind::kBoth, "SELECT count(*), count(a." + any_column(dice, left).name + "), " +
                                   aggregate_of(dice, shown, "b." + shown.name) + " FROM " + left.name + " a" +
                                   dice.pick(kJoins) + right.name + " b" + on + where(dice, left, "a.")};
}

Step select_window(Dice& dice, const TableModel& table) {
    const ColumnModel* order = orderable_column(dice, table);
    const ColumnModel* group = orderable_column(dice, table);
    if (order == nullptr || group == nullptr) {
        return select_rows(dice, table);
    }
    static const std::vector<std::string> kCalls = {"rank()", "dense_rank()", "count(*)", "cume_dist()"};
    return {Step::Kind::kBoth, "SELECT a." + order->name + ", " + dice.pick(kCalls) + " OVER (PARTITION BY a." +
                                   group->name + " ORDER BY a." + order->name + ") AS w FROM " + table.name + " a" +
                                   where(dice, table, "a.")};
}

Step select_nested(Dice& dice, const TableModel& left, const TableModel& right) {
    const std::string inner = join_condition(dice, left, right);
    switch (dice.below(3)) {
        case 0:
            return {Step::Kind::kBoth, "SELECT count(*) FROM " + left.name + " a WHERE " +
                                           (dice.one_in(2) ? "EXISTS" : "NOT EXISTS") + " (SELECT 1 FROM " +
                                           right.name + " b WHERE " + inner + " AND " +
                                           random_predicate(dice, right, "b.") + ")"};
        case 1:
            return {Step::Kind::kBoth, "SELECT " + column_list(left, "a.") + ", (SELECT count(*) FROM " + right.name +
                                           " b WHERE " + inner + ") FROM " + left.name + " a"};
        default:
            return {Step::Kind::kBoth, "WITH c AS (SELECT * FROM " + left.name + " a" + where(dice, left, "a.") +
                                           ") SELECT count(*) FROM c a JOIN " + right.name + " b ON " + inner};
    }
}

Step select_set_operation(Dice& dice, const TableModel& table) {
    static const std::vector<std::string> kOperations = {" UNION ", " UNION ALL ", " EXCEPT ", " INTERSECT "};
    const ColumnModel* column = orderable_column(dice, table);
    if (column == nullptr) {
        return select_rows(dice, table);
    }
    const std::string one = "SELECT a." + column->name + " FROM " + table.name + " a";
    return {Step::Kind::kBoth,
            one + where(dice, table, "a.") + dice.pick(kOperations) + one + where(dice, table, "a.")};
}

}  // namespace

std::string random_predicate(Dice& dice, const TableModel& table, const std::string& prefix) {
    std::string predicate = simple_predicate(dice, table, prefix);
    while (dice.one_in(3)) {
        const std::string other = simple_predicate(dice, table, prefix);
        predicate = "(" + predicate + (dice.one_in(2) ? " AND " : " OR ") + other + ")";
    }
    return dice.one_in(8) ? "NOT (" + predicate + ")" : predicate;
}

Step random_query(Dice& dice, const SchemaModel& schema) {
    const TableModel& left = dice.pick(schema.tables);
    const TableModel& right = dice.pick(schema.tables);
    if (!schema.views.empty() && dice.one_in(12)) {
        return {Step::Kind::kBoth, "SELECT * FROM " + dice.pick(schema.views)};
    }
    switch (dice.below(9)) {
        case 0:
        case 1:
            return select_rows(dice, left);
        case 2:
        case 3:
            return select_aggregates(dice, left);
        case 4:
            return select_sorted(dice, left);
        case 5:
            return select_join(dice, left, right);
        case 6:
            return select_window(dice, left);
        case 7:
            return select_nested(dice, left, right);
        default:
            return select_set_operation(dice, left);
    }
}

}  // namespace kodiak::differential
