// The words of JSON, for who reads it without making values of all of it
// (scan.c, scan_number.c).
//
// Bytes enter that are known to be UTF-8. Strict: what follows RFC 8259 alone
// is taken, with the errors and places of Python's json.
#ifndef SG_SCAN_H
#define SG_SCAN_H

#include "runtime/value/value.h"

enum { JSON_DEPTH = 200 }; // levels of nesting

struct scan {
  const char *at, *end, *start; // UTF-8 that is known to be valid
  unsigned depth;
  const char *error;    // in the words of Python's json; NULL: out of memory
  const char *error_at; // where
  bool big;             // a JSON_BIG was made
};
struct token {
  const char *data; // a string's without its quotes
  size_t size;
  uint32_t length; // of a string, in code points, when it is plain
  bool plain;      // a string without escapes; a number that is whole
};
bool scan_fail(struct scan *s, const char *at, const char *error);
bool scan_string(struct scan *s, struct token *out); // behind the first quote
bool scan_numeral(struct scan *s, struct token *out);
// In one go; false where that is not possible, and nothing was taken.
bool scan_int(struct scan *s, int64_t *out);
bool scan_float(struct scan *s, double *out); // false also: no number, infinite
bool scan_word(struct scan *s, const char *word, size_t size);
// The next byte that is no white space, without taking it; 0 at the end.
char scan_peek(struct scan *s);
// A whole value. False also at a number that json may not be able to hold: who
// skips it may not know whether somebody minds.
bool scan_skip(struct scan *s);

static inline bool scan_take(struct scan *s, char c)
{
  if (s->at == s->end || *s->at != c)
    return false;
  s->at++;
  return true;
}
// The members of an object, one by one: `member` takes each value, or says no.
// False without `error` where it did.
typedef bool scan_member(struct scan *s, const struct token *key, void *user);
bool scan_object(struct scan *s, scan_member *member, void *user);
// A string as a text, which borrows the input when it is plain.
const struct text *text_of_token(struct arena *a, const struct token *t);

#endif
