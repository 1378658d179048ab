/* The end of a harness: --repeat. */

static void measure(void *self, int runs) {
  double *times = allocate((size_t)runs * sizeof *times);
  for (int i = 0; i < runs; i++) { times[i] = time_run(self); }
  const double middle = median(times, runs);
  printf("{\"runs\":%d,\"min_ns\":%.0f,\"median_ns\":%.0f}\n", runs, times[0], middle);
}
