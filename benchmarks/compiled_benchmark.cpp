// Claim: a compiled function over a column costs at most 1.5 times a loop in C++ with the same checks, and a hundredth
// of PL/pgSQL. The same programs for PostgreSQL stand in docs/testing/compiled_benchmark.sql; figures in
// docs/testing/benchmarks.md.
//
// Usage: compiled_benchmark path/to/libkodiak_jit.so [rows]. Prints per program nanoseconds of processor time per row:
// interpreter (over a hundredth of the rows), machine code called row by row, machine code over batches of 2048, C++;
// best of three. Then how long it takes to compile functions.

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <deque>
#include <functional>
#include <string>
#include <vector>

#include "language/code.hpp"
#include "language/jit.hpp"
#include "language/parser/diagnostic_list.hpp"

namespace {

using namespace kodiak::language;
using kodiak::StringRef;

constexpr size_t kBatch = 2048;

// Columns of 2048 rows, used again and again.
struct Columns {
    std::vector<int64_t> numbers, others;
    std::vector<double> reals;
    std::vector<std::string> words, spoken;
    std::vector<StringRef> texts, more_texts;

    Columns() {
        for (size_t k = 0; k < kBatch; ++k) {
            numbers.push_back(static_cast<int64_t>(k * 7919 % 100'000) + 1);
            others.push_back(static_cast<int64_t>(k * 104'729 % 1'000));
            reals.push_back(static_cast<double>(k) * 1.25);
            words.push_back("Word" + std::to_string(k * 31 % 997));
            spoken.push_back("Ward" + std::to_string(k * 37 % 997));
        }
        for (size_t k = 0; k < kBatch; ++k) {
            texts.emplace_back(std::string_view(words[k]));
            more_texts.emplace_back(std::string_view(spoken[k]));
        }
    }
};

struct Measured {
    const char* name;
    const char* source;
    std::vector<BatchColumn> columns;
    std::function<std::vector<Value>(size_t)> values;
    std::function<int64_t(size_t)> by_hand;  // a whole batch of n rows; the sum of the results
    size_t rows_each;                        // fewer for slow ones
};

int64_t checked(int64_t value, bool over) {
    if (over) {
        std::abort();
    }
    return value;
}
int64_t plus(int64_t x, int64_t y) {
    int64_t z = 0;
    const bool over = __builtin_add_overflow(x, y, &z);
    return checked(z, over);
}
int64_t times(int64_t x, int64_t y) {
    int64_t z = 0;
    const bool over = __builtin_mul_overflow(x, y, &z);
    return checked(z, over);
}
// Makes the compiler believe that somebody reads what lies there.
void read_by_somebody(const void* place) { asm volatile("" : : "r"(place) : "memory"); }

int64_t collatz(int64_t n) {
    int64_t steps = 0;
    for (int64_t x = n; x != 1; steps = plus(steps, 1)) {
        x = x % 2 == 0 ? x / 2 : plus(times(3, x), 1);
    }
    return steps;
}

int64_t bracket(int64_t income, int64_t children) {
    int64_t tax = 0;
    if (income < 10'000) {
        tax = 0;
    } else if (income < 50'000) {
        tax = times(income - 10'000, 20) / 100;
    } else if (children > 2) {
        tax = plus(8'000, times(income - 50'000, 30) / 100);
    } else {
        tax = plus(8'000, times(income - 50'000, 40) / 100);
    }
    return tax > times(children, 100) ? tax - children * 100 : 0;
}

int64_t levenshtein(const std::string& a, const std::string& b) {
    std::vector<int64_t> row(b.size() + 1);
    for (size_t j = 0; j <= b.size(); ++j) {
        row[j] = static_cast<int64_t>(j);
    }
    for (size_t i = 1; i <= a.size(); ++i) {
        int64_t corner = row[0];
        row[0] = static_cast<int64_t>(i);
        for (size_t j = 1; j <= b.size(); ++j) {
            const int64_t cost = corner + (a[i - 1] == b[j - 1] ? 0 : 1);
            corner = row[j];
            row[j] = std::min({row[j] + 1, row[j - 1] + 1, cost});
        }
    }
    return row[b.size()];
}

// Runs `one` for n rows in batches; the sum of some results.
template <class One>
int64_t sum(size_t n, const One& one) {
    int64_t total = 0;
    std::vector<int64_t> out(kBatch);
    for (size_t done = 0; done < n; done += kBatch) {
        const size_t count = std::min(kBatch, n - done);
        for (size_t k = 0; k < count; ++k) {
            out[k] = one(k);
        }
        read_by_somebody(out.data());
        total += out[count - 1];
    }
    return total;
}

std::vector<Measured> of_numbers(Columns& c) {
    const BatchColumn numbers{c.numbers.data(), nullptr, nullptr};
    const BatchColumn others{c.others.data(), nullptr, nullptr};
    const auto two = [&c](size_t k) { return std::vector{Value::integer(c.numbers[k]), Value::integer(c.others[k])}; };
    return {
        {"arithmetic",
         "CREATE FUNCTION f(a BIGINT, b BIGINT) RETURNS BIGINT RETURN (a * 3 + b) % 1000 + a // 7 - b",
         {numbers, others},
         two,
         [&c](size_t n) {
             return sum(n, [&](size_t k) {
                 return plus(plus(times(c.numbers[k], 3), c.others[k]) % 1000, c.numbers[k] / 7) - c.others[k];
             });
         },
         1},
        {"branches",
         "CREATE FUNCTION f(income BIGINT, children BIGINT) RETURNS BIGINT AS $$ DECLARE tax BIGINT; BEGIN IF income < "
         "10000 THEN tax := 0; ELSIF income < 50000 THEN tax := (income - 10000) * 20 // 100; ELSIF children > 2 THEN "
         "tax := 8000 + (income - 50000) * 30 // 100; ELSE tax := 8000 + (income - 50000) * 40 // 100; END IF; RETURN "
         "CASE WHEN tax > children * 100 THEN tax - children * 100 ELSE 0 END; END $$",
         {numbers, others},
         two,
         [&c](size_t n) { return sum(n, [&](size_t k) { return bracket(c.numbers[k], c.others[k]); }); },
         1},
        {"double",
         "CREATE FUNCTION f(x DOUBLE) RETURNS DOUBLE RETURN (x * 1.5::DOUBLE + 2.0::DOUBLE) / (x + 1.0::DOUBLE)",
         {{c.reals.data(), nullptr, nullptr}},
         [&c](size_t k) { return std::vector{Value::real(c.reals[k])}; },
         [&c](size_t n) {
             std::vector<double> out(kBatch);
             double total = 0;
             for (size_t done = 0; done < n; done += kBatch) {
                 for (size_t k = 0; k < kBatch; ++k) {
                     out[k] = (c.reals[k] * 1.5 + 2.0) / (c.reals[k] + 1.0);
                 }
                 read_by_somebody(out.data());
                 total += out[done % kBatch];
             }
             return static_cast<int64_t>(total);
         },
         1},
        {"decimal",
         "CREATE FUNCTION f(a DECIMAL(18,2), b DECIMAL(18,2)) RETURNS DECIMAL(18,2) RETURN (a + b + b - "
         "1.50::DECIMAL(18,2))::DECIMAL(18,2)",
         {numbers, others},
         [&c](size_t k) {
             return std::vector{Value::huge(c.numbers[k]), Value::huge(c.others[k])};
         },
         [&c](size_t n) {
             return sum(n, [&](size_t k) {
                 const int128 made = int128{c.numbers[k]} + c.others[k] + c.others[k] - 150;
                 return checked(static_cast<int64_t>(made), made >= int128{1'000'000'000'000'000'000});
             });
         },
         1},
    };
}

std::vector<Measured> of_loops_and_texts(Columns& c) {
    const Meter meter = std::make_shared<MemoryMeter>(INT64_MAX);
    const BatchColumn numbers{c.numbers.data(), nullptr, nullptr};
    const BatchColumn texts{c.texts.data(), nullptr, nullptr};
    return {
        {"collatz",
         "CREATE FUNCTION f(n BIGINT) RETURNS BIGINT AS $$ DECLARE steps BIGINT := 0; x BIGINT := n; BEGIN WHILE x <> "
         "1 LOOP IF x % 2 = 0 THEN x := x // 2; ELSE x := 3 * x + 1; END IF; steps := steps + 1; END LOOP; RETURN "
         "steps; END $$",
         {numbers},
         [&c](size_t k) { return std::vector{Value::integer(c.numbers[k])}; },
         [&c](size_t n) { return sum(n, [&](size_t k) { return collatz(c.numbers[k]); }); },
         20},
        {"upper",
         "CREATE FUNCTION f(t TEXT) RETURNS BIGINT RETURN length(upper(t) || '!')",
         {texts},
         [&c, meter](size_t k) { return std::vector{text_value(meter, c.words[k])}; },
         [&c](size_t n) {
             return sum(n, [&](size_t k) {
                 std::string text(c.texts[k].view());
                 std::transform(text.begin(), text.end(), text.begin(), [](char x) { return x >= 'a' ? x - 32 : x; });
                 return static_cast<int64_t>((text + "!").size());
             });
         },
         10},
        {"levenshtein",
         "CREATE FUNCTION f(a TEXT, b TEXT) RETURNS BIGINT AS $$ DECLARE n BIGINT := length(b); r BIGINT[]; corner "
         "BIGINT; cost BIGINT; ca TEXT; BEGIN FOR j IN 0..n LOOP r[j + 1] := j; END LOOP; FOR i IN 1..length(a) LOOP "
         "corner := r[1]; r[1] := i; ca := substr(a, i, 1); FOR j IN 1..n LOOP cost := corner; IF ca <> substr(b, j, "
         "1) THEN cost := cost + 1; END IF; corner := r[j + 1]; r[j + 1] := least(corner + 1, r[j] + 1, cost); END "
         "LOOP; END LOOP; RETURN r[n + 1]; END $$",
         {texts, {c.more_texts.data(), nullptr, nullptr}},
         [&c, meter](size_t k) {
             return std::vector{text_value(meter, c.words[k]), text_value(meter, c.spoken[k])};
         },
         [&c](size_t n) { return sum(n, [&](size_t k) { return levenshtein(c.words[k], c.spoken[k]); }); },
         200},
    };
}

// What this thread has used of its processor, in nanoseconds: other programs on the machine count less.
double used() {
    timespec time{};
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
    return static_cast<double>(time.tv_sec) * 1e9 + static_cast<double>(time.tv_nsec);
}

double best_of_three(size_t rows, const std::function<void()>& run) {
    double best = 1e30;
    for (int k = 0; k < 3; ++k) {
        const double start = used();
        run();
        best = std::min(best, (used() - start) / static_cast<double>(rows));
    }
    return best;
}

void fail(const kodiak::Error& error) {
    std::printf("%s\n", error.message.c_str());
    std::exit(1);
}

int64_t kept = 0;  // so that no result is for nothing

void measure(const Measured& one, Jit& jit, size_t rows) {
    CodeLibrary library;
    DiagnosticList problems;
    const auto signature = library.define(one.source, nullptr, problems);
    if (signature == nullptr) {
        std::printf("%s\n", render_diagnostics(problems, one.source, "").c_str());
        std::exit(1);
    }
    const auto compiled = jit.compile(*signature, library);
    if (!compiled.ok()) {
        fail(compiled.error());
    }
    const auto run = make_compiled_run(*compiled, {});
    const size_t few = std::max(rows / 100, kBatch);
    std::vector<std::vector<Value>> values;
    for (size_t k = 0; k < kBatch; ++k) {
        values.push_back(one.values(k));
    }
    const double interpreted = best_of_three(few, [&] {
        for (size_t k = 0; k < few; ++k) {
            const auto result = library.call(*signature, values[k % kBatch], {});
            kept += result.ok() ? result->integer() : 0;
        }
    });
    const double scalar = best_of_three(few, [&] {
        for (size_t k = 0; k < few; ++k) {
            const auto result = run->call(values[k % kBatch]);
            kept += result.ok() ? result->integer() : 0;
        }
    });
    std::vector<int64_t> out(kBatch);
    std::vector<uint64_t> validity(kBatch / 64, ~uint64_t{0});
    const double batch = best_of_three(rows, [&] {
        for (size_t done = 0; done < rows; done += kBatch) {
            const auto status = run->call_batch(one.columns, {out.data(), validity.data(), nullptr}, nullptr,
                                                std::min(kBatch, rows - done));
            if (!status.ok()) {
                fail(status.error());
            }
            kept += out[0];
        }
    });
    const double by_hand = best_of_three(rows, [&] { kept += one.by_hand(rows); });
    std::printf("%-12s %10.1f %10.1f %10.2f %10.2f   batch / C++ %.2f\n", one.name, interpreted, scalar, batch, by_hand,
                batch / by_hand);
}

// A function of `lines` lines of the ordinary sort.
std::string lines_of_code(const std::string& name, size_t lines) {
    std::string text = "CREATE OR REPLACE FUNCTION " + name +
                       "(a BIGINT, b BIGINT) RETURNS BIGINT AS $$\nDECLARE\n s BIGINT := 0;\n"
                       "BEGIN\n";
    for (size_t k = 5; k + 10 <= lines; k += 10) {
        text +=
            "FOR i IN 1..a LOOP\n IF i % 3 = 0 THEN\n  s := s + i * b;\n ELSIF s > 100000 THEN\n  s := s // 2;\n ELSE\n"
            "  s := s - greatest(i, b);\n END IF;\n EXIT WHEN s < -1000;\nEND LOOP;\n";
    }
    return text + "RETURN s;\nEND $$";
}

void measure_compiling(const std::string& library_path) {
    CodeLibrary library;
    for (const size_t lines : {10U, 50U, 200U}) {
        double best = 1e30;
        for (int k = 0; k < 5; ++k) {
            DiagnosticList problems;
            // Each Jit keeps code of its own, so nothing is found in memory.
            const std::string source = lines_of_code("f" + std::to_string(k), lines);
            const auto signature = library.define(source, nullptr, problems);
            if (signature == nullptr) {
                std::printf("%s\n", render_diagnostics(problems, source, "").c_str());
                std::exit(1);
            }
            JitOptions options;
            options.library = library_path;
            Jit jit(options);
            const double start = used();
            const auto made = jit.compile(*signature, library);
            const double took = (used() - start) / 1e6;
            if (!made.ok()) {
                fail(made.error());
            }
            best = std::min(best, took);
        }
        std::printf("compiling %3zu lines: %.1f ms\n", lines, best);
    }
}

}  // namespace

int main(int count, char** arguments) {
    if (count < 2) {
        std::printf("usage: compiled_benchmark path/to/libkodiak_jit.so [rows]\n");
        return 1;
    }
    const size_t rows = count > 2 ? std::strtoul(arguments[2], nullptr, 10) : 10'000'000;
    JitOptions options;
    options.library = arguments[1];
    Jit jit(options);
    Columns columns;
    std::setvbuf(stdout, nullptr, _IOLBF, 0);
    std::printf("ns per row   interpreter     scalar      batch        C++\n");
    for (const std::vector<Measured>& programs : {of_numbers(columns), of_loops_and_texts(columns)}) {
        for (const Measured& one : programs) {
            measure(one, jit, rows / one.rows_each);
        }
    }
    measure_compiling(arguments[1]);
    return kept == 42 ? 2 : 0;
}
