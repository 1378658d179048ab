/* Four of sixteen bytes: their numbers stand at the bit `shift` and above. */
static inline swdl_u8x4 swdl_u8x4_lookup(const uint8_t *from, const uint8_t *numbers, int shift) {
  uint8_t x[4];
  for (int i = 0; i < 4; i++) { x[i] = from[(numbers[i] >> shift) & 15]; }
  return swdl_u8x4_load(x);
}

/* c plus four or two products of neighbours. */
static inline int32_t swdl_dot_u8i8(swdl_u8x4 a, swdl_i8x4 b, int32_t c) {
  uint8_t x[4];
  int8_t y[4];
  swdl_u8x4_store(x, a);
  swdl_i8x4_store(y, b);
  for (int i = 0; i < 4; i++) { c = (int32_t)((uint32_t)c + (uint32_t)(x[i] * y[i])); }
  return c;
}

static inline float swdl_dot_bf16bf16(swdl_bf16x2 a, swdl_bf16x2 b, float c) {
  uint16_t x[2];
  uint16_t y[2];
  swdl_bf16x2_store(x, a);
  swdl_bf16x2_store(y, b);
  for (int i = 0; i < 2; i++) { c = c + swdl_bf16_value(x[i]) * swdl_bf16_value(y[i]); }
  return c;
}
