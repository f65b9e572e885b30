// Tokenizers in programs: the operators of the library `tokenizers`.
//
// Long texts are encoded on a compute thread, which owns a copy of them.
#include "grammar/base/utf8.h"
#include "runtime/codec/tensor.h"
#include "runtime/value/tensor_buffer.h"
#include "runtime/value/walk.h"
#include "stdlib/ops/ops.h"
#include "stdlib/ops/tokenize/tokenize.h"

#include <stdlib.h>
#include <string.h>

enum { IN_PLACE = 16384 }; // bytes that are encoded on the loop

struct shared { // what a value of the type holds
  struct tensor_buffer counted;
  struct tokenizer *tokenizer;
};

static void release(struct tensor_buffer *b)
{
  struct shared *s = (struct shared *)b;
  tokenizer_put(&s->tokenizer);
  free(s);
}

// NULL with the operator's failure: the default value of the type.
static struct tokenizer *tokenizer_of(struct operator_call *call)
{
  const struct held *h = ARG(0).held;
  if (h)
    return ((struct shared *)h->of)->tokenizer;
  operator_fail(call, "there is no tokenizer here");
  return NULL;
}

// A tokenizer that the arena holds as long as it lasts.
static enum operator_status give_held(struct operator_call *call, value *out,
                                      struct tokenizer *t)
{
  struct shared *s = malloc(sizeof *s);
  struct held *h = ARENA_NEW(call->arena, struct held);
  if (!s) {
    tokenizer_put(&t);
    return operator_exhausted(call);
  }
  s->tokenizer = t;
  tensor_buffer_begin(&s->counted, release);
  bool kept = h && tensor_buffer_keep(call->arena, &s->counted);
  if (kept)
    *h = (struct held){&s->counted};
  tensor_buffer_drop(&s->counted);
  return give(call, out, kept ? h : NULL);
}

OP(tokenizers_open)
{
  const struct text *dir = ARG(0).text;
  struct tokenizer_options o = {.max_length = ARG(1).i,
                                .truncate = ARG(2).bits};
  char why[400] = "";
  char *path = arena_copy(call->arena, dir->data, dir->size);
  if (!path)
    return operator_exhausted(call);
  if (strlen(path) != dir->size)
    return operator_fail(call, "the name of the folder has a NUL in it");
  struct tokenizer *t = tokenizer_open(path, &o, why, sizeof why);
  if (!t)
    return operator_fail(call, "tokenizer %s: %s", path, why);
  return give_held(call, out, t);
}

// ---- what cannot be encoded ----

static enum operator_status too_long(struct operator_call *call, size_t length,
                                     int64_t most)
{
  operator_fail(call, "the text has %zu tokens, and may have %lld", length,
                (long long)most);
  call->error->kind = ERROR_invalid;
  call->error->status = 422;
  return OPERATOR_FAIL;
}

static enum operator_status not_encoded(struct operator_call *call,
                                        enum encode_result r, size_t length)
{
  switch (r) {
  case ENCODE_TOO_LONG:
    return too_long(call, length, tokenizer_max_length(tokenizer_of(call)));
  case ENCODE_NO_WORD:
    return operator_fail(call, "the vocabulary has no token for what it does "
                               "not know, and the text has something of that");
  case ENCODE_NO_TEXT:
    return operator_fail(call, "the text is too large");
  case ENCODE_TOO_MUCH:
    return operator_fail(call, "the tokenizer's pattern takes too many steps "
                               "on this text");
  default:
    return operator_exhausted(call);
  }
}

// ---- texts ----

struct texts { // encoded; all on the heap
  struct operator_job job;
  struct tokenizer *tokenizer; // counted, of a job
  struct encoding all;
  size_t *ends; // in `all`, of each text
  char *copy;   // of the texts, of a job
  size_t *sizes;
  uint32_t count;
  enum encode_result result;
  size_t length; // of the text that does not fit
};

static void texts_free(struct texts *t)
{
  encoding_free(&t->all);
  tokenizer_put(&t->tokenizer);
  free(t->ends);
  free(t->copy);
  free(t->sizes);
  free(t);
}

static struct texts *texts_new(uint32_t count)
{
  struct texts *t = calloc(1, sizeof *t);
  if (!t)
    return NULL;
  t->count = count;
  t->ends = calloc((size_t)count + 1, sizeof *t->ends);
  if (t->ends)
    return t;
  texts_free(t);
  return NULL;
}

