#pragma once

// The semantic analyser: names, types, casts, overloads, flow; all problems of a body in one answer.
//
// Walks the tree once and writes into it: the type of each expression, the variable behind each name, casts where
// assignment makes them, and a kSql node wherever the engine must evaluate. Reports at most 20 errors; what depends on
// a reported problem has the type kError and stays silent. Needs no executor for code without SQL.

#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "language/parser/diagnostic_list.hpp"
#include "language/semantic/analysed_code.hpp"

namespace kodiak::language {

struct AnalyserSettings {
    SqlExecutor* executor = nullptr;     // absent: SQL and engine functions are refused
    const CodeLookup* lookup = nullptr;  // absent: no other code is known
    const catalog::Type* trigger_row = nullptr;  // of a trigger's function: NEW and OLD; absent: any record
};

class Analyser {
   public:
    Analyser(CodeDefinition definition, const AnalyserSettings& settings, DiagnosticList& diagnostics);

    // Analyses the definition. Requires: it was parsed without errors. The result is whole if no error was added.
    AnalysedCode run();

   private:
    struct Scope {
        std::string label;
        std::unordered_map<std::string, int32_t> names;  // folded
    };
    struct LoopScope {
        std::string label;
        bool exited = false;
        bool is_loop = true;
    };

    // analyser.cpp
    void declare_parameters();
    void declare_special_names();
    CodeType result_type();
    int32_t declare(const NamePart& name, CodeType type);
    int32_t find_variable(std::string_view name) const;
    int32_t find_in_label(std::string_view label, std::string_view name) const;
    std::vector<std::string> visible_names() const;
    CodeType resolve_type(const TypeName& name);
    CodeType resolve_base_type(const TypeName& name);
    CodeType resolve_named_type(const TypeName& name);
    CodeType type_of_column(const TypeName& name);
    void warn_unused();
    Diagnostic& error(std::string_view sqlstate, std::string message, Span where);
    Diagnostic& warning(std::string_view sqlstate, std::string message, Span where);
    // Leads a place in the body to one in the statement; types of the head have theirs already.
    Span original(Span span) const { return in_head_ ? span : code_.definition.source.original(span); }
    std::string_view text() const { return code_.definition.source.text; }
    bool plpgsql() const { return code_.definition.language == CodeLanguage::kPlpgsql; }
    Ast& ast() { return *code_.definition.ast; }

    // expressions.cpp
    CodeType analyse(Expression*& node);
    CodeType analyse_kind(Expression*& node);
    CodeType analyse_name(Expression*& node);
    CodeType field_type(Expression* node);
    CodeType analyse_number(const Expression& node) const;
    CodeType analyse_index(Expression*& node);
    CodeType analyse_list(Expression*& node);
    CodeType analyse_record(Expression*& node);
    CodeType analyse_case(Expression*& node);
    CodeType analyse_cast(Expression*& node);
    CodeType analyse_is(Expression*& node);
    CodeType analyse_between(Expression*& node);
    void coerce(Expression*& node, const CodeType& target, std::string_view what);
    void force(Expression*& node, const CodeType& target);
    void require_boolean(Expression*& node, std::string_view what);
    std::optional<CodeType> common_type(const CodeType& left, const Expression* left_node, const CodeType& right,
                                        const Expression* right_node) const;
    std::optional<CodeType> common_of(const std::vector<Expression*>& nodes, Span where, std::string_view what);
    CodeType mark_read(Expression* node);

    // operators.cpp
    CodeType analyse_binary(Expression*& node);
    CodeType analyse_unary(Expression*& node);
    CodeType analyse_arithmetic(Expression* node);
    CodeType analyse_comparison(Expression* node);
    CodeType analyse_concat(Expression* node);
    std::optional<CodeType> time_arithmetic(Expression* node);
    CodeType no_operator(const Expression* node);
    CodeType number_arithmetic(Expression* node, const CodeType& left, const CodeType& right);

    // calls.cpp
    CodeType analyse_call(Expression*& node);
    CodeType call_code(Expression* node, const std::vector<std::shared_ptr<const Signature>>& overloads, bool call);
    CodeType builtin_call(Expression* node, Builtin builtin);
    bool list_and_item(std::vector<Expression*>& arguments, CodeType& common);

    // sql_names.cpp
    CodeType sql_value(Expression*& node);
    int32_t add_sql(const SqlText& sql, std::string_view prefix);
    struct Candidate {
        Span span;  // in the SQL's own text
        Expression* name;
    };
    std::vector<Candidate> candidates(std::string_view sql);
    Expression* name_expression(std::vector<NamePart> parts, Span span);

    // statements.cpp; each returns whether the statement can end normally
    bool analyse_list(Statements& statements);
    bool analyse_statement(BodyStatement& statement);
    bool analyse_control(BodyStatement& statement);
    bool analyse_simple(BodyStatement& statement);
    bool analyse_transaction_end(TransactionEnd& node);
    void analyse_diagnostics(GetDiagnostics& node);
    bool analyse_block(Block& block);
    void analyse_declaration(Declaration& declaration);
    void declare_cursor(Declaration& declaration);
    bool analyse_let(Let& let);
    bool analyse_if(If& node);
    bool analyse_case_statement(Case& node);
    bool analyse_loop(Loop& node);
    bool analyse_range(ForRange& node);
    bool analyse_query_loop(ForQuery& node);
    bool analyse_foreach(Foreach& node);
    bool loop_body(LoopStatement& node, bool ends);
    bool analyse_jump(Jump& node);
    // statements_simple.cpp
    bool analyse_return(Return& node);
    void analyse_return_next(ReturnNext& node);
    void analyse_return_query(ReturnQuery& node);
    void analyse_raise(Raise& node);
    void analyse_sql(SqlStatement& node);
    void analyse_call_statement(Call& node);
    void analyse_cursor(BodyStatement& statement);
    CodeType analyse_target(Target& target, const CodeType* shape);
    void assign_row(std::vector<Target>& targets, const SqlDescription* row, Span where);
    void analyse_texts(std::vector<Expression*>& values);
    int32_t find_cursor(const NamePart& name);

    CodeDefinition& definition() { return code_.definition; }

    AnalyserSettings settings_;
    DiagnosticList& diagnostics_;
    AnalysedCode code_;
    std::vector<Scope> scopes_;
    std::vector<LoopScope> loops_;
    CodeType result_;               // what RETURN gives
    unsigned handler_depth_ = 0;    // inside EXCEPTION of how many blocks
    unsigned protected_depth_ = 0;  // inside how many blocks with handlers
    bool returns_somewhere_ = false;
    bool in_head_ = false;
};

}  // namespace kodiak::language
