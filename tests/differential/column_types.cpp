#include "tests/differential/column_types.hpp"

#include <array>
#include <vector>

namespace kodiak::differential {

namespace {

using F = TypeFamily;

constexpr std::array<ColumnType, 44> kTypes = {{{"BOOLEAN", F::kBoolean, true},
                                                {"TINYINT", F::kInteger, true},
                                                {"SMALLINT", F::kInteger, true},
                                                {"INTEGER", F::kInteger, true},
                                                {"INTEGER", F::kInteger, true},
                                                {"BIGINT", F::kInteger, true},
                                                {"BIGINT", F::kInteger, true},
                                                {"HUGEINT", F::kInteger, true},
                                                {"UTINYINT", F::kInteger, true},
                                                {"USMALLINT", F::kInteger, true},
                                                {"UINTEGER", F::kInteger, true},
                                                {"UBIGINT", F::kInteger, true},
                                                {"UHUGEINT", F::kInteger, true},
                                                {"BIGNUM", F::kOther, true},
                                                {"DECIMAL(4,1)", F::kDecimal, true},
                                                {"DECIMAL(9,2)", F::kDecimal, true},
                                                {"DECIMAL(18,3)", F::kDecimal, true},
                                                {"DECIMAL(38,10)", F::kDecimal, true},
                                                {"FLOAT", F::kFloat, true},
                                                {"DOUBLE", F::kFloat, true},
                                                {"VARCHAR", F::kText, true},
                                                {"VARCHAR", F::kText, true},
                                                {"VARCHAR", F::kText, true},
                                                {"JSON", F::kOther, false},
                                                {"BLOB", F::kBytes, true},
                                                {"BIT", F::kBytes, true},
                                                {"DATE", F::kTime, true},
                                                {"TIME", F::kTime, true},
                                                {"TIME_NS", F::kTime, true},
                                                {"TIMETZ", F::kTime, true},
                                                {"TIMESTAMP", F::kTime, true},
                                                {"TIMESTAMP_S", F::kTime, true},
                                                {"TIMESTAMP_MS", F::kTime, true},
                                                {"TIMESTAMP_NS", F::kTime, true},
                                                {"TIMESTAMPTZ", F::kTime, true},
                                                {"INTERVAL", F::kOther, false},
                                                {"UUID", F::kOther, true},
                                                {"ENUM('red', 'green', 'blue')", F::kEnum, true},
                                                {"INTEGER[]", F::kNested, true},
                                                {"VARCHAR[]", F::kNested, true},
                                                {"INTEGER[3]", F::kNested, true},
                                                {"STRUCT(a INTEGER, b VARCHAR[])", F::kNested, true},
                                                {"MAP(VARCHAR, INTEGER)", F::kNested, false},
                                                {"UNION(n INTEGER, t VARCHAR)", F::kNested, false}}};

constexpr std::array<ColumnType, 6> kKeyTypes = {{{"INTEGER", F::kInteger, true},
                                                  {"BIGINT", F::kInteger, true},
                                                  {"SMALLINT", F::kInteger, true},
                                                  {"VARCHAR", F::kText, true},
                                                  {"DATE", F::kTime, true},
                                                  {"DECIMAL(9,2)", F::kDecimal, true}}};

const std::vector<std::string> kTexts = {"",
                                         "a",
                                         "b",
                                         "ab",
                                         "abc",
                                         "Abc",
                                         "ä",
                                         "日本",
                                         "it''s",
                                         "50%",
                                         "under_score",
                                         "x y",
                                         "zzzz",
                                         "\t",
                                         "🦆 duck",
                                         "null",
                                         "abcdefghijkl",
                                         "abcdefghijklm",
                                         "a long text that does not fit into twelve bytes"};

std::string quoted(const std::string& text) { return "'" + text + "'"; }

std::string typed(const std::string& text, const ColumnType& type) {
    return "CAST(" + quoted(text) + " AS " + type.sql + ")";
}

std::string two_digits(int64_t number) { return (number < 10 ? "0" : "") + std::to_string(number); }

std::string random_date(Dice& dice) {
    if (dice.one_in(12)) {
        return dice.one_in(2) ? "infinity" : "-infinity";
    }
    return std::to_string(dice.one_in(8) ? dice.between(1000, 9000) : 2020) + "-0" +
           std::to_string(dice.between(1, 4)) + "-" + two_digits(dice.between(1, 28));
}

std::string random_time(Dice& dice) {
    std::string time = two_digits(dice.between(0, 23)) + ":" + two_digits(dice.between(0, 59)) + ":00";
    return dice.one_in(3) ? time + "." + std::to_string(dice.between(1, 999)) : time;
}

std::string random_integer(Dice& dice, const std::string& type) {
    const bool is_unsigned = type[0] == 'U';
    if (dice.one_in(15)) {
        return is_unsigned ? "255" : dice.one_in(2) ? "-128" : "127";
    }
    if (dice.one_in(15) && (type == "BIGINT" || type == "HUGEINT" || type == "BIGNUM")) {
        return dice.one_in(2) ? "-9223372036854775808" : "9223372036854775807";
    }
    if (dice.one_in(10) && type == "HUGEINT") {
        return dice.one_in(2) ? "-170141183460469231731687303715884105728" : "170141183460469231731687303715884105727";
    }
    if (dice.one_in(10) && type == "UHUGEINT") {
        return "340282366920938463463374607431768211455";
    }
    return std::to_string(dice.between(is_unsigned ? 0 : -9, 20));
}

std::string random_float(Dice& dice) {
    if (dice.one_in(8)) {
        static const std::vector<std::string> kOdd = {"nan", "inf", "-inf", "1e30", "-1e30", "1e-30"};
        return dice.pick(kOdd);
    }
    return std::to_string(dice.between(-20, 20)) + ".25";
}

std::string random_integer_or_null(Dice& dice) { return dice.one_in(5) ? "NULL" : std::to_string(dice.between(-5, 5)); }

// A text list holds no number: DuckDB would take the literal's type from it and fail on the texts, when it looks.
std::string list_of(Dice& dice, size_t length, bool is_text) {
    std::string items;
    for (size_t i = 0; i < length; ++i) {
        items += (i == 0 ? "" : ", ") +
                 (!is_text          ? random_integer_or_null(dice)
                  : dice.one_in(10) ? "NULL"
                                    : quoted(dice.pick(kTexts)));
    }
    return items;
}

std::string random_nested(Dice& dice, const ColumnType& type) {
    const std::string sql = type.sql;
    std::string made;
    if (sql == "INTEGER[3]") {
        made = "[" + list_of(dice, 3, false) + "]";
    } else if (sql == "INTEGER[]") {
        made = "[" + list_of(dice, dice.below(5), false) + "]";
    } else if (sql == "VARCHAR[]") {
        made = "[" + list_of(dice, dice.below(4), true) + "]";
    } else if (sql[0] == 'S') {
        made = "{'a': " + random_integer_or_null(dice) + ", 'b': [" + list_of(dice, dice.below(3), true) + "]}";
    } else if (sql[0] == 'M') {
        made = dice.one_in(4) ? "MAP {}"
                              : "MAP {'k': " + random_integer_or_null(dice) + ", " +
                                    quoted(dice.one_in(2) ? "l" : "m") + ": " + random_integer_or_null(dice) + "}";
    } else {
        made = dice.one_in(2) ? "union_value(n := " + std::to_string(dice.between(-5, 5)) + ")"
                              : "union_value(t := " + quoted(dice.pick(kTexts)) + ")";
    }
    return "CAST(" + made + " AS " + sql + ")";
}

std::string random_text_of(Dice& dice, const ColumnType& type) {
    static const std::vector<std::string> kJson = {"{\"a\": 1}", "[1, 2]", "null", "\"x\"", "{\"a\":{\"b\":[]}}"};
    static const std::vector<std::string> kBytes = {"", "\\x00", "ab", "\\xFF\\x00a", "abcdefghijklmnop"};
    static const std::vector<std::string> kBits = {"0", "1", "0101", "111111111", "00000000000000000000000000000001"};
    static const std::vector<std::string> kColours = {"red", "green", "blue"};
    static const std::vector<std::string> kIntervals = {"1 month", "29 days", "-5 minutes", "1 year 2 days", "0 days"};
    const std::string sql = type.sql;
    if (sql == "JSON") {
        return dice.pick(kJson);
    }
    if (sql == "BLOB") {
        return dice.pick(kBytes);
    }
    if (sql == "BIT") {
        return dice.pick(kBits);
    }
    if (type.family == F::kEnum) {
        return dice.pick(kColours);
    }
    if (sql == "INTERVAL") {
        return dice.pick(kIntervals);
    }
    if (sql == "UUID") {
        return "0000000" + std::to_string(dice.between(0, 9)) + "-ffff-4000-8000-00000000000" +
               std::to_string(dice.between(0, 3));
    }
    return dice.pick(kTexts);
}

std::string random_time_of(Dice& dice, const std::string& sql) {
    if (sql == "DATE") {
        return random_date(dice);
    }
    if (sql.rfind("TIMESTAMP", 0) != 0) {
        return random_time(dice) + (sql == "TIMETZ" ? (dice.one_in(2) ? "+02" : "-05:30") : "");
    }
    const std::string date =
        sql == "TIMESTAMP_NS" ? "2021-03-0" + std::to_string(dice.between(1, 9)) : random_date(dice);
    const std::string text = date.find('f') != std::string::npos ? date : date + " " + random_time(dice);
    return sql == "TIMESTAMPTZ" && date.find('f') == std::string::npos ? text + "+00" : text;
}

}  // namespace

// SplitMix64.
uint64_t Dice::next() {
    state_ += 0x9E3779B97F4A7C15ULL;
    uint64_t z = state_;
    z = (z ^ (z >> 30U)) * 0xBF58476D1CE4E5B9ULL;
    z = (z ^ (z >> 27U)) * 0x94D049BB133111EBULL;
    return z ^ (z >> 31U);
}

const ColumnType& random_type(Dice& dice) { return dice.pick(kTypes); }
const ColumnType& random_key_type(Dice& dice) { return dice.pick(kKeyTypes); }

const ColumnType& random_type_of_family(Dice& dice, TypeFamily family) {
    for (;;) {
        const ColumnType& type = dice.pick(kTypes);
        if (type.family == family) {
            return type;
        }
    }
}

std::string random_literal(Dice& dice, const ColumnType& type) {
    switch (type.family) {
        case F::kBoolean:
            return dice.one_in(2) ? "true" : "false";
        case F::kInteger:
            return typed(random_integer(dice, type.sql), type);
        case F::kDecimal:
            return typed(std::to_string(dice.between(-99, 99)) + "." + std::to_string(dice.between(0, 9)), type);
        case F::kFloat:
            return typed(random_float(dice), type);
        case F::kTime:
            return typed(random_time_of(dice, type.sql), type);
        case F::kNested:
            return random_nested(dice, type);
        case F::kOther:
            if (std::string(type.sql) == "BIGNUM") {
                return typed(random_integer(dice, type.sql), type);
            }
            return typed(random_text_of(dice, type), type);
        case F::kText:
        case F::kBytes:
        case F::kEnum:
            return typed(random_text_of(dice, type), type);
    }
    return "NULL";
}

std::string random_value(Dice& dice, const ColumnType& type) {
    return dice.one_in(6) ? "NULL" : random_literal(dice, type);
}

std::string numbered_value(const ColumnType& type, const std::string& number, size_t distinct) {
    const std::string small = "(" + number + " % " + std::to_string(distinct) + ")";
    const std::string sql = type.sql;
    switch (type.family) {
        case F::kBoolean:
            return "(" + number + " % 3 = 0)";
        case F::kInteger:
        case F::kFloat:
            return "CAST(" + number + " % " + std::to_string(sql.find("TINYINT") != sql.npos ? 100 : distinct) +
                   " AS " + sql + ")";
        case F::kDecimal:
            return "CAST(" + number + " % " + std::to_string(sql == "DECIMAL(4,1)" ? 100 : distinct) + " AS " + sql +
                   ")";
        case F::kText:
            return "CASE WHEN " + number + " % 5 = 0 THEN repeat('long ', 3) || " + small + " ELSE 'v' || " + small +
                   " END";
        case F::kTime:
            if (sql == "DATE" || sql.rfind("TIMESTAMP", 0) == 0) {
                return "CAST(TIMESTAMP '2020-01-01' + to_days(CAST(" + small + " AS INTEGER)) AS " + sql + ")";
            }
            return "CAST(TIME '00:00:00' + to_minutes(" + small + ") AS " + sql + ")";
        case F::kBytes:
            return sql == "BIT" ? "CAST(CAST(" + small + " AS INTEGER) AS BIT)" : "encode('b' || " + small + ")";
        case F::kEnum:
            return "CAST(['red', 'green', 'blue'][1 + " + number + " % 3] AS " + sql + ")";
        case F::kNested:
            if (sql == "INTEGER[]" || sql == "VARCHAR[]") {
                return "CAST(CASE WHEN " + number + " % 7 = 0 THEN [] ELSE [" + small + ", NULL, " + number +
                       "] END AS " + sql + ")";
            }
            if (sql == "INTEGER[3]") {
                return "CAST([" + small + ", NULL, " + number + "] AS INTEGER[3])";
            }
            if (sql[0] == 'S') {
                return "CAST({'a': " + small + ", 'b': ['s' || " + number + "]} AS " + sql + ")";
            }
            return sql[0] == 'M' ? "CAST(MAP {'k' || " + small + ": " + number + "} AS " + sql + ")"
                                 : "CAST(union_value(n := CAST(" + small + " AS INTEGER)) AS " + sql + ")";
        case F::kOther:
            break;
    }
    if (sql == "JSON") {
        return "CAST('[' || " + small + " || ']' AS JSON)";
    }
    if (sql == "INTERVAL") {
        return "to_hours(" + small + ")";
    }
    if (sql == "UUID") {
        return "CAST('00000000-0000-4000-8000-' || lpad(CAST(" + small + " AS VARCHAR), 12, '0') AS UUID)";
    }
    return "CAST(" + small + " AS " + sql + ")";
}

}  // namespace kodiak::differential
