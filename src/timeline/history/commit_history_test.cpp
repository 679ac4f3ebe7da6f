// The history of whole databases: restarts, power losses, files that are missing, damaged, or written by a program that
// knew no history tree.

#include "timeline/history/commit_history.hpp"

#include <gtest/gtest.h>

#include <random>

#include "timeline/checkpoint/manifest.hpp"
#include "timeline/merkle/reference_tree.hpp"
#include "timeline/scripted_life.hpp"

namespace kodiak::timeline {
namespace {

using rfc::reference_root;

// All commits as the files have them, and the history leaves that follow from them.
std::vector<Hash256> leaves_on_disk(TestDatabase& db) {
    const std::string current = read_current(db.disk(), db.path()).value();
    const std::string bytes = read_file(db.disk(), db.path() + "/" + current).value();
    const OpenedManifest manifest = decode_manifest(bytes, current).value();
    std::vector<Hash256> leaves;
    const auto entries = read_history(db.disk(), db.path(), manifest.head.history_bytes).value();
    for (const HistoryEntry& entry : entries) {
        leaves.push_back(history_leaf_hash(CommitSeq(entry.seq), entry.branch, commit_identity(entry.record)));
    }
    return leaves;
}

TEST(CommitHistory, HeadsOverAScriptedLifeAreThoseOfTheRfcsRecursion) {
    TestDatabase db;
    std::vector<TreeHead> heads;
    for (const Step& step : scripted_life()) {
        ASSERT_TRUE(step.run(db).ok()) << step.name;
        const TreeHead head = db.core().history().head().value();
        ASSERT_TRUE(heads.empty() || head.size >= heads.back().size);
        heads.push_back(head);
    }
    ASSERT_TRUE(db.core().checkpoint().ok());
    const std::vector<Hash256> leaves = leaves_on_disk(db);
    ASSERT_EQ(leaves.size(), db.core().history().size());
    for (const TreeHead& head : heads) {
        EXPECT_EQ(head.root, reference_root(std::span(leaves).first(head.size))) << head.size;
        EXPECT_EQ(db.core().history().head_at(head.size).value(), head);
    }
    EXPECT_EQ(db.core().history().head_at(0).value().root, empty_tree_root());
    EXPECT_EQ(db.core().history().head_at(leaves.size() + 1).error().code, ErrorCode::kNotFound);
    const std::vector<TreeHead> recorded = db.core().history().recorded_heads().value();
    ASSERT_GE(recorded.size(), 4u);
    for (const TreeHead& head : recorded) {
        EXPECT_EQ(head, db.core().history().head_at(head.size).value());
    }
}

TEST(CommitHistory, CommitsAreFoundBySeqIdAndTimeInMemoryAndInFiles) {
    TestDatabase db;
    const ObjectId table = db.create_table("t");
    for (int64_t id = 0; id < 20; ++id) {
        CommitOptions options;
        options.author = "author " + std::to_string(id);
        options.message = "message " + std::to_string(id);
        options.metadata = {{"ticket", std::to_string(id)}};
        auto transaction = db.begin();
        db.insert_in(*transaction, table, {{id, "row"}});
        const CommitOutcome outcome = db.core().commit(std::move(transaction), options).value();
        EXPECT_EQ(db.core().history().find(Ulid::parse(outcome.ulid).value()).value(),
                  std::optional(outcome.seq.value));
        if (id % 7 == 3) {
            ASSERT_TRUE(db.core().checkpoint().ok());
        }
        if (id == 12) {
            db.reopen();
        }
    }
    History& history = db.core().history();
    ASSERT_EQ(history.size(), 22u);
    std::vector<HistoryCommit> all;
    ASSERT_TRUE(history.scan(1, 22, [&](const HistoryCommit& commit) -> Status {
        all.push_back(commit);
        return {};
    }).ok());
    ASSERT_EQ(all.size(), 22u);
    for (uint64_t seq = 1; seq <= all.size(); ++seq) {
        const HistoryCommit commit = history.commit(seq).value();
        EXPECT_EQ(commit.seq.value, seq);
        EXPECT_EQ(commit.record, all[seq - 1].record);
        EXPECT_EQ(history.find(commit.record.id).value(), std::optional(seq));
        EXPECT_EQ(history.newest_at(commit.record.timestamp).value(), seq);
        EXPECT_EQ(history.newest_at({commit.record.timestamp.micros - 1}).value(), seq - 1);
        if (seq > 2) {
            EXPECT_EQ(commit.record.author, "author " + std::to_string(seq - 3));
            EXPECT_EQ(commit.record.metadata.front().second, std::to_string(seq - 3));
            EXPECT_EQ(commit.leaves, 1u);
        }
    }
    EXPECT_EQ(history.commit(0).error().code, ErrorCode::kNotFound);
    EXPECT_EQ(history.commit(23).error().code, ErrorCode::kNotFound);
    EXPECT_FALSE(history.find(Ulid()).value().has_value());
}

TEST(CommitHistory, AScanStopsWhereItsVisitorSays) {
    TestDatabase db;
    const ObjectId table = db.create_table("t");
    for (int64_t id = 0; id < 10; ++id) {
        db.insert(table, {{id, "row"}});
    }
    std::vector<uint64_t> seen;
    const Status scanned = db.core().history().scan(3, 1'000, [&](const HistoryCommit& commit) -> Status {
        seen.push_back(commit.seq.value);
        return seen.size() == 4 ? Status(make_error(ErrorCode::kCancelled, "enough")) : Status();
    });
    EXPECT_EQ(scanned.error().code, ErrorCode::kCancelled);
    EXPECT_EQ(seen, (std::vector<uint64_t>{3, 4, 5, 6}));
}

// A database with some commits in files and some in the log.
struct Intact {
    std::shared_ptr<SimulatedDisk> disk = SimulatedDisk::create();
    ObjectId table;
    TreeHead head;

