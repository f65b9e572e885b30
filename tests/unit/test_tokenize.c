// Tokenizers: what their users rely on beside the ids, which tests/models
// compares: counts, sharing, limits, and that what cannot be right is refused.
#include "grammar/base/buf.h"
#include "stdlib/ops/tokenize/tokenize.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define FOLDER "tests/models/goldens/"

static struct tokenizer *open_with(const char *folder, int64_t most,
                                   bool truncate)
{
  char why[200] = "";
  struct tokenizer_options o = {most, truncate};
  struct tokenizer *t = tokenizer_open(folder, &o, why, sizeof why);
  if (!t)
    print_error("%s\n", why);
  assert_non_null(t);
  return t;
}

static size_t tokens_of(const struct tokenizer *t, const char *text)
{
  size_t n;
  assert_int_equal(tokenizer_count(t, text, strlen(text), &n), ENCODE_DONE);
  return n;
}

static void long_texts(void **state)
{
  static const char text[] = "the of and to a in is it you that";
  struct tokenizer *all = open_with(FOLDER "wordpiece", -1, false);
  struct tokenizer *few = open_with(FOLDER "wordpiece", 6, false);
  struct tokenizer *cut = open_with(FOLDER "wordpiece", 6, true);
  struct encoding e = {0}, whole = {0};
  size_t n = tokens_of(all, text), told = 0;
  assert_true(n > 8);
  assert_int_equal(tokenizer_encode(few, text, strlen(text), 0, &e, &told),
                   ENCODE_TOO_LONG);
  assert_int_equal(told, n);
  assert_int_equal(e.count, 0);
  assert_int_equal(tokens_of(few, text), n); // a count has no limit
  assert_int_equal(tokenizer_encode(all, text, strlen(text), 0, &whole, NULL),
                   0);
  assert_int_equal(tokenizer_encode(cut, text, strlen(text), 0, &e, &told), 0);
  assert_int_equal(e.count, 6);
  assert_int_equal(told, n);
  for (size_t i = 0; i < 5; i++)
    assert_int_equal(e.tokens[i].id, whole.tokens[i].id);
  assert_int_equal(e.tokens[5].id, whole.tokens[n - 1].id); // [SEP] stays
  // A second text goes behind the first.
  assert_int_equal(tokenizer_encode(cut, "the", 3, 0, &e, NULL), 0);
  assert_int_equal(e.count, 9);
  encoding_free(&e);
  encoding_free(&whole);
  tokenizer_put(&all);
  tokenizer_put(&few);
  tokenizer_put(&cut);
}

static void what_it_knows(void **state)
{
  struct tokenizer *t = open_with(FOLDER "bert_files", 0, false);
  size_t size;
  assert_int_equal(tokenizer_max_length(t), 512);
  assert_int_equal(tokenizer_id(t, "[SEP]", 5), 3);
  assert_int_equal(tokenizer_id(t, "no such", 7), TOKEN_NONE);
  assert_string_equal(tokenizer_token(t, 3, &size), "[SEP]");
  assert_null(tokenizer_token(t, 1 << 20, &size));
  assert_true(tokenizer_is_special(t, 3));
  assert_false(tokenizer_is_special(t, 50));
  assert_false(tokenizer_is_special(t, UINT32_MAX));
  struct tokenizer *same = tokenizer_hold(t);
  tokenizer_put(&t);
  assert_null(t);
  assert_int_equal(tokenizer_size(same), 400);
  tokenizer_put(&same);
  tokenizer_put(&same);
}

static void texts_that_are_none(void **state)
{
  struct tokenizer *t = open_with(FOLDER "gpt2", 0, false);
  struct encoding e = {0};
  assert_int_equal(tokenizer_encode(t, "a\xFF", 2, 0, &e, NULL),
                   ENCODE_NO_TEXT);
  assert_int_equal(tokenizer_encode(t, "\xED\xA0\x80", 3, 0, &e, NULL),
                   ENCODE_NO_TEXT);
  assert_int_equal(tokenizer_encode(t, "", 0, 0, &e, NULL), ENCODE_DONE);
  assert_int_equal(e.count, 0);
  assert_int_equal(tokenizer_encode(t, "\0", 1, 0, &e, NULL), ENCODE_DONE);
  assert_int_equal(e.count, 1);
  encoding_free(&e);
  tokenizer_put(&t);
}

// A word of a megabyte takes no more than its size times a logarithm.
static void long_words(void **state)
{
  enum { SIZE = 1 << 20 };
  static const char *const folders[] = {FOLDER "gpt2", FOLDER "llama2",
                                        FOLDER "unigram", FOLDER "wordpiece"};
  char *text = malloc(SIZE);
  for (size_t i = 0; i < SIZE; i++)
    text[i] = "aetion"[i * i % 6];
  for (unsigned i = 0; i < 4; i++) {
    struct tokenizer *t = open_with(folders[i], 0, false);
    size_t n = 0;
    assert_int_equal(tokenizer_count(t, text, SIZE, &n), ENCODE_DONE);
    assert_true(i == 3 ? n == 3 : n > SIZE / 10);
    tokenizer_put(&t);
  }
  free(text);
}

static void *count_often(void *user)
{
  size_t n = 0;
  for (int i = 0; i < 200; i++)
    n += tokens_of(user, "Hello, World! It's unbelievable.");
  return (void *)n;
}

