// Routes: where their parameters come from, and what is answered. Their paths
// are read in check_path.c.
#include "compiler/checker.h"

#include <string.h>

struct routing {
  struct checker *k;
  struct app_sym *app;
  struct item *item;
  struct route *r;
  struct body b;
  struct route_path path;
  uint32_t bodies, readers; // parameters from the body; adapters that read it
  uint32_t streams;         // parameters that take a body as it comes
};

// ---- paths ----

static void overlap_check(struct routing *r)
{
  struct checker *k = r->k;
  const char *key = arena_printf(k->a, "%d %s", r->r->method, r->path.pattern);
  void **at = table_at(k->a, &k->routes, atom_of_text(&k->c->atoms, key));
  struct route *first = *at;
  if (!first) {
    *at = r->r;
    return;
  }
  struct diag *d = diag_report(k->d, DIAG_route_overlap, r->r->span,
                               "%s %s matches what %s %s matches",
                               plan_method_name(r->r->method), r->r->path,
                               plan_method_name(first->method), first->path);
  diag_note(k->d, d, first->span, "the first route");
}

static bool read_method(struct routing *r)
{
  struct checker *k = r->k;
  struct name *m = &r->item->route.method;
  const char *names[METHODS];
  if (!m->text) {
    diag_report(k->d, DIAG_no_flows, r->item->span,
                "routes of flows are not built yet");
    return false;
  }
  for (int i = 0; i < METHODS; i++) {
    names[i] = plan_method_name(i);
    if (strcmp(m->text->text, names[i]))
      continue;
    r->r->method = i;
    return true;
  }
  struct diag *d = diag_report(k->d, DIAG_unknown_http_method, m->span,
                               "there is no HTTP method `%s`", m->text->text);
  name_hint_all(k, d, m->text->text, names, METHODS);
  return false;
}

// ---- sources ----

static int word_index(const char *const *words, int n, atom name)
{
  for (int i = 0; i < n; i++)
    if (!strcmp(words[i], name->text))
      return i;
  return -1;
}

// FastAPI's rule for a parameter that does not say where it comes from.
static void source_by_rule(struct routing *r, const struct sig_param *s,
                           struct route_param *out)
{
  if (hole_named(&r->path, s->name)) {
    out->source = SOURCE_path;
  } else if (s->type == type_of_adapter(r->k, ADAPTER_request)) {
    out->source = SOURCE_adapter;
    out->adapter = ADAPTER_request;
  } else {
    out->source = type_is_scalar(s->type) ? SOURCE_query : SOURCE_body;
  }
}

// Whether several values may come under one name.
static bool may_repeat(enum source_kind s)
{
  return s == SOURCE_query || s == SOURCE_header;
}

static bool source_suits(struct checker *k, enum source_kind s,
                         const struct type *t)
{
  if (s == SOURCE_body)
    return type_has_json(k, t);
  if (s == SOURCE_path)
    return type_is_scalar(t) && t->kind != TYPE_optional;
  return type_is_scalar(t) ||
         (may_repeat(s) && t->kind == TYPE_list && type_is_scalar(t->of));
}

// A field of a form: a scalar, a file as bytes, or several of either; each may
// be missing.
static bool form_field_suits(const struct type *t)
{
  t = without_none(t);
  if (t->kind == TYPE_list)
    t = t->of;
  return type_is_scalar(t) || t->kind == TYPE_bytes;
}

static bool adapter_suits(struct checker *k, enum adapter_kind a,
                          const struct type *t)
{
  switch (a) {
  case ADAPTER_json:
    return type_has_json(k, t);
  case ADAPTER_text:
    return t->kind == TYPE_str || t->kind == TYPE_enum;
  case ADAPTER_bytes:
    return t->kind == TYPE_bytes;
  case ADAPTER_form:
    for (uint32_t i = 0; t->kind == TYPE_record && i < t->n_parts; i++)
      if (!form_field_suits(t->parts[i].type))
        return false;
    return t->kind == TYPE_record;
  case ADAPTER_ndarray:
    return t->kind == TYPE_tensor;
  case ADAPTER_multi_ndarray:
    return t->kind == TYPE_map && t->of->kind == TYPE_tensor;
  case ADAPTER_image:
    return t->kind == TYPE_tensor && t->dtype == DTYPE_u8 &&
           (t->any_rank || t->n_parts == 3);
  case ADAPTER_table:
  case ADAPTER_request:
    return type_fits(k->t, type_of_adapter(k, a), t);
  default:
    return false;
  }
}

