// Core as text, for --dump=core: one declaration or statement a line, an
// expression as nested calls with its type where it is not plain.
#include "compiler/check.h"

#include "grammar/base/number.h"
#include "grammar/defs/settings.h"
#include "grammar/plan/names.h"

#include <string.h>

struct dump {
  struct buf *out;
  int depth;
};

static void line(struct dump *d)
{
  buf_addc(d->out, '\n');
  for (int i = 0; i < d->depth; i++)
    buf_adds(d->out, "  ");
}

static void text(struct dump *d, const char *s, size_t n)
{
  buf_addc(d->out, '"');
  for (size_t i = 0; i < n; i++)
    if (s[i] == '"' || s[i] == '\\')
      buf_addf(d->out, "\\%c", s[i]);
    else if ((unsigned char)s[i] < 32)
      buf_addf(d->out, "\\x%02x", s[i]);
    else
      buf_addc(d->out, s[i]);
  buf_addc(d->out, '"');
}

static void local(struct dump *d, const struct local *l)
{
  if (!l)
    buf_adds(d->out, "_");
  else if (l->name)
    buf_addf(d->out, "%s.%u", l->name->text, l->index);
  else
    buf_addf(d->out, "%%%u", l->index);
}

static void constant(struct dump *d, const struct constant *c)
{
  char number[NUMBER_TEXT];
  switch (c->type->kind) {
  case TYPE_float:
  case TYPE_percent:
    number_print_float(number, c->f);
    buf_adds(d->out, number);
    return;
  case TYPE_str:
  case TYPE_enum:
  case TYPE_markdown:
  case TYPE_bytes:
  case TYPE_json:
    text(d, c->text ? c->text : "", c->size);
    return;
  case TYPE_handle:
    buf_addf(d->out, "@%s.%s", c->binding ? c->binding->app->name->text : "?",
             c->binding ? c->binding->name->text : "?");
    return;
  case TYPE_duration:
    number_print_duration(number, c->i);
    buf_adds(d->out, number);
    return;
  case TYPE_bool:
    buf_adds(d->out, c->i ? "true" : "false");
    return;
  case TYPE_none:
    buf_adds(d->out, "none");
    return;
  default:
    break;
  }
  if (c->type->kind == TYPE_optional && !c->n_parts) {
    buf_adds(d->out, "none");
    return;
  }
  if (!c->type->of && !c->n_parts && c->type->kind != TYPE_union) {
    buf_addf(d->out, "%lld", (long long)c->i);
    return;
  }
  if (c->type->kind == TYPE_union)
    buf_adds(d->out, c->type->parts[c->i].name->text);
  buf_addc(d->out, '[');
  for (uint32_t i = 0; i < c->n_parts; i++) {
    if (i)
      buf_adds(d->out, ", ");
    constant(d, c->parts[i]);
  }
  buf_addc(d->out, ']');
}

static const char *kind_text(enum core_kind kind)
{
  static const char *const names[] = {
      [CORE_CONST] = "const",     [CORE_LOCAL] = "local",
      [CORE_SELF] = "self",       [CORE_PRIM] = "prim",
      [CORE_OPERATOR] = "op",     [CORE_CALL] = "call",
      [CORE_AND] = "and",         [CORE_OR] = "or",
      [CORE_IF] = "if",           [CORE_LIST] = "list",
      [CORE_TUPLE] = "tuple",     [CORE_MAP] = "map",
      [CORE_PART] = "part",       [CORE_INDEX] = "index",
      [CORE_KEY] = "key",         [CORE_WRAP] = "wrap",
      [CORE_UNWRAP] = "unwrap",   [CORE_IS_NONE] = "is_none",
      [CORE_UNION] = "union",     [CORE_STEP] = "step",
      [CORE_TAG] = "tag",         [CORE_PAYLOAD] = "payload",
      [CORE_CONCAT] = "concat",   [CORE_EACH] = "each",
      [CORE_LET] = "let",         [CORE_FAIL] = "fail",
      [CORE_PASS] = "pass",       [CORE_CLOSURE] = "closure",
      [CORE_BATCH] = "batch",     [CORE_MODEL] = "model",
  };
  return names[kind];
}

static const char *field_name(const struct core *x)
{
  const struct type *t = x->args[0]->type;
  bool named = t->kind == TYPE_record && x->index < t->n_parts;
  return named ? t->parts[x->index].name->text : NULL;
}

static void settings(struct dump *d, const struct setting *s)
{
  for (; s; s = s->next) {
    buf_addf(d->out, " %s=", setting_rows[s->id].name);
    constant(d, s->value);
    if (s->origin != ORIGIN_compiler)
      buf_addf(d->out, "(%s)", plan_names_ORIGINS[s->origin]);
  }
}

