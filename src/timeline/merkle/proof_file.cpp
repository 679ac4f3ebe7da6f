#include "timeline/merkle/proof_file.hpp"

#include <algorithm>
#include <limits>
#include <span>

#include "base/bytes/byte_io.hpp"
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

std::string text_of(const StatedChanges& changes) {
    return "{\"table\":" + std::to_string(changes.table.value) + ",\"after\":" + std::to_string(changes.after) +
           ",\"upto\":" + std::to_string(changes.upto) + ",\"id\":" + quoted_hex(changes.id.view()) + "}";
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

Result<StatedChanges> read_changes(ProofText& text) {
    StatedChanges changes;
    KODIAK_TRY(text.expect("{\"table\":"));
    KODIAK_TRY_ASSIGN(changes.table.value, text.number());
    KODIAK_TRY(text.expect(",\"after\":"));
    KODIAK_TRY_ASSIGN(changes.after, text.number());
    KODIAK_TRY(text.expect(",\"upto\":"));
    KODIAK_TRY_ASSIGN(changes.upto, text.number());
    KODIAK_TRY(text.expect(",\"id\":"));
    KODIAK_TRY_ASSIGN(changes.id, text.hash());
    KODIAK_TRY(text.expect("}"));
    return changes;
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

Result<Hash256> changes_root_of(const ProvenCommit& commit) {
    KODIAK_TRY_ASSIGN(const CommitRecord record, CommitRecord::decode(commit.record));
    const auto root = std::find_if(record.roots.begin(), record.roots.end(), [](const Root& candidate) {
        return candidate.kind == RootKind::kChanges && candidate.version == 1;
    });
    if (root == record.roots.end()) {
        return refused("its commit has no changes root of version 1");
    }
    return root->hash;
}

Status verify_row(const ProvenRow& row, const std::vector<ProvenCommit>& commits) {
    const auto commit = std::lower_bound(commits.begin(), commits.end(), row.commit,
                                         [](const ProvenCommit& one, uint64_t seq) { return one.seq < seq; });
    if (commit == commits.end() || commit->seq != row.commit) {
        return refused("its commit " + std::to_string(row.commit) + " is not in the proof");
    }
    KODIAK_TRY_ASSIGN(const Hash256 root, changes_root_of(*commit));
    const auto* content = std::get_if<RowContent>(&row.content);
    const Hash256 commitment =
        content != nullptr ? row_commitment(content->salt, content->row) : std::get<Hash256>(row.content);
    return verify_sided_path(change_leaf_hash(row.header, commitment), row.path, root);
}

// Whether two leaves of one tree lie side by side, the left one first. Both paths are known to lead to its root.
bool are_neighbours(std::string_view left, std::string_view right) {
    while (!left.empty() && !right.empty() && left.back() == right.back()) {
        left.remove_suffix(1);
        right.remove_suffix(1);
    }
    if (left.empty() || right.empty() || left.back() != 'R' || right.back() != 'L') {
        return false;
    }
    left.remove_suffix(1);
    right.remove_suffix(1);
    return left.find('R') == std::string_view::npos && right.find('L') == std::string_view::npos;
}

// The rows of one commit are all of its leaves for the table, with the leaves beside them where there are such.
Status verify_all_of_table(std::span<const ProvenRow> rows, ObjectId table, const ProvenCommit& commit) {
    if (rows.empty()) {
        KODIAK_TRY_ASSIGN(const Hash256 root, changes_root_of(commit));
        return root == empty_tree_root() ? Status() : Status(refused("its rows are missing"));
    }
    for (size_t i = 0; i < rows.size(); ++i) {
        const ObjectId of = rows[i].header.table;
        const bool is_beside = (i == 0 && of < table) || (i + 1 == rows.size() && of > table);
        if (of != table && !(is_beside && std::holds_alternative<Hash256>(rows[i].content))) {
            return refused("it has a row of another table");
        }
        if (i > 0 && !are_neighbours(rows[i - 1].path.sides, rows[i].path.sides)) {
            return refused("rows between two rows are missing");
        }
    }
    if (rows.front().header.table >= table && rows.front().path.sides.find('L') != std::string::npos) {
        return refused("rows before its first one are missing");
    }
    if (rows.back().header.table <= table && rows.back().path.sides.find('R') != std::string::npos) {
        return refused("rows behind its last one are missing");
    }
    return {};
}

Status verify_changes(const ProofFile& proof) {
    const StatedChanges& changes = *proof.changes;
    if (changes.id != changes.id_under(proof.head.id)) {
        return refused("its id is not that of its table, range and head");
    }
    if (changes.after >= changes.upto || proof.commits.size() != changes.upto - changes.after ||
        proof.commits.front().seq != changes.after + 1 || proof.commits.back().seq != changes.upto) {
        return refused("its commits are not those of its range");
    }
    std::span<const ProvenRow> rest = proof.rows;
    for (const ProvenCommit& commit : proof.commits) {
        size_t count = 0;
        while (count < rest.size() && rest[count].commit == commit.seq) {
            ++count;
        }
        KODIAK_TRY(within("commit " + std::to_string(commit.seq),
                          verify_all_of_table(rest.first(count), changes.table, commit)));
        rest = rest.subspan(count);
    }
    return rest.empty() ? Status() : Status(refused("its rows are not in the order of the commits"));
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

Hash256 StatedChanges::id_under(const Hash256& head) const {
    using namespace std::string_view_literals;
    std::string message("kodiak changes v1\0"sv);
    ByteWriter writer(message);
    writer.u64(table.value);
    writer.u64(after);
    writer.u64(upto);
    return sha256(message, head.view());
}

std::string ProofFile::encode() const {
    std::string text = "{\"kodiak_proof\":" + std::to_string(kFormat) + ",\"head\":" + text_of(head);
    if (older.has_value()) {
        text += ",\"older\":{\"head\":" + text_of(older->head) + ",\"path\":" + text_of(older->path) + "}";
    }
    return text + ",\"commits\":" + text_of_all(commits) + ",\"rows\":" + text_of_all(rows) +
           (changes.has_value() ? ",\"changes\":" + text_of(*changes) : "") + "}\n";
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
    if (reader.accept(",\"changes\":")) {
        KODIAK_TRY_ASSIGN(proof.changes, read_changes(reader));
    }
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
    return changes.has_value() ? within("changes", verify_changes(*this)) : Status();
}

}  // namespace kodiak::timeline
