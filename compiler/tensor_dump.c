// Tensors as text, for --dump=tensors: of every function that uses tensor
// operators their list, in the order of evaluation, with the dimensions as they
// are known. What a step gives has a number, or the name that the program gives
// it; blocks are what is not always, or more than once, computed.
#include "compiler/check.h"

#include "grammar/base/number.h"
#include "grammar/defs/signature.h"

struct steps {
  struct arena *a;
  struct buf *out;
  const struct class *class; // whose fields are meant
  unsigned depth, number;
  bool some; // an operator was written
};

static void line(struct steps *d)
{
  buf_addc(d->out, '\n');
  for (unsigned i = 0; i <= d->depth; i++)
    buf_adds(d->out, "  ");
}

static bool is_operator(const struct core *x)
{
  return x->kind == CORE_OPERATOR &&
         signature_of(x->operator_id)->attributes & OPERATOR_TENSOR;
}

static bool is_step(const struct core *x)
{
  bool made = x->kind == CORE_OPERATOR || x->kind == CORE_CALL;
  return is_operator(x) || (made && x->type->kind == TYPE_tensor);
}

static const char *callee(const struct core *x)
{
  if (x->kind == CORE_OPERATOR)
    return signature_of(x->operator_id)->name;
  if (x->call.kind == SITE_function)
    return x->call.function->name;
  return x->call.method ? x->call.method->function->name : "…";
}

static const char *name_of(struct steps *d, const struct local *l)
{
  return l->name ? l->name->text : arena_printf(d->a, "_%u", l->index);
}

static const char *constant(struct steps *d, const struct constant *c)
{
  char number[NUMBER_TEXT];
  const char *list = "";
  switch (c->type->kind) {
  case TYPE_int:
    return arena_printf(d->a, "%lld", (long long)c->i);
  case TYPE_bool:
    return c->i ? "true" : "false";
  case TYPE_float:
    number_print_float(number, c->f);
    return arena_printf(d->a, "%s", number);
  case TYPE_str:
    return arena_printf(d->a, "\"%.*s\"", (int)c->size, c->text);
  case TYPE_list:
    for (uint32_t i = 0; i < c->n_parts; i++)
      list = arena_printf(d->a, "%s%s%s", list, i ? ", " : "",
                          constant(d, c->parts[i]));
    return arena_printf(d->a, "[%s]", list);
  default:
    return "…";
  }
}

static const char *value(struct steps *d, const struct core *x);

static const char *values(struct steps *d, const struct core *x)
{
  const char *all = "";
  for (uint32_t i = 0; i < x->n_args; i++) {
    const char *one = value(d, x->args[i]);
    all = arena_printf(d->a, "%s%s%s", all, i ? ", " : "", one);
  }
  return all;
}

// Writes the line of a step, behind those of what it takes; it is called by its
// number where it has no name.
static const char *step(struct steps *d, const struct core *x, const char *name)
{
  const char *args = values(d, x);
  if (!name)
    name = arena_printf(d->a, "%%%u", ++d->number);
  line(d);
  buf_addf(d->out, "%s = %s(%s): ", name, callee(x), args);
  type_print(x->type, d->out);
  d->some = d->some || is_operator(x);
  return name;
}

static const char *part(struct steps *d, const struct core *x)
{
  const struct type *of = x->args[0]->type;
  const char *whole = value(d, x->args[0]);
  if (of->kind == TYPE_record)
    return arena_printf(d->a, "%s.%s", whole, of->parts[x->index].name->text);
  return arena_printf(d->a, "%s.%u", whole, x->index);
}

static const char *block(struct steps *d, const struct core *x,
                         const char *head)
{
  line(d);
  buf_adds(d->out, head);
  d->depth++;
  const char *text = value(d, x);
  d->depth--;
  return text;
}

static const char *each(struct steps *d, const struct core *x)
{
  const char *over = value(d, x->args[0]);
  const char *of = block(
      d, x->each.value,
      arena_printf(d->a, "each %s in %s", name_of(d, x->each.item), over));
  return arena_printf(d->a, "[%s …]", of);
}

static const char *choice(struct steps *d, const struct core *x)
{
  const char *test = value(d, x->args[0]);
  const char *yes = block(d, x->args[1], arena_printf(d->a, "if %s", test));
  const char *no = block(d, x->args[2], "else");
  return arena_printf(d->a, "(%s or %s)", yes, no);
}

// What stands for a value in a line; its steps are written before.
static const char *value(struct steps *d, const struct core *x)
{
  if (is_step(x))
    return step(d, x, NULL);
  switch (x->kind) {
  case CORE_CONST:
    return constant(d, x->constant);
  case CORE_LOCAL:
    return name_of(d, x->local);
  case CORE_SELF:
    return d->class->fields[x->index].name->text;
  case CORE_PART:
    return part(d, x);
  case CORE_LIST:
    return arena_printf(d->a, "[%s]", values(d, x));
  case CORE_EACH:
    return each(d, x);
  case CORE_IF:
    return choice(d, x);
  default:
    values(d, x);
    return "…";
  }
}

static void statements(struct steps *d, const struct stmt *s);

static void inside(struct steps *d, const struct stmt *s, const char *head)
{
  line(d);
  buf_adds(d->out, head);
  d->depth++;
  statements(d, s);
  d->depth--;
}

static void named(struct steps *d, const struct stmt *s)
{
  const char *name = name_of(d, s->local);
  if (is_step(s->value)) {
    step(d, s->value, name);
    return;
  }
  const char *text = value(d, s->value);
  if (s->local->type->kind != TYPE_tensor)
    return;
  line(d);
  buf_addf(d->out, "%s = %s", name, text);
}

static void statement(struct steps *d, const struct stmt *s)
{
  const char *text;
  switch (s->kind) {
  case STMT_LET:
  case STMT_ASSIGN:
    named(d, s);
    return;
  case STMT_RETURN:
    text = s->value ? value(d, s->value) : "";
    line(d);
    buf_addf(d->out, "return %s", text);
    return;
  case STMT_FOR:
    text = value(d, s->value);
    inside(d, s->body,
           arena_printf(d->a, "for %s in %s", name_of(d, s->local), text));
    return;
  case STMT_WHILE:
  case STMT_IF:
    text = value(d, s->value);
    inside(
        d, s->body,
        arena_printf(d->a, "%s %s", s->kind == STMT_IF ? "if" : "while", text));
    break;
  case STMT_TRY:
    inside(d, s->body, "try");
    break;
  default:
    if (s->value)
      value(d, s->value);
  }
  if (s->otherwise)
    inside(d, s->otherwise, "else");
}

static void statements(struct steps *d, const struct stmt *s)
{
  for (; s; s = s->next)
    statement(d, s);
}

static void function(const struct function *f, struct arena *a, struct buf *out)
{
  struct steps d = {.a = a, .out = out, .class = f->class};
  size_t before = out->size;
  buf_addf(out, "%s(", f->name);
  for (uint32_t i = 0; i < f->n_params; i++) {
    buf_addf(out, "%s%s: ", i ? ", " : "", name_of(&d, f->params[i]));
    type_print(f->params[i]->type, out);
  }
  buf_adds(out, ") -> ");
  type_print(f->result, out);
  statements(&d, f->body);
  buf_addc(out, '\n');
  if (!d.some)
    out->size = before;
}

void tensor_dump(const struct program *p, struct arena *a, struct buf *out)
{
  for (const struct function *f = p->functions; f; f = f->next)
    function(f, a, out);
}
