#include "language/jit/random_code.hpp"

namespace kodiak::language {
namespace {

const char* const kTypeNames[] = {"INT", "BIGINT", "DOUBLE", "DECIMAL(18,2)", "TEXT", "BOOLEAN", "DATE", "BIGINT[]"};
const char* const kVariables[][3] = {{"a", "v1", "w1"}, {"b", "v2", "w2"}, {"c", "v3", "w3"}, {"d", "v4", "w4"},
                                     {"e", "v5", "w5"}, {"f", "v6", "w6"}, {"g", "v7", "w7"}, {"v8", "v8", "w8"}};

std::string both_of(const std::string& left, const std::string& op, const std::string& right) {
    return "(" + left + " " + op + " " + right + ")";
}

}  // namespace

std::string RandomCode::variable(Type type) { return kVariables[type][below(3)]; }

std::string RandomCode::constant(Type type) {
    if (one_in(12)) {
        return std::string("NULL::") + kTypeNames[type];
    }
    switch (type) {
        case kInt:
            return pick({"0", "1", "-1", "2", "7", "1000000", "2147483647", "-2147483648", "3", "10"});
        case kBig:
            return pick({"0", "1", "-1", "2", "9223372036854775807", "4294967296", "5", "-3", "100"}) + "::BIGINT";
        case kReal:
            return pick({"0.0", "1.5", "-2.25", "1e300", "3.0", "0.1", "-0.0"}) + "::DOUBLE";
        case kDecimal:
            return pick({"0", "1.25", "-3.50", "9999999999999999.99", "12.00", "0.01"}) + "::DECIMAL(18,2)";
        case kText:
            return pick({"''", "'a'", "'abc'", "'Zaehler 12'", "'12'", "'-7'", "'x%y'"});
        case kBool:
            return pick({"true", "false"});
        case kDate:
            return pick({"DATE '2024-02-29'", "DATE '1970-01-01'", "DATE '0001-01-01'"});
        default:
            return pick({"[1::BIGINT]", "[1::BIGINT, 2::BIGINT, NULL::BIGINT]"});
    }
}

std::string RandomCode::whole(Type type, size_t depth) {
    const std::string cast = type == kInt ? "::INT" : "::BIGINT";
    const Type other = one_in(3) ? (type == kInt ? kBig : kInt) : type;
    switch (below(14)) {
        case 0:
            return both_of(expression(type, depth), "//", expression(type, depth));
        case 1:
            return both_of(expression(type, depth), "%", expression(type, depth));
        case 2:
            return "(-" + expression(type, depth) + ")";
        case 3:
            return "abs(" + expression(type, depth) + ")";
        case 4:
            return "(" + expression(other, depth) + ")" + cast;
        case 5:
            return "(" + expression(kReal, depth) + ")" + cast;
        case 6:
            return "(" + expression(kDecimal, depth) + ")" + cast;
        case 7:
            return type == kBig ? "length(" + expression(kText, depth) + ")"
                                : "ascii(" + expression(kText, depth) + ")";
        case 8:
            return pick({"greatest(", "least(", "coalesce("}) + expression(type, depth) + ", " +
                   expression(type, depth) + ")";
        case 9:
            return type == kBig ? variable(kList) + "[" + expression(kInt, depth) + "]"
                                : "(" + expression(kBool, depth) + ")::INT";
        case 10:
            return type == kBig ? "(" + expression(kDate, depth) + " - " + expression(kDate, depth) + ")"
                                : "(" + expression(kInt, depth) + ")::TINYINT::INT";
        default:
            return both_of(expression(type, depth), pick({"+", "-", "*"}), expression(type, depth));
    }
}

std::string RandomCode::condition(size_t depth) {
    switch (below(9)) {
        case 0:
            return both_of(expression(kBool, depth), pick({"AND", "OR"}), expression(kBool, depth));
        case 1:
            return "(NOT " + expression(kBool, depth) + ")";
        case 2:
            return "(" + expression(static_cast<Type>(below(kTypes)), depth) + pick({" IS NULL)", " IS NOT NULL)"});
        case 3:
            return "(" + expression(kInt, depth) + " BETWEEN " + expression(kInt, depth) + " AND " +
                   expression(kInt, depth) + ")";
        case 4:
            return "(" + expression(kText, depth) + " LIKE " + constant(kText) + ")";
        case 5: {
            const auto type = static_cast<Type>(below(kList));
            return both_of(expression(type, depth), pick({"IS DISTINCT FROM", "IS NOT DISTINCT FROM"}),
                           expression(type, depth));
        }
        case 6:
            return "(" + expression(kBig, depth) + " IN (" + expression(kBig, depth) + ", " + expression(kBig, depth) +
                   "))";
        default: {
            const auto type = static_cast<Type>(below(kList));
            return both_of(expression(type, depth), pick({"=", "<>", "<", "<=", ">", ">="}), expression(type, depth));
        }
    }
}

std::string RandomCode::text(size_t depth) {
    switch (below(6)) {
        case 0:
            return pick({"upper(", "lower(", "reverse(", "ltrim("}) + expression(kText, depth) + ")";
        case 1:
            return "substr(" + expression(kText, depth) + ", " + expression(kInt, depth) + ", 3)";
        case 2:
            return "(" + expression(static_cast<Type>(below(kList)), depth) + ")::TEXT";
        case 3:
            return "repeat(left(" + expression(kText, depth) + ", 4), 2)";
        case 4:
            return "left(" + expression(kText, depth) + " || " + expression(kText, depth) + ", 30)";
        default:
            return "replace(" + expression(kText, depth) + ", 'a', " + constant(kText) + ")";
    }
}

std::string RandomCode::expression(Type type, size_t depth) {
    if (depth == 0 || one_in(4)) {
        return one_in(3) ? constant(type) : variable(type);
    }
    --depth;
    if (type != kList && one_in(8)) {
        return "(CASE WHEN " + expression(kBool, depth) + " THEN " + expression(type, depth) + " ELSE " +
               expression(type, depth) + " END)";
    }
    if (one_in(12)) {
        return "nullif(" + expression(type, depth) + ", " + expression(type, depth) + ")";
    }
    switch (type) {
        case kInt:
        case kBig:
            return whole(type, depth);
        case kReal:
            return one_in(4)   ? pick({"abs(", "floor(", "sqrt(", "ceil("}) + expression(kReal, depth) + ")"
                   : one_in(5) ? "(" + expression(kInt, depth) + ")::DOUBLE"
                               : both_of(expression(kReal, depth), pick({"+", "-", "*", "/", "%", "//"}),
                                         expression(kReal, depth));
        case kDecimal:
            return one_in(4)
                       ? "(" + expression(one_in(2) ? kInt : kBig, depth) + ")::DECIMAL(18,2)"
                       : "(" +
                             both_of(expression(kDecimal, depth), pick({"+", "-", "*"}), expression(kDecimal, depth)) +
                             ")::DECIMAL(18,2)";
        case kText:
            return text(depth);
        case kBool:
            return depth == 0 ? both_of(variable(kBig), "<", constant(kBig)) : condition(depth);
        case kDate:
            return both_of(expression(kDate, depth), pick({"+", "-"}), expression(kInt, depth));
        default:
            return one_in(2) ? "list_append(" + variable(kList) + ", " + expression(kBig, depth) + ")"
                             : "(" + variable(kList) + ")[1:3]";
    }
}

std::string RandomCode::statement(size_t depth) {
    const auto type = static_cast<Type>(below(kTypes));
    const size_t kind = depth == 0 ? 0 : below(11);
    switch (kind) {
        case 0:
        case 1:
            return "IF " + expression(kBool, 2) + " THEN\n" + (depth == 0 ? "NULL;\n" : statements(depth - 1)) +
                   (one_in(2) ? "ELSE\n" + (depth == 0 ? std::string("NULL;\n") : statements(depth - 1)) : "") +
                   "END IF;\n";
        case 2: {
            const std::string loop = "i" + std::to_string(loops_++);
            return "FOR " + loop + (one_in(4) ? " IN REVERSE 4..1" : " IN 1..3") + " LOOP\n" + statements(depth - 1) +
                   (one_in(3) ? "CONTINUE WHEN " + expression(kBool, 1) + ";\n" : "") + "v2 := v2 + " + loop +
                   ";\nEND LOOP;\n";
        }
        case 3: {
            const std::string loop = "n" + std::to_string(loops_++);
            return "BEGIN\nDECLARE\n" + loop + " INT := 0;\nBEGIN\nWHILE " + loop + " < 4 LOOP\n" + loop +
                   " := " + loop + " + 1;\n" + statements(depth - 1) +
                   (one_in(3) ? "EXIT WHEN " + expression(kBool, 1) + ";\n" : "") + "END LOOP;\nEND;\nEND;\n";
        }
        case 4:
            return "v8[" + pick({"1", "2", "4", "v1", "abs(v1 % 5)"}) + "] := " + expression(kBig, 2) + ";\n";
        case 5:
            return "w2 := twice(" + expression(kBig, 2) + ", " + expression(kText, 1) + ");\n";
        case 6:
            return one_in(6) ? "IF " + expression(kBool, 2) + " THEN RAISE EXCEPTION 'stop % %', v1, v5; END IF;\n"
                             : "CASE WHEN " + expression(kBool, 2) + " THEN\n" + statements(depth - 1) +
                                   (one_in(5) ? "" : "ELSE NULL;\n") + "END CASE;\n";
        default:
            return kVariables[type][1 + below(2)] + (" := " + expression(type, 3)) + ";\n";
    }
}

std::string RandomCode::statements(size_t depth) {
    std::string out;
    for (size_t count = 1 + below(3); count > 0; --count) {
        out += statement(depth);
    }
    return out;
}

std::string RandomCode::function(const std::string& name) {
    std::string declarations;
    for (size_t type = 0; type < kTypes; ++type) {
        for (size_t k = 1; k < 3; ++k) {
            declarations += std::string(kVariables[type][k]) + " " + kTypeNames[type] +
                            (one_in(5) ? "" : " := " + constant(static_cast<Type>(type))) + ";\n";
        }
    }
    std::string body;
    for (size_t count = 3 + below(5); count > 0; --count) {
        body += statement(2);
    }
    const auto result = static_cast<Type>(below(kTypes));
    return "CREATE OR REPLACE FUNCTION " + name +
           "(a INT, b BIGINT, c DOUBLE, d DECIMAL(18,2), e TEXT, f BOOLEAN, g DATE) RETURNS " + kTypeNames[result] +
           " AS $$\nDECLARE\n" + declarations + "BEGIN\n" + body + "RETURN " + kVariables[result][1 + below(2)] +
           ";\nEND $$";
}

}  // namespace kodiak::language
