// Random histories of interleaved transactions against a model of snapshot isolation in which the first committer wins.

#include <gtest/gtest.h>

#include <optional>
#include <random>
#include <set>

#include "timeline/scripted_life.hpp"

namespace kodiak::timeline {
namespace {

// A row of the model: parents have a name, children the id of their parent (or none).
using Table = std::map<int64_t, std::string>;

struct World {
    Table parents;
    Table children;  // value: parent's id as text, empty for NULL
    // Row versions by (table, id): which commit wrote them last. Deleted rows stay listed.
    std::map<std::pair<int, int64_t>, uint64_t> written;
};

// How a statement ends; nothing = well.
using Ending = std::optional<ErrorCode>;
constexpr Ending kWell;

enum class Op { kInsertParent, kUpdateParent, kEraseParent, kMoveParent, kInsertChild, kUpdateChild, kEraseChild };

// What a transaction wants to be true at commit.
struct Footprint {
    std::set<std::pair<int, int64_t>> rows;        // rows of the snapshot that it ended
    std::set<int64_t> takes;                       // parents that it took away
};

struct Open {
    std::unique_ptr<storage::Transaction> transaction;
    uint64_t begun = 0;
    World snapshot;
    World now;
    struct Saved {
        storage::Transaction::Mark mark;
        World now;
        Footprint print;
    };
    std::vector<Saved> saved;
    Footprint print;
};

class History {
   public:
    explicit History(uint64_t seed) : random_(seed), db_(SimulatedDisk::create(), TestDatabase::Closed{}, {}, seed) {
        EXPECT_TRUE(db_.try_open().ok());
        parents_ = db_.create_table("parents");
        create_children();
    }

    void run(int steps) {
        for (int step = 0; step < steps && !testing::Test::HasFailure(); ++step) {
            const uint64_t dice = pick(100);
            if (dice < 12 && open_.size() < 4) {
                begin();
            } else if (dice < 14) {
                EXPECT_TRUE(db_.core().checkpoint().ok());
            } else if (dice < 15) {
                restart();
            } else if (dice < 17) {
                compact();
            } else if (open_.empty()) {
                begin();
            } else {
                act(pick(open_.size()), dice);
            }
        }
        while (!open_.empty()) {
            finish(0, true);
        }
        compare_committed();
        db_.check();
    }

    uint64_t commits() const { return commits_; }
    uint64_t losses = 0;

   private:
    uint64_t pick(uint64_t below) { return random_() % below; }

    void create_children() {
        auto transaction = db_.begin();
        catalog::TableDefinition table;
        table.columns.resize(2);
        table.columns[0].id = ColumnId(1);
        table.columns[0].name = "id";
        table.columns[0].type.kind = catalog::TypeKind::kBigInt;
        table.columns[1].id = ColumnId(2);
        table.columns[1].name = "parent";
        table.columns[1].type.kind = catalog::TypeKind::kBigInt;
        table.next_column_id = ColumnId(3);
        table.keys = {{"", {ColumnId(1)}, true}};
        table.foreign_keys = {reference(ColumnId(2), parents_, ColumnId(1))};
        catalog::CatalogObject object;
        object.id = transaction->new_object_id();
        object.kind = catalog::ObjectKind::kTable;
        object.schema = catalog::kMainSchema;
        object.name = "children";
        object.definition = table;
        children_ = object.id;
        ASSERT_TRUE(transaction->put_object(std::move(object)).ok());
        ASSERT_TRUE(db_.commit(std::move(transaction)).ok());
    }

    void begin() {
        Open open;
        open.transaction = db_.begin();
        open.begun = commits_;
        open.snapshot = committed_;
        open.now = committed_;
        open_.push_back(std::move(open));
    }

    void restart() {
        for (Open& open : open_) {
            db_.core().rollback(std::move(open.transaction));
        }
        open_.clear();
        db_.reopen();
        compare_committed();
    }

    void compact() {
        CompactionRequest request;
        request.thorough = pick(3) > 0;
        request.target = static_cast<CompactionRequest::Target>(pick(3));
        const auto report = db_.core().compact(request);
        EXPECT_TRUE(report.ok()) << report.error().message;
        log_.push_back("compact");
        compare_committed();
    }

