// What stands behind a value: fields, items, indices, slices.
#include "compiler/checker.h"
#include "grammar/text/parse.h"

bool app_member(struct body *b, struct expr *e, struct symbol **out)
{
  struct checker *k = b->k;
  struct expr *of = e->access.of;
  if (e->kind != EXPR_FIELD || of->kind != EXPR_NAME ||
      entry_find(b, of->name.text))
    return false;
  struct symbol *app = symbol_find(b, &of->name);
  if (!app || app->kind != SYMBOL_APP)
    return false;
  *out = NULL;
  if (!app->app)
    return true;
  struct name *name = &e->access.name;
  struct symbol *s = table_get(&app->app->names, name->text);
  if (!s) {
    struct symbol *fn = table_get(&k->names, name->text);
    if (fn && fn->kind == SYMBOL_CLASS && fn->class &&
        fn->class->c.kind == CLASS_function) { // as calls in the app have it
      fn->uses++;
      struct bind_sym *bind = bind_auto(k, app->app, fn->class);
      INDEX(k, symbol, fn, name->span);
      *out = bind->symbol;
      return true;
    }
    index_members(k, name, &app->app->names);
    struct diag *d = diag_report(k->d, DIAG_unknown_name, name->span,
                                 "the app `%s` has no `%s`", app->name->text,
                                 name->text->text);
    const struct table *tables[] = {&app->app->names};
    name_hint(k, d, name->text, NULL, tables, 1);
    return true;
  }
  s->uses++;
  INDEX(k, symbol, s, name->span);
  *out = s;
  return true;
}

// A local may have the name of a library, and then that is not seen.
static void hint_hidden(struct checker *k, struct diag *d, struct expr *of)
{
  struct symbol *s =
      of->kind == EXPR_NAME ? table_get(&k->names, of->name.text) : NULL;
  if (s && s->kind == SYMBOL_MODULE)
    diag_hint(k->d, d, "this name hides the library: `use %s as ...`",
              s->space ? s->space->library->text : s->name->text);
}

static struct core *no_field(struct body *b, struct expr *e,
                             const struct core *of)
{
  const struct type *t = of->type;
  struct checker *k = b->k;
  struct name *name = &e->access.name;
  if (t->kind == TYPE_optional) {
    struct diag *d = diag_report(k->d, DIAG_may_be_none, e->access.of->span,
                                 "this %s may be none", show(k, t));
    hint_none(b, d, of);
    return core_bad(k, e->span);
  }
  if (t->kind == TYPE_json) {
    struct diag *d =
        diag_report(k->d, DIAG_unknown_field, name->span,
                    "the fields of json are not known when compiled");
    diag_hint(k->d, d,
              "write `[\"%s\"]`, or read it into a type: `let x: T = ...`",
              name->text->text);
    return core_bad(k, e->span);
  }
  struct diag *d =
      diag_report(k->d, DIAG_unknown_field, name->span, "%s has no field `%s`",
                  show(k, t), name->text->text);
  bool record = t->kind == TYPE_record;
  const char **names = ARENA_ARRAY(k->a, t->n_parts + 1, const char *);
  for (uint32_t i = 0; record && i < t->n_parts; i++)
    names[i] = t->parts[i].name->text;
  if (record)
    name_hint_list(k, d, name->text->text, names, t->n_parts);
  const char *here = record ? NULL : parse_foreign_word(name->text->text);
  const struct signature *rows =
      record ? NULL : table_get(&k->operators, name->text);
  if (rows)
    diag_hint(k->d, d, "it is written `%s(x%s)`", name->text->text,
              rows->n_params > 1 ? ", ..." : "");
  else if (here)
    diag_hint(k->d, d, "%s", here);
  else if (t->kind == TYPE_list && !strcmp(name->text->text, "map"))
    diag_hint(k->d, d, "it is written `[f(x) for x in xs]`");
  else if (t->kind == TYPE_map)
    diag_hint(k->d, d, "the value of a key is `[\"%s\"]`", name->text->text);
  else if (record && !t->n_parts)
    diag_hint(k->d, d,
              "an empty map is told by its type: `let m: map int = "
              "{}`");
  if (!d->hint)
    hint_hidden(k, d, e->access.of);
  if (record && t->name)
    diag_note(k->d, d, t->span, "%s is declared here", t->name->text);
  return core_bad(k, e->span);
}

