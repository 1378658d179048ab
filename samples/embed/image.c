#include "image.h"

enum { WHITE = 16 };

void image_scale(const unsigned char pixels[SIDE * SIDE], float scaled[SIDE * SIDE]) {
  for (int i = 0; i < SIDE * SIDE; i++) scaled[i] = (float)pixels[i] / WHITE;
}

/* Where a row or column of the large image lies between two of the small one. */
static void place(int at, int *low, int *high, float *part) {
  float position = ((float)at + 0.5f) * SIDE / LARGE_SIDE - 0.5f;
  if (position < 0) position = 0;
  if (position > SIDE - 1) position = SIDE - 1;
  *low = (int)position;
  *high = *low < SIDE - 1 ? *low + 1 : *low;
  *part = position - (float)*low;
}

void image_enlarge(const unsigned char pixels[SIDE * SIDE], float large[LARGE_SIDE * LARGE_SIDE]) {
  for (int y = 0; y < LARGE_SIDE; y++) {
    int top, bottom;
    float down;
    place(y, &top, &bottom, &down);
    for (int x = 0; x < LARGE_SIDE; x++) {
      int left, right;
      float across;
      place(x, &left, &right, &across);
      float above = (float)pixels[top * SIDE + left] * (1 - across) + (float)pixels[top * SIDE + right] * across;
      float below = (float)pixels[bottom * SIDE + left] * (1 - across) + (float)pixels[bottom * SIDE + right] * across;
      large[y * LARGE_SIDE + x] = (above * (1 - down) + below * down) / WHITE;
    }
  }
}

void image_text(const unsigned char pixels[SIDE * SIDE], int row, char text[2 * SIDE + 1]) {
  static const char shades[] = " .:-=+*#@";
  for (int i = 0; i < 2 * SIDE; i++) text[i] = shades[pixels[row * SIDE + i / 2] / 2];
  text[2 * SIDE] = 0;
}

int image_class(const float scores[CLASSES]) {
  int best = 0;
  for (int i = 1; i < CLASSES; i++) {
    if (scores[i] > scores[best]) best = i;
  }
  return best;
}
