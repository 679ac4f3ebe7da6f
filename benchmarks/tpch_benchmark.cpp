// TPC-H: Kodiak's tables beside a native DuckDB file and DuckDB over Parquet, in one process, one run.
//
// Claim      22 queries at SF1: CPU at most 1.0 x the native file in geometric mean, no query above 1.5 x, every query
//            below DuckDB over Parquet; load by CREATE TABLE AS at most 1.5 x native, synced and hashed.
// Run        tpch_benchmark <empty folder> [scale factor] [threads] [repetitions] [warm | cold]; the last moves all
//            rows to that tier first
// Prints     per query the least CPU milliseconds of each, their ratio, and whether the answers are equal; load
//            seconds,
//            bytes on disk, the machine's load before and after.

#include <sys/resource.h>

#include <chrono>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <limits>
#include <string>
#include <vector>

#include "base/hash/xxh3.hpp"
#include "database/database.hpp"

namespace {

using kodiak::database::Answer;
using kodiak::database::ResultColumn;
using kodiak::database::RowBatch;

// Keeps a digest of all values, and the text of the first one.
class Digest final : public kodiak::database::ResultSink {
   public:
    kodiak::Status begin(const std::vector<ResultColumn>& columns) override {
        columns_ = columns.size();
        return {};
    }
    kodiak::Status rows(const RowBatch& batch) override {
        for (size_t row = 0; row < batch.row_count(); ++row) {
            for (size_t column = 0; column < columns_; ++column) {
                const std::string_view text = batch.is_null(row, column) ? "NULL" : batch.text(row, column);
                if (first_.empty()) {
                    first_ = text;
                }
                hash_ = kodiak::xxh3(text, hash_);
            }
        }
        return {};
    }
    kodiak::Status end(const Answer&) override { return {}; }
    uint64_t hash() const { return hash_; }
    const std::string& first() const { return first_; }

