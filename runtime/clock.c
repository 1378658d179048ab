/* The counters of --profile. SWDL_CLOCK() counts up in ticks of any length, as a number of the unsigned type SWDL_TICKS, which may wrap.
   Whoever has a better clock defines both: on a Cortex-M, uint32_t and the cycle counter of its debug unit. */
#if !defined(SWDL_CLOCK)
#define SWDL_CLOCK() swdl_clock()
#define SWDL_TICKS uint64_t
#if !defined(__x86_64__) && !defined(__i386__) && !defined(__aarch64__)
#include <time.h>
#endif
static inline uint64_t swdl_clock(void) {
#if defined(__x86_64__) || defined(__i386__)
  uint32_t low;
  uint32_t high;
  __asm__ __volatile__("rdtsc" : "=a"(low), "=d"(high));
  return (uint64_t)high << 32 | low;
#elif defined(__aarch64__)
  uint64_t count;
  __asm__ __volatile__("mrs %0, cntvct_el0" : "=r"(count));
  return count;
#else
  return (uint64_t)clock();
#endif
}
#endif
static inline SWDL_TICKS swdl_lap(SWDL_TICKS from, uint64_t *ticks, uint32_t *calls) {
  const SWDL_TICKS to = SWDL_CLOCK();
  *ticks += (SWDL_TICKS)(to - from);
  *calls += 1;
  return to;
}
