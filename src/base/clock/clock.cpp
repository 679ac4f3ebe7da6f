#include "base/clock/clock.hpp"

#include <chrono>

namespace kodiak {
namespace {

class SystemClock final : public Clock {
   public:
    Timestamp now() override {
        const auto since_epoch = std::chrono::system_clock::now().time_since_epoch();
        return {std::chrono::duration_cast<std::chrono::microseconds>(since_epoch).count()};
    }
};

}  // namespace

std::shared_ptr<Clock> make_system_clock() { return std::make_shared<SystemClock>(); }

}  // namespace kodiak
