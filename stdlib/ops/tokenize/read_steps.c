// Normalizers and pre-tokenizers of a tokenizer.json.
#include "stdlib/ops/tokenize/read.h"

#include "grammar/base/utf8.h"

static struct normal *add_normal(struct reading *r, enum normal_kind kind)
{
  struct normal *all =
      one_more(r, r->f->normals, &r->f->n_normals, sizeof *all);
  if (!all)
    return NULL;
  r->f->normals = all;
  all += r->f->n_normals - 1;
  all->kind = kind;
  return all;
}

static bool read_bert(struct reading *r, const struct json *j)
{
  bool clean, chinese, lower, accents;
  if (!field_bool(r, j, "clean_text", true, &clean) ||
      !field_bool(r, j, "handle_chinese_chars", true, &chinese) ||
      !field_bool(r, j, "lowercase", true, &lower) ||
      !field_bool(r, j, "strip_accents", lower, &accents))
    return false;
  return (!clean || add_normal(r, NORMAL_clean)) &&
         (!chinese || add_normal(r, NORMAL_chinese)) &&
         (!accents || add_normal(r, NORMAL_accents)) &&
         (!lower || add_normal(r, NORMAL_lower));
}

// Those that have no fields.
#define PLAIN_NORMAL(name)                                                     \
  static bool read_##name(struct reading *r, const struct json *j)             \
  {                                                                            \
    return add_normal(r, NORMAL_##name);                                       \
  }
PLAIN_NORMAL(lower)
PLAIN_NORMAL(nfc)
PLAIN_NORMAL(nfd)
PLAIN_NORMAL(nfkc)
PLAIN_NORMAL(nfkd)
PLAIN_NORMAL(strip_marks)
PLAIN_NORMAL(nmt)
PLAIN_NORMAL(bytes)
#undef PLAIN_NORMAL

static bool read_strip(struct reading *r, const struct json *j)
{
  struct normal *n = add_normal(r, NORMAL_strip);
  return n && field_bool(r, j, "strip_left", true, &n->left) &&
         field_bool(r, j, "strip_right", true, &n->right);
}

static bool read_prepend(struct reading *r, const struct json *j)
{
  struct normal *n = add_normal(r, NORMAL_prepend);
  return n && field_text(r, j, "prepend", &n->text, &n->size) &&
         (n->text || refuse(r, "Prepend has no `prepend`"));
}

static bool read_replace(struct reading *r, const struct json *j)
{
  struct normal *n = add_normal(r, NORMAL_replace);
  return n && read_pattern(r, j, &n->pattern) &&
         field_text(r, j, "content", &n->text, &n->size) &&
         (n->text || refuse(r, "Replace has no `content`"));
}

static bool read_precompiled(struct reading *r, const struct json *j)
{
  struct normal *n = add_normal(r, NORMAL_precompiled);
  const struct json *map = field(j, "precompiled_charsmap");
  if (!n)
    return false;
  if (!map) { // nothing is mapped
    r->f->n_normals--;
    return true;
  }
  if (map->kind == JSON_TEXT)
    n->map =
        charsmap_read(&r->f->arena, map->as.text->data, map->as.text->size);
  return n->map || refuse(r, "`precompiled_charsmap` is damaged");
}

bool read_normalizer(struct reading *r, const struct json *from)
{
  static const struct reader readers[] = {
      {"BertNormalizer", read_bert},
      {"Lowercase", read_lower},
      {"NFC", read_nfc},
      {"NFD", read_nfd},
      {"NFKC", read_nfkc},
      {"NFKD", read_nfkd},
      {"Strip", read_strip},
      {"StripAccents", read_strip_marks},
      {"Replace", read_replace},
      {"Prepend", read_prepend},
      {"Nmt", read_nmt},
      {"Precompiled", read_precompiled},
      {"ByteLevel", read_bytes},
  };
  return read_typed_part(r, from, "normalizer", "normalizers", readers,
                         sizeof readers / sizeof *readers);
}

// ---- pre-tokenizers ----

static struct cut *add_cut(struct reading *r, enum cut_kind kind,
                           enum behavior behavior)
{
  struct cut *all = one_more(r, r->f->cuts, &r->f->n_cuts, sizeof *all);
  if (!all)
    return NULL;
  r->f->cuts = all;
  all += r->f->n_cuts - 1;
  all->kind = kind;
  all->behavior = behavior;
  return all;
}

static bool cut_bert(struct reading *r, const struct json *j)
{
  return add_cut(r, CUT_bert, BEHAVIOR_removed);
}

static bool cut_words(struct reading *r, const struct json *j)
{
  return add_cut(r, CUT_words, BEHAVIOR_removed);
}

static bool cut_spaces(struct reading *r, const struct json *j)
{
  return add_cut(r, CUT_spaces, BEHAVIOR_removed);
}

static bool read_behavior(struct reading *r, const struct json *j,
                          struct cut *c)
{
  static const char *const names[] = {"Removed", "Isolated",
                                      "MergedWithPrevious", "MergedWithNext",
                                      "Contiguous"};
  const struct json *b = field(j, "behavior");
  if (!b)
    return true;
  for (unsigned i = 0; i < sizeof names / sizeof *names; i++)
    if (json_is(b, names[i])) {
      c->behavior = (enum behavior)i;
      return true;
    }
  return refuse(r, "the `behavior` is not known");
}

static bool cut_punctuation(struct reading *r, const struct json *j)
{
  struct cut *c = add_cut(r, CUT_punctuation, BEHAVIOR_isolated);
  return c && read_behavior(r, j, c);
}

static bool cut_digits(struct reading *r, const struct json *j)
{
  bool single;
  if (!field_bool(r, j, "individual_digits", false, &single))
    return false;
  return add_cut(r, CUT_digits,
                 single ? BEHAVIOR_isolated : BEHAVIOR_contiguous);
}

static bool cut_char(struct reading *r, const struct json *j)
{
  struct cut *c = add_cut(r, CUT_char, BEHAVIOR_removed);
  return c && field_char(r, j, "delimiter", 0, &c->code);
}

static bool cut_split(struct reading *r, const struct json *j)
{
  struct cut *c = add_cut(r, CUT_pattern, BEHAVIOR_removed);
  return c && read_pattern(r, j, &c->pattern) && read_behavior(r, j, c) &&
         field_bool(r, j, "invert", false, &c->invert);
}

// `prefix` and `first` are what the words of prepend_scheme say.
bool read_scheme(struct reading *r, const struct json *j, bool *prefix,
                 bool *first)
{
  const struct json *scheme = field(j, "prepend_scheme");
  bool legacy;
  if (!field_bool(r, j, "add_prefix_space", true, &legacy))
    return false;
  *prefix = scheme ? !json_is(scheme, "never") : true;
  *first = json_is(scheme, "first");
  if (scheme && *prefix && !*first && !json_is(scheme, "always"))
    return refuse(r, "the `prepend_scheme` is not known");
  if (!legacy && *prefix)
    return refuse(r, "`add_prefix_space` and `prepend_scheme` do not agree");
  return true;
}

static bool cut_metaspace(struct reading *r, const struct json *j)
{
  struct cut *c = add_cut(r, CUT_metaspace, BEHAVIOR_next);
  bool split;
  if (!c || !field_char(r, j, "replacement", 0x2581, &c->code) ||
      !field_bool(r, j, "split", true, &split) ||
      !read_scheme(r, j, &c->prefix, &c->first))
    return false;
  c->whole = !split;
  return true;
}

static bool cut_bytes(struct reading *r, const struct json *j)
{
  struct cut *c = add_cut(r, CUT_bytes, BEHAVIOR_isolated);
  bool regex;
  if (!c || !field_bool(r, j, "add_prefix_space", true, &c->prefix) ||
      !field_bool(r, j, "use_regex", true, &regex))
    return false;
  c->whole = !regex;
  c->pattern.kind = PATTERN_GPT2;
  return true;
}

bool read_cuts(struct reading *r, const struct json *from)
{
  static const struct reader readers[] = {
      {"BertPreTokenizer", cut_bert},
      {"Whitespace", cut_words},
      {"WhitespaceSplit", cut_spaces},
      {"Punctuation", cut_punctuation},
      {"Digits", cut_digits},
      {"CharDelimiterSplit", cut_char},
      {"Split", cut_split},
      {"Metaspace", cut_metaspace},
      {"ByteLevel", cut_bytes},
  };
  return read_typed_part(r, from, "pre_tokenizer", "pretokenizers", readers,
                         sizeof readers / sizeof *readers);
}
