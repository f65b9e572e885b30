// Enters: a tokenizer.json. Leaves: all stages, or why not.
#include "stdlib/ops/tokenize/read.h"

#include "grammar/base/regex.h"
#include "grammar/base/utf8.h"

#include <stdarg.h>
#include <stdio.h>

enum { STEPS_MOST = 256, ADDED_MOST = 20000 };

bool refuse(struct reading *r, const char *format, ...)
{
  va_list args;
  int n = r->where ? snprintf(r->why, r->why_size, "%s: ", r->where) : 0;
  if (n < 0 || (size_t)n >= r->why_size)
    return false;
  va_start(args, format);
  vsnprintf(r->why + n, r->why_size - (size_t)n, format, args);
  va_end(args);
  return false;
}

bool refuse_memory(struct reading *r)
{
  return refuse(r, "out of memory");
}

// ---- fields ----

const struct json *field(const struct json *of, const char *name)
{
  if (!of || of->kind != JSON_MAP)
    return NULL;
  size_t n = strlen(name);
  struct text key = {(uint32_t)n, (uint32_t)n, name};
  const value *v = map_get(of->as.map, &key);
  return v && v->json->kind != JSON_NULL ? v->json : NULL;
}

bool field_bool(struct reading *r, const struct json *of, const char *name,
                bool otherwise, bool *out)
{
  const struct json *j = field(of, name);
  *out = j ? j->as.i : otherwise;
  return !j || j->kind == JSON_BOOL ||
         refuse(r, "`%s` is neither true nor false", name);
}

bool field_int(struct reading *r, const struct json *of, const char *name,
               int64_t otherwise, int64_t *out)
{
  const struct json *j = field(of, name);
  *out = j ? j->as.i : otherwise;
  return !j || j->kind == JSON_INT ||
         refuse(r, "`%s` is not a whole number", name);
}

char *keep_text(struct reading *r, const char *text, size_t size)
{
  char *copy = arena_copy(&r->f->arena, text, size);
  if (!copy)
    refuse_memory(r);
  return copy;
}

bool field_text(struct reading *r, const struct json *of, const char *name,
                const char **text, uint32_t *size)
{
  const struct json *j = field(of, name);
  *text = NULL;
  *size = 0;
  if (!j)
    return true;
  if (j->kind != JSON_TEXT)
    return refuse(r, "`%s` is not a text", name);
  *size = j->as.text->size;
  return (*text = keep_text(r, j->as.text->data, *size));
}

bool field_char(struct reading *r, const struct json *of, const char *name,
                uint32_t otherwise, uint32_t *out)
{
  const struct json *j = field(of, name);
  *out = otherwise;
  if (!j)
    return otherwise || refuse(r, "`%s` is missing", name);
  return (j->kind == JSON_TEXT && j->as.text->length == 1 &&
          utf8_decode(j->as.text->data, j->as.text->size, out)) ||
         refuse(r, "`%s` is not one character", name);
}

bool json_is(const struct json *j, const char *text)
{
  return j && j->kind == JSON_TEXT && text_is(j->as.text, text, strlen(text));
}

void *one_more(struct reading *r, void *items, uint32_t *count, size_t one)
{
  if (*count >= STEPS_MOST) {
    refuse(r, "it has more than %d steps", STEPS_MOST);
    return NULL;
  }
  char *all = arena_zalloc(&r->f->arena, (*count + 1) * one);
  if (!all) {
    refuse_memory(r);
    return NULL;
  }
  if (*count)
    memcpy(all, items, *count * one);
  ++*count;
  return all;
}

// ---- parts with a type ----

static bool read_one(struct reading *r, const struct json *from,
                     const struct reader *readers, size_t n)
{
  const struct json *type = field(from, "type");
  for (size_t i = 0; i < n; i++)
    if (json_is(type, readers[i].type))
      return readers[i].read(r, from);
  if (type && type->kind == JSON_TEXT)
    return refuse(r, "`%.*s` is not supported",
                  (int)utf8_cut(type->as.text->data, type->as.text->size, 60),
                  type->as.text->data);
  return refuse(r, "it has no `type`");
}

static bool read_all(struct reading *r, const struct json *from,
                     const char *items, const struct reader *readers, size_t n)
{
  if (!json_is(field(from, "type"), "Sequence"))
    return read_one(r, from, readers, n);
  const struct json *list = field(from, items);
  if (!list || list->kind != JSON_LIST)
    return refuse(r, "the Sequence has no list of `%s`", items);
  for (uint32_t i = 0; i < list->as.list->count; i++)
    if (!read_all(r, list->as.list->items[i].json, items, readers, n))
      return false;
  return true;
}

bool read_typed_part(struct reading *r, const struct json *from,
                     const char *where, const char *items,
                     const struct reader *readers, size_t n)
{
  r->where = where;
  bool good = !from || read_all(r, from, items, readers, n);
  if (good)
    r->where = NULL;
  return good;
}

// ---- patterns ----

static const struct {
  enum pattern_kind kind;
  const char *text;
} known[] = {
    {PATTERN_GPT2, "'s|'t|'re|'ve|'m|'ll|'d| ?\\p{L}+| ?\\p{N}+|"
                   " ?[^\\s\\p{L}\\p{N}]+|\\s+(?!\\S)|\\s+"},
    {PATTERN_LLAMA3,
     "(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}{1,3}|"
     " ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+"},
    {PATTERN_QWEN2,
     "(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}|"
     " ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+"},
};

