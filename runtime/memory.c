/* Sixteen elements side by side, as they lie in memory: vectors of gcc and clang, and structs where there are none. The text for other
   types and other numbers of elements is this one with other names. */

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

/* each: 1, 2 */
swdl_inline swdl_u8x16 swdl_u8x16_load_aheadNAME(const uint8_t *from, int count) {
  swdl_prefetchNAME(from, (uintptr_t)count * sizeof(uint8_t));
  return swdl_u8x16_load(from);
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