static bool encode_one(struct texts *t, const struct tokenizer *with,
                       uint32_t i, const char *data, size_t size)
{
  t->result = tokenizer_encode(with, data, size, 0, &t->all, &t->length);
  t->ends[i] = t->all.count;
  return t->result == ENCODE_DONE;
}

static struct tensor *tensor_of(struct operator_call *call, size_t n)
{
  int64_t dims[] = {(int64_t)n};
  return tensor_make(call->arena, DTYPE_i32, 1, dims);
}

// The tensors: ids, positions, starts, lengths.
static enum operator_status give_texts(struct texts *t,
                                       struct operator_call *call, value *out)
{
  value *parts = arena_alloc(call->arena, 4 * sizeof *parts);
  struct tensor *of[4];
  for (int i = 0; parts && i < 4; i++) {
    of[i] = tensor_of(call, i < 2 ? t->all.count : t->count);
    if (!of[i])
      parts = NULL;
    else
      parts[i].tensor = of[i];
  }
  if (!parts)
    return operator_exhausted(call);
  int32_t *ids = of[0]->data, *positions = of[1]->data;
  int32_t *starts = of[2]->data, *lengths = of[3]->data;
  size_t at = 0;
  for (uint32_t i = 0; i < t->count; i++) {
    starts[i] = (int32_t)at;
    lengths[i] = (int32_t)(t->ends[i] - at);
    for (int32_t k = 0; at < t->ends[i]; at++) {
      ids[at] = (int32_t)t->all.tokens[at].id;
      positions[at] = k++;
    }
  }
  return give(call, out, parts);
}

static enum operator_status texts_done(struct texts *t,
                                       struct operator_call *call, value *out)
{
  if (t->result != ENCODE_DONE)
    return not_encoded(call, t->result, t->length);
  if (t->all.count > INT32_MAX)
    return operator_fail(call, "the texts have more than %d tokens", INT32_MAX);
  return give_texts(t, call, out);
}

static void job_run(struct operator_job *j)
{
  struct texts *t = (struct texts *)j;
  const char *at = t->copy;
  for (uint32_t i = 0; i < t->count && !j->unwanted; i++) {
    if (!encode_one(t, t->tokenizer, i, at, t->sizes[i]))
      return;
    at += t->sizes[i];
  }
}

static enum operator_status job_done(struct operator_job *j,
                                     struct operator_call *call, value *out)
{
  return texts_done((struct texts *)j, call, out);
}

static void job_free(struct operator_job *j)
{
  texts_free((struct texts *)j);
}

static enum operator_status encode_later(struct operator_call *call,
                                         struct texts *t, size_t size)
{
  const struct list *l = ARG(1).list;
  size_t at = 0;
  t->copy = malloc(size + 1);
  t->sizes = calloc((size_t)l->count + 1, sizeof *t->sizes);
  if (!t->copy || !t->sizes) {
    texts_free(t);
    return operator_exhausted(call);
  }
  for (uint32_t i = 0; i < l->count; i++) {
    const struct text *text = l->items[i].text;
    if (text->size)
      memcpy(t->copy + at, text->data, text->size);
    at += t->sizes[i] = text->size;
  }
  t->tokenizer = tokenizer_hold(tokenizer_of(call));
  t->job = (struct operator_job){job_run, job_done, job_free, false};
  call->job = &t->job;
  return OPERATOR_JOB;
}

OP(tokenizers_encode)
{
  struct tokenizer *with = tokenizer_of(call);
  const struct list *l = ARG(1).list;
  size_t size = 0;
  if (!with)
    return OPERATOR_FAIL;
  struct texts *t = texts_new(l->count);
  if (!t)
    return operator_exhausted(call);
  for (uint32_t i = 0; i < l->count; i++)
    size += l->items[i].text->size;
  if (size > IN_PLACE)
    return encode_later(call, t, size);
  for (uint32_t i = 0; i < l->count; i++)
    if (!encode_one(t, with, i, l->items[i].text->data, l->items[i].text->size))
      break;
  enum operator_status status = texts_done(t, call, out);
  texts_free(t);
  return status;
}

// ---- one text ----

