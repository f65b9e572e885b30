// The server: a queue of messages, and a table of what each method does. What
// has changed is checked when nothing more is there to be read, or when a
// request needs it.
#include "compiler/lsp.h"

#include "grammar/base/cli.h"

#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PAUSE_MAX = 200 }; // ms without input before texts are checked

struct queued {
  cJSON *message;
  struct queued *next;
};

struct queue {
  struct queued *first, **end;
};

// ---- what is sent ----

static void send_message(struct lsp_server *s, cJSON *m)
{
  if (!lsp_send(s->out, m))
    s->ended = true;
  cJSON_Delete(m);
}

static cJSON *envelope(void)
{
  cJSON *m = cJSON_CreateObject();
  cJSON_AddStringToObject(m, "jsonrpc", "2.0");
  return m;
}

void lsp_notify(struct lsp_server *s, const char *method, cJSON *params)
{
  cJSON *m = envelope();
  cJSON_AddStringToObject(m, "method", method);
  cJSON_AddItemToObject(m, "params", params);
  send_message(s, m);
}

static void answer(struct lsp_server *s, const cJSON *id, cJSON *result)
{
  cJSON *m = envelope();
  cJSON_AddItemToObject(m, "id", cJSON_Duplicate(id, false));
  cJSON_AddItemToObject(m, "result", result ? result : cJSON_CreateNull());
  send_message(s, m);
}

static void answer_error(struct lsp_server *s, const cJSON *id, int code,
                         const char *why)
{
  cJSON *m = envelope(), *e = cJSON_CreateObject();
  cJSON_AddItemToObject(m, "id",
                        id ? cJSON_Duplicate(id, false) : cJSON_CreateNull());
  cJSON_AddNumberToObject(e, "code", code);
  lsp_add_text(e, "message", why);
  cJSON_AddItemToObject(m, "error", e);
  send_message(s, m);
}

cJSON *lsp_refuse(struct lsp_request *r, int error, const char *format, ...)
{
  struct buf out = {.arena = &r->s->scratch};
  va_list args;
  va_start(args, format);
  buf_addv(&out, format, args);
  va_end(args);
  r->error = error;
  r->why = out.data ? out.data : "";
  return NULL;
}

static cJSON *place(struct lsp_place p)
{
  cJSON *json = cJSON_CreateObject();
  cJSON_AddNumberToObject(json, "line", p.line);
  cJSON_AddNumberToObject(json, "character", p.character);
  return json;
}

cJSON *lsp_range(struct lsp_server *s, struct lsp_text *t, struct span at)
{
  cJSON *json = cJSON_CreateObject();
  cJSON_AddItemToObject(json, "start",
                        place(lsp_place_of(t, at.start, s->encoding)));
  cJSON_AddItemToObject(json, "end",
                        place(lsp_place_of(t, at.end, s->encoding)));
  return json;
}

cJSON *lsp_location(struct lsp_server *s, struct lsp_run *r, struct span at)
{
  cJSON *json = cJSON_CreateObject();
  lsp_add_text(json, "uri", lsp_uri(s, r->p.c.sources[at.file].path));
  cJSON_AddItemToObject(json, "range", lsp_range(s, lsp_lines(r, at.file), at));
  return json;
}

// ---- what is read ----

static const char *text_of(const cJSON *json, const char *name)
{
  const cJSON *x = cJSON_GetObjectItemCaseSensitive(json, name);
  return cJSON_IsString(x) ? x->valuestring : NULL;
}

static const cJSON *at(const cJSON *json, const char *name)
{
  return cJSON_GetObjectItemCaseSensitive(json, name);
}

static bool is_true(const cJSON *json, const char *path[], size_t n)
{
  for (size_t i = 0; i < n; i++)
    json = at(json, path[i]);
  return cJSON_IsTrue(json);
}
#define CAN(json, ...)                                                         \
  is_true((json), (const char *[]){__VA_ARGS__},                               \
          sizeof((const char *[]){__VA_ARGS__}) / sizeof(char *))

