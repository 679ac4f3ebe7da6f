// Row proofs of whole databases: every change of every commit, hot, after checkpoints and restarts, as the same bytes.

#include <gtest/gtest.h>

#include <filesystem>
#include <random>

#include "timeline/scripted_life.hpp"

namespace kodiak::timeline {
namespace {

// The canonical bytes of a row (id, name) and of its key.
std::string row_bytes(int64_t id, const std::string& name) {
    std::string bytes(1, '\x03');
    bytes.append(reinterpret_cast<const char*>(&id), 8);
    bytes.push_back(static_cast<char>(name.size()));
    return bytes + name;
}
std::string key_bytes(int64_t id) {
    std::string bytes(1, '\x01');
    bytes.append(reinterpret_cast<const char*>(&id), 8);
    return bytes;
}

struct Expected {
    RowChange change;
    ChangeOp op = ChangeOp::kInsert;
    std::string row;
};

// Makes random commits of small changes to two tables and remembers what each did.
class RandomLife {
   public:
    explicit RandomLife(uint64_t seed) : random_(seed) {
        tables_ = {db_.create_table("a"), db_.create_table("b")};
    }

    void run(int commits) {
        for (int i = 0; i < commits; ++i) {
            auto transaction = db_.begin();
            std::map<std::pair<size_t, int64_t>, std::pair<ChangeOp, std::string>> done;
            const uint64_t changes = 1 + random_() % 12;
            for (uint64_t k = 0; k < changes; ++k) {
                const size_t table = random_() % 2;
                const auto id = static_cast<int64_t>(random_() % 60);
                if (!done.contains({table, id})) {
                    done[{table, id}] = change(*transaction, table, id, i);
                }
            }
            const CommitOutcome outcome = db_.core().commit(std::move(transaction), {}).value();
            remember(outcome.seq.value, done);
            if (random_() % 7 == 0) {
                EXPECT_TRUE(db_.core().checkpoint().ok());
            }
            if (random_() % 13 == 0) {
                db_.reopen();
            }
        }
    }

    TestDatabase& db() { return db_; }
    const std::vector<Expected>& expected() const { return expected_; }

   private:
    using Done = std::pair<ChangeOp, std::string>;

    Done change(storage::Transaction& transaction, size_t table, int64_t id, int step) {
        const std::string name = "step " + std::to_string(step);
        if (!live_[table].contains(id)) {
            live_[table][id] = 0;
            db_.insert_in(transaction, tables_[table], {{id, name}});
            return {ChangeOp::kInsert, row_bytes(id, name)};
        }
        if (random_() % 3 == 0) {
            EXPECT_TRUE(db_.try_erase_in(transaction, tables_[table], id).ok());
            return {ChangeOp::kDelete, key_bytes(id)};
        }
        db_.update_in(transaction, tables_[table], id, name);
        return {ChangeOp::kUpdate, row_bytes(id, name)};
    }

    // Row ids as the store gives them: found by the rows' keys, remembered for deletes.
    void remember(uint64_t seq, const std::map<std::pair<size_t, int64_t>, Done>& done) {
        auto transaction = db_.begin();
        for (const auto& [place, what] : done) {
            const auto& [table, id] = place;
            if (what.first != ChangeOp::kDelete) {
                const Locator at = db_.find(*transaction, tables_[table], id).value();
                const RowChange change = db_.core().history().change_of(tables_[table], at).value();
                EXPECT_EQ(change.commit, seq);
                rows_[{table, id}] = change.row;
            }
            expected_.push_back({{seq, tables_[table], rows_[{table, id}]}, what.first, what.second});
            if (what.first == ChangeOp::kDelete) {
                live_[table].erase(id);
            }
        }
        db_.core().rollback(std::move(transaction));
    }

