/* LeNet-5 on a Cortex-M7 without an operating system: draws a digit, says what it is and what the program takes. */
#include <stdint.h>

#include "board.h"
#include "digits.h"
#include "image.h"
#include "lenet5.h"

enum { WHICH = 3 };

static lenet5_t lenet5;
static float large[LARGE_SIDE * LARGE_SIDE];

static void put_row(const char *name, uint32_t bytes) {
  board_put(name);
  board_put_number(bytes);
  board_put(" bytes\n");
}

static void draw(void) {
  char text[2 * SIDE + 1];
  for (int row = 0; row < SIDE; row++) {
    image_text(digits[WHICH], row, text);
    board_put(text);
    board_put("\n");
  }
}

int main(void) {
  float scores[CLASSES];
  draw();
  image_enlarge(digits[WHICH], large);
  if (lenet5_run(&lenet5, large, scores) != 0) {
    board_put("LeNet-5 did not run\n");
    return 1;
  }
  int answer = image_class(scores);
  board_put("LeNet-5 says ");
  board_put_number((uint32_t)answer);
  board_put("\n");
  put_row("flash          ", board_flash_bytes());
  put_row("  of it weights ", LENET5_WEIGHTS_BYTES);
  put_row("RAM, static    ", board_ram_bytes());
  put_row("  of it arena   ", LENET5_ARENA_BYTES);
  put_row("RAM, stack used ", board_stack_bytes());
  return answer != WHICH;
}
