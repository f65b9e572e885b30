// Patterns of `str(pattern: '…')`. A plan's are compiled when it is made ready
// and never given back; a text that costs more than a match may does not match.
#include "grammar/base/regex.h"
#include "runtime/codec/parts.h"

#include <stdio.h>

enum regex_result pattern_find(struct plan_text pattern, const struct plan *p,
                               const struct text *text)
{
  char why[8];
  struct regex_search s;
  struct regex *r =
      regex_get(plan_str(p, pattern), pattern.size, why, sizeof why);
  if (!r)
    return REGEX_NO_MEMORY;
  enum regex_result found = regex_begin(&s, r, text->data, text->size)
                                ? regex_next(&s, 0, false)
                                : REGEX_NO_MEMORY;
  regex_end(&s);
  regex_put(&r);
  return found;
}

static bool prepare_one(const char *text, size_t size, char *why,
                        size_t why_size)
{
  char reason[200];
  if (regex_get(text, size, reason, sizeof reason))
    return true;
  snprintf(why, why_size, "pattern '%s': %s", text, reason);
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