OP(tokenizers_ids)
{
  const struct tokenizer *t = tokenizer_of(call);
  const struct text *text = ARG(1).text;
  struct encoding e = {0};
  size_t length;
  if (!t)
    return OPERATOR_FAIL;
  enum encode_result r =
      tokenizer_encode(t, text->data, text->size, ENCODE_BARE, &e, &length);
  struct list *l = r == ENCODE_DONE && e.count < UINT32_MAX
                       ? list_new(call->arena, (uint32_t)e.count)
                       : NULL;
  for (size_t i = 0; l && i < e.count; i++)
    l->items[l->count++] = (value){.i = e.tokens[i].id};
  encoding_free(&e);
  return r == ENCODE_DONE ? give(call, out, l) : not_encoded(call, r, length);
}

OP(tokenizers_count)
{
  const struct tokenizer *t = tokenizer_of(call);
  const struct text *text = ARG(1).text;
  struct encoding e = {0};
  size_t length;
  if (!t)
    return OPERATOR_FAIL;
  enum encode_result r =
      tokenizer_encode(t, text->data, text->size, 0, &e, &length);
  size_t n = e.count;
  encoding_free(&e);
  return r == ENCODE_DONE ? give_int(out, (int64_t)n)
                          : not_encoded(call, r, length);
}

// ---- ids ----

static enum operator_status decode(struct operator_call *call, value *out,
                                   const uint32_t *ids, size_t n)
{
  struct buf b = {.arena = call->arena};
  if (!ids || !tokenizer_decode(tokenizer_of(call), ids, n, !ARG(2).bits, &b))
    return operator_exhausted(call);
  return ops_give_buf(call, out, &b);
}

static uint32_t id_of(int64_t x)
{
  return x >= 0 && x < TOKEN_NONE ? (uint32_t)x : TOKEN_NONE;
}

OP(tokenizers_decode)
{
  const struct list *l = ARG(1).list;
  if (!tokenizer_of(call))
    return OPERATOR_FAIL;
  uint32_t *ids = ARENA_ARRAY(call->arena, (size_t)l->count + 1, uint32_t);
  for (uint32_t i = 0; ids && i < l->count; i++)
    ids[i] = id_of(l->items[i].i);
  return decode(call, out, ids, l->count);
}

OP(tokenizers_decode_tensor)
{
  const struct tensor *t = ARG(1).tensor;
  if (!tokenizer_of(call))
    return OPERATOR_FAIL;
  if (!t->data)
    return ops_not_computed(call);
  size_t n = (size_t)tensor_size(t);
  uint32_t *ids = ARENA_ARRAY(call->arena, n + 1, uint32_t);
  for (size_t i = 0; ids && i < n; i++)
    ids[i] = id_of(element_int(tensor_at(t, i), t->dtype, 0));
  return decode(call, out, ids, n);
}

// ---- what it knows ----

OP(tokenizers_id)
{
  const struct tokenizer *t = tokenizer_of(call);
  const struct text *token = ARG(1).text;
  if (!t)
    return OPERATOR_FAIL;
  uint32_t id = tokenizer_id(t, token->data ? token->data : "", token->size);
  out->bits = 0;
  if (id == TOKEN_NONE)
    return OPERATOR_DONE;
  *out = value_wrap(call->arena, (value){.i = id});
  return out->box ? OPERATOR_DONE : operator_exhausted(call);
}

OP(tokenizers_token)
{
  const struct tokenizer *t = tokenizer_of(call);
  size_t size;
  if (!t)
    return OPERATOR_FAIL;
  const char *token = tokenizer_token(t, id_of(ARG(1).i), &size);
  out->bits = 0;
  if (!token)
    return OPERATOR_DONE;
  const struct text *text = text_new(call->arena, token, size);
  if (text)
    *out = value_wrap(call->arena, (value){.text = text});
  return out->box ? OPERATOR_DONE : operator_exhausted(call);
}

OP(tokenizers_size)
{
  const struct tokenizer *t = tokenizer_of(call);
  return t ? give_int(out, tokenizer_size(t)) : OPERATOR_FAIL;
}

OP(tokenizers_max_length)
{
  const struct tokenizer *t = tokenizer_of(call);
  return t ? give_int(out, tokenizer_max_length(t)) : OPERATOR_FAIL;
}
