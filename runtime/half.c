/* Floats of 16 bits as IEEE 754 has them. What is not normal as such is a difference of floats that are. */
#if defined(swdl_native_widen_x16)
swdl_inline swdl_f32x16 swdl_f32x16_from_f16(swdl_f16x16 a) {
  swdl_f32x16 result;
  swdl_native_widen_x16(result, a);
  return result;
}
#elif defined(__GNUC__)
swdl_inline swdl_f32x16 swdl_f32x16_from_f16(swdl_f16x16 a) {
  const swdl_w32x16 bits = __builtin_convertvector(a, swdl_w32x16);
  const swdl_w32x16 size = (bits & 0x7fffu) << 13;
  const swdl_w32x16 small = (swdl_w32x16)((swdl_i32x16)size < 0x00800000);
  const swdl_w32x16 strange = (swdl_w32x16)((swdl_i32x16)size >= 0x0f800000);
  const swdl_w32x16 least = (swdl_w32x16)((swdl_f32x16)(size + 0x38800000u) - 6.103515625e-5f);
  const swdl_w32x16 normal = size + 0x38000000u + (strange & 0x38000000u);
  return (swdl_f32x16)((small & least) | (~small & normal) | (bits & 0x8000u) << 16);
}
#else
swdl_inline swdl_f32x16 swdl_f32x16_from_f16(swdl_f16x16 a) {
  swdl_f32x16 result;
  for (int i = 0; i < 16; i++) { result.lane[i] = swdl_f16_value(a.lane[i]); }
  return result;
}
#endif

/* Rounded to nearest, ties to even; a NaN stays a quiet NaN. */
#if defined(swdl_native_halve_x16)
swdl_inline swdl_f16x16 swdl_f16x16_from_f32(swdl_f32x16 a) {
  swdl_f16x16 result;
  swdl_native_halve_x16(result, a);
  return result;
}
#elif defined(__GNUC__)
swdl_inline swdl_f16x16 swdl_f16x16_from_f32(swdl_f32x16 a) {
  const swdl_w32x16 bits = (swdl_w32x16)a;
  const swdl_w32x16 size = bits & 0x7fffffffu;
  const swdl_w32x16 small = (swdl_w32x16)((swdl_i32x16)size < 0x38800000);
  const swdl_w32x16 large = (swdl_w32x16)((swdl_i32x16)size >= 0x477ff000);
  const swdl_w32x16 strange = (swdl_w32x16)((swdl_i32x16)size > 0x7f800000);
  const swdl_w32x16 least = (swdl_w32x16)((swdl_f32x16)size + 0.5f) - 0x3f000000u;
  const swdl_w32x16 normal = (size - 0x38000000u + 0xfffu + ((size >> 13) & 1u)) >> 13;
  const swdl_w32x16 most = 0x7c00u + (strange & (0x200u | ((size >> 13) & 0x1ffu)));
  const swdl_w32x16 rounded = (small & least) | (~small & ~large & normal) | (large & most) | ((bits >> 16) & 0x8000u);
  return __builtin_convertvector(rounded, swdl_f16x16);
}
#else
swdl_inline swdl_f16x16 swdl_f16x16_from_f32(swdl_f32x16 a) {
  swdl_f16x16 result;
  for (int i = 0; i < 16; i++) { result.lane[i] = swdl_f16_bits(a.lane[i]); }
  return result;
}
#endif
