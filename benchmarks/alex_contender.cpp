// ALEX (Ding et al. 2020) as a contender; its code is not part of Kodiak, see KODIAK_ALEX_INCLUDE. C++17, as it needs.

#include "alex.h"
#include "benchmarks/index_contender.hpp"

namespace kodiak::benchmark {
namespace {

class Alex final : public Contender {
   public:
    const char* name() const override { return "ALEX"; }
    void load(const Keys& keys) override {
        std::vector<std::pair<uint64_t, uint64_t>> pairs;
        for (size_t i = 0; i < keys.size(); ++i) {
            pairs.emplace_back(keys[i], i);
        }
        index_.bulk_load(pairs.data(), static_cast<int>(pairs.size()));
    }
    uint64_t find(uint64_t key) const override {
        const uint64_t* found = index_.get_payload(key);
        return found == nullptr ? 0 : *found;
    }
    void insert(uint64_t key, uint64_t locator) override { index_.insert(key, locator); }
    bool erase(uint64_t key, uint64_t) override { return index_.erase_one(key) == 1; }
    void find_many(const uint64_t* keys, size_t count) override {
        for (size_t i = 0; i < count; ++i) {
            sum_ += find(keys[i]);
        }
    }
    uint64_t scan(uint64_t from, uint64_t count) const override {
        uint64_t sum = 0;
        for (auto at = const_cast<Index&>(index_).lower_bound(from); !at.is_end() && count > 0; ++at, --count) {
            sum += at.payload();
        }
        return sum;
    }
    uint64_t bytes() const override {
        return static_cast<uint64_t>(index_.model_size()) + static_cast<uint64_t>(index_.data_size());
    }

   private:
    using Index = alex::Alex<uint64_t, uint64_t>;
    Index index_;
    volatile uint64_t sum_ = 0;
};

}  // namespace

std::unique_ptr<Contender> make_alex() { return std::make_unique<Alex>(); }

}  // namespace kodiak::benchmark
