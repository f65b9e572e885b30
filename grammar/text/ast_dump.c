// The tree as indented text: one node a line, its kind, what it holds, and its
// bytes. For people who debug the parser, and for tests.
#include "grammar/text/parse.h"

#include <string.h>

struct dump {
  struct buf *out;
  unsigned depth;
};

static void dump_expr(struct dump d, const char *role, const struct expr *e);
static void dump_type(struct dump d, const char *role,
                      const struct type_expr *t);
static void dump_items(struct dump d, const struct item *i);

static void add_text(struct buf *out, const char *text, size_t size)
{
  buf_addc(out, '"');
  for (size_t i = 0; i < size; i++) {
    unsigned char c = (unsigned char)text[i];
    if (c == '"' || c == '\\')
      buf_addf(out, "\\%c", c);
    else if (c < 0x20 || c == 0x7F)
      buf_addf(out, "\\x%02x", c);
    else
      buf_addc(out, (char)c);
  }
  buf_addc(out, '"');
}

static void line(struct dump d, const char *role, const char *kind)
{
  buf_addf(d.out, "%*s", (int)d.depth * 2, "");
  if (role)
    buf_addf(d.out, "%s: ", role);
  buf_adds(d.out, kind);
}

static void end(struct dump d, struct span at)
{
  buf_addf(d.out, " @%u-%u\n", at.start, at.end);
}

static void add_name(struct dump d, const struct name *n)
{
  for (const char *before = " "; n && n->text; n = n->next, before = ".")
    buf_addf(d.out, "%s%s", before, n->text->text);
}

static void word(struct dump d, const char *role, const struct name *n)
{
  if (!n || !n->text)
    return;
  line(d, role, "name");
  add_name(d, n);
  end(d, n->span);
}

static void text_line(struct dump d, const char *role, struct text t)
{
  if (!t.data)
    return;
  line(d, role, "text ");
  add_text(d.out, t.data, t.size);
  end(d, t.span);
}

static struct dump deeper(struct dump d)
{
  d.depth++;
  return d;
}

// ---------------------------------------------------------------------- parts

static void dump_block(struct dump d, const char *role, const struct block *b)
{
  if (!b)
    return;
  line(d, role, "block");
  end(d, b->span);
  dump_items(deeper(d), b->items);
}

static void dump_args(struct dump d, const char *role, const struct arg *a)
{
  for (; a; a = a->next) {
    line(d, role, "arg");
    add_name(d, &a->name);
    end(d, a->span);
    dump_expr(deeper(d), NULL, a->value);
  }
}

static void dump_fields(struct dump d, const struct field *f)
{
  for (; f; f = f->next) {
    line(d, NULL, f->name.text ? "field" : f->key ? "entry" : "spread");
    add_name(d, &f->name);
    end(d, f->span);
    if (f->key)
      dump_expr(deeper(d), "key", f->key);
    dump_expr(deeper(d), NULL, f->value);
  }
}

static void dump_params(struct dump d, const struct param *q)
{
  for (; q; q = q->next) {
    line(d, NULL, "param");
    add_name(d, &q->name);
    end(d, q->span);
    dump_type(deeper(d), NULL, q->type);
    word(deeper(d), "in", &q->source);
    word(deeper(d), "from", &q->adapter);
    dump_args(deeper(d), "option", q->options);
    dump_expr(deeper(d), "initial", q->initial);
  }
}

static void dump_pattern(struct dump d, const struct pattern *t)
{
  static const char *const kinds[] = {"error", "any", "value", "case"};
  line(d, "pattern", kinds[t->kind]);
  if (t->kind == PATTERN_CASE)
    add_name(d, &t->name);
  end(d, t->span);
  dump_expr(deeper(d), NULL, t->value);
  word(deeper(d), "bind", &t->bind);
}

