// Completion: what may stand at the cursor. The text is parsed and checked with
// a name put there (lsp_cursor.c); where that name lands in the tree says what
// kind of thing is wanted, and the checker says which of them are visible.
#include "compiler/lsp_offer.h"

#include "compiler/library.h"
#include "grammar/defs/settings.h"

#include <ctype.h>
#include <string.h>

// ---- where the name has landed ----

static const struct lsp_node *above(const struct lsp_way *w, uint32_t n)
{
  return w->n > n ? &w->nodes[w->n - 1 - n] : &w->nodes[0];
}

static bool is_at(const struct name *n, uint32_t cursor)
{
  return n->text && n->span.start == cursor;
}

static bool in_path(const struct name *n, uint32_t cursor)
{
  for (; n; n = n->next)
    if (is_at(n, cursor))
      return true;
  return false;
}

static bool in_item(const struct item *i, uint32_t cursor)
{
  switch (i->kind) {
  case ITEM_USE:
    return is_at(&i->use.module, cursor);
  case ITEM_ROUTE:
    return is_at(&i->route.method, cursor);
  case ITEM_DEPLOYMENT:
    return is_at(&i->deployment.on, cursor);
  case ITEM_OVERRIDE:
    return in_path(i->settings.path, cursor);
  default:
    return i->kind == ITEM_SETTING && is_at(&i->name, cursor);
  }
}

// Whether the cursor's name is one of which something can be said.
static bool has_landed(const struct lsp_way *w, uint32_t cursor)
{
  const struct lsp_node *n = above(w, 0);
  const struct expr *e = n->at;
  const struct param *p = n->at;
  const struct type_expr *t = n->at;
  const struct pattern *pattern = n->at;
  switch (n->kind) {
  case LSP_EXPR:
    return (e->kind == EXPR_NAME && is_at(&e->name, cursor)) ||
           (e->kind == EXPR_FIELD && is_at(&e->access.name, cursor));
  case LSP_FIELD:
    return is_at(&((const struct field *)n->at)->name, cursor);
  case LSP_ARG:
    return is_at(&((const struct arg *)n->at)->name, cursor);
  case LSP_TYPE:
    return (t->kind == TYPE_NAMED || t->kind == TYPE_TENSOR) &&
           in_path(t->named.path, cursor);
  case LSP_PARAM:
    return is_at(&p->source, cursor) || is_at(&p->adapter, cursor);
  case LSP_FORM:
    return is_at(&((const struct form *)n->at)->name, cursor);
  case LSP_PATTERN:
    return is_at(&pattern->name, cursor);
  case LSP_ITEM:
    return in_item(n->at, cursor);
  default:
    return false;
  }
}

// ---- what is offered there ----

// Of the list of items that a node stands in: where it is.
static unsigned place_of(const struct lsp_way *w, uint32_t n, const struct item **of)
{
  const struct lsp_node *list = above(w, n + 1), *owner = above(w, n + 2);
  const struct item *i = owner->at;
  *of = NULL;
  if (list->kind == LSP_FILE)
    return IN_FILE;
  if (owner->kind != LSP_ITEM)
    return IN_BODY;
  *of = i;
  if (i->kind == ITEM_APP)
    return IN_APP;
  return i->kind == ITEM_DEPLOYMENT && !i->deployment.c.result ? IN_CLASS : IN_BODY;
}

static unsigned settings_of(const struct item *of)
{
  if (!of)
    return 0;
  switch (of->kind) {
  case ITEM_DEPLOYMENT:
  case ITEM_BIND:
  case ITEM_OVERRIDE:
    return PLACE_DEPLOYMENT;
  case ITEM_GRAPH:
    return PLACE_GRAPH;
  case ITEM_ROUTE:
    return PLACE_ROUTE;
  case ITEM_APP:
    return PLACE_APP;
  case ITEM_SERVER:
    return PLACE_SERVER;
  case ITEM_RESOURCE:
    return PLACE_RESOURCE;
  case ITEM_FN:
    return of->fn.kind == FN_BATCH       ? PLACE_BATCH
           : of->fn.kind == FN_MULTIPLEX ? PLACE_MULTIPLEX
                                         : 0;
  default:
    return 0;
  }
}

// A name alone as an item: a declaration or statement is about to be written.
static void offer_item(struct completing *x, uint32_t n)
{
  const struct item *of;
  unsigned place = place_of(&x->c->way, n, &of);
  lsp_offer_words(x, place);
  if (place & (IN_CLASS | IN_BODY))
    lsp_offer_settings(x, settings_of(of), NULL);
  if (place == IN_BODY)
    lsp_offer_expression(x);
}

static bool is_given(const struct arg *a, const char *name)
{
  for (; a; a = a->next)
    if (a->name.text && !strcmp(a->name.text->text, name))
      return true;
  return false;
}