static bool read_number(const cJSON *json, uint32_t *out)
{
  if (!cJSON_IsNumber(json) || !(json->valuedouble >= 0))
    return false;
  *out = json->valuedouble < UINT32_MAX ? (uint32_t)json->valuedouble : UINT32_MAX;
  return true;
}

bool lsp_read_place(const cJSON *json, struct lsp_place *out)
{
  return read_number(at(json, "line"), &out->line) &&
         read_number(at(json, "character"), &out->character);
}

// ---- beginning and end ----

static void add_folder(struct lsp_server *s, const char *uri)
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
  const cJSON *can = at(params, "capabilities"), *e;
  s->encoding = LSP_UTF16;
  cJSON_ArrayForEach(e, at(at(can, "general"), "positionEncodings"))
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
  cJSON_ArrayForEach(e, at(at(at(can, "textDocument"), "hover"), "contentFormat"))
    if (cJSON_IsString(e) && !strcmp(e->valuestring, "markdown"))
      s->markdown = true;
  const cJSON *folders = at(params, "workspaceFolders");
  cJSON_ArrayForEach(e, folders)
    add_folder(s, text_of(e, "uri"));
  if (!cJSON_GetArraySize(folders))
    add_folder(s, text_of(params, "rootUri"));
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
      "workspaceSymbolProvider", "foldingRangeProvider"};
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

static cJSON *initialize(struct lsp_request *r)
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

static cJSON *shut_down(struct lsp_request *r)
{
  r->s->state = LSP_SHUT;
  return NULL;
}

// Asks to be told of files that change on the disk.
static void initialized(struct lsp_server *s, const cJSON *params)
{
  if (!s->watches)
    return;
  cJSON *m = envelope();
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
  send_message(s, m);
}

// ---- texts ----

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
  const cJSON *version = at(document, "version");
  f->has_version = cJSON_IsNumber(version);
  f->version = f->has_version ? version->valuedouble : 0;
}

