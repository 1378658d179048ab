/* What gcc calls the instructions of x86 for which C has no operator. clang finds them by itself, or has names for all machines. */

#if defined(__AVX512F__) && !defined(__clang__)
#define swdl_native_min_x16(a, b) __builtin_ia32_minps512_mask(a, b, a, -1, 4)
#define swdl_native_max_x16(a, b) __builtin_ia32_maxps512_mask(a, b, a, -1, 4)
#define swdl_native_sqrt_x16(a) __builtin_ia32_sqrtps512_mask(a, a, -1, 4)
#define swdl_native_nearest_x16(a) __builtin_ia32_rndscaleps_mask(a, 8, a, -1, 4)
#define swdl_native_floor_x16(a) __builtin_ia32_rndscaleps_mask(a, 9, a, -1, 4)
#define swdl_native_ceil_x16(a) __builtin_ia32_rndscaleps_mask(a, 10, a, -1, 4)
#define swdl_native_trunc_x16(a) __builtin_ia32_rndscaleps_mask(a, 11, a, -1, 4)
#if !defined(SWDL_STRICT)
#define swdl_native_fma_x16(a, b, c) __builtin_ia32_vfmaddps512_mask(a, b, c, -1, 4)
#endif
#endif

#if defined(__AVX__) && !defined(__clang__)
#define swdl_native_min_x8(a, b) __builtin_ia32_minps256(a, b)
#define swdl_native_max_x8(a, b) __builtin_ia32_maxps256(a, b)
#define swdl_native_sqrt_x8(a) __builtin_ia32_sqrtps256(a)
#define swdl_native_nearest_x8(a) __builtin_ia32_roundps256(a, 8)
#define swdl_native_floor_x8(a) __builtin_ia32_roundps256(a, 9)
#define swdl_native_ceil_x8(a) __builtin_ia32_roundps256(a, 10)
#define swdl_native_trunc_x8(a) __builtin_ia32_roundps256(a, 11)
#if defined(__FMA__) && !defined(SWDL_STRICT)
#define swdl_native_fma_x8(a, b, c) __builtin_ia32_vfmaddps256(a, b, c)
#endif
#endif

#if defined(__SSE4_1__) && !defined(__clang__)
#define swdl_native_min_x4(a, b) __builtin_ia32_minps(a, b)
#define swdl_native_max_x4(a, b) __builtin_ia32_maxps(a, b)
#define swdl_native_sqrt_x4(a) __builtin_ia32_sqrtps(a)
#define swdl_native_nearest_x4(a) __builtin_ia32_roundps(a, 8)
#define swdl_native_floor_x4(a) __builtin_ia32_roundps(a, 9)
#define swdl_native_ceil_x4(a) __builtin_ia32_roundps(a, 10)
#define swdl_native_trunc_x4(a) __builtin_ia32_roundps(a, 11)
#if defined(__FMA__) && !defined(SWDL_STRICT)
#define swdl_native_fma_x4(a, b, c) __builtin_ia32_vfmaddps(a, b, c)
#endif
#endif
