// Signature help: the call around the cursor, and which parameter is being
// written.
#include "compiler/lsp.h"

#include "grammar/defs/signature.h"

#include <string.h>

static const struct expr *call_around(const struct lsp_way *way, uint32_t cursor)
{
  for (uint32_t i = way->n; i-- > 0;) {
    const struct expr *e = way->nodes[i].at;
    if (way->nodes[i].kind == LSP_EXPR && e->kind == EXPR_CALL &&
        e->call.span.start < cursor && cursor < e->call.span.end)
      return e;
    if (way->nodes[i].kind == LSP_BLOCK)
      return NULL;
  }
  return NULL;
}

static bool has_call(const struct lsp_way *way, uint32_t cursor)
{
  return call_around(way, cursor);
}

// The argument at the cursor: its number, and its name if it has one.
static int argument_at(const struct expr *call, uint32_t cursor,
                       const char **named)
{
  int n = 0;
  *named = NULL;
  for (const struct arg *a = call->call.args; a; a = a->next, n++) {
    if (a->span.end < cursor)
      continue;
    *named = a->name.text ? a->name.text->text : NULL;
    return n;
  }
  return n;
}

// ---- signatures ----

struct helping {
  struct lsp_request *r;
  cJSON *signatures;
  int argument, active, best; // of parameters; of signatures
  const char *named;
};

static void add_parameter(struct helping *h, cJSON *list, const char *text,
                          size_t size)
{
  cJSON *one = cJSON_CreateObject();
  int n = cJSON_GetArraySize(list);
  cJSON_AddItemToObject(one, "label", lsp_string(text, size));
  cJSON_AddItemToArray(list, one);
  size_t name = h->named ? strlen(h->named) : 0;
  if (name && size > name && !memcmp(text, h->named, name) && text[name] == ':')
    h->active = n;
}

// The parts of "(a: T, b: [U])" between its commas.
static void add_parameters(struct helping *h, cJSON *list, const char *label)
{
  const char *open = strchr(label, '('), *begin = open ? open + 1 : "";
  int depth = 0;
  for (const char *at = begin; *at; at++) {
    bool end = !depth && (*at == ',' || *at == ')');
    depth += strchr("([{", *at) ? 1 : strchr(")]}", *at) ? -1 : 0;
    if (end && at > begin)
      add_parameter(h, list, begin, (size_t)(at - begin));
    if (end)
      begin = at + 1 + (at[1] == ' ');
    if (depth < 0)
      return;
  }
}

static void add_signature(struct helping *h, const char *label, const char *doc)
{
  cJSON *one = cJSON_CreateObject(), *list;
  lsp_add_text(one, "label", label);
  list = cJSON_AddArrayToObject(one, "parameters");
  add_parameters(h, list, label);
  if (doc && *doc)
    lsp_add_text(one, "documentation", doc);
  if (h->best < 0 && h->argument < cJSON_GetArraySize(list))
    h->best = cJSON_GetArraySize(h->signatures);
  cJSON_AddItemToArray(h->signatures, one);
}

static void add_operators(struct helping *h, const char *name)
{
  for (int id = 0; id < OPERATORS; id++) {
    const struct signature *s = signature_of(id);
    if (s && !strcmp(s->name, name))
      add_signature(h, arena_printf(&h->r->s->scratch, "%s%s", s->name, s->text),
                    s->doc);
  }
}

static void add_word(struct helping *h, const char *name)
{
  static const struct { const char *name, *signature, *doc; } calls[] = {
#define CALL(name, signature, doc) {name, signature, doc},
#include "compiler/lsp_words.def"
  };
  for (size_t i = 0; i < sizeof calls / sizeof *calls; i++)
    if (!strcmp(calls[i].name, name))
      add_signature(h, calls[i].signature, calls[i].doc);
}

// What the name that a callee ends with means.
static const struct index_name *called(const struct lsp_run *run,
                                       struct span callee)
{
  const struct index_name *best = NULL;
  for (uint32_t i = 0; i < run->index.n_names; i++) {
    const struct index_name *n = &run->index.names[i];
    if (n->at.file == callee.file && n->at.end == callee.end &&
        n->at.start >= callee.start && (!best || n->kind == INDEX_OPERATOR))
      best = n;
  }
  return best;
}

static void add_all(struct helping *h, const struct lsp_run *run,
                    const struct expr *call)
{
  struct span callee = call->call.of ? call->call.of->span : NO_SPAN;
  const struct index_name *n = called(run, callee);
  if (n && n->kind == INDEX_OPERATOR) {
    add_operators(h, n->signature->name);
    return;
  }
  for (uint32_t i = 0; i < run->index.n_calls; i++) {
    const struct index_call *c = &run->index.calls[i];
    if (c->at.start == call->span.start && c->at.end == call->span.end) {
      add_signature(h, c->label, n ? lsp_doc(run, n) : NULL);
      return;
    }
  }
  if (call->call.of && call->call.of->kind == EXPR_NAME)
    add_word(h, call->call.of->name.text->text);
}

cJSON *lsp_signature_help(struct lsp_request *r)
{
  struct lsp_cursor c;
  struct helping h = {.r = r, .best = -1};
  cJSON *json = NULL;
  const struct expr *call = lsp_cursor_open(r, &c, has_call, true)
                                ? call_around(&c.way, c.at.start)
                                : NULL;
  if (call) {
    h.active = h.argument = argument_at(call, c.at.start, &h.named);
    h.signatures = cJSON_CreateArray();
    add_all(&h, c.run, call);
    json = cJSON_CreateObject();
    cJSON_AddNumberToObject(json, "activeSignature", h.best < 0 ? 0 : h.best);
    cJSON_AddNumberToObject(json, "activeParameter", h.active);
    cJSON_AddItemToObject(json, "signatures", h.signatures);
  }
  lsp_cursor_close(&c);
  if (json && !cJSON_GetArraySize(h.signatures)) {
    cJSON_Delete(json);
    return NULL;
  }
  return json;
}
