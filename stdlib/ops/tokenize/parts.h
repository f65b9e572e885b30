// What the files of this folder share. A text goes through the stages in the
// order of the reference: added tokens are found in it, what is between them is
// normalized, cut into words (pre-tokenizers), the words become tokens (the
// model), and what belongs around them is put there (post-processors).
//
// A stage is an array of steps. While a text is under way all that changes is
// in a `struct work`, of which each thread that encodes has one.
#ifndef SG_TOKENIZE_PARTS_H
#define SG_TOKENIZE_PARTS_H

#include "grammar/base/arena.h"
#include "stdlib/ops/tokenize/tokenize.h"

#include <pthread.h>
#include <stdatomic.h>
#include <string.h>

struct regex;

// ---- classes of code points (unicode.c) ----
enum {
  CLASS_SPACE = 1,
  CLASS_CONTROL = 2, // what BertNormalizer leaves out
  CLASS_PUNCT = 4,
  CLASS_NUMERIC = 8, // for Digits
  CLASS_WORD = 16,
  CLASS_LETTER = 32,  // \p{L}
  CLASS_NUMBER = 64,  // \p{N}
  CLASS_ACCENT = 128, // what BertNormalizer strips
  CLASS_MARK = 256,   // what StripAccents strips
  CLASS_NEWER = 512,  // unknown to the normal forms
};
extern const uint16_t *unicode_blocks[0x1100];
void unicode_ready(void); // once, before the others are asked
static inline unsigned class_of(uint32_t code)
{
  return unicode_blocks[code >> 8][code & 255];
}
bool is_chinese(uint32_t code);
uint32_t unicode_lower(uint32_t code); // but for U+0130

// One code point of valid text; how many bytes it takes.
static inline unsigned point_at(const char *text, uint32_t *code)
{
  const unsigned char *p = (const unsigned char *)text;
  if (p[0] < 0x80) {
    *code = p[0];
    return 1;
  }
  if (p[0] < 0xE0) {
    *code = (p[0] & 31u) << 6 | (p[1] & 63u);
    return 2;
  }
  if (p[0] < 0xF0) {
    *code = (p[0] & 15u) << 12 | (p[1] & 63u) << 6 | (p[2] & 63u);
    return 3;
  }
  *code =
      (p[0] & 7u) << 18 | (p[1] & 63u) << 12 | (p[2] & 63u) << 6 | (p[3] & 63u);
  return 4;
}
// The one that ends before `at`.
static inline unsigned point_before(const char *at, uint32_t *code)
{
  const char *p = at - 1;
  while (((unsigned char)*p & 0xC0) == 0x80)
    p--;
  return point_at(p, code);
}

// ---- a text under way ----
struct place { // of what became a byte: bytes of the original text
  uint32_t from, to;
};
struct line {
  char *data;
  struct place *places; // of each byte; unused unless work.placed
  size_t size, room;
};
struct split { // a word in work.now; or what is an added token, by its id
  uint32_t at, size, id;
};
struct splits {
  struct split *items;
  size_t count, room;
};
struct point { // a code point on its way to a normal form
  uint32_t code, order;
  int32_t change; // what it stands for: a character of the text (0), one more
                  // after that (1), or so many less
};
struct symbol { // of a word that BPE merges
  uint32_t id, size;
  int32_t before, after; // of long words
};
struct merge_wish { // in the heap of long words
  uint32_t rank, to;
  int32_t at;
};
struct best_end { // of Unigram: how a word is best taken up to some byte
  double score;
  uint32_t id, from;
};
struct word_cache;
struct work {
  struct work *next;         // in the tokenizer's pool
  bool failed;               // memory
  bool placed;               // places are kept
  bool has_places;           // there is room for them
  bool begins;               // the line is where the text begins
  enum encode_result result; // of the model
  struct line now, next_line;
  struct splits words, next_words;
  struct point *points;  // of the normal forms
  struct place *sources; // of the characters they came from
  size_t n_points, points_room, n_sources, sources_room;
  struct symbol *symbols;
  size_t n_symbols, symbols_room;
  struct merge_wish *heap;
  size_t n_heap, heap_room;
  struct best_end *ends;
  size_t ends_room;
  struct token *tokens; // of the word at hand; from and to are within the word
  size_t n_tokens, tokens_room;
  struct word_cache *cache;
};
// Room for `count` elements of `one` bytes at *at; false, and work->failed.
bool work_room(struct work *w, void *at, size_t *room, size_t count,
               size_t one);
