// Patterns of `str(pattern: '…')`, by PCRE2, which is loaded when a plan first
// has one. A pattern is compiled once and kept by its text for as long as the
// program runs; what it may cost at a match is bounded, and a text that costs
// more does not match.
#include "runtime/codec/parts.h"

#define PCRE2_CODE_UNIT_WIDTH 8
#include <dlfcn.h>
#include <pcre2.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { STEPS = 200000, DEPTH = 2000, HEAP_KB = 4096 };

static struct {
  __typeof__(&pcre2_compile_8) compile;
  __typeof__(&pcre2_match_8) match;
  __typeof__(&pcre2_match_data_create_8) match_data_create;
  __typeof__(&pcre2_match_data_free_8) match_data_free;
  __typeof__(&pcre2_match_context_create_8) match_context_create;
  __typeof__(&pcre2_set_match_limit_8) set_match_limit;
  __typeof__(&pcre2_set_depth_limit_8) set_depth_limit;
  __typeof__(&pcre2_set_heap_limit_8) set_heap_limit;
  __typeof__(&pcre2_get_error_message_8) get_error_message;
} pcre2;
static pcre2_match_context_8 *bounds;
static bool loaded;

struct pattern {
  struct pattern *next;
  pcre2_code_8 *code; // NULL: it does not compile
  int error;          // then why, and where
  size_t at;
  size_t size;
  char text[];
};
static struct pattern *patterns;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

static bool load_symbols(void *library)
{
  static const struct {
    const char *name;
    void *to;
  } names[] = {
      {"pcre2_compile_8", &pcre2.compile},
      {"pcre2_match_8", &pcre2.match},
      {"pcre2_match_data_create_8", &pcre2.match_data_create},
      {"pcre2_match_data_free_8", &pcre2.match_data_free},
      {"pcre2_match_context_create_8", &pcre2.match_context_create},
      {"pcre2_set_match_limit_8", &pcre2.set_match_limit},
      {"pcre2_set_depth_limit_8", &pcre2.set_depth_limit},
      {"pcre2_set_heap_limit_8", &pcre2.set_heap_limit},
      {"pcre2_get_error_message_8", &pcre2.get_error_message},
  };
  for (unsigned i = 0; i < sizeof names / sizeof *names; i++) {
    void *symbol = dlsym(library, names[i].name);
    if (!symbol)
      return false;
    memcpy(names[i].to, &symbol, sizeof symbol);
  }
  return true;
}

static bool load(void)
{
  if (loaded)
    return true;
  void *library = dlopen("libpcre2-8.so.0", RTLD_NOW | RTLD_LOCAL);
  if (!library || !load_symbols(library))
    return false;
  bounds = pcre2.match_context_create(NULL);
  if (!bounds)
    return false;
  pcre2.set_match_limit(bounds, STEPS);
  pcre2.set_depth_limit(bounds, DEPTH);
  pcre2.set_heap_limit(bounds, HEAP_KB);
  return loaded = true;
}

// With the lock held.
static struct pattern *compile(const char *text, size_t size)
{
  struct pattern *p = malloc(sizeof *p + size);
  if (!p)
    return NULL;
  *p = (struct pattern){.next = patterns, .size = size};
  memcpy(p->text, text, size);
  p->code = pcre2.compile((PCRE2_SPTR)text, size,
                          PCRE2_UTF | PCRE2_UCP | PCRE2_DOLLAR_ENDONLY |
                              PCRE2_NEVER_BACKSLASH_C,
                          &p->error, &p->at, NULL);
  return patterns = p;
}

// NULL when there is no library or memory.
static const struct pattern *find(const char *text, size_t size)
{
  pthread_mutex_lock(&lock);
  struct pattern *p = load() ? patterns : NULL;
  while (p && (p->size != size || memcmp(p->text, text, size)))
    p = p->next;
  if (!p && loaded)
    p = compile(text, size);
  pthread_mutex_unlock(&lock);
  return p;
}

bool pattern_matches(const char *pattern, size_t pattern_size, const char *text,
                     size_t size)
{
  const struct pattern *p = find(pattern, pattern_size);
  pcre2_match_data_8 *data =
      p && p->code ? pcre2.match_data_create(1, NULL) : NULL;
  if (!data)
    return false;
  int rc = pcre2.match(p->code, (PCRE2_SPTR)text, size, 0, PCRE2_NO_UTF_CHECK,
                       data, bounds);
  pcre2.match_data_free(data);
  return rc >= 0;
}

static bool prepare_one(const char *text, size_t size, char *why,
                        size_t why_size)
{
  const struct pattern *p = find(text, size);
  unsigned char words[128] = "it does not compile";
  if (p && p->code)
    return true;
  if (p)
    pcre2.get_error_message(p->error, words, sizeof words);
  if (p)
    snprintf(why, why_size, "pattern '%s': %s (at offset %zu)", text, words,
             p->at);
  else
    snprintf(why, why_size,
             "pattern '%s' needs libpcre2-8.so.0, which cannot be loaded "
             "(Debian: libpcre2-8-0)",
             text);
  return false;
}

bool codec_prepare(const struct plan *p, char *why, size_t why_size)
{
  for (uint32_t i = 0; i < p->n_limits; i++) {
    const struct plan_const *k = &p->consts[p->limits[i].value];
    if (p->limits[i].kind == LIMIT_pattern &&
        !prepare_one(p->text + k->lo, k->hi, why, why_size))
      return false;
  }
  return true;
}
