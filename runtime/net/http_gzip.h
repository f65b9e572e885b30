// gzip: bodies of answers, whole or in pieces, by zlib, which is loaded when it
// is first needed.
#ifndef SG_HTTP_GZIP_H
#define SG_HTTP_GZIP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { GZIP_LEAST = 500 }; // bytes; what is smaller does not get smaller

struct gzip;

// Whether a body of that type may become smaller. `type` may be NULL.
bool gzip_suits(const char *type);
// Whether an Accept-Encoding field (NULL: none) takes gzip.
bool gzip_accepted(const char *field);

// For whole bodies, one after the other; or for the pieces of one, in a tenth
// of the memory (40 KB), since there may be many at a time. NULL: not to be
// had.
struct gzip *gzip_new(bool pieces);
void gzip_free(struct gzip **g); // accepts NULL

// The body, packed, in memory that `g` keeps until it is asked again; NULL: it
// does not get smaller.
const void *gzip_whole(struct gzip *g, const void *data, size_t size,
                       size_t *out_size);
// A piece of a body: what it becomes can be read at once by who gets it. The
// last one may be empty. NULL: out of memory.
const void *gzip_piece(struct gzip *g, const void *data, size_t size, bool last,
                       size_t *out_size);

#endif
