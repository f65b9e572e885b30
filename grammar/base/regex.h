// Regular expressions, by PCRE2, which is loaded when the first one is asked
// for. They are of characters: `\w` knows all alphabets, `$` is the very end.
//
// What a match may cost is counted in steps and characters, so that it is the
// same on every machine, and bounded: no pattern and no text hold a thread up
// for longer than some 100 ms.
#ifndef SG_REGEX_H
#define SG_REGEX_H

#include <stdbool.h>
#include <stddef.h>

struct regex; // a compiled pattern, counted; any thread may use it

// The compiled pattern; NULL and the reason in `why` when it is none, or when
// the library cannot be loaded. The last ones that were given back are kept.
struct regex *regex_get(const char *pattern, size_t size, char *why,
                        size_t why_size);
void regex_put(struct regex **at); // accepts NULL, and clears it

// Whether the library is there: without it nothing is known of a pattern.
bool regex_loads(void);

unsigned regex_groups(const struct regex *r); // without the whole match

// The number of the group of this name, or 0.
unsigned regex_group(const struct regex *r, const char *name, size_t size);
// The names of the groups, by number from 1; NULL for one without a name.
const char *regex_group_name(const struct regex *r, unsigned group);

// Matches in one text, one after the other, within one budget.
struct regex_search {
  const struct regex *regex;
  const char *text;
  size_t size;
  size_t *ends;    // of the match found: from and to of the whole, then groups;
                   // SIZE_MAX for a group that took no part
  void *state;     // the library's
  long long left;  // of what it may cost
  size_t seen;     // how far it was when this was last counted
};

enum regex_result { REGEX_FOUND, REGEX_NONE, REGEX_TOO_MUCH, REGEX_NO_MEMORY };

bool regex_begin(struct regex_search *s, const struct regex *r,
                 const char *text, size_t size);
// The first match from byte `from` on. An empty one at `from` does not count
// if `not_empty`.
enum regex_result regex_next(struct regex_search *s, size_t from,
                             bool not_empty);
void regex_end(struct regex_search *s);

#endif
