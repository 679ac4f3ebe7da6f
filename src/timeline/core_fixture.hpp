#pragma once

// TestDatabase: a small database on a simulated disk for this room's tests.
//
// Tables have two columns, id BIGINT PRIMARY KEY and name VARCHAR; rows come and go as (id, name) pairs.

#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/disk/simulated_disk.hpp"
#include "storage/decode.hpp"
#include "timeline/database_core.hpp"
#include "timeline/plain_codec.hpp"

namespace kodiak::timeline {

using Rows = std::vector<std::pair<int64_t, std::string>>;

// A clock that moves one second at each look.
class SteppingClock final : public Clock {
   public:
    Timestamp now() override { return {1'700'000'000'000'000 + 1'000'000 * steps_++}; }

   private:
    std::atomic<int64_t> steps_{0};
};

class TestDatabase {
   public:
    explicit TestDatabase(std::shared_ptr<SimulatedDisk> disk = SimulatedDisk::create(), OpenOptions options = {})
        : disk_(std::move(disk)), options_(std::move(options)) {
        const Status opened = try_open();
        EXPECT_TRUE(opened.ok()) << opened.error().message;
    }

    // Not opened yet: try_open() tells how that goes.
    struct Closed {};
    TestDatabase(std::shared_ptr<SimulatedDisk> disk, Closed, OpenOptions options = {}, uint64_t random_seed = 7)
        : disk_(std::move(disk)), options_(std::move(options)), random_seed_(random_seed) {}

    Status try_open() {
        core_.reset();
        const Surroundings world{disk_, std::make_shared<SteppingClock>(), make_seeded_random(random_seed_),
                                 std::make_shared<PlainCodec>()};
        KODIAK_TRY_ASSIGN(core_, DatabaseCore::open(world, path_, options_));
        return {};
    }
    void close() { core_.reset(); }
    void reopen() {
        const Status opened = try_open();
        ASSERT_TRUE(opened.ok()) << opened.error().message;
    }

    DatabaseCore& core() { return *core_; }
    SimulatedDisk& disk() { return *disk_; }
    const std::string& path() const { return path_; }

    std::unique_ptr<storage::Transaction> begin() { return core_->begin(kMainBranch, false).value(); }

    Result<ObjectId> try_create_table(const std::string& name) {
        auto transaction = begin();
        catalog::TableDefinition table;
        table.columns.resize(2);
        table.columns[0].id = ColumnId(1);
        table.columns[0].name = "id";
        table.columns[0].type.kind = catalog::TypeKind::kBigInt;
        table.columns[0].not_null = true;
        table.columns[1].id = ColumnId(2);
        table.columns[1].name = "name";
        table.columns[1].type.kind = catalog::TypeKind::kVarchar;
        table.next_column_id = ColumnId(3);
        table.keys = {{"", {ColumnId(1)}, true}};
        catalog::CatalogObject object;
        object.id = transaction->new_object_id();
        object.kind = catalog::ObjectKind::kTable;
        object.schema = catalog::kMainSchema;
        object.name = name;
        object.definition = table;
        const ObjectId id = object.id;
        KODIAK_TRY(transaction->put_object(std::move(object)));
        KODIAK_TRY(transaction->finish_statement());
        const auto outcome = core_->commit(std::move(transaction), {});
        if (!outcome.ok()) {
            return outcome.error();
        }
        return id;
    }
    ObjectId create_table(const std::string& name) {
        const auto id = try_create_table(name);
        EXPECT_TRUE(id.ok()) << id.error().message;
        return id.value();
    }

    // --- within a transaction
    Status try_insert_in(storage::Transaction& transaction, ObjectId table, const Rows& rows) {
        transaction.mark();
        KODIAK_TRY_ASSIGN(const auto job, transaction.write(table));
        const auto writer = job->writer();
        for (size_t at = 0; at < rows.size(); at += 2048) {
            const Batch batch(rows, at, std::min<size_t>(2048, rows.size() - at));
            KODIAK_TRY(writer->append(batch.view()));
        }
        KODIAK_TRY(writer->finish());
        KODIAK_TRY(job->finish());
        return transaction.finish_statement();
    }
    void insert_in(storage::Transaction& transaction, ObjectId table, const Rows& rows) {
        const Status status = try_insert_in(transaction, table, rows);
        ASSERT_TRUE(status.ok()) << status.error().message;
    }
    Result<Locator> find(storage::Transaction& transaction, ObjectId table, int64_t id) {
        const storage::ColumnView key{&id, nullptr, nullptr};
        KODIAK_TRY_ASSIGN(const auto found, transaction.find_by_key(table, 0, {1, {&key, 1}}));
        if (!found[0].has_value()) {
            return make_error(ErrorCode::kNotFound, "no row " + std::to_string(id));
        }
        return *found[0];
    }
    Status try_update_in(storage::Transaction& transaction, ObjectId table, int64_t id, const std::string& name) {
        transaction.mark();
        KODIAK_TRY_ASSIGN(const Locator row, find(transaction, table, id));
        bool erased = false;
        KODIAK_TRY(transaction.erase(table, {&row, 1}, &erased));
        KODIAK_TRY_ASSIGN(const auto job, transaction.write(table));
        const auto writer = job->writer();
        const Batch batch({{id, name}}, 0, 1);
        KODIAK_TRY(writer->append_versions(batch.view(), {&row, 1}));
        KODIAK_TRY(writer->finish());
        KODIAK_TRY(job->finish());
        return transaction.finish_statement();
    }
    void update_in(storage::Transaction& transaction, ObjectId table, int64_t id, const std::string& name) {
        const Status status = try_update_in(transaction, table, id, name);
        ASSERT_TRUE(status.ok()) << status.error().message;
    }
    Status try_erase_in(storage::Transaction& transaction, ObjectId table, int64_t id) {
        transaction.mark();
        KODIAK_TRY_ASSIGN(const Locator row, find(transaction, table, id));
        bool erased = false;
        KODIAK_TRY(transaction.erase(table, {&row, 1}, &erased));
        return transaction.finish_statement();
    }
    Rows rows_in(storage::Transaction& transaction, ObjectId table) {
        transaction.mark();
        const auto snapshot = transaction.snapshot(table).value();
        Rows rows;
        std::vector<uint32_t> slots(2048);
        for (size_t i = 0; i < snapshot->chunk_count(); ++i) {
            const Status intact = snapshot->verify(i, snapshot->chunk(i).schema().ids);
            EXPECT_TRUE(intact.ok()) << intact.error().message;
            bool all = false;
            const size_t count = snapshot->visible(i, slots.data(), &all);
            const storage::Chunk& chunk = snapshot->chunk(i);
            for (uint32_t k = 0; k < count; ++k) {
                const uint32_t slot = all ? k : slots[k];
                int64_t id = 0;
                StringRef name;
                storage::decode_fixed(chunk.column(0), catalog::Physical::kInt64, &slot, 1, &id);
                storage::decode_strings(chunk.column(1), &slot, 1, &name);
                rows.emplace_back(id, std::string(name.view()));
            }
        }
        EXPECT_EQ(rows.size(), snapshot->row_count());
        std::sort(rows.begin(), rows.end());
        return rows;
    }

    // --- one transaction each
    Status commit(std::unique_ptr<storage::Transaction> transaction) {
        const auto outcome = core_->commit(std::move(transaction), {});
        return outcome.ok() ? Status() : Status(outcome.error());
    }
    Status try_insert(ObjectId table, const Rows& rows) {
        auto transaction = begin();
        KODIAK_TRY(try_insert_in(*transaction, table, rows));
        return commit(std::move(transaction));
    }
    Status try_update(ObjectId table, int64_t id, const std::string& name) {
        auto transaction = begin();
        KODIAK_TRY(try_update_in(*transaction, table, id, name));
        return commit(std::move(transaction));
    }
    Status try_erase(ObjectId table, int64_t id) {
        auto transaction = begin();
        KODIAK_TRY(try_erase_in(*transaction, table, id));
        return commit(std::move(transaction));
    }
    void insert(ObjectId table, const Rows& rows) { expect_ok(try_insert(table, rows)); }
    void update(ObjectId table, int64_t id, const std::string& name) { expect_ok(try_update(table, id, name)); }
    void erase(ObjectId table, int64_t id) { expect_ok(try_erase(table, id)); }
    Rows rows(ObjectId table) {
        auto transaction = begin();
        Rows all = rows_in(*transaction, table);
        core_->rollback(std::move(transaction));
        return all;
    }
    std::vector<CheckFinding> check() {
        auto findings = core_->check();
        EXPECT_TRUE(findings.ok()) << findings.error().message;
        for (const CheckFinding& finding : *findings) {
            ADD_FAILURE() << finding.place << ": " << finding.problem;
        }
        return findings.value();
    }

   private:
    // Column arrays over a part of some rows.
    class Batch {
       public:
        Batch(const Rows& rows, size_t from, size_t count) {
            for (size_t i = from; i < from + count; ++i) {
                ids_.push_back(rows[i].first);
                texts_.push_back(rows[i].second);
            }
            for (const std::string& text : texts_) {
                names_.emplace_back(text);
            }
            columns_[0].data = ids_.data();
            columns_[1].data = names_.data();
        }
        storage::BatchView view() const { return {ids_.size(), columns_}; }

       private:
        std::vector<int64_t> ids_;
        std::vector<std::string> texts_;
        std::vector<StringRef> names_;
        std::array<storage::ColumnView, 2> columns_;
    };
    static void expect_ok(const Status& status) { ASSERT_TRUE(status.ok()) << status.error().message; }

    std::shared_ptr<SimulatedDisk> disk_;
    OpenOptions options_;
    uint64_t random_seed_ = 7;
    std::string path_ = "/db";
    std::unique_ptr<DatabaseCore> core_;
};

}  // namespace kodiak::timeline
