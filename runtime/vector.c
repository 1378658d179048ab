/* Sixteen floats side by side, and masks for them. The text for eight and four lanes is this one with other numbers. */

#if defined(__GNUC__)
typedef int32_t swdl_m32x16 __attribute__((vector_size(16 * sizeof(int32_t))));
#else
typedef struct swdl_m32x16 { int32_t lane[16]; } swdl_m32x16;
#endif

/* The lanes of a vector as an array, for what has no operator. */
#if defined(__GNUC__)
#define swdl_lane_x16(a, i) (a)[i]
#else
#define swdl_lane_x16(a, i) (a).lane[i]
#endif

swdl_inline swdl_f32x16 swdl_f32x16_load_strided(const float *from, int stride) {
  swdl_f32x16 result;
  memset(&result, 0, sizeof result);
  for (int i = 0; i < 16; i++) { swdl_lane_x16(result, i) = from[i * stride]; }
  return result;
}

/* Lane by lane one of twice as many elements: its number stands at the bit `shift` and above of a lane of the numbers. */
#if defined(swdl_native_lookup_x16)
swdl_inline swdl_f32x16 swdl_f32x16_lookup(const float *from, const int32_t *numbers, int shift) {
  swdl_f32x16 a, b;
  swdl_m32x16 n;
  memcpy(&a, from, sizeof a);
  memcpy(&b, from + sizeof a / sizeof *from, sizeof b);
  memcpy(&n, numbers, sizeof n);
  return swdl_native_lookup_x16(a, b, n >> shift);
}
#else
swdl_inline swdl_f32x16 swdl_f32x16_lookup(const float *from, const int32_t *numbers, int shift) {
  swdl_f32x16 result;
  memset(&result, 0, sizeof result);
  for (int i = 0; i < 16; i++) { swdl_lane_x16(result, i) = from[(numbers[i] >> shift) & ((16 * 2) - 1)]; }
  return result;
}
#endif

swdl_inline void swdl_f32x16_store_strided(float *to, int stride, swdl_f32x16 a) {
  for (int i = 0; i < 16; i++) { to[i * stride] = swdl_lane_x16(a, i); }
}

#if defined(__GNUC__)
swdl_inline swdl_m32x16 swdl_m32x16_set(int x) { return (x != 0 ? -1 : 0) - (swdl_m32x16){0}; }
#else
swdl_inline swdl_m32x16 swdl_m32x16_set(int x) {
  swdl_m32x16 result;
  for (int i = 0; i < 16; i++) { result.lane[i] = x != 0 ? -1 : 0; }
  return result;
}
#endif

/* each: add +, sub -, mul *, div / */
#if defined(__GNUC__)
swdl_inline swdl_f32x16 swdl_f32x16_NAME(swdl_f32x16 a, swdl_f32x16 b) { return a OP b; }
#else
swdl_inline swdl_f32x16 swdl_f32x16_NAME(swdl_f32x16 a, swdl_f32x16 b) {
  swdl_f32x16 result;
  for (int i = 0; i < 16; i++) { result.lane[i] = a.lane[i] OP b.lane[i]; }
  return result;
}
#endif

/* each: lt <, le <=, eq ==, ne !=, gt >, ge >= */
#if defined(__GNUC__)
swdl_inline swdl_m32x16 swdl_f32x16_NAME(swdl_f32x16 a, swdl_f32x16 b) { return a OP b; }
#else
swdl_inline swdl_m32x16 swdl_f32x16_NAME(swdl_f32x16 a, swdl_f32x16 b) {
  swdl_m32x16 result;
  for (int i = 0; i < 16; i++) { result.lane[i] = a.lane[i] OP b.lane[i] ? -1 : 0; }
  return result;
}
#endif

/* each: and &, or |, xor ^ */
#if defined(__GNUC__)
swdl_inline swdl_m32x16 swdl_m32x16_NAME(swdl_m32x16 a, swdl_m32x16 b) { return a OP b; }
#else
swdl_inline swdl_m32x16 swdl_m32x16_NAME(swdl_m32x16 a, swdl_m32x16 b) {
  swdl_m32x16 result;
  for (int i = 0; i < 16; i++) { result.lane[i] = a.lane[i] OP b.lane[i]; }
  return result;
}
#endif

