// Many threads on one database: no update is lost, no sum is torn, no key is there twice. Run it with
// -DKODIAK_SANITIZE=thread as well.

#include <gtest/gtest.h>

#include <atomic>
#include <random>
#include <set>
#include <thread>

#include "timeline/scripted_life.hpp"

namespace kodiak::timeline {
namespace {

constexpr int64_t kAccounts = 8;
constexpr int64_t kEach = 100;

int64_t sum_of(const Rows& rows) {
    int64_t sum = 0;
    for (const auto& [id, balance] : rows) {
        sum += std::stoll(balance);
    }
    return sum;
}

int64_t balance_in(TestDatabase& db, storage::Transaction& transaction, ObjectId table, int64_t id) {
    transaction.mark();
    const Locator row = db.find(transaction, table, id).value();
    const auto snapshot = transaction.snapshot(table).value();
    const std::array columns{ColumnId(1), ColumnId(2)};
    EXPECT_TRUE(snapshot->verify(row, columns).ok());
    const auto place = snapshot->find(row);
    EXPECT_TRUE(place.has_value());
    StringRef text;
    storage::decode_strings(place->chunk->column(1), &place->slot, 1, &text);
    return std::stoll(std::string(text.view()));
}

class Threads {
   public:
    template <class Body>
    void start(Body body) {
        threads_.emplace_back(std::move(body));
    }
    void join() {
        for (std::thread& thread : threads_) {
            thread.join();
        }
        threads_.clear();
    }