static void add_parameters(struct completing *x, const struct index_call *c,
                           const struct expr *e)
{
  struct arena *a = &x->r->s->scratch;
  for (uint32_t i = 0; i < c->n; i++) {
    const char *label = c->label + c->params[i].start;
    size_t size = strcspn(label, ":,)");
    const char *name = arena_copy(a, label, size);
    if (label[size] != ':' || is_given(e->call.args, name))
      continue;
    cJSON *item = lsp_offer_item(x, arena_printf(a, "%s:", name), KIND_PROPERTY, '0');
    lsp_offer_insert(x, item, NULL, arena_printf(a, "%s: ", name));
  }
}

// An argument is about to be written: it may begin with its parameter's name.
static void offer_arguments(struct completing *x)
{
  const struct lsp_node *arg = above(&x->c->way, 1), *call = above(&x->c->way, 2);
  const struct expr *e = call->at;
  const struct index *index = &x->c->run->index;
  if (arg->kind != LSP_ARG || ((const struct arg *)arg->at)->name.text)
    return;
  if (call->kind == LSP_ITEM)
    lsp_offer_settings(x, settings_of(call->at), NULL); // `batch(…)`
  for (uint32_t i = 0; i < index->n_calls && call->kind == LSP_EXPR; i++)
    if (index->calls[i].at.start == e->span.start &&
        index->calls[i].at.end == e->span.end)
      add_parameters(x, &index->calls[i], e);
}

static void offer_value(struct completing *x)
{
  const struct lsp_node *up = above(&x->c->way, 1);
  const struct item *i = up->at;
  const struct expr *e = up->at;
  if (up->kind == LSP_EXPR && e->kind == EXPR_CALL &&
      above(&x->c->way, 2)->kind == LSP_ITEM) {
    up = above(&x->c->way, 2);
    i = up->at;
  }
  if (up->kind == LSP_ITEM && i->kind == ITEM_EXPR) {
    offer_item(x, 1);
  } else if (up->kind == LSP_ITEM && i->kind == ITEM_BIND) {
    lsp_offer_classes(x, true);
  } else {
    offer_arguments(x);
    if (above(&x->c->way, 2)->kind != LSP_ITEM || up->kind != LSP_ARG)
      lsp_offer_expression(x);
  }
}

// A name before a colon, in braces: of a setting, an option or a field.
static void offer_field(struct completing *x)
{
  const struct lsp_way *w = &x->c->way;
  const struct lsp_node *owner = above(w, 1), *up = above(w, 2);
  const struct expr *e = owner->at;
  const char *group = NULL;
  if (owner->kind == LSP_EXPR && e->kind == EXPR_WITH) {
    lsp_offer_settings(x, PLACE_CALL, NULL);
    return;
  }
  if (owner->kind == LSP_EXPR && e->note &&
      ((const struct type *)e->note)->kind == TYPE_record) {
    lsp_offer_parts(x, e->note, true);
    return;
  }
  if (owner->kind == LSP_EXPR) { // a group: `autoscaling: { … }`
    const struct field *f = up->at;
    const struct item *setting = up->at;
    const struct name *name = up->kind == LSP_FIELD  ? &f->name
                              : up->kind == LSP_ITEM ? &setting->name
                                                     : NULL;
    group = name && name->text ? name->text->text : "";
    owner = up->kind == LSP_ITEM ? above(w, 4) : above(w, 3);
  }
  if (owner->kind == LSP_ITEM && settings_of(owner->at))
    lsp_offer_settings(x, settings_of(owner->at), group);
}

static void offer_argument_name(struct completing *x)
{
  const struct lsp_node *owner = above(&x->c->way, 1);
  if (owner->kind == LSP_ITEM)
    lsp_offer_settings(x, settings_of(owner->at), NULL);
  else if (owner->kind == LSP_TYPE)
    lsp_offer_limits(x);
}

static void offer_cases(struct completing *x)
{
  const struct lsp_node *match = above(&x->c->way, 2);
  const struct expr *e = match->at;
  const struct item *i = match->at;
  const struct expr *value = match->kind == LSP_ITEM ? i->match.value
                             : match->kind == LSP_EXPR ? e->match.value
                                                       : NULL;
  const struct type *t = value ? value->type : NULL;
  if (t && t->kind == TYPE_union)
    lsp_offer_parts(x, t, false);
  lsp_offer_enum(x, t, false);
  lsp_offer_item(x, "_", KIND_KEYWORD, '5');
}

static void offer_apps(struct completing *x, const struct item *i)
{
  const struct program *p = x->c->run->p.program;
  const struct name *path = i->settings.path;
  for (const struct app *a = p ? p->apps : NULL; a; a = a->next) {
    if (is_at(path, x->c->at.start))
      lsp_offer_doc(x, lsp_offer_item(x, a->name->text, KIND_MODULE, '1'), a->doc);
    else if (!strcmp(a->name->text, path->text->text))
      for (const struct binding *b = a->bindings; b; b = b->next)
        lsp_offer_doc(x, lsp_offer_item(x, b->name->text, KIND_VARIABLE, '1'), b->doc);
  }
}

