/* The end of a harness with --profile. Above it also stand the texts of the layers, and where their counters are. */

/* Medians of the runs and of each layer in them, and how often layers ran in the last one. The length of a tick is what makes the layers
   take as long as the runs: each of them ends where the next begins. */
static void measure(void *self, int runs) {
  double *times = allocate((size_t)runs * sizeof *times);
  double *laps = allocate((size_t)runs * LAYER_COUNT * sizeof *laps);
  uint64_t *ticks = layer_ticks(self);
  uint32_t *calls = layer_calls(self);
  double total_time = 0;
  double total_ticks = 0;
  for (int i = 0; i < runs; i++) {
    for (int layer = 0; layer < LAYER_COUNT; layer++) {
      ticks[layer] = 0;
      calls[layer] = 0;
    }
    times[i] = time_run(self);
    total_time += times[i];
    for (int layer = 0; layer < LAYER_COUNT; layer++) {
      laps[layer * runs + i] = (double)ticks[layer];
      total_ticks += (double)ticks[layer];
    }
  }
  const double tick = total_ticks > 0 ? total_time / total_ticks : 0;
  const double middle = median(times, runs);
  printf("{\"runs\":%d,\"min_ns\":%.0f,\"median_ns\":%.0f,\"layers\":[", runs, times[0], middle);
  for (int layer = 0; layer < LAYER_COUNT; layer++) {
    const double ns = tick * median(laps + layer * runs, runs);
    printf("%s{%s,\"calls\":%lu,\"ns\":%.1f}", layer == 0 ? "" : ",", layer_texts[layer], (unsigned long)calls[layer], ns);
  }
  printf("]}\n");
}
