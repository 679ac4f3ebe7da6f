// Reading single rows by key: Kodiak's typed get and its router beside SQLite, RocksDB and DuckDB, in one process.
//
// Claim      A typed get of an 8-column row among 10M rows, consistent with a snapshot, takes less than 1 us and at
//            most a tenth of RocksDB's block cache; a statement by key through the router at most 1.5 x SQLite's time
//            and at most a 25th of DuckDB's.
// Run        point_benchmark <empty folder> [rows]
// Measured   Thread CPU nanoseconds per call: the 25th percentile of chunks of 2,000 calls, uniform keys, all values
//            read.
// Peers      SQLite (in memory, INTEGER PRIMARY KEY, prepared, one transaction), RocksDB (block cache larger than the
//            data, one value of 100 bytes), DuckDB (in memory, PRIMARY KEY, prepared).

#include <rocksdb/cache.h>
#include <rocksdb/db.h>
#include <rocksdb/filter_policy.h>
#include <rocksdb/table.h>
#include <sqlite3.h>
#include <sys/resource.h>
#include <ctime>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>
#include <string>
#include <vector>

#include "base/result/assert.hpp"
#include "database/database.hpp"
#include "engine/engine.hpp"
#include "language/key_statement.hpp"
#include "storage/point_reader.hpp"
#include "timeline/database_core.hpp"

namespace {

using kodiak::engine::Connection;

double thread_ns() {
    timespec now{};
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return static_cast<double>(now.tv_sec) * 1e9 + static_cast<double>(now.tv_nsec);
}

// Keys in an order that no cache foresees, the same for all peers.
class Keys {
   public:
    explicit Keys(uint64_t rows) : rows_(rows) {}
    int64_t next() {
        state_ ^= state_ << 13;
        state_ ^= state_ >> 7;
        state_ ^= state_ << 17;
        return static_cast<int64_t>(state_ % rows_);
    }

   private:
    uint64_t rows_;
    uint64_t state_ = 88172645463325252ULL;
};

// Nanoseconds per call of `get`.
double measure(uint64_t rows, size_t calls, const std::function<void(int64_t)>& get) {
    Keys keys(rows);
    constexpr size_t kChunk = 2'000;
    std::vector<double> chunks;
    for (size_t done = 0; done < calls; done += kChunk) {
        const double start = thread_ns();
        for (size_t i = 0; i < kChunk; ++i) {
            get(keys.next());
        }
        chunks.push_back((thread_ns() - start) / kChunk);
    }
    std::sort(chunks.begin(), chunks.end());
    return chunks[chunks.size() / 4];
}

template <class T>
T must(kodiak::Result<T> result) {
    if (!result.ok()) {
        std::fprintf(stderr, "%s\n", result.error().message.c_str());
        std::exit(1);
    }
    return std::move(result).value();
}

void run(Connection& connection, const std::string& sql) {
    auto result = must(connection.execute(sql));
    kodiak::engine::ResultChunk chunk;
    while (must(result->next(chunk))) {
    }
}

constexpr const char* kColumns = "id BIGINT PRIMARY KEY, a INTEGER, b INTEGER, c BIGINT, d DOUBLE, e DATE, "
                                 "name VARCHAR, city VARCHAR";
std::string values_query(uint64_t rows) {
    return "SELECT i, i % 1000, i % 7, i * 3, i / 7, DATE '2020-01-01' + (i % 3000)::INTEGER, 'customer name ' || i, "
           "'city number ' || (i % 5000) FROM range(" + std::to_string(rows) + ") r(i)";
}

void bench_kodiak(const std::string& folder, uint64_t rows) {
    auto core = must(kodiak::timeline::DatabaseCore::open(kodiak::timeline::Surroundings::real(),
                                                          folder + "/point.kodiak", {}));
    auto engine = must(kodiak::engine::Engine::create({}));
    KODIAK_ASSERT(engine->attach("point", *core).ok());
    auto connection = must(engine->connect("point"));
    run(*connection, std::string("CREATE TABLE t (") + kColumns + ")");
    run(*connection, "INSERT INTO t " + values_query(rows));
    {
        auto transaction = must(core->begin(kodiak::kMainBranch, true));
        const auto catalog = transaction->catalog();
        const auto table = catalog->find(kodiak::catalog::NameSpace::kRelations, kodiak::catalog::kMainSchema, "t");
        std::vector<kodiak::ColumnId> columns;
        for (const auto& column : table->table().columns) {
            columns.push_back(column.id);
        }
        auto reader = must(transaction->point_reader(table->id, 0, columns));
        kodiak::storage::TypedValue values[8];
        int64_t sum = 0;
        std::printf("Kodiak typed get, 8 columns                %9.0f ns\n", measure(rows, 1'000'000, [&](int64_t key) {
                        const auto row = must(reader->get(key));
                        KODIAK_ASSERT(row);
                        reader->read(row, values);
                        sum += values[3].integer() + static_cast<int64_t>(values[6].text().size());
                    }));
        std::vector<int64_t> keys(16);
        std::vector<kodiak::storage::PointReader::Row> found(16);
        Keys more(rows);
        std::printf("Kodiak multi-get of 16, 8 columns, a key   %9.0f ns\n",
                    measure(rows, 60'000, [&](int64_t) {
                        std::generate(keys.begin(), keys.end(), [&] { return more.next(); });
                        KODIAK_ASSERT(reader->multi_get(keys, found).ok());
                        for (const auto& row : found) {
                            reader->read(row, values);
                            sum += values[3].integer();
                        }
                    }) / 16);
        std::printf("Kodiak begin, get, end                     %9.0f ns\n", measure(rows, 200'000, [&](int64_t key) {
                        auto one = must(core->begin(kodiak::kMainBranch, true));
                        {
                            auto own = must(one->point_reader(table->id, 0, columns));
                            own->read(must(own->get(key)), values);
                        }
                        core->rollback(std::move(one));
                    }));
        if (sum == 42) {
            std::printf("\n");
        }
    }
    const auto statement = kodiak::language::parse_key_statement("SELECT * FROM t WHERE id = ?");
    std::vector<kodiak::engine::Parameter> parameter(1);
    std::printf("Kodiak statement by key, parsed before     %9.0f ns\n", measure(rows, 100'000, [&](int64_t key) {
                    parameter[0] = key;
                    KODIAK_ASSERT(must(connection->execute_by_key(*statement, parameter)).has_value());
                }));
    std::printf("Kodiak recognising the text of a statement %9.0f ns\n", measure(rows, 100'000, [&](int64_t key) {
                    KODIAK_ASSERT(kodiak::language::parse_key_statement("SELECT * FROM t WHERE id = " +
                                                                        std::to_string(key)));
                }));
    connection.reset();
    engine.reset();
}