static void read_adapter(struct routing *r, struct param *p,
                         struct route_param *out)
{
  static const char *const names[] = {
#define ADAPTER(name, gives, reads) #name,
#include "grammar/defs/adapters.def"
  };
  static const char *const gives[] = {
#define ADAPTER(name, types, reads) types,
#include "grammar/defs/adapters.def"
  };
  struct checker *k = r->k;
  int a = word_index(names + 1, ADAPTERS - 1, p->adapter.text) + 1;
  out->source = SOURCE_adapter;
  out->adapter = a;
  if (!a) {
    struct diag *d =
        diag_report(k->d, DIAG_unknown_adapter, p->adapter.span,
                    "there is no adapter `%s`", p->adapter.text->text);
    name_hint_all(k, d, p->adapter.text->text, names + 1, ADAPTERS - 1);
    return;
  }
  if (!is_bad(out->type) && !adapter_suits(k, a, out->type)) {
    struct diag *d =
        diag_report(k->d, DIAG_bad_source, p->type->span,
                    "`%s` does not give %s", names[a], show(k, out->type));
    diag_note(k->d, d, p->adapter.span, "the adapter");
    diag_hint(k->d, d, "it gives %s", gives[a]);
  }
  r->readers += a != ADAPTER_request;
  for (struct arg *o = p->options; o; o = o->next) {
    bool nested = a == ADAPTER_json && o->name.text &&
                  !strcmp(o->name.text->text, "nested_text");
    if (!nested) {
      diag_report(k->d, DIAG_unknown_option, o->span, "`%s` has no such option",
                  names[a]);
      continue;
    }
    const struct constant *c = const_of_expr(k, o->value, k->boolean, NULL);
    out->nested_text = c && c->i;
  }
}

static const char *header_key(struct checker *k, const char *name)
{
  char *key = arena_copy(k->a, name, strlen(name));
  for (char *at = key; *at; at++)
    if (*at == '_')
      *at = '-';
  return key;
}

static void read_source(struct routing *r, struct param *p,
                        struct route_param *out)
{
  static const char *const names[] = {
#define SOURCE(name, word) word,
#include "grammar/defs/adapters.def"
  };
  struct checker *k = r->k;
  int s = word_index(names, SOURCE_adapter, p->source.text);
  if (s < 0) {
    struct diag *d =
        diag_report(k->d, DIAG_unknown_source, p->source.span,
                    "parameters do not come from `%s`", p->source.text->text);
    name_hint_all(k, d, p->source.text->text, names, SOURCE_adapter);
    out->type = &type_bad;
    return;
  }
  out->source = s;
  for (struct arg *o = p->options; o; o = o->next) {
    const struct constant *c = o->name.text || o != p->options
                                   ? NULL
                                   : const_of_expr(k, o->value, k->str, NULL);
    if (c)
      out->key = arena_copy(k->a, c->text, c->size);
    else if (o->name.text || o != p->options)
      diag_report(k->d, DIAG_unknown_option, o->span,
                  "`in %s` takes a name: `in %s(\"name\")`", names[s],
                  names[s]);
  }
}

static void report_unsuitable(struct checker *k, const struct route_param *p)
{
  struct diag *d =
      diag_report(k->d, DIAG_bad_source, p->span,
                  p->source == SOURCE_body
                      ? "%s cannot be read from a body without an adapter"
                      : "%s cannot come from there",
                  show(k, p->type));
  if (p->type->kind == TYPE_record && p->source != SOURCE_body)
    diag_hint(k->d, d, "each of its fields can: make them parameters");
  else if (may_repeat(p->source) && without_none(p->type)->kind == TYPE_list)
    diag_hint(k->d, d,
              "a list of numbers, texts and the like can: `[str] in %s = []`",
              p->source == SOURCE_query ? "query" : "header");
  else if (p->source != SOURCE_body)
    diag_hint(k->d, d, "numbers, texts and the like can");
}

