// kill_loop_writer: several sessions write until the process is killed, and tell what was acknowledged.
//
//   kill_loop_writer DB FIRST_ID THREADS
//
// Each transaction has an id (the first one of thread T is FIRST_ID + T, the next FIRST_ID + T + THREADS, ...) and does
// all of this or nothing:
//   - inserts three rows (id, 0..2) into `entries`, sometimes thousands (id, 0..count-1);
//   - sets the thread's row in `progress` to the id;
//   - adds one to the only row of `shared`, for which all threads compete;
//   - deletes the entries of the thread's transaction before last, every fourth time.
// When COMMIT has answered, the line `id count` goes to stdout in one write. Thread 0 checkpoints now and then.

#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <thread>
#include <vector>

#include <unistd.h>

#include "database/database.hpp"

namespace {

using kodiak::ErrorCode;
using kodiak::Status;
using kodiak::database::Database;
using kodiak::database::Session;

class NoRows final : public kodiak::database::ResultSink {
   public:
    Status begin(const std::vector<kodiak::database::ResultColumn>&) override { return kodiak::ok_status(); }
    Status rows(const kodiak::database::RowBatch&) override { return kodiak::ok_status(); }
    Status end(const kodiak::database::Answer&) override { return kodiak::ok_status(); }
};

Status run(Session& session, const std::string& sql) {
    NoRows sink;
    return session.execute_script(sql, sink);
}

std::string transaction(long id, long thread, long step, long round, long count) {
    const std::string text = std::to_string(id);
    std::string sql = "BEGIN; INSERT INTO entries SELECT " + text + ", i FROM range(" + std::to_string(count) +
                      ") r(i); UPDATE progress SET last = " + text + " WHERE thread = " + std::to_string(thread) +
                      "; UPDATE shared SET commits = commits + 1;";
    if (round % 4 == 3) {
        sql += " DELETE FROM entries WHERE id = " + std::to_string(id - 2 * step) + ";";
    }
    return sql + " COMMIT";
}

// Writes until the process ends; false when a statement fails otherwise than by a conflict.
bool write_forever(Session& session, long first_id, long thread, long threads) {
    for (long round = 0;; ++round) {
        const long id = first_id + thread + round * threads;
        const long count = round % 9 == 8 ? 3000 : 3;
        for (;;) {
            const Status done = run(session, transaction(id, thread, threads, round, count));
            if (done.ok()) {
                break;
            }
            if (session.in_transaction()) {
                (void)run(session, "ROLLBACK");
            }
            if (done.error().code != ErrorCode::kSerializationFailure) {
                std::fprintf(stderr, "%s\n", done.error().message.c_str());
                return false;
            }
        }
        const std::string line = std::to_string(id) + " " + std::to_string(count) + "\n";
        if (::write(STDOUT_FILENO, line.data(), line.size()) != static_cast<ssize_t>(line.size())) {
            return false;
        }
        if (thread == 0 && round % 7 == 6 && !run(session, "CHECKPOINT").ok()) {
            std::fputs("CHECKPOINT failed\n", stderr);
            return false;
        }
    }
}

}  // namespace

int main(int count, char** words) {
    if (count != 4) {
        std::fputs("usage: kill_loop_writer DB FIRST_ID THREADS\n", stderr);
        return 2;
    }
    const long first_id = std::atol(words[2]);
    const long threads = std::atol(words[3]);
    auto database = Database::open(words[1]);
    if (!database.ok()) {
        std::fprintf(stderr, "%s\n", database.error().message.c_str());
        return 1;
    }
    std::vector<std::thread> writers;
    for (long thread = 0; thread < threads; ++thread) {
        writers.emplace_back([&, thread] {
            auto session = (*database)->connect();
            if (!session.ok() || !write_forever(**session, first_id, thread, threads)) {
                std::_Exit(1);
            }
        });
    }
    for (auto& writer : writers) {
        writer.join();
    }
    return 0;
}