    void act(size_t at, uint64_t dice) {
        Open& open = open_[at];
        if (dice < 30) {
            finish(at, dice < 27);
        } else if (dice < 35) {
            open.saved.push_back({open.transaction->mark(), open.now, open.print});
        } else if (dice < 39 && !open.saved.empty()) {
            const size_t to = pick(open.saved.size());
            open.transaction->undo_to(open.saved[to].mark);
            open.now = open.saved[to].now;
            open.print = open.saved[to].print;
            open.saved.resize(to);
        } else if (dice < 45) {
            compare(open);
        } else {
            change(open);
        }
    }

    // --- one statement, in both worlds
    void change(Open& open) {
        const auto op = static_cast<Op>(pick(7));
        const auto id = static_cast<int64_t>(pick(12));
        const auto other = static_cast<int64_t>(pick(12));
        const World before = open.now;
        const Footprint print = open.print;
        const auto mark = open.transaction->mark();
        const Ending expected = expect(open, op, id, other);
        const Status done = carry_out(*open.transaction, op, id, other);
        const Ending code = done.ok() ? kWell : Ending(done.error().code);
        log_.push_back("op " + std::to_string(static_cast<int>(op)) + " " + std::to_string(id) + " " +
                       std::to_string(other) + " -> " + (done.ok() ? "well" : done.error().message));
        if (code == ErrorCode::kSerializationFailure && meets_conflict(open, op, id)) {
            // The store may notice at once what the model judges at commit.
        } else {
            EXPECT_TRUE(code == expected) << (done.ok() ? "" : done.error().message) << trace();
        }
        if (!done.ok()) {
            open.transaction->undo_to(mark);
            open.now = before;
            open.print = print;
        }
    }

    // True when the row this operation ends was ended by a commit after the snapshot.
    bool meets_conflict(const Open& open, Op op, int64_t id) const {
        const int table = op <= Op::kMoveParent ? 0 : 1;
        const auto found = committed_.written.find({table, id});
        return found != committed_.written.end() && found->second > open.begun;
    }

    bool has_children(const World& world, int64_t parent) const {
        return std::any_of(world.children.begin(), world.children.end(),
                           [&](const auto& child) { return child.second == std::to_string(parent); });
    }

    void end_row(Open& open, int table, int64_t id) {
        const Table& then = table == 0 ? open.snapshot.parents : open.snapshot.children;
        if (then.contains(id)) {
            open.print.rows.insert({table, id});
        }
    }

    Ending expect(Open& open, Op op, int64_t id, int64_t other) {
        Table& parents = open.now.parents;
        Table& children = open.now.children;
        switch (op) {
            case Op::kInsertParent:
                if (!parents.emplace(id, value_of(other)).second) {
                    return ErrorCode::kUniqueViolation;
                }
                return kWell;
            case Op::kUpdateParent:
                if (!parents.contains(id)) {
                    return ErrorCode::kNotFound;
                }
                end_row(open, 0, id);
                parents[id] = value_of(other);
                return kWell;
            case Op::kEraseParent:
            case Op::kMoveParent: {
                if (!parents.contains(id)) {
                    return ErrorCode::kNotFound;
                }
                const std::string value = parents[id];
                end_row(open, 0, id);
                parents.erase(id);
                if (op == Op::kMoveParent && !parents.emplace(other, value).second) {
                    return ErrorCode::kUniqueViolation;
                }
                if (!parents.contains(id) && has_children(open.now, id)) {
                    return ErrorCode::kForeignKeyViolation;
                }
                open.print.takes.insert(id);
                return kWell;
            }
            case Op::kInsertChild:
                if (!children.emplace(id, std::to_string(other)).second) {
                    return ErrorCode::kUniqueViolation;
                }
                return parents.contains(other) ? kWell : ErrorCode::kForeignKeyViolation;
            case Op::kUpdateChild:
                if (!children.contains(id)) {
                    return ErrorCode::kNotFound;
                }
                end_row(open, 1, id);
                children[id] = std::to_string(other);
                return parents.contains(other) ? kWell : ErrorCode::kForeignKeyViolation;
            case Op::kEraseChild:
                if (!children.contains(id)) {
                    return ErrorCode::kNotFound;
                }
                end_row(open, 1, id);
                children.erase(id);
                return kWell;
        }
        return kWell;
    }

    static std::string value_of(int64_t number) { return "value " + std::string(static_cast<size_t>(number), 'v'); }

