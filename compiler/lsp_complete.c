// Completion: what may stand at the cursor. The text is parsed and checked with
// a name put there (lsp_cursor.c); where that name lands in the tree says what
// kind of thing is wanted, and the checker says which of them are visible.
#include "compiler/lsp.h"

#include "compiler/table.h"
#include "grammar/defs/settings.h"
#include "grammar/defs/signature.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

// Numbers of the protocol.
enum {
  KIND_METHOD = 2, KIND_FUNCTION = 3, KIND_FIELD = 5, KIND_VARIABLE = 6,
  KIND_CLASS = 7, KIND_MODULE = 9, KIND_PROPERTY = 10, KIND_ENUM = 13,
  KIND_KEYWORD = 14, KIND_SNIPPET = 15, KIND_FILE = 17, KIND_MEMBER = 20,
  KIND_CONSTANT = 21, KIND_STRUCT = 22
};

// Where a word of lsp_words.def may stand.
enum { AS_VALUE = 16, AS_TYPE = 32 }; // and enum item_place

struct completing {
  struct lsp_request *r;
  struct lsp_cursor *c; // or NULL: of the text as it is
  cJSON *items;
  struct atoms atoms; // of labels
  struct table offered;
};

// ---- items ----

// Whether it is offered already.
static bool has_item(struct completing *x, const char *label)
{
  struct arena *a = &x->r->s->scratch;
  x->atoms.arena = a;
  return table_get(&x->offered, atom_of_text(&x->atoms, label));
}

static cJSON *add_item(struct completing *x, const char *label, int kind,
                       char rank)
{
  x->atoms.arena = &x->r->s->scratch;
  *table_at(x->atoms.arena, &x->offered, atom_of_text(&x->atoms, label)) = x;
  cJSON *item = cJSON_CreateObject();
  lsp_add_text(item, "label", label);
  cJSON_AddNumberToObject(item, "kind", kind);
  lsp_add_text(item, "sortText", arena_printf(&x->r->s->scratch, "%c%s", rank, label));
  cJSON_AddItemToArray(x->items, item);
  return item;
}

static void add_doc(struct completing *x, cJSON *item, const char *doc)
{
  if (!doc || !*doc)
    return;
  cJSON *json = cJSON_AddObjectToObject(item, "documentation");
  cJSON_AddStringToObject(json, "kind", x->r->s->markdown ? "markdown" : "plaintext");
  lsp_add_text(json, "value", doc);
}

static void add_detail(cJSON *item, const struct type *t)
{
  struct buf out = {0};
  if (!t)
    return;
  type_print_brief(t, &out);
  lsp_add_text(item, "detail", out.data ? out.data : "");
  buf_free(&out);
}

static void add_insert(struct completing *x, cJSON *item, const char *snippet,
                       const char *plain)
{
  if (x->r->s->snippets && snippet && *snippet) {
    lsp_add_text(item, "insertText", snippet);
    cJSON_AddNumberToObject(item, "insertTextFormat", 2);
  } else if (plain) {
    lsp_add_text(item, "insertText", plain);
  }
}

// ---- words of the language ----

static void add_words(struct completing *x, unsigned places)
{
  static const struct {
    const char *word;
    unsigned places;
    const char *snippet, *doc;
  } words[] = {
#define WORD(word, places, snippet, doc) {word, places, snippet, doc},
#include "compiler/lsp_words.def"
  };
  for (size_t i = 0; i < sizeof words / sizeof *words; i++)
    if (words[i].places & places) {
      cJSON *item = add_item(x, words[i].word, KIND_KEYWORD, '5');
      add_doc(x, item, words[i].doc);
      add_insert(x, item, words[i].snippet, NULL);
    }
}

