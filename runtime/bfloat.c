/* Floats of 16 bits, the upper halves of those of 32. */
#if defined(swdl_native_i32x16_from_u16)
swdl_inline swdl_f32x16 swdl_f32x16_from_bf16(swdl_bf16x16 a) {
  return (swdl_f32x16)((swdl_w32x16)(swdl_i32x16)swdl_native_i32x16_from_u16((swdl_i16x16)a) << 16);
}
#elif defined(__GNUC__)
swdl_inline swdl_f32x16 swdl_f32x16_from_bf16(swdl_bf16x16 a) {
  const swdl_w32x16 bits = __builtin_convertvector(a, swdl_w32x16);
  return (swdl_f32x16)(bits << 16);
}
#else
swdl_inline swdl_f32x16 swdl_f32x16_from_bf16(swdl_bf16x16 a) {
  uint32_t bits[16];
  for (int i = 0; i < 16; i++) { bits[i] = a.lane[i] * 65536u; }
  swdl_f32x16 result;
  memcpy(&result, bits, sizeof result);
  return result;
}
#endif

/* Rounded to nearest, ties to even; a NaN stays a quiet NaN. The instruction takes what is not normal for zero. */
#if defined(swdl_native_narrow_x16)
swdl_inline swdl_bf16x16 swdl_bf16x16_from_f32(swdl_f32x16 a) {
  swdl_bf16x16 result;
  swdl_native_narrow_x16(result, a);
  return result;
}
#elif defined(__GNUC__)
swdl_inline swdl_bf16x16 swdl_bf16x16_from_f32(swdl_f32x16 a) {
  const swdl_w32x16 bits = (swdl_w32x16)a;
  const swdl_w32x16 upper = bits >> 16;
  const swdl_w32x16 strange = (swdl_w32x16)(a != a);
  const swdl_w32x16 nearest = (bits + (upper & 1u) + 0x7fffu) >> 16;
  return __builtin_convertvector((strange & (upper | 0x40u)) | (~strange & nearest), swdl_bf16x16);
}
#else
swdl_inline swdl_bf16x16 swdl_bf16x16_from_f32(swdl_f32x16 a) {
  uint32_t bits[16];
  memcpy(bits, &a, sizeof bits);
  swdl_bf16x16 result;
  for (int i = 0; i < 16; i++) {
    const uint32_t upper = bits[i] >> 16;
    const uint32_t nearest = (bits[i] + (upper & 1u) + 0x7fffu) >> 16;
    result.lane[i] = (uint16_t)(a.lane[i] != a.lane[i] ? upper | 0x40u : nearest);
  }
  return result;
}
#endif

/* Two elements, repeated. */
#if defined(__GNUC__)
swdl_inline swdl_bf16x32 swdl_bf16x32_repeat2(swdl_bf16x2 a) {
  int32_t bits;
  memcpy(&bits, &a, sizeof bits);
  return (swdl_bf16x32)swdl_i32x16_set(bits);
}
#else
swdl_inline swdl_bf16x32 swdl_bf16x32_repeat2(swdl_bf16x2 a) {
  swdl_bf16x32 result;
  for (int i = 0; i < 16; i++) { memcpy(result.lane + 2 * i, a.lane, sizeof a); }
  return result;
}
#endif

/* c plus two products of neighbours in each lane. The instruction takes what is not normal for zero. */
#if defined(swdl_native_pairs_x16)
swdl_inline swdl_f32x16 swdl_f32x16_dot_bf16bf16(swdl_bf16x32 a, swdl_bf16x32 b, swdl_f32x16 c) {
  swdl_native_pairs_x16(c, a, b);
  return c;
}
#elif defined(__GNUC__)
swdl_inline swdl_f32x16 swdl_f32x16_dot_bf16bf16(swdl_bf16x32 a, swdl_bf16x32 b, swdl_f32x16 c) {
  const swdl_w32x16 x = (swdl_w32x16)a;
  const swdl_w32x16 y = (swdl_w32x16)b;
  const swdl_f32x16 sum = c + (swdl_f32x16)(x << 16) * (swdl_f32x16)(y << 16);
  return sum + (swdl_f32x16)(x & 0xffff0000u) * (swdl_f32x16)(y & 0xffff0000u);
}
#else
swdl_inline swdl_f32x16 swdl_f32x16_dot_bf16bf16(swdl_bf16x32 a, swdl_bf16x32 b, swdl_f32x16 c) {
  for (int i = 0; i < (16 * 2); i++) {
    const uint32_t bits[2] = {a.lane[i] * 65536u, b.lane[i] * 65536u};
    float factors[2];
    memcpy(factors, bits, sizeof factors);
    c.lane[i / 2] = c.lane[i / 2] + factors[0] * factors[1];
  }
  return c;
}
#endif
