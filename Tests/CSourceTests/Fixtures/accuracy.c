/* Largest errors of the vector functions in units of the last place, with the runtime pasted before; exits 1 beyond the limits. */
#include <stdio.h>

typedef swdl_f32x16 function(swdl_f32x16);

static double error(float actual, double expected) {
  const float nearest = (float)expected;
  int exponent = -125;
  if (expected != expected) { return actual != actual ? 0.0 : 1e9; }
  if (nearest - nearest != 0.0f) { return actual == nearest ? 0.0 : 1e9; }
  if (actual - actual != 0.0f) { return 1e9; }
  if (fabs(expected) >= 1.1754943508222875e-38) { frexp(expected, &exponent); }
  return fabs((double)actual - expected) / ldexp(1.0, exponent - 24);
}

static double logistic(double x) { return 1.0 / (1.0 + exp(-x)); }

static int check(const char *name, function *f, double (*exact)(double), double from, double to, double limit) {
  const float specials[4] = {INFINITY, -INFINITY, NAN, -0.0f};
  double worst = 0.0;
  float x[16];
  float y[16];
  for (int i = 0; i <= 4000; i++) {
    for (int lane = 0; lane < 16; lane++) { x[lane] = (float)(from + (to - from) * (i * 16 + lane) / 64016.0); }
    for (int lane = 0; i == 0 && lane < 4; lane++) { x[lane] = specials[lane]; }
    swdl_f32x16_store(y, f(swdl_f32x16_load(x)));
    for (int lane = 0; lane < 16; lane++) {
      const double e = error(y[lane], exact((double)x[lane]));
      worst = e > worst ? e : worst;
    }
  }
  printf("%s from %g to %g: %.2f\n", name, from, to, worst);
  return worst > limit;
}

int main(void) {
  int failures = check("exp", swdl_f32x16_exp, exp, -110.0, 92.0, 1.1);
  failures += check("exp", swdl_f32x16_exp, exp, -1.0, 1.0, 1.1);
  failures += check("sigmoid", swdl_f32x16_sigmoid, logistic, -86.0, 90.0, 2.5);
  failures += check("tanh", swdl_f32x16_tanh, tanh, -10.0, 10.0, 5.7);
  failures += check("tanh", swdl_f32x16_tanh, tanh, -1e-3, 1e-3, 5.7);
  failures += check("erf", swdl_f32x16_erf, erf, -5.0, 5.0, 6.3);
  failures += check("erf", swdl_f32x16_erf, erf, -1e-3, 1e-3, 6.3);
  return failures != 0;
}