    Status carry_out(storage::Transaction& transaction, Op op, int64_t id, int64_t other) {
        switch (op) {
            case Op::kInsertParent: return db_.try_insert_in(transaction, parents_, {{id, value_of(other)}});
            case Op::kUpdateParent: return db_.try_update_in(transaction, parents_, id, value_of(other));
            case Op::kEraseParent: return db_.try_erase_in(transaction, parents_, id);
            case Op::kMoveParent: return move_parent(transaction, id, other);
            case Op::kInsertChild: return write_child(transaction, id, other, nullptr);
            case Op::kUpdateChild: {
                transaction.mark();
                KODIAK_TRY_ASSIGN(const Locator row, db_.find(transaction, children_, id));
                return write_child(transaction, id, other, &row);
            }
            case Op::kEraseChild: return db_.try_erase_in(transaction, children_, id);
        }
        return {};
    }

    // UPDATE parents SET id = other: a delete and an insert in one statement.
    Status move_parent(storage::Transaction& transaction, int64_t id, int64_t other) {
        transaction.mark();
        KODIAK_TRY_ASSIGN(const Locator row, db_.find(transaction, parents_, id));
        std::string value;
        {
            KODIAK_TRY_ASSIGN(const auto snapshot, transaction.snapshot(parents_));
            const std::array columns{ColumnId(1), ColumnId(2)};
            KODIAK_TRY(snapshot->verify(row, columns));
            const auto place = snapshot->find(row);
            EXPECT_TRUE(place.has_value());
            StringRef name;
            storage::decode_strings(place->chunk->column(1), &place->slot, 1, &name);
            value = std::string(name.view());
        }
        bool erased = false;
        KODIAK_TRY(transaction.erase(parents_, {&row, 1}, &erased));
        KODIAK_TRY_ASSIGN(const auto job, transaction.write(parents_));
        const auto writer = job->writer();
        const StringRef name(value);
        const std::array<storage::ColumnView, 2> columns{{{&other}, {&name}}};
        KODIAK_TRY(writer->append({1, columns}));
        KODIAK_TRY(writer->finish());
        KODIAK_TRY(job->finish());
        return transaction.finish_statement();
    }

    Status write_child(storage::Transaction& transaction, int64_t id, int64_t parent, const Locator* replaced) {
        transaction.mark();
        if (replaced != nullptr) {
            bool erased = false;
            KODIAK_TRY(transaction.erase(children_, {replaced, 1}, &erased));
        }
        KODIAK_TRY_ASSIGN(const auto job, transaction.write(children_));
        const auto writer = job->writer();
        const std::array<storage::ColumnView, 2> columns{{{&id}, {&parent}}};
        KODIAK_TRY(replaced != nullptr ? writer->append_versions({1, columns}, {replaced, 1})
                                       : writer->append({1, columns}));
        KODIAK_TRY(writer->finish());
        KODIAK_TRY(job->finish());
        return transaction.finish_statement();
    }

    // --- the end of a transaction
    // Rows that the transaction created or changed and that are there at its end.
    static std::set<std::pair<int, int64_t>> changed(const Open& open) {
        std::set<std::pair<int, int64_t>> keys;
        for (int table = 0; table < 2; ++table) {
            const Table& then = table == 0 ? open.snapshot.parents : open.snapshot.children;
            const Table& now = table == 0 ? open.now.parents : open.now.children;
            for (const auto& [id, value] : now) {
                const auto before = then.find(id);
                if (before == then.end() || before->second != value || open.print.rows.contains({table, id})) {
                    keys.insert({table, id});
                }
            }
        }
        return keys;
    }

    bool conflicts(const Open& open) const {
        if (open.begun == commits_) {
            return false;
        }
        for (const auto& row : open.print.rows) {
            const auto written = committed_.written.find(row);
            if (written != committed_.written.end() && written->second > open.begun) {
                return true;
            }
        }
        for (const auto& [table, id] : changed(open)) {
            const Table& then = table == 0 ? open.snapshot.parents : open.snapshot.children;
            const Table& committed = table == 0 ? committed_.parents : committed_.children;
            if (!then.contains(id) && committed.contains(id)) {
                return true;  // somebody else inserted the key
            }
            if (table == 1) {
                const int64_t parent = std::stoll(open.now.children.at(id));
                const bool own = changed(open).contains({0, parent});
                if (!own && !committed_.parents.contains(parent)) {
                    return true;
                }
            }
        }
        for (const int64_t parent : open.print.takes) {
            if (open.now.parents.contains(parent)) {
                continue;
            }
            for (const auto& [id, value] : committed_.children) {
                const bool ended = open.print.rows.contains({1, id});
                if (!ended && value == std::to_string(parent) && open.snapshot.parents.contains(parent)) {
                    return true;
                }
            }
        }
        return false;
    }

