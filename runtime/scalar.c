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

/* The upper half of a product: a * b / 2^32, rounded towards minus infinity. */
static inline int32_t swdl_mulhi_i32(int32_t a, int32_t b) { return (int32_t)(uint32_t)((uint64_t)((int64_t)a * b) >> 32); }

/* An amount that is negative or not less than the width moves every bit out; a negative number leaves its sign. */
static inline int64_t swdl_shl_i64(int64_t x, int64_t by) { return by >= 0 && by < 64 ? (int64_t)((uint64_t)x << by) : 0; }

static inline int64_t swdl_shr_i64(int64_t x, int64_t by) {
  const uint64_t fill = x < 0 ? UINT64_MAX : 0u;
  return (int64_t)(by >= 0 && by < 64 ? (((uint64_t)x ^ fill) >> by) ^ fill : fill);
}

static inline uint64_t swdl_shl_u64(uint64_t x, uint64_t by) { return by < 64u ? x << by : 0u; }

static inline uint64_t swdl_shr_u64(uint64_t x, uint64_t by) { return by < 64u ? x >> by : 0u; }

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

static inline uint64_t swdl_f64_bits(double x) {
  uint64_t bits;
  memcpy(&bits, &x, sizeof bits);
  return bits;
}

static inline double swdl_f64_from_bits(uint64_t bits) {
  double x;
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

/* Functions that the vectors of some compilers need and those of others do not. */
#if defined(__GNUC__)
#define swdl_unused __attribute__((unused))
#else
#define swdl_unused
#endif

/* The 16-bit format of IEEE 754. Subnormal results come from a float addition that rounds at their last place. */
static inline swdl_unused uint16_t swdl_f16_bits(float x) {
  const uint32_t bits = swdl_f32_bits(x);
  const uint32_t sign = (bits >> 16) & 0x8000u;
  const uint32_t size = bits & 0x7fffffffu;
  if (size > 0x7f800000u) { return (uint16_t)(sign | 0x7e00u | ((size >> 13) & 0x1ffu)); }
  if (size >= 0x477ff000u) { return (uint16_t)(sign | 0x7c00u); }
  if (size < 0x38800000u) { return (uint16_t)(sign | (swdl_f32_bits(swdl_f32_from_bits(size) + 0.5f) - 0x3f000000u)); }
  return (uint16_t)(sign | ((size - 0x38000000u + 0xfffu + ((size >> 13) & 1u)) >> 13));
}

static inline swdl_unused float swdl_f16_value(uint16_t bits) {
  const uint32_t sign = ((uint32_t)bits & 0x8000u) << 16;
  const uint32_t size = (uint32_t)bits & 0x7fffu;
  if (size >= 0x7c00u) { return swdl_f32_from_bits(sign | 0x7f800000u | ((size & 0x3ffu) << 13)); }
  if (size < 0x400u) { return swdl_f32_from_bits(sign | swdl_f32_bits((float)size * 5.9604644775390625e-8f)); }
  return swdl_f32_from_bits(sign | ((size << 13) + 0x38000000u));
}

static inline float swdl_f16_round(float x) { return swdl_f16_value(swdl_f16_bits(x)); }

/* A double as a float whose last bit keeps a trace of what is cut off: what is rounded to fewer bits then is rounded once. */
static inline float swdl_f32_odd(double x) {
  const float nearest = (float)x;
  const uint32_t bits = swdl_f32_bits(nearest);
  if ((double)nearest == x || x != x || (bits & 0x7f800000u) == 0x7f800000u) { return nearest; }
  return swdl_f32_from_bits((fabs((double)nearest) > fabs(x) ? bits - 1u : bits) | 1u);
}

/* Floats of one byte without their sign, `digits` bits of mantissa: the code of the nearest, ties to even. Codes count on beyond the
   largest. Subnormal results come from a float addition that rounds at their last place. */
static inline uint32_t swdl_small_code(float x, uint32_t digits, uint32_t bias) {
  const uint32_t size = swdl_f32_bits(x) & 0x7fffffffu;
  const uint32_t cut = 23u - digits;
  const uint32_t first = (151u - bias - digits) << 23;
  if (size < (128u - bias) << 23) { return swdl_f32_bits(swdl_f32_from_bits(size) + swdl_f32_from_bits(first)) - first; }
  return (size - ((127u - bias) << 23) + (1u << (cut - 1u)) - 1u + ((size >> cut) & 1u)) >> cut;
}

/* The number of a code; the sign is the bit `sign`. */
static inline float swdl_small_value(uint32_t code, uint32_t sign, uint32_t digits, uint32_t bias) {
  const uint32_t size = code & (sign - 1u);
  const uint32_t minus = (code & sign) != 0u ? 0x80000000u : 0u;
  const float step = swdl_f32_from_bits((128u - bias - digits) << 23);
  if (size < 1u << digits) { return swdl_f32_from_bits(minus | swdl_f32_bits((float)size * step)); }
  return swdl_f32_from_bits(minus | ((size << (23u - digits)) + ((127u - bias) << 23)));
}

/* 4 bits of exponent, 3 of mantissa, no infinity: the largest is 448. */
static inline uint8_t swdl_f8e4m3fn_bits(float x) {
  const uint32_t code = swdl_small_code(x, 3u, 7u);
  return (uint8_t)(((swdl_f32_bits(x) >> 24) & 0x80u) | (x != x ? 0x7fu : code > 0x7eu ? 0x7eu : code));
}

static inline float swdl_f8e4m3fn_value(uint8_t bits) {
  if ((bits & 0x7fu) == 0x7fu) { return swdl_f32_from_bits(((uint32_t)bits << 24) | 0x7fc00000u); }
  return swdl_small_value(bits, 0x80u, 3u, 7u);
}

static inline float swdl_f8e4m3fn_round(float x) { return swdl_f8e4m3fn_value(swdl_f8e4m3fn_bits(x)); }

/* Without a negative zero, whose code is NaN: the largest is 240. */
static inline uint8_t swdl_f8e4m3fnuz_bits(float x) {
  const uint32_t code = swdl_small_code(x, 3u, 8u);
  if (x != x) { return 0x80u; }
  return (uint8_t)((code == 0u ? 0u : (swdl_f32_bits(x) >> 24) & 0x80u) | (code > 0x7fu ? 0x7fu : code));
}

static inline float swdl_f8e4m3fnuz_value(uint8_t bits) { return bits == 0x80u ? swdl_f32_from_bits(0x7fc00000u) : swdl_small_value(bits, 0x80u, 3u, 8u); }

static inline float swdl_f8e4m3fnuz_round(float x) { return swdl_f8e4m3fnuz_value(swdl_f8e4m3fnuz_bits(x)); }

/* 5 bits of exponent, 2 of mantissa: the largest is 57344. */
static inline uint8_t swdl_f8e5m2_bits(float x) {
  const uint32_t bits = swdl_f32_bits(x);
  const uint32_t code = swdl_small_code(x, 2u, 15u);
  const uint32_t size = x != x ? 0x7eu : (bits & 0x7fffffffu) == 0x7f800000u ? 0x7cu : code > 0x7bu ? 0x7bu : code;
  return (uint8_t)(((bits >> 24) & 0x80u) | size);
}

static inline float swdl_f8e5m2_value(uint8_t bits) {
  const uint32_t sign = ((uint32_t)bits << 24) & 0x80000000u;
  const uint32_t size = bits & 0x7fu;
  if (size >= 0x7cu) { return swdl_f32_from_bits(sign | (size == 0x7cu ? 0x7f800000u : 0x7fc00000u)); }
  return swdl_small_value(bits, 0x80u, 2u, 15u);
}

static inline float swdl_f8e5m2_round(float x) { return swdl_f8e5m2_value(swdl_f8e5m2_bits(x)); }

/* A cast takes no infinity from outside. */
static inline float swdl_f8e5m2_cast(float x) {
  return swdl_f8e5m2_round(x > 57344.0f ? 57344.0f : x < -57344.0f ? -57344.0f : x);
}

/* Without infinities and a negative zero, whose code is NaN: the largest is 57344. */
static inline uint8_t swdl_f8e5m2fnuz_bits(float x) {
  const uint32_t code = swdl_small_code(x, 2u, 16u);
  if (x != x) { return 0x80u; }
  return (uint8_t)((code == 0u ? 0u : (swdl_f32_bits(x) >> 24) & 0x80u) | (code > 0x7fu ? 0x7fu : code));
}

static inline float swdl_f8e5m2fnuz_value(uint8_t bits) { return bits == 0x80u ? swdl_f32_from_bits(0x7fc00000u) : swdl_small_value(bits, 0x80u, 2u, 16u); }

static inline float swdl_f8e5m2fnuz_round(float x) { return swdl_f8e5m2fnuz_value(swdl_f8e5m2fnuz_bits(x)); }

/* Powers of two, rounded up; what is negative has none. Twice the number is a normal one. */
static inline uint8_t swdl_f8e8m0_bits(float x) {
  const uint32_t twice = ((swdl_f32_bits(x + x) & 0x7fffffffu) + 0x7fffffu) >> 23;
  return (uint8_t)(!(x >= 0.0f) ? 0xffu : twice == 0u ? 0u : twice - 1u);
}

static inline float swdl_f8e8m0_value(uint8_t bits) {
  return swdl_f32_from_bits(bits == 0xffu ? 0x7fc00000u : bits == 0u ? 0x00400000u : (uint32_t)bits << 23);
}

static inline float swdl_f8e8m0_round(float x) { return swdl_f8e8m0_value(swdl_f8e8m0_bits(x)); }

/* 2 bits of exponent, 1 of mantissa, in the lower half of a byte: the largest is 6, and NaN becomes -0. */
static inline uint8_t swdl_f4e2m1_bits(float x) {
  const uint32_t code = swdl_small_code(x, 1u, 1u);
  return (uint8_t)(x != x ? 8u : ((swdl_f32_bits(x) >> 28) & 8u) | (code > 7u ? 7u : code));
}

static inline float swdl_f4e2m1_value(uint8_t bits) { return swdl_small_value(bits, 8u, 1u, 1u); }

static inline float swdl_f4e2m1_round(float x) { return swdl_f4e2m1_value(swdl_f4e2m1_bits(x)); }

/* Floats without their fraction. What does not fit wraps, bounded by 64 bits; NaN becomes zero. */
static inline int64_t swdl_trunc_i64(double x) {
  if (x >= -9223372036854775808.0 && x < 9223372036854775808.0) { return (int64_t)x; }
  return x < 0.0 ? INT64_MIN : x > 0.0 ? INT64_MAX : 0;
}

static inline uint64_t swdl_trunc_u64(double x) {
  if (x < 9223372036854775808.0) { return (uint64_t)swdl_trunc_i64(x); }
  return x < 18446744073709551616.0 ? (uint64_t)(int64_t)(x - 9223372036854775808.0) + 0x8000000000000000ull : x > 0.0 ? UINT64_MAX : 0u;
}

static inline int32_t swdl_trunc_i32(double x) {
  return x > -2147483649.0 && x < 2147483648.0 ? (int32_t)x : (int32_t)(uint32_t)swdl_trunc_i64(x);
}

static inline int32_t swdl_trunc_i32f(float x) {
  return x >= -2147483648.0f && x < 2147483648.0f ? (int32_t)x : (int32_t)(uint32_t)swdl_trunc_i64((double)x);
}

/* The same between the ends of int32: no branch is needed, only care of NaN. */
static inline int32_t swdl_inside_i32(double x) { return (int32_t)(x == x ? x : 0.0); }

static inline int32_t swdl_inside_i32f(float x) { return (int32_t)(x == x ? x : 0.0f); }

/* Integers of four and two bits. */
static inline int8_t swdl_i4(int64_t x) { return (int8_t)(((int)x & 15) < 8 ? (int)x & 15 : ((int)x & 15) - 16); }

static inline int8_t swdl_i2(int64_t x) { return (int8_t)(((int)x & 3) < 2 ? (int)x & 3 : ((int)x & 3) - 4); }

static inline uint8_t swdl_u4(int64_t x) { return (uint8_t)(x & 15); }

static inline uint8_t swdl_u2(int64_t x) { return (uint8_t)(x & 3); }
