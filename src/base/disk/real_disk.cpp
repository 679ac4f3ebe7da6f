#include <fcntl.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <ctime>
#include <filesystem>
#include <system_error>

#include <fmt/format.h>

#include "base/disk/disk.hpp"

namespace kodiak {

namespace {

ErrorCode code_of(int error) {
    switch (error) {
        case ENOENT:
        case ENOTDIR:
            return ErrorCode::kNotFound;
        case EACCES:
        case EPERM:
        case EROFS:
            return ErrorCode::kPermission;
        case ENOSPC:
        case EDQUOT:
        case EFBIG:
            return ErrorCode::kDiskFull;
        default:
            return ErrorCode::kIo;
    }
}

Error system_error(int error, const std::string& attempt) {
    Error result = make_error(code_of(error),
                              fmt::format("cannot {}: {}", attempt, std::generic_category().message(error)));
    if (result.code == ErrorCode::kDiskFull) {
        result.hint = "Free some space on this disk and repeat the operation.";
    }
    return result;
}

std::string parent_of(const std::string& path) {
    const std::string parent = std::filesystem::path(path).parent_path().string();
    return parent.empty() ? "." : parent;
}

// Calls again while a signal interrupts.
template <class Call>
auto retry_interrupted(Call call) {
    auto result = call();
    while (result < 0 && errno == EINTR) {
        result = call();
    }
    return result;
}

// One pread or pwrite may not take more than this on Linux, and 32-bit lengths stay away from the edge.
constexpr uint64_t kTransferBytesMax = uint64_t{1} << 30;

// A file descriptor that closes itself.
class Descriptor {
   public:
    explicit Descriptor(int fd) : fd_(fd) {}
    ~Descriptor() {
        if (fd_ >= 0) {
            ::close(fd_);
        }
    }
    Descriptor(Descriptor&& other) noexcept : fd_(other.fd_) { other.fd_ = -1; }
    Descriptor(const Descriptor&) = delete;
    Descriptor& operator=(const Descriptor&) = delete;
    int get() const { return fd_; }

   private:
    int fd_;
};

class RealFile final : public File {
   public:
    RealFile(Descriptor fd, std::string path) : fd_(std::move(fd)), path_(std::move(path)) {}

    Status read(uint64_t offset, uint64_t bytes, char* target) override {
        uint64_t done = 0;
        while (done < bytes) {
            const size_t wanted = static_cast<size_t>(std::min(bytes - done, kTransferBytesMax));
            const ssize_t got = retry_interrupted(
                [&] { return ::pread(fd_.get(), target + done, wanted, static_cast<off_t>(offset + done)); });
            if (got < 0) {
                return system_error(errno, fmt::format("read {} bytes of \"{}\" at offset {}", bytes, path_, offset));
            }
            if (got == 0) {
                return make_error(ErrorCode::kCorruption,
                                  fmt::format("file \"{}\" ends too early: wanted {} bytes at offset {}, found {}",
                                              path_, bytes, offset, done));
            }
            done += static_cast<uint64_t>(got);
        }
        return ok_status();
    }

    Status write(uint64_t offset, std::string_view data) override {
        uint64_t done = 0;
        while (done < data.size()) {
            const size_t wanted = static_cast<size_t>(std::min<uint64_t>(data.size() - done, kTransferBytesMax));
            const ssize_t put = retry_interrupted(
                [&] { return ::pwrite(fd_.get(), data.data() + done, wanted, static_cast<off_t>(offset + done)); });
            if (put < 0) {
                return system_error(errno,
                                    fmt::format("write {} bytes to \"{}\" at offset {}", data.size(), path_, offset));
            }
            done += static_cast<uint64_t>(put);
        }
        return ok_status();
    }

    Status sync() override {
        if (retry_interrupted([&] { return ::fdatasync(fd_.get()); }) != 0) {
            return system_error(errno, fmt::format("sync \"{}\"", path_));
        }
        return ok_status();
    }

    Status preallocate(uint64_t bytes) override {
        KODIAK_TRY_ASSIGN(const uint64_t old_bytes, size());
        if (bytes <= old_bytes) {
            return ok_status();
        }
        // Reserving first makes a full disk show before anything is written. File systems without the call
        // (EOPNOTSUPP and the like) get the zeros only.
        const int reserved = retry_interrupted([&] {
            return ::fallocate(fd_.get(), FALLOC_FL_KEEP_SIZE, static_cast<off_t>(old_bytes),
                               static_cast<off_t>(bytes - old_bytes));
        });
        if (reserved != 0 && code_of(errno) == ErrorCode::kDiskFull) {
            return system_error(errno, fmt::format("extend \"{}\" to {} bytes", path_, bytes));
        }
        // Reserved blocks are marked unwritten, and the first write to one has to change that mark in the file
        // system's journal. Writing zeros now takes this cost out of later durable writes.
        const std::string zeros(static_cast<size_t>(std::min(bytes - old_bytes, uint64_t{4} << 20)), '\0');
        for (uint64_t at = old_bytes; at < bytes;) {
            const uint64_t piece_bytes = std::min<uint64_t>(zeros.size(), bytes - at);
            const std::string_view piece(zeros.data(), static_cast<size_t>(piece_bytes));
            KODIAK_TRY(write(at, piece));
            at += piece.size();
        }
        return ok_status();
    }

