// The outline of a text: its declarations, and what can be folded.
#include "compiler/lsp.h"

#include "grammar/text/parse.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

// Numbers of the protocol.
enum {
  KIND_MODULE = 2, KIND_CLASS = 5, KIND_METHOD = 6, KIND_PROPERTY = 7,
  KIND_FIELD = 8, KIND_ENUM = 10, KIND_INTERFACE = 11, KIND_FUNCTION = 12,
  KIND_VARIABLE = 13, KIND_CONSTANT = 14, KIND_OBJECT = 19, KIND_MEMBER = 22,
  KIND_STRUCT = 23, KIND_EVENT = 24
};

static int kind_of(const struct item *i, bool inside)
{
  switch (i->kind) {
  case ITEM_TYPE:
    return i->type_decl.type && i->type_decl.type->kind == TYPE_RECORD ? KIND_STRUCT
                                                                       : KIND_ENUM;
  case ITEM_DEPLOYMENT:
    return i->deployment.c.result ? KIND_FUNCTION : KIND_CLASS;
  case ITEM_FN:
    return inside ? KIND_METHOD : KIND_FUNCTION;
  case ITEM_APP:
    return KIND_MODULE;
  case ITEM_BIND:
    return KIND_OBJECT;
  case ITEM_GRAPH:
  case ITEM_FLOW:
    return KIND_FUNCTION;
  case ITEM_ROUTE:
    return KIND_INTERFACE;
  case ITEM_STATE:
    return KIND_FIELD;
  case ITEM_LET:
    return KIND_PROPERTY;
  case ITEM_METRIC:
    return KIND_VARIABLE;
  case ITEM_RESOURCE:
  case ITEM_SERVER:
  case ITEM_OVERRIDE:
    return KIND_CONSTANT;
  case ITEM_TEST:
    return KIND_EVENT;
  default:
    return 0;
  }
}

struct outline {
  struct lsp_server *s;
  struct lsp_text *lines;
  cJSON *list;
  const char *uri;       // of a flat list, else NULL
  const char *container; // then
  const char *query;     // of the workspace, or NULL
};

static struct span head_span(const struct item *i)
{
  if (i->name.text)
    return i->name.span;
  if (i->kind == ITEM_ROUTE && i->route.path.data)
    return i->route.path.span;
  if (i->kind == ITEM_TEST && i->test.title.data)
    return i->test.title.span;
  if (i->kind == ITEM_OVERRIDE && i->settings.path)
    return i->settings.path->span;
  return (struct span){i->span.file, i->span.start, i->span.start};
}

static const char *title(const struct outline *o, const struct item *i)
{
  struct buf out = {.arena = &o->s->scratch};
  if (i->name.text)
    return i->name.text->text;
  if (i->kind == ITEM_ROUTE) {
    buf_adds(&out, i->route.method.text ? i->route.method.text->text : "route");
    buf_addc(&out, ' ');
    buf_add(&out, i->route.path.data ? i->route.path.data : "", i->route.path.size);
  } else if (i->kind == ITEM_TEST) {
    buf_add(&out, i->test.title.data ? i->test.title.data : "", i->test.title.size);
  } else if (i->kind == ITEM_OVERRIDE) {
    for (const struct name *n = i->settings.path; n; n = n->next)
      buf_addf(&out, "%s%s", out.size ? "." : "", n->text ? n->text->text : "");
  } else {
    buf_adds(&out, item_kind_text(i->kind));
  }
  return out.size ? out.data : "?";
}

// Letters of the query in their order, whatever stands between.
static bool matches(const char *name, const char *query)
{
  for (; *name && *query; name++)
    if (tolower((unsigned char)*name) == tolower((unsigned char)*query))
      query++;
  return !*query;
}

static void add_items(struct outline *o, const struct item *i, bool inside);

static cJSON *nested(struct outline *o, const struct item *i, const char *name)
{
  const struct block *body = i->kind == ITEM_APP          ? i->app.body
                             : i->kind == ITEM_DEPLOYMENT ? i->deployment.c.body
                                                          : NULL;
  if (i->kind == ITEM_DEPLOYMENT && i->deployment.c.result)
    body = NULL; // a function's body
  struct outline in = *o;
  in.list = o->uri ? o->list : cJSON_CreateArray();
  in.container = name;
  if (body)
    add_items(&in, body->items, true);
  return in.list;
}

static void add_flat(struct outline *o, const struct item *i, int kind,
                     const char *name)
{
  if (o->query && !matches(name, o->query))
    return;
  cJSON *one = cJSON_CreateObject(), *place = cJSON_CreateObject();
  lsp_add_text(one, "name", name);
  cJSON_AddNumberToObject(one, "kind", kind);
  lsp_add_text(place, "uri", o->uri);
  cJSON_AddItemToObject(place, "range", lsp_range(o->s, o->lines, head_span(i)));
  cJSON_AddItemToObject(one, "location", place);
  if (o->container)
    lsp_add_text(one, "containerName", o->container);
  cJSON_AddItemToArray(o->list, one);
}

