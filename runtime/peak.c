/* The most that one core of this machine can do, as JSON: operations on float32 numbers in vectors of LANES, a product and a sum at a time,
   and bytes read from memory, both in billions a second. */
#define _POSIX_C_SOURCE 199309L
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#if !defined(LANES)
#if defined(__AVX512F__)
#define LANES 16
#elif defined(__AVX__)
#define LANES 8
#elif defined(__SSE__) || defined(__ARM_NEON)
#define LANES 4
#else
#define LANES 1
#endif
#endif

#if LANES == 1
typedef float vector;
#else
typedef float vector __attribute__((vector_size(4 * LANES)));
#endif

/* Told to prefer shorter vectors, clang would cut these in two. */
#if defined(__clang__) && defined(__x86_64__)
#define WHOLE __attribute__((min_vector_width(32 * LANES)))
#else
#define WHOLE
#endif

enum { STEPS = 100000, ROUNDS = 40, BYTES = 1 << 28 };

static volatile float source = 0.5f;
static volatile float sink;

/* Other programs may run beside this one: what counts is the processor's time. */
static double now(void) {
  struct timespec time;
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
  return (double)time.tv_sec + 1e-9 * (double)time.tv_nsec;
}

static void keep(const vector *value) {
  float first;
  memcpy(&first, value, sizeof first);
  sink = first;
}

/* Twelve chains: enough for two multipliers of latency five, and few enough for sixteen registers. */
WHOLE static void multiply_add(void) {
  vector a[12];
  for (int i = 0; i < 12; i++) {
    for (size_t lane = 0; lane < LANES; lane++) { memcpy((char *)&a[i] + 4 * lane, (const float[]){source + (float)i}, 4); }
  }
  const vector m = a[0];
  const vector c = a[1];
  vector b0 = a[0], b1 = a[1], b2 = a[2], b3 = a[3], b4 = a[4], b5 = a[5];
  vector b6 = a[6], b7 = a[7], b8 = a[8], b9 = a[9], b10 = a[10], b11 = a[11];
  for (int step = 0; step < STEPS; step++) {
    b0 = b0 * m + c;
    b1 = b1 * m + c;
    b2 = b2 * m + c;
    b3 = b3 * m + c;
    b4 = b4 * m + c;
    b5 = b5 * m + c;
    b6 = b6 * m + c;
    b7 = b7 * m + c;
    b8 = b8 * m + c;
    b9 = b9 * m + c;
    b10 = b10 * m + c;
    b11 = b11 * m + c;
  }
  b0 += b1 + b2 + b3 + b4 + b5 + b6 + b7 + b8 + b9 + b10 + b11;
  keep(&b0);
}

/* Four parts side by side: one stream alone does not keep the memory busy. */
WHOLE static void read_all(const vector *data) {
  const size_t part = BYTES / 4 / sizeof(vector);
  vector s0 = data[0], s1 = s0, s2 = s0, s3 = s0;
  for (size_t i = 0; i < part; i++) {
    s0 += data[i];
    s1 += data[i + part];
    s2 += data[i + 2 * part];
    s3 += data[i + 3 * part];
  }
  s0 += s1 + s2 + s3;
  keep(&s0);
}

int main(void) {
  double fastest = 1e9;
  for (int round = 0; round < ROUNDS; round++) {
    const double from = now();
    multiply_add();
    const double seconds = now() - from;
    if (seconds < fastest) { fastest = seconds; }
  }
  const double operations = 2.0 * 12 * LANES * STEPS / fastest;
  unsigned char *memory = malloc((size_t)BYTES + 64);
  double bandwidth = 0;
  if (memory != NULL) {
    /* Pages that were never written are all the same one, and compilers know another way to get zeros. */
    memset(memory, 1, (size_t)BYTES + 64);
    const void *start = memory + (64 - (uintptr_t)memory % 64);
    for (int round = 0; round < 4; round++) {
      const double from = now();
      read_all(start);
      const double rate = BYTES / (now() - from);
      if (rate > bandwidth) { bandwidth = rate; }
    }
  }
  free(memory);
  printf("{\"gflops\":%.2f,\"gbps\":%.2f}\n", 1e-9 * operations, 1e-9 * bandwidth);
  return 0;
}
