/* What the program needs of the machine: text through semihosting, and how much memory it takes. */
#ifndef BOARD_H
#define BOARD_H

#include <stdint.h>

void board_put(const char *text);
void board_put_number(uint32_t number);

/* Ends the emulation with this status. */
_Noreturn void board_exit(int status);

/* Code, constants and the initial values of variables. */
uint32_t board_flash_bytes(void);

/* Variables, without the stack. */
uint32_t board_ram_bytes(void);

/* The deepest the stack has been since the start. */
uint32_t board_stack_bytes(void);

#endif
