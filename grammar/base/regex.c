// Enters: patterns and texts. Leaves: where they match.
//
// PCRE2's own limits count per place where a match may begin, so a long text
// may still cost its square. Callouts, which stand before each item of a
// pattern, count the whole.
#include "grammar/base/regex.h"
#include "grammar/base/shared.h"

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
  HEAP_KB = 16384, // for what may be gone back to
  BUDGET = 40000000,   // in characters gone through; about 1 ns each
  STEP = 16,           // what an item of the pattern counts
  BACKREF_TEXT = 10000, // a group compared again may cost the text each time
  KEPT = 256,
  BUCKETS = 256,
};

#define FUNCTIONS(X)                                                           \
  X(pcre2_compile_8) \
  X(pcre2_code_free_8) \
  X(pcre2_match_8) \
  X(pcre2_match_data_create_from_pattern_8) \
  X(pcre2_match_data_free_8) \
  X(pcre2_get_ovector_pointer_8) \
  X(pcre2_match_context_create_8) \
  X(pcre2_match_context_free_8) \
  X(pcre2_set_heap_limit_8) \
  X(pcre2_set_callout_8) \
  X(pcre2_pattern_info_8) \
  X(pcre2_get_error_message_8)
SHARED_LIBRARY("libpcre2-8.so.0")
#undef FUNCTIONS

struct regex {
  struct regex *next; // in its bucket
  pcre2_code_8 *code;
  uint32_t uses, groups, names, entry, backrefs;
  const unsigned char *table; // of names
  uint64_t used;              // when it was last given back
  size_t size;
  char text[];
};

static struct regex *buckets[BUCKETS];
static uint32_t kept; // that nobody uses
static uint64_t now;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

bool regex_loads(void)
{
  return lib_ready();
}

// ---- compiled patterns ----

static uint32_t bucket_of(const char *text, size_t size)
{
  uint32_t h = 2166136261u;
  for (size_t i = 0; i < size; i++)
    h = (h ^ (unsigned char)text[i]) * 16777619u;
  return (h ^ h >> 15) % BUCKETS;
}

static void drop(struct regex *r)
{
  lib.pcre2_code_free_8(r->code);
  free(r);
}

static void learn_groups(struct regex *r)
{
  lib.pcre2_pattern_info_8(r->code, PCRE2_INFO_CAPTURECOUNT, &r->groups);
  lib.pcre2_pattern_info_8(r->code, PCRE2_INFO_BACKREFMAX, &r->backrefs);
  lib.pcre2_pattern_info_8(r->code, PCRE2_INFO_NAMECOUNT, &r->names);
  lib.pcre2_pattern_info_8(r->code, PCRE2_INFO_NAMEENTRYSIZE, &r->entry);
  lib.pcre2_pattern_info_8(r->code, PCRE2_INFO_NAMETABLE, &r->table);
}

static struct regex *compile(const char *text, size_t size, char *why,
                             size_t why_size)
{
  int error = 0;
  size_t at = 0;
  unsigned char words[128] = "it does not compile";
  struct regex *r = malloc(sizeof *r + size + 1);
  if (!r) {
    snprintf(why, why_size, "out of memory");
    return NULL;
  }
  *r = (struct regex){.size = size};
  memcpy(r->text, text, size);
  r->text[size] = 0;
  r->code = lib.pcre2_compile_8((PCRE2_SPTR)text, size,
                          PCRE2_UTF | PCRE2_UCP | PCRE2_DOLLAR_ENDONLY |
                              PCRE2_NEVER_BACKSLASH_C | PCRE2_AUTO_CALLOUT,
                          &error, &at, NULL);
  if (r->code) {
    learn_groups(r);
    return r;
  }
  lib.pcre2_get_error_message_8(error, words, sizeof words);
  snprintf(why, why_size, "%s (at offset %zu)", words, at);
  free(r);
  return NULL;
}

static struct regex *find(const char *text, size_t size)
{
  struct regex *r = buckets[bucket_of(text, size)];
  while (r && (r->size != size || memcmp(r->text, text, size)))
    r = r->next;
  if (r && !r->uses++)
    kept--;
  return r;
}