#if defined(__GNUC__)
swdl_inline swdl_m32x16 swdl_m32x16_not(swdl_m32x16 a) { return ~a; }
#else
swdl_inline swdl_m32x16 swdl_m32x16_not(swdl_m32x16 a) {
  swdl_m32x16 result;
  for (int i = 0; i < 16; i++) { result.lane[i] = ~a.lane[i]; }
  return result;
}
#endif

#if defined(__GNUC__)
swdl_inline swdl_f32x16 swdl_f32x16_neg(swdl_f32x16 a) { return -a; }
#else
swdl_inline swdl_f32x16 swdl_f32x16_neg(swdl_f32x16 a) {
  swdl_f32x16 result;
  for (int i = 0; i < 16; i++) { result.lane[i] = -a.lane[i]; }
  return result;
}
#endif

#if defined(__GNUC__)
swdl_inline swdl_f32x16 swdl_f32x16_abs(swdl_f32x16 a) { return (swdl_f32x16)((swdl_m32x16)a & 0x7fffffff); }
#else
swdl_inline swdl_f32x16 swdl_f32x16_abs(swdl_f32x16 a) {
  swdl_f32x16 result;
  for (int i = 0; i < 16; i++) { result.lane[i] = fabsf(a.lane[i]); }
  return result;
}
#endif

#if defined(__GNUC__)
swdl_inline swdl_f32x16 swdl_f32x16_select(swdl_m32x16 m, swdl_f32x16 a, swdl_f32x16 b) { return (swdl_f32x16)((m & (swdl_m32x16)a) | (~m & (swdl_m32x16)b)); }
#else
swdl_inline swdl_f32x16 swdl_f32x16_select(swdl_m32x16 m, swdl_f32x16 a, swdl_f32x16 b) {
  swdl_f32x16 result;
  for (int i = 0; i < 16; i++) { result.lane[i] = m.lane[i] != 0 ? a.lane[i] : b.lane[i]; }
  return result;
}
#endif

/* each: min lt, max gt */
#if defined(swdl_native_NAME_x16)
swdl_inline swdl_f32x16 swdl_f32x16_NAME(swdl_f32x16 a, swdl_f32x16 b) { return swdl_native_NAME_x16(b, a); }
#else
swdl_inline swdl_f32x16 swdl_f32x16_NAME(swdl_f32x16 a, swdl_f32x16 b) {
  return swdl_f32x16_select(swdl_f32x16_OP(b, a), b, a);
}
#endif

/* One rounding where the machine has an instruction for it; clang finds it by itself. */
#if defined(swdl_native_fma_x16)
swdl_inline swdl_f32x16 swdl_f32x16_fma(swdl_f32x16 a, swdl_f32x16 b, swdl_f32x16 c) { return swdl_native_fma_x16(a, b, c); }
#elif defined(__GNUC__)
swdl_inline swdl_f32x16 swdl_f32x16_fma(swdl_f32x16 a, swdl_f32x16 b, swdl_f32x16 c) { return a * b + c; }
#else
swdl_inline swdl_f32x16 swdl_f32x16_fma(swdl_f32x16 a, swdl_f32x16 b, swdl_f32x16 c) {
  swdl_f32x16 result;
  for (int i = 0; i < 16; i++) { result.lane[i] = a.lane[i] * b.lane[i] + c.lane[i]; }
  return result;
}
#endif

/* each: sqrt sqrtf, floor floorf, ceil ceilf, trunc truncf */
#if defined(swdl_native_NAME_x16)
swdl_inline swdl_f32x16 swdl_f32x16_NAME(swdl_f32x16 a) { return swdl_native_NAME_x16(a); }
#else
swdl_inline swdl_f32x16 swdl_f32x16_NAME(swdl_f32x16 a) {
  for (int i = 0; i < 16; i++) { swdl_lane_x16(a, i) = OP(swdl_lane_x16(a, i)); }
  return a;
}
#endif

