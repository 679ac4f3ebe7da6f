#include "language/jit/object_cache.hpp"

#include "base/bytes/byte_io.hpp"
#include "base/hash/sha256.hpp"

namespace kodiak::language {
namespace {

constexpr std::string_view kMagic = "KDJITOB1";
constexpr std::string_view kSuffix = ".kdobj";
constexpr uint64_t kBytesMost = uint64_t{16} << 20;
constexpr size_t kFilesMost = 2000;

}  // namespace

ObjectCache::ObjectCache(std::shared_ptr<Disk> disk, std::string folder, std::string identity)
    : disk_(std::move(disk)), folder_(std::move(folder)), identity_(std::move(identity)) {}

// Another processor, LLVM or generator has files of its own.
std::string ObjectCache::path_of(const std::string& key) const {
    return folder_ + "/" + sha256(key, identity_).hex() + std::string(kSuffix);
}

std::optional<std::string> ObjectCache::read(const std::string& path) const {
    Result<std::unique_ptr<File>> file = disk_->open(path, OpenMode::kRead);
    if (!file.ok()) {
        return std::nullopt;
    }
    const Result<uint64_t> size = (*file)->size();
    if (!size.ok() || *size > kBytesMost) {
        return std::nullopt;
    }
    std::string bytes(*size, '\0');
    return (*file)->read(0, *size, bytes.data()).ok() ? std::optional(std::move(bytes)) : std::nullopt;
}

std::optional<std::string> ObjectCache::find(const std::string& key) const {
    const std::string path = path_of(key);
    const std::optional<std::string> bytes = read(path);
    if (!bytes) {
        return std::nullopt;
    }
    const size_t head = kMagic.size() + Hash256::kBytes;
    const std::string_view all = *bytes;
    const bool whole = all.size() >= head && all.starts_with(kMagic) &&
                       sha256(all.substr(head)).view() == all.substr(kMagic.size(), Hash256::kBytes);
    if (whole) {
        ByteReader reader(all.substr(head));
        const Result<std::string_view> identity = reader.bytes();
        const Result<std::string_view> of = identity.ok() ? reader.bytes() : identity;
        const Result<std::string_view> object = of.ok() ? reader.bytes() : of;
        if (object.ok() && *identity == identity_ && *of == key && reader.at_end()) {
            return std::string(*object);
        }
    }
    static_cast<void>(disk_->remove(path).ok());
    return std::nullopt;
}

void ObjectCache::keep(const std::string& key, const std::string& object) const {
    std::string body;
    ByteWriter writer(body);
    writer.bytes(identity_);
    writer.bytes(key);
    writer.bytes(object);
    const std::string bytes = std::string(kMagic) + std::string(sha256(body).view()) + body;
    if (bytes.size() <= kBytesMost && disk_->create_directory(folder_).ok() && make_room().ok()) {
        static_cast<void>(write(path_of(key), bytes).ok());
    }
}

// Readers see no half of a file; what a crash leaves half is refused by its checksum, so nothing is synced.
Status ObjectCache::write(const std::string& path, const std::string& bytes) const {
    const std::string fresh = path + ".new";
    KODIAK_TRY_ASSIGN(const std::unique_ptr<File> file, disk_->open(fresh, OpenMode::kCreateOrOpen));
    KODIAK_TRY(file->truncate(0));
    KODIAK_TRY(file->write(0, bytes));
    return disk_->rename(fresh, path);
}

Status ObjectCache::make_room() const {
    KODIAK_TRY_ASSIGN(const std::vector<std::string> names, disk_->list(folder_));
    if (names.size() < kFilesMost) {
        return ok_status();
    }
    for (const std::string& name : names) {
        if (name.find(kSuffix) != std::string::npos) {
            KODIAK_TRY(disk_->remove(folder_ + "/" + name));
        }
    }
    return ok_status();
}

}  // namespace kodiak::language