    void apply(const Open& open) {
        const auto keys = changed(open);
        if (keys.empty() && open.print.rows.empty()) {
            return;
        }
        ++commits_;
        for (const auto& [table, id] : open.print.rows) {
            (table == 0 ? committed_.parents : committed_.children).erase(id);
            committed_.written[{table, id}] = commits_;
        }
        for (const auto& [table, id] : keys) {
            (table == 0 ? committed_.parents : committed_.children)[id] =
                (table == 0 ? open.now.parents : open.now.children).at(id);
            committed_.written[{table, id}] = commits_;
        }
    }

    void finish(size_t at, bool commits) {
        Open open = std::move(open_[at]);
        open_.erase(open_.begin() + static_cast<ptrdiff_t>(at));
        compare(open);
        if (!commits) {
            db_.core().rollback(std::move(open.transaction));
            log_.push_back("rollback");
            return;
        }
        const bool loses = conflicts(open);
        const Status done = db_.commit(std::move(open.transaction));
        log_.push_back(done.ok() ? "commit" : "commit failed: " + done.error().message);
        EXPECT_EQ(done.ok(), !loses) << (done.ok() ? "" : done.error().message) << trace();
        if (done.ok()) {
            apply(open);
        } else {
            ++losses;
            EXPECT_EQ(done.error().code, ErrorCode::kSerializationFailure) << done.error().message;
        }
        compare_committed();
    }

    // --- reads
    static Rows rows_of(const Table& table) { return Rows(table.begin(), table.end()); }

    Rows children_in(storage::Transaction& transaction) {
        transaction.mark();
        const auto snapshot = transaction.snapshot(children_).value();
        Rows rows;
        std::vector<uint32_t> slots(2048);
        for (size_t i = 0; i < snapshot->chunk_count(); ++i) {
            EXPECT_TRUE(snapshot->verify(i, snapshot->chunk(i).schema().ids).ok());
            bool all = false;
            const size_t count = snapshot->visible(i, slots.data(), &all);
            for (uint32_t k = 0; k < count; ++k) {
                const uint32_t slot = all ? k : slots[k];
                std::array<int64_t, 2> values{};
                for (size_t column = 0; column < 2; ++column) {
                    storage::decode_fixed(snapshot->chunk(i).column(column), catalog::Physical::kInt64, &slot, 1,
                                          &values[column]);
                }
                rows.emplace_back(values[0], std::to_string(values[1]));
            }
        }
        EXPECT_EQ(rows.size(), snapshot->row_count());
        std::sort(rows.begin(), rows.end());
        return rows;
    }

    void compare(Open& open) {
        EXPECT_EQ(db_.rows_in(*open.transaction, parents_), rows_of(open.now.parents)) << trace();
        EXPECT_EQ(children_in(*open.transaction), rows_of(open.now.children)) << trace();
    }

    void compare_committed() {
        auto transaction = db_.begin();
        EXPECT_EQ(db_.rows_in(*transaction, parents_), rows_of(committed_.parents)) << trace();
        EXPECT_EQ(children_in(*transaction), rows_of(committed_.children)) << trace();
        db_.core().rollback(std::move(transaction));
    }

    std::string trace() const {
        std::string all = "\n";
        for (size_t i = log_.size() > 40 ? log_.size() - 40 : 0; i < log_.size(); ++i) {
            all += log_[i] + "\n";
        }
        return all;
    }

    std::mt19937_64 random_;
    TestDatabase db_;
    ObjectId parents_;
    ObjectId children_;
    World committed_;
    uint64_t commits_ = 0;
    std::vector<Open> open_;
    std::vector<std::string> log_;
};

TEST(History, EveryTransactionReadsItsSnapshotAndTheFirstCommitterWins) {
    uint64_t commits = 0;
    uint64_t losses = 0;
    for (uint64_t seed = 1; seed <= 300; ++seed) {
        SCOPED_TRACE("seed " + std::to_string(seed));
        History history(seed);
        history.run(150);
        commits += history.commits();
        losses += history.losses;
        ASSERT_FALSE(HasFailure());
    }
    EXPECT_GT(commits, 1'000u);
    EXPECT_GT(losses, 100u);
}

}  // namespace
}  // namespace kodiak::timeline