static void head(struct dump *d, const struct core *x)
{
  struct buf *out = d->out;
  buf_adds(out, kind_text(x->kind));
  if (x->kind == CORE_PRIM) {
    buf_addf(out, ".%s", opcode_name(x->opcode));
  } else if (x->kind == CORE_OPERATOR) {
    buf_addf(out, ".%s", operator_name(x->operator_id));
  } else if (x->kind == CORE_PART && field_name(x)) {
    buf_addf(out, ".%s", field_name(x));
  } else if (x->kind == CORE_PART || x->kind == CORE_UNION ||
             x->kind == CORE_PAYLOAD || x->kind == CORE_STEP ||
             x->kind == CORE_SELF) {
    buf_addf(out, ".%u", x->index);
  } else if (x->kind == CORE_CALL && x->call.kind == SITE_function) {
    buf_addf(out, " %s", x->call.function->name);
  } else if (x->kind == CORE_CALL && x->call.kind == SITE_callable) {
    buf_adds(out, " value");
  } else if (x->kind == CORE_CALL) {
    const struct binding *b = x->call.binding;
    if (x->call.kind == SITE_method)
      buf_addf(out, " @%s.%s", b ? b->app->name->text : "?",
               b ? b->name->text : "?");
    buf_addf(out, " %s.%s", x->call.method->class->name->text,
             x->call.method->name->text);
  } else if (x->kind == CORE_CLOSURE) {
    buf_addf(out, " %s",
             x->closure.function ? x->closure.function->name
                                 : x->closure.method->function->name);
  } else if (x->kind == CORE_LET || x->kind == CORE_PASS) {
    buf_addc(out, ' ');
    local(d, x->local);
  }
}

static void expr(struct dump *d, const struct core *x);

static void each(struct dump *d, const struct core *x)
{
  buf_addc(d->out, ' ');
  local(d, x->each.item);
  if (x->each.second) {
    buf_addc(d->out, ' ');
    local(d, x->each.second);
  }
  buf_adds(d->out, " -> ");
  expr(d, x->each.value);
  if (x->each.test) {
    buf_adds(d->out, " if ");
    expr(d, x->each.test);
  }
  if (x->each.limit) {
    buf_adds(d->out, " limit ");
    expr(d, x->each.limit);
  }
}

static void expr(struct dump *d, const struct core *x)
{
  if (!x) {
    buf_adds(d->out, "?");
    return;
  }
  if (x->kind == CORE_CONST) {
    constant(d, x->constant);
    if (x->type->kind == TYPE_enum || x->type->kind == TYPE_optional)
      buf_adds(d->out, ":"), type_print(x->type, d->out);
    return;
  }
  if (x->kind == CORE_LOCAL) {
    local(d, x->local);
    return;
  }
  head(d, x);
  if (x->n_args) {
    buf_addc(d->out, '(');
    for (uint32_t i = 0; i < x->n_args; i++) {
      if (i)
        buf_adds(d->out, ", ");
      expr(d, x->args[i]);
    }
    buf_addc(d->out, ')');
  }
  if (x->kind == CORE_CALL && x->call.options) {
    buf_adds(d->out, " with");
    settings(d, x->call.options);
  }
  if (x->kind == CORE_CALL && x->call.fallback) {
    buf_adds(d->out, " or ");
    expr(d, x->call.fallback);
  }
  if (x->kind == CORE_EACH)
    each(d, x);
  if (x->kind == CORE_CALL || x->kind == CORE_OPERATOR ||
      x->kind == CORE_SELF || x->kind == CORE_LIST || x->kind == CORE_TUPLE) {
    buf_addc(d->out, ':');
    type_print(x->type, d->out);
  }
}

static void body(struct dump *d, const struct stmt *s);

static void block(struct dump *d, const struct stmt *s)
{
  d->depth++;
  body(d, s);
  d->depth--;
}

static void reply(struct dump *d, const struct core_reply *r)
{
  buf_addf(d->out, " as %d", r->form);
  if (r->status) {
    buf_adds(d->out, " status ");
    expr(d, r->status);
  }
  if (r->headers) {
    buf_adds(d->out, " headers ");
    expr(d, r->headers);
  }
}