struct regex *regex_get(const char *text, size_t size, char *why,
                        size_t why_size)
{
  if (!regex_loads()) {
    snprintf(why, why_size, "it needs libpcre2-8.so.0, which cannot be loaded "
                            "(Debian: libpcre2-8-0)");
    return NULL;
  }
  pthread_mutex_lock(&lock);
  struct regex *r = find(text, size);
  if (!r && (r = compile(text, size, why, why_size))) {
    struct regex **at = &buckets[bucket_of(text, size)];
    r->uses = 1;
    r->next = *at;
    *at = r;
  }
  pthread_mutex_unlock(&lock);
  return r;
}

// The one that nobody uses and that was used longest ago.
static void drop_oldest(void)
{
  struct regex **oldest = NULL;
  for (uint32_t i = 0; i < BUCKETS; i++)
    for (struct regex **at = &buckets[i]; *at; at = &(*at)->next)
      if (!(*at)->uses && (!oldest || (*at)->used < (*oldest)->used))
        oldest = at;
  struct regex *r = *oldest;
  *oldest = r->next;
  kept--;
  drop(r);
}

void regex_put(struct regex **at)
{
  struct regex *r = *at;
  *at = NULL;
  if (!r)
    return;
  pthread_mutex_lock(&lock);
  r->used = ++now;
  if (!--r->uses && ++kept > KEPT)
    drop_oldest();
  pthread_mutex_unlock(&lock);
}

unsigned regex_groups(const struct regex *r)
{
  return r->groups;
}

const char *regex_group_name(const struct regex *r, unsigned group)
{
  for (uint32_t i = 0; i < r->names; i++) {
    const unsigned char *row = r->table + (size_t)i * r->entry;
    if ((unsigned)(row[0] << 8 | row[1]) == group)
      return (const char *)row + 2;
  }
  return NULL;
}

unsigned regex_group(const struct regex *r, const char *name, size_t size)
{
  for (unsigned i = 1; i <= r->groups; i++) {
    const char *known = regex_group_name(r, i);
    if (known && strlen(known) == size && !memcmp(known, name, size))
      return i;
  }
  return 0;
}

// ---- matching ----

struct search_state {
  pcre2_match_data_8 *data;
  pcre2_match_context_8 *context;
};

// Characters are counted once they are behind: a run that is gone through again
// from the next place counts again.
static int count(pcre2_callout_block_8 *at, void *user)
{
  struct regex_search *s = user;
  size_t here = at->current_position;
  s->left -= STEP + (here > s->seen ? here - s->seen : s->seen - here);
  s->seen = here;
  return s->left < 0 ? PCRE2_ERROR_CALLOUT : 0;
}

bool regex_begin(struct regex_search *s, const struct regex *r,
                 const char *text, size_t size)
{
  *s = (struct regex_search){.regex = r, .text = text, .size = size};
  s->left = BUDGET + STEP * (long long)size;
  struct search_state *state = calloc(1, sizeof *state);
  s->state = state;
  if (!state)
    return false;
  state->data = lib.pcre2_match_data_create_from_pattern_8(r->code, NULL);
  state->context = lib.pcre2_match_context_create_8(NULL);
  if (!state->data || !state->context)
    return false;
  lib.pcre2_set_heap_limit_8(state->context, HEAP_KB);
  lib.pcre2_set_callout_8(state->context, count, s);
  s->ends = lib.pcre2_get_ovector_pointer_8(state->data);
  return true;
}

enum regex_result regex_next(struct regex_search *s, size_t from,
                             bool not_empty)
{
  struct search_state *state = s->state;
  if (s->regex->backrefs && s->size > BACKREF_TEXT)
    return REGEX_TOO_MUCH;
  s->seen = from;
  int rc = lib.pcre2_match_8(s->regex->code, (PCRE2_SPTR)s->text, s->size, from,
                       PCRE2_NO_UTF_CHECK |
                           (not_empty ? PCRE2_NOTEMPTY_ATSTART : 0),
                       state->data, state->context);
  if (rc >= 0)
    return REGEX_FOUND;
  if (rc == PCRE2_ERROR_NOMATCH)
    return REGEX_NONE;
  return rc == PCRE2_ERROR_NOMEMORY ? REGEX_NO_MEMORY : REGEX_TOO_MUCH;
}

void regex_end(struct regex_search *s)
{
  struct search_state *state = s->state;
  s->state = NULL;
  if (!state)
    return;
  if (state->data)
    lib.pcre2_match_data_free_8(state->data);
  if (state->context)
    lib.pcre2_match_context_free_8(state->context);
  free(state);
}
