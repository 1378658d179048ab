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

/* a * 2^b for whole b, rounded once. */
#if defined(__AVX512F__) && !defined(__clang__)
#define swdl_native_scale_x16(a, b) __builtin_ia32_scalefps512_mask(a, b, a, -1, 4)
#elif defined(SWDL_CLANG_AVX512F)
#define swdl_native_scale_x16(a, b) __builtin_ia32_scalefps512_mask(a, b, a, 65535, 4)
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

/* Integers: what gcc has no operator for, and what no compiler finds by itself. */
#if defined(__AVX512F__) && !defined(__clang__)
#define swdl_native_min_i32x16(a, b) ((swdl_i32x16)__builtin_ia32_pminsd512_mask(a, b, a, 65535))
#define swdl_native_max_i32x16(a, b) ((swdl_i32x16)__builtin_ia32_pmaxsd512_mask(a, b, a, 65535))
#define swdl_native_muldq_x16(a, b) __builtin_ia32_pmuldq512_mask(a, b, (swdl_pair_x16)(a), 255)
#endif

#if defined(__AVX2__) && !defined(__clang__)
#define swdl_native_min_i32x8(a, b) ((swdl_i32x8)__builtin_ia32_pminsd256(a, b))
#define swdl_native_max_i32x8(a, b) ((swdl_i32x8)__builtin_ia32_pmaxsd256(a, b))
#define swdl_native_muldq_x8(a, b) __builtin_ia32_pmuldq256(a, b)
#endif

#if defined(__SSE4_1__) && !defined(__clang__)
typedef char swdl_char_x16 __attribute__((vector_size(16)));
#define swdl_native_min_i32x4(a, b) ((swdl_i32x4)__builtin_ia32_pminsd128(a, b))
#define swdl_native_max_i32x4(a, b) ((swdl_i32x4)__builtin_ia32_pmaxsd128(a, b))
#define swdl_native_muldq_x4(a, b) __builtin_ia32_pmuldq128(a, b)
#define swdl_native_min_u8x16(a, b) ((swdl_u8x16)__builtin_ia32_pminub128((swdl_char_x16)(a), (swdl_char_x16)(b)))
#define swdl_native_max_u8x16(a, b) ((swdl_u8x16)__builtin_ia32_pmaxub128((swdl_char_x16)(a), (swdl_char_x16)(b)))
#define swdl_native_min_i8x16(a, b) ((swdl_i8x16)__builtin_ia32_pminsb128((swdl_char_x16)(a), (swdl_char_x16)(b)))
#define swdl_native_max_i8x16(a, b) ((swdl_i8x16)__builtin_ia32_pmaxsb128((swdl_char_x16)(a), (swdl_char_x16)(b)))
#endif

#if defined(__AVX512BW__)
#define swdl_native_madd_x16(sum, a, b) __asm__("vpmaddwd %2, %1, %0" : "=v"(sum) : "v"(a), "v"(b))
#endif

#if defined(__AVX2__)
#define swdl_native_madd_x8(sum, a, b) __asm__("vpmaddwd %2, %1, %0" : "=x"(sum) : "x"(a), "x"(b))
#define swdl_native_madd_x4(sum, a, b) __asm__("vpmaddwd %2, %1, %0" : "=x"(sum) : "x"(a), "x"(b))
#endif

/* Sixteen bytes to every quarter or half of a register, and from there to where they are asked for. */
#if defined(__AVX512BW__) || defined(SWDL_CLANG_AVX512F)
#define swdl_native_lookup_bytes_x16(table, from, n) __asm__("vbroadcasti32x4 %2, %1\n\tvpshufb %0, %1, %0" : "+v"(n), "=&v"(table) : "m"(from))
#endif

#if defined(__AVX2__) || defined(SWDL_CLANG_AVX2)
#define swdl_native_lookup_bytes_x8(table, from, n) __asm__("vbroadcasti128 %2, %1\n\tvpshufb %0, %1, %0" : "+x"(n), "=&x"(table) : "m"(from))
#define swdl_native_lookup_bytes_x4(table, from, n) __asm__("vmovdqu %2, %1\n\tvpshufb %0, %1, %0" : "+x"(n), "=&x"(table) : "m"(from))
#endif

