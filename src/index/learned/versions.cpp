#include "index/learned/versions.hpp"

#include <algorithm>
#include <array>
#include <functional>

namespace kodiak::index::learned {

// The locators of a map as of one moment: read again when the writer was at it, under its lock when it always is.
std::vector<Item> VersionWords::consistent_items(uint64_t word, size_t wanted) {
    constexpr int kTries = 32;
    Many& many = many_of(word);
    std::vector<Item> items;
    const auto collect = [&] {
        items.clear();
        many.map.collect_ascending(0, ~uint64_t{0}, std::min<size_t>(wanted, many.map.size() + 1), items);
    };
    for (int i = 0; i < kTries; ++i) {
        const uint64_t before = many.changes.load(std::memory_order_acquire);
        collect();
        if (before % 2 == 0 && many.changes.load(std::memory_order_acquire) == before) {
            return items;
        }
    }
    const std::lock_guard lock(many.writing);
    collect();
    return items;
}

uint64_t VersionWords::first(uint64_t word) {
    if (is_single(word)) {
        return word;
    }
    return is_many(word) ? consistent_items(word, 1).front().key : list_of(word).first[0];
}

VersionWords::Part VersionWords::ascending_from(uint64_t word, uint64_t low, size_t wanted) {
    Part part;
    if (is_single(word) || !is_many(word)) {
        for_each(word, [&](uint64_t locator) {
            if (locator >= low) {
                part.locators.push_back(locator);
            }
        });
        return part;
    }
    std::vector<Item> items;
    many_of(word).map.collect_ascending(low, ~uint64_t{0}, wanted, items);
    part.is_cut = items.size() >= wanted;
    for (const Item& item : items) {
        part.locators.push_back(item.key);
    }
    return part;
}

VersionWords::Part VersionWords::descending_from(uint64_t word, uint64_t high, size_t wanted) {
    Part part;
    if (is_single(word) || !is_many(word)) {
        for_each(word, [&](uint64_t locator) {
            if (locator <= high) {
                part.locators.push_back(locator);
            }
        });
        std::reverse(part.locators.begin(), part.locators.end());
        return part;
    }
    std::vector<Item> items;
    many_of(word).map.collect_descending(high, 0, wanted, items);
    part.is_cut = items.size() >= wanted;
    for (const Item& item : items) {
        part.locators.push_back(item.key);
    }
    return part;
}

uint64_t VersionWords::make(std::span<const uint64_t> locators) {
    KODIAK_DEBUG_ASSERT(!locators.empty());
    if (locators.size() == 1 && is_single(locators.front())) {
        return locators.front();
    }
    if (locators.size() <= kListMax) {
        auto* list = static_cast<List*>(memory_.allocate(list_bytes(locators.size())));
        list->count = locators.size();
        std::copy(locators.begin(), locators.end(), list->first);
        return kBoxed | reinterpret_cast<uintptr_t>(list);
    }
    std::vector<Item> items;
    for (const uint64_t locator : locators) {
        items.push_back({locator, 0});
    }
    auto* many = new (memory_.allocate(sizeof(Many))) Many(memory_);
    many->map.build(items);
    return kBoxed | kMany | reinterpret_cast<uintptr_t>(many);
}

void VersionWords::free(uint64_t word) {
    if (is_single(word)) {
        return;
    }
    if (is_many(word)) {
        Many& many = many_of(word);
        many.~Many();
        memory_.free(&many, sizeof(Many));
    } else {
        const List& list = list_of(word);
        memory_.free(const_cast<List*>(&list), list_bytes(list.count));
    }
}

void VersionWords::retire(uint64_t word) {
    if (is_single(word)) {
        return;
    }
    if (is_many(word)) {
        Many& many = many_of(word);
        many.map.abandon();
        memory_.retire(&many, sizeof(Many));
    } else {
        const List& list = list_of(word);
        memory_.retire(const_cast<List*>(&list), list_bytes(list.count));
    }
}

// Puts another word in the place of one that readers may see.
void VersionWords::replace(std::atomic<uint64_t>& place, uint64_t fresh) {
    const uint64_t old = place.load(std::memory_order_relaxed);
    place.store(fresh, std::memory_order_release);
    retire(old);
}

bool VersionWords::holds_only(uint64_t word, uint64_t locator) {
    return is_single(word) ? word == locator
                           : !is_many(word) && list_of(word).count == 1 && list_of(word).first[0] == locator;
}

bool VersionWords::add(std::atomic<uint64_t>& place, uint64_t locator) {
    const uint64_t word = place.load(std::memory_order_relaxed);
    if (!is_single(word) && is_many(word)) {
        Many& many = many_of(word);
        if (many.map.place_of(locator) != nullptr) {
            return false;
        }
        const std::lock_guard lock(many.writing);
        many.changes.store(many.changes.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
        many.map.insert({locator, 0});
        many.changes.store(many.changes.load(std::memory_order_relaxed) + 1, std::memory_order_release);
        return true;
    }
    std::array<uint64_t, kListMax + 1> locators;
    const std::span<const uint64_t> old = is_single(word) ? std::span(&word, 1) : list_of(word).locators();
    const auto at = std::lower_bound(old.begin(), old.end(), locator);
    if (at != old.end() && *at == locator) {
        return false;
    }
    const auto before = std::copy(old.begin(), at, locators.begin());
    *before = locator;
    std::copy(at, old.end(), before + 1);
    replace(place, make(std::span(locators).first(old.size() + 1)));
    return true;
}

bool VersionWords::remove(std::atomic<uint64_t>& place, uint64_t locator) {
    const uint64_t word = place.load(std::memory_order_relaxed);
    if (!is_single(word) && is_many(word)) {
        Many& many = many_of(word);
        if (many.map.place_of(locator) == nullptr) {
            return false;
        }
        {
            const std::lock_guard lock(many.writing);
            many.changes.store(many.changes.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
            many.map.remove(locator);
            many.changes.store(many.changes.load(std::memory_order_relaxed) + 1, std::memory_order_release);
        }
        if (many.map.size() <= kListAgain) {
            std::vector<uint64_t> left;
            for_each(word, [&](uint64_t one) { left.push_back(one); });
            replace(place, make(left));
        }
        return true;
    }
    std::array<uint64_t, kListMax> left;
    const std::span<const uint64_t> old = is_single(word) ? std::span(&word, 1) : list_of(word).locators();
    const auto end = std::remove_copy(old.begin(), old.end(), left.begin(), locator);
    const auto count = static_cast<size_t>(end - left.begin());
    if (count == old.size()) {
        return false;
    }
    replace(place, make(std::span(left).first(count)));
    return true;
}

Status VersionWords::check(uint64_t word, uint64_t& locators) const {
    if (!is_single(word) && is_many(word)) {
        KODIAK_TRY(many_of(word).map.check());
    }
    std::vector<uint64_t> seen;
    for_each(word, [&](uint64_t locator) { seen.push_back(locator); });
    locators += seen.size();
    if (seen.empty() || std::adjacent_find(seen.begin(), seen.end(), std::greater_equal<>()) != seen.end()) {
        return make_error(ErrorCode::kInternal, "learned index: the locators of a key are missing or out of order");
    }
    return ok_status();
}

uint64_t VersionWords::counted_bytes(uint64_t word) const {
    if (is_single(word)) {
        return 0;
    }
    return is_many(word) ? NodeMemory::rounded(sizeof(Many)) + many_of(word).map.counted_bytes()
                         : NodeMemory::rounded(list_bytes(list_of(word).count));
}

}  // namespace kodiak::index::learned
