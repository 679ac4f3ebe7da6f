#include "base/disk/simulated_disk.hpp"

#include <algorithm>
#include <filesystem>
#include <map>
#include <mutex>
#include <optional>
#include <set>

#include <fmt/format.h>

#include "base/disk/simulated_medium.hpp"

namespace kodiak {

using namespace simulated;

namespace {

std::string normal(const std::string& path) {
    std::string result = (std::filesystem::path("/") / path).lexically_normal().string();
    if (result.size() > 1 && result.back() == '/') {
        result.pop_back();
    }
    return result;
}

std::string parent_of(const std::string& path) { return std::filesystem::path(path).parent_path().string(); }

struct Fault {
    ErrorCode code = ErrorCode::kIo;
    FailureEffect effect = FailureEffect::kNothing;
};

// What happens to one event.
struct Verdict {
    bool applies = true;   // the change takes place ...
    bool partly = false;   // ... with every second sector only
    bool promised = true;  // ... and counts as a finished call
    std::optional<Error> error;
};

Error power_is_off_error() { return make_error(ErrorCode::kIo, "power is off"); }

}  // namespace

struct SimulatedDisk::State {
    mutable std::mutex mutex;
    Names names;          // what calls see
    Names durable_names;  // what a power loss leaves at least
    std::vector<NameChange> pending_names;
    std::set<std::string> directories{"/"};
    std::set<std::string> directories_in_flight;  // being created when the power went
    std::map<std::string, std::string> locks;     // path to owner
    std::vector<std::string> events;
    std::map<uint64_t, Fault> faults;
    uint64_t crash_event = 0;
    uint64_t capacity = UINT64_MAX;
    bool power_off = false;

    Status check_power() const { return power_off ? Status(power_is_off_error()) : ok_status(); }

    // Counts one event and decides what becomes of it.
    Verdict next_event(std::string what) {
        Verdict verdict;
        if (power_off) {
            verdict.applies = false;
            verdict.error = power_is_off_error();
            return verdict;
        }
        events.push_back(std::move(what));
        if (events.size() == crash_event) {
            power_off = true;
            verdict.promised = false;
            verdict.error = power_is_off_error();
            return verdict;
        }
        const auto fault = faults.find(events.size());
        if (fault != faults.end()) {
            const bool wholly = fault->second.effect == FailureEffect::kEverything;
            verdict.partly = fault->second.effect == FailureEffect::kPartly;
            verdict.applies = wholly || verdict.partly;
            verdict.promised = wholly;
            verdict.error = make_error(fault->second.code,
                                       fmt::format("cannot {}: fault set by a test", events.back()));
        }
        return verdict;
    }

    uint64_t bytes_used() const {
        uint64_t sum = 0;
        for (const auto& [path, inode] : names) {
            sum += inode->cached.size();
        }
        return sum;
    }
    // Bytes by which files may still grow.
    uint64_t room() const {
        const uint64_t used = bytes_used();
        return used >= capacity ? 0 : capacity - used;
    }

    Status write(Inode& inode, const std::string& path, bool durable, uint64_t offset, std::string_view data) {
        Verdict verdict = next_event(fmt::format("write {} {}+{}", path, offset, data.size()));
        if (!verdict.applies) {
            return *verdict.error;
        }
        const uint64_t old_bytes = inode.cached.size();
        const uint64_t growth = offset + data.size() > old_bytes ? offset + data.size() - old_bytes : 0;
        if (!verdict.error && growth > room()) {
            verdict.error = make_error(ErrorCode::kDiskFull, fmt::format("cannot {}: no space left", events.back()));
            verdict.promised = false;
            // What fits is written, as by a short pwrite before the one that fails.
            const uint64_t lacking = growth - room();
            data = data.substr(0, data.size() - std::min<uint64_t>(data.size(), lacking));
        }
        const auto store = [&](uint64_t at, std::string_view piece) {
            put(inode.cached, at, piece);
            if (durable && verdict.promised) {
                write_durably(inode, at, piece);
            } else {
                inode.pending.push_back({ContentChange::Kind::kWrite, at, std::string(piece)});
            }
        };
        if (verdict.partly) {
            bool keep = true;
            for_each_sector(offset, data, [&](uint64_t at, std::string_view piece) {
                if (keep) {
                    store(at, piece);
                }
                keep = !keep;
            });
        } else if (!data.empty()) {
            store(offset, data);
        }
        return verdict.error ? Status(*verdict.error) : ok_status();
    }

