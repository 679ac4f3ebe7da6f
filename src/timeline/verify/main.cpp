// kodiak-verify: checks a proof file (docs/formats/proof.md) without a database.
//
// Exit: 0 everything holds, 1 it does not (or the file cannot be read), 2 the command line is wrong.

#include <cstdio>
#include <ctime>
#include <optional>
#include <string>

#include "base/disk/disk.hpp"
#include "timeline/merkle/proof_file.hpp"
#include "timeline/merkle/proof_text.hpp"

namespace kodiak::timeline {
namespace {

constexpr int kHolds = 0;
constexpr int kFails = 1;
constexpr int kUsage = 2;
constexpr uint64_t kFileBytesMax = uint64_t{1} << 30;

constexpr const char* kHelp =
    "usage: kodiak-verify FILE [--head ID|FILE] [--key KEY]\n"
    "\n"
    "Checks a proof that Kodiak made. Needs no database and no network.\n"
    "  --head ID|FILE  the id of a tree head that you trust (64 hexadecimal digits), or a file that begins with it\n"
    "  --key KEY       the public key (64 hexadecimal digits) that must have signed the proof's head\n"
    "\n"
    "Without --head and --key the proof is checked against the head that it names itself: compare that id with one\n"
    "that you got from elsewhere.\n";

struct Wanted {
    std::string file;
    Trust trust;
};

Result<std::string> read_file(const std::string& path) {
    KODIAK_TRY_ASSIGN(const std::unique_ptr<File> file, make_real_disk()->open(path, OpenMode::kRead));
    KODIAK_TRY_ASSIGN(const uint64_t bytes, file->size());
    if (bytes > kFileBytesMax) {
        return make_error(ErrorCode::kTooLarge, "file \"" + path + "\" is too large for a proof");
    }
    std::string content(bytes, '\0');
    KODIAK_TRY(file->read(0, bytes, content.data()));
    return content;
}

// The id itself, or the first 64 characters of the file of that name.
Result<Hash256> read_head_id(const std::string& text) {
    const auto id = Hash256::from_hex(text);
    if (id.ok()) {
        return *id;
    }
    KODIAK_TRY_ASSIGN(const std::string content, read_file(text));
    return Hash256::from_hex(std::string_view(content).substr(0, 2 * Hash256::kBytes));
}

Result<Wanted> read_arguments(int count, char** arguments) {
    Wanted wanted;
    for (int i = 1; i < count; ++i) {
        const std::string argument = arguments[i];
        const bool is_option = argument == "--head" || argument == "--key";
        if (is_option && i + 1 == count) {
            return make_error(ErrorCode::kInvalidValue, argument + " needs a value");
        }
        if (argument == "--head") {
            KODIAK_TRY_ASSIGN(wanted.trust.head, read_head_id(arguments[++i]));
        } else if (argument == "--key") {
            KODIAK_TRY_ASSIGN(const Hash256 key, Hash256::from_hex(arguments[++i]));
            wanted.trust.key = key.bytes;
        } else if (argument.starts_with("-") || !wanted.file.empty()) {
            return make_error(ErrorCode::kInvalidValue, "unknown argument \"" + argument + "\"");
        } else {
            wanted.file = argument;
        }
    }
    if (wanted.file.empty()) {
        return make_error(ErrorCode::kInvalidValue, "no file is named");
    }
    return wanted;
}

// Text of others, without anything that a terminal would obey.
std::string shown(std::string_view text) {
    std::string safe;
    for (const char c : text) {
        const auto byte = static_cast<uint8_t>(c);
        safe.push_back(byte < 0x20 || byte == 0x7F ? '?' : c);
    }
    return safe;
}

std::string shown(Timestamp time) {
    const auto micros = time.micros % 1'000'000;
    const std::time_t seconds = (time.micros - micros) / 1'000'000;
    std::tm parts{};
    char text[64];
    if (micros < 0 || gmtime_r(&seconds, &parts) == nullptr ||
        std::strftime(text, sizeof text, "%Y-%m-%d %H:%M:%S", &parts) == 0) {
        return std::to_string(time.micros) + " microseconds since 1970";
    }
    char all[80];
    std::snprintf(all, sizeof all, "%s.%06d UTC", text, static_cast<int>(micros));
    return all;
}

void print_head(const char* name, const StatedHead& stated, const Trust& trust) {
    std::printf("%s %s\n  %llu commits of database %016llx%s%s\n", name, stated.id.hex().c_str(),
                static_cast<unsigned long long>(stated.head.size),
                static_cast<unsigned long long>(stated.head.origin.value),
                stated.signature.has_value() ? ", signed" : "",
                trust.head.has_value() && *trust.head == stated.id ? ", the trusted head" : "");
}

void print_row(const ProvenRow& row) {
    constexpr const char* kDone[] = {"", "inserted", "updated", "deleted"};
    std::printf("row %llu of origin %016llx, table %llu, schema version %u: %s in commit %llu\n",
                static_cast<unsigned long long>(row.header.row.counter),
                static_cast<unsigned long long>(row.header.row.origin.value),
                static_cast<unsigned long long>(row.header.table.value), row.header.schema_version.value,
                kDone[static_cast<int>(row.header.op)], static_cast<unsigned long long>(row.commit));
    if (const auto* content = std::get_if<RowContent>(&row.content)) {
        std::printf("  %s\n", hex_of(content->row).c_str());
    } else {
        std::printf("  its content is erased\n");
    }
}

void print(const ProofFile& proof, const Trust& trust) {
    std::printf("the proof holds\n");
    print_head("head", proof.head, trust);
    if (proof.older.has_value()) {
        print_head("grew out of", proof.older->head, trust);
    }
    for (const ProvenCommit& commit : proof.commits) {
        const auto record = CommitRecord::decode(commit.record);
        if (record.ok()) {
            std::printf("commit %llu %s\n  on %s, %s, by \"%s\": %s\n", static_cast<unsigned long long>(commit.seq),
                        commit_identity(commit.record).hex().c_str(), shown(record->branch).c_str(),
                        shown(record->timestamp).c_str(), shown(record->author).c_str(),
                        shown(record->message).c_str());
        }
    }
    for (const ProvenRow& row : proof.rows) {
        print_row(row);
    }
    if (proof.changes.has_value()) {
        std::printf("these are all changes of table %llu in the commits %llu to %llu\n",
                    static_cast<unsigned long long>(proof.changes->table.value),
                    static_cast<unsigned long long>(proof.changes->after + 1),
                    static_cast<unsigned long long>(proof.changes->upto));
    }
    if (!trust.head.has_value() && !trust.key.has_value()) {
        std::printf("note: the head was taken from the file itself; compare its id with one that you trust (--head)\n");
    }
}

int run(int count, char** arguments) {
    if (count == 2 && (std::string_view(arguments[1]) == "--help" || std::string_view(arguments[1]) == "-h")) {
        std::fputs(kHelp, stdout);
        return kHolds;
    }
    const auto wanted = read_arguments(count, arguments);
    if (!wanted.ok()) {
        std::fprintf(stderr, "kodiak-verify: %s\n\n%s", wanted.error().message.c_str(), kHelp);
        return kUsage;
    }
    const auto text = read_file(wanted->file);
    const auto proof = text.ok() ? ProofFile::decode(*text) : Result<ProofFile>(text.error());
    const Status verdict = proof.ok() ? proof->verify(wanted->trust) : Status(proof.error());
    if (!verdict.ok()) {
        std::fprintf(stderr, "kodiak-verify: %s: %s\n", wanted->file.c_str(), verdict.error().message.c_str());
        return kFails;
    }
    print(*proof, wanted->trust);
    return kHolds;
}

}  // namespace
}  // namespace kodiak::timeline

int main(int count, char** arguments) { return kodiak::timeline::run(count, arguments); }