static void dump_arms(struct dump d, const struct arm *a)
{
  for (; a; a = a->next) {
    line(d, NULL, "arm");
    end(d, a->span);
    dump_pattern(deeper(d), &a->pattern);
    dump_expr(deeper(d), NULL, a->value);
    dump_block(deeper(d), NULL, a->body);
  }
}

static void dump_names(struct dump d, const char *role, const struct name *n)
{
  for (; n; n = n->next) {
    struct name one = *n;
    one.next = NULL;
    word(d, role, &one);
  }
}

static void dump_form(struct dump d, const struct form *f)
{
  if (!f)
    return;
  line(d, "as", f->name.text->text);
  end(d, f->span);
  dump_args(deeper(d), NULL, f->args);
}

// ---------------------------------------------------------------- expressions

static void expr_head(struct dump d, const struct expr *e)
{
  switch (e->kind) {
  case EXPR_INT:
  case EXPR_DURATION:
  case EXPR_SIZE:
  case EXPR_BOOL:
    buf_addf(d.out, " %lld", (long long)e->integer);
    break;
  case EXPR_FLOAT:
  case EXPR_PERCENT:
    buf_addf(d.out, " %.17g", e->number);
    break;
  case EXPR_STR:
    buf_addc(d.out, ' ');
    add_text(d.out, e->text.data, e->text.size);
    break;
  case EXPR_NAME:
    add_name(d, &e->name);
    break;
  case EXPR_FIELD:
    buf_addf(d.out, " .%s", e->access.name.text->text);
    break;
  case EXPR_ITEM:
    buf_addf(d.out, " .%u", e->access.at);
    break;
  case EXPR_AS:
    add_name(d, &e->as.name);
    break;
  case EXPR_UNARY:
  case EXPR_BINARY:
    buf_addf(d.out, " %s", expr_op_text(e->op));
    break;
  default:
    break;
  }
}

static void dump_parts(struct dump d, const struct part *t)
{
  for (; t; t = t->next)
    if (t->hole)
      dump_expr(d, "hole", t->hole);
    else
      text_line(d, NULL, t->text);
}

static void dump_list(struct dump d, const struct expr *e)
{
  for (; e; e = e->next)
    dump_expr(d, NULL, e);
}

static void expr_parts(struct dump d, const struct expr *e)
{
  switch (e->kind) {
  case EXPR_TEMPLATE:
    dump_parts(d, e->parts);
    break;
  case EXPR_FIELD:
  case EXPR_ITEM:
    dump_expr(d, NULL, e->access.of);
    break;
  case EXPR_INDEX:
  case EXPR_SLICE:
    dump_expr(d, NULL, e->index.of);
    dump_expr(d, "from", e->index.from);
    dump_expr(d, "to", e->index.to);
    break;
  case EXPR_CALL:
  case EXPR_LOOP:
    dump_expr(d, NULL, e->call.of);
    dump_args(d, NULL, e->call.args);
    break;
  case EXPR_WITH:
    dump_expr(d, NULL, e->with.of);
    dump_fields(d, e->with.options);
    break;
  case EXPR_AS:
    dump_expr(d, NULL, e->as.of);
    break;
  case EXPR_BINARY:
    dump_expr(d, NULL, e->operands.left);
    dump_expr(d, NULL, e->operands.right);
    break;
  case EXPR_UNARY:
    dump_expr(d, NULL, e->operands.right);
    break;
  case EXPR_IF:
    dump_expr(d, "test", e->choice.test);
    dump_expr(d, "yes", e->choice.yes);
    dump_expr(d, "no", e->choice.no);
    break;
  case EXPR_MATCH:
    dump_expr(d, NULL, e->match.value);
    dump_arms(d, e->match.arms);
    break;
  case EXPR_LAMBDA:
    dump_params(d, e->lambda.params);
    dump_type(d, "result", e->lambda.result);
    dump_expr(d, NULL, e->lambda.value);
    break;
  case EXPR_LIST:
  case EXPR_TUPLE:
    dump_list(d, e->elements);
    break;
  case EXPR_EACH:
    dump_expr(d, NULL, e->each.value);
    dump_names(d, "for", e->each.names);
    dump_expr(d, "in", e->each.over);
    dump_expr(d, "if", e->each.test);
    dump_expr(d, "limit", e->each.limit);
    break;
  case EXPR_RECORD:
  case EXPR_MAP:
    dump_fields(d, e->fields);
    break;
  default:
    break;
  }
}

