/* What both programs do with a digit of 8x8 pixels, each 0 ... 16. */
#ifndef IMAGE_H
#define IMAGE_H

enum { SIDE = 8, LARGE_SIDE = 28, CLASSES = 10 };

/* Brightness of each pixel as 0 ... 1. */
void image_scale(const unsigned char pixels[SIDE * SIDE], float scaled[SIDE * SIDE]);

/* The same, enlarged bilinearly with the centres of the corner pixels half a pixel inside the border. */
void image_enlarge(const unsigned char pixels[SIDE * SIDE], float large[LARGE_SIDE * LARGE_SIDE]);

/* One row of the digit as text, two characters per pixel. */
void image_text(const unsigned char pixels[SIDE * SIDE], int row, char text[2 * SIDE + 1]);

/* The class with the highest score. */
int image_class(const float scores[CLASSES]);

#endif
