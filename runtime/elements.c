/* Sixteen elements side by side, as they lie in memory. The text for other types and other numbers of elements is this one with other
   names. */
#if defined(__GNUC__)
typedef uint8_t swdl_u8x16 __attribute__((vector_size(16 * sizeof(uint8_t))));
#else
typedef struct swdl_u8x16 { uint8_t lane[16]; } swdl_u8x16;
#endif

swdl_inline swdl_u8x16 swdl_u8x16_load(const uint8_t *from) {
  swdl_u8x16 result;
  memcpy(&result, from, sizeof result);
  return result;
}

swdl_inline void swdl_u8x16_store(uint8_t *to, swdl_u8x16 a) { memcpy(to, &a, sizeof a); }

swdl_inline swdl_u8x16 swdl_u8x16_load_ahead1(const uint8_t *from, int count) {
  swdl_prefetch1(from, (uintptr_t)count * sizeof(uint8_t));
  return swdl_u8x16_load(from);
}

swdl_inline swdl_u8x16 swdl_u8x16_load_ahead2(const uint8_t *from, int count) {
  swdl_prefetch2(from, (uintptr_t)count * sizeof(uint8_t));
  return swdl_u8x16_load(from);
}

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

#if defined(__GNUC__)
swdl_inline swdl_u8x16 swdl_u8x16_set(uint8_t x) { return x - (swdl_u8x16){0}; }
#else
swdl_inline swdl_u8x16 swdl_u8x16_set(uint8_t x) {
  swdl_u8x16 result;
  for (int i = 0; i < 16; i++) { result.lane[i] = x; }
  return result;
}
#endif

#if defined(swdl_native_min_u8x16)
swdl_inline swdl_u8x16 swdl_u8x16_min(swdl_u8x16 a, swdl_u8x16 b) { return swdl_native_min_u8x16(a, b); }
#elif defined(__GNUC__)
swdl_inline swdl_u8x16 swdl_u8x16_min(swdl_u8x16 a, swdl_u8x16 b) {
  const swdl_u8x16 m = (swdl_u8x16)(b < a);
  return (b & m) | (a & ~m);
}
#else
swdl_inline swdl_u8x16 swdl_u8x16_min(swdl_u8x16 a, swdl_u8x16 b) {
  for (int i = 0; i < 16; i++) { a.lane[i] = b.lane[i] < a.lane[i] ? b.lane[i] : a.lane[i]; }
  return a;
}
#endif

#if defined(swdl_native_max_u8x16)
swdl_inline swdl_u8x16 swdl_u8x16_max(swdl_u8x16 a, swdl_u8x16 b) { return swdl_native_max_u8x16(a, b); }
#elif defined(__GNUC__)
swdl_inline swdl_u8x16 swdl_u8x16_max(swdl_u8x16 a, swdl_u8x16 b) {
  const swdl_u8x16 m = (swdl_u8x16)(a < b);
  return (b & m) | (a & ~m);
}
#else
swdl_inline swdl_u8x16 swdl_u8x16_max(swdl_u8x16 a, swdl_u8x16 b) {
  for (int i = 0; i < 16; i++) { a.lane[i] = a.lane[i] < b.lane[i] ? b.lane[i] : a.lane[i]; }
  return a;
}
#endif