    explicit Intact(int64_t commits = 300) {
        TestDatabase db(disk);
        table = db.create_table("t");
        for (int64_t id = 0; id < commits; ++id) {
            db.insert(table, {{id, "row"}});
            if (id == commits / 3) {
                EXPECT_TRUE(db.core().checkpoint().ok());
            }
        }
        EXPECT_TRUE(db.core().checkpoint().ok());
        db.insert(table, {{-1, "in the log"}});
        head = db.core().history().head().value();
    }
};

TEST(CommitHistory, ATreeThatIsMissingIsBuiltOnce) {
    const Intact intact;
    for (const char* missing : {"heads", "tree-0", "tree-1", "index-0", "index-1"}) {
        SCOPED_TRACE(missing);
        const auto disk = intact.disk->after_crash(CrashMode::kKeepAll);
        ASSERT_TRUE(disk->remove(std::string("/db/history/") + missing).ok());
        {
            OpenOptions read_only;
            read_only.read_only = true;
            TestDatabase reader(disk, read_only);
            EXPECT_EQ(reader.core().history().head().value(), intact.head);
            EXPECT_FALSE(disk->exists(std::string("/db/history/") + missing).value());
        }
        TestDatabase db(disk);
        EXPECT_EQ(db.core().history().head().value(), intact.head);
        EXPECT_TRUE(disk->exists(std::string("/db/history/") + missing).value());
        db.check();
        db.insert(intact.table, {{-2, "goes on"}});
        ASSERT_TRUE(db.core().checkpoint().ok());
        db.reopen();
        db.check();
        EXPECT_EQ(db.core().history().head_at(intact.head.size).value(), intact.head);
    }
}

// A program that knows no tree appends to history/commits and leaves the tree files behind.
TEST(CommitHistory, ATreeThatLagsBehindIsBuiltAnew) {
    Intact intact;
    std::map<std::string, std::string> old_files;
    for (const SimulatedFile& file : intact.disk->dump()) {
        if (file.path.starts_with("/db/history/") && file.path != "/db/history/commits") {
            old_files[file.path] = file.bytes;
        }
    }
    TreeHead head;
    {
        TestDatabase db(intact.disk);
        for (int64_t id = 1'000; id < 1'300; ++id) {
            db.insert(intact.table, {{id, "row"}});
        }
        EXPECT_TRUE(db.core().checkpoint().ok());
        head = db.core().history().head().value();
    }
    for (const auto& [path, bytes] : old_files) {
        const auto file = intact.disk->open(path, OpenMode::kReadWrite).value();
        ASSERT_TRUE(file->truncate(bytes.size()).ok());
        ASSERT_TRUE(file->write(0, bytes).ok());
    }
    TestDatabase db(intact.disk);
    EXPECT_EQ(db.core().history().head().value(), head);
    EXPECT_EQ(db.core().history().head_at(intact.head.size).value(), intact.head);
    db.check();
    EXPECT_EQ(db.core().history().recorded_heads().value().back(), head);
}

// Commits that were exchanged, with all checksums right, are not those that the recorded head knows.
TEST(CommitHistory, ExchangedCommitsAreRefusedWhenTheTreeIsBuiltAnew) {
    const auto disk = SimulatedDisk::create();
    {
        TestDatabase db(disk);
        const ObjectId table = db.create_table("t");
        db.insert(table, {{1, "row"}});
        EXPECT_TRUE(db.core().checkpoint().ok());
    }
    std::string current = read_current(*disk, "/db").value();
    const OpenedManifest manifest = decode_manifest(read_file(*disk, "/db/" + current).value(), current).value();
    std::vector<HistoryEntry> entries = read_history(*disk, "/db", manifest.head.history_bytes).value();
    CommitRecord record = CommitRecord::decode(entries[1].record).value();
    record.id.bytes[15] ^= 1;
    entries[1].record = record.encode().value();
    ASSERT_EQ(append_history(*disk, "/db", 0, entries).value().bytes, manifest.head.history_bytes);
    {
        // The tree knows better than the record.
        TestDatabase db(disk);
        EXPECT_EQ(db.core().history().commit(2).error().code, ErrorCode::kCorruption);
        bool is_named = false;
        const auto findings = db.core().check().value();
        for (const CheckFinding& finding : findings) {
            is_named = is_named || finding.problem.find("the first commit under it is 2") != std::string::npos;
        }
        EXPECT_TRUE(is_named);
    }
    ASSERT_TRUE(disk->remove("/db/history/tree-0").ok());
    TestDatabase db(disk, TestDatabase::Closed{});
    const Status opened = db.try_open();
    ASSERT_FALSE(opened.ok());
    EXPECT_EQ(opened.error().code, ErrorCode::kCorruption);
    EXPECT_NE(opened.error().message.find("not those it had"), std::string::npos) << opened.error().message;
}

// Any byte: the check names the file, proofs are right or refused, and the last head stays what it was.
TEST(CommitHistory, EveryDamagedByteOfItsFilesIsNamed) {
    const Intact intact;
    std::mt19937_64 random(5);
    for (const SimulatedFile& file : intact.disk->dump()) {
        if (!file.path.starts_with("/db/history/") || file.path == "/db/history/commits") {
            continue;
        }
        const uint64_t samples = std::min<uint64_t>(file.bytes.size(), 60);
        for (uint64_t sample = 0; sample < samples; ++sample) {
            const uint64_t offset = samples == file.bytes.size() ? sample : random() % file.bytes.size();
            SCOPED_TRACE(file.path + " at " + std::to_string(offset));
            const auto disk = intact.disk->after_crash(CrashMode::kKeepAll);
            ASSERT_TRUE(disk->corrupt(file.path, offset, static_cast<uint8_t>(1u << (random() % 8))).ok());
            OpenOptions read_only;
            read_only.read_only = true;
            TestDatabase db(disk, read_only);
            EXPECT_EQ(db.core().history().head().value(), intact.head);
            bool is_named = false;
            const auto findings = db.core().check().value();
            for (const CheckFinding& finding : findings) {
                is_named = is_named || finding.place == file.path;
            }
            EXPECT_TRUE(is_named);
            for (uint64_t seq = 1; seq <= intact.head.size; seq += 17) {
                const auto commit = db.core().history().commit(seq);
                EXPECT_TRUE(commit.ok() ? commit->seq.value == seq : commit.error().code == ErrorCode::kCorruption);
                const auto head = db.core().history().head_at(seq);
                EXPECT_TRUE(head.ok() || head.error().code == ErrorCode::kCorruption);
            }
            ASSERT_FALSE(testing::Test::HasFailure());
        }
    }
}

// What was acknowledged before a power loss is in the tree afterwards, in the same place.
TEST(CommitHistory, PowerLossAtEveryEventKeepsEveryAcknowledgedHead) {
    const auto run = [](TestDatabase& db) {
        std::vector<TreeHead> heads;
        if (!db.try_open().ok()) {
            return heads;
        }
        const auto table = db.try_create_table("t");
        for (int64_t id = 0; table.ok() && id < 12 && !db.disk().power_is_off(); ++id) {
            const bool done = id % 4 == 3 ? db.core().checkpoint().ok() : db.try_insert(*table, {{id, "row"}}).ok();
            const auto head = db.core().history().head();
            if (done && head.ok()) {
                heads.push_back(*head);
            }
        }
        db.close();
        return heads;
    };
    const auto undisturbed = SimulatedDisk::create();
    TestDatabase whole(undisturbed, TestDatabase::Closed{});
    ASSERT_EQ(run(whole).size(), 12u);
    for (uint64_t event = 1; event <= undisturbed->event_count(); ++event) {
        const auto disk = SimulatedDisk::create();
        disk->crash_at_event(event);
        TestDatabase db(disk, TestDatabase::Closed{});
        const std::vector<TreeHead> heads = run(db);
        for (const uint64_t seed : {1, 2, 3}) {
            SCOPED_TRACE("event " + std::to_string(event) + ", seed " + std::to_string(seed));
            TestDatabase after(disk->after_crash(CrashMode::kRandomSubset, seed), TestDatabase::Closed{});
            ASSERT_TRUE(after.try_open().ok());
            for (const TreeHead& head : heads) {
                ASSERT_LE(head.size, after.core().history().size());
                ASSERT_EQ(after.core().history().head_at(head.size).value(), head);
            }
            after.check();
        }
    }
}

}  // namespace
}  // namespace kodiak::timeline
