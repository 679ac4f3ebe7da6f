#pragma once

// PL-Grizzly code: defining functions and procedures, calling them, running DO blocks and tests.
//
// What       CodeLibrary holds definitions. define() parses, analyses and compiles one; call() runs it. All problems of
//            a definition come in one DiagnosticList; a run ends in a value, rows, or one Error with a call stack.
//            Sources that a catalogue holds are read and compiled when they are first asked for.
// Why        The language must not know the engine: SQL goes through CodeEnvironment::executor, notices through
//            MessageSink.
// Threads    A library is safe from many threads, but defining and finding use an executor, which is not. Programs
//            that it hands out are immutable and shared. A run belongs to one thread; `cancelled` may be set from any.
// Ownership  A running call keeps the code it started with, also when a definition is replaced meanwhile.
// Errors     Of a run: what the code raises (any SQLSTATE: Error::raised_state), 22003 and friends of values, 54001
//            call depth, 57014 cancelled or timed out, 53200 memory, those of the executor.
// Cost       About 3 ns per simple instruction; a call about 100 ns. See docs/testing/benchmarks.md.
// Not here   Names in schemas, rights, storage of definitions: the catalogue's work.

#include <atomic>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock/clock.hpp"
#include "language/ast/code_statement.hpp"
#include "language/parser/diagnostic_list.hpp"
#include "language/semantic/signature.hpp"
#include "language/sql_executor.hpp"
#include "language/values/value.hpp"

namespace kodiak::language {

struct Program;

// Takes notices (RAISE NOTICE and its like) as they happen.
class MessageSink {
   public:
    virtual ~MessageSink() = default;
    virtual void message(RaiseLevel level, const Error& text) = 0;
};

struct CodeLimits {
    size_t call_depth = 1000;
    int64_t timeout_micros = 0;  // 0: none
    int64_t memory_bytes = int64_t{256} << 20;
};

// What a run may use. Everything but the limits may be absent.
struct CodeEnvironment {
    SqlExecutor* executor = nullptr;
    Clock* clock = nullptr;  // absent: no timeout, now() raises 0A000
    MessageSink* messages = nullptr;
    const std::atomic<bool>* cancelled = nullptr;
    CodeLimits limits;
};

// Finds programs for running calls.
class ProgramSource {
   public:
    virtual ~ProgramSource() = default;
    // nullptr: see problem().
    virtual std::shared_ptr<const Program> program(uint64_t code) const = 0;
    // Why there is no program: it was dropped, or does not compile any more.
    virtual Error problem(const Signature& signature) const = 0;
};

// A statement that defines code, as a catalogue keeps it.
struct CodeSource {
    std::string schema;
    std::string name;
    std::string text;
};

// What can be said of such a statement without knowing anything else.
struct CodeHead {
    CodeKind kind = CodeKind::kFunction;
    bool replace = false;
    std::vector<std::string> name;             // 1 to 3 parts; none of a DO
    std::vector<std::string> parameter_names;  // may be empty
    std::vector<std::string> test_for;         // CREATE TEST ... FOR name
};

// Reads the head of a statement that defines code. Errors: those of the parser, the first with its place.
Result<CodeHead> read_code_head(std::string_view statement);

// An error with any SQLSTATE.
Error coded_error(std::string_view sqlstate, std::string message);
// All errors of a list as one: the first with its place, the others in its detail.
Error joined_error(const DiagnosticList& diagnostics, std::string_view statement);

// True for a statement that defines or runs PL-Grizzly code: CREATE FUNCTION, PROCEDURE, TEST and DO, except macros of
// the engine (CREATE FUNCTION f(a) AS expr).
bool is_code_statement(std::string_view text);

// False for statements that have nothing to do with code, by their first two words: for sorting, some 20 ns.
bool may_be_about_code(std::string_view text);

// One running call that hands out rows.
class CodeRun {
   public:
    virtual ~CodeRun() = default;
    // The next row of a set-returning function; false at its end.
    virtual Result<bool> next(Value& row) = 0;
};

// Calls one function many times: what a call needs is set up once. Belongs to one thread at a time.
class CodeCaller {
   public:
    virtual ~CodeCaller() = default;
    // `arguments` has one value per parameter but OUT ones; those that the call leaves out are filled in by their
    // defaults. Moves from it.
    virtual Result<Value> call(std::vector<Value>& arguments) = 0;
    virtual const Meter& meter() const = 0;
};

class CodeLibrary : public CodeLookup, public ProgramSource {
   public:
    CodeLibrary();
    ~CodeLibrary() override;