// What a program that links the library sees: a prepared statement of a session, outside and inside of BEGIN.
void bench_sessions(const std::string& folder, uint64_t rows) {
    class NoRows final : public kodiak::database::ResultSink {
       public:
        kodiak::Status begin(const std::vector<kodiak::database::ResultColumn>&) override { return {}; }
        kodiak::Status rows(const kodiak::database::RowBatch&) override { return {}; }
        kodiak::Status end(const kodiak::database::Answer&) override { return {}; }
    };
    auto database = must(kodiak::database::Database::open(folder + "/point.kodiak"));
    auto session = must(database->connect());
    auto get = must(session->prepare("SELECT * FROM t WHERE id = ?"));
    int64_t sum = 0;
    const auto read = [&](int64_t key) {
        KODIAK_ASSERT(get->bind(1, key).ok() && get->execute().ok() && must(get->next()));
        sum += get->integer(3) + static_cast<int64_t>(get->text(6).size());
    };
    std::printf("Kodiak prepared SELECT, a transaction each %9.0f ns\n", measure(rows, 200'000, read));
    NoRows sink;
    KODIAK_ASSERT(session->execute_script("BEGIN", sink).ok());
    std::printf("Kodiak prepared SELECT, within BEGIN       %9.0f ns\n", measure(rows, 500'000, read));
    KODIAK_ASSERT(session->execute_script("COMMIT", sink).ok());
    if (sum == 42) {
        std::printf("\n");
    }
}

void bench_duckdb(uint64_t rows, const std::string& folder) {
    auto core = must(kodiak::timeline::DatabaseCore::open(kodiak::timeline::Surroundings::real(),
                                                          folder + "/peer.kodiak", {}));
    auto engine = must(kodiak::engine::Engine::create({}));
    KODIAK_ASSERT(engine->attach("peer", *core).ok());
    auto connection = must(engine->connect("peer"));
    run(*connection, "ATTACH ':memory:' AS m");
    run(*connection, "USE m");
    run(*connection, std::string("CREATE TABLE t (") + kColumns + ")");
    run(*connection, "INSERT INTO t " + values_query(rows));
    run(*connection, "PREPARE q AS SELECT * FROM t WHERE id = ?");
    std::printf("DuckDB EXECUTE of a prepared statement     %9.0f ns\n", measure(rows, 10'000, [&](int64_t key) {
                    run(*connection, "EXECUTE q(" + std::to_string(key) + ")");
                }));
    connection.reset();
    engine.reset();
}

void bench_sqlite(uint64_t rows) {
    sqlite3* database = nullptr;
    KODIAK_ASSERT(sqlite3_open(":memory:", &database) == SQLITE_OK);
    const auto execute = [&](const std::string& sql) {
        KODIAK_ASSERT(sqlite3_exec(database, sql.c_str(), nullptr, nullptr, nullptr) == SQLITE_OK);
    };
    execute("CREATE TABLE t (id INTEGER PRIMARY KEY, a INT, b INT, c INT, d REAL, e TEXT, name TEXT, city TEXT)");
    execute("WITH RECURSIVE r(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM r WHERE i + 1 < " + std::to_string(rows) +
            ") INSERT INTO t SELECT i, i % 1000, i % 7, i * 3, i / 7.0, '2020-01-01', 'customer name ' || i, "
            "'city number ' || (i % 5000) FROM r");
    execute("BEGIN");
    sqlite3_stmt* query = nullptr;
    KODIAK_ASSERT(sqlite3_prepare_v2(database, "SELECT * FROM t WHERE id = ?", -1, &query, nullptr) == SQLITE_OK);
    int64_t sum = 0;
    std::printf("SQLite :memory:, prepared, 8 columns       %9.0f ns\n", measure(rows, 500'000, [&](int64_t key) {
                    sqlite3_bind_int64(query, 1, key);
                    KODIAK_ASSERT(sqlite3_step(query) == SQLITE_ROW);
                    sum += sqlite3_column_int64(query, 3) + sqlite3_column_bytes(query, 6);
                    sqlite3_reset(query);
                }));
    sqlite3_finalize(query);
    sqlite3_close(database);
    if (sum == 42) {
        std::printf("\n");
    }
}

std::string big_endian(int64_t key) {
    std::string bytes(8, '\0');
    for (size_t i = 0; i < 8; ++i) {
        bytes[i] = static_cast<char>(static_cast<uint64_t>(key) >> (56 - 8 * i));
    }
    return bytes;
}

void bench_rocksdb(const std::string& folder, uint64_t rows) {
    rocksdb::Options options;
    options.create_if_missing = true;
    options.compression = rocksdb::kNoCompression;
    rocksdb::BlockBasedTableOptions table;
    table.block_cache = rocksdb::NewLRUCache(size_t{4} << 30);
    table.filter_policy.reset(rocksdb::NewBloomFilterPolicy(10));
    options.table_factory.reset(rocksdb::NewBlockBasedTableFactory(table));
    rocksdb::DB* opened = nullptr;
    KODIAK_ASSERT(rocksdb::DB::Open(options, folder + "/rocks", &opened).ok());
    const std::unique_ptr<rocksdb::DB> database(opened);
    rocksdb::WriteOptions unlogged;
    unlogged.disableWAL = true;
    for (uint64_t i = 0; i < rows; ++i) {
        KODIAK_ASSERT(database->Put(unlogged, big_endian(static_cast<int64_t>(i)), std::string(100, 'x')).ok());
    }
    KODIAK_ASSERT(database->CompactRange(rocksdb::CompactRangeOptions(), nullptr, nullptr).ok());
    rocksdb::PinnableSlice value;
    for (int warm = 0; warm < 2; ++warm) {
        const double ns = measure(rows, 1'000'000, [&](int64_t key) {
            value.Reset();
            KODIAK_ASSERT(database->Get({}, database->DefaultColumnFamily(), big_endian(key), &value).ok());
        });
        if (warm == 1) {
            std::printf("RocksDB, block cache, 100 byte value       %9.0f ns\n", ns);
        }
    }
}

}  // namespace

int main(int argc, char** argv) {
    if (argc < 2) {
        std::fprintf(stderr, "usage: point_benchmark <empty folder> [rows]\n");
        return 2;
    }
    setvbuf(stdout, nullptr, _IOLBF, 0);
    const std::string folder = argv[1];
    const uint64_t rows = argc > 2 ? std::strtoull(argv[2], nullptr, 10) : 10'000'000;
    std::filesystem::create_directories(folder);
    std::string load;
    std::ifstream("/proc/loadavg") >> load;
    std::printf("%llu rows; load average %s\n", static_cast<unsigned long long>(rows), load.c_str());
    bench_kodiak(folder, rows);
    bench_sessions(folder, rows);
    bench_sqlite(rows);
    bench_rocksdb(folder, rows);
    bench_duckdb(rows, folder);
    return 0;
}
