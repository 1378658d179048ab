/* What all functions on vectors use. */
#include <math.h>
#include <stdint.h>
#include <string.h>

/* Never called: the way in which wide vectors are passed depends on the flags of the compiler. */
#if defined(__GNUC__)
#pragma GCC diagnostic ignored "-Wpsabi"
#define swdl_inline static inline __attribute__((always_inline))
#else
#define swdl_inline static inline
#endif

/* Asks for what lies further on, which no program has to own, into the first cache or into the second. */
#if defined(__GNUC__)
#define swdl_prefetch1(from, bytes) __builtin_prefetch((const void *)((uintptr_t)(from) + (bytes)), 0, 3)
#define swdl_prefetch2(from, bytes) __builtin_prefetch((const void *)((uintptr_t)(from) + (bytes)), 0, 2)
#else
#define swdl_prefetch1(from, bytes) ((void)(bytes))
#define swdl_prefetch2(from, bytes) ((void)(bytes))
#endif
