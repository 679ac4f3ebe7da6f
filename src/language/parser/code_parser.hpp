#pragma once

// Recursive descent over one text of PL-Grizzly: expressions, types, statements of bodies.
//
// Errors are reported to a DiagnosticList and unwind to the nearest statement list by a private exception, which goes
// on behind the next `;` or at the next word that starts or ends a statement; so one run reports several errors. The
// exception never leaves the parser. Nesting is bounded (kNestingMost), so is the depth of every tree (kDepthMost):
// hostile text gives 54001, never a deep stack. Each token is looked at a bounded number of times.

#include <string>
#include <string_view>
#include <vector>

#include "language/ast/body.hpp"
#include "language/parser/diagnostic_list.hpp"
#include "language/statement/token_cursor.hpp"

namespace kodiak::language {

// Cuts runs of punctuation as SQL does: `:=-1` is `:=` and `-1`, `=-` is `=` and `-`.
std::vector<Token> split_operators(std::string_view text, std::vector<Token> tokens);

class CodeParser {
   public:
    static constexpr unsigned kNestingMost = 200;
    static constexpr unsigned kDepthMost = 1000;

    // `text` and `tokens` (through split_operators) must outlive the parser.
    CodeParser(std::string_view text, const std::vector<Token>& tokens, Ast& ast, DiagnosticList& diagnostics)
        : cursor_(text, tokens), tokens_(tokens), ast_(ast), diagnostics_(diagnostics) {}

    // Parses a whole body: [#options] [<<label>>] [DECLARE ...] BEGIN ... END, or the statements of BEGIN ATOMIC.
    // nullptr if there was no block at all; problems are in the list.
    Block* parse_body();
    // Parses a body that is one expression: RETURN expr. nullptr on an error.
    Expression* parse_return_body();
    // Cuts a body of LANGUAGE sql into its statements.
    std::vector<SqlText> parse_sql_body();
    // What `#variable_conflict` asked for: empty, use_variable, use_column or error.
    const std::string& variable_conflict() const { return variable_conflict_; }

    // The parts that definitions share with bodies. They throw Stop; run them through guarded().
    Expression* parse_expression(int lowest = 0);
    TypeName* parse_type();
    NamePart parse_name(std::string_view what);
    std::vector<NamePart> parse_qualified_name(std::string_view what);
    TokenCursor& cursor() { return cursor_; }

    // Thrown after a problem was reported.
    struct Stop {};
    // Runs `part`; false if it stopped at an error.
    template <class Part>
    bool guarded(const Part& part) {
        try {
            part();
            return true;
        } catch (const Stop&) {
            return false;
        }
    }
    [[noreturn]] void fail(std::string_view sqlstate, std::string message, Span where, std::string hint = "");
    [[noreturn]] void unexpected(std::initializer_list<std::string_view> expected, std::string hint = "");
    void expect_word(std::string_view word);
    void expect_symbol(char symbol);
    bool at_operator(std::string_view op, size_t ahead = 0) const;
    bool accept_operator(std::string_view op);
    Span span_from(size_t start_token) const;

   private:
    class Nesting {
       public:
        explicit Nesting(CodeParser& parser);
        ~Nesting() { --parser_.nesting_; }
        Nesting(const Nesting&) = delete;
        Nesting& operator=(const Nesting&) = delete;

       private:
        CodeParser& parser_;
    };

    // expression_parser.cpp
    Expression* parse_prefix();
    Expression* parse_infix(Expression* left, int lowest);
    Expression* parse_is(Expression* left);
    Expression* parse_between(Expression* left, bool negated);
    Expression* parse_in(Expression* left, bool negated);
    Expression* parse_like(Expression* left, bool negated);
    Expression* parse_binary(Expression* left, Operator op, int precedence, size_t tokens);
    Expression* parse_postfix(Expression* left);
    Expression* parse_subscript(Expression* left);
    // expression_primary.cpp
    Expression* parse_primary();
    Expression* parse_word_primary();
    Expression* parse_parenthesised();
    Expression* parse_case();
    Expression* parse_cast();
    Expression* parse_interval();
    Expression* parse_list_literal(size_t start);
    Expression* parse_struct_literal();
    Expression* parse_name_or_call();
    Expression* parse_call(size_t start, std::vector<NamePart> parts);
    bool call_needs_engine(std::string_view name) const;
    bool at_lambda() const;
    Expression* string_literal();
    Expression* number_literal();
    Expression* sql_expression(size_t start);
    Expression* finish(Expression* node, size_t start);
    Expression* add(Expression* node, Expression* child);
    void skip_brackets();
    bool at_query_start(size_t ahead = 0) const;
    // type_parser.cpp
    void parse_type_words(TypeName* type);
    void parse_type_suffix(TypeName* type);

    // body_parser.cpp
    Statements parse_statements();
    bool at_list_end() const;
    BodyStatement* parse_statement();
    BodyStatement* dispatch(size_t start);
    BodyStatement* parse_keyword_statement();
    void end_statement(bool line_end_suffices);
    void recover(size_t start);
    bool at_assignment() const;
    bool on_new_line() const;
    Block* parse_block(std::string label);
    void parse_declarations(Block* block);
    Declaration parse_declaration();
    void parse_cursor_declaration(Declaration& declaration);
    void parse_handlers(Block* block);
    HandlerCondition parse_condition();
    void parse_end_label(const std::string& label);
    std::string parse_label();
    BodyStatement* parse_try();
    // control_parser.cpp
    BodyStatement* parse_let();
    BodyStatement* parse_assign();
    BodyStatement* parse_if();
    BodyStatement* parse_case_statement();
    BodyStatement* parse_loop(std::string label);
    BodyStatement* parse_for(std::string label);
    void parse_loop_body(LoopStatement* loop);
    LoopStatement* parse_for_head();
    LoopStatement* parse_range(const Expression* target, bool single, Expression* first, bool reverse);
    void parse_for_query(ForQuery* loop);
    LoopStatement* parse_foreach_head();
    BodyStatement* parse_jump(bool is_continue);
    BodyStatement* parse_return();
    BodyStatement* parse_raise();
    void parse_raise_options(Raise* raise);
    BodyStatement* parse_assert();
    BodyStatement* parse_null();
    BodyStatement* parse_transaction_end(bool commit);
    // sql_parser.cpp
    BodyStatement* parse_sql();
    BodyStatement* parse_perform();
    BodyStatement* parse_call_statement();
    BodyStatement* parse_execute();
    void parse_execute_tail(std::vector<Target>* into, bool* strict, std::vector<Expression*>& arguments);
    BodyStatement* parse_get_diagnostics();
    BodyStatement* parse_open();
    BodyStatement* parse_fetch(bool move);
    BodyStatement* parse_close();
    std::vector<Target> parse_targets();
    Target parse_target();
    SqlText parse_query_until(std::string_view closing_word);
    SqlText parse_parenthesised_query();
    Expression* parse_full_expression(std::string_view closing_word = {});

    TokenCursor cursor_;
    const std::vector<Token>& tokens_;
    Ast& ast_;
    DiagnosticList& diagnostics_;
    unsigned nesting_ = 0;
    std::string variable_conflict_;
};

}  // namespace kodiak::language
