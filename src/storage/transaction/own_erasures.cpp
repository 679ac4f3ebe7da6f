#include "storage/transaction/own_erasures.hpp"

#include <algorithm>
#include <mutex>

namespace kodiak::storage {

uint32_t OwnErasures::statement_of(const ChunkErasures& chunk, uint32_t slot) {
    if (chunk.by_slot != nullptr) {
        return (*chunk.by_slot)[slot] - 1;  // 0 wraps to UINT32_MAX: alive
    }
    for (const auto& [erased, statement] : chunk.few) {
        if (erased == slot) {
            return statement;
        }
    }
    return UINT32_MAX;
}

bool OwnErasures::erase(Locator locator, uint32_t statement) {
    const std::unique_lock guard(mutex_);
    ChunkErasures& chunk = chunks_[chunk_key(locator)];
    if (statement_of(chunk, locator.slot()) != UINT32_MAX) {
        return false;
    }
    if (chunk.by_slot == nullptr && chunk.few.size() == kFew) {
        chunk.by_slot = std::make_unique<std::vector<uint32_t>>(kRowsPerChunk, 0);
        for (const auto& [slot, by] : chunk.few) {
            (*chunk.by_slot)[slot] = by + 1;
        }
        chunk.few = {};
    }
    if (chunk.by_slot != nullptr) {
        (*chunk.by_slot)[locator.slot()] = statement + 1;
    } else {
        chunk.few.emplace_back(locator.slot(), statement);
    }
    log_.push_back(locator);
    return true;
}

bool OwnErasures::is_erased_before(Locator locator, uint32_t statement) const {
    const std::shared_lock guard(mutex_);
    const auto found = chunks_.find(chunk_key(locator));
    return found != chunks_.end() && statement_of(found->second, locator.slot()) < statement;
}

bool OwnErasures::touches(Locator any_of_chunk) const {
    const std::shared_lock guard(mutex_);
    return chunks_.find(chunk_key(any_of_chunk)) != chunks_.end();
}

size_t OwnErasures::filter(Locator any_of_chunk, uint32_t statement, uint32_t* slots, size_t count) const {
    const std::shared_lock guard(mutex_);
    const auto found = chunks_.find(chunk_key(any_of_chunk));
    if (found == chunks_.end()) {
        return count;
    }
    size_t kept = 0;
    for (size_t i = 0; i < count; ++i) {
        const uint32_t by = statement_of(found->second, slots[i]);
        slots[kept] = slots[i];
        kept += by < statement ? 0 : 1;
    }
    return kept;
}

bool OwnErasures::relocate(const std::function<std::optional<Locator>(Locator)>& place_of) {
    std::vector<std::pair<Locator, uint32_t>> all;
    {
        const std::unique_lock guard(mutex_);
        for (const Locator locator : log_) {
            const uint32_t statement = statement_of(chunks_[chunk_key(locator)], locator.slot());
            const auto place = locator.is_transaction_local() ? std::optional(locator) : place_of(locator);
            if (!place.has_value()) {
                return false;
            }
            all.emplace_back(*place, statement);
        }
        chunks_.clear();
        log_.clear();
    }
    for (const auto& [locator, statement] : all) {
        erase(locator, statement);
    }
    return true;
}

size_t OwnErasures::size() const {
    const std::shared_lock guard(mutex_);
    return log_.size();
}

void OwnErasures::undo_to(size_t keep) {
    const std::unique_lock guard(mutex_);
    while (log_.size() > keep) {
        const Locator locator = log_.back();
        log_.pop_back();
        const auto found = chunks_.find(chunk_key(locator));
        ChunkErasures& chunk = found->second;
        if (chunk.by_slot != nullptr) {
            (*chunk.by_slot)[locator.slot()] = 0;
            continue;
        }
        std::erase_if(chunk.few, [&](const auto& entry) { return entry.first == locator.slot(); });
        if (chunk.few.empty()) {
            chunks_.erase(found);
        }
    }
}

}  // namespace kodiak::storage
