#include "base/result/assert.hpp"

#include <cstdio>
#include <cstdlib>

namespace kodiak {

void assertion_failed(const char* file, int line, const char* text) {
    std::fprintf(stderr, "kodiak: invariant broken at %s:%d: %s (please report this as a bug)\n", file, line, text);
    std::abort();
}

}  // namespace kodiak
