/* a * / net: a neural network, compiled by swiftdl-compile. */
#ifndef NET_H
#define NET_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Working memory inside net_t, and constant data, in bytes. */
#define NET_ARENA_BYTES 92
#define NET_WEIGHTS_BYTES 72

/* The least and the largest value of each open dimension. */
#define NET_N_INT_MIN 1
#define NET_N_INT_MAX 7
/* Elements of inputs and outputs; the most where dimensions are open. */
#define NET_N_FLOAT_SIZE 35
#define NET_N_Y0_SIZE 21

/* All memory that the model writes beside its outputs. Zero-initialised it is ready to use. */
typedef struct net {
  union {
    float f32[23];
  } arena;
  /* state "h": float32[3] */
  float h[3];
} net_t;

/* Runs the network once. Returns 0 when it is done, or 1, having touched nothing, where a dimension is out of its range.
 * n_int: dimension "int", 1 to 7
 * n_float: input "x* /y", float32[int, 5]
 * n_y0: output "out<U+A>put", float32[int, 3] */
int net_run(net_t *self, int32_t n_int, const float *n_float, float *n_y0);

/* Forgets what earlier runs left behind: all states become zero. */
void net_reset(net_t *self);

#ifdef __cplusplus
}
#endif

#endif
