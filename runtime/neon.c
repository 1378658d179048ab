/* What gcc calls the instructions of 64-bit ARM for which C has no operator. clang finds them by itself. */

#if defined(__aarch64__) && defined(__has_builtin) && !defined(__clang__)
#if __has_builtin(__builtin_aarch64_sqrtv4sf)
#define swdl_native_sqrt_x4(a) __builtin_aarch64_sqrtv4sf(a)
#endif
#if __has_builtin(__builtin_aarch64_roundevenv4sf)
#define swdl_native_nearest_x4(a) __builtin_aarch64_roundevenv4sf(a)
#endif
#if __has_builtin(__builtin_aarch64_floorv4sf)
#define swdl_native_floor_x4(a) __builtin_aarch64_floorv4sf(a)
#endif
#if __has_builtin(__builtin_aarch64_ceilv4sf)
#define swdl_native_ceil_x4(a) __builtin_aarch64_ceilv4sf(a)
#endif
#if __has_builtin(__builtin_aarch64_btruncv4sf)
#define swdl_native_trunc_x4(a) __builtin_aarch64_btruncv4sf(a)
#endif
#if __has_builtin(__builtin_aarch64_fmav4sf) && !defined(SWDL_STRICT)
#define swdl_native_fma_x4(a, b, c) __builtin_aarch64_fmav4sf(a, b, c)
#endif
#endif
