/* Sixteen integers side by side. The text for other types and other numbers of elements is this one with other names. */

swdl_inline swdl_u8x16 swdl_u8x16_load_strided(const uint8_t *from, int stride) {
  uint8_t lanes[16];
  for (int i = 0; i < 16; i++) { lanes[i] = from[i * stride]; }
  return swdl_u8x16_load(lanes);
}

swdl_inline void swdl_u8x16_store_strided(uint8_t *to, int stride, swdl_u8x16 a) {
  uint8_t lanes[16];
  swdl_u8x16_store(lanes, a);
  for (int i = 0; i < 16; i++) { to[i * stride] = lanes[i]; }
}

/* each: min <, max > */
#if defined(swdl_native_NAME_u8x16)
swdl_inline swdl_u8x16 swdl_u8x16_NAME(swdl_u8x16 a, swdl_u8x16 b) { return swdl_native_NAME_u8x16(a, b); }
#elif defined(__GNUC__)
swdl_inline swdl_u8x16 swdl_u8x16_NAME(swdl_u8x16 a, swdl_u8x16 b) {
  const swdl_u8x16 m = (swdl_u8x16)(b OP a);
  return (b & m) | (a & ~m);
}
#else
swdl_inline swdl_u8x16 swdl_u8x16_NAME(swdl_u8x16 a, swdl_u8x16 b) {
  for (int i = 0; i < 16; i++) { a.lane[i] = b.lane[i] OP a.lane[i] ? b.lane[i] : a.lane[i]; }
  return a;
}
#endif
