/* Sixteen elements that lie apart. The text for other types and other numbers of elements is this one with other names. */

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