    std::mt19937_64 random_;
    TestDatabase db_;
    std::array<ObjectId, 2> tables_;
    std::array<std::map<int64_t, int>, 2> live_;
    std::map<std::pair<size_t, int64_t>, RowId> rows_;
    std::vector<Expected> expected_;
};

TEST(RowProofs, EveryChangeOfARandomLifeIsProvenWhereverTheRowsLie) {
    const uint64_t seed = 1121;
    SCOPED_TRACE(seed);
    RandomLife life(seed);
    life.run(120);
    History& history = life.db().core().history();
    const uint64_t size = history.size();
    const Hash256 trusted = history.head().value().id();
    std::vector<std::string> texts;
    std::map<uint64_t, uint64_t> changes;
    for (const Expected& expected : life.expected()) {
        ProofRequest request;
        request.rows = {expected.change};
        request.under = size;
        const auto proof = history.prove(request);
        ASSERT_TRUE(proof.ok()) << proof.error().message;
        texts.push_back(proof->encode());
        const auto read = ProofFile::decode(texts.back());
        ASSERT_TRUE(read.ok()) << read.error().message;
        ASSERT_TRUE(read->verify({trusted, std::nullopt}).ok());
        ASSERT_EQ(read->rows.size(), 1u);
        EXPECT_EQ(read->rows[0].header.op, expected.op);
        EXPECT_EQ(read->rows[0].header.table, expected.change.table);
        EXPECT_EQ(read->rows[0].header.row, expected.change.row);
        EXPECT_EQ(std::get<RowContent>(read->rows[0].content).row, expected.row);
        ++changes[expected.change.commit];
    }
    for (const auto& [seq, count] : changes) {
        EXPECT_EQ(history.commit(seq)->leaves, count) << "commit " << seq;
    }
    // The same bytes after a checkpoint and a restart: where rows lie does not show.
    ASSERT_TRUE(life.db().core().checkpoint().ok());
    life.db().reopen();
    for (size_t i = 0; i < texts.size(); ++i) {
        ProofRequest request;
        request.rows = {life.expected()[i].change};
        request.under = size;
        ASSERT_EQ(life.db().core().history().prove(request).value().encode(), texts[i]) << i;
    }
}

TEST(RowProofs, OneProofMayHoldManyRowsCommitsAndAnOlderHead) {
    RandomLife life(7);
    life.run(30);
    ProofRequest request;
    for (const Expected& expected : life.expected()) {
        request.rows.push_back(expected.change);
    }
    request.commits = {1, 2};
    request.grown_from = 17;
    History& history = life.db().core().history();
    const ProofFile proof = history.prove(request).value();
    EXPECT_EQ(proof.rows.size(), life.expected().size());
    EXPECT_EQ(proof.commits.size(), history.size() - 1) << "all but the one that made the second table";
    EXPECT_TRUE(ProofFile::decode(proof.encode())->verify({history.head_at(17)->id(), std::nullopt}).ok() == false)
        << "younger commits are not covered by the older head";
    EXPECT_TRUE(ProofFile::decode(proof.encode())->verify({history.head()->id(), std::nullopt}).ok());
}

TEST(RowProofs, AVersionIsFoundAsOfAnyCommit) {
    TestDatabase db;
    const ObjectId table = db.create_table("t");
    db.insert(table, {{1, "one"}, {2, "two"}});
    db.update(table, 2, "zwei");
    ASSERT_TRUE(db.core().checkpoint().ok());
    db.erase(table, 2);
    History& history = db.core().history();
    const RowId row{history.head()->origin, 2};
    const uint64_t now = history.size();
    EXPECT_EQ(history.change_of(table, row, now - 1)->commit, now - 1);
    EXPECT_EQ(history.change_of(table, row, now - 2)->commit, now - 2);
    EXPECT_EQ(history.change_of(table, row, now).error().code, ErrorCode::kNotFound);
    EXPECT_EQ(history.change_of(table, row, now - 3).error().code, ErrorCode::kNotFound);
    EXPECT_EQ(history.change_of(table, {row.origin, 99}, now).error().code, ErrorCode::kNotFound);
    EXPECT_EQ(history.change_of(ObjectId(12345), row, now).error().code, ErrorCode::kNotFound);
    // The delete itself is a change of its commit.
    const ProofFile proof = history.prove({{}, {{now, table, row}}, {}, {}}).value();
    EXPECT_EQ(proof.rows[0].header.op, ChangeOp::kDelete);
}

TEST(RowProofs, WhatIsNotThereIsToldApart) {
    TestDatabase db;
    const ObjectId table = db.create_table("t");
    db.insert(table, {{1, "one"}});
    History& history = db.core().history();
    const RowId row{history.head()->origin, 1};
    const uint64_t now = history.size();
    const auto code = [&](const ProofRequest& request) { return history.prove(request).error().code; };
    EXPECT_EQ(code({{now + 1}, {}, {}, {}, {}}), ErrorCode::kNotFound);
    EXPECT_EQ(code({{0}, {}, {}, {}, {}}), ErrorCode::kNotFound);
    EXPECT_EQ(code({{}, {{now - 1, table, row}}, {}, {}, {}}), ErrorCode::kNotFound);
    EXPECT_EQ(code({{now}, {}, {}, {}, now - 1}), ErrorCode::kOutOfRange);
    EXPECT_EQ(code({{1}, {}, {}, {}, now + 1}), ErrorCode::kNotFound);
    EXPECT_EQ(code({{}, {}, {}, now, now - 1}), ErrorCode::kOutOfRange);
    EXPECT_EQ(code({}), ErrorCode::kInvalidValue);
    auto transaction = db.begin();
    db.insert_in(*transaction, table, {{2, "private"}});
    const Locator own = db.find(*transaction, table, 2).value();
    EXPECT_EQ(history.change_of(table, own).error().code, ErrorCode::kInvalidValue);
    EXPECT_EQ(history.change_of(table, Locator(kMainBranch, 1'000, 0)).error().code, ErrorCode::kInvalidValue);
    db.core().rollback(std::move(transaction));
}

TEST(RowProofs, HeadsAreSignedWhenAKeyIsGiven) {
    TestDatabase db;
    db.create_table("t");
    ProofRequest request;
    request.commits = {1};
    request.grown_from = 1;
    request.sign_with = KeySeed{4, 2};
    const ProofFile proof = db.core().history().prove(request).value();
    const PublicKey key = sign_head(proof.head.head, *request.sign_with).key;
    EXPECT_TRUE(ProofFile::decode(proof.encode())->verify({proof.head.id, key}).ok());
    EXPECT_TRUE(proof.older->head.signature.has_value());
}

// A load of many pieces: their roots come from a file, and the proof is the same without it.
TEST(RowProofs, RowsOfALargeLoadAreProvenFromOnePiece) {
    constexpr int64_t kRows = 130'000;
    const auto disk = SimulatedDisk::create();
    const std::string pieces = "/db/history/pieces-3";
    std::vector<std::string> texts;
    ProofRequest request;
    {
        TestDatabase db(disk);
        const ObjectId table = db.create_table("t");
        db.insert(table, numbered_rows(0, kRows, "row "));
        const RowId first{db.core().history().head()->origin, 1};
        for (const uint64_t counter : {1, 4'096, 4'097, 77'777, 126'976, 126'977, 130'000}) {
            request.rows.push_back({3, table, {first.origin, counter}});
        }
        texts.push_back(db.core().history().prove(request).value().encode());
        EXPECT_FALSE(disk->exists(pieces).value());
        db.reopen();
        texts.push_back(db.core().history().prove(request).value().encode());
        db.insert(table, {{kRows, "another"}});
        ASSERT_TRUE(db.core().checkpoint().ok());
    }
    {
        TestDatabase db(disk);
        const ObjectId table = request.rows[0].table;
        db.insert(table, numbered_rows(kRows + 1, 2 * kRows, "row "));
        ASSERT_TRUE(db.core().checkpoint().ok());
        EXPECT_TRUE(disk->exists("/db/history/pieces-5").value());
        db.reopen();
        request.under = 3;
        texts.push_back(db.core().history().prove(request).value().encode());
        ProofRequest second;
        second.rows = {{5, table, {request.rows[0].row.origin, kRows + 2}}};
        const std::string honest = db.core().history().prove(second).value().encode();
        for (uint64_t at = 0; at < 32 * 32; at += 100) {
            ASSERT_TRUE(disk->corrupt("/db/history/pieces-5", at, 1).ok());
            ASSERT_EQ(db.core().history().prove(second).value().encode(), honest) << "a damaged file is not believed";
        }
        ASSERT_TRUE(disk->remove("/db/history/pieces-5").ok());
        ASSERT_EQ(db.core().history().prove(second).value().encode(), honest);
        db.check();
    }
    EXPECT_EQ(texts[1], texts[0]);
    EXPECT_EQ(texts[2], texts[0]);
}

// Rows that rotted in their file lead to no proof.
TEST(RowProofs, DamagedRowsAreRefused) {
    const auto disk = SimulatedDisk::create();
    ObjectId table;
    {
        TestDatabase db(disk);
        table = db.create_table("t");
        db.insert(table, numbered_rows(0, 40'000, "row "));
        ASSERT_TRUE(db.core().checkpoint().ok());
    }
    std::string path;
    uint64_t bytes = 0;
    for (const SimulatedFile& file : disk->dump()) {
        if (file.path.starts_with("/db/data/")) {
            path = file.path;
            bytes = file.bytes.size();
        }
    }
    ASSERT_FALSE(path.empty());
    uint64_t refused = 0;
    for (uint64_t at = bytes / 3; at < bytes; at += bytes / 40) {
        const auto copy = disk->after_crash(CrashMode::kKeepAll);
        ASSERT_TRUE(copy->corrupt(path, at, 4).ok());
        TestDatabase db(copy, TestDatabase::Closed{});
        if (!db.try_open().ok()) {
            ++refused;
            continue;
        }
        const RowId row{db.core().history().head()->origin, 20'000};
        const auto proof = db.core().history().prove({{}, {{3, table, row}}, {}, {}});
        EXPECT_TRUE(proof.ok() || proof.error().code == ErrorCode::kCorruption) << proof.error().message;
        refused += proof.ok() ? 0 : 1;
    }
    EXPECT_GT(refused, 10u);
}

// The database of format 1 knew nothing of proofs: its rows are proven all the same.
TEST(RowProofs, CommitsOfFormat1AreProven) {
    const std::filesystem::path source = std::string(KODIAK_SOURCE_FOLDER) + "/tests/compat/format-1";
    const auto disk = SimulatedDisk::create();
    copy_to_disk(source, *disk);
    TestDatabase db(disk);
    History& history = db.core().history();
    ProofRequest request;
    for (uint64_t seq = 1; seq <= history.size(); ++seq) {
        request.commits.push_back(seq);
    }
    auto transaction = db.begin();
    for (const char* name : {"t", "many", "child"}) {
        const ObjectId table = id_of(*transaction, name);
        const auto snapshot = transaction->snapshot(table).value();
        for (size_t i = 0; i < snapshot->chunk_count(); i += 5) {
            uint32_t slots[2048];
            bool all = false;
            if (snapshot->visible(i, slots, &all) > 0) {
                const uint32_t slot = all ? 0 : slots[0];
                request.rows.push_back(history.change_of(table, snapshot->locator(i, slot)).value());
            }
        }
    }
    db.core().rollback(std::move(transaction));
    EXPECT_GE(request.rows.size(), 5u);
    const auto proof = history.prove(request);
    ASSERT_TRUE(proof.ok()) << proof.error().message;
    EXPECT_TRUE(proof->verify({history.head()->id(), std::nullopt}).ok());
}

}  // namespace
}  // namespace kodiak::timeline
