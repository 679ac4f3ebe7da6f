#include "storage/transaction/file_syncer.hpp"

namespace kodiak::storage {

FileSyncer::~FileSyncer() { stop(true); }

void FileSyncer::add(std::string path) {
    const std::lock_guard guard(mutex_);
    paths_.push_back(std::move(path));
    if (!thread_.joinable()) {
        thread_ = std::thread([this] { run(); });
    }
    wake_.notify_one();
}

void FileSyncer::run() {
    std::unique_lock lock(mutex_);
    while (true) {
        wake_.wait(lock, [&] { return ending_ || !paths_.empty(); });
        if (paths_.empty()) {
            return;
        }
        const std::string path = std::move(paths_.front());
        paths_.pop_front();
        lock.unlock();
        auto file = disk_.open(path, OpenMode::kReadWrite);
        const Status synced = file.ok() ? (*file)->sync() : Status(file.error());
        lock.lock();
        if (!synced.ok() && outcome_.ok()) {
            outcome_ = synced;
        }
    }
}

void FileSyncer::stop(bool drop) {
    {
        const std::lock_guard guard(mutex_);
        ending_ = true;
        if (drop) {
            paths_.clear();
        }
    }
    wake_.notify_one();
    if (thread_.joinable()) {
        thread_.join();
    }
}

Status FileSyncer::finish() {
    stop(false);
    return outcome_;
}

}  // namespace kodiak::storage