static void dump_expr(struct dump d, const char *role, const struct expr *e)
{
  if (!e)
    return;
  line(d, role, expr_kind_text(e->kind));
  expr_head(d, e);
  end(d, e->span);
  expr_parts(deeper(d), e);
}

// ---------------------------------------------------------------------- types

static void dump_type_list(struct dump d, const char *role,
                           const struct type_expr *t)
{
  for (; t; t = t->next)
    dump_type(d, role, t);
}

static void dump_doc(struct dump d, const char *doc)
{
  if (!doc)
    return;
  line(d, "doc", "");
  add_text(d.out, doc, strlen(doc));
  buf_addc(d.out, '\n');
}

static void dump_type_fields(struct dump d, const struct type_field *f)
{
  for (; f; f = f->next) {
    line(d, NULL, "field");
    add_name(d, &f->name);
    end(d, f->span);
    dump_doc(deeper(d), f->doc);
    dump_type(deeper(d), NULL, f->type);
    dump_expr(deeper(d), "initial", f->initial);
  }
}

static void type_parts(struct dump d, const struct type_expr *t)
{
  switch (t->kind) {
  case TYPE_NAMED:
  case TYPE_TENSOR:
    dump_type_list(d, NULL, t->named.args);
    break;
  case TYPE_LIST:
  case TYPE_MAP:
  case TYPE_OPTION:
  case TYPE_STREAM:
  case TYPE_STEP:
    dump_type(d, NULL, t->of);
    break;
  case TYPE_TUPLE:
  case TYPE_ENUM:
  case TYPE_UNION:
    dump_type_list(d, NULL, t->members);
    break;
  case TYPE_RECORD:
    dump_type_fields(d, t->fields);
    break;
  case TYPE_CASE:
    dump_type_fields(d, t->variant.fields);
    break;
  case TYPE_CALLABLE:
    dump_type_list(d, NULL, t->callable.params);
    dump_type(d, "result", t->callable.result);
    break;
  case TYPE_NUMBER:
    dump_expr(d, NULL, t->number);
    break;
  default:
    break;
  }
}

static void dump_type(struct dump d, const char *role,
                      const struct type_expr *t)
{
  if (!t)
    return;
  buf_addf(d.out, "%*s%s%stype %s", (int)d.depth * 2, "", role ? role : "",
           role ? ": " : "", type_expr_kind_text(t->kind));
  if (t->kind == TYPE_NAMED || t->kind == TYPE_TENSOR)
    add_name(d, t->named.path);
  if (t->kind == TYPE_CASE)
    add_name(d, &t->variant.name);
  if (t->kind == TYPE_TEXT) {
    buf_addc(d.out, ' ');
    add_text(d.out, t->text.data, t->text.size);
  }
  end(d, t->span);
  type_parts(deeper(d), t);
  dump_args(deeper(d), "constraint", t->constraints);
}

// ---------------------------------------------------------------------- items

static void dump_callable(struct dump d, const struct callable *c)
{
  dump_names(d, "dim", c->dims);
  dump_params(d, c->params);
  dump_type(d, "result", c->result);
  dump_expr(d, NULL, c->value);
  dump_block(d, NULL, c->body);
}

static void dump_route(struct dump d, const struct item *i)
{
  word(d, "method", &i->route.method);
  text_line(d, "path", i->route.path);
  dump_fields(d, i->route.settings);
  dump_callable(d, &i->route.c);
  dump_form(d, i->route.form);
}

