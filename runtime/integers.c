/* Sixteen integers of 32 bits side by side. All of it wraps, as the same function of single integers does. */
#if defined(__GNUC__)
typedef uint32_t swdl_w32x16 __attribute__((vector_size(16 * sizeof(uint32_t))));
#endif

/* each: add +, sub -, mul * */
#if defined(__GNUC__)
swdl_inline swdl_i32x16 swdl_i32x16_NAME(swdl_i32x16 a, swdl_i32x16 b) { return (swdl_i32x16)((swdl_w32x16)a OP (swdl_w32x16)b); }
#else
swdl_inline swdl_i32x16 swdl_i32x16_NAME(swdl_i32x16 a, swdl_i32x16 b) {
  for (int i = 0; i < 16; i++) { a.lane[i] = (int32_t)((uint32_t)a.lane[i] OP (uint32_t)b.lane[i]); }
  return a;
}
#endif

swdl_inline swdl_i32x16 swdl_i32x16_fma(swdl_i32x16 a, swdl_i32x16 b, swdl_i32x16 c) {
  return swdl_i32x16_add(c, swdl_i32x16_mul(a, b));
}

/* a * b + c, where a lies between 0 and 32767 and b between -32768 and 32767: one product of 16 bits a lane. */
#if defined(__AVX512VNNI__) && defined(__AVX512VL__)
swdl_inline swdl_i32x16 swdl_i32x16_fma_short(swdl_i32x16 a, swdl_i32x16 b, swdl_i32x16 c) {
  __asm__("vpdpwssd %2, %1, %0" : "+v"(c) : "v"(a), "v"(b));
  return c;
}
#elif defined(swdl_native_madd_x16)
swdl_inline swdl_i32x16 swdl_i32x16_fma_short(swdl_i32x16 a, swdl_i32x16 b, swdl_i32x16 c) {
  swdl_i32x16 product;
  swdl_native_madd_x16(product, a, b);
  return swdl_i32x16_add(c, product);
}
#else
swdl_inline swdl_i32x16 swdl_i32x16_fma_short(swdl_i32x16 a, swdl_i32x16 b, swdl_i32x16 c) { return swdl_i32x16_fma(a, b, c); }
#endif

/* a * b + c, where both lie between -32768 and 32767. The upper half of a must not be multiplied. */
#if defined(swdl_native_madd_x16)
swdl_inline swdl_i32x16 swdl_i32x16_fma_signed(swdl_i32x16 a, swdl_i32x16 b, swdl_i32x16 c) { return swdl_i32x16_fma_short(a & 65535, b, c); }
#else
swdl_inline swdl_i32x16 swdl_i32x16_fma_signed(swdl_i32x16 a, swdl_i32x16 b, swdl_i32x16 c) { return swdl_i32x16_fma(a, b, c); }
#endif

/* each: and &, or |, xor ^ */
#if defined(__GNUC__)
swdl_inline swdl_i32x16 swdl_i32x16_NAME(swdl_i32x16 a, swdl_i32x16 b) { return a OP b; }
#else
swdl_inline swdl_i32x16 swdl_i32x16_NAME(swdl_i32x16 a, swdl_i32x16 b) {
  for (int i = 0; i < 16; i++) { a.lane[i] = a.lane[i] OP b.lane[i]; }
  return a;
}
#endif

/* To the right by 0 to 31 bits, with the sign. */
#if defined(__GNUC__)
swdl_inline swdl_i32x16 swdl_i32x16_shr(swdl_i32x16 a, int count) { return a >> count; }
#else
swdl_inline swdl_i32x16 swdl_i32x16_shr(swdl_i32x16 a, int count) {
  for (int i = 0; i < 16; i++) { a.lane[i] = a.lane[i] < 0 ? ~(~a.lane[i] >> count) : a.lane[i] >> count; }
  return a;
}
#endif

