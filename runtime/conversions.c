/* Small integers in 32 bits, and the lowest bits of such as small integers. */
#if defined(swdl_native_i32x16_from_u8)
swdl_inline swdl_i32x16 swdl_i32x16_from_u8(swdl_u8x16 a) { return swdl_native_i32x16_from_u8(a); }
#elif defined(__GNUC__)
swdl_inline swdl_i32x16 swdl_i32x16_from_u8(swdl_u8x16 a) { return __builtin_convertvector(a, swdl_i32x16); }
#else
swdl_inline swdl_i32x16 swdl_i32x16_from_u8(swdl_u8x16 a) {
  swdl_i32x16 result;
  for (int i = 0; i < 16; i++) { result.lane[i] = a.lane[i]; }
  return result;
}
#endif

#if defined(swdl_native_u8x16_from_i32)
swdl_inline swdl_u8x16 swdl_u8x16_from_i32(swdl_i32x16 a) { return swdl_native_u8x16_from_i32(a); }
#elif defined(__GNUC__)
swdl_inline swdl_u8x16 swdl_u8x16_from_i32(swdl_i32x16 a) { return __builtin_convertvector(a, swdl_u8x16); }
#else
swdl_inline swdl_u8x16 swdl_u8x16_from_i32(swdl_i32x16 a) {
  swdl_u8x16 result;
  for (int i = 0; i < 16; i++) { result.lane[i] = (uint8_t)a.lane[i]; }
  return result;
}
#endif