#if defined(swdl_native_nearest_x16)
swdl_inline swdl_f32x16 swdl_f32x16_round(swdl_f32x16 a) { return swdl_native_nearest_x16(a); }
#else
swdl_inline swdl_f32x16 swdl_f32x16_round(swdl_f32x16 a) {
  for (int i = 0; i < 16; i++) { swdl_lane_x16(a, i) = rintf(swdl_lane_x16(a, i)); }
  return a;
}
#endif

/* Four lanes of a vector: sums over all lanes are taken in these, which no compiler does by itself without a way through memory. */
#if defined(__GNUC__)
typedef float swdl_part_x16 __attribute__((vector_size(16)));
typedef int32_t swdl_part_mask_x16 __attribute__((vector_size(16)));
#endif

#if defined(__GNUC__)
swdl_inline swdl_part_x16 swdl_part_x16_select(swdl_part_mask_x16 m, swdl_part_x16 a, swdl_part_x16 b) {
  return (swdl_part_x16)((m & (swdl_part_mask_x16)a) | (~m & (swdl_part_mask_x16)b));
}
#endif

#if defined(__GNUC__)
swdl_inline float swdl_f32x16_reduce_add(swdl_f32x16 a) {
  swdl_part_x16 part[sizeof a / 16];
  memcpy(part, &a, sizeof part);
  for (int half = 16 / 8; half > 0; half /= 2) {
    for (int i = 0; i < half; i++) { part[i] = part[i] + part[i + half]; }
  }
  return (part[0][0] + part[0][2]) + (part[0][1] + part[0][3]);
}
#else
swdl_inline float swdl_f32x16_reduce_add(swdl_f32x16 a) {
  float lanes[16];
  memcpy(lanes, &a, sizeof lanes);
  for (int half = 16 / 2; half > 0; half /= 2) {
    for (int i = 0; i < half; i++) { lanes[i] = lanes[i] + lanes[i + half]; }
  }
  return lanes[0];
}
#endif

/* each: min <, max > */
#if defined(__GNUC__)
swdl_inline float swdl_f32x16_reduce_NAME(swdl_f32x16 a) {
  swdl_part_x16 part[sizeof a / 16];
  memcpy(part, &a, sizeof part);
  for (int half = 16 / 8; half > 0; half /= 2) {
    for (int i = 0; i < half; i++) {
      const swdl_part_mask_x16 m = part[i + half] OP part[i];
      part[i] = swdl_part_x16_select(m, part[i + half], part[i]);
    }
  }
  const float even = part[0][2] OP part[0][0] ? part[0][2] : part[0][0];
  const float odd = part[0][3] OP part[0][1] ? part[0][3] : part[0][1];
  return odd OP even ? odd : even;
}
#else
swdl_inline float swdl_f32x16_reduce_NAME(swdl_f32x16 a) {
  float lanes[16];
  memcpy(lanes, &a, sizeof lanes);
  for (int half = 16 / 2; half > 0; half /= 2) {
    for (int i = 0; i < half; i++) { lanes[i] = lanes[i + half] OP lanes[i] ? lanes[i + half] : lanes[i]; }
  }
  return lanes[0];
}
#endif

/* a * 2^n, where n is what is left of t without 1.5 * 2^23; in two steps, since 2^n alone may overflow or vanish. */
#if defined(swdl_native_scale_x16)
swdl_inline swdl_f32x16 swdl_f32x16_scale(swdl_f32x16 a, swdl_f32x16 t) { return swdl_native_scale_x16(a, t - 12582912.0f); }
#elif defined(__GNUC__)
swdl_inline swdl_f32x16 swdl_f32x16_scale(swdl_f32x16 a, swdl_f32x16 t) {
  const swdl_m32x16 n = (swdl_m32x16)t - 0x4b400000;
  const swdl_m32x16 half = n >> 1;
  return a * (swdl_f32x16)((half + 127) << 23) * (swdl_f32x16)((n - half + 127) << 23);
}
#else
swdl_inline swdl_f32x16 swdl_f32x16_scale(swdl_f32x16 a, swdl_f32x16 t) {
  for (int i = 0; i < 16; i++) { a.lane[i] = ldexpf(a.lane[i], (int)(t.lane[i] == t.lane[i] ? t.lane[i] - 12582912.0f : 0.0f)); }
  return a;
}
#endif