/* To the right by 0 to 31 bits in each lane, with the sign. */
#if defined(__GNUC__)
swdl_inline swdl_i32x16 swdl_i32x16_shrv(swdl_i32x16 a, swdl_i32x16 count) { return a >> count; }
#else
swdl_inline swdl_i32x16 swdl_i32x16_shrv(swdl_i32x16 a, swdl_i32x16 count) {
  for (int i = 0; i < 16; i++) { a.lane[i] = a.lane[i] < 0 ? ~(~a.lane[i] >> count.lane[i]) : a.lane[i] >> count.lane[i]; }
  return a;
}
#endif

/* As fma_short with the lowest 16 bits of b, whatever the others are. */
#if defined(__AVX512VNNI__) && defined(__AVX512VL__) || defined(swdl_native_madd_x16)
swdl_inline swdl_i32x16 swdl_i32x16_fma_low(swdl_i32x16 a, swdl_i32x16 b, swdl_i32x16 c) { return swdl_i32x16_fma_short(a, b, c); }
#else
swdl_inline swdl_i32x16 swdl_i32x16_fma_low(swdl_i32x16 a, swdl_i32x16 b, swdl_i32x16 c) {
  return swdl_i32x16_fma(a, swdl_i32x16_shr(swdl_i32x16_mul(b, swdl_i32x16_set(65536)), 16), c);
}
#endif

/* The products of the lanes 0, 2, 4 and so on, of 64 bits. */
#if defined(__GNUC__)
typedef long long swdl_pair_x16 __attribute__((vector_size(16 * sizeof(int32_t))));
typedef unsigned long long swdl_bits_x16 __attribute__((vector_size(16 * sizeof(int32_t))));
#endif

#if defined(swdl_native_muldq_x16)
swdl_inline swdl_pair_x16 swdl_i32x16_products(swdl_i32x16 a, swdl_i32x16 b) { return (swdl_pair_x16)swdl_native_muldq_x16(a, b); }
#elif defined(__GNUC__)
swdl_inline swdl_pair_x16 swdl_i32x16_products(swdl_i32x16 a, swdl_i32x16 b) {
  const swdl_pair_x16 x = (swdl_pair_x16)((swdl_bits_x16)a << 32) >> 32;
  const swdl_pair_x16 y = (swdl_pair_x16)((swdl_bits_x16)b << 32) >> 32;
  return x * y;
}
#endif

#if defined(__GNUC__)
swdl_inline swdl_i32x16 swdl_i32x16_mulhi(swdl_i32x16 a, swdl_i32x16 b) {
  const swdl_i32x16 x = (swdl_i32x16)((swdl_bits_x16)a >> 32);
  const swdl_i32x16 y = (swdl_i32x16)((swdl_bits_x16)b >> 32);
  const swdl_bits_x16 even = (swdl_bits_x16)swdl_i32x16_products(a, b) >> 32;
  const swdl_bits_x16 odd = (swdl_bits_x16)swdl_i32x16_products(x, y) & ~(unsigned long long)UINT32_MAX;
  return (swdl_i32x16)(even | odd);
}
#else
swdl_inline swdl_i32x16 swdl_i32x16_mulhi(swdl_i32x16 a, swdl_i32x16 b) {
  for (int i = 0; i < 16; i++) { a.lane[i] = (int32_t)((uint64_t)((int64_t)a.lane[i] * b.lane[i]) >> 32); }
  return a;
}
#endif

/* each: lt <, eq == */
#if defined(__GNUC__)
swdl_inline swdl_m32x16 swdl_i32x16_NAME(swdl_i32x16 a, swdl_i32x16 b) { return (swdl_m32x16)(a OP b); }
#else
swdl_inline swdl_m32x16 swdl_i32x16_NAME(swdl_i32x16 a, swdl_i32x16 b) {
  swdl_m32x16 result;
  for (int i = 0; i < 16; i++) { result.lane[i] = a.lane[i] OP b.lane[i] ? -1 : 0; }
  return result;
}
#endif