/* Conversions, which gcc takes apart. Fewer than sixteen bytes lie in the lower part of a register. */
#if defined(__AVX512F__) && !defined(__clang__)
#define swdl_native_i32x16_from_u8(a) ((swdl_i32x16)__builtin_ia32_pmovzxbd512_mask((swdl_char_x16)(a), (swdl_i32x16){0}, 65535))
#define swdl_native_i32x16_from_i8(a) ((swdl_i32x16)__builtin_ia32_pmovsxbd512_mask((swdl_char_x16)(a), (swdl_i32x16){0}, 65535))
#define swdl_native_i32x16_from_i16(a) ((swdl_i32x16)__builtin_ia32_pmovsxwd512_mask(a, (swdl_i32x16){0}, 65535))
#define swdl_native_i32x16_from_u16(a) __builtin_ia32_pmovzxwd512_mask(a, (swdl_i32x16){0}, 65535)
#endif

#if defined(__AVX2__) && !defined(__clang__)
typedef long long swdl_long_x2 __attribute__((vector_size(16)));
#define swdl_native_wide_x8(a) ((swdl_char_x16)(swdl_long_x2){(long long)(a), 0})
#define swdl_native_i32x8_from_u8(a) ((swdl_i32x8)__builtin_ia32_pmovzxbd256(swdl_native_wide_x8(a)))
#define swdl_native_i32x8_from_i8(a) ((swdl_i32x8)__builtin_ia32_pmovsxbd256(swdl_native_wide_x8(a)))
#define swdl_native_i32x8_from_i16(a) ((swdl_i32x8)__builtin_ia32_pmovsxwd256(a))
#define swdl_native_i32x8_from_u16(a) __builtin_ia32_pmovzxwd256(a)
#define swdl_native_wide_x4(a) ((swdl_char_x16)(swdl_i32x4){(int32_t)(a), 0, 0, 0})
#define swdl_native_i32x4_from_u8(a) ((swdl_i32x4)__builtin_ia32_pmovzxbd128(swdl_native_wide_x4(a)))
#define swdl_native_i32x4_from_i8(a) ((swdl_i32x4)__builtin_ia32_pmovsxbd128(swdl_native_wide_x4(a)))
#endif

#if defined(__AVX2__) && !defined(__AVX512VL__) && !defined(__clang__)
typedef int swdl_int_x4 __attribute__((vector_size(16)));
typedef short swdl_short_x8 __attribute__((vector_size(16)));
typedef long long swdl_long_x4 __attribute__((vector_size(32)));
#define swdl_native_half_x8(a, i) ((swdl_int_x4)__builtin_ia32_extract128i256((swdl_long_x4)(a), i))
#define swdl_native_shorts_x8(a) ((swdl_short_x8)__builtin_ia32_packusdw128(swdl_native_half_x8(a, 0), swdl_native_half_x8(a, 1)))
#define swdl_native_bytes_x8(a) ((swdl_long_x2)__builtin_ia32_packuswb128(swdl_native_shorts_x8(a), swdl_native_shorts_x8(a)))
#define swdl_native_u8x8_from_i32(a) ((swdl_u8x8)swdl_native_bytes_x8((a) & 255)[0])
#define swdl_native_i8x8_from_i32(a) ((swdl_i8x8)swdl_native_bytes_x8((a) & 255)[0])
#define swdl_native_i16x8_from_i32(a) ((swdl_i16x8)swdl_native_shorts_x8((a) & 65535))
#endif

/* clang defines no macros for instructions that a pragma allows: the target's lines before all code do. */
#if defined(__AVX512BF16__) && defined(__AVX512VL__) || defined(SWDL_CLANG_AVX512BF16)
#define swdl_native_narrow_x16(to, a) __asm__("vcvtneps2bf16 %1, %0" : "=v"(to) : "v"(a))
#define swdl_native_narrow_x8(to, a) __asm__("vcvtneps2bf16 %1, %0" : "=v"(to) : "v"(a))
#define swdl_native_pairs_x16(sum, a, b) __asm__("vdpbf16ps %2, %1, %0" : "+v"(sum) : "v"(a), "v"(b))
#define swdl_native_pairs_x8(sum, a, b) __asm__("vdpbf16ps %2, %1, %0" : "+v"(sum) : "v"(a), "v"(b))
#define swdl_native_pairs_x4(sum, a, b) __asm__("vdpbf16ps %2, %1, %0" : "+v"(sum) : "v"(a), "v"(b))
#endif