static void add_calls(struct completing *x)
{
  static const struct { const char *name, *signature, *doc; } calls[] = {
#define CALL(name, signature, doc) {name, signature, doc},
#include "compiler/lsp_words.def"
  };
  for (size_t i = 0; i < sizeof calls / sizeof *calls; i++) {
    cJSON *item = add_item(x, calls[i].name, KIND_FUNCTION, '4');
    lsp_add_text(item, "detail", calls[i].signature);
    add_doc(x, item, calls[i].doc);
  }
}

static void add_list(struct completing *x, const char *const *names,
                     const char *const *docs, int kind)
{
  for (size_t i = 0; names[i]; i++)
    add_doc(x, add_item(x, names[i], kind, '1'), docs ? docs[i] : NULL);
}

static void add_adapters(struct completing *x)
{
  static const char *const names[] = {
#define ADAPTER(name, gives, reads) #name,
#include "grammar/defs/adapters.def"
      NULL};
  static const char *const docs[] = {
#define ADAPTER(name, gives, reads) gives ": " reads,
#include "grammar/defs/adapters.def"
  };
  add_list(x, names + 1, docs + 1, KIND_ENUM); // the first one is `none`
}

static void add_sources(struct completing *x)
{
  static const char *const names[] = {"query", "path", "header", "cookie",
                                      "body", NULL};
  add_list(x, names, NULL, KIND_ENUM);
}

static void add_forms(struct completing *x)
{
  static const char *const names[] = {
#define FORM(name, content_type) #name,
#include "grammar/defs/adapters.def"
      NULL};
  static const char *const docs[] = {
#define FORM(name, content_type) content_type,
#include "grammar/defs/adapters.def"
  };
  add_list(x, names + 1, docs + 1, KIND_ENUM); // the first one is `auto`
}

static void add_methods(struct completing *x)
{
  for (int i = 0; i < METHODS; i++)
    add_item(x, plan_method_name(i), KIND_KEYWORD, '1');
}

static void add_limits(struct completing *x)
{
  static const char *const names[] = {
#define LIMIT(name, on, error, message) #name,
#include "grammar/defs/limits.def"
      NULL};
  for (size_t i = 0; names[i]; i++)
    add_insert(x, add_item(x, names[i], KIND_PROPERTY, '1'),
               NULL, arena_printf(&x->r->s->scratch, "%s: ", names[i]));
}

// ---- settings ----

static void add_setting(struct completing *x, const struct setting_row *row,
                        const char *name, size_t size, bool group,
                        const char *doc)
{
  struct arena *a = &x->r->s->scratch;
  const char *label = arena_copy(a, name, size);
  cJSON *item = add_item(x, label, KIND_PROPERTY, '2');
  lsp_add_text(item, "detail",
               group ? "{ … }"
                     : arena_printf(a, "%s%s%s", row->type, *row->value ? " = " : "",
                                    row->value));
  add_doc(x, item, doc);
  add_insert(x, item,
             arena_printf(a, group ? "%s: { $0 }" : "%s: $0", label),
             arena_printf(a, "%s: ", label));
}

// Those of a place, or of a group in it (`autoscaling`).
static void add_settings(struct completing *x, unsigned places, const char *group)
{
  static const char *const docs[] = {
#define SETTING(id, places, name, type, value, doc) doc,
#include "grammar/defs/kinds.def"
#undef SETTING
  };
  size_t in = group ? strlen(group) + 1 : 0;
  const char *last = "";
  for (int i = 0; i < SETTINGS; i++) {
    const struct setting_row *row = &setting_rows[i];
    const char *name = row->name + in, *dot;
    if (!(row->places & places) ||
        (in && (strncmp(row->name, group, in - 1) != 0 || row->name[in - 1] != '.')))
      continue;
    dot = strchr(name, '.');
    size_t size = dot ? (size_t)(dot - name) : strlen(name);
    if (dot && !strncmp(last, name, size) && last[size] == '.')
      continue; // its group was said
    add_setting(x, row, name, size, dot, dot ? NULL : docs[i]);
    last = name;
  }
}

// ---- names ----

