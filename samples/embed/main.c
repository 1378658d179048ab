/* Two networks in one program: what digit is this? usage: digit [0 ... 9] picks one of the held-out images in digits.h. */
#include <stdio.h>
#include <stdlib.h>

#include "digits.h"
#include "image.h"
#include "lenet5.h"
#include "lstm_digits.h"

static lenet5_t lenet5;
static lstm_digits_t lstm;

static int report(const char *network, int failed, const float scores[CLASSES], int truth) {
  if (failed) {
    fprintf(stderr, "%s did not run: %d\n", network, failed);
    return 1;
  }
  int answer = image_class(scores);
  printf("%-8s says %d (%.1f %%)\n", network, answer, 100.0 * (double)scores[answer]);
  return answer != truth;
}

int main(int argc, char **argv) {
  int which = argc > 1 ? atoi(argv[1]) : 3;
  if (which < 0 || which >= CLASSES) {
    fprintf(stderr, "usage: %s [0 ... 9]\n", argv[0]);
    return 64;
  }
  float small[SIDE * SIDE], large[LARGE_SIDE * LARGE_SIDE], scores[CLASSES];
  char text[2 * SIDE + 1];
  for (int row = 0; row < SIDE; row++) {
    image_text(digits[which], row, text);
    puts(text);
  }
  image_enlarge(digits[which], large);
  int wrong = report("LeNet-5", lenet5_run(&lenet5, large, scores), scores, which);
  image_scale(digits[which], small);
  wrong += report("LSTM", lstm_digits_run(&lstm, small, scores), scores, which);
  return wrong;
}
