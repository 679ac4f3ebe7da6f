// Claim: the interpreter of PL-Grizzly runs loops, arithmetic, texts and calls at least twice as fast as PL/pgSQL. The
// same programs for PostgreSQL stand in docs/testing/language_benchmark.sql; figures in docs/testing/benchmarks.md.
//
// Prints one line per program: the best of three runs, in milliseconds.

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <string>
#include <vector>

#include "language/code.hpp"
#include "language/parser/diagnostic_list.hpp"

namespace {

using kodiak::language::CodeLibrary;
using kodiak::language::DiagnosticList;
using kodiak::language::Value;

struct Measured {
    const char* name;
    const char* source;
    int64_t argument;
};

constexpr Measured kPrograms[] = {
    {"count",
     "CREATE FUNCTION f(n BIGINT) RETURNS BIGINT AS $$ DECLARE s BIGINT := 0; BEGIN FOR i IN 1..n LOOP s := s + i; END "
     "LOOP; RETURN s; END $$",
     10'000'000},
    {"collatz",
     "CREATE FUNCTION f(n BIGINT) RETURNS BIGINT AS $$ DECLARE steps BIGINT := 0; x BIGINT; BEGIN FOR i IN 1..n LOOP x "
     ":= i; "
     "WHILE x <> 1 LOOP IF x % 2 = 0 THEN x := x // 2; ELSE x := 3 * x + 1; END IF; steps := steps + 1; END LOOP; END "
     "LOOP; "
     "RETURN steps; END $$",
     30'000},
    {"fibonacci",
     "CREATE FUNCTION f(n BIGINT) RETURNS BIGINT AS $$ BEGIN IF n < 2 THEN RETURN n; END IF; RETURN f(n - 1) + f(n - "
     "2); END $$",
     27},
    {"text",
     "CREATE FUNCTION f(n BIGINT) RETURNS BIGINT AS $$ DECLARE t TEXT; k BIGINT := 0; BEGIN FOR i IN 1..n LOOP t := "
     "'row ' || i; "
     "IF substr(t, 5, 1) = '1' THEN k := k + length(t); END IF; END LOOP; RETURN k; END $$",
     1'000'000},
    {"list",
     "CREATE FUNCTION f(n BIGINT) RETURNS BIGINT AS $$ DECLARE a BIGINT[] = [0]; s BIGINT := 0; BEGIN FOR i IN 1..n "
     "LOOP a[i] := "
     "i * 2; END LOOP; FOR i IN 1..n LOOP s := s + a[i]; END LOOP; RETURN s; END $$",
     1'000'000},
    {"double",
     "CREATE FUNCTION f(n BIGINT) RETURNS DOUBLE AS $$ DECLARE s DOUBLE := 0; BEGIN FOR i IN 1..n LOOP s := s + "
     "1.0::DOUBLE / "
     "i; END LOOP; RETURN s; END $$",
     5'000'000},
};

}  // namespace

int main() {
    for (const Measured& one : kPrograms) {
        CodeLibrary library;
        DiagnosticList problems;
        const auto signature = library.define(one.source, nullptr, problems);
        if (signature == nullptr) {
            std::printf("%s: %s\n", one.name, render_diagnostics(problems, one.source, "").c_str());
            return 1;
        }
        int64_t best = INT64_MAX;
        for (int run = 0; run < 3; ++run) {
            const auto start = std::chrono::steady_clock::now();
            const auto result = library.call(*signature, {Value::integer(one.argument)}, {});
            const auto end = std::chrono::steady_clock::now();
            if (!result.ok()) {
                std::printf("%s: %s\n", one.name, result.error().message.c_str());
                return 1;
            }
            best = std::min<int64_t>(best, std::chrono::duration_cast<std::chrono::microseconds>(end - start).count());
        }
        std::printf("%-10s %10.2f ms\n", one.name, static_cast<double>(best) / 1000);
    }
    return 0;
}
