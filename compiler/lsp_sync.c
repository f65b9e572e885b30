// What the editor tells of its texts and of the disk. Nothing of it is answered:
// what is wrong in such a message is passed over.
#include "compiler/lsp.h"

#include <stdlib.h>
#include <string.h>

// Files beside one that is opened may use it, and may be new.
static void look_around(struct lsp_server *s, const char *path)
{
  const char *slash = strrchr(path, '/');
  if (*path != '/')
    return;
  char *folder = strndup(path, slash == path ? 1 : (size_t)(slash - path));
  if (folder)
    lsp_folder_scan(s, folder, 0);
  free(folder);
}

static void read_version(struct lsp_file *f, const cJSON *document)
{
  const cJSON *version = lsp_at(document, "version");
  f->has_version = cJSON_IsNumber(version);
  f->version = f->has_version ? version->valuedouble : 0;
}

void lsp_did_open(struct lsp_server *s, const cJSON *params)
{
  const cJSON *document = lsp_at(params, "textDocument");
  const char *uri = lsp_text_at(document, "uri"), *text = lsp_text_at(document, "text");
  char *path = uri ? lsp_path_of_uri(uri) : NULL;
  struct lsp_file *f = path && text ? lsp_file_add(s, path) : NULL;
  free(path);
  if (!f)
    return;
  free(f->uri);
  f->uri = strdup(uri);
  read_version(f, document);
  look_around(s, f->path);
  lsp_file_open(s, f, text);
}

struct lsp_file *lsp_open_file(struct lsp_server *s, const cJSON *params)
{
  const char *uri = lsp_text_at(lsp_at(params, "textDocument"), "uri");
  struct lsp_file *f = uri ? lsp_file_of_uri(s, uri) : NULL;
  return f && f->text ? f : NULL;
}

static void change(struct lsp_server *s, struct lsp_file *f, const cJSON *c)
{
  const cJSON *range = lsp_at(c, "range");
  const char *text = lsp_text_at(c, "text");
  struct lsp_place from, to;
  if (!text)
    return;
  if (!range || cJSON_IsNull(range))
    lsp_file_edit(s, f, 0, (uint32_t)f->size, text);
  else if (lsp_read_place(lsp_at(range, "start"), &from) &&
           lsp_read_place(lsp_at(range, "end"), &to))
    lsp_file_edit(s, f, lsp_offset(&f->lines, from, s->encoding),
                  lsp_offset(&f->lines, to, s->encoding), text);
}

void lsp_did_change(struct lsp_server *s, const cJSON *params)
{
  struct lsp_file *f = lsp_open_file(s, params);
  const cJSON *c;
  if (!f)
    return;
  read_version(f, lsp_at(params, "textDocument"));
  s->changed = true; // of this version, too, is said what is wrong
  cJSON_ArrayForEach(c, lsp_at(params, "contentChanges"))
    change(s, f, c);
}

void lsp_did_close(struct lsp_server *s, const cJSON *params)
{
  struct lsp_file *f = lsp_open_file(s, params);
  if (f)
    lsp_file_close(s, f);
}

void lsp_did_save(struct lsp_server *s, const cJSON *params)
{
  lsp_programs_changed(s, NULL);
}

void lsp_did_change_files(struct lsp_server *s, const cJSON *params)
{
  const cJSON *e;
  cJSON_ArrayForEach(e, lsp_at(params, "changes")) {
    const char *uri = lsp_text_at(e, "uri");
    char *path = uri ? lsp_path_of_uri(uri) : NULL;
    if (path)
      lsp_file_look(s, path);
    free(path);
  }
}

void lsp_did_change_folders(struct lsp_server *s, const cJSON *params)
{
  const cJSON *e;
  cJSON_ArrayForEach(e, lsp_at(lsp_at(params, "event"), "added"))
    lsp_add_folder(s, lsp_text_at(e, "uri"));
  lsp_programs_changed(s, NULL);
}
