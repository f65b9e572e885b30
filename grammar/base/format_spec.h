// How a value is written out, as Python's format() takes it:
//   [[fill]align][sign][z][#][0][width][, or _][.precision][type]
// The compiler reads what is written out, the operator `format` all the rest.
#ifndef SG_FORMAT_SPEC_H
#define SG_FORMAT_SPEC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum format_of { FORMAT_text, FORMAT_whole, FORMAT_real };

struct format_spec {
  char fill[4]; // UTF-8
  uint8_t fill_size;
  char align;               // < > ^ =
  char sign;                // + - space; 0: not said
  bool no_minus;            // z: zero has no minus
  bool alternate;           // #
  char group;               // , _ or 0
  char type;                // 0: not said
  int32_t width, precision; // -1: not said
};

enum { FORMAT_WHY = 96 };

// Whether valid UTF-8 says how a value of a kind is written; else `why` says
// what is wrong.
bool format_spec_read(const char *text, size_t size, enum format_of of,
                      struct format_spec *out, char why[FORMAT_WHY]);

// Whether it writes a number with a point or exponent, so that a whole one is
// taken as a float.
bool format_spec_is_real(const struct format_spec *s);

#endif
