// The server: a queue of messages, and a table of what each method does. What
// has changed is checked when nothing more is there to be read, or when a
// request needs it.
#include "compiler/lsp.h"

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

void lsp_post(struct lsp_server *s, cJSON *m)
{
  if (!lsp_send(s->out, m))
    s->ended = true;
  cJSON_Delete(m);
}

cJSON *lsp_envelope(void)
{
  cJSON *m = cJSON_CreateObject();
  cJSON_AddStringToObject(m, "jsonrpc", "2.0");
  return m;
}

void lsp_notify(struct lsp_server *s, const char *method, cJSON *params)
{
  cJSON *m = lsp_envelope();
  cJSON_AddStringToObject(m, "method", method);
  cJSON_AddItemToObject(m, "params", params);
  lsp_post(s, m);
}

static void answer(struct lsp_server *s, const cJSON *id, cJSON *result)
{
  cJSON *m = lsp_envelope();
  cJSON_AddItemToObject(m, "id", cJSON_Duplicate(id, false));
  cJSON_AddItemToObject(m, "result", result ? result : cJSON_CreateNull());
  lsp_post(s, m);
}

static void answer_error(struct lsp_server *s, const cJSON *id, int code,
                         const char *why)
{
  cJSON *m = lsp_envelope(), *e = cJSON_CreateObject();
  cJSON_AddItemToObject(m, "id",
                        id ? cJSON_Duplicate(id, false) : cJSON_CreateNull());
  cJSON_AddNumberToObject(e, "code", code);
  lsp_add_text(e, "message", why);
  cJSON_AddItemToObject(m, "error", e);
  lsp_post(s, m);
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

const char *lsp_text_at(const cJSON *json, const char *name)
{
  const cJSON *x = cJSON_GetObjectItemCaseSensitive(json, name);
  return cJSON_IsString(x) ? x->valuestring : NULL;
}

const cJSON *lsp_at(const cJSON *json, const char *name)
{
  return cJSON_GetObjectItemCaseSensitive(json, name);
}

static bool read_number(const cJSON *json, uint32_t *out)
{
  if (!cJSON_IsNumber(json) || !(json->valuedouble >= 0))
    return false;
  *out = json->valuedouble < UINT32_MAX ? (uint32_t)json->valuedouble : UINT32_MAX;
  return true;
}

bool lsp_read_place(const cJSON *json, struct lsp_place *out)
{
  return read_number(lsp_at(json, "line"), &out->line) &&
         read_number(lsp_at(json, "character"), &out->character);
}

// ---- methods ----

static void end(struct lsp_server *s, const cJSON *params)
{
  s->ended = true;
}

enum { OF_FILE = 1, OF_PLACE = 2 };

static const struct {
  const char *name;
  unsigned needs;
  cJSON *(*run)(struct lsp_request *r);
} requests[] = {
    {"initialize", 0, lsp_initialize},
    {"shutdown", 0, lsp_shut_down},
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
    {"textDocument/formatting", OF_FILE, lsp_format},
    {"textDocument/codeAction", OF_FILE, lsp_code_actions},
    {"textDocument/semanticTokens/full", OF_FILE, lsp_tokens},
};

static const struct {
  const char *name;
  void (*run)(struct lsp_server *s, const cJSON *params);
} notifications[] = {
    {"exit", end},
    {"initialized", lsp_initialized},
    {"textDocument/didOpen", lsp_did_open},
    {"textDocument/didChange", lsp_did_change},
    {"textDocument/didClose", lsp_did_close},
    {"textDocument/didSave", lsp_did_save},
    {"workspace/didChangeWatchedFiles", lsp_did_change_files},
    {"workspace/didChangeWorkspaceFolders", lsp_did_change_folders},
};

static bool prepare(struct lsp_request *r, unsigned needs)
{
  struct lsp_place p;
  if (needs)
    r->file = lsp_open_file(r->s, r->params);
  if (needs && !r->file)
    lsp_refuse(r, LSP_INVALID_PARAMS, "there is no such open document");
  else if (needs & OF_PLACE && !lsp_read_place(lsp_at(r->params, "position"), &p))
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
  const cJSON *id = lsp_at(m, "id");
  const char *method = lsp_text_at(m, "method");
  struct lsp_request r = {.s = s, .params = lsp_at(m, "params")};
  if (!method && id && (lsp_at(m, "result") || lsp_at(m, "error")))
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
    const cJSON *other = lsp_at((*i)->message, "id");
    if (!other || !lsp_text_at((*i)->message, "method") ||
        !cJSON_Compare(other, id, true))
      continue;
    answer_error(s, other, LSP_CANCELLED, "the request was cancelled");
    drop(q, i);
    return;
  }
}

static void take(struct lsp_server *s, struct queue *q, cJSON *m)
{
  const char *method = lsp_text_at(m, "method");
  if (method && !strcmp(method, "$/cancelRequest")) {
    cancel(s, q, lsp_at(lsp_at(m, "params"), "id"));
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

int lsp_serve(const bool *off, bool warnings_as_errors)
{
  struct lsp_server s = {.in = {.fd = 0},
                         .out = 1,
                         .off = off,
                         .warnings_as_errors = warnings_as_errors};
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