bool line_room(struct work *w, struct line *l, size_t more);
static inline void line_add(struct work *w, struct line *l, const char *bytes,
                            size_t n, struct place from)
{
  if (l->size + n > l->room && !line_room(w, l, n))
    return;
  memcpy(l->data + l->size, bytes, n);
  for (size_t i = 0; w->placed && i < n; i++)
    l->places[l->size + i] = from;
  l->size += n;
}
// Bytes as they stand in work.now, with their places.
static inline void line_copy(struct work *w, struct line *l, size_t at,
                             size_t n)
{
  if (l->size + n > l->room && !line_room(w, l, n))
    return;
  memcpy(l->data + l->size, w->now.data + at, n);
  if (w->placed)
    memcpy(l->places + l->size, w->now.places + at, n * sizeof *l->places);
  l->size += n;
}
void line_code(struct work *w, struct line *l, uint32_t code,
               struct place from);
// Of n bytes of work.now; nothing where places are not kept.
static inline struct place place_of(const struct work *w, size_t at, size_t n)
{
  if (!w->placed || !n)
    return (struct place){0, 0};
  return (struct place){w->now.places[at].from, w->now.places[at + n - 1].to};
}
void line_swap(struct work *w); // what was made is now the line
static inline void split_put(struct work *w, struct splits *s, size_t at,
                             size_t size, uint32_t id)
{
  if (!size ||
      (s->count == s->room &&
       !work_room(w, &s->items, &s->room, s->count + 1, sizeof *s->items)))
    return;
  s->items[s->count++] = (struct split){(uint32_t)at, (uint32_t)size, id};
}
static inline void split_add(struct work *w, struct splits *s, size_t at,
                             size_t size)
{
  split_put(w, s, at, size, TOKEN_NONE);
}
static inline void token_add(struct work *w, uint32_t id, size_t from,
                             size_t to)
{
  if (w->n_tokens == w->tokens_room &&
      !work_room(w, &w->tokens, &w->tokens_room, w->n_tokens + 1,
                 sizeof *w->tokens))
    return;
  w->tokens[w->n_tokens++] =
      (struct token){.id = id, .from = (uint32_t)from, .to = (uint32_t)to};
}
struct files;
struct work *work_take(struct files *f); // NULL: memory is out
void work_begin(struct work *w, bool placed);
void work_give(struct files *f, struct work *w);
void work_free(struct work **at);

// ---- patterns (pattern.c) ----
enum pattern_kind {
  PATTERN_TEXT,   // as it stands
  PATTERN_GPT2,   // split patterns that are known, done by hand
  PATTERN_LLAMA3, // cl100k's too
  PATTERN_QWEN2,
  PATTERN_REGEX,
};
struct pattern {
  enum pattern_kind kind;
  const char *text;
  uint32_t size;
  struct regex *regex;
};
enum behavior {
  BEHAVIOR_removed,
  BEHAVIOR_isolated,
  BEHAVIOR_previous,
  BEHAVIOR_next,
  BEHAVIOR_contiguous,
};
// Ends of what GPT-2's pattern and the others give, one by one; never `at`.
const char *gpt2_next(const char *at, const char *end);
const char *llama3_next(const char *at, const char *end, unsigned digits);
// Calls `found` for each match in text, from left to right; false stops.
typedef bool pattern_found(void *user, size_t from, size_t to);
void pattern_each(struct work *w, const struct pattern *p, const char *text,
                  size_t size, pattern_found *found, void *user);

// ---- normalizers (normalize.c, forms.c) ----
enum normal_kind {
  NORMAL_clean,
  NORMAL_chinese,
  NORMAL_accents, // NFD, and the accents left out
  NORMAL_lower,
  NORMAL_nfc,
  NORMAL_nfd,
  NORMAL_nfkc,
  NORMAL_nfkd,
  NORMAL_strip,
  NORMAL_strip_marks,
  NORMAL_replace,
  NORMAL_prepend,
  NORMAL_nmt,
  NORMAL_precompiled,
  NORMAL_bytes, // ByteLevel
};
struct charsmap;
struct normal {
  enum normal_kind kind;
  bool left, right; // of strip
  struct pattern pattern;
  const char *text; // what is put in
  uint32_t size;
  const struct charsmap *map;
};
void normalize(struct work *w, const struct normal *steps, uint32_t n,
               const uint8_t *ascii);