    Status truncate(uint64_t bytes) override {
        if (retry_interrupted([&] { return ::ftruncate(fd_.get(), static_cast<off_t>(bytes)); }) != 0) {
            return system_error(errno, fmt::format("truncate \"{}\" to {} bytes", path_, bytes));
        }
        return ok_status();
    }

    Result<uint64_t> size() override {
        struct stat status = {};
        if (::fstat(fd_.get(), &status) != 0) {
            return system_error(errno, fmt::format("ask for the size of \"{}\"", path_));
        }
        return static_cast<uint64_t>(status.st_size);
    }

   private:
    Descriptor fd_;
    const std::string path_;
};

class RealMapping final : public Mapping {
   public:
    RealMapping(void* data, uint64_t bytes) : data_(data), bytes_(bytes) {}
    ~RealMapping() override {
        if (data_ != nullptr) {
            ::munmap(data_, bytes_);
        }
    }
    RealMapping(const RealMapping&) = delete;
    RealMapping& operator=(const RealMapping&) = delete;
    const uint8_t* data() const override { return static_cast<const uint8_t*>(data_); }
    uint64_t bytes() const override { return bytes_; }

   private:
    void* const data_;  // nullptr for an empty file, which the kernel does not map
    const uint64_t bytes_;
};

// flock belongs to the open file description, so a second lock of the same process meets it too, unlike fcntl's.
class RealLock final : public FileLock {
   public:
    explicit RealLock(Descriptor fd) : fd_(std::move(fd)) {}
    ~RealLock() override {
        // The owner's text goes with the lock; a failure leaves stale text, which nobody reads while unlocked.
        [[maybe_unused]] const int ignored = ::ftruncate(fd_.get(), 0);
    }
    RealLock(const RealLock&) = delete;
    RealLock& operator=(const RealLock&) = delete;

   private:
    Descriptor fd_;
};

int open_flags(OpenMode mode) {
    switch (mode) {
        case OpenMode::kRead:
            return O_RDONLY;
        case OpenMode::kReadWrite:
            return O_RDWR;
        case OpenMode::kCreate:
            return O_RDWR | O_CREAT | O_EXCL;
        case OpenMode::kCreateOrOpen:
            return O_RDWR | O_CREAT;
        case OpenMode::kCreateOrOpenDurable:
            return O_RDWR | O_CREAT | O_DSYNC;
    }
    return O_RDONLY;
}

class RealDisk final : public Disk {
   public:
    Result<std::unique_ptr<File>> open(const std::string& path, OpenMode mode) override {
        KODIAK_TRY_ASSIGN(Descriptor fd, open_descriptor(path, open_flags(mode)));
        return std::unique_ptr<File>(std::make_unique<RealFile>(std::move(fd), path));
    }

    Result<std::unique_ptr<Mapping>> map(const std::string& path) override {
        KODIAK_TRY_ASSIGN(const Descriptor fd, open_descriptor(path, O_RDONLY));
        struct stat status = {};
        if (::fstat(fd.get(), &status) != 0) {
            return system_error(errno, fmt::format("ask for the size of \"{}\"", path));
        }
        const auto bytes = static_cast<uint64_t>(status.st_size);
        if (bytes == 0) {
            return std::unique_ptr<Mapping>(std::make_unique<RealMapping>(nullptr, 0));
        }
        void* const data = ::mmap(nullptr, bytes, PROT_READ, MAP_SHARED, fd.get(), 0);
        if (data == MAP_FAILED) {
            return system_error(errno, fmt::format("map {} bytes of \"{}\"", bytes, path));
        }
        return std::unique_ptr<Mapping>(std::make_unique<RealMapping>(data, bytes));
    }

    Result<bool> exists(const std::string& path) override {
        KODIAK_TRY_ASSIGN(const mode_t mode, mode_of(path));
        return mode != 0;
    }

    Status rename(const std::string& from, const std::string& to) override {
        if (::rename(from.c_str(), to.c_str()) != 0) {
            return system_error(errno, fmt::format("rename \"{}\" to \"{}\"", from, to));
        }
        return ok_status();
    }

    Status remove(const std::string& path) override {
        if (::unlink(path.c_str()) != 0) {
            return system_error(errno, fmt::format("remove \"{}\"", path));
        }
        return ok_status();
    }

