#include "timeline/merkle/commit_record.hpp"

#include <gtest/gtest.h>

#include <set>

#include "base/bytes/byte_io.hpp"
#include "base/random/random.hpp"
#include "timeline/merkle/merkle_tree.hpp"

namespace kodiak::timeline {
namespace {

CommitRecord sample() {
    CommitRecord record;
    record.parents = {sha256("p1"), sha256("p2")};
    record.branch = "main";
    record.timestamp = Timestamp{1'700'000'000'123'456};
    record.id = Ulid::parse("01ARZ3NDEKTSV4RRFFQ69G5FAV").value();
    record.author = "ada";
    record.message = "merge the spring prices";
    record.metadata = {{"source", "import"}, {"ticket", "42"}};
    record.roots = {{RootKind::kChanges, 1, sha256("changes")}, {RootKind::kState, 1, Hash256{}}};
    return record;
}

std::string encoded(const CommitRecord& record) { return record.encode().value(); }

void expect_corrupt(const std::string& bytes, const char* why) {
    const Result<CommitRecord> read = CommitRecord::decode(bytes);
    ASSERT_FALSE(read.ok()) << why;
    EXPECT_EQ(read.error().code, ErrorCode::kCorruption) << why;
}

TEST(CommitRecord, ReadsBackWhatWasWritten) {
    EXPECT_EQ(CommitRecord::decode(encoded(sample())).value(), sample());
    EXPECT_EQ(CommitRecord::decode(encoded(CommitRecord{})).value(), CommitRecord{});
    CommitRecord large = sample();
    large.message = std::string(100000, 'm');
    large.timestamp.micros = -1;
    large.branch = std::string("a\0b", 3);
    EXPECT_EQ(CommitRecord::decode(encoded(large)).value(), large);
}

TEST(CommitRecord, EveryFlippedByteChangesTheIdentityOrDoesNotDecode) {
    const std::string honest = encoded(sample());
    const Hash256 identity = commit_identity(honest);
    size_t decoded = 0;
    for (size_t at = 0; at < honest.size(); ++at) {
        for (int mask = 1; mask < 256; ++mask) {
            std::string bytes = honest;
            bytes[at] = static_cast<char>(bytes[at] ^ mask);
            const Result<CommitRecord> read = CommitRecord::decode(bytes);
            if (read.ok()) {
                ++decoded;
                ASSERT_NE(*read, sample()) << at;
                ASSERT_NE(commit_identity(encoded(*read)), identity) << at;
            }
        }
    }
    EXPECT_GT(decoded, 0u);
}

TEST(CommitRecord, EveryFieldIsCoveredByTheIdentity) {
    std::vector<CommitRecord> variants(12, sample());
    variants[1].parents.pop_back();
    std::swap(variants[2].parents[0], variants[2].parents[1]);
    variants[3].branch = "Main";
    variants[4].timestamp.micros += 1;
    variants[5].id.bytes[15] ^= 1;
    variants[6].author = "";
    variants[7].message += " ";
    variants[8].metadata[1].second = "43";
    variants[9].roots[0].hash.bytes[0] ^= 1;
    variants[10].roots[1].version = 2;
    // Text moved over the border between two fields.
    variants[11].author = "adam";
    variants[11].message = variants[11].message.substr(1);
    std::set<Hash256> identities;
    for (const CommitRecord& variant : variants) {
        EXPECT_TRUE(identities.insert(commit_identity(encoded(variant))).second);
    }
}

TEST(CommitRecord, ARecordThatBreaksAnInvariantIsNotEncoded) {
    std::vector<CommitRecord> broken(6, sample());
    std::swap(broken[0].metadata[0], broken[0].metadata[1]);
    broken[1].metadata[1].first = broken[1].metadata[0].first;
    std::swap(broken[2].roots[0], broken[2].roots[1]);
    broken[3].roots[1] = broken[3].roots[0];
    broken[4].roots[0].kind = static_cast<RootKind>(0);
    broken[5].parents[1] = broken[5].parents[0];
    for (const CommitRecord& record : broken) {
        const Result<std::string> bytes = record.encode();
        ASSERT_FALSE(bytes.ok());
        EXPECT_EQ(bytes.error().code, ErrorCode::kInvalidValue);
    }
}

// The fields before the metadata, empty but for the version.
std::string front_of_a_record(uint16_t version = 1) {
    std::string bytes;
    ByteWriter writer(bytes);
    writer.u16(version);
    writer.varint(0);  // parents
    writer.bytes("");  // branch
    writer.i64(0);
    writer.raw(Ulid{}.view());
    writer.bytes("");  // author
    writer.bytes("");  // message
    return bytes;
}

TEST(CommitRecord, EverySecondSpellingOfARecordIsRefused) {
    const std::string front = front_of_a_record();
    const std::string none(1, '\0');
    ASSERT_TRUE(CommitRecord::decode(front + none + none).ok());
    expect_corrupt(front + none + none + "x", "a byte after the end");
    expect_corrupt(front + none + std::string("\x80\x00", 2), "a padded count");
    expect_corrupt(front + std::string("\x02\x01" "b\x00\x01" "a\x00", 7) + none, "metadata keys that fall");
    expect_corrupt(front + std::string("\x02\x01" "a\x00\x01" "a\x00", 7) + none, "a metadata key twice");
    const std::string hash(32, 'h');
    expect_corrupt(front + none + std::string("\x01\x00\x01", 3) + hash, "a root of kind 0");
    expect_corrupt(front + none + "\x02\x02\x01" + hash + "\x01\x01" + hash, "roots that fall");
    expect_corrupt(front + none + "\x02\x01\x01" + hash + "\x01\x01" + hash, "a root twice");
}

TEST(CommitRecord, CountsAndLengthsBeyondTheBytesAreRefusedBeforeAnythingIsAllocated) {
    const std::string huge("\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01", 10);
    expect_corrupt(std::string("\x01\x00", 2) + huge, "parents");
    expect_corrupt(std::string("\x01\x00\x00", 3) + huge + "text", "branch");
    expect_corrupt(front_of_a_record() + huge + std::string(40, 'm'), "metadata");
    expect_corrupt(front_of_a_record() + std::string(1, '\0') + huge + std::string(40, 'r'), "roots");
}

TEST(CommitRecord, EveryCutIsCorruption) {
    const std::string honest = encoded(sample());
    for (size_t length = 0; length < honest.size(); ++length) {
        expect_corrupt(honest.substr(0, length), "cut");
    }
}

TEST(CommitRecord, ANewerFormatIsNamedAsSuch) {
    std::string bytes = encoded(sample());
    bytes[0] = 2;
    EXPECT_EQ(CommitRecord::decode(bytes).error().code, ErrorCode::kVersionTooNew);
    bytes[0] = 0;
    expect_corrupt(bytes, "version 0");
}

TEST(CommitRecord, RootsOfUnknownKindsAndVersionsAreKept) {
    CommitRecord record = sample();
    record.roots.push_back({RootKind::kState, 9, sha256("state by newer rules")});
    record.roots.push_back({static_cast<RootKind>(200), 3, sha256("something newer")});
    EXPECT_EQ(CommitRecord::decode(encoded(record)).value(), record);
    EXPECT_EQ(record.root(RootKind::kState)->version, 9);
    EXPECT_EQ(record.root(RootKind::kChanges)->hash, sha256("changes"));
    EXPECT_EQ(CommitRecord{}.root(RootKind::kChanges), nullptr);
}

TEST(CommitRecord, HostileBytesNeverCrashAndWhatReadsWritesTheSame) {
    const uint64_t seed = 5150;
    SCOPED_TRACE(seed);
    const auto random = make_seeded_random(seed);
    const std::string honest = encoded(sample());
    for (int round = 0; round < 30000; ++round) {
        const bool cut = random->next_u64() % 4 == 0;
        std::string bytes = honest.substr(0, cut ? random->next_u64() % honest.size() : honest.size());
        for (uint64_t changes = 1 + random->next_u64() % 4; changes > 0 && !bytes.empty(); --changes) {
            bytes[random->next_u64() % bytes.size()] = static_cast<char>(random->next_u64());
        }
        if (random->next_u64() % 8 == 0) {
            random->fill(bytes.data(), bytes.size());
            bytes.replace(0, std::min<size_t>(2, bytes.size()), std::string("\x01\x00", 2));
        }
        const Result<CommitRecord> read = CommitRecord::decode(bytes);
        if (read.ok()) {
            ASSERT_EQ(encoded(*read), bytes);
        }
    }
}

TEST(HistoryLeaf, BindsSeqBranchAndIdentity) {
    const Hash256 identity = sha256("c");
    const Hash256 leaf = history_leaf_hash(CommitSeq(7), BranchId(3), identity);
    EXPECT_EQ(leaf, leaf_hash(std::string("\x07\0\0\0\0\0\0\0\x03\0", 10) + std::string(identity.view())));
    EXPECT_NE(leaf, history_leaf_hash(CommitSeq(8), BranchId(3), identity));
    EXPECT_NE(leaf, history_leaf_hash(CommitSeq(7), BranchId(4), identity));
    EXPECT_NE(leaf, history_leaf_hash(CommitSeq(7), BranchId(3), sha256("d")));
}

}  // namespace
}  // namespace kodiak::timeline
