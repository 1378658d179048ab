#include "board.h"

/* Semihosting operations, as in Arm's "Semihosting for AArch32 and AArch64". */
enum { SYS_WRITE0 = 0x04, SYS_EXIT_EXTENDED = 0x20, APPLICATION_EXIT = 0x20026 };

/* Set by the linker script; only their addresses mean anything. */
extern uint32_t flash_start, flash_end, data_start, data_end, data_load, bss_start, bss_end, stack_limit, stack_top;

static const uint32_t PAINT = 0xA5A5A5A5u;

int main(void);

static int semihost(int operation, const void *argument) {
  register int r0 __asm__("r0") = operation;
  register const void *r1 __asm__("r1") = argument;
  __asm__ volatile("bkpt 0xAB" : "+r"(r0) : "r"(r1) : "memory");
  return r0;
}

void board_put(const char *text) { semihost(SYS_WRITE0, text); }

void board_put_number(uint32_t number) {
  char text[11], *at = text + sizeof text - 1;
  *at = 0;
  do *--at = (char)('0' + number % 10);
  while (number /= 10);
  board_put(at);
}

_Noreturn void board_exit(int status) {
  const uint32_t block[2] = {APPLICATION_EXIT, (uint32_t)status};
  for (;;) semihost(SYS_EXIT_EXTENDED, block);
}

static uint32_t distance(const uint32_t *from, const uint32_t *to) { return (uint32_t)((uintptr_t)to - (uintptr_t)from); }

uint32_t board_flash_bytes(void) { return distance(&flash_start, &flash_end) + distance(&data_start, &data_end); }

uint32_t board_ram_bytes(void) { return distance(&data_start, &data_end) + distance(&bss_start, &bss_end); }

uint32_t board_stack_bytes(void) {
  const uint32_t *lowest = &stack_limit;
  while (lowest < &stack_top && *lowest == PAINT) lowest++;
  return distance(lowest, &stack_top);
}

/* Gives the program access to the floating-point unit: full access to coprocessors 10 and 11. */
static void enable_fpu(void) {
  volatile uint32_t *cpacr = (volatile uint32_t *)0xE000ED88u;
  *cpacr |= 0xFu << 20;
  __asm__ volatile("dsb\n isb");
}

static void prepare_memory(void) {
  const uint32_t *from = &data_load;
  for (uint32_t *to = &data_start; to < &data_end;) *to++ = *from++;
  for (uint32_t *to = &bss_start; to < &bss_end;) *to++ = 0;
}

/* Paints the stack below the caller's frame, so that what is used later shows. */
static void paint_stack(void) {
  volatile uint32_t *end = (volatile uint32_t *)__builtin_frame_address(0) - 64;
  for (volatile uint32_t *at = &stack_limit; at < end;) *at++ = PAINT;
}

_Noreturn void board_reset(void);
_Noreturn void board_reset(void) {
  enable_fpu();
  prepare_memory();
  paint_stack();
  board_exit(main());
}

static _Noreturn void stop(void) {
  board_put("the processor stopped at a fault\n");
  board_exit(70);
}

/* Stack, reset, NMI and the faults; no interrupt is enabled. */
__attribute__((section(".vectors"), used)) static const void *const vectors[16] = {
    &stack_top, (const void *)board_reset, (const void *)stop, (const void *)stop,
    (const void *)stop, (const void *)stop, (const void *)stop, 0,
    0, 0, 0, (const void *)stop, (const void *)stop, 0, (const void *)stop, (const void *)stop,
};
