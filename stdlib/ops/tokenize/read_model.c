// The model of a tokenizer.json, and what follows from all parts together.
#include "stdlib/ops/tokenize/read.h"

#include "grammar/base/number.h"
#include "grammar/base/utf8.h"

enum { IDS_MOST = 1 << 24, PREFIX_MOST = 100 };

// ---- vocabularies ----

bool read_vocabulary(struct reading *r, const struct json *vocab)
{
  struct vocab *v = &r->f->model.vocab;
  if (!vocab || vocab->kind != JSON_MAP)
    return refuse(r, "it has no `vocab`");
  const struct map *m = vocab->as.map;
  if (!vocab_init(&r->f->arena, v, m->count))
    return refuse_memory(r);
  for (uint32_t i = 0; i < m->count; i++) {
    const struct text *t = m->entries[i].key;
    const struct json *id = m->entries[i].item.json;
    if (id->kind != JSON_INT || id->as.i < 0 || id->as.i >= IDS_MOST)
      return refuse(r, "token `%.*s` has no id, or one beyond %d",
                    (int)utf8_cut(t->data, t->size, 60), t->data, IDS_MOST - 1);
    if (!vocab_add(&r->f->arena, v, t->data, t->size, (uint32_t)id->as.i))
      return refuse_memory(r);
  }
  return vocab_finish(&r->f->arena, v) || refuse_memory(r);
}

static bool read_unknown(struct reading *r, const struct json *j,
                         const char *otherwise)
{
  struct model *m = &r->f->model;
  const char *text;
  uint32_t size;
  m->unknown = TOKEN_NONE;
  if (!field_text(r, j, "unk_token", &text, &size))
    return false;
  if (!text && otherwise) {
    text = otherwise;
    size = (uint32_t)strlen(text);
  }
  m->has_unknown = text;
  if (text)
    m->unknown = vocab_find(&m->vocab, text, size);
  return true;
}

static bool read_affixes(struct reading *r, const struct json *j,
                         const char *otherwise)
{
  struct model *m = &r->f->model;
  if (!field_text(r, j, "continuing_subword_prefix", &m->prefix,
                  &m->prefix_size) ||
      !field_text(r, j, "end_of_word_suffix", &m->suffix, &m->suffix_size))
    return false;
  if (!m->prefix && otherwise) {
    m->prefix = otherwise;
    m->prefix_size = (uint32_t)strlen(otherwise);
  }
  return (m->prefix_size <= PREFIX_MOST && m->suffix_size <= PREFIX_MOST) ||
         refuse(r, "a prefix or suffix has more than %d bytes", PREFIX_MOST);
}

// ---- the kinds ----

static bool model_wordpiece(struct reading *r, const struct json *j)
{
  struct model *m = &r->f->model;
  int64_t most;
  m->kind = MODEL_wordpiece;
  if (!read_vocabulary(r, field(j, "vocab")) || !read_unknown(r, j, "[UNK]") ||
      !read_affixes(r, j, "##") ||
      !field_int(r, j, "max_input_chars_per_word", 100, &most))
    return false;
  m->max_chars = most < 0 ? 0 : most > INT32_MAX ? INT32_MAX : (uint32_t)most;
  return wordpiece_ready(&r->f->arena, m) || refuse_memory(r);
}

static bool model_wordlevel(struct reading *r, const struct json *j)
{
  r->f->model.kind = MODEL_wordlevel;
  return read_vocabulary(r, field(j, "vocab")) && read_unknown(r, j, "<unk>");
}

// The merge of two tokens gives a third one, whose text is theirs.
bool read_merge(struct reading *r, const char *left, size_t left_size,
                const char *right, size_t right_size, uint32_t rank)
{
  struct model *m = &r->f->model;
  struct vocab *v = &m->vocab;
  uint32_t one = vocab_find(v, left, left_size);
  uint32_t two = vocab_find(v, right, right_size);
  char few[256], *both = few;
  size_t skip = m->prefix_size < right_size ? m->prefix_size : right_size;
  size_t size = left_size + right_size - skip;
  if (size > sizeof few && !(both = arena_alloc(r->a, size)))
    return refuse_memory(r);
  memcpy(both, left, left_size);
  memcpy(both + left_size, right + skip, right_size - skip);
  uint32_t to = vocab_find(v, both, size);
  if (one == TOKEN_NONE || two == TOKEN_NONE || to == TOKEN_NONE)
    return refuse(r,
                  "merge %u, of `%.*s` and `%.*s`, has a token that is not "
                  "in the vocabulary",
                  rank, (int)utf8_cut(left, left_size, 60), left,
                  (int)utf8_cut(right, right_size, 60), right);
  merges_put(&m->merges, one, two, rank, to);
  return true;
}

