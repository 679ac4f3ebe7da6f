// Proof files: what holds is accepted, every forgery is refused, and no byte is free.
//
// tests/vectors/proofs holds the samples of this test, for verifiers in other languages: valid-*.json hold under the
// head in `trusted_head`, forged-*.json do not. Run VectorsAreWhatTheCodeWrites with KODIAK_WRITE_PROOFS=<folder> to
// write them anew; they are part of the format and change only with it.

#include "timeline/merkle/proof_file.hpp"

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>
#include <map>

#include "timeline/merkle/reference_tree.hpp"

namespace kodiak::timeline {
namespace {

// A history of 21 commits, each of which changes seq % 5 + 1 rows; everything follows from the seed.
class SampleHistory {
   public:
    static constexpr uint64_t kCommits = 21;

    explicit SampleHistory(const std::string& author = "ada") {
        const auto random = make_seeded_random(9162);
        Hash256 parent;
        for (uint64_t seq = 1; seq <= kCommits; ++seq) {
            Changes& of = changes_.emplace_back();
            for (uint64_t i = 0; i < seq % 5 + 1; ++i) {
                ProvenRow& row = of.rows.emplace_back();
                row.commit = seq;
                row.header = {static_cast<ChangeOp>(1 + i % 3), kTable,
                              {OriginId(0xA11CE), 10 * seq + i}, SchemaVersion(1)};
                RowContent content;
                random->fill(content.salt.data(), content.salt.size());
                content.row = std::string("\x00\x05", 2) + "row " + std::to_string(i);
                of.leaves.push_back(change_leaf_hash(row.header, row_commitment(content.salt, content.row)));
                row.content = std::move(content);
            }
            for (size_t i = 0; i < of.rows.size(); ++i) {
                of.rows[i].path = with_sides(inclusion_proof(of.leaves, i).value());
            }
            CommitRecord record;
            if (seq > 1) {
                record.parents = {parent};
            }
            record.branch = "main";
            record.timestamp = {1'700'000'000'000'000 + static_cast<int64_t>(seq)};
            random->fill(record.id.bytes.data(), record.id.bytes.size());
            record.author = author;
            record.message = "commit " + std::to_string(seq);
            record.metadata = {{"ticket", std::to_string(seq)}};
            record.roots = {{RootKind::kChanges, 1, tree_root(of.leaves)}, {RootKind::kState, 1, Hash256{}}};
            records_.push_back(record.encode().value());
            parent = commit_identity(records_.back());
            leaves_.push_back(history_leaf_hash(CommitSeq(seq), kMainBranch, parent));
        }
    }

    TreeHead head(uint64_t size = kCommits) const {
        return {OriginId(0x0123456789ABCDEF), size, tree_root(std::span(leaves_).first(size))};
    }
    ProvenCommit commit(uint64_t seq, uint64_t size = kCommits) const {
        return {seq, kMainBranch, records_[seq - 1],
                inclusion_proof(std::span(leaves_).first(size), seq - 1).value().path};
    }
    ProofFile commit_proof(uint64_t seq) const {
        return {StatedHead::of(head()), std::nullopt, {commit(seq)}, {}};
    }
    ProofFile row_proof(uint64_t seq, size_t row) const {
        return {StatedHead::of(head()), std::nullopt, {commit(seq)}, {changes_[seq - 1].rows[row]}};
    }
    ProofFile growth_proof(uint64_t old_size) const {
        return {StatedHead::of(head()),
                OlderHead{StatedHead::of(head(old_size)), consistency_proof(leaves_, old_size).value().path}, {}, {}};
    }
    // All kinds in one: several rows of several commits, one erased, an older head, signatures.
    ProofFile everything() const {
        ProofFile proof = growth_proof(13);
        for (const uint64_t seq : {3, 4, 20}) {
            proof.commits.push_back(commit(seq));
            proof.rows.insert(proof.rows.end(), changes_[seq - 1].rows.begin(), changes_[seq - 1].rows.end());
        }
        const auto content = std::get<RowContent>(proof.rows[1].content);
        proof.rows[1].content = row_commitment(content.salt, content.row);
        proof.head.signature = sign_head(proof.head.head, kSeed);
        proof.older->head.signature = sign_head(proof.older->head.head, kSeed);
        return proof;
    }
    // What the commits after..upto did to a table; all rows are of kTable, so that others have neighbours only.
    ProofFile changes_proof(ObjectId table, uint64_t after, uint64_t upto) const {
        ProofFile proof{StatedHead::of(head()), std::nullopt, {}, {}};
        for (uint64_t seq = after + 1; seq <= upto; ++seq) {
            proof.commits.push_back(commit(seq));
            const std::vector<ProvenRow>& rows = changes_[seq - 1].rows;
            if (table == kTable) {
                proof.rows.insert(proof.rows.end(), rows.begin(), rows.end());
                continue;
            }
            ProvenRow beside = table < kTable ? rows.front() : rows.back();
            const auto content = std::get<RowContent>(beside.content);
            beside.content = row_commitment(content.salt, content.row);
            proof.rows.push_back(std::move(beside));
        }
        state(proof, table, after, upto);
        return proof;
    }
    static void state(ProofFile& proof, ObjectId table, uint64_t after, uint64_t upto) {
        proof.changes = StatedChanges{table, after, upto, {}};
        proof.changes->id = proof.changes->id_under(proof.head.id);
    }
    static constexpr KeySeed kSeed{1, 2, 3};
    static constexpr ObjectId kTable{0x100000001};

   private:
    struct Changes {
        std::vector<ProvenRow> rows;
        std::vector<Hash256> leaves;
    };
    std::vector<Changes> changes_;
    std::vector<std::string> records_;
    std::vector<Hash256> leaves_;
};

const SampleHistory& sample() {
    static const SampleHistory history;
    return history;
}

Trust trusted() { return {sample().head().id(), std::nullopt}; }

Status judge(const std::string& text, const Trust& trust = trusted()) {
    KODIAK_TRY_ASSIGN(const ProofFile proof, ProofFile::decode(text));
    return proof.verify(trust);
}

std::map<std::string, std::string> valid_proofs() {
    std::map<std::string, std::string> all;
    all["row"] = sample().row_proof(13, 2).encode();
    all["commit"] = sample().commit_proof(17).encode();
    all["growth"] = sample().growth_proof(11).encode();
    all["growth-from-nothing"] = sample().growth_proof(0).encode();
    all["everything"] = sample().everything().encode();
    all["changes"] = sample().changes_proof(SampleHistory::kTable, 2, 6).encode();
    all["no-changes-of-a-lower-table"] = sample().changes_proof(ObjectId(7), 12, 14).encode();
    all["no-changes-of-a-higher-table"] = sample().changes_proof(ObjectId(0x100000002), 12, 14).encode();
    return all;
}

// Ways to change the honest proof of a row, by what is changed.
using Forgeries = std::map<std::string, std::function<void(ProofFile&)>>;

void add_forged_rows(Forgeries& all) {
    const auto content = [](ProofFile& proof) -> RowContent& { return std::get<RowContent>(proof.rows[0].content); };
    all["row-changed"] = [=](ProofFile& proof) { content(proof).row.back() ^= 1; };
    all["row-cut"] = [=](ProofFile& proof) { content(proof).row.pop_back(); };
    all["salt-changed"] = [=](ProofFile& proof) { content(proof).salt[3] ^= 1; };
    all["byte-moved-from-row-to-salt"] = [=](ProofFile& proof) {
        std::rotate(content(proof).salt.begin(), content(proof).salt.begin() + 1, content(proof).salt.end());
        content(proof).salt[15] = static_cast<uint8_t>(content(proof).row[0]);
        content(proof).row.erase(0, 1);
    };
    all["delete-shown-as-insert"] = [](ProofFile& proof) { proof.rows[0].header.op = ChangeOp::kInsert; };
    all["other-table"] = [](ProofFile& proof) { ++proof.rows[0].header.table.value; };
    all["other-row-id"] = [](ProofFile& proof) { ++proof.rows[0].header.row.counter; };
    all["other-schema-version"] = [](ProofFile& proof) { ++proof.rows[0].header.schema_version.value; };
    all["commitment-of-another-row"] = [](ProofFile& proof) { proof.rows[0].content = Hash256{}; };
    all["side-swapped"] = [](ProofFile& proof) {
        proof.rows[0].path.sides[0] = proof.rows[0].path.sides[0] == 'L' ? 'R' : 'L';
    };
    all["row-path-cut"] = [](ProofFile& proof) {
        proof.rows[0].path.sides.pop_back();
        proof.rows[0].path.path.pop_back();
    };
    all["row-of-another-commit"] = [](ProofFile& proof) {
        proof.commits = {sample().commit(12), sample().commit(13)};
        proof.rows[0].commit = 12;
    };
    all["row-of-a-commit-that-is-not-shown"] = [](ProofFile& proof) { proof.rows[0].commit = 12; };
}

void add_forged_commits(Forgeries& all) {
    all["author-changed"] = [](ProofFile& proof) {
        CommitRecord record = CommitRecord::decode(proof.commits[0].record).value();
        record.author = "eve";
        proof.commits[0].record = record.encode().value();
    };
    all["record-with-a-byte-behind-it"] = [](ProofFile& proof) { proof.commits[0].record.push_back('\0'); };
    all["other-seq"] = [](ProofFile& proof) { proof.commits[0].seq = proof.rows[0].commit = 14; };
    all["seq-0"] = [](ProofFile& proof) { proof.commits[0].seq = proof.rows[0].commit = 0; };
    all["other-branch"] = [](ProofFile& proof) { proof.commits[0].branch = BranchId(1); };
    all["commit-path-cut"] = [](ProofFile& proof) { proof.commits[0].path.pop_back(); };
    all["commit-path-longer"] = [](ProofFile& proof) { proof.commits[0].path.emplace_back(); };
    all["commit-twice"] = [](ProofFile& proof) { proof.commits.push_back(proof.commits[0]); };
    all["commits-out-of-order"] = [](ProofFile& proof) { proof.commits.push_back(sample().commit(3)); };
}

// Each begins with all changes of the commits 3 to 6, which have 4, 5, 1 and 2 rows.
void add_forged_changes(Forgeries& all) {
    const auto with = [&](const std::string& name, const std::function<void(ProofFile&)>& forge) {
        all["changes-" + name] = [=](ProofFile& proof) {
            proof = sample().changes_proof(SampleHistory::kTable, 2, 6);
            forge(proof);
        };
    };
    const auto without = [](ptrdiff_t row) {
        return [=](ProofFile& proof) { proof.rows.erase(proof.rows.begin() + row); };
    };
    with("without-the-first-row", without(0));
    with("without-a-row-in-the-middle", without(2));
    with("without-the-last-row-of-a-commit", without(3));
    with("without-the-only-row-of-a-commit", without(9));
    with("without-the-last-row", without(11));
    with("with-a-row-twice", [](ProofFile& proof) { proof.rows.insert(proof.rows.begin(), proof.rows[0]); });
    with("with-rows-swapped", [](ProofFile& proof) { std::swap(proof.rows[0], proof.rows[1]); });
    with("with-commits-of-rows-swapped", [](ProofFile& proof) {
        std::rotate(proof.rows.begin(), proof.rows.begin() + 4, proof.rows.begin() + 9);
    });
    with("of-no-rows", [](ProofFile& proof) { proof.rows.clear(); });
    with("of-a-longer-range", [](ProofFile& proof) { SampleHistory::state(proof, SampleHistory::kTable, 1, 6); });
    with("of-a-shorter-range", [](ProofFile& proof) { SampleHistory::state(proof, SampleHistory::kTable, 2, 5); });
    with("of-an-empty-range", [](ProofFile& proof) {
        proof.commits.clear(), proof.rows.clear();
        SampleHistory::state(proof, SampleHistory::kTable, 6, 6);
    });
    with("of-another-table", [](ProofFile& proof) { SampleHistory::state(proof, ObjectId(7), 2, 6); });
    with("without-a-commit", [](ProofFile& proof) {
        proof.commits.erase(proof.commits.begin() + 2);
        proof.rows.erase(proof.rows.begin() + 9);
    });
    with("with-another-id", [](ProofFile& proof) { proof.changes->id.bytes[0] ^= 1; });
    with("of-a-lower-table-that-hides-its-rows", [](ProofFile& proof) {
        proof = sample().changes_proof(SampleHistory::kTable, 12, 13);
        for (size_t i = 0; i < 3; ++i) {
            const auto content = std::get<RowContent>(proof.rows[i].content);
            proof.rows[i].content = row_commitment(content.salt, content.row);
        }
        proof.rows.erase(proof.rows.begin() + 1);
        SampleHistory::state(proof, ObjectId(0x100000002), 12, 13);
    });
    with("of-a-lower-table-with-content-beside", [](ProofFile& proof) {
        const ProvenRow shown = sample().row_proof(13, 0).rows[0];
        proof = sample().changes_proof(ObjectId(7), 12, 13);
        proof.rows[0] = shown;
    });
}

void add_forged_heads(Forgeries& all) {
    all["size-changed"] = [](ProofFile& proof) { ++proof.head.head.size; };
    // The root does not bind the size, the id does: only somebody without a trusted head would believe this one.
    all["size-changed-with-its-id"] = [](ProofFile& proof) {
        proof = sample().commit_proof(1);
        proof.head.head.size = 22;
        proof.head.id = proof.head.head.id();
    };
    all["origin-changed-with-its-id"] = [](ProofFile& proof) {
        ++proof.head.head.origin.value;
        proof.head.id = proof.head.head.id();
    };
    all["root-changed"] = [](ProofFile& proof) { proof.head.head.root.bytes[0] ^= 1; };
    all["id-of-the-trusted-head-over-another-history"] = [](ProofFile& proof) {
        proof = SampleHistory("eve").row_proof(13, 2);
        proof.head.id = sample().head().id();
    };
    all["another-history"] = [](ProofFile& proof) { proof = SampleHistory("eve").row_proof(13, 2); };
    all["nothing"] = [](ProofFile& proof) { proof.commits.clear(), proof.rows.clear(); };
}

void add_forged_growth(Forgeries& all) {
    all["older-root-changed"] = [](ProofFile& proof) {
        proof = sample().growth_proof(11);
        proof.older->head.head.root.bytes[5] ^= 1;
        proof.older->head.id = proof.older->head.head.id();
    };
    all["older-history-rewritten"] = [](ProofFile& proof) {
        proof = sample().growth_proof(11);
        proof.older->head = StatedHead::of(SampleHistory("eve").head(11));
    };
    all["rolled-back"] = [](ProofFile& proof) {
        proof = sample().growth_proof(11);
        std::swap(proof.head, proof.older->head);
    };
    all["older-head-of-another-database"] = [](ProofFile& proof) {
        proof = sample().growth_proof(11);
        ++proof.older->head.head.origin.value;
        proof.older->head.id = proof.older->head.head.id();
    };
    all["older-path-cut"] = [](ProofFile& proof) {
        proof = sample().growth_proof(11);
        proof.older->path.pop_back();
    };
}

void add_forged_signatures(Forgeries& all) {
    all["signature-changed"] = [](ProofFile& proof) {
        proof.head.signature = sign_head(proof.head.head, SampleHistory::kSeed);
        proof.head.signature->value[40] ^= 1;
    };
    all["signature-by-another-key"] = [](ProofFile& proof) {
        proof.head.signature = sign_head(proof.head.head, SampleHistory::kSeed);
        proof.head.signature->key = sign_head(proof.head.head, {7}).key;
    };
    all["signature-of-another-head"] = [](ProofFile& proof) {
        proof.head.signature = sign_head(sample().head(20), SampleHistory::kSeed);
    };
}

// The honest proof of a row in other words. A second spelling would leave bytes that can be changed unseen.
std::map<std::string, std::string> other_spellings() {
    const std::string honest = sample().row_proof(13, 2).encode();
    const auto with = [&](const std::string& from, const std::string& to) {
        std::string text = honest;
        EXPECT_NE(text.find(from), std::string::npos) << from;
        return text.replace(text.find(from), from.size(), to);
    };
    std::map<std::string, std::string> all;
    all["white-space"] = with(",\"commits\"", ", \"commits\"");
    all["no-line-feed"] = honest.substr(0, honest.size() - 1);
    all["text-behind-it"] = honest + "\n";
    all["upper-case-digits"] = with("\"id\":\"" + sample().head().id().hex(), [] {
        std::string hex = sample().head().id().hex();
        std::transform(hex.begin(), hex.end(), hex.begin(), [](char c) { return std::toupper(c); });
        return "\"id\":\"" + hex;
    }());
    all["leading-zero"] = with("\"seq\":13", "\"seq\":013");
    all["exponent"] = with("\"seq\":13", "\"seq\":13e0");
    all["number-as-text"] = with("\"seq\":13", "\"seq\":\"13\"");
    all["escape"] = with("\"rows\"", "\"\\u0072ows\"");
    all["members-swapped"] = with("\"seq\":13,\"branch\":0", "\"branch\":0,\"seq\":13");
    all["member-twice"] = with("\"seq\":13,", "\"seq\":13,\"seq\":13,");
    all["member-more"] = with("\"seq\":13,", "\"seq\":13,\"note\":\"\",");
    all["member-less"] = with("\"branch\":0,", "");
    all["format-2"] = with("\"kodiak_proof\":1", "\"kodiak_proof\":2");
    all["empty"] = "";
    all["cut"] = honest.substr(0, honest.size() / 2);
    all["no-json"] = "the proof holds\n";
    return all;
}

std::map<std::string, std::string> forged_proofs() {
    std::map<std::string, std::string> all = other_spellings();
    Forgeries forgeries;
    add_forged_rows(forgeries);
    add_forged_commits(forgeries);
    add_forged_heads(forgeries);
    add_forged_growth(forgeries);
    add_forged_signatures(forgeries);
    add_forged_changes(forgeries);
    for (const auto& [name, forge] : forgeries) {
        ProofFile proof = sample().row_proof(13, 2);
        forge(proof);
        all[name] = proof.encode();
    }
    return all;
}

TEST(ProofFile, WhatHoldsIsAcceptedAndReadsBackAsItWas) {
    for (const auto& [name, text] : valid_proofs()) {
        SCOPED_TRACE(name);
        const auto proof = ProofFile::decode(text);
        ASSERT_TRUE(proof.ok()) << proof.error().message;
        EXPECT_EQ(proof->encode(), text);
        for (const Trust& trust : {trusted(), Trust{}}) {
            const Status verdict = proof->verify(trust);
            EXPECT_TRUE(verdict.ok()) << verdict.error().message;
        }
    }
}

TEST(ProofFile, EveryForgeryIsRefused) {
    for (const auto& [name, text] : forged_proofs()) {
        EXPECT_FALSE(judge(text).ok()) << name;
    }
}

TEST(ProofFile, FlippingAnyBitIsRefusedWithAndWithoutATrustedHead) {
    for (const auto& [name, text] : valid_proofs()) {
        std::string flipped = text;
        for (size_t at = 0; at < text.size(); ++at) {
            // Signatures take a hundred times as long: one bit of each byte there.
            const bool is_signed = text.find("signature") != std::string::npos;
            for (int bit = is_signed ? static_cast<int>(at % 8) : 0; bit < 8; bit += is_signed ? 8 : 1) {
                flipped[at] = static_cast<char>(text[at] ^ (1 << bit));
                ASSERT_FALSE(judge(flipped).ok()) << name << " at " << at << ", bit " << bit;
                ASSERT_FALSE(judge(flipped, {}).ok()) << name << " at " << at << ", bit " << bit;
            }
            flipped[at] = text[at];
        }
    }
}

TEST(ProofFile, EveryByteOfARowProofCanOnlyBeItself) {
    const std::string text = sample().row_proof(13, 2).encode();
    std::string changed = text;
    for (size_t at = 0; at < text.size(); ++at) {
        for (int value = 0; value < 256; ++value) {
            changed[at] = static_cast<char>(value);
            ASSERT_TRUE(changed[at] == text[at] || !judge(changed, {}).ok()) << at << " as " << value;
        }
        changed[at] = text[at];
    }
}

TEST(ProofFile, EveryCutIsRefused) {
    const std::string text = sample().everything().encode();
    for (size_t length = 0; length < text.size(); ++length) {
        ASSERT_FALSE(judge(text.substr(0, length), {}).ok()) << length;
    }
}

TEST(ProofFile, ATrustedOlderHeadCoversItsOwnCommitsOnly) {
    ProofFile proof = sample().growth_proof(13);
    const Trust old{sample().head(13).id(), std::nullopt};
    proof.commits = {sample().commit(13)};
    EXPECT_TRUE(proof.verify(old).ok());
    proof.commits = {sample().commit(14)};
    EXPECT_FALSE(proof.verify(old).ok());
    EXPECT_TRUE(proof.verify(trusted()).ok());
}

TEST(ProofFile, ATrustedKeyMustHaveSigned) {
    ProofFile proof = sample().row_proof(13, 2);
    const Trust trust{std::nullopt, sign_head(proof.head.head, SampleHistory::kSeed).key};
    EXPECT_FALSE(proof.verify(trust).ok());
    proof.head.signature = sign_head(proof.head.head, SampleHistory::kSeed);
    EXPECT_TRUE(proof.verify(trust).ok());
    EXPECT_FALSE(proof.verify({std::nullopt, PublicKey{1}}).ok());
}

TEST(ProofFile, VectorsAreWhatTheCodeWrites) {
    const std::filesystem::path folder = std::string(KODIAK_SOURCE_FOLDER) + "/tests/vectors/proofs";
    const char* target = std::getenv("KODIAK_WRITE_PROOFS");
    std::map<std::string, std::string> files{{"trusted_head", sample().head().id().hex() + "\n"}};
    for (const auto& [name, text] : valid_proofs()) {
        files["valid-" + name + ".json"] = text;
    }
    for (const auto& [name, text] : forged_proofs()) {
        files["forged-" + name + ".json"] = text;
    }
    for (const auto& [name, text] : files) {
        if (target != nullptr) {
            std::ofstream(std::filesystem::path(target) / name, std::ios::binary) << text;
            continue;
        }
        std::ifstream stream(folder / name, std::ios::binary);
        EXPECT_EQ(std::string((std::istreambuf_iterator<char>(stream)), std::istreambuf_iterator<char>()), text)
            << name;
    }
}

}  // namespace
}  // namespace kodiak::timeline
