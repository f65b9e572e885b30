// Tokenizers that are open. What a folder holds is read once, and kept while
// somebody uses it: the next who opens the same files shares it.
#include "stdlib/ops/tokenize/read.h"

#include "grammar/base/regex.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct files *all; // that came from folders

static struct files *files_new(void)
{
  struct files *f = calloc(1, sizeof *f);
  if (f)
    pthread_mutex_init(&f->lock, NULL);
  return f;
}

static void files_free(struct files *f)
{
  while (f->pool) {
    struct work *w = f->pool;
    f->pool = w->next;
    work_free(&w);
  }
  for (uint32_t i = 0; i < f->n_regexes; i++)
    regex_put(&f->regexes[i]);
  pthread_mutex_destroy(&f->lock);
  arena_free(&f->arena);
  free(f->path);
  free(f);
}

void files_put(struct files *f)
{
  pthread_mutex_lock(&lock);
  bool last = !--f->users;
  struct files **at = &all;
  while (last && *at && *at != f)
    at = &(*at)->next;
  if (last && *at)
    *at = f->next;
  pthread_mutex_unlock(&lock);
  if (last)
    files_free(f);
}

// ---- the same files ----

// What changes when one of them is another one. False: the folder is not there.
static bool stamp_of(const char *folder, uint64_t stamp[4])
{
  static const char *const names[] = {"tokenizer.json",
                                      "vocab.txt",
                                      "vocab.json",
                                      "merges.txt",
                                      "tokenizer_config.json",
                                      "special_tokens_map.json",
                                      "added_tokens.json",
                                      "config.json"};
  struct stat st;
  char path[4096];
  if (stat(folder, &st))
    return false;
  memset(stamp, 0, 4 * sizeof *stamp);
  for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
    snprintf(path, sizeof path, "%s/%s", folder, names[i]);
    uint64_t of[5] = {i};
    if (!stat(path, &st)) {
      of[1] = st.st_ino;
      of[2] = (uint64_t)st.st_mtim.tv_sec;
      of[3] = (uint64_t)st.st_mtim.tv_nsec;
      of[4] = (uint64_t)st.st_size;
    }
    for (unsigned k = 0; k < 4; k++)
      stamp[k] = stamp[k] * 0x9E3779B97F4A7C15u +
                 bytes_hash((const char *)of, sizeof of) + k;
  }
  return true;
}

static struct files *find(const char *path, const uint64_t stamp[4])
{
  for (struct files *f = all; f; f = f->next)
    if (!strcmp(f->path, path) && !memcmp(f->stamp, stamp, sizeof f->stamp))
      return f;
  return NULL;
}

// ---- reading ----

static struct files *read_new(const char *folder, const char *json, size_t size,
                              char *why, size_t why_size)
{
  struct arena temporary = {0};
  struct reading r = {
      .f = files_new(), .a = &temporary, .why = why, .why_size = why_size};
  const struct json *root;
  unicode_ready();
  if (!r.f) {
    refuse_memory(&r);
    return NULL;
  }
  r.f->users = 1;
  bool good =
      json ? read_json(&r, json, size, "it", &root) && read_tokenizer(&r, root)
           : read_folder(&r, folder);
  arena_free(&temporary);
  if (good)
    return r.f;
  files_free(r.f);
  return NULL;
}

// With the lock: two who open the same folder at once read it once.
static struct files *take_folder(const char *folder, char *why, size_t why_size)
{
  uint64_t stamp[4];
  char *path = realpath(folder, NULL);
  if (!path || !stamp_of(path, stamp)) {
    snprintf(why, why_size, "there is no such folder");
    free(path);
    return NULL;
  }
  struct files *f = find(path, stamp);
  if (f) {
    f->users++;
    free(path);
    return f;
  }
  f = read_new(path, NULL, 0, why, why_size);
  if (!f) {
    free(path);
    return NULL;
  }
  f->path = path;
  memcpy(f->stamp, stamp, sizeof stamp);
  f->next = all;
  return all = f;
}

static struct tokenizer *over(struct files *f,
                              const struct tokenizer_options *options,
                              char *why, size_t why_size)
{
  struct tokenizer *t = f ? calloc(1, sizeof *t) : NULL;
  if (!t) {
    if (f) {
      snprintf(why, why_size, "out of memory");
      files_put(f);
    }
    return NULL;
  }
  int64_t most = options ? options->max_length : 0;
  t->users = 1;
  t->files = f;
  t->max_length = most ? (most < 0 ? 0 : most) : f->max_length;
  t->truncate = options && options->truncate;
  return t;
}

struct tokenizer *tokenizer_open(const char *folder,
                                 const struct tokenizer_options *options,
                                 char *why, size_t why_size)
{
  pthread_mutex_lock(&lock);
  struct files *f = take_folder(folder, why, why_size);
  pthread_mutex_unlock(&lock);
  return over(f, options, why, why_size);
}

struct tokenizer *tokenizer_read(const char *json, size_t size,
                                 const struct tokenizer_options *options,
                                 char *why, size_t why_size)
{
  return over(read_new(NULL, json, size, why, why_size), options, why,
              why_size);
}

struct tokenizer *tokenizer_hold(struct tokenizer *t)
{
  t->users++;
  return t;
}

void tokenizer_put(struct tokenizer **at)
{
  struct tokenizer *t = *at;
  *at = NULL;
  if (!t || --t->users)
    return;
  files_put(t->files);
  free(t);
}

// ---- what it knows ----

static const struct added *added_of(const struct tokenizer *t, uint32_t id)
{
  const struct added_list *l = &t->files->added;
  return id < l->ids && l->of_id[id] ? &l->items[l->of_id[id] - 1] : NULL;
}

uint32_t tokenizer_size(const struct tokenizer *t)
{
  const struct files *f = t->files;
  uint32_t n = f->model.vocab.count;
  for (uint32_t i = 0; i < f->added.count; i++)
    n += vocab_find(&f->model.vocab, f->added.items[i].text,
                    f->added.items[i].size) == TOKEN_NONE;
  return n;
}

int64_t tokenizer_max_length(const struct tokenizer *t)
{
  return t->max_length;
}

uint32_t tokenizer_id(const struct tokenizer *t, const char *token, size_t size)
{
  const struct added_list *l = &t->files->added;
  for (uint32_t i = 0; i < l->count; i++)
    if (l->items[i].size == size && !memcmp(l->items[i].text, token, size))
      return l->items[i].id;
  return vocab_find(&t->files->model.vocab, token, size);
}

const char *tokenizer_token(const struct tokenizer *t, uint32_t id,
                            size_t *size)
{
  const struct added *one = added_of(t, id);
  const struct word *w = one ? NULL : vocab_word(&t->files->model.vocab, id);
  *size = w ? w->size : one ? one->shown_size : 0;
  return w ? w->data : one ? one->shown : NULL;
}

bool tokenizer_is_special(const struct tokenizer *t, uint32_t id)
{
  const struct added_list *l = &t->files->added;
  return id < l->ids && l->special[id / 8] >> id % 8 & 1;
}
