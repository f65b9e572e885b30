// Changes of texts as the protocol has them: with the version that they are of
// where the client can tell, or else by URI alone.
#include "compiler/lsp.h"

#include <stdlib.h>
#include <string.h>

const char *lsp_uri(struct lsp_server *s, const char *path)
{
  const struct lsp_file *f = lsp_file_at(s, path);
  if (f && f->uri)
    return f->uri;
  const char *copy = *path == '/' ? NULL : lsp_library_copy(&s->scratch, path);
  char *uri = lsp_uri_of_path(copy ? copy : path);
  const char *kept = uri ? arena_copy(&s->scratch, uri, strlen(uri)) : "";
  free(uri);
  return kept ? kept : "";
}

cJSON *lsp_edit_new(struct lsp_server *s)
{
  cJSON *edit = cJSON_CreateObject();
  if (s->edits_versions)
    cJSON_AddArrayToObject(edit, "documentChanges");
  else
    cJSON_AddObjectToObject(edit, "changes");
  return edit;
}

static cJSON *edits_of_version(struct lsp_server *s, cJSON *list,
                               const char *path)
{
  const char *uri = lsp_uri(s, path);
  cJSON *one, *document;
  cJSON_ArrayForEach(one, list) {
    document = cJSON_GetObjectItem(one, "textDocument");
    if (!strcmp(cJSON_GetObjectItem(document, "uri")->valuestring, uri))
      return cJSON_GetObjectItem(one, "edits");
  }
  const struct lsp_file *f = lsp_file_at(s, path);
  one = cJSON_CreateObject();
  cJSON_AddItemToArray(list, one);
  document = cJSON_AddObjectToObject(one, "textDocument");
  lsp_add_text(document, "uri", uri);
  if (f && f->text && f->has_version)
    cJSON_AddNumberToObject(document, "version", f->version);
  else
    cJSON_AddNullToObject(document, "version");
  return cJSON_AddArrayToObject(one, "edits");
}

static cJSON *edits_of(struct lsp_server *s, cJSON *edit, const char *path)
{
  cJSON *list = cJSON_GetObjectItem(edit, "documentChanges");
  if (list)
    return edits_of_version(s, list, path);
  cJSON *changes = cJSON_GetObjectItem(edit, "changes");
  const char *uri = lsp_uri(s, path);
  list = cJSON_GetObjectItemCaseSensitive(changes, uri);
  return list ? list : cJSON_AddArrayToObject(changes, uri);
}

void lsp_edit_add(struct lsp_server *s, cJSON *edit, struct lsp_run *r,
                  struct span at, const char *text)
{
  cJSON *one = cJSON_CreateObject();
  cJSON_AddItemToObject(one, "range", lsp_range(s, lsp_lines(r, at.file), at));
  lsp_add_text(one, "newText", text);
  cJSON_AddItemToArray(edits_of(s, edit, r->p.c.sources[at.file].path), one);
}
