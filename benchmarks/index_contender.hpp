#pragma once

// Contender: an index as index_benchmark sees it. In C++17, because peers are compiled apart.

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

namespace kodiak::benchmark {

using Keys = std::vector<uint64_t>;

class Contender {
   public:
    virtual ~Contender() = default;
    virtual const char* name() const = 0;
    // Loads ascending keys; the locator of each is its place.
    virtual void load(const Keys& keys) = 0;
    virtual uint64_t find(uint64_t key) const = 0;  // 0: not there
    virtual void insert(uint64_t key, uint64_t locator) = 0;
    virtual bool erase(uint64_t key, uint64_t locator) = 0;
    virtual void find_many(const uint64_t* keys, size_t count) = 0;
    // Returns the sum of `count` locators from a key on.
    virtual uint64_t scan(uint64_t from, uint64_t count) const = 0;
    virtual uint64_t bytes() const = 0;
};

std::unique_ptr<Contender> make_alex();

}  // namespace kodiak::benchmark