static void did_open(struct lsp_server *s, const cJSON *params)
{
  const cJSON *document = at(params, "textDocument");
  const char *uri = text_of(document, "uri"), *text = text_of(document, "text");
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

static struct lsp_file *open_file(struct lsp_server *s, const cJSON *params)
{
  const char *uri = text_of(at(params, "textDocument"), "uri");
  struct lsp_file *f = uri ? lsp_file_of_uri(s, uri) : NULL;
  return f && f->text ? f : NULL;
}

static void change(struct lsp_server *s, struct lsp_file *f, const cJSON *c)
{
  const cJSON *range = at(c, "range");
  const char *text = text_of(c, "text");
  struct lsp_place from, to;
  if (!text)
    return;
  if (!range || cJSON_IsNull(range))
    lsp_file_edit(s, f, 0, (uint32_t)f->size, text);
  else if (lsp_read_place(at(range, "start"), &from) &&
           lsp_read_place(at(range, "end"), &to))
    lsp_file_edit(s, f, lsp_offset(&f->lines, from, s->encoding),
                  lsp_offset(&f->lines, to, s->encoding), text);
}

static void did_change(struct lsp_server *s, const cJSON *params)
{
  struct lsp_file *f = open_file(s, params);
  const cJSON *c;
  if (!f)
    return;
  read_version(f, at(params, "textDocument"));
  s->changed = true; // of this version, too, is said what is wrong
  cJSON_ArrayForEach(c, at(params, "contentChanges"))
    change(s, f, c);
}

static void did_close(struct lsp_server *s, const cJSON *params)
{
  struct lsp_file *f = open_file(s, params);
  if (f)
    lsp_file_close(s, f);
}

static void did_save(struct lsp_server *s, const cJSON *params)
{
  lsp_programs_changed(s, NULL);
}

static void did_change_files(struct lsp_server *s, const cJSON *params)
{
  const cJSON *e;
  cJSON_ArrayForEach(e, at(params, "changes")) {
    const char *uri = text_of(e, "uri");
    char *path = uri ? lsp_path_of_uri(uri) : NULL;
    if (path)
      lsp_file_look(s, path);
    free(path);
  }
}

static void did_change_folders(struct lsp_server *s, const cJSON *params)
{
  const cJSON *e;
  cJSON_ArrayForEach(e, at(at(params, "event"), "added"))
    add_folder(s, text_of(e, "uri"));
  lsp_programs_changed(s, NULL);
}

static void end(struct lsp_server *s, const cJSON *params)
{
  s->ended = true;
}

// ---- methods ----

enum { OF_FILE = 1, OF_PLACE = 2 };

static const struct {
  const char *name;
  unsigned needs;
  cJSON *(*run)(struct lsp_request *r);
} requests[] = {
    {"initialize", 0, initialize},
    {"shutdown", 0, shut_down},
    {"textDocument/hover", OF_PLACE, lsp_hover},
    {"textDocument/definition", OF_PLACE, lsp_definition},
    {"textDocument/typeDefinition", OF_PLACE, lsp_type_definition},
    {"textDocument/references", OF_PLACE, lsp_references},
    {"textDocument/documentHighlight", OF_PLACE, lsp_highlight},
    {"textDocument/documentSymbol", OF_FILE, lsp_symbols},
    {"workspace/symbol", 0, lsp_workspace_symbols},
    {"textDocument/foldingRange", OF_FILE, lsp_folding},
    {"textDocument/completion", OF_PLACE, lsp_complete},
    {"textDocument/signatureHelp", OF_PLACE, lsp_signature_help},
    {"textDocument/prepareRename", OF_PLACE, lsp_prepare_rename},
    {"textDocument/rename", OF_PLACE, lsp_rename},
    {"textDocument/codeAction", OF_FILE, lsp_code_actions},
    {"textDocument/semanticTokens/full", OF_FILE, lsp_tokens},
};

static const struct {
  const char *name;
  void (*run)(struct lsp_server *s, const cJSON *params);
} notifications[] = {
    {"exit", end},
    {"initialized", initialized},
    {"textDocument/didOpen", did_open},
    {"textDocument/didChange", did_change},
    {"textDocument/didClose", did_close},
    {"textDocument/didSave", did_save},
    {"workspace/didChangeWatchedFiles", did_change_files},
    {"workspace/didChangeWorkspaceFolders", did_change_folders},
};

static bool prepare(struct lsp_request *r, unsigned needs)
{
  struct lsp_place p;
  if (needs)
    r->file = open_file(r->s, r->params);
  if (needs && !r->file)
    lsp_refuse(r, LSP_INVALID_PARAMS, "there is no such open document");
  else if (needs & OF_PLACE && !lsp_read_place(at(r->params, "position"), &p))
    lsp_refuse(r, LSP_INVALID_PARAMS, "there is no position");
  else if (needs & OF_PLACE)
    r->offset = lsp_offset(&r->file->lines, p, r->s->encoding);
  return !r->error;
}

static cJSON *run_request(struct lsp_request *r, const char *method)
{
  if (r->s->state == LSP_SHUT)
    return lsp_refuse(r, LSP_INVALID_REQUEST, "the server is shut down");
  if (r->s->state == LSP_NEW && strcmp(method, "initialize") != 0)
    return lsp_refuse(r, LSP_NOT_INITIALIZED, "initialize comes first");
  for (size_t i = 0; i < sizeof requests / sizeof *requests; i++)
    if (!strcmp(requests[i].name, method))
      return prepare(r, requests[i].needs) ? requests[i].run(r) : NULL;
  return lsp_refuse(r, LSP_METHOD_NOT_FOUND, "there is no method %s", method);
}

static void run_notification(struct lsp_server *s, const char *method,
                             const cJSON *params)
{
  if (s->state != LSP_READY && strcmp(method, "exit") != 0)
    return;
  for (size_t i = 0; i < sizeof notifications / sizeof *notifications; i++)
    if (!strcmp(notifications[i].name, method))
      notifications[i].run(s, params);
}

static void handle(struct lsp_server *s, const cJSON *m)
{
  const cJSON *id = at(m, "id");
  const char *method = text_of(m, "method");
  struct lsp_request r = {.s = s, .params = at(m, "params")};
  if (!method && id && (at(m, "result") || at(m, "error")))
    return; // an answer
  if (!method || (id && !cJSON_IsString(id) && !cJSON_IsNumber(id))) {
    answer_error(s, NULL, LSP_INVALID_REQUEST, "this is no request");
    return;
  }
  if (!id) {
    run_notification(s, method, r.params);
    return;
  }
  cJSON *result = run_request(&r, method);
  if (r.error) {
    cJSON_Delete(result);
    answer_error(s, id, r.error, r.why);
  } else {
    answer(s, id, result);
  }
  arena_reset(&s->scratch);
}

// ---- the queue ----

static void drop(struct queue *q, struct queued **at_one)
{
  struct queued *one = *at_one;
  *at_one = one->next;
  if (q->end == &one->next)
    q->end = at_one;
  cJSON_Delete(one->message);
  free(one);
}

// A request that has not begun is answered at once.
static void cancel(struct lsp_server *s, struct queue *q, const cJSON *id)
{
  for (struct queued **i = &q->first; *i; i = &(*i)->next) {
    const cJSON *other = at((*i)->message, "id");
    if (!other || !text_of((*i)->message, "method") ||
        !cJSON_Compare(other, id, true))
      continue;
    answer_error(s, other, LSP_CANCELLED, "the request was cancelled");
    drop(q, i);
    return;
  }
}

static void take(struct lsp_server *s, struct queue *q, cJSON *m)
{
  const char *method = text_of(m, "method");
  if (method && !strcmp(method, "$/cancelRequest")) {
    cancel(s, q, at(at(m, "params"), "id"));
    cJSON_Delete(m);
    return;
  }
  struct queued *one = malloc(sizeof *one);
  if (!one) {
    cJSON_Delete(m);
    return;
  }
  *one = (struct queued){m, NULL};
  *q->end = one;
  q->end = &one->next;
}

// Whether the input has ended.
static bool take_all(struct lsp_server *s, struct queue *q)
{
  for (;;) {
    cJSON *m = NULL;
    switch (lsp_next(&s->in, &m)) {
    case LSP_MESSAGE:
      take(s, q, m);
      break;
    case LSP_DAMAGED:
      answer_error(s, NULL, LSP_PARSE_ERROR, "this is no message of the protocol");
      break;
    case LSP_WAIT:
      return false;
    case LSP_END:
      return true;
    }
  }
}

static bool anything_to_say(const struct lsp_server *s)
{
  bool any = s->changed;
  for (const struct lsp_program *p = s->programs; p; p = p->next)
    any = any || p->stale || !p->told;
  return any && s->state == LSP_READY;
}

// Checks when there was no input for a while, the longer the more there is to it.
static void idle(struct lsp_server *s)
{
  int pause = s->cost < PAUSE_MAX ? s->cost : PAUSE_MAX;
  if (!anything_to_say(s)) {
    lsp_wait(&s->in, -1);
    return;
  }
  if (!lsp_wait(&s->in, pause) && !s->in.ended)
    lsp_publish(s);
}

static void run(struct lsp_server *s)
{
  struct queue q = {.end = &q.first};
  while (!s->ended) {
    bool over = take_all(s, &q);
    if (q.first) {
      handle(s, q.first->message);
      drop(&q, &q.first);
      if (!over)
        lsp_wait(&s->in, 0);
    } else if (over) {
      break;
    } else {
      idle(s);
    }
  }
  while (q.first)
    drop(&q, &q.first);
}

int lsp_serve(void)
{
  struct lsp_server s = {.in = {.fd = 0}, .out = 1};
  signal(SIGPIPE, SIG_IGN);
  run(&s);
  lsp_programs_free(&s);
  lsp_files_free(&s);
  for (size_t i = 0; i < s.n_folders; i++)
    free(s.folders[i]);
  free(s.folders);
  free(s.in.data);
  arena_free(&s.scratch);
  return s.state == LSP_SHUT ? 0 : 1;
}