// What becomes of ASCII: 128 bytes, 0 for what is left out; NULL if the steps
// are not so simple.
const uint8_t *normal_ascii(struct arena *a, const struct normal *steps,
                            uint32_t n);
void normal_form(struct work *w, enum normal_kind form);
void normal_precompiled(struct work *w, const struct charsmap *map);
// From the base64 of the file; NULL: it is none, or memory is out.
const struct charsmap *charsmap_read(struct arena *a, const char *text,
                                     size_t size);
int byte_of(uint32_t code); // that the character stands for, or -1
void bytes_to_chars(struct work *w, struct line *to, size_t at, size_t n);

// ---- pre-tokenizers (cut.c) ----
enum cut_kind {
  CUT_bert,
  CUT_words,  // Whitespace
  CUT_spaces, // WhitespaceSplit
  CUT_punctuation,
  CUT_digits,
  CUT_char,
  CUT_pattern,
  CUT_metaspace,
  CUT_bytes, // ByteLevel
};
struct cut {
  enum cut_kind kind;
  enum behavior behavior;
  bool invert, prefix, whole; // whole: not cut, only changed
  bool first;    // metaspace: the prefix only where the text begins
  bool raw;      // bytes: left as they are, the model knows
  uint32_t code; // char, metaspace
  struct pattern pattern;
};
void cut(struct work *w, const struct cut *steps, uint32_t n);

// ---- vocabularies (vocab.c) ----
struct word {
  const char *data;
  uint32_t size, id;
};
struct vocab {
  struct word *words;
  uint32_t count, room;
  uint32_t *by_id; // word + 1; 0: none
  uint32_t ids;    // the greatest id + 1
  struct vocab_slot *slots;
  uint32_t mask;
};
uint64_t bytes_hash(const char *data, size_t size);
// For so many words. False: out of memory.
bool vocab_init(struct arena *a, struct vocab *v, uint32_t room);
bool vocab_add(
    struct arena *a, struct vocab *v, const char *data, size_t size,
    uint32_t id); // no more than there is room for; the last one counts
bool vocab_finish(struct arena *a, struct vocab *v); // by_id
uint32_t vocab_find(const struct vocab *v, const char *data, size_t size);
const struct word *vocab_word(const struct vocab *v, uint32_t id);

// Beginnings of words: nodes, from 0, which is that of no bytes.
struct trie {
  struct trie_edge *edges;
  uint32_t mask, nodes;
  uint32_t *values; // of nodes: what was put there + 1, or 0
  uint32_t root[256];
};
bool trie_init(struct arena *a, struct trie *t, size_t bytes); // of all words
void trie_put(struct trie *t, const char *data, size_t size, uint32_t value);
uint32_t trie_step(const struct trie *t, uint32_t node,
                   unsigned char byte); // 0: no

// ---- models ----
enum model_kind { MODEL_wordpiece, MODEL_bpe, MODEL_unigram, MODEL_wordlevel };
struct merges {
  struct merge_slot *slots;
  uint32_t mask;
};
struct model {
  enum model_kind kind;
  struct vocab vocab;
  struct trie trie; // wordpiece, unigram: to words
  uint32_t unknown; // id, or TOKEN_NONE
  bool has_unknown; // BPE: the file names one, whether or not there is one
  // wordpiece
  uint32_t max_chars,
      inside; // inside: the node behind the prefix, 0: there is none
  const char *prefix, *suffix; // of continuing parts; of the end of a word
  uint32_t prefix_size, suffix_size;
  // bpe
  struct merges merges;
  struct vocab raw; // words as bytes, if raw and whole words are looked up
  bool is_raw, fuse, whole; // whole: words of the vocabulary are not merged
  bool fallback;
  uint32_t bytes[256]; // ids of bytes: raw, or what falls back; TOKEN_NONE
  uint32_t ascii[128]; // ids of characters
  // unigram
  const double *scores; // by id
  double least;
};
bool wordpiece_ready(struct arena *a, struct model *m);
bool bpe_ready(struct arena *a, struct model *m);
bool unigram_ready(struct arena *a, struct model *m);
bool merges_init(struct arena *a, struct merges *m, uint32_t count);
void merges_put(struct merges *m, uint32_t left, uint32_t right, uint32_t rank,
                uint32_t to);
