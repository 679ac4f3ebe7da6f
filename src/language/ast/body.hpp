#pragma once

// Statements of PL-Grizzly bodies, and the Ast that owns all nodes of one body (language reference 3.2 to 3.8).
//
// Each statement is a struct of its own with a kind to switch over. Spans are byte ranges in the body's text. Embedded
// SQL is kept as the range of its text: the analyser puts parameters where variables stand, the engine does the rest.

#include <deque>
#include <memory>
#include <string>
#include <vector>

#include "language/ast/expression.hpp"

namespace kodiak::language {

enum class BodyKind : uint8_t {
    kBlock,
    kLet,
    kAssign,
    kIf,
    kCase,
    kLoop,
    kWhile,
    kForRange,
    kForQuery,
    kForeach,
    kJump,
    kReturn,
    kReturnNext,
    kReturnQuery,
    kRaise,
    kAssert,
    kAssertQuery,
    kSql,
    kExecute,
    kCall,
    kDiagnostics,
    kOpen,
    kFetch,
    kClose,
    kTransaction,
    kNull,
};

struct BodyStatement {
    BodyKind kind;
    Span span;  // from the first to the last token, without `;`
    explicit BodyStatement(BodyKind body_kind) : kind(body_kind) {}
    virtual ~BodyStatement() = default;
};

using Statements = std::vector<BodyStatement*>;

// Embedded SQL: one statement's range, without INTO and its targets.
struct SqlText {
    Span span;                 // of the whole, INTO included
    std::vector<Span> pieces;  // what is sent, joined by a blank; usually one
    std::string prefix;        // put before the pieces: "SELECT " for PERFORM and for expressions
    std::string suffix;        // put behind them
    bool is_query = false;     // it answers rows by itself (SELECT, VALUES, FROM, WITH, SHOW, ...)
    int32_t index = -1;        // among the program's SQL texts, set by the analyser
};

struct CursorParameter {
    NamePart name;
    TypeName* type = nullptr;
    int32_t variable = -1;
};

// One declaration of DECLARE, or a LET.
struct Declaration {
    enum class Kind : uint8_t { kVariable, kCursor, kAlias };
    Kind kind = Kind::kVariable;
    NamePart name;
    bool constant = false;
    bool not_null = false;
    bool scroll = false;
    TypeName* type = nullptr;     // absent: that of the value
    Expression* value = nullptr;  // absent: NULL
    NamePart alias_of;            // kAlias
    SqlText query;                // kCursor
    std::vector<CursorParameter> parameters;
    int32_t variable = -1;  // set by the analyser
};

// WHEN condition OR ... THEN statements.
struct HandlerCondition {
    bool others = false;
    std::string sqlstate;  // five characters; of a name too
    Span span;
};
struct ExceptionHandler {
    std::vector<HandlerCondition> conditions;
    Statements statements;
    Span span;
};

struct Block : BodyStatement {
    Block() : BodyStatement(BodyKind::kBlock) {}
    std::string label;
    std::vector<Declaration> declarations;
    Statements statements;
    std::vector<ExceptionHandler> handlers;
    Statements finally;
    bool has_finally = false;
};

struct Let : BodyStatement {
    Let() : BodyStatement(BodyKind::kLet) {}
    std::vector<Declaration> names;  // several: LET (a, b) = row
    Expression* value = nullptr;     // of several names; a single one has its own
};

// What may be written to: a variable, a field of it, an element of it.
struct Target {
    Expression* place = nullptr;  // kName, kField or kIndex
};

struct Assign : BodyStatement {
    Assign() : BodyStatement(BodyKind::kAssign) {}
    Target target;
    Expression* value = nullptr;
};

struct If : BodyStatement {
    If() : BodyStatement(BodyKind::kIf) {}
    struct Branch {
        Expression* condition = nullptr;
        Statements statements;
    };
    std::vector<Branch> branches;
    Statements otherwise;
    bool has_else = false;
};

struct Case : BodyStatement {
    Case() : BodyStatement(BodyKind::kCase) {}
    struct Branch {
        std::vector<Expression*> values;  // conditions, or values to compare with the operand
        Statements statements;
    };
    Expression* operand = nullptr;
    std::vector<Branch> branches;
    Statements otherwise;
    bool has_else = false;
};

struct LoopStatement : BodyStatement {
    using BodyStatement::BodyStatement;
    std::string label;
    Statements statements;
};

// LOOP, and WHILE with a condition.
struct Loop : LoopStatement {
    Loop() : LoopStatement(BodyKind::kLoop) {}
    Expression* condition = nullptr;
};

struct ForRange : LoopStatement {
    ForRange() : LoopStatement(BodyKind::kForRange) {}
    NamePart name;
    bool reverse = false;
    Expression* first = nullptr;
    Expression* last = nullptr;
    Expression* step = nullptr;
    int32_t variable = -1;
};

// FOR over a query, a cursor or EXECUTE.
struct ForQuery : LoopStatement {
    ForQuery() : LoopStatement(BodyKind::kForQuery) {}
    std::vector<Target> targets;
    SqlText query;                       // none of the next two
    Expression* dynamic = nullptr;       // EXECUTE: the text
    std::vector<Expression*> arguments;  // of EXECUTE ... USING, or of the cursor
    NamePart cursor;
    bool over_cursor = false;
    int32_t cursor_variable = -1;
    int32_t variable = -1;  // the loop's own record, when no variable of the target's name exists
};

struct Foreach : LoopStatement {
    Foreach() : LoopStatement(BodyKind::kForeach) {}
    Target target;
    uint32_t slice = 0;
    Expression* list = nullptr;
};

struct Jump : BodyStatement {
    Jump() : BodyStatement(BodyKind::kJump) {}
    bool is_continue = false;
    NamePart label;
    Expression* condition = nullptr;
};

struct Return : BodyStatement {
    Return() : BodyStatement(BodyKind::kReturn) {}
    Expression* value = nullptr;
};

struct ReturnNext : BodyStatement {
    ReturnNext() : BodyStatement(BodyKind::kReturnNext) {}
    Expression* value = nullptr;
};

struct ReturnQuery : BodyStatement {
    ReturnQuery() : BodyStatement(BodyKind::kReturnQuery) {}
    SqlText query;
    Expression* dynamic = nullptr;
    std::vector<Expression*> arguments;
};

enum class RaiseLevel : uint8_t { kDebug, kLog, kInfo, kNotice, kWarning, kException };
enum class RaiseOption : uint8_t {
    kMessage,
    kDetail,
    kHint,
    kErrcode,
    kColumn,
    kConstraint,
    kTable,
    kSchema,
    kDatatype,
};

struct Raise : BodyStatement {
    Raise() : BodyStatement(BodyKind::kRaise) {}
    RaiseLevel level = RaiseLevel::kException;
    bool rethrow = false;  // RAISE alone
    bool has_format = false;
    std::string format;
    Span format_span;
    std::string sqlstate;   // of a condition or SQLSTATE; empty: P0001
    std::string condition;  // its name, which becomes the message
    std::vector<Expression*> arguments;
    std::vector<std::pair<RaiseOption, Expression*>> options;
};

struct Assert : BodyStatement {
    Assert() : BodyStatement(BodyKind::kAssert) {}
    Expression* condition = nullptr;
    Expression* message = nullptr;
};

// ASSERT RAISES code (statement), ASSERT EQUAL (query) (query) [IN ORDER], ASSERT EMPTY (query).
struct AssertQuery : BodyStatement {
    enum class Kind : uint8_t { kRaises, kEqual, kEmpty };
    AssertQuery() : BodyStatement(BodyKind::kAssertQuery) {}
    Kind assertion = Kind::kEmpty;
    std::string sqlstate;
    std::vector<SqlText> queries;
    bool in_order = false;
};

// Any SQL statement, PERFORM included; with INTO its row goes to the targets.
struct SqlStatement : BodyStatement {
    SqlStatement() : BodyStatement(BodyKind::kSql) {}
    SqlText sql;
    std::vector<Target> into;
    bool strict = false;
    bool perform = false;
};

struct Execute : BodyStatement {
    Execute() : BodyStatement(BodyKind::kExecute) {}
    Expression* text = nullptr;
    std::vector<Target> into;
    bool strict = false;
    std::vector<Expression*> arguments;
};

// CALL of a procedure; CALL and PERFORM of a name without () too.
struct Call : BodyStatement {
    Call() : BodyStatement(BodyKind::kCall) {}
    Expression* call = nullptr;  // kCall
};

enum class DiagnosticsItem : uint8_t {
    kRowCount,
    kContext,
    kCommitId,
    kReturnedSqlstate,
    kMessageText,
    kDetail,
    kHint,
    kExceptionContext,
    kColumnName,
    kConstraintName,
    kTableName,
    kSchemaName,
    kDatatypeName,
};

struct GetDiagnostics : BodyStatement {
    GetDiagnostics() : BodyStatement(BodyKind::kDiagnostics) {}
    bool stacked = false;
    std::vector<std::pair<Target, DiagnosticsItem>> items;
};

struct OpenCursor : BodyStatement {
    OpenCursor() : BodyStatement(BodyKind::kOpen) {}
    NamePart cursor;
    int32_t variable = -1;
    bool scroll = false;
    bool has_query = false;
    SqlText query;
    Expression* dynamic = nullptr;
    std::vector<Expression*> arguments;
    std::vector<std::string> argument_names;
};

enum class FetchDirection : uint8_t { kNext, kPrior, kFirst, kLast, kAbsolute, kRelative, kForward, kBackward };

// FETCH and MOVE.
struct Fetch : BodyStatement {
    Fetch() : BodyStatement(BodyKind::kFetch) {}
    bool move = false;
    FetchDirection direction = FetchDirection::kNext;
    Expression* count = nullptr;
    NamePart cursor;
    int32_t variable = -1;
    std::vector<Target> into;
};

struct CloseCursor : BodyStatement {
    CloseCursor() : BodyStatement(BodyKind::kClose) {}
    NamePart cursor;
    int32_t variable = -1;
};

// COMMIT [MESSAGE text] and ROLLBACK in procedures.
struct TransactionEnd : BodyStatement {
    TransactionEnd() : BodyStatement(BodyKind::kTransaction) {}
    bool commit = false;
    Expression* message = nullptr;
};

struct NullStatement : BodyStatement {
    NullStatement() : BodyStatement(BodyKind::kNull) {}
};

// Owns the nodes of one body.
class Ast {
   public:
    Expression* expression(ExpressionKind kind, Span span) {
        Expression& node = expressions_.emplace_back();
        node.kind = kind;
        node.span = span;
        return &node;
    }
    TypeName* type_name() { return &type_names_.emplace_back(); }
    template <class T>
    T* statement() {
        auto owned = std::make_unique<T>();
        T* node = owned.get();
        statements_.push_back(std::move(owned));
        return node;
    }

   private:
    std::deque<Expression> expressions_;
    std::deque<TypeName> type_names_;
    std::vector<std::unique_ptr<BodyStatement>> statements_;
};

}  // namespace kodiak::language
