/* Four elements, repeated. */
#if defined(__GNUC__)
swdl_inline swdl_u8x64 swdl_u8x64_repeat4(swdl_u8x4 a) {
  int32_t bits;
  memcpy(&bits, &a, sizeof bits);
  return (swdl_u8x64)swdl_i32x16_set(bits);
}
#else
swdl_inline swdl_u8x64 swdl_u8x64_repeat4(swdl_u8x4 a) {
  swdl_u8x64 result;
  for (int i = 0; i < 16; i++) { memcpy(result.lane + 4 * i, a.lane, 4); }
  return result;
}
#endif

/* c plus four products of neighbours in each lane, exactly. */
#if defined(__AVX512VNNI__) && defined(__AVX512VL__)
swdl_inline swdl_i32x16 swdl_i32x16_dot_u8i8(swdl_u8x64 a, swdl_i8x64 b, swdl_i32x16 c) {
  __asm__("vpdpbusd %2, %1, %0" : "+v"(c) : "v"(a), "v"(b));
  return c;
}
#elif defined(swdl_native_madd_x16)
swdl_inline swdl_i32x16 swdl_i32x16_dot_u8i8(swdl_u8x64 a, swdl_i8x64 b, swdl_i32x16 c) {
  const swdl_u16x32 x = (swdl_u16x32)a;
  const swdl_i16x32 y = (swdl_i16x32)((swdl_u16x32)b << 8);
  swdl_i32x16 even, odd;
  swdl_native_madd_x16(even, x & 255, y >> 8);
  swdl_native_madd_x16(odd, x >> 8, (swdl_i16x32)b >> 8);
  return swdl_i32x16_add(c, swdl_i32x16_add(even, odd));
}
#else
swdl_inline swdl_i32x16 swdl_i32x16_dot_u8i8(swdl_u8x64 a, swdl_i8x64 b, swdl_i32x16 c) {
  uint8_t x[sizeof a];
  int8_t y[sizeof b];
  int32_t z[16];
  memcpy(x, &a, sizeof x);
  memcpy(y, &b, sizeof y);
  swdl_i32x16_store(z, c);
  for (int i = 0; i < 16; i++) {
    const int32_t sum = x[4 * i] * y[4 * i] + x[4 * i + 1] * y[4 * i + 1] + x[4 * i + 2] * y[4 * i + 2] + x[4 * i + 3] * y[4 * i + 3];
    z[i] = (int32_t)((uint32_t)z[i] + (uint32_t)sum);
  }
  return swdl_i32x16_load(z);
}
#endif

/* Each of as many bytes is one of the same sixteen: their numbers stand at the bit `shift` and above. */
#if defined(swdl_native_lookup_bytes_x16)
swdl_inline swdl_u8x64 swdl_u8x64_lookup(const uint8_t *from, const uint8_t *numbers, int shift) {
  swdl_u8x64 table;
  swdl_u8x64 n = (swdl_u8x64)(((swdl_w32x16)swdl_u8x64_load(numbers) >> shift) & 0x0f0f0f0fu);
  swdl_native_lookup_bytes_x16(table, *(const char(*)[sizeof(uint64_t) * 2])from, n);
  return n;
}
#else
swdl_inline swdl_u8x64 swdl_u8x64_lookup(const uint8_t *from, const uint8_t *numbers, int shift) {
  uint8_t x[sizeof(swdl_u8x64)];
  for (size_t i = 0; i < sizeof x; i++) { x[i] = from[(numbers[i] >> shift) & 15]; }
  return swdl_u8x64_load(x);
}
#endif
