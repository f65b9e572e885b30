// Numbers as text: Python's forms, independent of any locale.
#ifndef SG_NUMBER_H
#define SG_NUMBER_H

#include "grammar/base/buf.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { NUMBER_TEXT = 32 }; // room that the longest form needs, NUL included

// The shortest text that reads back as x, as Python's repr(): 1.0, 1e+16,
// 1e-05, inf, -inf, nan. Returns its length.
size_t number_print_float(char out[NUMBER_TEXT], double x);
size_t number_print_int(char out[NUMBER_TEXT], int64_t x);
// The same behind what is in b already.
static inline void number_add_int(struct buf *b, int64_t x)
{
  if (buf_reserve(b, NUMBER_TEXT))
    b->size += number_print_int(b->data + b->size, x);
}

// Reads the whole text as float (correctly rounded) or int; false if it is not
// one. `lax` takes what Python's float() and int() take: white space around,
// a sign, single underscores between digits, inf and nan (float).
bool number_read_float(const char *text, size_t size, bool lax, double *out);
// *overflow is set where the text is a whole number that does not fit.
bool number_read_int(const char *text, size_t size, bool lax, int64_t *out, bool *overflow);

// digits * 10^exponent, correctly rounded; false where that needs more digits than
// these tell (then read the text). For who has scanned a number already.
bool number_of_decimal(uint64_t digits, int64_t exponent, double *out);

// "1.5s", "100ms", "2GiB": as the language writes them.
size_t number_print_duration(char out[NUMBER_TEXT], int64_t ns);
size_t number_print_size(char out[NUMBER_TEXT], int64_t bytes);

#endif