static char rank_of(const struct index_name *n)
{
  switch (n->kind) {
  case INDEX_LOCAL:
  case INDEX_PARAMETER:
    return '1';
  case INDEX_MEMBER:
  case INDEX_FUNCTION:
  case INDEX_BINDING:
  case INDEX_GRAPH:
    return '2';
  case INDEX_OPERATOR:
    return '4';
  default:
    return '3';
  }
}

static int kind_of(const struct index_name *n)
{
  static const unsigned char kinds[] = {
      [INDEX_TYPE] = KIND_STRUCT,       [INDEX_DEPLOYMENT] = KIND_CLASS,
      [INDEX_FUNCTION] = KIND_FUNCTION, [INDEX_METRIC] = KIND_VARIABLE,
      [INDEX_RESOURCE] = KIND_CONSTANT, [INDEX_APP] = KIND_MODULE,
      [INDEX_LIBRARY] = KIND_MODULE,    [INDEX_BINDING] = KIND_VARIABLE,
      [INDEX_GRAPH] = KIND_FUNCTION,    [INDEX_FLOW] = KIND_FUNCTION,
      [INDEX_MEMBER] = KIND_FIELD,      [INDEX_LOCAL] = KIND_VARIABLE,
      [INDEX_PARAMETER] = KIND_VARIABLE, [INDEX_FIELD] = KIND_FIELD,
      [INDEX_CASE] = KIND_MEMBER,       [INDEX_OPERATOR] = KIND_FUNCTION,
      [INDEX_SETTING] = KIND_PROPERTY,  [INDEX_WORD] = KIND_STRUCT};
  return kinds[n->kind];
}

static void add_name(struct completing *x, const struct lsp_run *run,
                     const struct index_name *n)
{
  if (!n->name || !strcmp(n->name->text, "_"))
    return;
  cJSON *item = add_item(x, n->name->text, kind_of(n), rank_of(n));
  if (n->kind == INDEX_OPERATOR)
    lsp_add_text(item, "detail",
                 arena_printf(&x->r->s->scratch, "%s%s", n->name->text,
                              n->signature->text));
  else
    add_detail(item, n->type);
  add_doc(x, item, lsp_doc(run, n));
}

// What is visible; an inner name hides an outer one.
static void add_scope(struct completing *x, bool dotted)
{
  const struct index *index = &x->c->run->index;
  for (uint32_t i = 0; i < index->n_scope; i++) {
    const struct index_name *n = &index->scope[i];
    bool dot = n->name && strchr(n->name->text, '.');
    if (n->name && !dot && (n->kind == INDEX_OPERATOR || !has_item(x, n->name->text)))
      add_name(x, x->c->run, n);
    else if (dot && dotted) { // `log.info`: `log` is offered
      char *first = strndup(n->name->text, strcspn(n->name->text, "."));
      if (first && !has_item(x, first))
        add_item(x, first, KIND_MODULE, '4');
      free(first);
    }
  }
}

static void add_enum(struct completing *x, const struct type *want, bool quoted)
{
  if (want && want->kind == TYPE_optional)
    want = want->of;
  for (uint32_t i = 0; want && want->kind == TYPE_enum && i < want->n_parts; i++) {
    const char *word = want->parts[i].name->text;
    add_item(x, quoted ? word : arena_printf(&x->r->s->scratch, "\"%s\"", word),
             KIND_MEMBER, '0');
  }
}

static void add_expression(struct completing *x)
{
  add_enum(x, x->c->run->index.want, false);
  add_scope(x, true);
  add_words(x, AS_VALUE);
  add_calls(x);
}

// ---- types ----

static void add_classes(struct completing *x, bool functions)
{
  const struct program *p = x->c->run->p.program;
  for (const struct class *c = p ? p->classes : NULL; c; c = c->next)
    if (c->name && c->kind != CLASS_graph && (functions || c->kind != CLASS_function) &&
        !has_item(x, c->name->text))
      add_doc(x, add_item(x, c->name->text, KIND_CLASS, '2'), c->doc);
}

