// Durable commits of one row: Kodiak beside raw appends, SQLite, DuckDB and RocksDB, in one process, one run.
//
// Claim      1 writer: at most 1.3 x the time of a raw O_DSYNC append of the same bytes. 64 writers with group
//            commit: at
//            least 0.4 x the commits that raw grouped appends reach. CPU per commit is printed.
// Run        durable_benchmark <empty folder> [seconds per measurement]
// Peers      SQLite (WAL, synchronous=FULL, prepared), DuckDB (file, INSERT by text as Kodiak's SQL row), RocksDB
//            (WriteOptions.sync).
//            "store" is Kodiak's own transaction interface (what an appender uses), "SQL" a text statement each.

#include <fcntl.h>
#include <rocksdb/db.h>
#include <sqlite3.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "base/result/assert.hpp"
#include "database/database.hpp"
#include "timeline/database_core.hpp"

namespace {

using kodiak::Status;

double seconds_now() {
    return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

double cpu_seconds() {
    rusage usage{};
    getrusage(RUSAGE_SELF, &usage);
    return static_cast<double>(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
           static_cast<double>(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6;
}

struct Measured {
    double commits_per_second = 0;
    double p50_us = 0;
    double p99_us = 0;
    double cpu_us = 0;
};

// Runs `commit(thread, number)` on `threads` threads for `duration` seconds.
Measured measure(size_t threads, double duration, const std::function<void(size_t, int64_t)>& commit) {
    std::atomic<bool> stop{false};
    std::atomic<int64_t> next{1};
    std::vector<std::vector<double>> latencies(threads);
    const double begin = seconds_now();
    const double cpu = cpu_seconds();
    std::vector<std::thread> workers;
    for (size_t thread = 0; thread < threads; ++thread) {
        workers.emplace_back([&, thread] {
            while (!stop.load(std::memory_order_relaxed)) {
                const double start = seconds_now();
                commit(thread, next.fetch_add(1));
                latencies[thread].push_back((seconds_now() - start) * 1e6);
            }
        });
    }
    std::this_thread::sleep_for(std::chrono::duration<double>(duration));
    stop = true;
    for (std::thread& worker : workers) {
        worker.join();
    }
    const double wall = seconds_now() - begin;
    std::vector<double> all;
    for (const auto& part : latencies) {
        all.insert(all.end(), part.begin(), part.end());
    }
    std::sort(all.begin(), all.end());
    const auto count = static_cast<double>(all.size());
    return {count / wall, all[all.size() / 2], all[all.size() * 99 / 100], (cpu_seconds() - cpu) * 1e6 / count};
}

void print(const char* name, size_t threads, const Measured& m, const Measured& raw) {
    std::printf("%-28s %3zu writers %9.0f commits/s  p50 %8.1f us  p99 %8.1f us  CPU %7.1f us  %5.2f x raw\n", name,
                threads, m.commits_per_second, m.p50_us, m.p99_us, m.cpu_us,
                m.commits_per_second / raw.commits_per_second);
    std::fflush(stdout);
}

template <class T>
T must(kodiak::Result<T> result) {
    if (!result.ok()) {
        std::fprintf(stderr, "%s\n", result.error().message.c_str());
        std::exit(1);
    }
    return std::move(result).value();
}

void must(const Status& status) {
    if (!status.ok()) {
        std::fprintf(stderr, "%s\n", status.error().message.c_str());
        std::exit(1);
    }
}

// Appends of 512 bytes with O_DSYNC; with several threads, grouped as simply as possible: one writes for all who wait.
class RawLog {
   public:
    explicit RawLog(const std::string& path) : file_(::open(path.c_str(), O_CREAT | O_WRONLY | O_DSYNC, 0644)) {
        KODIAK_ASSERT(file_ >= 0 && ::posix_fallocate(file_, 0, 64 << 20) == 0);
        const std::string zeros(1 << 20, '\0');
        for (int i = 0; i < 64; ++i) {
            KODIAK_ASSERT(::pwrite(file_, zeros.data(), zeros.size(), static_cast<off_t>(i) << 20) > 0);
        }
    }
    ~RawLog() { ::close(file_); }
    void commit() {
        std::unique_lock lock(mutex_);
        const uint64_t mine = ++appended_;
        while (written_ < mine) {
            if (writing_) {
                wake_.wait(lock);
                continue;
            }
            writing_ = true;
            const uint64_t upto = appended_;
            const size_t bytes = (upto - written_) * kBytes;
            lock.unlock();
            const std::string group(bytes, 'x');
            at_ = at_ + bytes > (64u << 20) ? 0 : at_;
            KODIAK_ASSERT(::pwrite(file_, group.data(), bytes, static_cast<off_t>(at_)) == static_cast<ssize_t>(bytes));
            at_ += bytes;
            lock.lock();
            written_ = upto;
            writing_ = false;
            wake_.notify_all();
        }
    }

   private:
    static constexpr size_t kBytes = 512;
    int file_;
    std::mutex mutex_;
    std::condition_variable wake_;
    uint64_t appended_ = 0;
    uint64_t written_ = 0;
    uint64_t at_ = 0;
    bool writing_ = false;
};

class NoRows final : public kodiak::database::ResultSink {
    Status begin(const std::vector<kodiak::database::ResultColumn>&) override { return {}; }
    Status rows(const kodiak::database::RowBatch&) override { return {}; }
    Status end(const kodiak::database::Answer&) override { return {}; }
};

// One row through the store's transactions.
void store_insert(kodiak::timeline::DatabaseCore& core, kodiak::ObjectId table, int64_t id) {
    using kodiak::storage::ColumnView;
    auto transaction = must(core.begin(kodiak::kMainBranch, false));
    const std::string text = "a value of some thirty characters";
    const kodiak::StringRef name(text);
    const ColumnView columns[] = {{&id, nullptr, nullptr}, {&name, nullptr, nullptr}};
    {
        const auto job = must(transaction->write(table));
        const auto writer = job->writer();
        must(writer->append({1, columns}));
        must(writer->finish());
        must(job->finish());
    }
    must(transaction->finish_statement());
    must(core.commit(std::move(transaction), {}));
}

kodiak::ObjectId table_named(kodiak::timeline::DatabaseCore& core, const std::string& name) {
    auto transaction = must(core.begin(kodiak::kMainBranch, true));
    const auto catalog = transaction->catalog();
    const auto object = catalog->find(kodiak::catalog::NameSpace::kRelations, kodiak::catalog::kMainSchema, name);
    KODIAK_ASSERT(object != nullptr);
    core.rollback(std::move(transaction));
    return object->id;
}

std::string insert_text(int64_t id) {
    return "INSERT INTO t VALUES (" + std::to_string(id) + ", 'a value of some thirty characters')";
}

void kodiak_store(const std::string& folder, size_t threads, double duration, const Measured& raw) {
    const std::string path = folder + "/store" + std::to_string(threads) + ".kodiak";
    {
        const auto database = must(kodiak::database::Database::open(path));
        NoRows none;
        must(must(database->connect())->execute_script("CREATE TABLE t (id BIGINT PRIMARY KEY, v VARCHAR)", none));
    }
    const auto core = must(kodiak::timeline::DatabaseCore::open(kodiak::timeline::Surroundings::real(), path, {}));
    const kodiak::ObjectId table = table_named(*core, "t");
    print("Kodiak, store", threads,
          measure(threads, duration, [&](size_t, int64_t id) { store_insert(*core, table, id); }), raw);
}

void kodiak_sql(const std::string& folder, size_t threads, double duration, const Measured& raw, bool native) {
    const std::string path = folder + "/sql" + std::to_string(threads) + (native ? "native" : "");
    const auto database = must(native ? kodiak::database::Database::open_native(path + ".kodiak", path + ".duckdb")
                                      : kodiak::database::Database::open(path + ".kodiak"));
    std::vector<std::unique_ptr<kodiak::database::Session>> sessions;
    for (size_t i = 0; i < threads; ++i) {
        sessions.push_back(must(database->connect()));
    }
    NoRows none;
    must(sessions[0]->execute_script("CREATE TABLE t (id BIGINT PRIMARY KEY, v VARCHAR)", none));
    const auto insert = [&](size_t thread, int64_t id) {
        NoRows sink;
        must(sessions[thread]->execute_script(insert_text(id), sink));
    };
    print(native ? "DuckDB, SQL text" : "Kodiak, SQL text", threads, measure(threads, duration, insert), raw);
}

void sqlite(const std::string& folder, double duration, const Measured& raw) {
    sqlite3* db = nullptr;
    KODIAK_ASSERT(sqlite3_open((folder + "/s.sqlite").c_str(), &db) == SQLITE_OK);
    const char* const setup =
        "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; CREATE TABLE t(id INTEGER PRIMARY KEY, v TEXT)";
    sqlite3_exec(db, setup, nullptr, nullptr, nullptr);
    sqlite3_stmt* insert = nullptr;
    sqlite3_prepare_v2(db, "INSERT INTO t VALUES (?, 'a value of some thirty characters')", -1, &insert, nullptr);
    print("SQLite, FULL, prepared", 1, measure(1, duration, [&](size_t, int64_t id) {
              sqlite3_bind_int64(insert, 1, id);
              KODIAK_ASSERT(sqlite3_step(insert) == SQLITE_DONE);
              sqlite3_reset(insert);
          }), raw);
    sqlite3_finalize(insert);
    sqlite3_close(db);
}

void rocks(const std::string& folder, size_t threads, double duration, const Measured& raw) {
    rocksdb::Options options;
    options.create_if_missing = true;
    rocksdb::DB* db = nullptr;
    KODIAK_ASSERT(rocksdb::DB::Open(options, folder + "/rocks" + std::to_string(threads), &db).ok());
    rocksdb::WriteOptions sync;
    sync.sync = true;
    print("RocksDB, sync", threads, measure(threads, duration, [&](size_t, int64_t id) {
              const rocksdb::Slice key(reinterpret_cast<const char*>(&id), sizeof id);
              KODIAK_ASSERT(db->Put(sync, key, "a value of some thirty characters").ok());
          }), raw);
    delete db;
}

}  // namespace

int main(int argc, char** argv) {
    if (argc < 2) {
        std::fprintf(stderr, "usage: %s <empty folder> [seconds per measurement]\n", argv[0]);
        return 2;
    }
    const std::string folder = argv[1];
    const double duration = argc > 2 ? std::atof(argv[2]) : 3;
    std::filesystem::create_directories(folder);
    std::string load;
    std::getline(std::ifstream("/proc/loadavg"), load);
    std::printf("%s, load %s\n", kodiak::database::version_text().c_str(), load.c_str());
    for (const size_t threads : {size_t{1}, size_t{64}}) {
        Measured raw;
        {
            RawLog log(folder + "/raw" + std::to_string(threads));
            raw = measure(threads, duration, [&](size_t, int64_t) { log.commit(); });
        }
        print("raw O_DSYNC append, 512 B", threads, raw, raw);
        kodiak_store(folder, threads, duration, raw);
        kodiak_sql(folder, threads, duration, raw, false);
        kodiak_sql(folder, threads, duration, raw, true);
        if (threads == 1) {
            sqlite(folder, duration, raw);
        }
        rocks(folder, threads, duration, raw);
    }
    return 0;
}
