#include "timeline/merkle/proof_file.hpp"

#include <algorithm>
#include <limits>

#include "timeline/merkle/proof_text.hpp"

namespace kodiak::timeline {
namespace {

template <size_t kBytes>
std::string_view view_of(const std::array<uint8_t, kBytes>& bytes) {
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

std::string quoted_hex(std::string_view bytes) { return '"' + hex_of(bytes) + '"'; }

// --- writing

std::string text_of(const std::vector<Hash256>& path) {
    std::string text = "[";
    for (const Hash256& hash : path) {
        text += (text.size() > 1 ? "," : "") + quoted_hex(hash.view());
    }
    return text + "]";
}

std::string origin_bytes(OriginId origin) {
    std::string bytes;
    for (int shift = 56; shift >= 0; shift -= 8) {
        bytes.push_back(static_cast<char>(origin.value >> shift));
    }
    return bytes;
}

std::string text_of(const StatedHead& stated) {
    std::string text = "{\"origin\":" + quoted_hex(origin_bytes(stated.head.origin)) +
                       ",\"size\":" + std::to_string(stated.head.size) +
                       ",\"root\":" + quoted_hex(stated.head.root.view()) + ",\"id\":" + quoted_hex(stated.id.view());
    if (stated.signature.has_value()) {
        text += ",\"signature\":{\"key\":" + quoted_hex(view_of(stated.signature->key)) +
                ",\"value\":" + quoted_hex(view_of(stated.signature->value)) + "}";
    }
    return text + "}";
}

std::string text_of(const ProvenCommit& commit) {
    return "{\"seq\":" + std::to_string(commit.seq) + ",\"branch\":" + std::to_string(commit.branch.value) +
           ",\"record\":" + quoted_hex(commit.record) + ",\"path\":" + text_of(commit.path) + "}";
}

std::string text_of(const ProvenRow& row) {
    std::string text = "{\"commit\":" + std::to_string(row.commit) +
                       ",\"header\":" + quoted_hex(view_of(row.header.encode()));
    if (const auto* content = std::get_if<RowContent>(&row.content)) {
        text += ",\"salt\":" + quoted_hex(view_of(content->salt)) + ",\"row\":" + quoted_hex(content->row);
    } else {
        text += ",\"commitment\":" + quoted_hex(std::get<Hash256>(row.content).view());
    }
    return text + ",\"sides\":\"" + row.path.sides + "\",\"path\":" + text_of(row.path.path) + "}";
}

template <class Part>
std::string text_of_all(const std::vector<Part>& parts) {
    std::string text = "[";
    for (const Part& part : parts) {
        text += (text.size() > 1 ? "," : "") + text_of(part);
    }
    return text + "]";
}

// --- reading

Result<StatedHead> read_head(ProofText& text) {
    StatedHead stated;
    KODIAK_TRY(text.expect("{\"origin\":"));
    KODIAK_TRY_ASSIGN(const auto origin, text.bytes<8>());
    for (const uint8_t byte : origin) {
        stated.head.origin.value = stated.head.origin.value << 8 | byte;
    }
    KODIAK_TRY(text.expect(",\"size\":"));
    KODIAK_TRY_ASSIGN(stated.head.size, text.number());
    KODIAK_TRY(text.expect(",\"root\":"));
    KODIAK_TRY_ASSIGN(stated.head.root, text.hash());
    KODIAK_TRY(text.expect(",\"id\":"));
    KODIAK_TRY_ASSIGN(stated.id, text.hash());
    if (text.accept(",\"signature\":{\"key\":")) {
        HeadSignature signature;
        KODIAK_TRY_ASSIGN(signature.key, text.bytes<32>());
        KODIAK_TRY(text.expect(",\"value\":"));
        KODIAK_TRY_ASSIGN(signature.value, text.bytes<64>());
        KODIAK_TRY(text.expect("}"));
        stated.signature = signature;
    }
    KODIAK_TRY(text.expect("}"));
    return stated;
}

Result<OlderHead> read_older(ProofText& text) {
    OlderHead older;
    KODIAK_TRY(text.expect("{\"head\":"));
    KODIAK_TRY_ASSIGN(older.head, read_head(text));
    KODIAK_TRY(text.expect(",\"path\":"));
    KODIAK_TRY_ASSIGN(older.path, text.hashes());
    KODIAK_TRY(text.expect("}"));
    return older;
}

Result<ProvenCommit> read_commit(ProofText& text) {
    ProvenCommit commit;
    KODIAK_TRY(text.expect("{\"seq\":"));
    KODIAK_TRY_ASSIGN(commit.seq, text.number());
    KODIAK_TRY(text.expect(",\"branch\":"));
    KODIAK_TRY_ASSIGN(const uint64_t branch, text.number());
    if (branch > std::numeric_limits<uint16_t>::max()) {
        return make_error(ErrorCode::kInvalidText,
                          "the text is not that of a proof: branch " + std::to_string(branch) + " is above 65535");
    }
    commit.branch = BranchId(static_cast<uint16_t>(branch));
    KODIAK_TRY(text.expect(",\"record\":"));
    KODIAK_TRY_ASSIGN(commit.record, text.hex());
    KODIAK_TRY(text.expect(",\"path\":"));
    KODIAK_TRY_ASSIGN(commit.path, text.hashes());
    KODIAK_TRY(text.expect("}"));
    return commit;
}

Result<ProvenRow> read_row(ProofText& text) {
    ProvenRow row;
    KODIAK_TRY(text.expect("{\"commit\":"));
    KODIAK_TRY_ASSIGN(row.commit, text.number());
    KODIAK_TRY(text.expect(",\"header\":"));
    KODIAK_TRY_ASSIGN(const auto header, text.bytes<ChangeHeader::kBytes>());
    KODIAK_TRY_ASSIGN(row.header, ChangeHeader::decode(view_of(header)));
    if (text.accept(",\"salt\":")) {
        RowContent content;
        KODIAK_TRY_ASSIGN(content.salt, text.bytes<16>());
        KODIAK_TRY(text.expect(",\"row\":"));
        KODIAK_TRY_ASSIGN(content.row, text.hex());
        row.content = std::move(content);
    } else {
        KODIAK_TRY(text.expect(",\"commitment\":"));
        KODIAK_TRY_ASSIGN(row.content, text.hash());
    }
    KODIAK_TRY(text.expect(",\"sides\":"));
    KODIAK_TRY_ASSIGN(row.path.sides, text.sides());
    KODIAK_TRY(text.expect(",\"path\":"));
    KODIAK_TRY_ASSIGN(row.path.path, text.hashes());
    KODIAK_TRY(text.expect("}"));
    return row;
}

template <class Part>
Result<std::vector<Part>> read_all(ProofText& text, Result<Part> (*read)(ProofText&)) {
    std::vector<Part> parts;
    KODIAK_TRY(text.expect("["));
    while (!text.accept("]")) {
        if (!parts.empty()) {
            KODIAK_TRY(text.expect(","));
        }
        KODIAK_TRY_ASSIGN(Part part, read(text));
        parts.push_back(std::move(part));
        if (parts.size() > ProofFile::kPartsMax) {
            return make_error(ErrorCode::kInvalidText, "the proof has too many parts, 65536 are allowed");
        }
    }
    return parts;
}

// --- verifying

Error refused(const std::string& what) {
    return make_error(ErrorCode::kInvalidValue, "the proof is refused: " + what);
}

// Says where an inner proof failed.
Status within(const std::string& part, Status status) {
    return status.ok() ? status : Status(make_error(status.error().code, part + ": " + status.error().message));
}

Status verify_head(const StatedHead& stated) {
    if (stated.id != stated.head.id()) {
        return refused("its id is not that of its origin, size and root");
    }
    return stated.signature.has_value() ? verify_signature(stated.head, *stated.signature) : Status();
}

Status verify_older(const OlderHead& older, const StatedHead& head) {
    KODIAK_TRY(verify_head(older.head));
    if (older.head.head.origin != head.head.origin) {
        return refused("it is of another database");
    }
    return verify_consistency({older.head.head.size, head.head.size, older.path}, older.head.head.root,
                              head.head.root);
}

Status verify_commit(const ProvenCommit& commit, const StatedHead& head) {
    const auto record = CommitRecord::decode(commit.record);
    if (!record.ok()) {
        return record.error();
    }
    if (commit.seq == 0) {
        return refused("there is no commit 0");
    }
    const Hash256 leaf = history_leaf_hash(CommitSeq(commit.seq), commit.branch, commit_identity(commit.record));
    return verify_inclusion(leaf, {commit.seq - 1, head.head.size, commit.path}, head.head.root);
}

Status verify_row(const ProvenRow& row, const std::vector<ProvenCommit>& commits) {
    const auto commit = std::find_if(commits.begin(), commits.end(),
                                     [&](const ProvenCommit& candidate) { return candidate.seq == row.commit; });
    if (commit == commits.end()) {
        return refused("its commit " + std::to_string(row.commit) + " is not in the proof");
    }
    KODIAK_TRY_ASSIGN(const CommitRecord record, CommitRecord::decode(commit->record));
    const auto root = std::find_if(record.roots.begin(), record.roots.end(), [](const Root& candidate) {
        return candidate.kind == RootKind::kChanges && candidate.version == 1;
    });
    if (root == record.roots.end()) {
        return refused("its commit has no changes root of version 1");
    }
    const auto* content = std::get_if<RowContent>(&row.content);
    const Hash256 commitment =
        content != nullptr ? row_commitment(content->salt, content->row) : std::get<Hash256>(row.content);
    return verify_sided_path(change_leaf_hash(row.header, commitment), row.path, root->hash);
}

Status verify_trust(const ProofFile& proof, const Trust& trust) {
    const StatedHead& head = proof.head;
    if (trust.key.has_value() && !(head.signature.has_value() && head.signature->key == *trust.key)) {
        return refused("its head is not signed by the trusted key");
    }
    if (!trust.head.has_value() || *trust.head == head.id) {
        return {};
    }
    if (!proof.older.has_value() || *trust.head != proof.older->head.id) {
        return refused("it is not under the trusted head");
    }
    // A newer head can be made up by anybody who appends to the trusted one.
    for (const ProvenCommit& commit : proof.commits) {
        if (commit.seq > proof.older->head.head.size) {
            return refused("commit " + std::to_string(commit.seq) + " is younger than the trusted head");
        }
    }
    return {};
}

}  // namespace

std::string ProofFile::encode() const {
    std::string text = "{\"kodiak_proof\":" + std::to_string(kFormat) + ",\"head\":" + text_of(head);
    if (older.has_value()) {
        text += ",\"older\":{\"head\":" + text_of(older->head) + ",\"path\":" + text_of(older->path) + "}";
    }
    return text + ",\"commits\":" + text_of_all(commits) + ",\"rows\":" + text_of_all(rows) + "}\n";
}

Result<ProofFile> ProofFile::decode(std::string_view text) {
    ProofText reader(text);
    ProofFile proof;
    KODIAK_TRY(reader.expect("{\"kodiak_proof\":"));
    KODIAK_TRY_ASSIGN(const uint64_t format, reader.number());
    if (format != kFormat) {
        return make_error(ErrorCode::kVersionTooNew,
                          "the proof has format " + std::to_string(format) + ", this program reads format 1");
    }
    KODIAK_TRY(reader.expect(",\"head\":"));
    KODIAK_TRY_ASSIGN(proof.head, read_head(reader));
    if (reader.accept(",\"older\":")) {
        KODIAK_TRY_ASSIGN(proof.older, read_older(reader));
    }
    KODIAK_TRY(reader.expect(",\"commits\":"));
    KODIAK_TRY_ASSIGN(proof.commits, read_all(reader, read_commit));
    KODIAK_TRY(reader.expect(",\"rows\":"));
    KODIAK_TRY_ASSIGN(proof.rows, read_all(reader, read_row));
    KODIAK_TRY(reader.expect("}"));
    KODIAK_TRY(reader.end());
    return proof;
}

Status ProofFile::verify(const Trust& trust) const {
    KODIAK_TRY(within("head", verify_head(head)));
    if (older.has_value()) {
        KODIAK_TRY(within("older head", verify_older(*older, head)));
    }
    KODIAK_TRY(verify_trust(*this, trust));
    if (commits.empty() && !older.has_value()) {
        return refused("it proves nothing");
    }
    for (size_t i = 0; i < commits.size(); ++i) {
        const std::string name = "commit " + std::to_string(commits[i].seq);
        if (i > 0 && commits[i].seq <= commits[i - 1].seq) {
            return within(name, refused("commits do not rise"));
        }
        KODIAK_TRY(within(name, verify_commit(commits[i], head)));
    }
    for (size_t i = 0; i < rows.size(); ++i) {
        KODIAK_TRY(within("row " + std::to_string(i + 1), verify_row(rows[i], commits)));
    }
    return {};
}

}  // namespace kodiak::timeline