static void add_types(struct completing *x)
{
  static const char *const words[] = {
#define TYPE(kind, word, form, part) word,
#include "grammar/defs/types.def"
#undef TYPE
      NULL};
  const struct index *index = &x->c->run->index;
  for (int i = 0; i < TYPE_enum; i++)
    if (!has_item(x, words[i]))
      add_item(x, words[i], KIND_STRUCT, '3');
  for (uint32_t i = 0; i < index->n_names; i++)
    if (index->names[i].declares && index->names[i].kind == INDEX_TYPE &&
        !has_item(x, index->names[i].name->text))
      add_name(x, x->c->run, &index->names[i]);
  add_classes(x, false);
  add_words(x, AS_TYPE);
}

// ---- members ----

static void add_parts(struct completing *x, const struct type *t, bool colon)
{
  for (uint32_t i = 0; i < t->n_parts; i++) {
    if (!t->parts[i].name)
      continue;
    const char *name = t->parts[i].name->text;
    cJSON *item = add_item(x, name, KIND_FIELD, '1');
    add_detail(item, t->parts[i].type);
    add_doc(x, item, t->parts[i].doc);
    if (colon)
      add_insert(x, item, NULL, arena_printf(&x->r->s->scratch, "%s: ", name));
  }
}

static void add_class_methods(struct completing *x, const struct class *c)
{
  for (const struct method *m = c->methods; m; m = m->next) {
    struct index_name of = {.to = m->span};
    const struct index_name *n = lsp_declaration(x->c->run, &of);
    if (n && n->name == m->name)
      add_name(x, x->c->run, n);
    else if (m->name)
      add_item(x, m->name->text, KIND_METHOD, '1');
  }
}

static void add_members_of(struct completing *x, const struct type *t)
{
  if (t->kind == TYPE_record)
    add_parts(x, t, false);
  else if (t->kind == TYPE_handle)
    add_class_methods(x, t->class);
  else if (t->kind == TYPE_map)
    add_doc(x, add_item(x, "get", KIND_METHOD, '1'),
            signature_of(OPERATOR_get)->doc);
  for (uint32_t i = 0; t->kind == TYPE_tuple && i < t->n_parts; i++)
    add_detail(add_item(x, arena_printf(&x->r->s->scratch, "%u", i), KIND_FIELD, '1'),
               t->parts[i].type);
}

// Operators whose names begin with `first.`
static void add_dotted(struct completing *x, const char *first)
{
  size_t n = strlen(first);
  for (int id = 0; id < OPERATORS; id++) {
    const struct signature *s = signature_of(id);
    if (!s || strncmp(s->name, first, n) != 0 || s->name[n] != '.' ||
        has_item(x, s->name + n + 1))
      continue;
    cJSON *item = add_item(x, s->name + n + 1, KIND_FUNCTION, '1');
    lsp_add_text(item, "detail", arena_printf(&x->r->s->scratch, "%s%s", s->name, s->text));
    add_doc(x, item, s->doc);
  }
}

// The type of a name as the last good text had it.
static const struct type *type_before(struct completing *x, const struct expr *of)
{
  struct lsp_found f;
  if (of->kind != EXPR_NAME || !lsp_find(x->r->s, x->r->file, of->span.end, &f))
    return NULL;
  return f.name->type;
}