static void many_threads(void **state)
{
  struct tokenizer *t = open_with(FOLDER "blenderbot", 0, false);
  pthread_t threads[4];
  size_t wanted = (size_t)count_often(t);
  for (int i = 0; i < 4; i++)
    assert_int_equal(pthread_create(&threads[i], NULL, count_often, t), 0);
  for (int i = 0; i < 4; i++) {
    void *n;
    pthread_join(threads[i], &n);
    assert_int_equal((size_t)n, wanted);
  }
  tokenizer_put(&t);
}

static void refuses(const char *json, const char *part)
{
  char why[300] = "";
  assert_null(tokenizer_read(json, strlen(json), NULL, why, sizeof why));
  if (!strstr(why, part))
    print_error("%s\n", why);
  assert_non_null(strstr(why, part));
}

#define MODEL "\"model\":{\"type\":\"BPE\",\"vocab\":{\"a\":0},\"merges\":[]}"

static void damaged_files(void **state)
{
  char why[300] = "";
  refuses("", "");
  refuses("{", "is not JSON");
  refuses("[]", "no `model`");
  refuses("{\"version\":\"2.0\"," MODEL "}", "version 1.0");
  refuses("{\"model\":{\"type\":\"Mamba\"}}",
          "model: `Mamba` is not supported");
  refuses("{\"model\":{\"type\":\"BPE\",\"vocab\":{\"a\":-1},\"merges\":[]}}",
          "token `a` has no id");
  refuses(
      "{\"model\":{\"type\":\"BPE\",\"vocab\":{\"a\":0},\"merges\":[\"a a\"]}}",
      "merge 0");
  refuses(
      "{\"model\":{\"type\":\"BPE\",\"vocab\":{\"a\":0},\"merges\":[\"a\"]}}",
      "merge 0 is not of two tokens");
  refuses("{\"model\":{\"type\":\"BPE\",\"dropout\":0.1,\"vocab\":{},"
          "\"merges\":[]}}",
          "`dropout` is not supported");
  refuses(
      "{\"model\":{\"type\":\"Unigram\",\"unk_id\":5,\"vocab\":[[\"a\",1.0]]}}",
      "`unk_id`");
  refuses("{" MODEL ",\"normalizer\":{\"type\":\"Magic\"}}",
          "normalizer: `Magic` is not supported");
  refuses("{" MODEL ",\"pre_tokenizer\":{\"type\":\"UnicodeScripts\"}}",
          "pre_tokenizer: `UnicodeScripts` is not supported");
  refuses("{" MODEL
          ",\"pre_tokenizer\":{\"type\":\"Split\",\"pattern\":{\"Regex\":"
          "\"(\"},\"behavior\":\"Isolated\",\"invert\":false}}",
          "the pattern '('");
  refuses("{" MODEL ",\"decoder\":{\"type\":\"CTC\"}}", "decoder: `CTC`");
  refuses("{" MODEL ",\"added_tokens\":[{\"id\":1}]}", "added_tokens");
  assert_null(tokenizer_open("tests/no such", NULL, why, sizeof why));
  assert_non_null(strstr(why, "no such folder"));
  assert_null(tokenizer_open("tests/unit", NULL, why, sizeof why));
  assert_non_null(strstr(why, "no tokenizer.json"));
}

// A word that the list has twice takes two numbers.
static void added_behind_all(void **state)
{
  static const char json[] =
      "{\"model\":{\"type\":\"Unigram\",\"unk_id\":0,\"vocab\":[[\"<unk>\",0],"
      "[\"a\",-1],[\"a\",-2]]},\"added_tokens\":[{\"id\":3,\"content\":\"<x>\"}"
      "]}";
  char why[200] = "";
  struct tokenizer *t =
      tokenizer_read(json, strlen(json), NULL, why, sizeof why);
  assert_non_null(t);
  assert_int_equal(tokenizer_id(t, "a", 1), 2);
  assert_int_equal(tokenizer_id(t, "<x>", 3), 3);
  tokenizer_put(&t);
}

static void streams(void **state)
{
  static const char text[] =
      "na\xC3\xAFve \xF0\x9F\x91\x8D\xF0\x9F\x8F\xBD end";
  struct tokenizer *t = open_with(FOLDER "gpt2", 0, false);
  struct encoding e = {0};
  struct token_stream s;
  struct buf out = {0};
  assert_int_equal(tokenizer_encode(t, text, strlen(text), 0, &e, NULL), 0);
  token_stream_begin(&s, t, true);
  for (size_t i = 0; i + 5 < e.count; i++)
    assert_true(token_stream_put(&s, e.tokens[i].id, &out));
  size_t seen = out.size;
  assert_memory_equal(out.data, text, seen);
  for (size_t i = e.count - 5; i < e.count; i++)
    assert_true(token_stream_put(&s, e.tokens[i].id, &out));
  assert_true(token_stream_end(&s, &out));
  assert_string_equal(out.data, text);
  // Half of a character, and then the end.
  assert_true(token_stream_put(&s, tokenizer_id(t, "\xC3\xB0", 2), &out));
  assert_string_equal(out.data, text);
  assert_true(token_stream_end(&s, &out));
  assert_string_equal(out.data + strlen(text), "\xEF\xBF\xBD");
  token_stream_free(&s);
  encoding_free(&e);
  buf_free(&out);
  tokenizer_put(&t);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(long_texts),
      cmocka_unit_test(what_it_knows),
      cmocka_unit_test(texts_that_are_none),
      cmocka_unit_test(long_words),
      cmocka_unit_test(many_threads),
      cmocka_unit_test(damaged_files),
      cmocka_unit_test(streams),
      cmocka_unit_test(added_behind_all),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
