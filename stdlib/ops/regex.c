// Regular expressions of the library `text`. What is found shares the bytes of
// the text that it was found in.
#include "grammar/base/regex.h"
#include "grammar/base/utf8.h"
#include "stdlib/ops/ops.h"

#include <string.h>

struct search {
  struct operator_call *call;
  struct regex *regex;
  struct regex_search s;
  enum regex_result result; // of the last look
};

// False: *call->error says why.
static bool begin(struct search *s, struct operator_call *call)
{
  const struct text *x = ARG(0).text, *pattern = ARG(1).text;
  char why[200];
  *s = (struct search){.call = call};
  s->regex = regex_get(pattern->data, pattern->size, why, sizeof why);
  if (!s->regex) {
    operator_fail(call, "pattern '%.*s': %s",
                  (int)utf8_cut(pattern->data, pattern->size, 200),
                  pattern->data, why);
    return false;
  }
  if (regex_begin(&s->s, s->regex, x->data ? x->data : "", x->size))
    return true;
  regex_end(&s->s);
  regex_put(&s->regex);
  operator_exhausted(call);
  return false;
}

static bool next(struct search *s, size_t from, bool not_empty)
{
  s->result = regex_next(&s->s, from, not_empty);
  return s->result == REGEX_FOUND;
}

// The status of what was looked for to its end.
static enum operator_status end(struct search *s)
{
  regex_end(&s->s);
  regex_put(&s->regex);
  if (s->result == REGEX_NO_MEMORY)
    return operator_exhausted(s->call);
  if (s->result == REGEX_TOO_MUCH)
    return operator_fail(s->call, "the pattern takes too many steps on this "
                                  "text");
  return OPERATOR_DONE;
}

// Every match in turn; an empty one does not stand where the last one ended.
static bool each(struct search *s, size_t *from, bool *first)
{
  bool found = *first ? next(s, 0, false)
                      : next(s, *from, s->s.ends[0] == s->s.ends[1]);
  *first = false;
  if (found)
    *from = s->s.ends[1];
  return found;
}

static const struct text *part(struct operator_call *call, const char *data,
                               size_t from, size_t to)
{
  if (from == SIZE_MAX || from >= to) // or `\K` in a look ahead
    return &text_empty;
  return ops_text(call, data + from, to - from,
                  utf8_length(data + from, to - from));
}

static const struct text *group(struct search *s, unsigned i)
{
  return part(s->call, s->s.text, s->s.ends[2 * i], s->s.ends[2 * i + 1]);
}

// The whole match, then its groups.
static const struct list *groups(struct search *s)
{
  unsigned n = regex_groups(s->regex);
  struct list *l = list_new(s->call->arena, n + 1);
  for (unsigned i = 0; l && i <= n; i++) {
    const struct text *t = group(s, i);
    if (!t)
      return NULL;
    l->items[l->count++] = (value){.text = t};
  }
  return l;
}

OP(text_matches)
{
  struct search s;
  if (!begin(&s, call))
    return OPERATOR_FAIL;
  give_int(out, next(&s, 0, false));
  return end(&s);
}

OP(text_search)
{
  struct search s;
  if (!begin(&s, call))
    return OPERATOR_FAIL;
  out->bits = 0; // none
  const struct list *l = NULL;
  bool found = next(&s, 0, false);
  if (found && (l = groups(&s)))
    *out = value_wrap(call->arena, (value){.list = l});
  if (found && !out->bits) {
    end(&s);
    return operator_exhausted(call);
  }
  return end(&s);
}

OP(text_search_all)
{
  struct search s;
  if (!begin(&s, call))
    return OPERATOR_FAIL;
  struct list *all = list_new(call->arena, 8);
  size_t from = 0;
  bool whole = all != NULL;
  for (bool first = true; whole && each(&s, &from, &first);) {
    value one = {.list = groups(&s)};
    whole = one.list && list_push(call->arena, all, one);
  }
  enum operator_status status = end(&s);
  return status != OPERATOR_DONE ? status : give(call, out, whole ? all : NULL);
}

OP(text_captures)
{
  struct search s;
  if (!begin(&s, call))
    return OPERATOR_FAIL;
  struct map *m = map_new(call->arena, 0);
  bool whole = m != NULL, found = whole && next(&s, 0, false);
  for (unsigned i = 1; found && whole && i <= regex_groups(s.regex); i++) {
    const char *name = regex_group_name(s.regex, i);
    if (!name || s.s.ends[2 * i] == SIZE_MAX)
      continue;
    const struct text *key = text_new(call->arena, name, strlen(name));
    value item = {.text = group(&s, i)};
    whole = key && item.text && map_put(call->arena, m, key, item);
  }
  enum operator_status status = end(&s);
  return status != OPERATOR_DONE ? status : give(call, out, whole ? m : NULL);
}