   private:
    size_t columns_ = 0;
    uint64_t hash_ = 1;
    std::string first_;
};

double cpu_seconds() {
    rusage usage{};
    getrusage(RUSAGE_SELF, &usage);
    return static_cast<double>(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
           static_cast<double>(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6;
}

double wall_seconds() {
    return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

std::string load_average() {
    std::ifstream file("/proc/loadavg");
    std::string line;
    std::getline(file, line);
    return line;
}

uint64_t bytes_below(const std::filesystem::path& path) {
    if (!std::filesystem::is_directory(path)) {
        return std::filesystem::file_size(path);
    }
    uint64_t bytes = 0;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(path)) {
        bytes += entry.is_regular_file() ? entry.file_size() : 0;
    }
    return bytes;
}

[[noreturn]] void fail(const std::string& what, const kodiak::Error& error) {
    std::fprintf(stderr, "%s: %s\n", what.c_str(), error.message.c_str());
    std::exit(1);
}

class Runner {
   public:
    explicit Runner(kodiak::database::Session& session) : session_(session) {}

    Digest run(const std::string& sql) {
        Digest digest;
        const kodiak::Status done = session_.execute_script(sql, digest);
        if (!done.ok()) {
            fail(sql.substr(0, 200), done.error());
        }
        return digest;
    }
    // Seconds of wall and CPU time.
    std::pair<double, double> timed(const std::string& sql) {
        const double wall = wall_seconds();
        const double cpu = cpu_seconds();
        run(sql);
        return {wall_seconds() - wall, cpu_seconds() - cpu};
    }
    struct Measured {
        double cpu_ms = std::numeric_limits<double>::max();
        uint64_t hash = 0;
    };
    Measured best(const std::string& sql, int repetitions) {
        Measured best;
        for (int i = 0; i < repetitions; ++i) {
            const double cpu = cpu_seconds();
            best.hash = run(sql).hash();
            best.cpu_ms = std::min(best.cpu_ms, (cpu_seconds() - cpu) * 1e3);
        }
        return best;
    }

   private:
    kodiak::database::Session& session_;
};

constexpr const char* kTables[] = {"lineitem", "orders",   "customer", "part",
                                   "supplier", "partsupp", "nation",   "region"};

void load(Runner& runner, const std::string& folder, const std::string& scale) {
    runner.run("LOAD tpch; ATTACH ':memory:' AS m; CALL dbgen(sf=" + scale + ", catalog='m');");
    runner.run("ATTACH '" + folder + "/native.duckdb' AS native;");
    for (const char* table : kTables) {
        const std::string name(table);
        const auto native = runner.timed("CREATE TABLE native." + name + " AS FROM m." + name + "; CHECKPOINT native;");
        const auto kodiak = runner.timed("CREATE TABLE bench.main." + name + " AS FROM m." + name + ";");
        runner.run("COPY m." + name + " TO '" + folder + "/" + name +
                   ".parquet' (FORMAT parquet, COMPRESSION zstd, COMPRESSION_LEVEL 3)");
        std::printf("load %-9s kodiak %7.3f s wall %7.3f s CPU | native %7.3f s wall %7.3f s CPU | wall ratio %.2f\n",
                    table, kodiak.first, kodiak.second, native.first, native.second, kodiak.first / native.first);
    }
    const auto checkpoint = runner.timed("CHECKPOINT bench;");
    std::printf("checkpoint kodiak %.3f s\n", checkpoint.first);
    runner.run("DETACH m; ATTACH ':memory:' AS parquet;");
    uint64_t parquet_bytes = 0;
    for (const char* table : kTables) {
        const std::string file = folder + "/" + table + ".parquet";
        parquet_bytes += bytes_below(file);
        runner.run(std::string("CREATE VIEW parquet.") + table + " AS FROM '" + file + "';");
    }
    std::printf("bytes on disk: kodiak %.0f MB, native %.0f MB, parquet zstd3 %.0f MB\n",
                static_cast<double>(bytes_below(folder + "/bench.kodiak")) / 1e6,
                static_cast<double>(bytes_below(folder + "/native.duckdb")) / 1e6,
                static_cast<double>(parquet_bytes) / 1e6);
}

void move(Runner& runner, const std::string& folder, const std::string& tier) {
    runner.run("USE bench;");
    double wall = 0;
    double cpu = 0;
    for (const char* table : kTables) {
        const auto moved = runner.timed(std::string("COMPACT TABLE ") + table + " TO " + tier);
        wall += moved.first;
        cpu += moved.second;
    }
    std::printf("moved to the %s tier in %.2f s wall, %.2f s CPU: %.0f MB\n", tier.c_str(), wall, cpu,
                static_cast<double>(bytes_below(folder + "/bench.kodiak")) / 1e6);
}

void queries(Runner& runner, int repetitions) {
    double log_native = 0;
    double log_parquet = 0;
    int count = 0;
    std::printf("%-4s %10s %10s %10s %14s %14s\n", "", "kodiak ms", "native ms", "parquet ms", "kodiak/native",
                "kodiak/parquet");
    for (int query = 1; query <= 22; ++query) {
        const std::string sql =
            runner.run("SELECT query FROM tpch_queries() WHERE query_nr = " + std::to_string(query)).first();
        runner.run("USE bench;");
        const auto kodiak = runner.best(sql, repetitions);
        runner.run("USE native;");
        const auto native = runner.best(sql, repetitions);
        runner.run("USE parquet;");
        const auto parquet = runner.best(sql, repetitions);
        const double ratio = kodiak.cpu_ms / native.cpu_ms;
        std::printf("Q%-3d %10.1f %10.1f %10.1f %14.2f %14.2f%s%s\n", query, kodiak.cpu_ms, native.cpu_ms,
                    parquet.cpu_ms, ratio, kodiak.cpu_ms / parquet.cpu_ms, ratio > 1.5 ? "  above 1.5" : "",
                    kodiak.hash == native.hash ? "" : "  DIFFERENT ANSWER");
        std::fflush(stdout);
        log_native += std::log(ratio);
        log_parquet += std::log(kodiak.cpu_ms / parquet.cpu_ms);
        ++count;
    }
    std::printf("geometric mean: %.2f x native, %.2f x parquet\n", std::exp(log_native / count),
                std::exp(log_parquet / count));
}

}  // namespace

int main(int argc, char** argv) {
    if (argc < 2) {
        std::fprintf(stderr, "usage: %s <empty folder> [scale factor] [threads] [repetitions] [tier]\n", argv[0]);
        return 2;
    }
    const std::string folder = argv[1];
    const std::string scale = argc > 2 ? argv[2] : "1";
    const std::string threads = argc > 3 ? argv[3] : "1";
    const int repetitions = argc > 4 ? std::atoi(argv[4]) : 4;
    std::filesystem::create_directories(folder);
    const bool fresh = !std::filesystem::exists(folder + "/bench.kodiak");
    auto database = kodiak::database::Database::open(folder + "/bench.kodiak");
    if (!database.ok()) {
        fail("open", database.error());
    }
    auto session = (*database)->connect();
    if (!session.ok()) {
        fail("connect", session.error());
    }
    Runner runner(**session);
    std::printf("%s, scale factor %s, %s thread(s), load %s\n", kodiak::database::version_text().c_str(),
                scale.c_str(), threads.c_str(), load_average().c_str());
    if (fresh) {
        load(runner, folder, scale);
    } else {
        runner.run("LOAD tpch; ATTACH '" + folder + "/native.duckdb' AS native; ATTACH ':memory:' AS parquet;");
        for (const char* table : kTables) {
            const std::string name(table);
            runner.run("CREATE VIEW parquet." + name + " AS FROM '" + folder + "/" + name + ".parquet';");
        }
    }
    runner.run("SET threads = " + threads + ";");
    if (argc > 5) {
        move(runner, folder, argv[5]);
    }
    queries(runner, repetitions);
    std::printf("load at the end %s\n", load_average().c_str());
    return 0;
}