    // preallocate and truncate.
    Status resize(Inode& inode, const std::string& path, ContentChange::Kind kind, uint64_t bytes) {
        const bool grows_only = kind == ContentChange::Kind::kGrow;
        Verdict verdict = next_event(fmt::format("{} {} to {}", grows_only ? "preallocate" : "truncate", path, bytes));
        if (!verdict.applies || verdict.partly) {
            return *verdict.error;
        }
        const uint64_t old_bytes = inode.cached.size();
        if (!verdict.error && bytes > old_bytes && bytes - old_bytes > room()) {
            return make_error(ErrorCode::kDiskFull, fmt::format("cannot {}: no space left", events.back()));
        }
        inode.pending.push_back({kind, bytes, {}});
        apply_change(inode.cached, inode.pending.back());
        return verdict.error ? Status(*verdict.error) : ok_status();
    }

    Status sync(Inode& inode, const std::string& path) {
        const Verdict verdict = next_event(fmt::format("sync {}", path));
        if (verdict.promised && verdict.applies) {
            inode.durable = inode.cached;
            inode.pending.clear();
        }
        return verdict.error ? Status(*verdict.error) : ok_status();
    }

    // Creates, removes or renames a name.
    Status change_name(const std::string& what, NameChange change) {
        const Verdict verdict = next_event(what);
        if (verdict.applies && !verdict.partly) {
            apply_change(names, change);
            pending_names.push_back(std::move(change));
        }
        return verdict.error ? Status(*verdict.error) : ok_status();
    }

    Result<InodeRef> find(const std::string& path) const {
        const auto found = names.find(path);
        if (found == names.end()) {
            return make_error(ErrorCode::kNotFound, fmt::format("cannot open \"{}\": no such file", path));
        }
        return found->second;
    }
};

namespace {

class OpenSimulatedFile final : public File {
   public:
    OpenSimulatedFile(std::shared_ptr<SimulatedDisk::State> state, InodeRef inode, std::string path, OpenMode mode)
        : state_(std::move(state)), inode_(std::move(inode)), path_(std::move(path)), mode_(mode) {}

    Status read(uint64_t offset, uint64_t bytes, char* target) override {
        const std::lock_guard guard(state_->mutex);
        KODIAK_TRY(state_->check_power());
        const std::string& cached = inode_->cached;
        if (offset > cached.size() || bytes > cached.size() - offset) {
            return make_error(ErrorCode::kCorruption,
                              fmt::format("file \"{}\" ends too early: wanted {} bytes at offset {}, size is {}", path_,
                                          bytes, offset, cached.size()));
        }
        cached.copy(target, bytes, offset);
        return ok_status();
    }
    Status write(uint64_t offset, std::string_view data) override {
        const std::lock_guard guard(state_->mutex);
        KODIAK_TRY(check_writable());
        return state_->write(*inode_, path_, mode_ == OpenMode::kCreateOrOpenDurable, offset, data);
    }
    Status sync() override {
        const std::lock_guard guard(state_->mutex);
        return state_->sync(*inode_, path_);
    }
    Status preallocate(uint64_t bytes) override {
        const std::lock_guard guard(state_->mutex);
        KODIAK_TRY(check_writable());
        return state_->resize(*inode_, path_, ContentChange::Kind::kGrow, bytes);
    }
    Status truncate(uint64_t bytes) override {
        const std::lock_guard guard(state_->mutex);
        KODIAK_TRY(check_writable());
        return state_->resize(*inode_, path_, ContentChange::Kind::kTruncate, bytes);
    }
    Result<uint64_t> size() override {
        const std::lock_guard guard(state_->mutex);
        KODIAK_TRY(state_->check_power());
        return static_cast<uint64_t>(inode_->cached.size());
    }

   private:
    Status check_writable() const {
        if (mode_ == OpenMode::kRead) {
            return make_error(ErrorCode::kIo, fmt::format("cannot write to \"{}\": opened for reading", path_));
        }
        return ok_status();
    }

