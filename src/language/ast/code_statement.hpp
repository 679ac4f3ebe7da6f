#pragma once

// CREATE FUNCTION, CREATE PROCEDURE, CREATE TEST and DO as trees (language reference 3.1 and 3.11).

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "language/ast/body.hpp"

namespace kodiak::language {

enum class CodeKind : uint8_t { kFunction, kProcedure, kTest, kDo };
enum class CodeLanguage : uint8_t { kGrizzly, kPlpgsql, kSql };
enum class Volatility : uint8_t { kInferred, kImmutable, kStable, kVolatile };
enum class ParameterMode : uint8_t { kIn, kOut, kInOut, kVariadic };

struct Parameter {
    ParameterMode mode = ParameterMode::kIn;
    NamePart name;  // may be empty: $1
    TypeName* type = nullptr;
    Expression* default_value = nullptr;
};

enum class ResultKind : uint8_t { kNone, kType, kSetOf, kTable, kVoid, kTrigger };

struct ResultClause {
    ResultKind kind = ResultKind::kNone;
    TypeName* type = nullptr;        // kType, kSetOf
    std::vector<Parameter> columns;  // kTable: name and type
    Span span;
};

// A body's own text and where it stands in the statement.
struct BodySource {
    std::string text;             // decoded: what the body parser reads
    size_t offset = 0;            // of its first byte in the statement
    std::vector<size_t> doubled;  // offsets in `text` behind which the statement has one more quote

    // Leads from an offset in `text` to one in the statement.
    size_t original(size_t body_offset) const;
    Span original(Span span) const { return {original(span.offset), span.length}; }
};

struct CodeSetting {
    std::string name;
    std::string value;
};

struct CodeDefinition {
    CodeKind kind = CodeKind::kFunction;
    bool replace = false;
    std::vector<NamePart> name;
    std::vector<Parameter> parameters;
    ResultClause result;
    CodeLanguage language = CodeLanguage::kGrizzly;
    Volatility volatility = Volatility::kInferred;
    Span volatility_span;
    bool strict = false;
    bool security_definer = false;
    std::vector<CodeSetting> settings;  // SET key = value
    std::vector<CodeSetting> limits;    // WITH (key = value)
    std::vector<NamePart> test_for;     // CREATE TEST ... FOR name
    enum class Conflict : uint8_t { kError, kVariable, kColumn };
    Conflict variable_conflict = Conflict::kError;  // #variable_conflict
    BodySource source;
    Block* body = nullptr;               // of grizzly and plpgsql
    Expression* return_value = nullptr;  // a body `RETURN expr`; its spans are those of `source`
    std::vector<SqlText> sql_body;       // of LANGUAGE sql
    std::shared_ptr<Ast> ast = std::make_shared<Ast>();
};

}  // namespace kodiak::language