static void check_source(struct routing *r, struct route_param *p, atom name)
{
  struct checker *k = r->k;
  struct hole *h = name ? hole_named(&r->path, name) : NULL;
  if (p->source == SOURCE_path && h) {
    h->taken = true;
  } else if (p->source == SOURCE_path) {
    struct diag *d = diag_report(k->d, DIAG_path_parameter, p->span,
                                 "the path has no `{%s}`", name->text);
    diag_note(k->d, d, r->item->route.path.span, "the path");
  }
  if (is_bad(p->type))
    return;
  if (p->type->kind != TYPE_stream && !source_suits(k, p->source, p->type))
    report_unsuitable(k, p);
  if (p->source == SOURCE_body) {
    r->bodies++;
    if (r->r->method == METHOD_GET || r->r->method == METHOD_HEAD ||
        r->r->method == METHOD_WS)
      diag_report(k->d, DIAG_body_without_method, p->span,
                  "a %s request has no body", plan_method_name(r->r->method));
  }
  bool outside = p->source != SOURCE_path && p->source != SOURCE_body;
  if (outside && p->type->kind == TYPE_optional && !p->initial)
    p->initial = const_new(k, p->type); // none
}

// What may be a piece of a body: as much as has come, or a line of JSON.
static bool body_streams(struct checker *k, const struct type *t)
{
  if (t->kind != TYPE_stream)
    return false;
  bool text = t->of->kind == TYPE_str || t->of->kind == TYPE_enum ||
              t->of->kind == TYPE_markdown || t->of->kind == TYPE_bytes;
  return text ? t->of == k->str || t->of == type_simple(k->t, TYPE_bytes)
              : type_has_json(k, t->of);
}

// A stream: what a client sends as it comes, a body or messages.
static void read_stream(struct routing *r, struct param *p,
                        struct route_param *out)
{
  struct checker *k = r->k;
  bool socket = r->r->method == METHOD_WS;
  const char *why = NULL;
  out->source = SOURCE_body;
  if (p &&
      (p->adapter.text ||
       (p->source.text && (socket || strcmp(p->source.text->text, "body")))))
    why = socket ? "an inbox comes from the client's messages alone"
                 : "a stream comes from the body, as it is";
  else if (socket && !stream_answers(k, out->type))
    why = "messages are read into texts, bytes and what has JSON";
  else if (!socket && !body_streams(k, out->type))
    why = "a body streams as `bytes`, as `str`, or as lines of JSON";
  else if (out->initial)
    why = "a stream has no default";
  else if (r->streams++)
    why = socket ? "a WebSocket has one inbox" : "the body is read once";
  else if (!socket) {
    check_source(r, out, NULL);
    return;
  }
  if (!why)
    return;
  diag_report(k->d, socket ? DIAG_bad_websocket : DIAG_bad_source, out->span,
              "%s", why);
  out->type = &type_bad;
}

// One parameter; `p` is NULL for one of a callable's own.
static void read_param(struct routing *r, struct route_param *out,
                       const struct sig_param *s, struct param *p,
                       struct local *l)
{
  *out = (struct route_param){.local = l,
                              .name = s->name->text,
                              .type = s->type,
                              .initial = s->initial,
                              .span = s->span};
  out->key = out->name;
  if (!is_bad(s->type) && type_has_stream(r->k, s->type)) {
    read_stream(r, p, out);
    return;
  }
  out->key = NULL;
  if (p && p->adapter.text)
    read_adapter(r, p, out);
  else if (p && p->source.text)
    read_source(r, p, out);
  else if (!is_bad(s->type))
    source_by_rule(r, s, out);
  else if (hole_named(&r->path, s->name))
    out->source = SOURCE_path;
  if (out->source != SOURCE_adapter)
    check_source(r, out, s->name);
  const struct hole *h = hole_named(&r->path, s->name);
  if (h && h->taken && h->name_at.end)
    INDEX(r->k, param, s, h->name_at);
  if (!out->key)
    out->key =
        out->source == SOURCE_header ? header_key(r->k, out->name) : out->name;
}

