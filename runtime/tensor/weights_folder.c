// Where the tensors of a model are: see weights_folder.h.
#include "runtime/tensor/weights_folder.h"

#include "grammar/base/utf8.h"
#include "runtime/codec/scan.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

enum { INDEX_MOST = 100 << 20, WHY_SIZE = 1024 };
static const char model[] = "model.safetensors";
static const char model_index[] = "model.safetensors.index.json";

struct opening {
  struct weights_folder *w;
  struct arena *arena;
  const char *folder; // without a slash at its end
  const char *index;  // the path of the index that is read
  struct weights_place *places;
  uint32_t n_places, room_places, room_files;
  struct buf *why;
};

static bool refuse(struct opening *o, const char *path, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
static bool refuse(struct opening *o, const char *path, const char *format, ...)
{
  va_list args;
  va_start(args, format);
  buf_addf(o->why, "%s: ", path);
  buf_addv(o->why, format, args);
  va_end(args);
  return false;
}

// The same of a name in the index.
static bool refuse_name(struct opening *o, const struct text *name,
                        const char *how, const char *file)
{
  buf_addf(o->why, "%s: ", o->index);
  weight_name(o->why, name->data, name->size);
  buf_addf(o->why, " %s%s", how, file);
  return false;
}

static bool exhausted(struct opening *o)
{
  return refuse(o, o->folder, "out of memory");
}

// Room for one more behind `n` of `size` bytes each.
static bool grow(struct opening *o, void *rows, uint32_t n, uint32_t *room,
                 size_t size)
{
  void **at = rows, *p;
  if (n < *room)
    return true;
  uint32_t more = *room ? 2 * *room : 64;
  if (!(p = arena_grow(o->arena, *at, *room * size, more * size)))
    return exhausted(o);
  *at = p;
  *room = more;
  return true;
}

static bool add_place(struct opening *o, const struct text *name, uint32_t file,
                      uint32_t entry)
{
  if (!grow(o, &o->places, o->n_places, &o->room_places, sizeof *o->places))
    return false;
  o->places[o->n_places++] = (struct weights_place){name, file, entry};
  return true;
}

// ---- files ----

static bool open_file(struct opening *o, const char *path, const char *name)
{
  struct weights_folder *w = o->w;
  char why[WHY_SIZE] = "";
  uint32_t room = o->room_files;
  if (!grow(o, &w->files, w->n_files, &room, sizeof *w->files) ||
      !grow(o, &w->names, w->n_files, &o->room_files, sizeof *w->names))
    return false;
  struct weights_file *f = weights_file_open(path, why, sizeof why);
  if (!f)
    return refuse(o, path, "%s", why);
  w->names[w->n_files] = name;
  w->files[w->n_files++] = f;
  return true;
}

// All tensors of one file.
static bool open_alone(struct opening *o, const char *path)
{
  if (!open_file(o, path, path))
    return false;
  const struct safetensors *s = weights_file_table(o->w->files[0]);
  for (uint32_t i = 0; i < s->count; i++)
    if (!add_place(o, s->entries[i].name, 0, i))
      return false;
  return true;
}

// ---- the index ----

// A file beside the index, and nothing else.
static bool is_plain_name(const struct text *t)
{
  return t->size && t->data[0] != '.' && !memchr(t->data, '/', t->size) &&
         !memchr(t->data, 0, t->size);
}

// The number of a file, which is opened where it is named first.
static bool file_named(struct opening *o, const struct text *t, uint32_t *out)
{
  struct weights_folder *w = o->w;
  if (!is_plain_name(t))
    return refuse_name(o, t, "names no file of its folder", "");
  for (uint32_t i = w->n_files; i-- > 0;) // mostly the newest
    if (text_is(t, w->names[i], strlen(w->names[i]))) {
      *out = i;
      return true;
    }
  char *name = arena_copy(o->arena, t->data, t->size);
  char *path = arena_printf(o->arena, "%s/%s", o->folder, name ? name : "");
  if (!name || !path)
    return exhausted(o);
  *out = w->n_files;
  return open_file(o, path, name);
}

static bool read_place(struct scan *s, const struct token *key, void *user)
{
  struct opening *o = user;
  struct token t;
  uint32_t file = 0;
  if (scan_peek(s) != '"')
    return scan_fail(s, s->at, "Expecting a string");
  s->at++;
  if (!scan_string(s, &t))
    return false;
  const struct text *name = text_of_token(o->arena, key);
  const struct text *where = text_of_token(o->arena, &t);
  if (!name || !where)
    return exhausted(o);
  if (!file_named(o, where, &file))
    return false;
  const struct safetensors *table = weights_file_table(o->w->files[file]);
  const struct safetensors_entry *e =
      safetensors_find(table, name->data, name->size);
  if (e) // its name lasts as long as the file
    return add_place(o, e->name, file, (uint32_t)(e - table->entries));
  return refuse_name(o, name, "is not in ", o->w->names[file]);
}

static bool key_is(const struct token *key, const char *word)
{
  return key->plain && key->size == strlen(word) &&
         !memcmp(key->data, word, key->size);
}

struct index_reader {
  struct opening *opening;
  bool seen;
};

static bool read_index_member(struct scan *s, const struct token *key,
                              void *user)
{
  struct index_reader *r = user;
  if (!key_is(key, "weight_map"))
    return scan_skip(s);
  if (r->seen)
    return refuse(r->opening, r->opening->index, "it has its weight_map twice");
  r->seen = true;
  return scan_object(s, read_place, r->opening);
}

static bool read_index_text(struct opening *o, const char *text, size_t size)
{
  struct index_reader r = {.opening = o};
  struct scan s = {.at = text, .end = text + size, .start = text};
  if (utf8_check(text, size) != size)
    return refuse(o, o->index, "it is no UTF-8");
  bool ok = scan_object(&s, read_index_member, &r) &&
            (scan_peek(&s), s.at == s.end || scan_fail(&s, s.at, "Extra data"));
  if (!ok && !o->why->size)
    refuse(o, o->index, "it is no JSON: %s, at byte %zu",
           s.error ? s.error : "nested too deeply, or a number is too large",
           (size_t)((s.error ? s.error_at : s.at) - text));
  if (ok && !r.seen)
    return refuse(o, o->index, "it has no weight_map");
  return ok;
}

// The whole file as text; NULL with the reason.
static char *slurp(struct opening *o, const char *path, size_t *size)
{
  FILE *f = fopen(path, "re");
  struct stat st;
  char *text = NULL;
  if (!f || fstat(fileno(f), &st))
    refuse(o, path, "%s", strerror(errno));
  else if (!S_ISREG(st.st_mode) || st.st_size > INDEX_MOST)
    refuse(o, path, "it is no file, or too large for an index");
  else if (!(text = malloc((size_t)st.st_size + 1)))
    exhausted(o);
  if (text)
    *size = fread(text, 1, (size_t)st.st_size, f);
  if (f)
    fclose(f);
  return text;
}

static bool open_index(struct opening *o, const char *path)
{
  size_t size = 0;
  o->index = path;
  char *text = slurp(o, path, &size);
  bool ok = text && read_index_text(o, text, size);
  free(text);
  return ok;
}

// ---- which of them ----

static const char *in_folder(struct opening *o, const char *name)
{
  return arena_printf(o->arena, "%s/%s", o->folder, name);
}

static bool open_folder(struct opening *o)
{
  const char *one = in_folder(o, model), *many = in_folder(o, model_index);
  if (!one || !many)
    return exhausted(o);
  if (!access(one, F_OK))
    return open_alone(o, one);
  if (!access(many, F_OK))
    return open_index(o, many);
  refuse(o, o->folder, "it has neither %s nor %s", model, model_index);
  const char *old = in_folder(o, "pytorch_model.bin");
  if (old && !access(old, F_OK))
    buf_adds(o->why, "; its pytorch_model.bin has to be saved as safetensors "
                     "first");
  return false;
}

static bool ends_with(const char *text, const char *end)
{
  size_t n = strlen(text), k = strlen(end);
  return n >= k && !strcmp(text + n - k, end);
}

static bool open_path(struct opening *o, const char *path)
{
  struct stat st;
  const char *slash = strrchr(path, '/');
  if (stat(path, &st))
    return refuse(o, path, "%s", strerror(errno));
  if (S_ISDIR(st.st_mode))
    return open_folder(o);
  o->folder = slash ? arena_copy(o->arena, path, (size_t)(slash - path)) : ".";
  if (!o->folder)
    return exhausted(o);
  return ends_with(path, ".json") ? open_index(o, path) : open_alone(o, path);
}

static int by_name(const void *x, const void *y)
{
  return text_compare(((const struct weights_place *)x)->name,
                      ((const struct weights_place *)y)->name);
}

static bool names_differ(struct opening *o)
{
  if (o->n_places)
    qsort(o->places, o->n_places, sizeof *o->places, by_name);
  for (uint32_t i = 1; i < o->n_places; i++)
    if (!by_name(&o->places[i - 1], &o->places[i]))
      return refuse_name(o, o->places[i].name, "is there twice", "");
  return true;
}

bool weights_folder_open(struct weights_folder *out, struct arena *a,
                         const char *path, struct buf *why)
{
  struct opening o = {.w = out, .arena = a, .folder = path, .why = why};
  *out = (struct weights_folder){0};
  bool ok = open_path(&o, path) && names_differ(&o);
  out->places = o.places;
  out->n_places = o.n_places;
  if (!ok)
    weights_folder_close(out);
  return ok;
}

void weights_folder_close(struct weights_folder *w)
{
  while (w->n_files)
    weights_file_drop(w->files[--w->n_files]);
  w->n_places = 0;
}

uint32_t weights_folder_from(const struct weights_folder *w, const char *name,
                             size_t size)
{
  struct text key = {(uint32_t)size, 0, name};
  uint32_t from = 0, to = w->n_places;
  while (from < to) {
    uint32_t middle = from + (to - from) / 2;
    if (text_compare(w->places[middle].name, &key) < 0)
      from = middle + 1;
    else
      to = middle;
  }
  return from;
}
