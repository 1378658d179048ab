/* a * / net: a neural network, compiled by swiftdl-compile. */
#include "net.h"

#include <math.h>
#include <string.h>

#if defined(__GNUC__)
#define SWDL_KERNEL __attribute__((noinline)) static
#else
#define SWDL_KERNEL static
#endif

static inline float swdl_maxf(float a, float b) { return a < b ? b : a; }

/* Define NET_WEIGHTS_SECTION as a string to choose the section of the weights. */
#if !defined(__GNUC__)
#define SWDL_WEIGHTS
#elif defined(NET_WEIGHTS_SECTION)
#define SWDL_WEIGHTS __attribute__((aligned(64), section(NET_WEIGHTS_SECTION)))
#else
#define SWDL_WEIGHTS __attribute__((aligned(64)))
#endif

SWDL_WEIGHTS static const float w[15] = {
  4.0f, 8.0f, -1.0f, -1.0f, 4.0f, 6.0f, 0.0f, -3.0f, 5.0f, -2.0f, 2.0f, -1.0f, 0.0f, -1.0f, -5.0f,
};

SWDL_WEIGHTS static const float w_2[3] = {
  4.0f, 8.0f, -1.0f,
};

/* plain * / rows */
SWDL_KERNEL void matmul(
    int32_t n_int,
    const float *restrict x,
    const float *restrict w_3,
    const float *restrict b,
    float *restrict z) {
  for (int32_t m = 0; m < n_int; m++) {
    for (int32_t n = 0; n < 3; n++) {
      float sum = b[n];
      for (int32_t k = 0; k < 5; k++) {
        sum += x[m * 5 + k] * w_3[k * 3 + n];
      }
      z[m * 3 + n] = sum;
    }
  }
}

SWDL_KERNEL void step(const float *restrict z, float *restrict h, float *restrict y) {
  for (int32_t n = 0; n < 3; n++) {
    h[n] = h[n] * 0.5f + z[n];
    y[n] = swdl_maxf(h[n], 0.0f);
  }
}

void net_reset(net_t *self) {
  memset(self->h, 0, sizeof self->h);
}

int net_run(net_t *self, int32_t n_int, const float *n_float, float *n_y0) {
  if (n_int < NET_N_INT_MIN || n_int > NET_N_INT_MAX) {
    return 1;
  }
  /* dense: matmul */
  matmul(n_int, n_float, w, w_2, self->arena.f32 + 2);
  for (int32_t t = 0; t < n_int; t++) {
    /* re<U+A>current: scan */
    step(self->arena.f32 + (2 + t * 3), self->h, n_y0 + t * 3);
  }
  return 0;
}
