#include "database/signing.hpp"

#include <algorithm>

#include "base/disk/disk.hpp"
#include "base/random/random.hpp"
#include "timeline/merkle/proof_file.hpp"

namespace kodiak::database {

namespace {

using timeline::KeySeed;

Result<KeySeed> read_key(const std::string& file) {
    const auto disk = make_real_disk();
    KODIAK_TRY_ASSIGN(const auto opened, disk->open(file, OpenMode::kRead));
    KODIAK_TRY_ASSIGN(const uint64_t size, opened->size());
    std::string text(std::min<uint64_t>(size, 2 * Hash256::kBytes + 2), '\0');
    KODIAK_TRY(opened->read(0, text.size(), text.data()));
    while (!text.empty() && (text.back() == '\n' || text.back() == '\r')) {
        text.pop_back();
    }
    const auto seed = Hash256::from_hex(text);
    if (!seed.ok()) {
        return make_error(ErrorCode::kInvalidText, "not a key: " + file)
            .with_hint("kodiak timeline key FILE makes one.");
    }
    return seed->bytes;
}

std::string public_key_of(const KeySeed& seed) {
    Hash256 key;
    key.bytes = timeline::sign_head({}, seed).key;
    return key.hex();
}

}  // namespace

Result<std::string> create_key(const std::string& file) {
    const auto disk = make_real_disk();
    KODIAK_TRY_ASSIGN(const bool exists, disk->exists(file));
    if (exists) {
        return make_error(ErrorCode::kDuplicateObject, "the key file exists already: " + file);
    }
    Hash256 seed;
    make_system_random()->fill(seed.bytes.data(), seed.bytes.size());
    KODIAK_TRY_ASSIGN(const auto created, disk->open(file, OpenMode::kCreate));
    KODIAK_TRY(created->write(0, seed.hex() + "\n"));
    KODIAK_TRY(created->sync());
    return public_key_of(seed.bytes);
}

Result<std::string> public_key(const std::string& file) {
    KODIAK_TRY_ASSIGN(const KeySeed seed, read_key(file));
    return public_key_of(seed);
}

Result<std::string> sign_proof(std::string_view text, const std::string& key_file) {
    KODIAK_TRY_ASSIGN(const KeySeed seed, read_key(key_file));
    KODIAK_TRY_ASSIGN(timeline::ProofFile proof, timeline::ProofFile::decode(text));
    KODIAK_TRY(proof.verify({}));
    proof.head.signature = timeline::sign_head(proof.head.head, seed);
    if (proof.older) {
        proof.older->head.signature = timeline::sign_head(proof.older->head.head, seed);
    }
    return proof.encode();
}

}  // namespace kodiak::database
