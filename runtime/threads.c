/* What loops need whose threads have memory of their own. */
#if defined(_OPENMP)
#include <omp.h>
#endif
#include <stdint.h>

/* Which of the threads that share a loop this one is, and how many may share one where no more have memory of their own. */
#if defined(_OPENMP)
#define swdl_threads(most) (omp_get_max_threads() < (most) ? omp_get_max_threads() : (most))
#define swdl_thread() omp_get_thread_num()
#else
#define swdl_thread() 0
#endif
