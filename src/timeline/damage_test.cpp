// Bytes rot in a closed database: it is refused, or the damage is named when it is met; never a crash, never wrong
// rows.

#include <gtest/gtest.h>

#include <random>

#include "timeline/scripted_life.hpp"

namespace kodiak::timeline {
namespace {

bool is_named(const Error& error) {
    const std::string all = error.message + error.detail;
    return all.find("/db") != std::string::npos;
}

Result<std::string> text_at(const storage::StoredColumn& column, uint32_t slot) {
    StringRef text;
    storage::decode_strings(column, &slot, 1, &text);
    return std::string(text.view());
}

// All rows, as a scan reads them.
Result<Rows> read_rows(storage::Transaction& transaction, ObjectId table) {
    KODIAK_TRY_ASSIGN(const auto snapshot, transaction.snapshot(table));
    Rows rows;
    std::vector<uint32_t> slots(2048);
    const std::array columns{ColumnId(1), ColumnId(2)};
    for (size_t i = 0; i < snapshot->chunk_count(); ++i) {
        KODIAK_TRY(snapshot->verify(i, columns));
        bool all = false;
        const size_t count = snapshot->visible(i, slots.data(), &all);
        for (uint32_t k = 0; k < count; ++k) {
            const uint32_t slot = all ? k : slots[k];
            int64_t id = 0;
            storage::decode_fixed(snapshot->chunk(i).column(0), catalog::Physical::kInt64, &slot, 1, &id);
            KODIAK_TRY_ASSIGN(std::string name, text_at(snapshot->chunk(i).column(1), slot));
            rows.emplace_back(id, std::move(name));
        }
    }
    std::sort(rows.begin(), rows.end());
    return rows;
}

struct Intact {
    std::shared_ptr<SimulatedDisk> disk;
    ObjectId table;
    Rows rows;
    std::vector<std::string> definitions;
};

std::vector<std::string> definitions_of(TestDatabase& db) {
    auto transaction = db.begin();
    std::vector<std::string> all;
    for (const catalog::ObjectPtr& object : transaction->catalog()->list(catalog::ObjectKind::kTable)) {
        all.push_back(catalog::encode_definition(*object));
    }
    db.core().rollback(std::move(transaction));
    return all;
}

// What must hold of a database with a damaged byte. Returns true when the damage was noticed.
bool live_with_damage(const Intact& intact, const std::shared_ptr<SimulatedDisk>& disk) {
    TestDatabase db(disk, TestDatabase::Closed{});
    const Status opened = db.try_open();
    if (!opened.ok()) {
        EXPECT_TRUE(is_named(opened.error())) << opened.error().message;
        return true;
    }
    bool noticed = false;
    const auto expect_named = [&](const Error& error) {
        noticed = true;
        EXPECT_EQ(error.code, ErrorCode::kCorruption) << error.message;
        EXPECT_TRUE(is_named(error)) << error.message;
    };
    EXPECT_EQ(definitions_of(db), intact.definitions);
    {
        // By key, a change, an insert: all touch bytes of the file.
        auto transaction = db.begin();
        const auto row = db.find(*transaction, intact.table, intact.rows[7].first);
        if (!row.ok()) {
            expect_named(row.error());
        }
        const Status changed = db.try_update_in(*transaction, intact.table, intact.rows[9].first, "changed");
        if (!changed.ok()) {
            expect_named(changed.error());
        }
        const Status inserted = db.try_insert_in(*transaction, intact.table, {{-5, "new"}});
        if (!inserted.ok()) {
            expect_named(inserted.error());
        }
        db.core().rollback(std::move(transaction));
    }
    {
        auto transaction = db.begin();
        const auto rows = read_rows(*transaction, intact.table);
        if (rows.ok()) {
            EXPECT_EQ(*rows, intact.rows) << "wrong rows";
        } else {
            expect_named(rows.error());
        }
        db.core().rollback(std::move(transaction));
    }
    const auto findings = db.core().check();
    EXPECT_TRUE(findings.ok()) << findings.error().message;
    for (const CheckFinding& finding : findings.ok() ? *findings : std::vector<CheckFinding>()) {
        EXPECT_FALSE(finding.place.empty());
        noticed = true;
    }
    return noticed;
}

std::string file_beginning_with(const SimulatedDisk& disk, const std::string& prefix) {
    std::string found;
    for (const SimulatedFile& file : disk.dump()) {
        if (file.path.starts_with(prefix)) {
            found = file.path;
        }
    }
    EXPECT_FALSE(found.empty()) << prefix;
    return found;
}

std::string bytes_of(const SimulatedDisk& disk, const std::string& path) {
    for (SimulatedFile& file : disk.dump()) {
        if (file.path == path) {
            return std::move(file.bytes);
        }
    }
    return {};
}

// Two files of rows (one loaded, one from a checkpoint with rows of several commits), a manifest with history, and
// a log
// with commits behind it.
Intact make_database() {
    Intact intact{SimulatedDisk::create(), {}, {}, {}};
    TestDatabase db(intact.disk);
    intact.table = db.create_table("t");
    for (int64_t part = 0; part < 20; ++part) {
        db.insert(intact.table, numbered_rows(part * 1'700, (part + 1) * 1'700, "row of part " + std::to_string(part)));
    }
    db.erase(intact.table, 5);
    EXPECT_TRUE(db.core().checkpoint().ok());
    for (int64_t id = 50'000; id < 50'010; ++id) {
        db.insert(intact.table, {{id, "behind the checkpoint"}});
    }
    db.update(intact.table, 40, "changed");
    intact.rows = db.rows(intact.table);
    intact.definitions = definitions_of(db);
    db.check();
    db.close();
    return intact;
}

void damage_everywhere(const Intact& intact, const std::string& path, uint64_t bytes, uint64_t samples, uint64_t seed,
                       uint64_t least_noticed) {
    std::mt19937_64 random(seed);
    uint64_t noticed = 0;
    for (uint64_t sample = 0; sample < samples; ++sample) {
        const uint64_t offset = bytes <= samples ? sample % bytes : random() % bytes;
        const auto mask = static_cast<uint8_t>(1u << (random() % 8));
        SCOPED_TRACE(path + " at " + std::to_string(offset) + " xor " + std::to_string(mask));
        const auto disk = intact.disk->after_crash(CrashMode::kKeepAll);
        ASSERT_TRUE(disk->corrupt(path, offset, mask).ok());
        noticed += live_with_damage(intact, disk) ? 1 : 0;
        ASSERT_FALSE(testing::Test::HasFailure());
    }
    EXPECT_GE(noticed, least_noticed) << "of " << samples;
}

TEST(Damage, InCurrentItIsRefused) {
    const Intact intact = make_database();
    const uint64_t bytes = bytes_of(*intact.disk, "/db/CURRENT").size();
    damage_everywhere(intact, "/db/CURRENT", bytes, bytes, 1, bytes);
}

TEST(Damage, InTheManifestItIsRefused) {
    const Intact intact = make_database();
    const std::string path = file_beginning_with(*intact.disk, "/db/manifest-");
    damage_everywhere(intact, path, bytes_of(*intact.disk, path).size(), 150, 2, 150);
}

TEST(Damage, InTheHistoryTheCheckNamesIt) {
    const Intact intact = make_database();
    const uint64_t bytes = bytes_of(*intact.disk, "/db/history/commits").size();
    damage_everywhere(intact, "/db/history/commits", bytes, 60, 3, 60);
}

// Padding and Arrow's own unused bytes may be damaged without harm; what carries data may not.
TEST(Damage, InFilesOfRowsItIsNamedWhenMet) {
    const Intact intact = make_database();
    const std::string path = file_beginning_with(*intact.disk, "/db/data/");
    damage_everywhere(intact, path, bytes_of(*intact.disk, path).size(), 250, 4, 200);
}

// Any frame but the last: a power loss cannot explain it.
TEST(Damage, InTheMiddleOfTheLogItIsRefusedWithFileAndOffset) {
    const Intact intact = make_database();
    const std::string path = file_beginning_with(*intact.disk, "/db/log/");
    const std::string bytes = bytes_of(*intact.disk, path);
    const uint64_t last_frame = bytes.rfind("KWAL") - 8;
    ASSERT_GT(last_frame, 5'000u);
    uint64_t refused = 0;
    for (uint64_t frame = 0; frame < last_frame; frame += 512) {
        const auto disk = intact.disk->after_crash(CrashMode::kKeepAll);
        ASSERT_TRUE(disk->corrupt(path, frame + 70, 1).ok());
        TestDatabase db(disk, TestDatabase::Closed{});
        const uint64_t events = disk->event_count();
        const Status opened = db.try_open();
        if (opened.ok()) {
            EXPECT_EQ(db.rows(intact.table), intact.rows) << "padding of the frame at " << frame;
            continue;
        }
        ++refused;
        EXPECT_EQ(opened.error().code, ErrorCode::kCorruption);
        EXPECT_NE(opened.error().message.find(path), std::string::npos) << opened.error().message;
        EXPECT_NE(opened.error().message.find("offset"), std::string::npos) << opened.error().message;
        EXPECT_EQ(disk->event_count(), events) << "a refused database was changed";
    }
    EXPECT_GE(refused, 9u);
}

TEST(Damage, AMissingFileIsNamed) {
    const Intact intact = make_database();
    for (const char* prefix : {"/db/data/", "/db/manifest-", "/db/log/"}) {
        const std::string path = file_beginning_with(*intact.disk, prefix);
        const auto disk = intact.disk->after_crash(CrashMode::kKeepAll);
        ASSERT_TRUE(disk->remove(path).ok());
        TestDatabase db(disk, TestDatabase::Closed{});
        const Status opened = db.try_open();
        ASSERT_FALSE(opened.ok()) << path;
        EXPECT_EQ(opened.error().code, ErrorCode::kCorruption) << opened.error().message;
        EXPECT_NE(opened.error().message.find("/db/"), std::string::npos) << opened.error().message;
    }
}

}  // namespace
}  // namespace kodiak::timeline