// The tokens of a word, which is not empty, into work.tokens, behind what is
// there.
void model_encode(const struct model *m, struct work *w, const char *word,
                  size_t size);
void wordpiece_encode(const struct model *m, struct work *w, const char *word,
                      size_t size);
void bpe_encode(const struct model *m, struct work *w, const char *word,
                size_t size);
void unigram_encode(const struct model *m, struct work *w, const char *word,
                    size_t size);
void word_cache_free(struct word_cache **at);

// ---- added tokens (added.c) ----
struct added {
  const char *text,
      *shown; // shown: as it is decoded, normalized if that is said
  uint32_t size, shown_size, id;
  bool special, single_word, lstrip, rstrip, normalized;
};
struct added_set {  // those to be found in one kind of text
  struct trie trie; // to places in added_list.items
  uint32_t count;
  bool begins[256]; // bytes
};
struct added_list {
  struct added *items;
  uint32_t count, room;
  struct added_set plain, normalized;
  uint8_t *special; // a bit an id
  uint32_t *of_id;  // items + 1; 0: none
  uint32_t ids;     // greatest id + 1, of the model's too
};
struct added_match {
  size_t from, to; // without either, the rest of the text has none
  uint32_t id;
};
// The next one from `at` on, which is where the last one ended.
bool added_next(const struct added_list *l, const struct added_set *s,
                const char *text, size_t size, size_t at, size_t *look,
                struct added_match *out);

// ---- post-processors (post.c) ----
struct around { // an item of a template
  bool text;    // the text itself
  uint32_t id;
  uint8_t type;
};
struct post {
  struct around *items; // NULL: only places are trimmed
  uint32_t count;
  bool trim, prefix; // trim: spaces at the ends of tokens do not count
};
// The tokens of `e` from number `first` on are those of one text.
void post_process(const struct files *f, struct work *w, const char *text,
                  unsigned flags, struct encoding *e, size_t first);
bool encoding_room(struct encoding *e, size_t more);

// ---- decoders (decode.c) ----
enum decoder_kind {
  DECODER_wordpiece,
  DECODER_bytes, // ByteLevel
  DECODER_metaspace,
  DECODER_bpe,
  DECODER_fallback,
  DECODER_fuse,
  DECODER_strip,
  DECODER_replace,
};
struct decoder {
  enum decoder_kind kind;
  const char *text; // prefix, suffix, what is stripped or put in
  uint32_t size;
  bool cleanup, prefix;
  uint32_t start, stop, code; // of strip; of metaspace
  struct pattern pattern;
};
// The words of a work are the texts of tokens, and become one text in its line.
void decode_words(const struct files *f, struct work *w);

// ---- the whole ----
struct files { // what a folder says, shared by all who open it
  struct files *next;
  uint32_t users; // under the lock of open.c
  char *path;
  uint64_t stamp[4];
  struct arena arena; // all below
  struct normal *normals;
  struct cut *cuts;
  struct post *posts;
  struct decoder *decoders;
  uint32_t n_normals, n_cuts, n_posts, n_decoders;
  bool decodes;           // there is a decoder, if perhaps without a step
  const uint8_t *ascii;   // what normalizers do to it, or NULL
  struct regex **regexes; // of patterns; counted
  uint32_t n_regexes;
  struct model model;
  struct added_list added;
  uint32_t around;    // how many tokens are added to a text
  int64_t max_length; // that the files say, or 0
  bool truncate_left;
  bool watches;         // places are needed to know where the text begins
  pthread_mutex_t lock; // of the pool
  struct work *pool;
  uint32_t pooled;
};
struct tokenizer {
  atomic_uint users;
  struct files *files;
  int64_t max_length; // 0: any
  bool truncate;
};

void files_put(struct files *f);

#endif