    const std::shared_ptr<SimulatedDisk::State> state_;
    const InodeRef inode_;
    const std::string path_;
    const OpenMode mode_;
};

class CopiedMapping final : public Mapping {
   public:
    explicit CopiedMapping(std::string bytes) : bytes_(std::move(bytes)) {}
    const uint8_t* data() const override { return reinterpret_cast<const uint8_t*>(bytes_.data()); }
    uint64_t bytes() const override { return bytes_.size(); }

   private:
    const std::string bytes_;
};

class SimulatedLock final : public FileLock {
   public:
    SimulatedLock(std::shared_ptr<SimulatedDisk::State> state, std::string path)
        : state_(std::move(state)), path_(std::move(path)) {}
    ~SimulatedLock() override {
        const std::lock_guard guard(state_->mutex);
        state_->locks.erase(path_);
    }
    SimulatedLock(const SimulatedLock&) = delete;
    SimulatedLock& operator=(const SimulatedLock&) = delete;

   private:
    const std::shared_ptr<SimulatedDisk::State> state_;
    const std::string path_;
};

}  // namespace

SimulatedDisk::SimulatedDisk(std::shared_ptr<State> state) : state_(std::move(state)) {}
SimulatedDisk::~SimulatedDisk() = default;

std::shared_ptr<SimulatedDisk> SimulatedDisk::create() {
    return std::shared_ptr<SimulatedDisk>(new SimulatedDisk(std::make_shared<State>()));
}

Result<std::unique_ptr<File>> SimulatedDisk::open(const std::string& given_path, OpenMode mode) {
    const std::string path = normal(given_path);
    const std::lock_guard guard(state_->mutex);
    KODIAK_TRY(state_->check_power());
    const auto found = state_->names.find(path);
    InodeRef inode = found == state_->names.end() ? nullptr : found->second;
    const bool must_exist = mode == OpenMode::kRead || mode == OpenMode::kReadWrite;
    if ((must_exist && !inode) || (!must_exist && !state_->directories.contains(parent_of(path)))) {
        return make_error(ErrorCode::kNotFound, fmt::format("cannot open \"{}\": no such file or directory", path));
    }
    if (state_->directories.contains(path) || (mode == OpenMode::kCreate && inode)) {
        return make_error(ErrorCode::kIo, fmt::format("cannot create \"{}\": it exists already", path));
    }
    if (!inode) {
        inode = std::make_shared<Inode>();
        KODIAK_TRY(state_->change_name("create " + path, {NameChange::Kind::kCreate, path, {}, inode}));
    }
    return std::unique_ptr<File>(std::make_unique<OpenSimulatedFile>(state_, std::move(inode), path, mode));
}

Result<std::unique_ptr<Mapping>> SimulatedDisk::map(const std::string& given_path) {
    const std::lock_guard guard(state_->mutex);
    KODIAK_TRY(state_->check_power());
    KODIAK_TRY_ASSIGN(const InodeRef inode, state_->find(normal(given_path)));
    return std::unique_ptr<Mapping>(std::make_unique<CopiedMapping>(inode->cached));
}

Result<bool> SimulatedDisk::exists(const std::string& given_path) {
    const std::string path = normal(given_path);
    const std::lock_guard guard(state_->mutex);
    KODIAK_TRY(state_->check_power());
    return state_->names.contains(path) || state_->directories.contains(path);
}

Status SimulatedDisk::rename(const std::string& given_from, const std::string& given_to) {
    const std::string from = normal(given_from);
    const std::string to = normal(given_to);
    const std::lock_guard guard(state_->mutex);
    KODIAK_TRY(state_->check_power());
    if (state_->directories.contains(from) || state_->directories.contains(to)) {
        return make_error(ErrorCode::kUnsupported,
                          fmt::format("cannot rename \"{}\": the simulated disk renames files only", from));
    }
    KODIAK_TRY_ASSIGN(InodeRef inode, state_->find(from));
    if (!state_->directories.contains(parent_of(to))) {
        return make_error(ErrorCode::kNotFound,
                          fmt::format("cannot rename \"{}\" to \"{}\": no such directory", from, to));
    }
    return state_->change_name(fmt::format("rename {} to {}", from, to),
                               {NameChange::Kind::kRename, from, to, std::move(inode)});
}

Status SimulatedDisk::remove(const std::string& given_path) {
    const std::string path = normal(given_path);
    const std::lock_guard guard(state_->mutex);
    KODIAK_TRY(state_->check_power());
    KODIAK_TRY_ASSIGN(InodeRef inode, state_->find(path));
    return state_->change_name("remove " + path, {NameChange::Kind::kRemove, path, {}, std::move(inode)});
}

Status SimulatedDisk::create_directory(const std::string& given_path) {
    const std::string path = normal(given_path);
    const std::lock_guard guard(state_->mutex);
    KODIAK_TRY(state_->check_power());
    std::vector<std::string> missing;
    for (std::string at = path; !state_->directories.contains(at); at = parent_of(at)) {
        if (state_->names.contains(at)) {
            return make_error(ErrorCode::kIo, fmt::format("cannot create directory \"{}\": a file is there", at));
        }
        missing.push_back(at);
    }
    for (auto at = missing.rbegin(); at != missing.rend(); ++at) {
        const Verdict verdict = state_->next_event("create directory " + *at);
        if (verdict.applies && !verdict.partly) {
            (verdict.promised ? state_->directories : state_->directories_in_flight).insert(*at);
        }
        if (verdict.error) {
            return *verdict.error;
        }
    }
    return ok_status();
}

Result<bool> SimulatedDisk::is_directory(const std::string& given_path) {
    const std::lock_guard guard(state_->mutex);
    KODIAK_TRY(state_->check_power());
    return state_->directories.contains(normal(given_path));
}

Result<std::vector<std::string>> SimulatedDisk::list(const std::string& given_path) {
    const std::string path = normal(given_path);
    const std::lock_guard guard(state_->mutex);
    KODIAK_TRY(state_->check_power());
    if (!state_->directories.contains(path)) {
        return make_error(ErrorCode::kNotFound, fmt::format("cannot list directory \"{}\": no such directory", path));
    }
    std::vector<std::string> found;
    const auto take = [&](const std::string& candidate) {
        if (candidate != "/" && parent_of(candidate) == path) {
            found.push_back(std::filesystem::path(candidate).filename().string());
        }
    };
    for (const auto& [name, inode] : state_->names) {
        take(name);
    }
    std::for_each(state_->directories.begin(), state_->directories.end(), take);
    std::sort(found.begin(), found.end());
    return found;
}

Status SimulatedDisk::sync_directory(const std::string& given_path) {
    const std::string path = normal(given_path);
    const std::lock_guard guard(state_->mutex);
    KODIAK_TRY(state_->check_power());
    if (!state_->directories.contains(path)) {
        return make_error(ErrorCode::kNotFound, fmt::format("cannot sync directory \"{}\": no such directory", path));
    }
    const Verdict verdict = state_->next_event("sync directory " + path);
    if (verdict.applies && verdict.promised) {
        std::vector<NameChange> kept;
        for (NameChange& change : state_->pending_names) {
            const bool is_here = parent_of(change.target.empty() ? change.path : change.target) == path;
            if (is_here) {
                apply_change(state_->durable_names, change);
            } else {
                kept.push_back(std::move(change));
            }
        }
        state_->pending_names = std::move(kept);
    }
    return verdict.error ? Status(*verdict.error) : ok_status();
}

Result<std::unique_ptr<FileLock>> SimulatedDisk::lock(const std::string& given_path, const std::string& owner) {
    const std::string path = normal(given_path);
    const std::lock_guard guard(state_->mutex);
    KODIAK_TRY(state_->check_power());
    if (!state_->directories.contains(parent_of(path))) {
        return make_error(ErrorCode::kNotFound, fmt::format("cannot open \"{}\": no such file or directory", path));
    }
    const auto [held, is_new] = state_->locks.emplace(path, owner);
    if (!is_new) {
        return make_error(ErrorCode::kLocked, fmt::format("cannot lock \"{}\": held by {}", path, held->second));
    }
    // No event: nothing durable hangs on a lock file. A power loss forgets the lock, and perhaps the name.
    if (!state_->names.contains(path)) {
        NameChange change{NameChange::Kind::kCreate, path, {}, std::make_shared<Inode>()};
        apply_change(state_->names, change);
        state_->pending_names.push_back(std::move(change));
    }
    state_->names[path]->cached = owner;
    return std::unique_ptr<FileLock>(std::make_unique<SimulatedLock>(state_, path));
}

void SimulatedDisk::crash_at_event(uint64_t event) {
    const std::lock_guard guard(state_->mutex);
    state_->crash_event = event;
}

void SimulatedDisk::fail_event(uint64_t event, ErrorCode code, FailureEffect effect) {
    const std::lock_guard guard(state_->mutex);
    state_->faults[event] = Fault{code, effect};
}

void SimulatedDisk::set_capacity(uint64_t bytes) {
    const std::lock_guard guard(state_->mutex);
    state_->capacity = bytes;
}

void SimulatedDisk::crash_now() {
    const std::lock_guard guard(state_->mutex);
    state_->power_off = true;
}

uint64_t SimulatedDisk::event_count() const {
    const std::lock_guard guard(state_->mutex);
    return state_->events.size();
}

bool SimulatedDisk::power_is_off() const {
    const std::lock_guard guard(state_->mutex);
    return state_->power_off;
}

std::vector<std::string> SimulatedDisk::events() const {
    const std::lock_guard guard(state_->mutex);
    return state_->events;
}

uint64_t SimulatedDisk::bytes_used() const {
    const std::lock_guard guard(state_->mutex);
    return state_->bytes_used();
}

std::shared_ptr<SimulatedDisk> SimulatedDisk::after_crash(CrashMode mode, uint64_t seed) const {
    const std::lock_guard guard(state_->mutex);
    auto next = std::make_shared<State>();
    CrashDice dice(seed);
    const bool keeps_all = mode == CrashMode::kKeepAll || mode == CrashMode::kProcessKilled;

    next->directories = state_->directories;
    for (const std::string& path : state_->directories_in_flight) {
        if (keeps_all || (mode == CrashMode::kRandomSubset && dice.coin())) {
            next->directories.insert(path);
        }
    }
    // A file keeps one identity under all its names, and its dice are cast once.
    std::map<const Inode*, InodeRef> copies;
    const auto copy_of = [&](const InodeRef& inode) {
        InodeRef& copy = copies[inode.get()];
        if (!copy && mode == CrashMode::kProcessKilled) {
            copy = std::make_shared<Inode>(*inode);
        } else if (!copy) {
            copy = std::make_shared<Inode>();
            copy->durable = surviving_bytes(*inode, mode, dice);
            copy->cached = copy->durable;
        }
        return copy;
    };
    for (const auto& [path, inode] : state_->durable_names) {
        next->durable_names[path] = copy_of(inode);
    }
    next->names = next->durable_names;
    for (const NameChange& change : state_->pending_names) {
        if (keeps_all || (mode == CrashMode::kRandomSubset && dice.coin())) {
            NameChange copy{change.kind, change.path, change.target, copy_of(change.inode)};
            apply_change(next->names, copy);
            if (mode == CrashMode::kProcessKilled) {
                next->pending_names.push_back(std::move(copy));
            }
        }
    }
    if (mode != CrashMode::kProcessKilled) {
        next->durable_names = next->names;
    }
    return std::shared_ptr<SimulatedDisk>(new SimulatedDisk(std::move(next)));
}

std::vector<SimulatedFile> SimulatedDisk::dump() const {
    const std::lock_guard guard(state_->mutex);
    std::vector<SimulatedFile> files;
    for (const auto& [path, inode] : state_->names) {
        const auto durable = state_->durable_names.find(path);
        files.push_back({path, inode->cached, inode->pending.size(),
                         durable != state_->durable_names.end() && durable->second == inode});
    }
    return files;
}

Status SimulatedDisk::corrupt(const std::string& path, uint64_t offset, uint8_t mask) {
    const std::lock_guard guard(state_->mutex);
    KODIAK_TRY_ASSIGN(const InodeRef inode, state_->find(normal(path)));
    if (offset >= inode->cached.size()) {
        return make_error(ErrorCode::kOutOfRange, fmt::format("cannot corrupt \"{}\" at offset {}: size is {}", path,
                                                              offset, inode->cached.size()));
    }
    const auto flip = [&](std::string& bytes) {
        if (offset < bytes.size()) {
            bytes[offset] = static_cast<char>(static_cast<uint8_t>(bytes[offset]) ^ mask);
        }
    };
    flip(inode->cached);
    flip(inode->durable);
    for (ContentChange& change : inode->pending) {
        if (offset >= change.offset && offset - change.offset < change.data.size()) {
            const size_t at = offset - change.offset;
            change.data[at] = static_cast<char>(static_cast<uint8_t>(change.data[at]) ^ mask);
        }
    }
    return ok_status();
}

}  // namespace kodiak