swdl_inline swdl_m32x16 swdl_i32x16_gt(swdl_i32x16 a, swdl_i32x16 b) { return swdl_i32x16_lt(b, a); }

swdl_inline swdl_m32x16 swdl_i32x16_le(swdl_i32x16 a, swdl_i32x16 b) { return swdl_m32x16_not(swdl_i32x16_lt(b, a)); }

swdl_inline swdl_m32x16 swdl_i32x16_ge(swdl_i32x16 a, swdl_i32x16 b) { return swdl_m32x16_not(swdl_i32x16_lt(a, b)); }

swdl_inline swdl_m32x16 swdl_i32x16_ne(swdl_i32x16 a, swdl_i32x16 b) { return swdl_m32x16_not(swdl_i32x16_eq(a, b)); }

#if defined(__GNUC__)
swdl_inline swdl_i32x16 swdl_i32x16_select(swdl_m32x16 m, swdl_i32x16 a, swdl_i32x16 b) { return ((swdl_i32x16)m & a) | (~(swdl_i32x16)m & b); }
#else
swdl_inline swdl_i32x16 swdl_i32x16_select(swdl_m32x16 m, swdl_i32x16 a, swdl_i32x16 b) {
  for (int i = 0; i < 16; i++) { a.lane[i] = m.lane[i] != 0 ? a.lane[i] : b.lane[i]; }
  return a;
}
#endif

swdl_inline int32_t swdl_i32x16_reduce_add(swdl_i32x16 a) {
  int32_t lanes[16];
  swdl_i32x16_store(lanes, a);
  for (int half = 16 / 2; half > 0; half /= 2) {
    for (int i = 0; i < half; i++) { lanes[i] = (int32_t)((uint32_t)lanes[i] + (uint32_t)lanes[i + half]); }
  }
  return lanes[0];
}

/* each: min, max */
swdl_inline int32_t swdl_i32x16_reduce_NAME(swdl_i32x16 a) {
  int32_t lanes[16];
  swdl_i32x16_store(lanes, a);
  for (int i = 1; i < 16; i++) { lanes[0] = swdl_NAME_i32(lanes[0], lanes[i]); }
  return lanes[0];
}

/* Whole numbers as floats, rounded to the nearest, and back: of floats that lie between -2^31 and 2^31, towards zero; a NaN is 0. */
#if defined(__GNUC__)
swdl_inline swdl_f32x16 swdl_f32x16_from_i32(swdl_i32x16 a) { return __builtin_convertvector(a, swdl_f32x16); }
#else
swdl_inline swdl_f32x16 swdl_f32x16_from_i32(swdl_i32x16 a) {
  swdl_f32x16 result;
  for (int i = 0; i < 16; i++) { result.lane[i] = (float)a.lane[i]; }
  return result;
}
#endif

#if defined(__GNUC__)
swdl_inline swdl_i32x16 swdl_i32x16_from_f32(swdl_f32x16 a) {
  const swdl_i32x16 number = (swdl_i32x16)(a == a) & (swdl_i32x16)a;
  return __builtin_convertvector((swdl_f32x16)number, swdl_i32x16);
}
#else
swdl_inline swdl_i32x16 swdl_i32x16_from_f32(swdl_f32x16 a) {
  swdl_i32x16 result;
  for (int i = 0; i < 16; i++) { result.lane[i] = (int32_t)(a.lane[i] == a.lane[i] ? a.lane[i] : 0.0f); }
  return result;
}
#endif

/* Lane by lane one of 32 numbers. */
#if defined(swdl_native_pick_x16)
swdl_inline swdl_i32x16 swdl_i32x16_pick(const int32_t *from, swdl_i32x16 n) { return (swdl_i32x16)swdl_native_pick_x16(from, n); }
#else
swdl_inline swdl_i32x16 swdl_i32x16_pick(const int32_t *from, swdl_i32x16 n) {
  for (int i = 0; i < 16; i++) { swdl_lane_x16(n, i) = from[swdl_lane_x16(n, i) & 31]; }
  return n;
}
#endif