static struct core *part(struct body *b, struct expr *e, struct core *of,
                         uint32_t i)
{
  struct checker *k = b->k;
  if (of->kind == CORE_CONST)
    return core_const(k, of->constant->parts[i], e->span);
  struct core *x = core_new(k, CORE_PART, of->type->parts[i].type, e->span, 1);
  x->args[0] = of;
  x->index = i;
  return x;
}

// A field that was tested against none, without the optional.
static struct core *known_part(struct body *b, struct expr *e, struct core *x)
{
  if (x->type->kind != TYPE_optional || !path_narrowed(b, e))
    return x;
  struct core *there = core_new(b->k, CORE_UNWRAP, x->type->of, e->span, 1);
  there->args[0] = x;
  return there;
}

struct core *constant_operator(struct checker *k, const struct signature *s,
                               struct span at)
{
  return core_operator(k, s->id, type_simple(k->t, s->result->kind), at, 0);
}

// What a library names, as a value: a function, or one of its constants, which
// are operators without parameters.
static struct core *member_value(struct body *b, const struct member *m,
                                 struct expr *e)
{
  struct checker *k = b->k;
  if (m->symbol)
    return check_symbol(b, m->symbol, e->span);
  if (m->variant && !m->variant->type->parts[m->variant->index].type->n_parts)
    return case_value(b, m->variant, e->span);
  if (m->variant) {
    struct diag *d =
        diag_report(k->d, DIAG_not_a_value, e->span, "`%s` is not a value",
                    e->access.name.text->text);
    diag_hint(k->d, d, "call it: `%s(...)`", e->access.name.text->text);
  }
  if (!m->rows)
    return core_bad(k, e->span);
  if (signature_is_constant(m->rows))
    return constant_operator(k, m->rows, e->span);
  struct diag *d = diag_report(k->d, DIAG_not_a_value, e->span,
                               "`%s` is not a value", m->rows->name);
  diag_hint(k->d, d,
            m->rows->n_params ? "call it, or write `fn(x) = %s(x)`"
                              : "call it: `%s()`",
            m->rows->name);
  return core_bad(k, e->span);
}

struct core *check_field(struct body *b, struct expr *e)
{
  struct checker *k = b->k;
  struct symbol *member;
  if (app_member(b, e, &member))
    return member ? check_symbol(b, member, e->span) : core_bad(k, e->span);
  struct member named;
  if (library_member(b, e, &named))
    return member_value(b, &named, e);
  struct fn_sym *method;
  if (part_member(b, e, &method))
    return method ? closure_of_fn(b, method, e->span) : core_bad(k, e->span);
  struct core *of = check(b, e->access.of, NULL);
  const struct type *t = of->type;
  atom name = e->access.name.text;
  if (is_bad(t) || !name)
    return core_bad(k, e->span);
  if (t->kind == TYPE_handle) {
    struct fn_sym *m =
        method_of(b, (struct class_sym *)t->class, name, e->access.name.span);
    return m ? closure_of_method(b, m, of, e->span) : core_bad(k, e->span);
  }
  for (uint32_t i = 0; t->kind == TYPE_record && i < t->n_parts; i++)
    if (t->parts[i].name == name) {
      INDEX(k, part, INDEX_FIELD, &t->parts[i], e->access.name.span);
      return known_part(b, e, part(b, e, of, i));
    }
  return no_field(b, e, of);
}

struct core *check_item(struct body *b, struct expr *e)
{
  struct checker *k = b->k;
  struct core *of = check(b, e->access.of, NULL);
  const struct type *t = of->type;
  if (is_bad(t))
    return of;
  if (t->kind == TYPE_tuple && e->access.at < t->n_parts)
    return part(b, e, of, e->access.at);
  if (t->kind == TYPE_tuple)
    diag_report(k->d, DIAG_unknown_field, e->access.span,
                "%s has items 0 to %u", show(k, t), t->n_parts - 1);
  else
    diag_report(k->d, DIAG_unknown_field, e->access.span,
                "%s has no numbered items", show(k, t));
  return core_bad(k, e->span);
}

