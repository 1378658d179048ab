/* Functions of single numbers that C's own library lacks. A paragraph is pasted into a model where its function is used. */
#include <math.h>
#include <stdint.h>
#include <string.h>

static inline float swdl_minf(float a, float b) { return b < a ? b : a; }

static inline float swdl_maxf(float a, float b) { return a < b ? b : a; }

static inline double swdl_min(double a, double b) { return b < a ? b : a; }

static inline double swdl_max(double a, double b) { return a < b ? b : a; }

static inline int32_t swdl_min_i32(int32_t a, int32_t b) { return b < a ? b : a; }

static inline int32_t swdl_max_i32(int32_t a, int32_t b) { return a < b ? b : a; }

static inline int64_t swdl_min_i64(int64_t a, int64_t b) { return b < a ? b : a; }

static inline int64_t swdl_max_i64(int64_t a, int64_t b) { return a < b ? b : a; }

static inline uint32_t swdl_min_u32(uint32_t a, uint32_t b) { return b < a ? b : a; }

static inline uint32_t swdl_max_u32(uint32_t a, uint32_t b) { return a < b ? b : a; }

static inline uint64_t swdl_min_u64(uint64_t a, uint64_t b) { return b < a ? b : a; }

static inline uint64_t swdl_max_u64(uint64_t a, uint64_t b) { return a < b ? b : a; }

/* -1, 0 or 1; zero and NaN stay as they are. */
static inline float swdl_signf(float x) { return x > 0.0f ? 1.0f : x < 0.0f ? -1.0f : x; }

static inline double swdl_sign(double x) { return x > 0.0 ? 1.0 : x < 0.0 ? -1.0 : x; }

static inline int64_t swdl_sign_i64(int64_t x) { return (x > 0) - (x < 0); }

static inline uint64_t swdl_sign_u64(uint64_t x) { return x != 0; }

/* Ties go to the even neighbour. */
static inline float swdl_roundf(float x) { return rintf(x); }

static inline double swdl_round(double x) { return rint(x); }

static inline uint8_t swdl_isnanf(float x) { return x != x; }

static inline uint8_t swdl_isnan(double x) { return x != x; }

static inline uint8_t swdl_isinff(float x) { return x - x != 0.0f && x == x; }

static inline uint8_t swdl_isinf(double x) { return x - x != 0.0 && x == x; }

/* The quotient rounded towards minus infinity; of floats, before it is rounded to float. */
static inline float swdl_floordivf(float a, float b) { return (float)floor((double)a / (double)b); }

static inline double swdl_floordiv(double a, double b) { return floor(a / b); }

/* The rest with the sign of the divisor. */
static inline float swdl_floormodf(float a, float b) {
  const float rest = fmodf(a, b);
  return rest != 0.0f && (rest < 0.0f) != (b < 0.0f) ? rest + b : rest;
}

static inline double swdl_floormod(double a, double b) {
  const double rest = fmod(a, b);
  return rest != 0.0 && (rest < 0.0) != (b < 0.0) ? rest + b : rest;
}

/* Integers wrap, and a division by zero gives zero. */
static inline int64_t swdl_abs_i64(int64_t x) { return x < 0 ? (int64_t)(0u - (uint64_t)x) : x; }

static inline int64_t swdl_div_i64(int64_t a, int64_t b) {
  if (b == 0) { return 0; }
  return b == -1 ? (int64_t)(0u - (uint64_t)a) : a / b;
}

static inline int64_t swdl_rem_i64(int64_t a, int64_t b) { return b == 0 || b == -1 ? 0 : a % b; }

static inline uint64_t swdl_div_u64(uint64_t a, uint64_t b) { return b == 0 ? 0 : a / b; }

static inline uint64_t swdl_rem_u64(uint64_t a, uint64_t b) { return b == 0 ? 0 : a % b; }

static inline int64_t swdl_floormod_i64(int64_t a, int64_t b) {
  const int64_t rest = swdl_rem_i64(a, b);
  return rest != 0 && (rest < 0) != (b < 0) ? rest + b : rest;
}