// "a b", or ["a", "b"].
static bool merge_of(struct reading *r, const struct json *j, uint32_t rank)
{
  if (j->kind == JSON_TEXT) {
    const char *text = j->as.text->data;
    size_t size = j->as.text->size;
    const char *space = size ? memchr(text, ' ', size) : NULL;
    size_t left = space ? (size_t)(space - text) : 0;
    if (space && !memchr(space + 1, ' ', size - left - 1))
      return read_merge(r, text, left, space + 1, size - left - 1, rank);
  } else if (j->kind == JSON_LIST && j->as.list->count == 2) {
    const struct json *x = j->as.list->items[0].json;
    const struct json *y = j->as.list->items[1].json;
    if (x->kind == JSON_TEXT && y->kind == JSON_TEXT)
      return read_merge(r, x->as.text->data, x->as.text->size, y->as.text->data,
                        y->as.text->size, rank);
  }
  return refuse(r, "merge %u is not of two tokens", rank);
}

static bool read_merges(struct reading *r, const struct json *list)
{
  if (!list || list->kind != JSON_LIST)
    return refuse(r, "it has no list of `merges`");
  uint32_t n = list->as.list->count;
  if (!merges_init(&r->f->arena, &r->f->model.merges, n))
    return refuse_memory(r);
  for (uint32_t i = 0; i < n; i++)
    if (!merge_of(r, list->as.list->items[i].json, i))
      return false;
  return true;
}

static bool model_bpe(struct reading *r, const struct json *j)
{
  struct model *m = &r->f->model;
  const struct json *dropout = field(j, "dropout");
  m->kind = MODEL_bpe;
  if (dropout && !(dropout->kind == JSON_FLOAT && dropout->as.f == 0) &&
      !(dropout->kind == JSON_INT && dropout->as.i == 0))
    return refuse(r, "`dropout` is not supported: texts have one way to be "
                     "encoded");
  return read_vocabulary(r, field(j, "vocab")) && read_unknown(r, j, NULL) &&
         read_affixes(r, j, NULL) &&
         field_bool(r, j, "fuse_unk", false, &m->fuse) &&
         field_bool(r, j, "byte_fallback", false, &m->fallback) &&
         field_bool(r, j, "ignore_merges", false, &m->whole) &&
         read_merges(r, field(j, "merges"));
}

// The reference reads a number as its digits over a power of ten, which may be
// a neighbour of the nearest float; and where two ways score the same, that
// decides. The shortest digits are those that the file has.
static double as_read(double x)
{
  char text[NUMBER_TEXT], power[NUMBER_TEXT + 2] = "1e";
  double scale;
  uint64_t digits = 0;
  int64_t exponent = 0;
  number_print_float(text, x);
  const char *at = text + (*text == '-');
  for (bool point = false; (*at >= '0' && *at <= '9') || *at == '.'; at++) {
    if (*at == '.') {
      point = true;
      continue;
    }
    if (point && at[0] == '0' && (at[1] < '0' || at[1] > '9'))
      continue; // as in 1.0
    digits = digits * 10 + (uint64_t)(*at - '0');
    exponent -= point;
  }
  if (*at)
    return x; // 1e-05: so few are read exactly
  size_t n = 2 + number_print_int(power + 2, -exponent);
  if (!number_read_float(power, n, false, &scale))
    return x;
  return (x < 0 ? -1 : 1) * ((double)digits / scale);
}

// ["token", score]
static bool scored(struct reading *r, const struct json *pair, uint32_t id,
                   double *scores)
{
  const struct json *token, *score;
  if (pair->kind != JSON_LIST || pair->as.list->count != 2)
    return refuse(r, "token %u has no score", id);
  token = pair->as.list->items[0].json;
  score = pair->as.list->items[1].json;
  if (token->kind != JSON_TEXT ||
      (score->kind != JSON_FLOAT && score->kind != JSON_INT))
    return refuse(r, "token %u is no text and its score", id);
  scores[id] =
      score->kind == JSON_INT ? (double)score->as.i : as_read(score->as.f);
  if (scores[id] < r->f->model.least)
    r->f->model.least = scores[id];
  return vocab_add(&r->f->arena, &r->f->model.vocab, token->as.text->data,
                   token->as.text->size, id) ||
         refuse_memory(r);
}

static bool model_unigram(struct reading *r, const struct json *j)
{
  struct model *m = &r->f->model;
  const struct json *list = field(j, "vocab");
  int64_t unknown;
  m->kind = MODEL_unigram;
  if (!list || list->kind != JSON_LIST || list->as.list->count >= IDS_MOST)
    return refuse(r, "it has no `vocab`, or one of more than %d tokens",
                  IDS_MOST - 1);
  uint32_t n = list->as.list->count;
  double *scores = ARENA_ARRAY(&r->f->arena, n + 1, double);
  if (!scores || !vocab_init(&r->f->arena, &m->vocab, n))
    return refuse_memory(r);
  m->scores = scores;
  m->least = 1.0 / 0.0;
  for (uint32_t i = 0; i < n; i++)
    if (!scored(r, list->as.list->items[i].json, i, scores))
      return false;
  if (!field_int(r, j, "unk_id", -1, &unknown) ||
      !field_bool(r, j, "byte_fallback", false, &m->fallback))
    return false;
  if (unknown >= n)
    return refuse(r, "`unk_id` is beyond the vocabulary");
  m->unknown = unknown < 0 ? TOKEN_NONE : (uint32_t)unknown;
  return (vocab_finish(&r->f->arena, &m->vocab) &&
          unigram_ready(&r->f->arena, m)) ||
         refuse_memory(r);
}

