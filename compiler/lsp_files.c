// Files: those that are open, whose text is the editor's, and those that stand
// around them. Each knows which others it uses, so that the programs which a
// file is part of are known without checking any.
#include "compiler/lsp.h"

#include <ctype.h>
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { FILES_MAX = 10000, DEPTH_MAX = 16, READ_MAX = 1 << 20 };

// ---- paths and URIs ----

static char *tidy(const char *path)
{
  struct arena a = {0};
  const char *t = path_tidy(&a, path);
  char *copy = t ? strdup(t) : NULL;
  arena_free(&a);
  return copy;
}

static int hex(char c)
{
  return isdigit((unsigned char)c) ? c - '0' : tolower((unsigned char)c) - 'a' + 10;
}

static bool decode(char *text)
{
  char *out = text;
  for (; *text; text++) {
    bool coded = *text == '%' && isxdigit((unsigned char)text[1]) &&
                 isxdigit((unsigned char)text[2]);
    *out = *text;
    if (coded) {
      *out = (char)(hex(text[1]) * 16 + hex(text[2]));
      text += 2;
    }
    if (!*out++)
      return false; // a NUL: no path has one
  }
  *out = 0;
  return true;
}

// A text that is in no file (`untitled:…`) is its own path.
char *lsp_path_of_uri(const char *uri)
{
  const char *path = uri;
  if (!strncmp(uri, "file://", 7)) {
    path = strchr(uri + 7, '/');
    size_t host = path ? (size_t)(path - uri - 7) : 0;
    if (!path || (host && !(host == 9 && !strncmp(uri + 7, "localhost", 9))))
      return NULL;
  }
  char *copy = strdup(path), *out = NULL;
  if (copy && *copy && (path == uri || decode(copy)))
    out = tidy(copy);
  free(copy);
  return out;
}

char *lsp_uri_of_path(const char *path)
{
  struct buf out = {0};
  if (*path != '/')
    return strdup(path);
  buf_adds(&out, "file://");
  for (; *path; path++)
    if (isalnum((unsigned char)*path) || strchr("/-._~", *path))
      buf_addc(&out, *path);
    else
      buf_addf(&out, "%%%02X", (unsigned char)*path);
  return out.data;
}

// ---- which files a text uses ----

static void forget_uses(struct lsp_file *f)
{
  for (size_t i = 0; i < f->n_uses; i++)
    free(f->uses[i]);
  free(f->uses);
  f->uses = NULL;
  f->n_uses = 0;
}

static void add_use(struct lsp_file *f, const char *path, size_t size)
{
  struct arena a = {0};
  const char *name = arena_copy(&a, path, size);
  char *copy = strdup(path_beside(&a, f->path, name));
  char **wide = realloc(f->uses, (f->n_uses + 1) * sizeof *wide);
  arena_free(&a);
  if (wide)
    f->uses = wide;
  if (wide && copy)
    f->uses[f->n_uses++] = copy;
  else
    free(copy);
}

// Lines that begin with `use "`: a line of a comment may too, and does no harm.
static void read_uses(struct lsp_file *f, const char *text)
{
  forget_uses(f);
  for (const char *at = text; at; at = strchr(at, '\n')) {
    at += strspn(at, " \t\r\n");
    if (strncmp(at, "use", 3) != 0 || (at[3] != ' ' && at[3] != '\t' && at[3] != '"'))
      continue;
    const char *open = at + 3 + strspn(at + 3, " \t");
    size_t size = *open == '"' ? strcspn(open + 1, "\"\n") : 0;
    if (size && open[1 + size] == '"')
      add_use(f, open + 1, size);
  }
}

static char *read_disk(const char *path, size_t *size)
{
  struct stat st;
  int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (fd < 0)
    return NULL;
  char *text = !fstat(fd, &st) && S_ISREG(st.st_mode) ? malloc(READ_MAX + 1) : NULL;
  size_t n = 0;
  for (ssize_t got; text && n < READ_MAX; n += (size_t)got)
    if ((got = read(fd, text + n, READ_MAX - n)) <= 0)
      break;
  close(fd);
  if (text)
    text[n] = 0;
  *size = n;
  return text;
}

char *lsp_file_text(const struct lsp_file *f, size_t *size)
{
  *size = f->size;
  return f->text ? strndup(f->text, f->size) : read_disk(f->path, size);
}

static void read_uses_of_disk(struct lsp_file *f)
{
  size_t size;
  char *text = read_disk(f->path, &size);
  forget_uses(f);
  if (text)
    read_uses(f, text);
  free(text);
}

// ---- the list ----

struct lsp_file *lsp_file_at(struct lsp_server *s, const char *path)
{
  struct lsp_file *f = s->files;
  while (f && strcmp(f->path, path) != 0)
    f = f->next;
  return f;
}

struct lsp_file *lsp_file_add(struct lsp_server *s, const char *path)
{
  struct lsp_file *f = lsp_file_at(s, path);
  if (f)
    return f;
  f = calloc(1, sizeof *f);
  if (f)
    f->path = strdup(path);
  if (!f || !f->path) {
    free(f);
    return NULL;
  }
  f->next = s->files;
  s->files = f;
  return f;
}

struct lsp_file *lsp_file_of_uri(struct lsp_server *s, const char *uri)
{
  char *path = lsp_path_of_uri(uri);
  struct lsp_file *f = path ? lsp_file_at(s, path) : NULL;
  free(path);
  return f;
}