/* x = n * ln 2 + r with |r| <= ln 2 / 2; e^r by a polynomial. Beyond -104 and 89 the result is zero and infinity. */
swdl_inline swdl_f32x16 swdl_f32x16_exp(swdl_f32x16 x) {
  const swdl_f32x16 shift = swdl_f32x16_set(12582912.0f);
  const swdl_f32x16 one = swdl_f32x16_set(1.0f);
  const swdl_f32x16 y = swdl_f32x16_max(swdl_f32x16_min(x, swdl_f32x16_set(89.0f)), swdl_f32x16_set(-104.0f));
  const swdl_f32x16 t = swdl_f32x16_fma(y, swdl_f32x16_set(1.44269504f), shift);
  const swdl_f32x16 n = swdl_f32x16_sub(t, shift);
  const swdl_f32x16 coarse = swdl_f32x16_fma(n, swdl_f32x16_set(-0.693145752f), y);
  const swdl_f32x16 r = swdl_f32x16_fma(n, swdl_f32x16_set(-1.42860677e-6f), coarse);
  swdl_f32x16 p = swdl_f32x16_set(0.0013813142f);
  p = swdl_f32x16_fma(p, r, swdl_f32x16_set(0.008369419f));
  p = swdl_f32x16_fma(p, r, swdl_f32x16_set(0.041668456f));
  p = swdl_f32x16_fma(p, r, swdl_f32x16_set(0.16666515f));
  p = swdl_f32x16_fma(p, r, swdl_f32x16_set(0.49999994f));
  p = swdl_f32x16_fma(p, swdl_f32x16_mul(r, r), r);
  return swdl_f32x16_scale(swdl_f32x16_add(p, one), t);
}

/* As above in one step: 2^n is a normal number, or infinite for n = 128. */
#if defined(__GNUC__)
swdl_inline swdl_f32x16 swdl_f32x16_scale_once(swdl_f32x16 a, swdl_f32x16 t) {
  return a * (swdl_f32x16)(((swdl_m32x16)t - (0x4b400000 - 127)) << 23);
}
#else
swdl_inline swdl_f32x16 swdl_f32x16_scale_once(swdl_f32x16 a, swdl_f32x16 t) {
  for (int i = 0; i < 16; i++) { a.lane[i] = ldexpf(a.lane[i], (int)(t.lane[i] == t.lane[i] ? t.lane[i] - 12582912.0f : 0.0f)); }
  return a;
}
#endif

/* 1 / (1 + e^-x) with e^-x as above, which is infinite below -88.4: there the result is less than the smallest normal number, or 0. */
swdl_inline swdl_f32x16 swdl_f32x16_sigmoid(swdl_f32x16 x) {
  const swdl_f32x16 shift = swdl_f32x16_set(12582912.0f);
  const swdl_f32x16 one = swdl_f32x16_set(1.0f);
  const swdl_f32x16 y = swdl_f32x16_max(swdl_f32x16_min(x, swdl_f32x16_set(87.0f)), swdl_f32x16_set(-88.8f));
  const swdl_f32x16 t = swdl_f32x16_fma(y, swdl_f32x16_set(-1.44269504f), shift);
  const swdl_f32x16 n = swdl_f32x16_sub(shift, t);
  const swdl_f32x16 coarse = swdl_f32x16_fma(n, swdl_f32x16_set(-0.693145752f), y);
  const swdl_f32x16 r = swdl_f32x16_fma(n, swdl_f32x16_set(-1.42860677e-6f), coarse);
  swdl_f32x16 p = swdl_f32x16_set(0.0013813142f);
  p = swdl_f32x16_fma(p, r, swdl_f32x16_set(-0.008369419f));
  p = swdl_f32x16_fma(p, r, swdl_f32x16_set(0.041668456f));
  p = swdl_f32x16_fma(p, r, swdl_f32x16_set(-0.16666515f));
  p = swdl_f32x16_fma(p, r, swdl_f32x16_set(0.49999994f));
  p = swdl_f32x16_sub(swdl_f32x16_mul(p, swdl_f32x16_mul(r, r)), r);
  return swdl_f32x16_div(one, swdl_f32x16_add(one, swdl_f32x16_scale_once(swdl_f32x16_add(p, one), t)));
}

