/* The part of every harness that does not depend on the model. Above it stand the includes, the tables of dimensions, inputs and
   outputs, and the functions that set extents and run the model. */

static void fail(const char *what, const char *which) {
  fprintf(stderr, "error: %s %s\n", what, which);
  exit(1);
}

/* All memory, each block linked to the one before; the data starts at a multiple of 64 bytes. */
typedef struct block {
  struct block *previous;
} block;

static block *last_block;

static void *allocate(size_t bytes) {
  unsigned char *memory = calloc(bytes + sizeof(block) + 64, 1);
  if (memory == NULL) { fail("no memory for", "the model"); }
  block *header = (block *)(void *)memory;
  header->previous = last_block;
  last_block = header;
  memory += sizeof(block);
  return memory + (64 - (uintptr_t)memory % 64);
}

static void free_all(void) {
  while (last_block != NULL) {
    block *previous = last_block->previous;
    free(last_block);
    last_block = previous;
  }
}

static size_t element_count(const port *p) {
  size_t count = 1;
  for (int axis = 0; axis < p->rank; axis++) { count *= (size_t)p->extents[axis]; }
  return count;
}

static uint32_t next_random(void) {
  static uint32_t state = 1;
  state = state * 1664525u + 1013904223u;
  return state >> 8;
}

/* The bits of an element that is no float of 16 bits or more. Integers of 8 bits are any, longer ones from 0 to 7; floats of 8 bits
   are of any sign and less than 2, powers of two from 1/128 to 1. */
static uint32_t random_code(char kind, size_t size, uint32_t bits) {
  switch (kind) {
    case 'b': return bits & 1u;
    case 's': return (bits & 0xbfu) | 1u;
    case 'e': return 120u + (bits & 7u);
    case 'n': return bits & 15u;
    case 'N': return ((bits & 15u) ^ 8u) - 8u;
    case 't': return bits & 3u;
    case 'T': return ((bits & 3u) ^ 2u) - 2u;
    default: return size == 1 ? bits & 0xffu : bits & 7u;
  }
}

/* Floats lie between -1 and 1. */
static void fill(unsigned char *to, char kind, size_t size) {
  const uint32_t bits = next_random();
  const float f = (float)bits / 8388608.0f - 1.0f;
  const double d = (double)f;
  const uint64_t whole = random_code(kind, size, bits);
  const uint16_t half = (uint16_t)((bits & 0x8000u) | (kind == 'h' ? 0x3800u | (bits & 0x3ffu) : 0x3f00u | (bits & 0x7fu)));
  if (kind == 'h' || kind == 'g') {
    memcpy(to, &half, size);
  } else if (kind == 'f' && size == sizeof f) {
    memcpy(to, &f, size);
  } else if (kind == 'f') {
    memcpy(to, &d, size);
  } else {
    for (size_t i = 0; i < size; i++) { to[i] = (unsigned char)(whole >> (8 * i)); }
  }
}

static void read_file(const char *name, void *to, size_t bytes) {
  FILE *file = fopen(name, "rb");
  if (file == NULL) { fail("cannot open", name); }
  if (fread(to, 1, bytes, file) != bytes || fgetc(file) != EOF) { fail("not as long as the tensor:", name); }
  fclose(file);
}

static void write_outputs(const char *prefix) {
  char *name = allocate(strlen(prefix) + 32);
  for (int i = 0; i < OUTPUT_COUNT; i++) {
    const port *p = &outputs[i];
    sprintf(name, "%s%d.bin", prefix, i);
    FILE *file = fopen(name, "wb");
    if (file == NULL) { fail("cannot write", name); }
    if (fwrite(p->data, p->size, element_count(p), file) != element_count(p) || fclose(file) != 0) { fail("cannot write", name); }
    if (!p->is_open) { continue; }
    sprintf(name, "%s%d.shape", prefix, i);
    file = fopen(name, "w");
    if (file == NULL) { fail("cannot write", name); }
    for (int axis = 0; axis < p->rank; axis++) { fprintf(file, "%s%ld", axis == 0 ? "" : " ", (long)p->extents[axis]); }
    fputc('\n', file);
    if (fclose(file) != 0) { fail("cannot write", name); }
  }
}