static void file_free(struct lsp_file *f)
{
  forget_uses(f);
  lsp_text_free(&f->lines);
  free(f->path);
  free(f->uri);
  free(f->text);
  free(f);
}

void lsp_files_free(struct lsp_server *s)
{
  while (s->files) {
    struct lsp_file *next = s->files->next;
    file_free(s->files);
    s->files = next;
  }
}

// ---- texts ----

static void text_changed(struct lsp_server *s, struct lsp_file *f)
{
  lsp_text_free(&f->lines);
  f->lines = (struct lsp_text){.data = f->text, .size = f->size};
  read_uses(f, f->text);
  lsp_programs_changed(s, f->path);
}

static bool replace(struct lsp_file *f, uint32_t start, uint32_t end,
                    const char *text)
{
  size_t more = strlen(text), size = f->size - (end - start) + more;
  if (size > UINT32_MAX / 2)
    return false;
  if (size + 1 > f->room) {
    size_t room = size + size / 4 + 64;
    char *wide = realloc(f->text, room);
    if (!wide)
      return false;
    f->text = wide;
    f->room = room;
  }
  memmove(f->text + start + more, f->text + end, f->size - end);
  memcpy(f->text + start, text, more);
  f->size = size;
  f->text[size] = 0;
  return true;
}

bool lsp_file_edit(struct lsp_server *s, struct lsp_file *f, uint32_t start,
                   uint32_t end, const char *text)
{
  if (end < start)
    end = start;
  bool ok = replace(f, start, end, text);
  lsp_text_free(&f->lines);
  f->lines = (struct lsp_text){.data = f->text, .size = f->size};
  if (ok)
    text_changed(s, f);
  return ok;
}

void lsp_file_open(struct lsp_server *s, struct lsp_file *f, const char *text)
{
  free(f->text);
  f->size = strlen(text);
  f->room = f->size + 1;
  f->text = strdup(text);
  if (!f->text)
    f->size = 0;
  else
    text_changed(s, f);
}

void lsp_file_close(struct lsp_server *s, struct lsp_file *f)
{
  free(f->text);
  f->text = NULL;
  f->size = f->room = 0;
  lsp_text_free(&f->lines);
  read_uses_of_disk(f);
  lsp_programs_changed(s, f->path);
}

// ---- the disk ----

static bool is_source(const char *name)
{
  size_t n = strlen(name);
  return n > 3 && !strcmp(name + n - 3, ".sg");
}

void lsp_file_look(struct lsp_server *s, const char *path)
{
  struct lsp_file *f = is_source(path) ? lsp_file_add(s, path) : lsp_file_at(s, path);
  if (f && !f->text)
    read_uses_of_disk(f);
  lsp_programs_changed(s, path);
}

static bool is_skipped(const char *name)
{
  return *name == '.' || !strcmp(name, "node_modules") ||
         !strcmp(name, "build") || !strncmp(name, "build-", 6);
}

// `depth`: of folders inside it that are looked into.
void lsp_folder_scan(struct lsp_server *s, const char *path, unsigned depth)
{
  DIR *folder = opendir(path);
  size_t n = 0;
  for (struct lsp_file *f = s->files; f; f = f->next)
    n++;
  if (depth > DEPTH_MAX)
    depth = DEPTH_MAX;
  for (struct dirent *e; folder && n < FILES_MAX && (e = readdir(folder));) {
    struct buf at = {0};
    buf_addf(&at, "%s/%s", strcmp(path, "/") ? path : "", e->d_name);
    if (is_skipped(e->d_name) || at.failed) {
      buf_free(&at);
      continue;
    }
    if (e->d_type == DT_DIR && depth)
      lsp_folder_scan(s, at.data, depth - 1);
    else if (e->d_type != DT_DIR && is_source(e->d_name) && !lsp_file_at(s, at.data))
      lsp_file_look(s, at.data);
    buf_free(&at);
  }
  if (folder)
    closedir(folder);
}

// ---- programs ----

static bool uses(const struct lsp_file *f, const char *path)
{
  for (size_t i = 0; i < f->n_uses; i++)
    if (!strcmp(f->uses[i], path))
      return true;
  return false;
}

// Marks all files that lead to `f`; those which no other uses are first files.
uint32_t lsp_roots(struct lsp_server *s, struct lsp_file *f,
                   struct lsp_file *roots[LSP_PROGRAMS_MAX])
{
  uint32_t mark = ++s->marks, n = 0, todo = 1, room = 64;
  struct lsp_file **all = malloc(room * sizeof *all), *least = f;
  if (!all)
    return 0;
  f->mark = mark;
  all[0] = f;
  for (uint32_t i = 0; i < todo; i++) {
    bool used = false;
    for (struct lsp_file *g = s->files; g; g = g->next) {
      if (g == all[i] || !uses(g, all[i]->path))
        continue;
      used = true;
      if (g->mark == mark)
        continue;
      if (todo == room) {
        struct lsp_file **wide = realloc(all, 2 * room * sizeof *all);
        if (!wide)
          continue;
        all = wide;
        room *= 2;
      }
      g->mark = mark;
      all[todo++] = g;
    }
    if (strcmp(all[i]->path, least->path) < 0)
      least = all[i];
    if (!used && n < LSP_PROGRAMS_MAX)
      roots[n++] = all[i];
  }
  free(all);
  if (!n) // they use each other in a circle
    roots[n++] = least;
  return n;
}