static void statement(struct dump *d, const struct stmt *s)
{
  static const char *const names[] = {
      "let",   "assign",   "set",    "do",  "spawn",  "if",    "while", "for",
      "break", "continue", "return", "try", "assert", "yield", "emit",  "stub"};
  buf_adds(d->out, names[s->kind]);
  if (s->local) {
    buf_addc(d->out, ' ');
    local(d, s->local);
    if (s->kind == STMT_LET) {
      buf_addc(d->out, ':');
      type_print(s->local->type, d->out);
    }
  }
  if (s->second) {
    buf_adds(d->out, ", ");
    local(d, s->second);
  }
  if (s->kind == STMT_SET_SELF)
    buf_addf(d->out, " %u", s->index);
  if (s->kind == STMT_STUB && s->binding)
    buf_addf(d->out, " @%s.%s", s->binding->app->name->text,
             s->binding->name->text);
  if (s->kind == STMT_STUB)
    buf_addf(d->out, " %s.%s", s->method->class->name->text,
             s->method->name->text);
  if (s->value) {
    buf_addc(d->out, ' ');
    expr(d, s->value);
  }
  if (s->reply)
    reply(d, s->reply);
  if (s->body)
    block(d, s->body);
  if (s->otherwise) {
    line(d);
    buf_adds(d->out, "else");
    block(d, s->otherwise);
  }
}

static void body(struct dump *d, const struct stmt *s)
{
  for (; s; s = s->next) {
    line(d);
    statement(d, s);
  }
}

static void function(struct dump *d, const struct function *f)
{
  static const char *const kinds[] = {"fn", "graph", "init", "test"};
  buf_addf(d->out, "%s %s(", kinds[f->kind], f->name);
  for (uint32_t i = 0; i < f->n_params; i++) {
    if (i)
      buf_adds(d->out, ", ");
    local(d, f->params[i]);
    buf_adds(d->out, ": ");
    type_print(f->params[i]->type, d->out);
  }
  buf_adds(d->out, ") -> ");
  type_print(f->result, d->out);
  d->depth = 1;
  body(d, f->body);
  buf_addc(d->out, '\n');
}

static void class(struct dump *d, const struct class *c)
{
  static const char *const kinds[] = {"deployment", "function", "graph"};
  buf_addf(d->out, "class %s %s", c->name->text, kinds[c->kind]);
  settings(d, c->settings);
  buf_addc(d->out, '\n');
  for (uint32_t i = 0; i < c->n_fields; i++) {
    buf_addf(d->out, "  %s %s: ",
             i < c->n_params               ? "param"
             : i < c->n_params + c->n_lets ? "let"
                                           : "state",
             c->fields[i].name->text);
    type_print(c->fields[i].type, d->out);
    buf_addc(d->out, '\n');
  }
  for (const struct method *m = c->methods; m; m = m->next)
    buf_addf(d->out, "  method %s = %s\n", m->name->text, m->function->name);
}

static void route(struct dump *d, const struct route *r)
{
  static const char *const sources[] = {
#define SOURCE(name, word) word,
#include "grammar/defs/adapters.def"
  };
  buf_addf(d->out, "  route %s %s -> ", plan_method_name(r->method), r->path);
  type_print(r->result, d->out);
  buf_addf(d->out, " form %d", r->form);
  settings(d, r->settings);
  buf_addc(d->out, '\n');
  for (uint32_t i = 0; i < r->n_params; i++) {
    const struct route_param *p = &r->params[i];
    buf_addf(d->out, "    %s: ", p->name);
    type_print(p->type, d->out);
    buf_addf(d->out, " %s %d key %s%s%s", sources[p->source], p->adapter,
             p->key, p->embed ? " embed" : "", p->nested_text ? " nested" : "");
    if (p->initial) {
      buf_adds(d->out, " = ");
      constant(d, p->initial);
    }
    buf_addc(d->out, '\n');
  }
}

static void app(struct dump *d, const struct app *a)
{
  buf_addf(d->out, "app %s at \"%s\"\n", a->name->text, a->prefix);
  for (const struct binding *b = a->bindings; b; b = b->next) {
    buf_addf(d->out, "  bind %s = %s", b->name->text, b->class->name->text);
    for (uint32_t i = 0; i < b->n_uses; i++)
      buf_addf(d->out, "%s%s", i ? ", " : " uses ", b->uses[i]->name->text);
    settings(d, b->settings);
    buf_addc(d->out, '\n');
  }
  for (const struct route *r = a->routes; r; r = r->next)
    route(d, r);
}

void core_dump(const struct program *p, struct buf *out)
{
  struct dump d = {.out = out};
  for (const struct class *c = p->classes; c; c = c->next)
    class(&d, c);
  for (const struct app *a = p->apps; a; a = a->next)
    app(&d, a);
  if (p->node) {
    buf_adds(out, "resource node");
    settings(&d, p->node);
    buf_addc(out, '\n');
  }
  if (p->server) {
    buf_adds(out, "server");
    settings(&d, p->server);
    buf_addc(out, '\n');
  }
  for (const struct function *f = p->functions; f; f = f->next)
    function(&d, f);
  for (const struct test *t = p->tests; t; t = t->next)
    buf_addf(out, "test %s\n", t->function->name);
}