static void dump_assign(struct dump d, const struct item *i)
{
  if (i->assign.op) {
    line(d, "op", expr_op_text(i->assign.op));
    buf_addc(d.out, '\n');
  }
  dump_expr(d, "target", i->assign.target);
  dump_expr(d, NULL, i->assign.value);
}

static void dump_if(struct dump d, const struct item *i)
{
  for (const struct branch *b = i->choice.branches; b; b = b->next) {
    dump_expr(d, "test", b->test);
    dump_block(d, NULL, b->body);
  }
  dump_block(d, "else", i->choice.otherwise);
}

static void item_parts(struct dump d, const struct item *i)
{
  switch (i->kind) {
  case ITEM_USE:
    text_line(d, "path", i->use.path);
    word(d, "module", &i->use.module);
    break;
  case ITEM_TYPE:
    dump_names(d, "dim", i->type_decl.dims);
    dump_type(d, NULL, i->type_decl.type);
    break;
  case ITEM_DEPLOYMENT:
    word(d, "on", &i->deployment.on);
    text_line(d, "entry", i->deployment.entry);
    dump_callable(d, &i->deployment.c);
    break;
  case ITEM_FN:
    dump_args(d, i->fn.kind == FN_BATCH ? "batch" : "multiplex", i->fn.options);
    dump_callable(d, &i->fn.c);
    break;
  case ITEM_GRAPH:
  case ITEM_FLOW:
    dump_callable(d, &i->graph);
    break;
  case ITEM_ROUTE:
    dump_route(d, i);
    break;
  case ITEM_APP:
    text_line(d, "prefix", i->app.prefix);
    dump_block(d, NULL, i->app.body);
    break;
  case ITEM_BIND:
    dump_expr(d, NULL, i->bind.value);
    dump_fields(d, i->bind.settings);
    break;
  case ITEM_OVERRIDE:
  case ITEM_SERVER:
  case ITEM_RESOURCE:
    word(d, "path", i->settings.path);
    dump_fields(d, i->settings.settings);
    break;
  case ITEM_METRIC:
  case ITEM_SETTING:
  case ITEM_STATE:
  case ITEM_LET:
  case ITEM_VAR:
    dump_type(d, NULL, i->value.type);
    dump_expr(d, NULL, i->value.value);
    break;
  case ITEM_TEST:
    text_line(d, "title", i->test.title);
    dump_block(d, NULL, i->test.body);
    break;
  case ITEM_ASSIGN:
  case ITEM_STUB:
    dump_assign(d, i);
    break;
  case ITEM_IF:
    dump_if(d, i);
    break;
  case ITEM_MATCH:
    dump_expr(d, NULL, i->match.value);
    dump_arms(d, i->match.arms);
    break;
  case ITEM_FOR:
  case ITEM_WHILE:
    dump_names(d, "for", i->loop.names);
    dump_expr(d, i->kind == ITEM_FOR ? "in" : "test", i->loop.over);
    dump_block(d, NULL, i->loop.body);
    break;
  case ITEM_TRY:
    dump_block(d, NULL, i->attempt.body);
    word(d, "error", &i->attempt.error);
    dump_block(d, "else", i->attempt.otherwise);
    break;
  case ITEM_RETURN:
  case ITEM_YIELD:
  case ITEM_EMIT:
  case ITEM_SPAWN:
  case ITEM_ASSERT:
  case ITEM_EXPR:
    dump_expr(d, NULL, i->effect.value);
    dump_form(d, i->effect.form);
    break;
  case ITEM_BREAK:
  case ITEM_CONTINUE:
  case ITEM_ERROR:
  case ITEM_KIND_COUNT:
    break;
  }
}

static void dump_items(struct dump d, const struct item *i)
{
  for (; i; i = i->next) {
    line(d, NULL, item_kind_text(i->kind));
    add_name(d, &i->name);
    end(d, i->span);
    dump_doc(deeper(d), i->doc);
    item_parts(deeper(d), i);
  }
}

void ast_dump(const struct file_ast *f, struct buf *out)
{
  dump_items((struct dump){out, 0}, f->items);
}
