/* The end of a program that times kernels which compute the same. Above it stand the includes, the kernels, and
   - call_t calls[]: functions that call them with an array of pointers to their buffers, of which there are CANDIDATE_COUNT,
   - buffer buffers[]: what these are, of which there are BUFFER_COUNT.
   It prints for each the least time of a call in nanoseconds. */

enum { ROUNDS = 25, FEWEST_ROUNDS = 5 };
static const double LEAST_BATCH = 1e5;
static const double LONGEST = 3e9;

static double now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return 1e9 * (double)t.tv_sec + (double)t.tv_nsec;
}

static float next_random(void) {
  static uint32_t state = 1;
  state = state * 1664525u + 1013904223u;
  return (float)(state >> 8) * (2.0f / 16777216) - 1;
}

/* Zeros but for floats; where there are copies, each on a cache line of its own. */
static void fill(buffer *b) {
  b->step = (b->bytes + 63) / 64 * 64;
  unsigned char *memory = calloc(b->step * b->copies + 64, 1);
  if (memory == NULL) {
    fprintf(stderr, "error: no memory for %zu bytes\n", b->step * b->copies);
    exit(1);
  }
  memory += 64 - (uintptr_t)memory % 64;
  b->start = memory;
  /* Pages that nobody wrote to are all the same one. */
  for (size_t i = 0; i < b->step * b->copies; i += 4096) { *(volatile unsigned char *)(memory + i) = 0; }
  if (b->kind == 'f') {
    float *data = (float *)(void *)memory;
    for (size_t i = 0; i < b->step * b->copies / sizeof *data; i++) { data[i] = next_random(); }
  }
  if (b->kind == 'd') {
    double *data = (double *)(void *)memory;
    for (size_t i = 0; i < b->step * b->copies / sizeof *data; i++) { data[i] = (double)next_random(); }
  }
}

/* The time of so many calls, each with the copies that follow those of the one before. */
static double batch(call_t call, size_t count) {
  static size_t turn;
  void *pointers[BUFFER_COUNT];
  const double start = now();
  for (size_t i = 0; i < count; i++, turn++) {
    for (int j = 0; j < BUFFER_COUNT; j++) { pointers[j] = buffers[j].start + turn % buffers[j].copies * buffers[j].step; }
    call(pointers);
  }
  return now() - start;
}

int main(void) {
  double least[CANDIDATE_COUNT];
  size_t counts[CANDIDATE_COUNT];
  double round_time = 0;
  for (int j = 0; j < BUFFER_COUNT; j++) { fill(&buffers[j]); }
  for (int k = 0; k < CANDIDATE_COUNT; k++) {
    batch(calls[k], 1);
    counts[k] = 1;
    double time = batch(calls[k], 1);
    while (time < LEAST_BATCH) {
      counts[k] *= 2;
      time = batch(calls[k], counts[k]);
    }
    least[k] = time / (double)counts[k];
    round_time += time;
  }
  /* All in turns, so that what else the machine does meets all alike. */
  int rounds = ROUNDS;
  while (rounds > FEWEST_ROUNDS && rounds * round_time > LONGEST) { rounds--; }
  for (int round = 0; round < rounds; round++) {
    for (int k = 0; k < CANDIDATE_COUNT; k++) {
      const double time = batch(calls[k], counts[k]) / (double)counts[k];
      if (time < least[k]) { least[k] = time; }
    }
  }
  printf("{\"ns\":[");
  for (int k = 0; k < CANDIDATE_COUNT; k++) { printf("%s%.1f", k == 0 ? "" : ",", least[k]); }
  printf("]}\n");
  return 0;
}