static void report_untaken(struct checker *k, const struct hole *h)
{
  struct diag *d =
      diag_report(k->d, DIAG_path_parameter, h->span,
                  "nothing takes `{%s}` of the path", h->name->text);
  diag_hint(k->d, d, "a parameter of this name does: `(%s: str)`",
            h->name->text);
}

static void read_params(struct routing *r, struct param *p)
{
  struct checker *k = r->k;
  const struct sig *s = &r->b.fn->sig;
  r->r->n_params = s->n;
  r->r->params = ARENA_ARRAY(k->a, s->n + 1, struct route_param);
  for (uint32_t i = 0; i < s->n; i++, p = p ? p->next : NULL) {
    struct local *l = NULL;
    for (uint32_t j = 0; j < r->b.n_locals && !l; j++)
      if (r->b.locals[j]->name == s->params[i].name && r->b.locals[j]->param)
        l = r->b.locals[j];
    read_param(r, &r->r->params[i], &s->params[i], p, l);
  }
  for (uint32_t i = 0; i < s->n; i++)
    r->r->params[i].embed =
        r->r->params[i].source == SOURCE_body && r->bodies > 1;
  if (r->readers > 1 || (r->readers && r->bodies) ||
      (r->streams && r->bodies > 1))
    diag_report(k->d, DIAG_bad_source, r->r->span,
                "the body is read more than once");
  for (struct hole *h = r->path.holes; h; h = h->next)
    if (!h->taken)
      report_untaken(k, h);
}

// ---- what is answered ----

// `-> callable`: the one that is meant, or NULL when the value is the answer.
static struct fn_sym *callable_alone(struct routing *r, struct core *x,
                                     struct core **handle)
{
  *handle = NULL;
  if (x->type->kind == TYPE_handle && !is_bad(x->type)) {
    struct class_sym *c = (struct class_sym *)x->type->class;
    *handle = x;
    return c->run;
  }
  if (x->kind != CORE_CLOSURE)
    return NULL;
  if (!x->closure.method)
    return (struct fn_sym *)x->closure.function;
  *handle = x->args[0];
  return (struct fn_sym *)x->closure.method->function;
}

static struct core *call_with_own(struct routing *r, struct fn_sym *f,
                                  struct core *handle, struct span at)
{
  struct checker *k = r->k;
  struct body *b = &r->b;
  struct core **args = ARENA_ARRAY(k->a, f->sig.n + 1, struct core *);
  b->fn->sig.params = f->sig.params;
  b->fn->sig.n = f->sig.n;
  for (uint32_t i = 0; i < f->sig.n; i++) {
    struct name name = {f->sig.params[i].name, f->sig.params[i].span, NULL};
    struct local *l = local_new(b, name.text, f->sig.params[i].type, name.span);
    l->param = true;
    args[i] = core_local(k, l, at);
    if (is_bad(l->type))
      return core_bad(k, at);
  }
  if (is_bad(f->sig.result))
    return core_bad(k, at);
  if (handle)
    return call_bound(b, (struct bind_sym *)handle->constant->binding, f, args,
                      at);
  struct core *x = core_new(k, CORE_CALL, f->sig.result, at, f->sig.n);
  x->call.kind = SITE_function;
  x->call.function = &f->f;
  memcpy(x->args, args, f->sig.n * sizeof *args);
  mention(b, (struct mention){.fn = f});
  return x;
}

// True when the route's value was a callable (or bad) and its body is made.
static bool answer_callable(struct routing *r)
{
  struct callable *c = &r->item->route.c;
  struct body *b = &r->b;
  struct core *handle;
  if (c->has_params || !c->value ||
      (c->value->kind != EXPR_NAME && c->value->kind != EXPR_FIELD &&
       !is_composed(c->value)))
    return false;
  struct stmt *s = stmt_new(b, STMT_RETURN, c->value->span);
  if (is_composed(c->value)) {
    s->value = answer_composed(b, c->value);
  } else {
    struct core *x = check(b, c->value, NULL);
    struct fn_sym *f = is_bad(x->type) ? NULL : callable_alone(r, x, &handle);
    bool step = f && f->sig.result->kind == TYPE_step;
    if (f && handle && handle->kind != CORE_CONST)
      f = NULL;
    s->value = step ? answer_composed(b, c->value)
               : f  ? call_with_own(r, f, handle, c->value->span)
                    : x;
  }
  PUSH(r->k, b->returns, b->n_returns, b->room_returns, s);
  b->fn->f.result = s->value->type;
  body_close(b, s);
  return true;
}

