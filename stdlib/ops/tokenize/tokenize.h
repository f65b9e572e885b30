// Tokenizers: texts to the ids that a model was trained with, and back, as the
// reference (Hugging Face `tokenizers`) gives them.
//
// A tokenizer is read from a folder of the Hugging Face layout, never changes
// afterwards, is counted, and may be used by any number of threads at a time.
// What the folder holds is read once for all who open it.
#ifndef SG_TOKENIZE_H
#define SG_TOKENIZE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct tokenizer;

struct tokenizer_options {
  int64_t max_length; // of a text, in tokens, with those that are added to it;
                      // 0: what the folder says; < 0: any
  bool truncate;      // longer texts are cut; else they are refused
};

// NULL, with the reason in `why`, when there is none, when it is damaged, or
// when it asks for something that is not known here.
struct tokenizer *tokenizer_open(const char *folder,
                                 const struct tokenizer_options *options,
                                 char *why, size_t why_size);
// The same from the bytes of a tokenizer.json.
struct tokenizer *tokenizer_read(const char *json, size_t size,
                                 const struct tokenizer_options *options,
                                 char *why, size_t why_size);
struct tokenizer *tokenizer_hold(struct tokenizer *t); // counts another user
void tokenizer_put(struct tokenizer **at); // accepts NULL, and clears it

// ---- what it knows ----
enum { TOKEN_NONE = UINT32_MAX };
uint32_t tokenizer_size(const struct tokenizer *t); // tokens, added ones too
int64_t tokenizer_max_length(const struct tokenizer *t); // 0: any
uint32_t tokenizer_id(const struct tokenizer *t, const char *token,
                      size_t size); // or TOKEN_NONE
// The text of a token as the files have it; NULL: there is none of this id.
const char *tokenizer_token(const struct tokenizer *t, uint32_t id,
                            size_t *size);
bool tokenizer_is_special(const struct tokenizer *t, uint32_t id);

// ---- texts to ids ----
struct token {
  uint32_t id;
  uint32_t from, to; // bytes of the text, if ENCODE_PLACES
  uint8_t type;      // the reference's type id
  bool special;      // added to the text
  bool added;        // an added token, found in the text as it stands
};
// Several texts may be put behind each other. Starts zeroed.
struct encoding {
  struct token *tokens; // owned
  size_t count, room;
};
void encoding_free(struct encoding *e);

enum {
  ENCODE_BARE = 1,
  ENCODE_PLACES = 2
}; // without added tokens; with places
enum encode_result {
  ENCODE_DONE,
  ENCODE_TOO_LONG, // *length tells how many tokens it has; nothing is added
  ENCODE_NO_WORD,  // the vocabulary has no token for what it does not know
  ENCODE_NO_TEXT,  // it is not UTF-8, or has 1 GB or more
  ENCODE_TOO_MUCH, // a pattern takes too many steps on this text
  ENCODE_NO_MEMORY,
};
// `length`, which may be NULL, is the number of tokens before any are cut off.
enum encode_result tokenizer_encode(const struct tokenizer *t, const char *text,
                                    size_t size, unsigned flags,
                                    struct encoding *out, size_t *length);
// How many tokens a text has, without a limit.
enum encode_result tokenizer_count(const struct tokenizer *t, const char *text,
                                   size_t size, size_t *count);

// ---- ids to text ----
struct buf;
// Appends the text; ids that there are not are left out, and so are special
// tokens if `plain`. False when memory is out.
bool tokenizer_decode(const struct tokenizer *t, const uint32_t *ids, size_t n,
                      bool plain, struct buf *out);

// Tokens that come one by one. What has been given out is valid UTF-8 and never
// taken back: a token that ends within a character waits for the next ones.
struct token_stream {
  const struct tokenizer *of; // borrowed
  bool plain;
  uint32_t *ids; // that the next text depends on
  size_t count, room, read, given;
};
void token_stream_begin(struct token_stream *s, const struct tokenizer *t,
                        bool plain);
// Appends what the token adds. False when memory is out.
bool token_stream_put(struct token_stream *s, uint32_t id, struct buf *out);
bool token_stream_end(struct token_stream *s, struct buf *out); // what waits
void token_stream_free(struct token_stream *s);

#endif