   private:
    std::vector<std::thread> threads_;
};

TEST(Concurrency, TransfersKeepTheSumWhileReadersAndCheckpointsRun) {
    TestDatabase db;
    const ObjectId table = db.create_table("accounts");
    Rows accounts;
    for (int64_t id = 0; id < kAccounts; ++id) {
        accounts.emplace_back(id, std::to_string(kEach));
    }
    db.insert(table, accounts);
    std::atomic<int> writers{3};
    std::atomic<int> done{0};
    Threads threads;
    for (int writer = 0; writer < 3; ++writer) {
        threads.start([&, writer] {
            std::mt19937_64 random(static_cast<uint64_t>(writer));
            for (int i = 0; i < 120; ++i) {
                const auto from = static_cast<int64_t>(random() % kAccounts);
                const auto to = (from + 1 + static_cast<int64_t>(random() % (kAccounts - 1))) % kAccounts;
                const Status moved = in_transaction(db, [&](storage::Transaction& transaction) -> Status {
                    const int64_t left = balance_in(db, transaction, table, from);
                    const int64_t right = balance_in(db, transaction, table, to);
                    KODIAK_TRY(db.try_update_in(transaction, table, from, std::to_string(left - 1)));
                    return db.try_update_in(transaction, table, to, std::to_string(right + 1));
                });
                EXPECT_TRUE(moved.ok() || moved.error().code == ErrorCode::kSerializationFailure)
                    << moved.error().message;
                done += moved.ok() ? 1 : 0;
            }
            --writers;
        });
    }
    for (int reader = 0; reader < 2; ++reader) {
        threads.start([&] {
            while (writers > 0) {
                auto transaction = db.begin();
                const Rows rows = db.rows_in(*transaction, table);
                EXPECT_EQ(rows.size(), static_cast<size_t>(kAccounts));
                EXPECT_EQ(sum_of(rows), kAccounts * kEach);
                EXPECT_EQ(db.rows_in(*transaction, table), rows) << "a snapshot moved";
                db.core().rollback(std::move(transaction));
            }
        });
    }
    threads.start([&] {
        while (writers > 0) {
            EXPECT_TRUE(db.core().checkpoint().ok());
            db.check();
        }
    });
    threads.start([&] {
        int turn = 0;
        while (writers > 0) {
            CompactionRequest request;
            request.target = static_cast<CompactionRequest::Target>(turn++ % 3);
            EXPECT_TRUE(db.core().compact(request).ok());
        }
    });
    threads.join();
    EXPECT_GT(done, 0);
    EXPECT_EQ(sum_of(db.rows(table)), kAccounts * kEach);
    db.check();
    db.reopen();
    EXPECT_EQ(sum_of(db.rows(table)), kAccounts * kEach);
    db.check();
}

TEST(Concurrency, NoIncrementIsLost) {
    TestDatabase db;
    const ObjectId table = db.create_table("counter");
    db.insert(table, {{1, "0"}});
    std::atomic<int64_t> acknowledged{0};
    Threads threads;
    for (int writer = 0; writer < 4; ++writer) {
        threads.start([&] {
            for (int i = 0; i < 60; ++i) {
                const Status added = in_transaction(db, [&](storage::Transaction& transaction) {
                    const int64_t value = balance_in(db, transaction, table, 1);
                    return db.try_update_in(transaction, table, 1, std::to_string(value + 1));
                });
                acknowledged += added.ok() ? 1 : 0;
            }
        });
    }
    threads.join();
    EXPECT_EQ(db.rows(table), (Rows{{1, std::to_string(acknowledged.load())}}));
    db.reopen();
    EXPECT_EQ(db.rows(table), (Rows{{1, std::to_string(acknowledged.load())}}));
}

TEST(Concurrency, AKeyIsTakenOnce) {
    TestDatabase db;
    const ObjectId table = db.create_table("t");
    std::atomic<int64_t> winners{0};
    Threads threads;
    for (int writer = 0; writer < 4; ++writer) {
        threads.start([&, writer] {
            for (int64_t id = 0; id < 80; ++id) {
                const Status inserted = db.try_insert(table, {{id, "writer " + std::to_string(writer)}});
                EXPECT_TRUE(inserted.ok() || inserted.error().code == ErrorCode::kSerializationFailure ||
                            inserted.error().code == ErrorCode::kUniqueViolation);
                winners += inserted.ok() ? 1 : 0;
            }
        });
    }
    threads.join();
    const Rows rows = db.rows(table);
    EXPECT_EQ(rows.size(), 80u);
    EXPECT_EQ(winners, 80);
    for (size_t i = 0; i < rows.size(); ++i) {
        EXPECT_EQ(rows[i].first, static_cast<int64_t>(i));
    }
    db.check();
}

TEST(Concurrency, AValueOfASequenceIsGivenOnce) {
    TestDatabase db;
    ASSERT_TRUE(in_transaction(db, [](storage::Transaction& transaction) {
                    return create_sequence(transaction, "s");
                }).ok());
    std::mutex mutex;
    std::set<int64_t> drawn;
    Threads threads;
    for (int writer = 0; writer < 4; ++writer) {
        threads.start([&] {
            for (int i = 0; i < 50; ++i) {
                auto transaction = db.begin();
                const ObjectId sequence =
                    transaction->catalog()->find(catalog::NameSpace::kSequences, catalog::kMainSchema, "s")->id;
                const int64_t value = transaction->next_value(sequence).value();
                db.core().rollback(std::move(transaction));
                const std::lock_guard guard(mutex);
                EXPECT_TRUE(drawn.insert(value).second) << value;
            }
        });
    }
    threads.join();
    db.reopen();
    auto transaction = db.begin();
    const ObjectId sequence =
        transaction->catalog()->find(catalog::NameSpace::kSequences, catalog::kMainSchema, "s")->id;
    EXPECT_EQ(transaction->next_value(sequence).value(), 201);
    db.core().rollback(std::move(transaction));
}

// Statements of one transaction write and erase from several threads.
TEST(Concurrency, WritersOfOneStatementWorkSideBySide) {
    TestDatabase db;
    const ObjectId table = db.create_table("t");
    auto transaction = db.begin();
    transaction->mark();
    auto job = transaction->write(table).value();
    Threads threads;
    for (int64_t thread = 0; thread < 4; ++thread) {
        threads.start([&, thread] {
            const auto writer = job->writer();
            for (int64_t batch = 0; batch < 20; ++batch) {
                writer->begin_batch(static_cast<uint64_t>(batch * 4 + thread));
                std::vector<int64_t> ids;
                std::vector<StringRef> names;
                for (int64_t i = 0; i < 100; ++i) {
                    ids.push_back((batch * 4 + thread) * 100 + i);
                    names.emplace_back("row");
                }
                const std::array<storage::ColumnView, 2> columns{{{ids.data()}, {names.data()}}};
                EXPECT_TRUE(writer->append({ids.size(), columns}).ok());
            }
            EXPECT_TRUE(writer->finish().ok());
        });
    }
    threads.join();
    ASSERT_TRUE(job->finish().ok());
    ASSERT_TRUE(transaction->finish_statement().ok());
    const Rows rows = db.rows_in(*transaction, table);
    ASSERT_EQ(rows.size(), 8'000u);
    ASSERT_TRUE(db.commit(std::move(transaction)).ok());
    EXPECT_EQ(db.rows(table), rows);
    db.check();
}

// Two loads into one table go to files at the same time, beside readers by key; row ids stay apart and survive.
TEST(Concurrency, LargeLoadsOfOneTableKeepTheirRowIds) {
    TestDatabase db;
    const ObjectId table = db.create_table("t");
    db.insert(table, {{-1, "first"}});
    std::atomic<int> loading{2};
    Threads threads;
    for (int64_t loader = 0; loader < 2; ++loader) {
        threads.start([&, loader] {
            const Rows rows = numbered_rows(loader * 1'000'000, loader * 1'000'000 + 123'000, "");
            const Status loaded = db.try_insert(table, rows);
            EXPECT_TRUE(loaded.ok()) << loaded.error().message;
            --loading;
        });
    }
    threads.start([&] {
        int64_t id = 0;
        while (loading > 0) {
            auto transaction = db.begin();
            (void)db.find(*transaction, table, id % 2 * 1'000'000 + id % 123'000).ok();
            db.core().rollback(std::move(transaction));
            id += 997;
        }
    });
    threads.join();
    db.check();
    db.reopen();
    EXPECT_EQ(db.rows(table).size(), 246'001u);
    db.check();
}

}  // namespace
}  // namespace kodiak::timeline