    // Adds code that is read and compiled when it is first asked for. Names without a schema are looked for in the
    // schemas of `search_path`, in order; without one, schemas count for nothing.
    void add_sources(std::vector<CodeSource> sources, std::vector<std::string> search_path);
    // overloads() for a caller outside of code: everything that is found is compiled.
    std::vector<std::shared_ptr<const Signature>> find(const std::vector<NamePart>& name, SqlExecutor* executor);

    // Defines a function, procedure or test; OR REPLACE replaces the one with the same parameter types. `executor` may
    // be absent for code without SQL. Returns its signature; nullptr if `diagnostics` has errors (warnings may be there
    // either way). Errors besides those of parser and analyser: 42723 it exists, 42P13 a replacement changes the
    // result.
    std::shared_ptr<const Signature> define(std::string_view statement, SqlExecutor* executor,
                                            DiagnosticList& diagnostics);
    // Runs a DO block. Errors of compiling it come as the first diagnostic's Error.
    Status run_do(std::string_view statement, const CodeEnvironment& environment);
    // Calls code with values of its parameters' types (OUT parameters left out). Returns the result: NULL for VOID, the
    // row of OUT parameters for a procedure.
    Result<Value> call(const Signature& signature, std::vector<Value> arguments,
                       const CodeEnvironment& environment) const;
    // For many calls. `missing`: places of arguments that are left out.
    std::unique_ptr<CodeCaller> caller(const std::shared_ptr<const Signature>& signature, std::vector<size_t> missing,
                                       const CodeEnvironment& environment) const;
    // True if the code does not compile any more; problem() says why.
    bool is_broken(const Signature& signature) const;
    // The statement that defined it.
    std::string statement(const Signature& signature) const;
    // True if the code, with all that it calls, computes its result from its arguments alone: no SQL, notices or clock.
    bool is_pure(const Signature& signature) const;
    // A trigger's function for the rows of one table, whose columns NEW and OLD have; `text` defines it.
    Result<std::shared_ptr<const Program>> trigger_program(const std::string& text, const catalog::Type& row,
                                                           SqlExecutor* executor);
    // Its arguments are NEW, OLD, TG_OP, TG_NAME, TG_WHEN, TG_LEVEL, TG_TABLE_NAME, TG_TABLE_SCHEMA, TG_NARGS, TG_ARGV.
    std::unique_ptr<CodeCaller> trigger_caller(std::shared_ptr<const Program> program,
                                               const CodeEnvironment& environment) const;
    // Starts a set-returning function.
    Result<std::unique_ptr<CodeRun>> open(const Signature& signature, std::vector<Value> arguments,
                                          const CodeEnvironment& environment) const;
    // Drops an overload; nullptr types drop the only one. False if there is none.
    bool drop(const Signature& signature);

    std::vector<std::shared_ptr<const Signature>> overloads(const std::vector<NamePart>& name) const override;
    std::vector<std::string> names() const override;
    std::shared_ptr<const Program> program(uint64_t code) const override;
    Error problem(const Signature& signature) const override;

   private:
    struct State;
    std::unique_ptr<State> state_;
};

// Shows a result as text; `type` is the signature's result.
std::string result_text(const Value& value, const CodeType& type);

}  // namespace kodiak::language
