// Addresses of IP, and networks of them, as people write them: "10.0.0.0/8".
#ifndef SG_NETWORK_H
#define SG_NETWORK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct address { // IPv4 in the form that IPv6 has for it (RFC 4291 2.5.5.2)
  uint8_t byte[16];
};

struct network {
  struct address base;
  uint8_t bits; // of `base` that count, 0 to 128
};

enum { ADDRESS_TEXT = 46 }; // most bytes of one, with NUL

// False: the text is none.
bool address_read(const char *text, size_t size, struct address *out);
void address_print(const struct address *a, char out[ADDRESS_TEXT]);
// An address alone is a network of one.
bool network_read(const char *text, size_t size, struct network *out);
bool network_has(const struct network *n, const struct address *a);

#endif