static bool take_regex(struct reading *r, struct pattern *out)
{
  char why[200];
  for (size_t i = 0; i < sizeof known / sizeof *known; i++)
    if (!strcmp(out->text, known[i].text)) {
      out->kind = known[i].kind;
      return true;
    }
  out->kind = PATTERN_REGEX;
  // What means something else to Oniguruma, which the reference has.
  if (strstr(out->text, "&&") || strstr(out->text, "\\h") ||
      strstr(out->text, "\\H") || strstr(out->text, "\\Z"))
    return refuse(r, "the pattern '%.80s' is not supported", out->text);
  out->regex = regex_get(out->text, out->size, why, sizeof why);
  if (!out->regex)
    return refuse(r, "the pattern '%.80s': %s", out->text, why);
  struct regex **all =
      one_more(r, r->f->regexes, &r->f->n_regexes, sizeof *r->f->regexes);
  if (!all) {
    regex_put(&out->regex);
    return false;
  }
  r->f->regexes = all;
  all[r->f->n_regexes - 1] = out->regex;
  return true;
}

bool read_pattern(struct reading *r, const struct json *from,
                  struct pattern *out)
{
  const struct json *p = field(from, "pattern");
  *out = (struct pattern){.kind = PATTERN_TEXT};
  if (!p)
    return refuse(r, "it has no `pattern`");
  if (!field_text(r, p, "String", &out->text, &out->size))
    return false;
  if (out->text)
    return true;
  if (!field_text(r, p, "Regex", &out->text, &out->size))
    return false;
  return out->text ? take_regex(r, out)
                   : refuse(r, "`pattern` is neither a String nor a Regex");
}

// ---- added tokens ----

bool added_put(struct reading *r, const struct added *one)
{
  struct added_list *l = &r->f->added;
  for (uint32_t i = 0; i < l->count; i++)
    if (l->items[i].size == one->size &&
        !memcmp(l->items[i].text, one->text, one->size)) {
      uint32_t id = l->items[i].id;
      bool special = l->items[i].special || one->special;
      l->items[i] = *one;
      l->items[i].id = id;
      l->items[i].special = special;
      return true;
    }
  if (l->count >= ADDED_MOST)
    return refuse(r, "there are more than %d", ADDED_MOST);
  if (l->count == l->room) {
    uint32_t room = l->room ? l->room * 2 : 64;
    struct added *wide = ARENA_ARRAY(&r->f->arena, room, struct added);
    if (!wide)
      return refuse_memory(r);
    if (l->count)
      memcpy(wide, l->items, l->count * sizeof *wide);
    l->items = wide;
    l->room = room;
  }
  const struct vocab *v = &r->f->model.vocab;
  struct added *new = &l->items[l->count];
  *new = *one;
  new->id = vocab_find(v, one->text, one->size);
  // As the reference numbers them; a list may have a word twice.
  uint32_t behind = r->f->model.kind == MODEL_unigram ? v->ids : v->count;
  if (new->id == TOKEN_NONE)
    new->id = l->count && l->ids > behind ? l->ids : behind;
  l->count++;
  if (new->id >= l->ids)
    l->ids = new->id + 1;
  return true;
}

bool read_added(struct reading *r, const struct json *list)
{
  r->where = "added_tokens";
  if (list && list->kind != JSON_LIST)
    return refuse(r, "it is not a list");
  for (uint32_t i = 0; list && i < list->as.list->count; i++) {
    const struct json *j = list->as.list->items[i].json;
    struct added one = {0};
    if (!field_text(r, j, "content", &one.text, &one.size) ||
        !field_bool(r, j, "special", false, &one.special) ||
        !field_bool(r, j, "single_word", false, &one.single_word) ||
        !field_bool(r, j, "lstrip", false, &one.lstrip) ||
        !field_bool(r, j, "rstrip", false, &one.rstrip) ||
        !field_bool(r, j, "normalized", !one.special, &one.normalized))
      return false;
    if (!one.text)
      return refuse(r, "one has no `content`");
    if (one.size && !added_put(r, &one))
      return false;
  }
  r->where = NULL;
  return true;
}

// ---- the whole ----

bool read_json(struct reading *r, const char *bytes, size_t size,
               const char *name, const struct json **out)
{
  struct offences offences = {.arena = r->a};
  struct decode d = {NULL, r->a, &offences};
  *out = json_parse(&d, bytes, size, NULL);
  if (*out)
    return true;
  if (!offences.first)
    return refuse_memory(r);
  return refuse(r, "%s is not JSON: %s %s", name,
                offences.first->ctx ? offences.first->ctx : "",
                offences.first->loc);
}

bool read_tokenizer(struct reading *r, const struct json *root)
{
  const struct json *version = field(root, "version");
  if (root->kind != JSON_MAP || !field(root, "model"))
    return refuse(r, "this is no tokenizer: it has no `model`");
  if (version && !json_is(version, "1.0"))
    return refuse(r, "it is not of version 1.0");
  return read_model(r, field(root, "model")) &&
         read_normalizer(r, field(root, "normalizer")) &&
         read_cuts(r, field(root, "pre_tokenizer")) &&
         read_posts(r, field(root, "post_processor")) &&
         read_decoders(r, field(root, "decoder")) &&
         read_added(r, field(root, "added_tokens")) && read_finish(r);
}
