// Asks a tokenizer, for tests that compare it with the reference.
//   tokenize FOLDER encode|bare|places|decode|plain|stream < input > output
//   tokenize FOLDER speed FILE        all lines of a file, again and again
// What comes and goes are numbers of 32 bits: how many, and then so many bytes
// or ids; a text that cannot be encoded gives -1 and its enum encode_result.
#include "grammar/base/buf.h"
#include "stdlib/ops/tokenize/tokenize.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static bool read_exact(void *to, size_t size)
{
  return fread(to, 1, size, stdin) == size;
}

static void put_number(uint32_t n)
{
  fwrite(&n, 4, 1, stdout);
}

static void encode(const struct tokenizer *t, const char *text, size_t size,
                   unsigned flags)
{
  struct encoding e = {0};
  enum encode_result result = tokenizer_encode(t, text, size, flags, &e, NULL);
  put_number(result ? UINT32_MAX : (uint32_t)e.count);
  if (result)
    put_number(result);
  for (size_t i = 0; i < e.count; i++) {
    put_number(e.tokens[i].id);
    if (!(flags & ENCODE_PLACES))
      continue;
    put_number(e.tokens[i].from);
    put_number(e.tokens[i].to);
    put_number(e.tokens[i].type);
  }
  encoding_free(&e);
}

static void decode(const struct tokenizer *t, const uint32_t *ids, size_t n,
                   const char *mode)
{
  struct buf out = {0};
  struct token_stream s;
  token_stream_begin(&s, t, true);
  bool whole = true;
  if (strcmp(mode, "stream"))
    whole = tokenizer_decode(t, ids, n, !strcmp(mode, "plain"), &out);
  else
    for (size_t i = 0; i <= n && whole; i++)
      whole = i < n ? token_stream_put(&s, ids[i], &out)
                    : token_stream_end(&s, &out);
  put_number(whole ? (uint32_t)out.size : UINT32_MAX);
  if (out.size)
    fwrite(out.data, 1, out.size, stdout);
  token_stream_free(&s);
  buf_free(&out);
}

static double now(void)
{
  struct timespec at;
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &at);
  return (double)at.tv_sec + (double)at.tv_nsec / 1e9;
}

static size_t all_lines(const struct tokenizer *t, const char *at,
                        const char *end, struct encoding *e)
{
  size_t tokens = 0;
  for (const char *line; at < end; at = line + 1) {
    line = memchr(at, '\n', (size_t)(end - at));
    if (!line)
      line = end;
    e->count = 0;
    tokenizer_encode(t, at, (size_t)(line - at), 0, e, NULL);
    tokens += e->count;
  }
  return tokens;
}

static int speed(const struct tokenizer *t, const char *path)
{
  FILE *f = fopen(path, "rb");
  char *text = malloc(256 << 20);
  size_t size = f && text ? fread(text, 1, 256 << 20, f) : 0, tokens = 0;
  struct encoding e = {0};
  if (f)
    fclose(f);
  double best = 1e9;
  for (int round = 0; round < 5; round++) {
    double begin = now();
    tokens = all_lines(t, text, text + size, &e);
    double took = now() - begin;
    best = took < best ? took : best;
  }
  printf("%zu tokens %.6f s %.0f tokens/s %.1f MB/s\n", tokens, best,
         (double)tokens / best, (double)size / best / 1e6);
  encoding_free(&e);
  free(text);
  return 0;
}

int main(int argc, char **argv)
{
  char why[300] = "";
  struct tokenizer_options any = {.max_length = -1};
  if (argc < 3)
    return 2;
  double begin = now();
  struct tokenizer *t = tokenizer_open(argv[1], &any, why, sizeof why);
  if (!t) {
    fprintf(stderr, "%s\n", why);
    return 1;
  }
  if (!strcmp(argv[2], "speed")) {
    printf("opened in %.1f ms\n", (now() - begin) * 1e3);
    int status = speed(t, argv[3]);
    tokenizer_put(&t);
    return status;
  }
  bool ids = strchr("dps", argv[2][0]) && strcmp(argv[2], "places");
  for (uint32_t n; read_exact(&n, 4);) {
    size_t size = ids ? (size_t)n * 4 : n;
    char *bytes = malloc(size + 4);
    if (!bytes || !read_exact(bytes, size))
      return 2;
    if (ids)
      decode(t, (uint32_t *)bytes, n, argv[2]);
    else
      encode(t, bytes, n,
             !strcmp(argv[2], "places") ? ENCODE_PLACES
             : !strcmp(argv[2], "bare") ? ENCODE_BARE
                                        : 0);
    free(bytes);
  }
  tokenizer_put(&t);
  return 0;
}
