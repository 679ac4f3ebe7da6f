#pragma once

// KODIAK_ASSERT: always-on checks of our own invariants.
//
// A failed assertion is our mistake: it prints the invariant and stops the process. Never used for user input or
// bytes read from disk; those are Errors (kCorruption and friends). KODIAK_DEBUG_ASSERT is for hot loops.

namespace kodiak {

// Prints file, line and text to stderr and aborts.
[[noreturn]] void assertion_failed(const char* file, int line, const char* text);

}  // namespace kodiak

#define KODIAK_ASSERT(condition)                                            \
    do {                                                                    \
        if (!(condition)) [[unlikely]] {                                    \
            ::kodiak::assertion_failed(__FILE__, __LINE__, #condition);     \
        }                                                                   \
    } while (false)

#ifdef NDEBUG
#define KODIAK_DEBUG_ASSERT(condition) \
    do {                               \
    } while (false)
#else
#define KODIAK_DEBUG_ASSERT(condition) KODIAK_ASSERT(condition)
#endif