/* Targets with AVX2 have these, too. */
#if defined(__AVX512F__) || defined(SWDL_CLANG_AVX512F)
#define swdl_native_widen_x16(to, a) __asm__("vcvtph2ps %1, %0" : "=v"(to) : "v"(a))
#define swdl_native_halve_x16(to, a) __asm__("vcvtps2ph $0, %1, %0" : "=v"(to) : "v"(a))
#endif

#if defined(__F16C__) && defined(__AVX2__) || defined(SWDL_CLANG_AVX2)
#define swdl_native_widen_x8(to, a) __asm__("vcvtph2ps %1, %0" : "=x"(to) : "x"(a))
#define swdl_native_halve_x8(to, a) __asm__("vcvtps2ph $0, %1, %0" : "=x"(to) : "x"(a))
#endif

#if defined(__AVX512F__) && !defined(__clang__)
#define swdl_native_lookup_x16(a, b, n) __builtin_shuffle(a, b, n)
#elif defined(SWDL_CLANG_AVX512F)
#define swdl_native_lookup_x16(a, b, n) __builtin_ia32_vpermi2varps512(a, n, b)
#endif

#if defined(__AVX2__) && !defined(__clang__)
#define swdl_native_lookup_x8(a, b, n) __builtin_shuffle(a, b, n)
#elif defined(SWDL_CLANG_AVX2)
#define swdl_native_lookup_x8(a, b, n) swdl_either_x8((n) << 28 >> 31, __builtin_ia32_permvarsf256(b, n), __builtin_ia32_permvarsf256(a, n))
#define swdl_either_x8(m, a, b) ((swdl_f32x8)(((m) & (swdl_m32x8)(a)) | (~(m) & (swdl_m32x8)(b))))
#endif

/* Thirty-two numbers in registers. */
#if defined(__AVX512F__) && !defined(__clang__)
typedef int32_t swdl_pick_any_x16 __attribute__((vector_size(64), aligned(4), may_alias));
#define swdl_pick_part_x16(from, i) (*(const swdl_pick_any_x16 *)((from) + 16 * (i)))
#define swdl_native_pick_x16(from, n) __builtin_shuffle(swdl_pick_part_x16(from, 0), swdl_pick_part_x16(from, 1), n)
#elif defined(SWDL_CLANG_AVX512F)
typedef int32_t swdl_pick_any_x16 __attribute__((vector_size(64), aligned(4), may_alias));
#define swdl_pick_part_x16(from, i) (*(const swdl_pick_any_x16 *)((from) + 16 * (i)))
#define swdl_native_pick_x16(from, n) __builtin_ia32_vpermi2vard512(swdl_pick_part_x16(from, 0), n, swdl_pick_part_x16(from, 1))
#endif

#if defined(__AVX2__) && !defined(__clang__)
typedef int32_t swdl_pick_any_x8 __attribute__((vector_size(32), aligned(4), may_alias));
#define swdl_pick_part_x8(from, i) (*(const swdl_pick_any_x8 *)((from) + 8 * (i)))
#define swdl_pick_half_x8(from, i, n) __builtin_shuffle(swdl_pick_part_x8(from, i), swdl_pick_part_x8(from, (i) + 1), n)
#define swdl_pick_one_x8(m, a, b) (((m) & (a)) | (~(m) & (b)))
#define swdl_native_pick_x8(from, n) swdl_pick_one_x8((n) << 27 >> 31, swdl_pick_half_x8(from, 2, n), swdl_pick_half_x8(from, 0, n))
#elif defined(SWDL_CLANG_AVX2)
typedef int32_t swdl_pick_any_x8 __attribute__((vector_size(32), aligned(4), may_alias));
#define swdl_pick_part_x8(from, i, n) (swdl_pick_any_x8)__builtin_ia32_permvarsi256(*(const swdl_pick_any_x8 *)((from) + 8 * (i)), n)
#define swdl_pick_one_x8(m, a, b) (((swdl_pick_any_x8)(m) & (a)) | (~(swdl_pick_any_x8)(m) & (b)))
#define swdl_pick_half_x8(from, i, n) swdl_pick_one_x8((n) << 28 >> 31, swdl_pick_part_x8(from, (i) + 1, n), swdl_pick_part_x8(from, i, n))
#define swdl_native_pick_x8(from, n) swdl_pick_one_x8((n) << 27 >> 31, swdl_pick_half_x8(from, 2, n), swdl_pick_half_x8(from, 0, n))
#endif
