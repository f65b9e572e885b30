// How a session begins: what the client can do, and what this server can.
#include "compiler/lsp.h"

#include "grammar/base/cli.h"

#include <stdlib.h>
#include <string.h>

static bool is_true(const cJSON *json, const char *path[], size_t n)
{
  for (size_t i = 0; i < n; i++)
    json = lsp_at(json, path[i]);
  return cJSON_IsTrue(json);
}
#define CAN(json, ...)                                                         \
  is_true((json), (const char *[]){__VA_ARGS__},                               \
          sizeof((const char *[]){__VA_ARGS__}) / sizeof(char *))

void lsp_add_folder(struct lsp_server *s, const char *uri)
{
  char *path = uri && !strncmp(uri, "file:", 5) ? lsp_path_of_uri(uri) : NULL;
  char **wide = path ? realloc(s->folders, (s->n_folders + 1) * sizeof *wide) : NULL;
  if (!wide) {
    free(path);
    return;
  }
  size_t n = strlen(path);
  if (n > 1 && path[n - 1] == '/')
    path[n - 1] = 0;
  s->folders = wide;
  s->folders[s->n_folders++] = path;
  lsp_folder_scan(s, path, UINT32_MAX);
}

static void read_client(struct lsp_server *s, const cJSON *params)
{
  const cJSON *can = lsp_at(params, "capabilities"), *e;
  s->encoding = LSP_UTF16;
  cJSON_ArrayForEach(e, lsp_at(lsp_at(can, "general"), "positionEncodings"))
    if (cJSON_IsString(e) && !strcmp(e->valuestring, "utf-8"))
      s->encoding = LSP_UTF8;
  s->snippets = CAN(can, "textDocument", "completion", "completionItem",
                    "snippetSupport");
  s->hierarchical = CAN(can, "textDocument", "documentSymbol",
                        "hierarchicalDocumentSymbolSupport");
  s->watches = CAN(can, "workspace", "didChangeWatchedFiles",
                   "dynamicRegistration");
  s->related = CAN(can, "textDocument", "publishDiagnostics",
                   "relatedInformation");
  s->edits_versions = CAN(can, "workspace", "workspaceEdit", "documentChanges");
  cJSON_ArrayForEach(e, lsp_at(lsp_at(lsp_at(can, "textDocument"), "hover"), "contentFormat"))
    if (cJSON_IsString(e) && !strcmp(e->valuestring, "markdown"))
      s->markdown = true;
  const cJSON *folders = lsp_at(params, "workspaceFolders");
  cJSON_ArrayForEach(e, folders)
    lsp_add_folder(s, lsp_text_at(e, "uri"));
  if (!cJSON_GetArraySize(folders))
    lsp_add_folder(s, lsp_text_at(params, "rootUri"));
}

static cJSON *letters(const char *all)
{
  cJSON *list = cJSON_CreateArray();
  for (; *all; all++)
    cJSON_AddItemToArray(list, cJSON_CreateString((char[]){*all, 0}));
  return list;
}

static cJSON *capabilities(const struct lsp_server *s)
{
  static const char *const simple[] = {
      "hoverProvider", "definitionProvider", "typeDefinitionProvider",
      "referencesProvider", "documentHighlightProvider", "documentSymbolProvider",
      "workspaceSymbolProvider", "foldingRangeProvider",
      "documentFormattingProvider"};
  cJSON *can = cJSON_CreateObject(), *x;
  cJSON_AddStringToObject(can, "positionEncoding",
                          s->encoding == LSP_UTF8 ? "utf-8" : "utf-16");
  x = cJSON_AddObjectToObject(can, "textDocumentSync");
  cJSON_AddTrueToObject(x, "openClose");
  cJSON_AddNumberToObject(x, "change", 2);
  cJSON_AddTrueToObject(x, "save");
  for (size_t i = 0; i < sizeof simple / sizeof *simple; i++)
    cJSON_AddTrueToObject(can, simple[i]);
  x = cJSON_AddObjectToObject(can, "completionProvider");
  cJSON_AddItemToObject(x, "triggerCharacters", letters("."));
  x = cJSON_AddObjectToObject(can, "signatureHelpProvider");
  cJSON_AddItemToObject(x, "triggerCharacters", letters("(,"));
  x = cJSON_AddObjectToObject(can, "renameProvider");
  cJSON_AddTrueToObject(x, "prepareProvider");
  x = cJSON_AddArrayToObject(cJSON_AddObjectToObject(can, "codeActionProvider"),
                             "codeActionKinds");
  cJSON_AddItemToArray(x, cJSON_CreateString("quickfix"));
  x = cJSON_AddObjectToObject(can, "semanticTokensProvider");
  cJSON_AddItemToObject(x, "legend", lsp_tokens_legend());
  cJSON_AddTrueToObject(x, "full");
  x = cJSON_AddObjectToObject(cJSON_AddObjectToObject(can, "workspace"),
                              "workspaceFolders");
  cJSON_AddTrueToObject(x, "supported");
  cJSON_AddTrueToObject(x, "changeNotifications");
  return can;
}

cJSON *lsp_initialize(struct lsp_request *r)
{
  struct lsp_server *s = r->s;
  if (s->state != LSP_NEW)
    return lsp_refuse(r, LSP_INVALID_REQUEST, "initialize comes once");
  read_client(s, r->params);
  s->state = LSP_READY;
  cJSON *result = cJSON_CreateObject();
  cJSON_AddItemToObject(result, "capabilities", capabilities(s));
  cJSON *info = cJSON_AddObjectToObject(result, "serverInfo");
  cJSON_AddStringToObject(info, "name", "sgc");
  cJSON_AddStringToObject(info, "version", SERVEGRAPH_VERSION);
  return result;
}

cJSON *lsp_shut_down(struct lsp_request *r)
{
  r->s->state = LSP_SHUT;
  return NULL;
}

// Asks to be told of files that change on the disk.
void lsp_initialized(struct lsp_server *s, const cJSON *params)
{
  if (!s->watches)
    return;
  cJSON *m = lsp_envelope();
  cJSON_AddStringToObject(m, "id", "watch");
  cJSON_AddStringToObject(m, "method", "client/registerCapability");
  cJSON *list = cJSON_AddArrayToObject(cJSON_AddObjectToObject(m, "params"),
                                       "registrations");
  cJSON *one = cJSON_CreateObject();
  cJSON_AddItemToArray(list, one);
  cJSON_AddStringToObject(one, "id", "watch");
  cJSON_AddStringToObject(one, "method", "workspace/didChangeWatchedFiles");
  cJSON *watchers = cJSON_AddArrayToObject(
      cJSON_AddObjectToObject(one, "registerOptions"), "watchers");
  cJSON *watcher = cJSON_CreateObject();
  cJSON_AddStringToObject(watcher, "globPattern", "**/*.sg");
  cJSON_AddItemToArray(watchers, watcher);
  lsp_post(s, m);
}
