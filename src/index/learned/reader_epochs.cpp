#include "index/learned/reader_epochs.hpp"

#include <linux/membarrier.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace kodiak::index::learned {
namespace {

bool barrier_on_all_threads(int command) { return syscall(SYS_membarrier, command, 0, 0) == 0; }

}  // namespace

// Static initialisation may run after another file's: until then it reads false, and no second thread is there yet.
const bool ReaderEpochs::readers_fence_ = !barrier_on_all_threads(MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED);

// Gives the line back when the thread ends.
struct ReaderEpochs::LineOwner {
    ~LineOwner() {
        line->taken.store(false, std::memory_order_release);
        own_line_ = nullptr;
    }
    Line* line;
};

ReaderEpochs::Line& ReaderEpochs::register_thread() {
    Line* line = lines_.load(std::memory_order_acquire);
    for (; line != nullptr; line = line->next) {
        bool taken = false;
        if (line->taken.compare_exchange_strong(taken, true, std::memory_order_acquire)) {
            break;
        }
    }
    if (line == nullptr) {
        line = new Line;
        line->next = lines_.load(std::memory_order_relaxed);
        while (!lines_.compare_exchange_weak(line->next, line, std::memory_order_release)) {
        }
    }
    static thread_local LineOwner owner{nullptr};
    owner.line = line;
    own_line_ = line;
    return *line;
}

uint64_t ReaderEpochs::advance() {
    const uint64_t epoch = current_.fetch_add(1, std::memory_order_seq_cst) + 1;
    if (!readers_fence_) {
        barrier_on_all_threads(MEMBARRIER_CMD_PRIVATE_EXPEDITED);
    }
    return epoch;
}

bool ReaderEpochs::is_quiet(uint64_t epoch) {
    for (const Line* line = lines_.load(std::memory_order_seq_cst); line != nullptr; line = line->next) {
        const uint64_t seen = line->epoch.load(std::memory_order_seq_cst);
        if (seen != 0 && seen < epoch) {
            return false;
        }
    }
    return true;
}

}  // namespace kodiak::index::learned