static void add_nested(struct outline *o, const struct item *i, int kind,
                       const char *name)
{
  cJSON *one = cJSON_CreateObject();
  lsp_add_text(one, "name", name);
  cJSON_AddNumberToObject(one, "kind", kind);
  cJSON_AddItemToObject(one, "range", lsp_range(o->s, o->lines, i->span));
  cJSON_AddItemToObject(one, "selectionRange",
                        lsp_range(o->s, o->lines, head_span(i)));
  cJSON_AddItemToObject(one, "children", nested(o, i, name));
  cJSON_AddItemToArray(o->list, one);
}

static void add_items(struct outline *o, const struct item *i, bool inside)
{
  for (; i; i = i->next) {
    int kind = kind_of(i, inside);
    if (!kind)
      continue;
    const char *name = title(o, i);
    if (!o->uri) {
      add_nested(o, i, kind, name);
      continue;
    }
    add_flat(o, i, kind, name);
    nested(o, i, name);
  }
}

struct lsp_run *lsp_run_of(struct lsp_request *r, uint32_t *file)
{
  struct lsp_program *programs[LSP_PROGRAMS_MAX];
  uint32_t n = lsp_programs(r->s, r->file, programs);
  for (uint32_t i = 0; i < n; i++)
    if ((*file = lsp_file_in(programs[i]->now, r->file->path)) != UINT32_MAX)
      return programs[i]->now;
  return NULL;
}

cJSON *lsp_symbols(struct lsp_request *r)
{
  uint32_t file;
  struct lsp_run *run = lsp_run_of(r, &file);
  if (!run)
    return NULL;
  struct outline o = {.s = r->s,
                      .lines = &r->file->lines,
                      .list = cJSON_CreateArray(),
                      .uri = r->s->hierarchical ? NULL : lsp_uri(r->s, r->file->path)};
  add_items(&o, run->p.c.files[file]->items, false);
  return o.list;
}

// ---- the workspace ----

// Files that no program has are read for this alone.
static void add_file(struct lsp_request *r, struct lsp_file *f,
                     const char *query, cJSON *list)
{
  struct arena a = {0};
  struct atoms atoms = {.arena = &a};
  struct diags diags = {.arena = &a};
  size_t size;
  char *text = lsp_file_text(f, &size);
  struct source source = {f->path, text, size};
  struct lsp_text lines = {.data = text, .size = size};
  struct outline o = {.s = r->s,
                      .lines = &lines,
                      .list = list,
                      .uri = lsp_uri(r->s, f->path),
                      .query = query};
  if (text)
    add_items(&o, parse_source(&source, 0, &a, &atoms, &diags)->items, false);
  lsp_text_free(&lines);
  free(text);
  arena_free(&a);
}

cJSON *lsp_workspace_symbols(struct lsp_request *r)
{
  const cJSON *query = cJSON_GetObjectItem(r->params, "query");
  cJSON *list = cJSON_CreateArray();
  for (struct lsp_file *f = r->s->files; f; f = f->next)
    add_file(r, f, cJSON_IsString(query) ? query->valuestring : "", list);
  return list;
}

// ---- folding ----

struct folding {
  struct lsp_request *r;
  cJSON *list;
};

static void fold(void *who, const struct lsp_node *n)
{
  struct folding *x = who;
  struct lsp_text *t = &x->r->file->lines;
  const struct item *i = n->at;
  if (n->kind == LSP_BLOCK || (n->kind == LSP_ITEM && i->kind == ITEM_TYPE)) {
    struct lsp_place from = lsp_place_of(t, n->span.start, LSP_UTF8);
    struct lsp_place to = lsp_place_of(t, n->span.end, LSP_UTF8);
    if (to.line > from.line + 1) {
      cJSON *one = cJSON_CreateObject();
      cJSON_AddNumberToObject(one, "startLine", from.line);
      cJSON_AddNumberToObject(one, "endLine", to.line - 1);
      cJSON_AddItemToArray(x->list, one);
    }
  }
  lsp_children(n, fold, x);
}

cJSON *lsp_folding(struct lsp_request *r)
{
  uint32_t file;
  struct lsp_run *run = lsp_run_of(r, &file);
  if (!run)
    return NULL;
  struct folding x = {r, cJSON_CreateArray()};
  const struct file_ast *f = run->p.c.files[file];
  struct lsp_node whole = {LSP_FILE, f->span, f};
  lsp_children(&whole, fold, &x);
  return x.list;
}
