/// Names that mean something to C, to C++ (which includes our headers), or to the four headers that the generated C includes.
enum ReservedNames {
  static func contains(_ name: String) -> Bool {
    keywords.contains(name) || library.contains(name) || macroPrefixes.contains { name.hasPrefix($0) }
  }

  private static let keywords = words(
    """
    alignas alignof and and_eq asm auto bitand bitor bool break case catch char char8_t char16_t char32_t class compl concept const
    consteval constexpr constinit const_cast continue co_await co_return co_yield decltype default delete do double dynamic_cast else
    enum explicit export extern false float for friend goto if import inline int long module mutable namespace new noexcept not not_eq
    nullptr operator or or_eq private protected public register reinterpret_cast requires restrict return short signed sizeof static
    static_assert static_cast struct switch template this thread_local throw true try typedef typeid typename typeof typeof_unqual
    union unsigned using virtual void volatile wchar_t while xor xor_eq main errno assert complex imaginary noreturn linux unix i386
    vector pixel near far interrupt packed
    """)

  private static let library: Set<String> = {
    let mathematical = words(
      """
      acos acosh asin asinh atan atan2 atanh cbrt ceil copysign cos cosh erf erfc exp exp2 exp10 expm1 fabs fdim floor fma fmax fmin
      fmod frexp hypot ilogb ldexp lgamma llrint llround log log10 log1p log2 logb lrint lround modf nan nearbyint nextafter
      nexttoward pow remainder remquo rint round roundeven scalbln scalbn sin sincos sinh sqrt tan tanh tgamma trunc drem finite gamma
      j0 j1 jn y0 y1 yn significand scalb isinf isnan lgamma_r pow10 canonicalize fmaxmag fminmag
      """)
    let others = words(
      """
      memcpy memmove memset memcmp memchr memccpy mempcpy strcpy strncpy strcat strncat strcmp strncmp strcoll strxfrm strchr strrchr
      strcspn strspn strpbrk strstr strtok strlen strerror strdup strndup strsignal stpcpy stpncpy strtok_r index rindex bcmp bcopy
      bzero ffs ffsl ffsll strcasecmp strncasecmp strsep basename rawmemchr memmem memrchr memfrob strfry strverscmp strnlen
      isfinite isnormal signbit fpclassify isgreater isgreaterequal isless islessequal islessgreater isunordered signgam
      math_errhandling abs labs llabs exit abort atexit malloc calloc realloc free printf puts putchar getchar signal
      size_t ptrdiff_t max_align_t float_t double_t int8_t int16_t int32_t int64_t uint8_t uint16_t uint32_t uint64_t
      int_least8_t int_least16_t int_least32_t int_least64_t uint_least8_t uint_least16_t uint_least32_t uint_least64_t
      int_fast8_t int_fast16_t int_fast32_t int_fast64_t uint_fast8_t uint_fast16_t uint_fast32_t uint_fast64_t
      intptr_t uintptr_t intmax_t uintmax_t locale_t NULL EOF NAN INFINITY SNAN SNANF SNANL DOMAIN SING OVERFLOW UNDERFLOW PLOSS
      TLOSS offsetof wint_t
      """)
    return mathematical.union(mathematical.flatMap { ["\($0)f", "\($0)l"] }).union(others)
  }()

  /// What `time.h` declares: only sources that count time may include it.
  static let ofTime = Array(
    words(
      """
      asctime asctime_r clock clock_getcpuclockid clock_getres clock_gettime clock_nanosleep clock_settime clock_t clockid_t ctime
      ctime_r daylight difftime dysize getdate getdate_err gmtime gmtime_r localtime localtime_r mktime nanosleep strftime strptime
      time time_t timegm timelocal timer_create timer_delete timer_getoverrun timer_gettime timer_settime timer_t timespec
      timespec_get timezone tzname tzset
      """))

  /// Macros of `stdint.h` and `math.h` by family, and what the runtime calls its own.
  private static let macroPrefixes = [
    "INT", "UINT", "PTRDIFF_", "SIZE_", "SIG_ATOMIC_", "WCHAR_", "WINT_", "FP_", "M_", "MATH_", "HUGE_", "swdl", "SWDL", "swiftdl",
  ]

  private static func words(_ text: String) -> Set<String> {
    Set(text.split { $0 == " " || $0 == "\n" }.map { String($0) })
  }
}