/* A quotient of polynomials in x^2, which is 1 in float where x is cut off. */
swdl_inline swdl_f32x16 swdl_f32x16_tanh(swdl_f32x16 x) {
  const swdl_f32x16 limit = swdl_f32x16_set(9.01f);
  const swdl_f32x16 y = swdl_f32x16_max(swdl_f32x16_min(x, limit), swdl_f32x16_neg(limit));
  const swdl_f32x16 z = swdl_f32x16_mul(y, y);
  swdl_f32x16 p = swdl_f32x16_set(1.331889642e-08f);
  swdl_f32x16 q = swdl_f32x16_set(7.761947987e-07f);
  p = swdl_f32x16_fma(p, z, swdl_f32x16_set(2.058335597e-05f));
  p = swdl_f32x16_fma(p, z, swdl_f32x16_set(3.494027019e-03f));
  p = swdl_f32x16_fma(p, z, swdl_f32x16_set(1.337971162e-01f));
  p = swdl_f32x16_fma(p, z, swdl_f32x16_set(9.999999790e-01f));
  q = swdl_f32x16_fma(q, z, swdl_f32x16_set(3.283080453e-04f));
  q = swdl_f32x16_fma(q, z, swdl_f32x16_set(2.587104460e-02f));
  q = swdl_f32x16_fma(q, z, swdl_f32x16_set(4.671302686e-01f));
  q = swdl_f32x16_fma(q, z, swdl_f32x16_set(1.0f));
  return swdl_f32x16_div(swdl_f32x16_mul(y, p), q);
}

/* x times a polynomial in u, which goes from -1 to 1 as x^2 does from 0 to where x is cut off: there the result is 1. */
swdl_inline swdl_f32x16 swdl_f32x16_erf(swdl_f32x16 x) {
  const swdl_f32x16 limit = swdl_f32x16_set(3.682f);
  const swdl_f32x16 y = swdl_f32x16_max(swdl_f32x16_min(x, limit), swdl_f32x16_neg(limit));
  const swdl_f32x16 u = swdl_f32x16_fma(swdl_f32x16_mul(y, y), swdl_f32x16_set(0.147523921f), swdl_f32x16_set(-1.0f));
  swdl_f32x16 p = swdl_f32x16_set(-0.00143518229f);
  p = swdl_f32x16_fma(p, u, swdl_f32x16_set(0.00377633888f));
  p = swdl_f32x16_fma(p, u, swdl_f32x16_set(-0.00340247666f));
  p = swdl_f32x16_fma(p, u, swdl_f32x16_set(0.00480991928f));
  p = swdl_f32x16_fma(p, u, swdl_f32x16_set(-0.0137389842f));
  p = swdl_f32x16_fma(p, u, swdl_f32x16_set(0.0247227363f));
  p = swdl_f32x16_fma(p, u, swdl_f32x16_set(-0.0355459042f));
  p = swdl_f32x16_fma(p, u, swdl_f32x16_set(0.0507986844f));
  p = swdl_f32x16_fma(p, u, swdl_f32x16_set(-0.0700362697f));
  p = swdl_f32x16_fma(p, u, swdl_f32x16_set(0.0905425027f));
  p = swdl_f32x16_fma(p, u, swdl_f32x16_set(-0.112877458f));
  p = swdl_f32x16_fma(p, u, swdl_f32x16_set(0.141335443f));
  p = swdl_f32x16_fma(p, u, swdl_f32x16_set(-0.191357434f));
  p = swdl_f32x16_fma(p, u, swdl_f32x16_set(0.383999616f));
  return swdl_f32x16_mul(y, p);
}