// What it is, is known only when it runs: a key says that it is a map, a number
// that it is a list.
struct core *json_part(struct body *b, struct core *of, struct core *at,
                       struct span span)
{
  struct checker *k = b->k;
  bool text = !is_bad(at->type) && type_base(k->t, at->type)->kind == TYPE_str;
  at = convert(b, at, text ? k->str : k->integer, NULL);
  if (is_bad(at->type))
    return core_bad(k, span);
  struct core *x = core_operator(
      k, text ? OPERATOR_at_json : OPERATOR_at_json_list, k->json, span, 2);
  x->args[0] = of;
  x->args[1] = at;
  return x;
}

struct core *check_index(struct body *b, struct expr *e)
{
  struct checker *k = b->k;
  struct core *of = check(b, e->index.of, NULL);
  const struct type *t = of->type;
  bool map = t->kind == TYPE_map, list = t->kind == TYPE_list;
  bool text = !is_bad(t) && type_base(k->t, t)->kind == TYPE_str;
  const struct type *want = map ? k->str : k->integer;
  if (is_tensor(t))
    return tensor_index(b, of, e->index.from, e->span);
  struct core *at = check(b, e->index.from, map || list || text ? want : NULL);
  if (is_bad(t) || is_bad(at->type))
    return core_bad(k, e->span);
  if (t->kind == TYPE_json)
    return json_part(b, of, at, e->span);
  if (!map && !list && !text) {
    struct diag *d = diag_report(k->d, DIAG_not_indexable, e->span,
                                 "%s cannot be indexed", show(k, t));
    if (t->kind == TYPE_tuple)
      diag_hint(k->d, d, "items of a tuple are written `.0`, `.1`");
    else if (t->kind == TYPE_record)
      diag_hint(k->d, d, "fields of a record are written `.name`");
    else if (t->kind == TYPE_optional)
      hint_none(b, d, of);
    return core_bad(k, e->span);
  }
  at = convert(b, at, want, NULL);
  struct core *x =
      text ? core_operator(k, OPERATOR_at_str, k->str, e->span, 2)
           : core_new(k, map ? CORE_KEY : CORE_INDEX, t->of, e->span, 2);
  x->args[0] = of;
  x->args[1] = at;
  return is_bad(at->type) ? core_bad(k, e->span) : x;
}

static struct core *slice_end(struct body *b, struct expr *e, int64_t missing,
                              struct span at)
{
  return e ? check_as(b, e, b->k->integer, NULL) : core_int(b->k, missing, at);
}

struct core *check_slice(struct body *b, struct expr *e)
{
  struct checker *k = b->k;
  struct core *of = check(b, e->index.of, NULL);
  struct core *from = slice_end(b, e->index.from, 0, e->span);
  struct core *to = slice_end(b, e->index.to, INT64_MAX, e->span);
  bool json = of->type->kind == TYPE_json && !is_bad(of->type);
  if (json)
    of = convert(b, of, type_of(k->t, TYPE_list, k->json), NULL);
  const struct type *t = of->type;
  if (is_bad(t) || is_bad(from->type) || is_bad(to->type))
    return core_bad(k, e->span);
  bool list = t->kind == TYPE_list;
  if (is_tensor(t))
    return tensor_slice(b, of, from, to, e->span);
  if (!list && t->kind != TYPE_str && t->kind != TYPE_enum &&
      t->kind != TYPE_markdown) {
    diag_report(k->d, DIAG_not_indexable, e->span, "%s cannot be sliced",
                show(k, t));
    return core_bad(k, e->span);
  }
  struct core *x = core_operator(
      k, list ? OPERATOR_slice_list : OPERATOR_slice_str,
      list ? type_of(k->t, TYPE_list, t->of) : k->str, e->span, 3);
  x->args[0] = of;
  x->args[1] = from;
  x->args[2] = to;
  return json ? convert(b, x, k->json, NULL) : x;
}
