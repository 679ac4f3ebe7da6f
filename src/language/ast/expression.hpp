#pragma once

// Expressions and type names of PL-Grizzly as a tree (docs/decisions/0006-language-front-end.md).
//
// One node type with a kind: parser, analyser and emitter are then three switches over one closed list. Nodes belong
// to the Ast that made them and are freed together, so that a tree as deep as the parser allows is freed without
// recursion. The analyser fills in what stands below `found by the analyser`.

#include <cstdint>
#include <string>
#include <vector>

#include "language/lexer/token.hpp"
#include "language/statement.hpp"
#include "language/values/code_type.hpp"

namespace kodiak::language {

enum class ExpressionKind : uint8_t {
    kNull,
    kBoolean,       // text: true or false
    kNumber,        // text: the digits as written, without `_`
    kString,        // text: decoded
    kDuration,      // 1h30m; text as written
    kTypedLiteral,  // DATE '2026-01-01'; type_name, children[0] a kString
    kName,          // parts: a, a.b, a.b.c
    kParameter,     // $1, $name, ?; text as written
    kUnary,         // op, children[0]
    kBinary,        // op, children[0], children[1]
    kIs,            // children[0] IS [NOT] {NULL | TRUE | FALSE | UNKNOWN}: text in lower case
    kDistinct,      // children[0] IS [NOT] DISTINCT FROM children[1]
    kBetween,       // children[0] [NOT] BETWEEN children[1] AND children[2]
    kIn,            // children[0] [NOT] IN (children[1], ...)
    kLike,          // children[0] [NOT] {LIKE | ILIKE} children[1]: text in lower case
    kCase,          // has_operand: children[0]; then WHEN, THEN pairs; has_else: the last child
    kCast,          // CAST(children[0] AS type_name), children[0]::type_name; also put in by the analyser
    kCall,          // parts: the function's name; children, child_names (empty: positional)
    kIndex,         // children[0][children[1]]
    kSlice,         // children[0][children[1]:children[2]]; a missing bound is nullptr
    kField,         // children[0].text
    kList,          // [a, b], ARRAY[a, b]
    kStruct,        // {'a': 1}: child_names, children
    kRow,           // (a, b), ROW(a, b)
    kSql,           // anything that only the engine evaluates: a subquery, f(DISTINCT x), a lambda, `count(*) FROM t`
    kError,         // did not parse; reported already
};

enum class Operator : uint8_t {
    kNone,
    kOr,
    kAnd,
    kNot,
    kEqual,
    kNotEqual,
    kLess,
    kLessEqual,
    kGreater,
    kGreaterEqual,
    kConcat,
    kAdd,
    kSubtract,
    kMultiply,
    kDivide,
    kIntegerDivide,
    kModulo,
    kPower,
    kNegate,
    kPlus,
    kOther,  // an operator that only the engine knows; the tree around it becomes SQL
};

// Returns how SQL writes an operator, e.g. "//".
std::string_view operator_text(Operator op);

// How a type is written: `INT[]`, `DECIMAL(12,2)`, `orders.total%TYPE`, `STRUCT(x INT, y INT)`.
enum class TypeNameKind : uint8_t { kNamed, kTypeOf, kRowTypeOf, kStruct, kMap };

struct TypeName {
    TypeNameKind kind = TypeNameKind::kNamed;
    Span span;
    std::vector<NamePart> parts;         // kNamed: also DOUBLE PRECISION as one part; kTypeOf, kRowTypeOf
    std::vector<uint32_t> modifiers;     // DECIMAL(12, 2)
    std::vector<std::string> labels;     // ENUM('a', 'b')
    std::vector<NamePart> field_names;   // kStruct
    std::vector<TypeName> children;      // kStruct: types of the fields; kMap: key, value
    std::vector<uint32_t> array_suffix;  // one per [] from the inside; 0: list, n: array of n
};

enum class Builtin : uint16_t;

struct Expression {
    ExpressionKind kind = ExpressionKind::kError;
    Operator op = Operator::kNone;
    bool negated = false;
    bool has_operand = false;
    bool has_else = false;
    uint16_t depth = 1;  // nodes on the longest way down; the parser bounds it
    Span span;
    Span name_span;  // kBinary, kUnary: the operator; kField: the field's name
    std::string text;
    std::vector<NamePart> parts;
    std::vector<Expression*> children;
    std::vector<std::string> child_names;
    TypeName* type_name = nullptr;

    // Found by the analyser.
    CodeType type;                // of the value
    int32_t variable = -1;        // kName: the variable it names
    int32_t sql = -1;             // kSql: its index among the program's SQL texts
    int32_t function = -1;        // kCall of a PL-Grizzly function: its index among the program's callees
    Builtin builtin = Builtin{};  // kCall of a function that the interpreter knows itself
};

}  // namespace kodiak::language