static void add_members(struct completing *x, const struct expr *of)
{
  const struct type *t = of->type;
  if (!t)
    t = type_before(x, of);
  if (x->c->run->index.n_scope)
    add_scope(x, false);
  else if (t)
    add_members_of(x, t);
  else if (of->kind == EXPR_NAME)
    add_dotted(x, of->name.text->text);
}

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
  add_words(x, place);
  if (place & (IN_CLASS | IN_BODY))
    add_settings(x, settings_of(of), NULL);
  if (place == IN_BODY)
    add_expression(x);
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
    cJSON *item = add_item(x, arena_printf(a, "%s:", name), KIND_PROPERTY, '0');
    add_insert(x, item, NULL, arena_printf(a, "%s: ", name));
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
    add_settings(x, settings_of(call->at), NULL); // `batch(…)`
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
    add_classes(x, true);
  } else {
    offer_arguments(x);
    if (above(&x->c->way, 2)->kind != LSP_ITEM || up->kind != LSP_ARG)
      add_expression(x);
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
    add_settings(x, PLACE_CALL, NULL);
    return;
  }
  if (owner->kind == LSP_EXPR && e->note &&
      ((const struct type *)e->note)->kind == TYPE_record) {
    add_parts(x, e->note, true);
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
    add_settings(x, settings_of(owner->at), group);
}

static void offer_argument_name(struct completing *x)
{
  const struct lsp_node *owner = above(&x->c->way, 1);
  if (owner->kind == LSP_ITEM)
    add_settings(x, settings_of(owner->at), NULL);
  else if (owner->kind == LSP_TYPE)
    add_limits(x);
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
    add_parts(x, t, false);
  add_enum(x, t, false);
  add_item(x, "_", KIND_KEYWORD, '5');
}

static void offer_apps(struct completing *x, const struct item *i)
{
  const struct program *p = x->c->run->p.program;
  const struct name *path = i->settings.path;
  for (const struct app *a = p ? p->apps : NULL; a; a = a->next) {
    if (is_at(path, x->c->at.start))
      add_doc(x, add_item(x, a->name->text, KIND_MODULE, '1'), a->doc);
    else if (!strcmp(a->name->text, path->text->text))
      for (const struct binding *b = a->bindings; b; b = b->next)
        add_doc(x, add_item(x, b->name->text, KIND_VARIABLE, '1'), b->doc);
  }
}

static void offer_in_item(struct completing *x, const struct item *i)
{
  static const char *const languages[] = {"python", "c", "exec", NULL};
  if (i->kind == ITEM_ROUTE)
    add_methods(x);
  else if (i->kind == ITEM_DEPLOYMENT)
    add_list(x, languages, NULL, KIND_KEYWORD);
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
      add_members(x, e->access.of);
    return;
  case LSP_FIELD:
    offer_field(x);
    return;
  case LSP_ARG:
    offer_argument_name(x);
    return;
  case LSP_TYPE:
    add_types(x);
    return;
  case LSP_PARAM:
    if (is_at(&p->source, x->c->at.start))
      add_sources(x);
    else
      add_adapters(x);
    return;
  case LSP_FORM:
    add_forms(x);
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
    add_methods(x);
  else if (!strcmp(before, "on"))
    add_list(x, languages, NULL, KIND_KEYWORD);
  return cJSON_GetArraySize(x->items) > 0;
}

// Files beside the text, and below its folder.
static void offer_files(struct completing *x)
{
  const char *own = x->r->file->path, *slash = strrchr(own, '/');
  size_t n = slash ? (size_t)(slash - own) + 1 : 0;
  for (const struct lsp_file *f = x->r->s->files; f && n; f = f->next)
    if (f != x->r->file && !strncmp(f->path, own, n))
      add_item(x, arena_printf(&x->r->s->scratch, "./%s", f->path + n), KIND_FILE, '1');
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
    add_enum(x, e->note, true);
}

cJSON *lsp_complete(struct lsp_request *r)
{
  struct lsp_cursor c = {0};
  struct completing x = {.r = r, .c = &c, .items = cJSON_CreateArray()};
  if (lsp_cursor_open(r, &c, has_landed))
    offer(&x);
  lsp_cursor_close(&c);
  if (!cJSON_GetArraySize(x.items) && !offer_behind_word(&x))
    offer_words(&x);
  cJSON *json = cJSON_CreateObject();
  cJSON_AddFalseToObject(json, "isIncomplete");
  cJSON_AddItemToObject(json, "items", x.items);
  return json;
}