static void offer_libraries(struct completing *x)
{
  uint32_t n;
  const char *const *names = library_names(&n);
  for (uint32_t i = 0; i < n; i++) {
    struct buf doc = {.arena = &x->r->s->scratch};
    lsp_library_doc(names[i], &doc);
    lsp_offer_doc(x, lsp_offer_item(x, names[i], KIND_MODULE, '1'), doc.data);
  }
}

static void offer_in_item(struct completing *x, const struct item *i)
{
  static const char *const languages[] = {"python", "c", "exec", NULL};
  if (i->kind == ITEM_USE)
    offer_libraries(x);
  else if (i->kind == ITEM_ROUTE)
    lsp_offer_methods(x);
  else if (i->kind == ITEM_DEPLOYMENT)
    lsp_offer_list(x, languages, NULL, KIND_KEYWORD);
  else if (i->kind == ITEM_OVERRIDE)
    offer_apps(x, i);
  else if (i->kind == ITEM_SETTING)
    offer_item(x, 0);
}

static void offer(struct completing *x)
{
  const struct lsp_node *n = above(&x->c->way, 0);
  const struct expr *e = n->at;
  const struct param *p = n->at;
  switch (n->kind) {
  case LSP_EXPR:
    if (e->kind == EXPR_NAME)
      offer_value(x);
    else
      lsp_offer_members(x, e->access.of);
    return;
  case LSP_FIELD:
    offer_field(x);
    return;
  case LSP_ARG:
    offer_argument_name(x);
    return;
  case LSP_TYPE:
    lsp_offer_types(x);
    return;
  case LSP_PARAM:
    if (is_at(&p->source, x->c->at.start))
      lsp_offer_sources(x);
    else
      lsp_offer_adapters(x);
    return;
  case LSP_FORM:
    lsp_offer_forms(x);
    return;
  case LSP_PATTERN:
    offer_cases(x);
    return;
  case LSP_ITEM:
    offer_in_item(x, n->at);
    return;
  default:
    return;
  }
}

// ---- what no tree can tell ----

// The word before the one that is being written, on the same line.
static const char *word_before(struct lsp_request *r, uint32_t start)
{
  const char *text = r->file->text;
  uint32_t end = start;
  while (end && (text[end - 1] == ' ' || text[end - 1] == '\t'))
    end--;
  uint32_t begin = end;
  while (begin && (isalnum((unsigned char)text[begin - 1]) || text[begin - 1] == '_'))
    begin--;
  return end == start ? "" : arena_copy(&r->s->scratch, text + begin, end - begin);
}

static bool offer_behind_word(struct completing *x)
{
  static const char *const languages[] = {"python", "c", "exec", NULL};
  uint32_t start = x->r->offset;
  const char *text = x->r->file->text;
  while (start && (isalnum((unsigned char)text[start - 1]) || text[start - 1] == '_'))
    start--;
  const char *before = word_before(x->r, start);
  if (!strcmp(before, "route"))
    lsp_offer_methods(x);
  else if (!strcmp(before, "on"))
    lsp_offer_list(x, languages, NULL, KIND_KEYWORD);
  return cJSON_GetArraySize(x->items) > 0;
}

// Files beside the text, and below its folder.
static void offer_files(struct completing *x)
{
  const char *own = x->r->file->path, *slash = strrchr(own, '/');
  size_t n = slash ? (size_t)(slash - own) + 1 : 0;
  for (const struct lsp_file *f = x->r->s->files; f && n; f = f->next)
    if (f != x->r->file && !strncmp(f->path, own, n))
      lsp_offer_item(x, arena_printf(&x->r->s->scratch, "./%s", f->path + n), KIND_FILE, '1');
}

// In a text whose value is one of several: these.
static void offer_words(struct completing *x)
{
  uint32_t file;
  struct lsp_run *run = lsp_run_of(x->r, &file);
  if (!run)
    return;
  struct lsp_way w = lsp_way_to(&x->r->s->scratch, run->p.c.files[file],
                                x->r->offset, x->r->offset);
  const struct lsp_node *n = above(&w, 0);
  const struct expr *e = n->at;
  const struct item *i = n->at;
  if (n->kind == LSP_ITEM && i->kind == ITEM_USE && i->use.path.data &&
      i->use.path.span.start < x->r->offset)
    offer_files(x);
  if (n->kind == LSP_EXPR && e->kind == EXPR_STR && e->text.span.start < x->r->offset &&
      x->r->offset < e->text.span.end)
    lsp_offer_enum(x, e->note, true);
}

cJSON *lsp_complete(struct lsp_request *r)
{
  struct lsp_cursor c = {0};
  struct completing x = {.r = r, .c = &c, .items = cJSON_CreateArray()};
  if (lsp_cursor_open(r, &c, has_landed, false))
    offer(&x);
  lsp_cursor_close(&c);
  if (!cJSON_GetArraySize(x.items) && !offer_behind_word(&x))
    offer_words(&x);
  cJSON *json = cJSON_CreateObject();
  cJSON_AddFalseToObject(json, "isIncomplete");
  cJSON_AddItemToObject(json, "items", x.items);
  return json;
}