bool read_model(struct reading *r, const struct json *from)
{
  static const struct reader readers[] = {{"WordPiece", model_wordpiece},
                                          {"BPE", model_bpe},
                                          {"Unigram", model_unigram},
                                          {"WordLevel", model_wordlevel}};
  // Files of early versions do not say it.
  if (from->kind == JSON_MAP && !field(from, "type")) {
    r->where = "model";
    const struct json *vocab = field(from, "vocab");
    bool good = field(from, "merges")               ? model_bpe(r, from)
                : vocab && vocab->kind == JSON_LIST ? model_unigram(r, from)
                : field(from, "max_input_chars_per_word")
                    ? model_wordpiece(r, from)
                    : model_wordlevel(r, from);
    r->where = good ? NULL : r->where;
    return good;
  }
  return read_typed_part(r, from, "model", "", readers,
                         sizeof readers / sizeof *readers);
}

// ---- together ----

// A text that the normalizers have gone over, as texts are that it is found in.
static bool normal_text(struct reading *r, struct added *one)
{
  struct work *w = work_take(r->f);
  if (!w)
    return refuse_memory(r);
  work_begin(w, false);
  line_add(w, &w->now, one->text, one->size, (struct place){0, 0});
  normalize(w, r->f->normals, r->f->n_normals, r->f->ascii);
  bool good = !w->failed;
  if (good &&
      (one->text = keep_text(r, w->now.data ? w->now.data : "", w->now.size)))
    one->size = (uint32_t)w->now.size;
  work_give(r->f, w);
  return good ? one->text != NULL : refuse_memory(r);
}

static bool fill_set(struct reading *r, struct added_set *set, bool normalized)
{
  struct added_list *l = &r->f->added;
  size_t bytes = 0;
  struct added *texts = ARENA_ARRAY(r->a, l->count + 1, struct added);
  if (!texts)
    return refuse_memory(r);
  for (uint32_t i = 0; i < l->count; i++) {
    texts[i] = l->items[i];
    if (normalized && texts[i].normalized && !normal_text(r, &texts[i]))
      return false;
    if (texts[i].normalized == normalized) {
      l->items[i].shown = texts[i].text;
      l->items[i].shown_size = texts[i].size;
    }
    bytes += texts[i].size;
  }
  if (!trie_init(&r->f->arena, &set->trie, bytes))
    return refuse_memory(r);
  // Special ones come first; of equal texts the first one counts.
  for (uint32_t i = l->count * 2; i-- > 0;) {
    const struct added *one = &texts[i % l->count];
    if (one->normalized != normalized || one->special != (i < l->count) ||
        !one->size)
      continue;
    trie_put(&set->trie, one->text, one->size, i % l->count);
    set->begins[(unsigned char)one->text[0]] = true;
    set->count++;
  }
  return true;
}

static bool mark_special(struct reading *r)
{
  struct added_list *l = &r->f->added;
  if (l->ids < r->f->model.vocab.ids)
    l->ids = r->f->model.vocab.ids;
  l->special = arena_zalloc(&r->f->arena, l->ids / 8 + 1);
  l->of_id = ARENA_ARRAY(&r->f->arena, l->ids + 1, uint32_t);
  if (!l->special || !l->of_id)
    return refuse_memory(r);
  for (uint32_t i = 0; i < l->count; i++) {
    uint32_t id = l->items[i].id;
    l->of_id[id] = i + 1;
    if (l->items[i].special)
      l->special[id / 8] |= (uint8_t)(1 << id % 8);
  }
  return true;
}

// Whether words may stay bytes until the model has them: if nobody looks at the
// characters that stand for them.
static void keep_raw(struct files *f)
{
  struct model *m = &f->model;
  struct cut *last = f->n_cuts ? &f->cuts[f->n_cuts - 1] : NULL;
  m->is_raw = m->kind == MODEL_bpe && last && last->kind == CUT_bytes &&
              !m->prefix_size && !m->suffix_size && !m->fallback;
  if (m->is_raw)
    last->raw = true;
}

bool read_finish(struct reading *r)
{
  struct files *f = r->f;
  f->ascii = normal_ascii(&f->arena, f->normals, f->n_normals);
  for (uint32_t i = 0; i < f->n_cuts; i++)
    f->watches |= f->cuts[i].first && f->n_normals;
  for (uint32_t i = 0; i < f->n_posts; i++)
    for (uint32_t k = 0; k < f->posts[i].count; k++)
      f->around += !f->posts[i].items[k].text;
  keep_raw(f);
  if (f->model.kind == MODEL_bpe && !bpe_ready(&f->arena, &f->model))
    return refuse_memory(r);
  return mark_special(r) && fill_set(r, &f->added.plain, false) &&
         fill_set(r, &f->added.normalized, true);
}
