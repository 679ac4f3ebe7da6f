// The history tree and proofs: what a commit pays for them, and what proofs cost as history grows.
//
// Claim      CPU per commit for tree and index below 1 us (3 us is the limit for the whole timeline), flat as history
//            grows; opening flat; PROVE COMMIT below 100 us, row proof below 3 KB of hashes and record, verification
//            below 1 ms; at least 1M commits/s when the whole history is verified.
// Run        history_benchmark <empty folder> [commits, 1000000] [rows, 1000000]

#include <sys/resource.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "base/result/assert.hpp"
#include "timeline/database_core.hpp"
#include "timeline/history/history_reader.hpp"

namespace {

using namespace kodiak;            // NOLINT: a program of one file
using namespace kodiak::timeline;  // NOLINT

double seconds_now() {
    return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

double cpu_seconds() {
    rusage usage{};
    getrusage(RUSAGE_SELF, &usage);
    return static_cast<double>(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
           static_cast<double>(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6;
}

void must(const Status& status) {
    if (!status.ok()) {
        std::fprintf(stderr, "%s\n", status.error().message.c_str());
        std::exit(1);
    }
}
template <class T>
T must(Result<T> result) {
    must(result.ok() ? Status() : Status(result.error()));
    return std::move(result).value();
}

// Median microseconds of `rounds` calls.
double median_us(int rounds, const std::function<void(int)>& call) {
    std::vector<double> times;
    for (int i = 0; i < rounds; ++i) {
        const double begin = seconds_now();
        call(i);
        times.push_back((seconds_now() - begin) * 1e6);
    }
    std::nth_element(times.begin(), times.begin() + rounds / 2, times.end());
    return times[static_cast<size_t>(rounds) / 2];
}

uint64_t mixed(uint64_t number) { return number * 0x9E3779B97F4A7C15ull >> 11; }

// A history of made-up commits, without rows.
class MadeUpHistory {
   public:
    explicit MadeUpHistory(const std::string& directory)
        : directory_(directory),
          disk_(make_real_disk()),
          store_(disk_, {directory, OriginId(7)}),
          history_(std::make_unique<CommitHistory>(disk_, directory, OriginId(7))),
          ids_(std::make_shared<RisingClock>(), make_seeded_random(1)) {}

    void grow_to(uint64_t commits) {
        constexpr uint64_t kPerCheckpoint = 100'000;
        double cpu = 0;
        uint64_t timed = 0;
        while (seq_ < commits) {
            std::vector<HistoryEntry> batch;
            std::vector<std::pair<Ulid, Hash256>> names;
            for (uint64_t i = 0; i < kPerCheckpoint && seq_ < commits; ++i) {
                batch.push_back(make_entry(names));
            }
            std::vector<HistoryEntry> given = batch;
            const double begin = cpu_seconds();
            for (size_t i = 0; i < given.size(); ++i) {
                const auto time = static_cast<int64_t>(given[i].seq);
                history_->append(std::move(given[i]), {time}, names[i].first, names[i].second);
            }
            cpu += cpu_seconds() - begin;
            timed += batch.size();
            bytes_ = must(history_->save(batch));
            history_->saved(seq_, bytes_);
        }
        store_.publish_seq(seq_);
        std::printf("%10llu commits: append %.3f us CPU each\n", static_cast<unsigned long long>(seq_),
                    cpu / static_cast<double>(timed) * 1e6);
    }

    void measure() {
        std::printf("             open %.0f us\n", median_us(5, [&](int) {
                        history_ = std::make_unique<CommitHistory>(disk_, directory_, OriginId(7));
                        must(history_->load(seq_, bytes_, true));
                    }));
        HistoryReader reader(store_, *history_);
        (void)must(reader.head());
        size_t bytes = 0;
        const double commit_us = median_us(2'000, [&](int i) {
            ProofRequest request;
            request.commits = {mixed(static_cast<uint64_t>(i)) % seq_ + 1};
            const ProofFile proof = must(reader.prove(request));
            bytes = 8 + 2 + proof.commits[0].record.size() + 32 * proof.commits[0].path.size() + 48;
        });
        ProofRequest request;
        request.commits = {seq_ / 3};
        const ProofFile proof = must(reader.prove(request));
        const std::string text = proof.encode();
        const double verify_us = median_us(2'000, [&](int) { must(must(ProofFile::decode(text)).verify({})); });
        std::printf("             PROVE COMMIT %.1f us, %zu bytes; verify with reading %.1f us\n", commit_us, bytes,
                    verify_us);
        std::printf("             PROVE CONSISTENCY %.1f us; older head %.1f us\n", median_us(500, [&](int i) {
                        ProofRequest growth;
                        growth.grown_from = mixed(static_cast<uint64_t>(i)) % seq_ + 1;
                        (void)must(reader.prove(growth));
                    }),
                    median_us(500, [&](int i) {
                        (void)must(reader.head_at(mixed(static_cast<uint64_t>(i)) % seq_ + 1));
                    }));
        const HistoryCommit some = must(reader.commit(seq_ / 2 + 1));
        std::printf("             by seq %.1f us, by id %.1f us, by time %.1f us\n",
                    median_us(2'000,
                              [&](int i) { (void)must(reader.commit(mixed(static_cast<uint64_t>(i)) % seq_ + 1)); }),
                    median_us(2'000, [&](int) { (void)must(reader.find(some.record.id)); }),
                    median_us(2'000, [&](int i) {
                        (void)must(reader.newest_at({static_cast<int64_t>(mixed(static_cast<uint64_t>(i)) % seq_)}));
                    }));
        const double begin = seconds_now();
        must(history_->check(seq_, [](const std::string& place, const std::string& problem) {
            std::printf("BROKEN %s: %s\n", place.c_str(), problem.c_str());
        }));
        std::printf("             whole history verified: %.2f M commits/s\n",
                    static_cast<double>(seq_) / 1e6 / (seconds_now() - begin));
    }

   private:
    class RisingClock final : public Clock {
       public:
        Timestamp now() override { return {1'700'000'000'000'000 + 1'000 * ++steps_}; }

       private:
        int64_t steps_ = 0;
    };

    HistoryEntry make_entry(std::vector<std::pair<Ulid, Hash256>>& names) {
        CommitRecord record;
        if (seq_ > 0) {
            record.parents = {parent_};
        }
        record.branch = "main";
        record.timestamp = {static_cast<int64_t>(++seq_)};
        record.id = ids_.next();
        record.author = "somebody";
        record.message = "change " + std::to_string(seq_);
        record.roots = {{RootKind::kChanges, 1, parent_}, {RootKind::kState, 1, Hash256{}}};
        HistoryEntry entry{seq_, kMainBranch, must(record.encode()), {}, 1, {}};
        parent_ = commit_identity(entry.record);
        names.emplace_back(record.id, parent_);
        return entry;
    }

    std::string directory_;
    std::shared_ptr<Disk> disk_;
    storage::Store store_;
    std::unique_ptr<CommitHistory> history_;
    UlidGenerator ids_;
    uint64_t seq_ = 0;
    uint64_t bytes_ = 0;
    Hash256 parent_;
};

// Rows as the engine gives them: (id, text).
void insert(DatabaseCore& core, ObjectId table, int64_t from, int64_t count) {
    auto transaction = must(core.begin(kMainBranch, false));
    auto job = must(transaction->write(table));
    auto writer = job->writer();
    const std::string text(100, 'x');
    const StringRef reference(text);
    std::vector<int64_t> ids(2'048);
    const std::vector<StringRef> texts(2'048, reference);
    for (int64_t at = 0; at < count; at += 2'048) {
        const auto rows = static_cast<size_t>(std::min<int64_t>(2'048, count - at));
        for (size_t i = 0; i < rows; ++i) {
            ids[i] = from + at + static_cast<int64_t>(i);
        }
        const std::array<storage::ColumnView, 2> columns{{{ids.data()}, {texts.data()}}};
        must(writer->append({rows, columns}));
    }
    must(writer->finish());
    must(job->finish());
    must(transaction->finish_statement());
    (void)must(core.commit(std::move(transaction), {}));
}

ObjectId create_table(DatabaseCore& core) {
    auto transaction = must(core.begin(kMainBranch, false));
    catalog::TableDefinition table;
    table.columns.resize(2);
    table.columns[0].id = ColumnId(1);
    table.columns[0].name = "id";
    table.columns[0].type.kind = catalog::TypeKind::kBigInt;
    table.columns[1].id = ColumnId(2);
    table.columns[1].name = "text";
    table.columns[1].type.kind = catalog::TypeKind::kVarchar;
    table.next_column_id = ColumnId(3);
    catalog::CatalogObject object;
    object.id = transaction->new_object_id();
    object.kind = catalog::ObjectKind::kTable;
    object.schema = catalog::kMainSchema;
    object.name = "t";
    object.definition = table;
    const ObjectId id = object.id;
    must(transaction->put_object(std::move(object)));
    must(transaction->finish_statement());
    (void)must(core.commit(std::move(transaction), {}));
    return id;
}

void measure_rows(DatabaseCore& core, ObjectId table, uint64_t rows, const char* where) {
    History& history = core.history();
    const OriginId origin = must(history.head()).origin;
    const uint64_t load = 3;
    size_t bytes = 0;
    const auto prove = [&](uint64_t commit, uint64_t counter) {
        ProofRequest request;
        request.rows = {{commit, table, {origin, counter}}};
        const ProofFile proof = must(history.prove(request));
        bytes = 48 + 10 + proof.commits[0].record.size() + 32 * proof.commits[0].path.size() + 29 + 16 +
                proof.rows[0].path.sides.size() / 8 + 1 + 32 * proof.rows[0].path.path.size();
    };
    const double of_load = median_us(20, [&](int i) { prove(load, mixed(static_cast<uint64_t>(i)) % rows + 1); });
    std::printf("%s: row of the load of %llu rows %.0f us, %zu bytes and the row\n", where,
                static_cast<unsigned long long>(rows), of_load, bytes);
    const double single = median_us(200, [&](int i) {
        const auto at = static_cast<uint64_t>(i) % 1'000;
        prove(load + 1 + at, rows + 1 + at);
    });
    std::printf("%s: row of a commit of one row %.0f us, %zu bytes and the row\n", where, single, bytes);
}

}  // namespace

int main(int count, char** arguments) {
    if (count < 2) {
        std::fprintf(stderr, "usage: history_benchmark <empty folder> [commits] [rows]\n");
        return 2;
    }
    const std::string folder = arguments[1];
    const uint64_t commits = count > 2 ? std::strtoull(arguments[2], nullptr, 10) : 1'000'000;
    const uint64_t rows = count > 3 ? std::strtoull(arguments[3], nullptr, 10) : 1'000'000;
    std::filesystem::create_directories(folder + "/made_up/history");
    {
        MadeUpHistory history(folder + "/made_up");
        for (const uint64_t size : {commits / 100, commits / 10, commits}) {
            history.grow_to(size);
            history.measure();
        }
    }
    std::filesystem::remove_all(folder + "/made_up");
    OpenOptions options;
    options.synchronous = false;
    auto core = must(DatabaseCore::open(Surroundings::real(), folder + "/rows", options));
    const ObjectId table = create_table(*core);
    insert(*core, table, 0, static_cast<int64_t>(rows));
    for (int64_t i = 0; i < 1'000; ++i) {
        insert(*core, table, static_cast<int64_t>(rows) + i, 1);
    }
    measure_rows(*core, table, rows, "hot");
    must(core->checkpoint());
    core.reset();
    core = must(DatabaseCore::open(Surroundings::real(), folder + "/rows", options));
    measure_rows(*core, table, rows, "after checkpoint and restart");
    core.reset();
    std::filesystem::remove_all(folder + "/rows");
    return 0;
}
