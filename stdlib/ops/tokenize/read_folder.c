// Enters: a folder of the Hugging Face layout. Leaves: all stages, or why not.
//
// A tokenizer.json says everything. Without one the class of the tokenizer says
// what its vocabulary stands in: then the parts are written as a tokenizer.json
// would have them, and read as if it had been there.
#include "stdlib/ops/tokenize/read.h"

#include "grammar/base/utf8.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

enum { LARGEST = 512 << 20, NO_LENGTH = 1000000000 };
enum words { WORDPIECE, BYTES };
enum around_kind { CLS_SEP, EOS, NOTHING };
enum special {
  BOS_TOKEN,
  EOS_TOKEN,
  UNK_TOKEN,
  SEP_TOKEN,
  PAD_TOKEN,
  CLS_TOKEN,
  MASK_TOKEN,
  SPECIALS
};

static const struct family {
  const char *class, *model_type;
  enum words words;
  bool lower, prefix;
  enum around_kind around;
  const char *special[SPECIALS];
} families[] = {
#define FAMILY(class, model_type, words, lower, prefix, around, ...)           \
  {#class, #model_type, words, lower, prefix, around, {__VA_ARGS__}},
#include "stdlib/ops/tokenize/families.def"
#undef FAMILY
};

// What is read of a folder.
struct folder {
  const char *path;
  const struct json *config, *specials, *model; // NULL if they are not there
  const struct family *family;
};

// ---- files ----

bool read_file(struct reading *r, const char *folder, const char *name,
               char **bytes, size_t *size)
{
  char path[4096];
  struct stat st;
  *bytes = NULL;
  if ((size_t)snprintf(path, sizeof path, "%s/%s", folder, name) >= sizeof path)
    return refuse(r, "the path of %s is too long", name);
  FILE *f = fopen(path, "rb");
  if (!f)
    return errno == ENOENT || refuse(r, "%s: %s", name, strerror(errno));
  bool good =
      !fstat(fileno(f), &st) && S_ISREG(st.st_mode) && st.st_size <= LARGEST;
  if (good && (*bytes = malloc((size_t)st.st_size + 1))) {
    *size = fread(*bytes, 1, (size_t)st.st_size, f);
    good = !ferror(f);
  }
  fclose(f);
  if (good && *bytes)
    return true;
  free(*bytes);
  *bytes = NULL;
  return refuse(r, "%s: %s", name,
                good ? "out of memory" : "it cannot be read");
}

// A file of JSON; *out is NULL if it is not there. Its texts are copied.
static bool read_json_file(struct reading *r, const char *folder,
                           const char *name, const struct json **out)
{
  char *bytes, *copy;
  size_t size = 0;
  *out = NULL;
  if (!read_file(r, folder, name, &bytes, &size))
    return false;
  if (!bytes)
    return true;
  copy = arena_copy(r->a, bytes, size);
  free(bytes);
  return copy ? read_json(r, copy, size, name, out) : refuse_memory(r);
}

// Every line, without its end; the last one need not have one.
static const char *next_line(const char **at, const char *end, size_t *size)
{
  const char *line = *at, *stop = line;
  if (line == end)
    return NULL;
  while (stop < end && *stop != '\n' && *stop != '\r')
    stop++;
  *size = (size_t)(stop - line);
  if (stop + 1 < end && stop[0] == '\r' && stop[1] == '\n')
    stop++;
  *at = stop < end ? stop + 1 : end;
  return line;
}

// ---- what the class is ----

static bool is_class(const struct json *class, const char *name)
{
  size_t n = strlen(name), size = class->as.text->size;
  const char *text = class->as.text->data;
  return size >= n && !memcmp(text, name, n) &&
         (size == n || (size == n + 4 && !memcmp(text + n, "Fast", 4)));
}

static bool find_family(struct reading *r, struct folder *d)
{
  const struct json *class = field(d->config, "tokenizer_class");
  const struct json *type = field(d->model, "model_type");
  size_t n = sizeof families / sizeof *families;
  for (size_t i = 0; i < n; i++)
    if (class && class->kind == JSON_TEXT
            ? is_class(class, families[i].class)
            : json_is(type, families[i].model_type)) {
      d->family = &families[i];
      return true;
    }
  const struct json *said = class ? class : type;
  if (said && said->kind == JSON_TEXT)
    return refuse(r,
                  "there is no tokenizer.json, and without one `%.*s` is "
                  "not supported",
                  (int)utf8_cut(said->as.text->data, said->as.text->size, 60),
                  said->as.text->data);
  return refuse(r, "there is no tokenizer.json, and neither "
                   "tokenizer_config.json nor config.json says what it is");
}

// ---- special tokens ----

static const char *const special_names[] = {
    "bos_token", "eos_token", "unk_token", "sep_token",
    "pad_token", "cls_token", "mask_token"};

// As a text, or as an object with `content`.
static const struct json *said(const struct folder *d, const char *name)
{
  const struct json *j = field(d->config, name);
  if (!j)
    j = field(d->specials, name);
  const struct json *content = field(j, "content");
  return content ? content : j;
}

static bool special_text(struct reading *r, const struct folder *d, unsigned i,
                         const char **text, uint32_t *size)
{
  const struct json *j = said(d, special_names[i]);
  *text = d->family->special[i];
  *size = *text ? (uint32_t)strlen(*text) : 0;
  if (!j)
    return true;
  if (j->kind != JSON_TEXT)
    return refuse(r, "`%s` is not a text", special_names[i]);
  *size = j->as.text->size;
  return (*text = keep_text(r, j->as.text->data, *size));
}

static bool add_specials(struct reading *r, const struct folder *d)
{
  for (unsigned i = 0; i < SPECIALS; i++) {
    struct added one = {.special = true};
    if (!special_text(r, d, i, &one.text, &one.size))
      return false;
    one.lstrip = i == MASK_TOKEN && d->family->words == BYTES;
    const struct json *j = field(d->config, special_names[i]);
    if (j && j->kind == JSON_MAP &&
        (!field_bool(r, j, "lstrip", one.lstrip, &one.lstrip) ||
         !field_bool(r, j, "rstrip", false, &one.rstrip) ||
         !field_bool(r, j, "single_word", false, &one.single_word) ||
         !field_bool(r, j, "normalized", false, &one.normalized)))
      return false;
    if (one.size && !added_put(r, &one))
      return false;
  }
  return true;
}

// Tokens of an object with ids, in their order. `keys`: the ids are the keys.
struct numbered {
  int64_t id;
  const struct text *text;
  const struct json *flags;
};

static int by_id(const void *x, const void *y)
{
  const struct numbered *a = x, *b = y;
  return a->id < b->id ? -1 : a->id > b->id;
}

static bool put_numbered(struct reading *r, const struct numbered *one)
{
  struct added a = {.size = one->text->size};
  if (!field_bool(r, one->flags, "special", false, &a.special) ||
      !field_bool(r, one->flags, "lstrip", false, &a.lstrip) ||
      !field_bool(r, one->flags, "rstrip", false, &a.rstrip) ||
      !field_bool(r, one->flags, "single_word", false, &a.single_word) ||
      !field_bool(r, one->flags, "normalized", !a.special, &a.normalized) ||
      !(a.text = keep_text(r, one->text->data, a.size)))
    return false;
  if (!a.size)
    return true;
  if (!added_put(r, &a))
    return false;
  struct added_list *l = &r->f->added;
  for (uint32_t i = 0; i < l->count; i++)
    if (l->items[i].size == a.size &&
        !memcmp(l->items[i].text, a.text, a.size) && l->items[i].id != one->id)
      return refuse(r, "added token `%.60s` has id %lld, and would be %u",
                    a.text, (long long)one->id, l->items[i].id);
  return true;
}

static bool add_numbered(struct reading *r, const struct json *of, bool keys)
{
  if (!of)
    return true;
  if (of->kind != JSON_MAP)
    return refuse(r, "the added tokens are no object");
  const struct map *m = of->as.map;
  struct numbered *all = ARENA_ARRAY(r->a, m->count + 1, struct numbered);
  if (!all)
    return refuse_memory(r);
  for (uint32_t i = 0; i < m->count; i++) {
    const struct text *key = m->entries[i].key;
    const struct json *item = m->entries[i].item.json;
    const struct json *content = keys ? field(item, "content") : NULL;
    if (keys ? !content || content->kind != JSON_TEXT : item->kind != JSON_INT)
      return refuse(r, "added token %.*s is no token with an id",
                    (int)utf8_cut(key->data, key->size, 60), key->data);
    all[i] =
        keys ? (struct numbered){strtoll(arena_copy(r->a, key->data, key->size),
                                         NULL, 10),
                                 content->as.text, item}
             : (struct numbered){item->as.i, key, NULL};
  }
  qsort(all, m->count, sizeof *all, by_id);
  for (uint32_t i = 0; i < m->count; i++)
    if (!put_numbered(r, &all[i]))
      return false;
  return true;
}

static bool add_tokens(struct reading *r, const struct folder *d)
{
  const struct json *more;
  return read_json_file(r, d->path, "added_tokens.json", &more) &&
         add_numbered(r, field(d->config, "added_tokens_decoder"), true) &&
         add_numbered(r, more, false) && add_specials(r, d);
}

// ---- the parts, as a tokenizer.json would have them ----

static bool read_made(struct reading *r, struct buf *text,
                      bool (*read)(struct reading *, const struct json *))
{
  const struct json *j;
  if (text->failed)
    return refuse_memory(r);
  return read_json(r, text->data, text->size, "it", &j) && read(r, j);
}

static const char *word_of(bool yes)
{
  return yes ? "true" : "false";
}

// `["</s>",2]`
static bool token_and_id(struct reading *r, const struct folder *d, unsigned i,
                         struct buf *out)
{
  const char *text;
  uint32_t size;
  if (!special_text(r, d, i, &text, &size))
    return false;
  uint32_t id = text ? vocab_find(&r->f->model.vocab, text, size) : TOKEN_NONE;
  if (id == TOKEN_NONE)
    return refuse(r, "the vocabulary has no `%s`", special_names[i]);
  buf_addc(out, '[');
  json_encode_text(text, size, out);
  buf_addf(out, ",%u]", id);
  return true;
}

static bool add_around_text(struct reading *r, const struct folder *d,
                            const char *prefix)
{
  struct buf b = {.arena = r->a}, eos = {.arena = r->a};
  bool bytes = d->family->words == BYTES;
  if (d->family->around == NOTHING)
    return true;
  if (d->family->around == EOS) {
    if (!token_and_id(r, d, EOS_TOKEN, &eos))
      return false;
    const char *text;
    uint32_t size;
    special_text(r, d, EOS_TOKEN, &text, &size);
    buf_addf(&b,
             "{\"type\":\"TemplateProcessing\",\"single\":[{\"Sequence\":{"
             "\"id\":\"A\",\"type_id\":0}},{\"SpecialToken\":{\"id\":\"e\","
             "\"type_id\":0}}],\"special_tokens\":{\"e\":{\"ids\":[%u]}}}",
             vocab_find(&r->f->model.vocab, text, size));
    return read_made(r, &b, read_posts);
  }
  buf_addf(&b, "{\"type\":\"%s\",\"add_prefix_space\":%s,\"sep\":",
           bytes ? "RobertaProcessing" : "BertProcessing", prefix);
  if (!token_and_id(r, d, SEP_TOKEN, &b))
    return false;
  buf_adds(&b, ",\"cls\":");
  if (!token_and_id(r, d, CLS_TOKEN, &b))
    return false;
  buf_addc(&b, '}');
  return read_made(r, &b, read_posts);
}

static bool made_parts(struct reading *r, struct buf *first, struct buf *second,
                       struct buf *decoder,
                       bool (*one)(struct reading *, const struct json *))
{
  return (!first->size || read_made(r, first, one)) &&
         read_made(r, second, read_cuts) &&
         read_made(r, decoder, read_decoders);
}

// ---- vocab.txt ----

static bool wordpiece_vocabulary(struct reading *r, const char *bytes,
                                 size_t size)
{
  struct vocab *v = &r->f->model.vocab;
  const char *at = bytes, *end = bytes + size, *line;
  size_t n, lines = 0;
  while (next_line(&at, end, &n))
    lines++;
  if (utf8_check(bytes, size) != size)
    return refuse(r, "vocab.txt is not UTF-8");
  if (lines >= 1 << 24 || !vocab_init(&r->f->arena, v, (uint32_t)lines))
    return refuse_memory(r);
  at = bytes;
  for (uint32_t id = 0; (line = next_line(&at, end, &n)); id++)
    if (!vocab_add(&r->f->arena, v, line, n, id))
      return refuse_memory(r);
  return vocab_finish(&r->f->arena, v) || refuse_memory(r);
}

static bool wordpiece_model(struct reading *r, const struct folder *d)
{
  struct model *m = &r->f->model;
  const char *unknown;
  uint32_t size;
  char *bytes;
  size_t n = 0;
  if (!read_file(r, d->path, "vocab.txt", &bytes, &n))
    return false;
  if (!bytes)
    return refuse(r, "there is neither a tokenizer.json nor a vocab.txt");
  bool good = wordpiece_vocabulary(r, bytes, n);
  free(bytes);
  if (!good || !special_text(r, d, UNK_TOKEN, &unknown, &size))
    return false;
  m->kind = MODEL_wordpiece;
  m->unknown = unknown ? vocab_find(&m->vocab, unknown, size) : TOKEN_NONE;
  m->prefix = "##";
  m->prefix_size = 2;
  m->max_chars = 100;
  return wordpiece_ready(&r->f->arena, m) || refuse_memory(r);
}

static bool wordpiece_parts(struct reading *r, const struct folder *d)
{
  bool lower, chinese, accents, basic;
  struct buf n = {.arena = r->a}, cuts = {.arena = r->a}, out = {.arena = r->a};
  if (!field_bool(r, d->config, "do_lower_case", d->family->lower, &lower) ||
      !field_bool(r, d->config, "tokenize_chinese_chars", true, &chinese) ||
      !field_bool(r, d->config, "strip_accents", lower, &accents) ||
      !field_bool(r, d->config, "do_basic_tokenize", true, &basic))
    return false;
  if (!basic)
    return refuse(r, "`do_basic_tokenize: false` is not supported");
  buf_addf(&n,
           "{\"type\":\"BertNormalizer\",\"handle_chinese_chars\":%s,"
           "\"strip_accents\":%s,\"lowercase\":%s}",
           word_of(chinese), word_of(accents), word_of(lower));
  buf_adds(&cuts, "{\"type\":\"BertPreTokenizer\"}");
  buf_adds(&out, "{\"type\":\"WordPiece\"}");
  return made_parts(r, &n, &cuts, &out, read_normalizer) &&
         add_around_text(r, d, "false");
}

// ---- vocab.json and merges.txt ----

static bool merges_text(struct reading *r, const char *bytes, size_t size)
{
  const char *at = bytes, *end = bytes + size, *line;
  size_t n, lines = 0;
  uint32_t rank = 0;
  while (next_line(&at, end, &n))
    lines++;
  if (utf8_check(bytes, size) != size)
    return refuse(r, "merges.txt is not UTF-8");
  if (lines >= 1 << 24 ||
      !merges_init(&r->f->arena, &r->f->model.merges, (uint32_t)lines))
    return refuse_memory(r);
  at = bytes;
  while ((line = next_line(&at, end, &n))) {
    if (!n || (n >= 8 && !memcmp(line, "#version", 8)))
      continue;
    const char *space = memchr(line, ' ', n);
    size_t left = space ? (size_t)(space - line) : 0;
    if (!left || memchr(space + 1, ' ', n - left - 1))
      return refuse(r, "merges.txt: merge %u is not of two tokens", rank);
    if (!read_merge(r, line, left, space + 1, n - left - 1, rank++))
      return false;
  }
  return true;
}

static bool bytes_model(struct reading *r, const struct folder *d)
{
  const struct json *vocab;
  char *bytes;
  size_t n = 0;
  if (!read_json_file(r, d->path, "vocab.json", &vocab) ||
      !read_file(r, d->path, "merges.txt", &bytes, &n))
    return false;
  if (!vocab || !bytes) {
    free(bytes);
    return refuse(r, "there is neither a tokenizer.json nor a vocab.json with "
                     "its merges.txt");
  }
  r->f->model.kind = MODEL_bpe;
  r->f->model.unknown = TOKEN_NONE;
  bool good = read_vocabulary(r, vocab) && merges_text(r, bytes, n);
  free(bytes);
  return good;
}

static bool bytes_parts(struct reading *r, const struct folder *d)
{
  bool prefix;
  struct buf none = {0}, cuts = {.arena = r->a}, out = {.arena = r->a};
  if (!field_bool(r, d->config, "add_prefix_space", d->family->prefix, &prefix))
    return false;
  buf_addf(&cuts, "{\"type\":\"ByteLevel\",\"add_prefix_space\":%s}",
           word_of(prefix));
  buf_adds(&out, "{\"type\":\"ByteLevel\"}");
  return made_parts(r, &none, &cuts, &out, read_normalizer) &&
         add_around_text(r, d, word_of(prefix));
}

// ---- a folder ----

// What holds for all: how long a text may be, and which end is cut.
static bool read_limits(struct reading *r, const struct json *config)
{
  const struct json *most = field(config, "model_max_length");
  const struct json *side = field(config, "truncation_side");
  if (most && most->kind == JSON_INT && most->as.i > 0 &&
      most->as.i < NO_LENGTH)
    r->f->max_length = most->as.i;
  r->f->truncate_left = json_is(side, "left");
  return !side || r->f->truncate_left || json_is(side, "right") ||
         refuse(r, "`truncation_side` is neither left nor right");
}

bool read_folder(struct reading *r, const char *path)
{
  struct folder d = {.path = path};
  const struct json *whole;
  if (!read_json_file(r, path, "tokenizer.json", &whole) ||
      !read_json_file(r, path, "tokenizer_config.json", &d.config) ||
      !read_limits(r, d.config))
    return false;
  if (whole)
    return read_tokenizer(r, whole);
  if (!read_json_file(r, path, "special_tokens_map.json", &d.specials) ||
      !read_json_file(r, path, "config.json", &d.model) || !find_family(r, &d))
    return false;
  if (d.family->words == WORDPIECE)
    return wordpiece_model(r, &d) && wordpiece_parts(r, &d) &&
           add_tokens(r, &d) && read_finish(r);
  return bytes_model(r, &d) && bytes_parts(r, &d) && add_tokens(r, &d) &&
         read_finish(r);
}