static inline int64_t swdl_floordiv_i64(int64_t a, int64_t b) {
  const int64_t quotient = swdl_div_i64(a, b);
  const int64_t rest = swdl_rem_i64(a, b);
  return rest != 0 && (rest < 0) != (b < 0) ? quotient - 1 : quotient;
}

/* A negative exponent gives zero but for the bases 1 and -1. */
static inline int64_t swdl_pow_i64(int64_t base, int64_t exponent) {
  uint64_t result = 1;
  uint64_t square = (uint64_t)base;
  if (exponent < 0) { return base == 1 ? 1 : base == -1 ? ((exponent & 1) == 0 ? 1 : -1) : 0; }
  for (; exponent > 0; exponent >>= 1) {
    if ((exponent & 1) != 0) { result *= square; }
    square *= square;
  }
  return (int64_t)result;
}

static inline uint32_t swdl_f32_bits(float x) {
  uint32_t bits;
  memcpy(&bits, &x, sizeof bits);
  return bits;
}

static inline float swdl_f32_from_bits(uint32_t bits) {
  float x;
  memcpy(&x, &bits, sizeof x);
  return x;
}

/* The upper half of a float, rounded to nearest, ties to even; a NaN stays a quiet NaN. */
static inline uint16_t swdl_bf16_bits(float x) {
  const uint32_t bits = swdl_f32_bits(x);
  return x != x ? (uint16_t)((bits >> 16) | 0x40u) : (uint16_t)((bits + 0x7fffu + ((bits >> 16) & 1u)) >> 16);
}

static inline float swdl_bf16_value(uint16_t bits) { return swdl_f32_from_bits((uint32_t)bits << 16); }

static inline float swdl_bf16_round(float x) { return swdl_bf16_value(swdl_bf16_bits(x)); }

/* The 16-bit format of IEEE 754. Subnormal results come from a float addition that rounds at their last place. */
static inline uint16_t swdl_f16_bits(float x) {
  const uint32_t bits = swdl_f32_bits(x);
  const uint32_t sign = (bits >> 16) & 0x8000u;
  const uint32_t size = bits & 0x7fffffffu;
  if (size > 0x7f800000u) { return (uint16_t)(sign | 0x7e00u | ((size >> 13) & 0x1ffu)); }
  if (size >= 0x477ff000u) { return (uint16_t)(sign | 0x7c00u); }
  if (size < 0x38800000u) { return (uint16_t)(sign | (swdl_f32_bits(swdl_f32_from_bits(size) + 0.5f) - 0x3f000000u)); }
  return (uint16_t)(sign | ((size - 0x38000000u + 0xfffu + ((size >> 13) & 1u)) >> 13));
}

static inline float swdl_f16_value(uint16_t bits) {
  const uint32_t sign = ((uint32_t)bits & 0x8000u) << 16;
  const uint32_t size = (uint32_t)bits & 0x7fffu;
  if (size >= 0x7c00u) { return swdl_f32_from_bits(sign | 0x7f800000u | ((size & 0x3ffu) << 13)); }
  if (size < 0x400u) { return swdl_f32_from_bits(sign | swdl_f32_bits((float)size * 5.9604644775390625e-8f)); }
  return swdl_f32_from_bits(sign | ((size << 13) + 0x38000000u));
}

static inline float swdl_f16_round(float x) { return swdl_f16_value(swdl_f16_bits(x)); }

/* A double rounded once: the float in between keeps a trace of what it cuts off in its last bit. */
static inline float swdl_f16_narrow(double x) {
  const float nearest = (float)x;
  const uint32_t bits = swdl_f32_bits(nearest);
  if ((double)nearest == x || x != x || (bits & 0x7f800000u) == 0x7f800000u) { return swdl_f16_round(nearest); }
  if (fabs((double)nearest) > fabs(x)) { return swdl_f16_round(swdl_f32_from_bits((bits - 1u) | 1u)); }
  return swdl_f16_round(swdl_f32_from_bits(bits | 1u));
}