// A WebSocket's answer: messages, or none at all.
static void answer_socket(struct routing *r, const struct form *form)
{
  struct checker *k = r->k;
  const struct type *t = r->r->result;
  const struct expr *value = r->item->route.c.value;
  bool replies = false;
  for (uint32_t i = 0; i < r->b.n_returns; i++)
    replies = replies || r->b.returns[i]->reply;
  if (form || replies)
    diag_report(k->d, DIAG_bad_websocket, form ? form->span : r->r->span,
                "the type of the pieces says how they are sent");
  if (is_bad(t) || t->kind == TYPE_none || stream_answers(k, t))
    return;
  bool either = type_has_stream(k, t);
  struct diag *d =
      diag_report(k->d, DIAG_bad_websocket, value ? value->span : r->r->span,
                  "a WebSocket's route gives a stream or nothing, and %s%s",
                  either ? "on some ways this is a value" : "this is ",
                  either ? "" : show(k, t));
  diag_hint(k->d, d, "`yield` gives one message");
}

static void answer(struct routing *r)
{
  struct checker *k = r->k;
  struct body *b = &r->b;
  struct form *form = r->item->route.form;
  struct core_reply *reply = NULL;
  if (!answer_callable(r))
    reply = check_function_body(b, &r->item->route.c, form);
  else if (form)
    reply = check_form(b, form);
  const struct type *t = r->r->result = b->fn->f.result;
  if (r->r->method == METHOD_WS) {
    answer_socket(r, form);
    return;
  }
  if (form) {
    r->r->form = reply->form;
    if (!is_bad(t))
      check_form_type(b, form, reply->form, t);
    if (b->n_returns && (reply->status || reply->headers))
      b->returns[0]->reply = reply;
    return;
  }
  r->r->form = b->form;
  bool said = false;
  for (uint32_t i = 0; i < b->n_returns; i++)
    said = said || b->returns[i]->reply;
  if (said || is_bad(t) || t->kind == TYPE_bytes || type_has_json(k, t) ||
      stream_answers(k, t))
    return;
  const struct expr *value = r->item->route.c.value;
  struct diag *d =
      diag_report(k->d, DIAG_bad_form, value ? value->span : r->r->span,
                  "%s cannot be answered", show(k, t));
  if (t->kind == TYPE_step)
    diag_hint(k->d, d, "the node alone can lead to it: `-> node`");
}

void route_check(struct checker *k, struct app_sym *app, struct item *i)
{
  struct routing r = {.k = k, .app = app, .item = i};
  struct text *path = &i->route.path;
  r.r = NEW(k, struct route);
  r.r->span = path->data ? path->span : i->span;
  r.r->app = &app->a;
  r.r->doc = i->doc;
  r.r->settings = settings_merge(
      k, app->a.settings,
      settings_of_fields(k, i->route.settings, PLACE_ROUTE, ORIGIN_route));
  k->n_routes++;
  if (!path->data || !read_method(&r))
    return;
  r.r->path = path_read(k, path, app->a.prefix, &r.path);
  if (r.path.pattern)
    overlap_check(&r);
  struct fn_sym *f = fn_new(
      k, arena_printf(k->a, "%s %s", plan_method_name(r.r->method), r.r->path),
      FUNCTION_body, i->span);
  f->app = app;
  f->f.result = NULL;
  sig_of(k, &f->sig, f->f.name, r.r->span, &i->route.c);
  PUSH(k, app->roots, app->n_roots, app->room_roots, f);
  r.r->function = &f->f;
  body_open(&r.b, k, f, BODY_ROUTE);
  answer(&r);
  if (r.path.pattern)
    read_params(&r, i->route.c.params);
  *app->last_route = r.r;
  app->last_route = &r.r->next;
}
