/* The lesser and the greater of sixteen integers each. */

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