    Status create_directory(const std::string& path) override {
        KODIAK_TRY_ASSIGN(const bool is_there, is_directory(path));
        if (is_there) {
            return ok_status();
        }
        const std::string parent = parent_of(path);
        if (parent != path && parent != ".") {
            KODIAK_TRY(create_directory(parent));
        }
        if (::mkdir(path.c_str(), 0777) != 0 && errno != EEXIST) {
            return system_error(errno, fmt::format("create directory \"{}\"", path));
        }
        KODIAK_TRY_ASSIGN(const bool is_now, is_directory(path));
        if (!is_now) {
            return system_error(EEXIST, fmt::format("create directory \"{}\"", path));
        }
        return sync_directory(parent);
    }

    Result<bool> is_directory(const std::string& path) override {
        KODIAK_TRY_ASSIGN(const mode_t mode, mode_of(path));
        return S_ISDIR(mode);
    }

    Result<std::vector<std::string>> list(const std::string& path) override {
        std::error_code error;
        std::vector<std::string> names;
        for (std::filesystem::directory_iterator at(path, error), end; !error && at != end; at.increment(error)) {
            names.push_back(at->path().filename().string());
        }
        if (error) {
            return system_error(error.value(), fmt::format("list directory \"{}\"", path));
        }
        std::sort(names.begin(), names.end());
        return names;
    }

    Status sync_directory(const std::string& path) override {
        KODIAK_TRY_ASSIGN(const Descriptor fd, open_descriptor(path, O_RDONLY | O_DIRECTORY));
        if (retry_interrupted([&] { return ::fsync(fd.get()); }) != 0) {
            return system_error(errno, fmt::format("sync directory \"{}\"", path));
        }
        return ok_status();
    }

    Result<std::unique_ptr<FileLock>> lock(const std::string& path, const std::string& owner) override {
        KODIAK_TRY_ASSIGN(Descriptor fd, open_descriptor(path, O_RDWR | O_CREAT));
        if (retry_interrupted([&] { return ::flock(fd.get(), LOCK_EX | LOCK_NB); }) != 0) {
            if (errno == EWOULDBLOCK) {
                return held_by_other(fd, path);
            }
            return system_error(errno, fmt::format("lock \"{}\"", path));
        }
        const int fd_number = fd.get();
        auto lock = std::make_unique<RealLock>(std::move(fd));
        if (::ftruncate(fd_number, 0) != 0 ||
            ::pwrite(fd_number, owner.data(), owner.size(), 0) != static_cast<ssize_t>(owner.size())) {
            return system_error(errno, fmt::format("write the owner into \"{}\"", path));
        }
        return std::unique_ptr<FileLock>(std::move(lock));
    }

   private:
    static Result<Descriptor> open_descriptor(const std::string& path, int flags) {
        const int fd = retry_interrupted([&] { return ::open(path.c_str(), flags | O_CLOEXEC, 0666); });
        if (fd < 0) {
            return system_error(errno, fmt::format("open \"{}\"", path));
        }
        return Descriptor(fd);
    }

    // The type bits of what lies at `path`, 0 for nothing.
    static Result<mode_t> mode_of(const std::string& path) {
        struct stat status = {};
        if (::stat(path.c_str(), &status) == 0) {
            return static_cast<mode_t>(status.st_mode);
        }
        if (errno == ENOENT || errno == ENOTDIR) {
            return mode_t{0};
        }
        return system_error(errno, fmt::format("look at \"{}\"", path));
    }

    static Error held_by_other(const Descriptor& fd, const std::string& path) {
        char text[512];
        const ssize_t bytes = ::pread(fd.get(), text, sizeof text, 0);
        const std::string owner = bytes > 0 ? std::string(text, static_cast<size_t>(bytes)) : "another process";
        return make_error(ErrorCode::kLocked, fmt::format("cannot lock \"{}\": held by {}", path, owner));
    }
};

}  // namespace

std::string describe_lock_owner(Timestamp since) {
    std::string program(4096, '\0');
    const ssize_t bytes = ::readlink("/proc/self/exe", program.data(), program.size());
    program.resize(bytes > 0 ? static_cast<size_t>(bytes) : 0);
    const std::time_t seconds = static_cast<std::time_t>(since.micros / 1'000'000);
    std::tm utc = {};
    ::gmtime_r(&seconds, &utc);
    return fmt::format("process {} ({}) since {:04}-{:02}-{:02} {:02}:{:02}:{:02} UTC", ::getpid(),
                       program.empty() ? "unknown program" : std::filesystem::path(program).filename().string(),
                       utc.tm_year + 1900, utc.tm_mon + 1, utc.tm_mday, utc.tm_hour, utc.tm_min, utc.tm_sec);
}

std::shared_ptr<Disk> make_real_disk() { return std::make_shared<RealDisk>(); }

}  // namespace kodiak
