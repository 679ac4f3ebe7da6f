#include "timeline/merkle/change_leaf.hpp"

#include <gtest/gtest.h>

#include <fstream>
#include <iterator>

#include "base/random/random.hpp"
#include "timeline/merkle/commit_record.hpp"
#include "timeline/merkle/merkle_tree.hpp"
#include "timeline/salts/ggm_tree.hpp"

namespace kodiak::timeline {
namespace {

std::string hex(std::string_view bytes) {
    static constexpr char kDigits[] = "0123456789abcdef";
    std::string text;
    for (const char c : bytes) {
        const auto byte = static_cast<uint8_t>(c);
        text.push_back(kDigits[byte >> 4]);
        text.push_back(kDigits[byte & 15]);
    }
    return text;
}

template <class Bytes>
std::string_view view_of(const Bytes& bytes) {
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

ChangeHeader sample() {
    return {ChangeOp::kUpdate, ObjectId(0x0807060504030201), {OriginId(0x1817161514131211), 0x2827262524232221},
            SchemaVersion(0x34333231)};
}

TEST(ChangeHeader, BytesAreThoseOfTheFormatPage) {
    EXPECT_EQ(hex(view_of(sample().encode())),
              "02" "0102030405060708" "1112131415161718" "2122232425262728" "31323334");
}

TEST(ChangeHeader, ReadsBackWhatWasWritten) {
    EXPECT_EQ(ChangeHeader::decode(view_of(sample().encode())).value(), sample());
}

TEST(ChangeHeader, BytesThatAreNoHeaderAreCorruption) {
    const auto encoded = sample().encode();
    for (size_t length = 0; length < encoded.size(); ++length) {
        EXPECT_EQ(ChangeHeader::decode(view_of(encoded).substr(0, length)).error().code, ErrorCode::kCorruption);
    }
    EXPECT_FALSE(ChangeHeader::decode(std::string(view_of(encoded)) + "x").ok());
    for (int op = 0; op < 256; ++op) {
        std::string bytes(view_of(encoded));
        bytes[0] = static_cast<char>(op);
        EXPECT_EQ(ChangeHeader::decode(bytes).ok(), op >= 1 && op <= 3) << op;
    }
}

TEST(ChangeLeaf, HashesAreThoseOfTheFormatPage) {
    Salt salt;
    salt.fill(0x55);
    const std::string row = "the row";
    const Hash256 commitment = row_commitment(salt, row);
    EXPECT_EQ(commitment, sha256("\x02" + std::string(16, '\x55') + row));
    const std::string header(view_of(sample().encode()));
    EXPECT_EQ(change_leaf_hash(sample(), commitment),
              sha256(std::string(1, '\0') + header + std::string(commitment.view())));
}

TEST(ChangeLeaf, EveryPartIsCovered) {
    Salt salt{};
    const Hash256 commitment = row_commitment(salt, "row");
    EXPECT_NE(row_commitment(salt, "roW"), commitment);
    EXPECT_NE(row_commitment(salt, ""), commitment);
    salt[15] = 1;
    EXPECT_NE(row_commitment(salt, "row"), commitment);
    const Hash256 leaf = change_leaf_hash(sample(), commitment);
    const std::string header(view_of(sample().encode()));
    for (size_t at = 0; at < header.size(); ++at) {
        std::string other = header;
        other[at] = static_cast<char>(other[at] ^ 1);
        const Result<ChangeHeader> read = ChangeHeader::decode(other);
        ASSERT_TRUE(read.ok());
        EXPECT_NE(change_leaf_hash(*read, commitment), leaf) << at;
    }
    EXPECT_NE(change_leaf_hash(sample(), row_commitment(salt, "row")), leaf);
}

TEST(ChangeOrder, IsByTableThenOriginThenCounterAsUnsignedNumbers) {
    const auto header = [](uint64_t table, uint64_t origin, uint64_t counter) {
        return ChangeHeader{ChangeOp::kInsert, ObjectId(table), {OriginId(origin), counter}, SchemaVersion(1)};
    };
    const ChangeHeader rising[] = {header(1, 1, 1),   header(1, 1, 256), header(1, 1, ~0ull), header(1, 2, 1),
                                   header(1, ~0ull, 0), header(2, 0, 0),   header(256, 0, 0),   header(~0ull, 0, 0)};
    for (size_t i = 0; i < std::size(rising); ++i) {
        for (size_t j = 0; j < std::size(rising); ++j) {
            EXPECT_EQ(change_order(rising[i], rising[j]), i <=> j) << i << " " << j;
        }
    }
    ChangeHeader same = rising[3];
    same.op = ChangeOp::kDelete;
    same.schema_version = SchemaVersion(9);
    EXPECT_EQ(change_order(rising[3], same), std::strong_ordering::equal);
}

TEST(ChangeLeaf, WorkedExampleOfTheFormatPageIsWhatTheCodeComputes) {
    const Salt seed = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15};
    const GgmTree salts(seed, 2);
    const ChangeHeader headers[] = {
        {ChangeOp::kInsert, ObjectId(0x100), {OriginId(0xA1), 1}, SchemaVersion(1)},
        {ChangeOp::kDelete, ObjectId(0x100), {OriginId(0xA1), 2}, SchemaVersion(3)},
    };
    const std::string rows[] = {"row one", "row two"};
    std::string example = "seed of the salts  " + hex(view_of(seed)) + "\n";
    std::vector<Hash256> leaves;
    for (size_t i = 0; i < 2; ++i) {
        const Salt salt = salts.salt(i);
        const Hash256 commitment = row_commitment(salt, rows[i]);
        leaves.push_back(change_leaf_hash(headers[i], commitment));
        const std::string of = " " + std::to_string(i);
        example += "row bytes" + of + "        " + hex(rows[i]) + "\n";
        example += "salt" + of + "             " + hex(view_of(salt)) + "\n";
        example += "commitment" + of + "       " + commitment.hex() + "\n";
        example += "header" + of + "           " + hex(view_of(headers[i].encode())) + "\n";
        example += "leaf hash" + of + "        " + leaves.back().hex() + "\n";
    }
    CommitRecord record;
    record.parents = {sha256("parent")};
    record.branch = "main";
    record.timestamp = Timestamp{1'700'000'000'000'000};
    record.id = Ulid::parse("01ARZ3NDEKTSV4RRFFQ69G5FAV").value();
    record.author = "ada";
    record.message = "two changes";
    record.metadata = {{"k", "v"}};
    record.roots = {{RootKind::kChanges, 1, tree_root(leaves)}, {RootKind::kState, 1, Hash256{}}};
    const std::string encoding = record.encode().value();
    const Hash256 identity = commit_identity(encoding);
    const Hash256 history_leaf = history_leaf_hash(CommitSeq(1), kMainBranch, identity);
    example += "changes_root       " + record.roots[0].hash.hex() + "\n";
    for (size_t at = 0; at < encoding.size(); at += 32) {
        example += (at == 0 ? "commit record      " : "                   ") +
                   hex(std::string_view(encoding).substr(at, 32)) + "\n";
    }
    example += "identity           " + identity.hex() + "\n";
    example += "history leaf       " + history_leaf.hex() + "   (seq 1, branch 0)\n";

    std::ifstream file(KODIAK_SOURCE_FOLDER "/docs/formats/merkle.md");
    const std::string page((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
    EXPECT_NE(page.find("\n```\n" + example + "```\n"), std::string::npos) << "the page should show:\n" << example;
}

}  // namespace
}  // namespace kodiak::timeline
