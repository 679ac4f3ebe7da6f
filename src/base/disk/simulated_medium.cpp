#include "base/disk/simulated_medium.hpp"

namespace kodiak::simulated {

void put(std::string& bytes, uint64_t offset, std::string_view data) {
    if (bytes.size() < offset + data.size()) {
        bytes.resize(offset + data.size(), '\0');
    }
    bytes.replace(offset, data.size(), data);
}

void apply_change(std::string& bytes, const ContentChange& change) {
    switch (change.kind) {
        case ContentChange::Kind::kWrite:
            put(bytes, change.offset, change.data);
            break;
        case ContentChange::Kind::kGrow:
            bytes.resize(std::max<uint64_t>(bytes.size(), change.offset), '\0');
            break;
        case ContentChange::Kind::kTruncate:
            bytes.resize(change.offset, '\0');
            break;
    }
}

void apply_change(Names& names, const NameChange& change) {
    const auto holds = [&](const std::string& path) {
        const auto found = names.find(path);
        return found != names.end() && found->second == change.inode;
    };
    switch (change.kind) {
        case NameChange::Kind::kCreate:
            names[change.path] = change.inode;
            break;
        case NameChange::Kind::kRemove:
            if (holds(change.path)) {
                names.erase(change.path);
            }
            break;
        case NameChange::Kind::kRename:
            if (holds(change.path)) {
                names.erase(change.path);
            }
            names[change.target] = change.inode;
            break;
    }
}

namespace {

// Takes [offset, offset + bytes) out of all pending writes: a later durable write has replaced it for good.
void trim_pending(std::vector<ContentChange>& pending, uint64_t offset, uint64_t bytes) {
    std::vector<ContentChange> kept;
    for (ContentChange& change : pending) {
        const uint64_t end = change.offset + change.data.size();
        if (change.kind != ContentChange::Kind::kWrite || end <= offset || change.offset >= offset + bytes) {
            kept.push_back(std::move(change));
            continue;
        }
        if (change.offset < offset) {
            kept.push_back({ContentChange::Kind::kWrite, change.offset, change.data.substr(0, offset - change.offset)});
        }
        if (end > offset + bytes) {
            kept.push_back({ContentChange::Kind::kWrite, offset + bytes,
                            change.data.substr(offset + bytes - change.offset)});
        }
    }
    pending = std::move(kept);
}

}  // namespace

void write_durably(Inode& inode, uint64_t offset, std::string_view data) {
    const bool was_cut = std::any_of(inode.pending.begin(), inode.pending.end(), [](const ContentChange& change) {
        return change.kind == ContentChange::Kind::kTruncate;
    });
    if (was_cut) {
        // The new size goes to the medium with this write, and what lay before it in order goes along.
        for (const ContentChange& change : inode.pending) {
            apply_change(inode.durable, change);
        }
        inode.pending.clear();
    }
    trim_pending(inode.pending, offset, data.size());
    put(inode.durable, offset, data);
}

std::string surviving_bytes(const Inode& inode, CrashMode mode, CrashDice& dice) {
    std::string bytes = inode.durable;
    for (const ContentChange& change : inode.pending) {
        if (mode == CrashMode::kKeepAll) {
            apply_change(bytes, change);
        }
        if (mode != CrashMode::kRandomSubset) {
            continue;
        }
        switch (dice.next() % 4) {
            case 0:
                break;
            case 1:
                apply_change(bytes, change);
                break;
            default:
                if (change.kind != ContentChange::Kind::kWrite) {
                    break;
                }
                for_each_sector(change.offset, change.data, [&](uint64_t offset, std::string_view piece) {
                    if (dice.coin()) {
                        put(bytes, offset, piece);
                    }
                });
        }
    }
    return bytes;
}

}  // namespace kodiak::simulated