static void set_dim(const char *setting) {
  for (int i = 0; i < DIM_COUNT; i++) {
    const size_t length = strlen(dim_names[i]);
    if (strncmp(setting, dim_names[i], length) == 0 && setting[length] == '=') {
      dims[i] = (int32_t)strtol(setting + length + 1, NULL, 10);
      return;
    }
  }
  fail("no open dimension is set by", setting);
}

/* Runs the model so many times and prints one line of JSON. */
static void measure(void *self, int runs);

static int compare_times(const void *a, const void *b) {
  const double x = *(const double *)a;
  const double y = *(const double *)b;
  return (x > y) - (x < y);
}

/* Sorts the times, too. */
static double median(double *times, int count) {
  qsort(times, (size_t)count, sizeof *times, compare_times);
  return times[count / 2];
}

/* One run in nanoseconds. */
static double time_run(void *self) {
  struct timespec from;
  struct timespec to;
  clock_gettime(CLOCK_MONOTONIC, &from);
  run_model(self);
  clock_gettime(CLOCK_MONOTONIC, &to);
  return 1e9 * (double)(to.tv_sec - from.tv_sec) + (double)(to.tv_nsec - from.tv_nsec);
}

static void print_outputs(void) {
  for (int i = 0; i < OUTPUT_COUNT; i++) {
    const size_t count = element_count(&outputs[i]);
    printf("output %d:", i);
    for (size_t at = 0; at < count && at < 10; at++) {
      const unsigned char *from = (const unsigned char *)outputs[i].data + at * outputs[i].size;
      float f;
      double d;
      uint64_t bits = 0;
      for (size_t byte = 0; byte < outputs[i].size; byte++) { bits |= (uint64_t)from[byte] << (8 * byte); }
      if (outputs[i].kind == 'f' && outputs[i].size == sizeof f) {
        memcpy(&f, from, sizeof f);
        printf(" %g", (double)f);
      } else if (outputs[i].kind == 'f') {
        memcpy(&d, from, sizeof d);
        printf(" %g", d);
      } else {
        printf(" 0x%lx", (unsigned long)bits);
      }
    }
    printf("%s\n", count > 10 ? " ..." : "");
  }
}

int main(int argc, char **argv) {
  const char *files[INPUT_COUNT + 1] = {NULL};
  const char *out = NULL;
  const char *weights = NULL;
  int file_count = 0;
  int repeat = 0;
  for (int i = 1; i < argc; i++) {
    const int has_value = i + 1 < argc;
    if (strcmp(argv[i], "--out") == 0 && has_value) {
      out = argv[++i];
    } else if (strcmp(argv[i], "--dim") == 0 && has_value) {
      set_dim(argv[++i]);
    } else if (strcmp(argv[i], "--repeat") == 0 && has_value) {
      repeat = (int)strtol(argv[++i], NULL, 10);
    } else if (strcmp(argv[i], "--weights") == 0 && has_value) {
      weights = argv[++i];
    } else if (argv[i][0] == '-' && argv[i][1] == '-') {
      fail("unknown or unfinished option", argv[i]);
    } else if (file_count < INPUT_COUNT) {
      files[file_count++] = argv[i];
    } else {
      fail("more files than inputs:", argv[i]);
    }
  }
  check_dims();
  set_extents();
  void *self = make_model(weights);
  for (int i = 0; i < INPUT_COUNT; i++) {
    const size_t count = element_count(&inputs[i]);
    inputs[i].data = allocate(count * inputs[i].size);
    if (i < file_count) {
      read_file(files[i], inputs[i].data, count * inputs[i].size);
    } else {
      for (size_t at = 0; at < count; at++) {
        fill((unsigned char *)inputs[i].data + at * inputs[i].size, inputs[i].kind, inputs[i].size);
      }
    }
  }
  for (int i = 0; i < OUTPUT_COUNT; i++) {
    const size_t count = element_count(&outputs[i]);
    outputs[i].data = allocate((count > outputs[i].most ? count : outputs[i].most) * outputs[i].size);
  }
  run_model(self);
  set_extents();
  if (out != NULL) {
    write_outputs(out);
  } else if (repeat == 0) {
    print_outputs();
  }
  if (repeat > 0) {
    run_model(self);
    measure(self, repeat);
  }
  free_all();
  return 0;
}
