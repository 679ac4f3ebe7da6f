#include "tests/support/sqllogictest/loop_values.hpp"

#include <cstdlib>
#include <string_view>

namespace kodiak::sqllogictest {

namespace {

// The columns of test_all_types().
const std::vector<std::string>& all_types_columns() {
    static const std::vector<std::string> kColumns = {
        "bool", "tinyint", "smallint", "int", "bigint", "hugeint", "uhugeint", "utinyint", "usmallint", "uint",
        "ubigint", "bignum", "date", "time", "timestamp", "timestamp_s", "timestamp_ms", "timestamp_ns",
        "time_tz", "timestamp_tz", "float", "double", "dec_4_1", "dec_9_4", "dec_18_6", "dec38_10", "uuid",
        "interval", "varchar", "blob", "bit", "small_enum", "medium_enum", "large_enum", "int_array",
        "double_array", "date_array", "timestamp_array", "timestamptz_array", "varchar_array",
        "nested_int_array", "struct", "struct_of_arrays", "array_of_structs", "map", "union", "fixed_int_array",
        "fixed_varchar_array", "fixed_nested_int_array", "fixed_nested_varchar_array", "fixed_struct_array",
        "struct_of_fixed_array", "fixed_array_of_int_list", "list_of_fixed_int_array"
    };
    return kColumns;
}

const std::map<std::string, std::vector<std::string>>& type_groups() {
    static const std::vector<std::string> kSigned = {"tinyint", "smallint", "integer", "bigint", "hugeint"};
    static const std::vector<std::string> kUnsigned = {"utinyint", "usmallint", "uinteger", "ubigint", "uhugeint"};
    static const auto joined = [](std::vector<std::string> first, const std::vector<std::string>& second) {
        first.insert(first.end(), second.begin(), second.end());
        return first;
    };
    static const std::vector<std::string> kIntegral = joined(kSigned, kUnsigned);
    static const std::vector<std::string> kNumeric = joined(kIntegral, {"float", "double"});
    static const std::map<std::string, std::vector<std::string>> kGroups = {
        {"<signed>", kSigned},
        {"<unsigned>", kUnsigned},
        {"<integral>", kIntegral},
        {"<numeric>", kNumeric},
        {"<alltypes>", joined(kNumeric, {"bool", "interval", "varchar"})},
        {"<all_types_columns>", all_types_columns()},
        {"<compression>", {"none", "uncompressed", "rle", "bitpacking", "dictionary", "fsst", "alp", "alprd"}}};
    return kGroups;
}

}  // namespace

std::vector<std::string> counted_values(const std::vector<std::string>& words) {
    std::vector<std::string> values;
    long long end = std::atoll(words[2].c_str());
    for (long long i = std::atoll(words[1].c_str()); i < end; ++i) {
        values.push_back(std::to_string(i));
    }
    return values;
}

std::vector<std::string> listed_values(const std::vector<std::string>& words) {
    std::vector<std::string> values;
    for (size_t i = 1; i < words.size(); ++i) {
        auto group = type_groups().find(words[i]);
        if (group != type_groups().end()) {
            values.insert(values.end(), group->second.begin(), group->second.end());
        } else if (words[i][0] == '!') {
            std::erase(values, words[i].substr(1));
        } else {
            values.push_back(words[i]);
        }
    }
    return values;
}

bool condition_holds(const std::string& what, bool native, const std::map<std::string, std::string>& loop_values) {
    for (std::string_view sign : {">=", "<=", "<>", "!=", "=", ">", "<"}) {
        size_t at = what.find(sign);
        if (at == std::string::npos) {
            continue;
        }
        auto variable = loop_values.find(what.substr(0, at));
        std::string left = variable == loop_values.end() ? what.substr(0, at) : variable->second;
        std::string right = what.substr(at + sign.size());
        long long a = std::atoll(left.c_str());
        long long b = std::atoll(right.c_str());
        return sign == "="    ? left == right
               : sign == ">=" ? a >= b
               : sign == "<=" ? a <= b
               : sign == ">"  ? a > b
               : sign == "<"  ? a < b
                              : left != right;
    }
    // Both engines speak DuckDB's dialect.
    return what == "duckdb" || what == (native ? "native" : "kodiak");
}

}  // namespace kodiak::sqllogictest