OP(text_split_at)
{
  struct search s;
  if (!begin(&s, call))
    return OPERATOR_FAIL;
  const char *data = s.s.text;
  struct list *l = list_new(call->arena, 8);
  size_t from = 0, last = 0;
  bool whole = l != NULL;
  for (bool first = true; whole && each(&s, &from, &first);) {
    size_t at = s.s.ends[0];
    if (from == at && (at == 0 || at == s.s.size))
      continue; // nothing between nothing
    value v = {.text = part(call, data, last, at)};
    whole = v.text && list_push(call->arena, l, v);
    last = from;
  }
  value rest = {.text = part(call, data, last, s.s.size)};
  whole = whole && rest.text && list_push(call->arena, l, rest);
  enum operator_status status = end(&s);
  return status != OPERATOR_DONE ? status : give(call, out, whole ? l : NULL);
}

// ---- replacing ----

// The group that `$…` names at `at`; *next is behind it. UINT_MAX: none is named.
static unsigned named(const struct search *s, const char *at, const char *end,
                      const char **behind)
{
  bool braced = at < end && *at == '{';
  const char *from = at + braced, *to = from;
  while (to < end && (*to == '_' || (*to >= '0' && *to <= '9') ||
                      (*to >= 'a' && *to <= 'z') || (*to >= 'A' && *to <= 'Z')))
    to++;
  unsigned number = 0;
  size_t size = (size_t)(to - from);
  *behind = to + braced;
  if (!size || (braced && (to == end || *to != '}')))
    return UINT32_MAX;
  if (*from > '9') {
    number = regex_group(s->regex, from, size);
    return number ? number : UINT32_MAX;
  }
  for (const char *c = from; c < to; c++)
    if (*c > '9' || (number = number * 10 + (unsigned)(*c - '0')) > 65535)
      return UINT32_MAX;
  return number <= regex_groups(s->regex) ? number : UINT32_MAX;
}

// The text put in place of a match: `$1`, `${name}`, `$0` the match, `$$` a `$`.
static bool add_replacement(struct search *s, struct buf *b,
                            const struct text *with)
{
  const char *at = with->data, *stop = at + with->size;
  while (at < stop) {
    const char *dollar = memchr(at, '$', (size_t)(stop - at));
    const char *to = dollar ? dollar : stop;
    buf_add(b, at, (size_t)(to - at));
    at = to;
    if (!dollar)
      break;
    if (dollar + 1 < stop && dollar[1] == '$') {
      buf_addc(b, '$');
      at = dollar + 2;
      continue;
    }
    unsigned i = named(s, dollar + 1, stop, &at);
    if (i == UINT32_MAX)
      return false;
    size_t from = s->s.ends[2 * i], end_ = s->s.ends[2 * i + 1];
    if (from != SIZE_MAX && from < end_)
      buf_add(b, s->s.text + from, end_ - from);
  }
  return true;
}

OP(text_substitute)
{
  struct search s;
  struct buf b = {.arena = call->arena};
  if (!begin(&s, call))
    return OPERATOR_FAIL;
  size_t from = 0, last = 0;
  bool understood = true;
  for (bool first = true; understood && !b.failed && each(&s, &from, &first);) {
    if (s.s.ends[0] > last)
      buf_add(&b, s.s.text + last, s.s.ends[0] - last);
    understood = add_replacement(&s, &b, ARG(2).text);
    last = from;
  }
  buf_add(&b, s.s.text + last, s.s.size - last);
  enum operator_status status = end(&s);
  if (!understood)
    return operator_fail(call, "what is put in has a `$` that names no group; "
                               "`$$` is a dollar sign");
  return status != OPERATOR_DONE ? status : ops_give_buf(call, out, &b);
}

OP(text_literal)
{
  const struct text *t = ARG(0).text;
  struct buf b = {.arena = call->arena};
  for (uint32_t i = 0; i < t->size; i++) {
    if (t->data[i] && strchr("\\^$.[]|()?*+{}#- \t\n\r\v\f", t->data[i]))
      buf_addc(&b, '\\');
    buf_addc(&b, t->data[i]);
  }
  return ops_give_buf(call, out, &b);
}
