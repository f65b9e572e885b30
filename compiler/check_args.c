// Arguments: which is for which parameter, and whether it fits.
#include "compiler/checker.h"

void check_args_alone(struct body *b, struct arg *args)
{
  for (; args; args = args->next)
    if (args->value->kind != EXPR_LIST && args->value->kind != EXPR_LAMBDA)
      check(b, args->value, NULL);
}

static int param_named(const struct sig *s, atom name)
{
  for (uint32_t i = 0; i < s->n; i++)
    if (s->params[i].name == name)
      return (int)i;
  return -1;
}

static void declared_here(struct checker *k, struct diag *d,
                          const struct sig *s)
{
  if (s->span.file != UINT32_MAX)
    diag_note(k->d, d, s->span, "`%s` is declared here", s->name);
}

static void report_no_param(struct checker *k, const struct sig *s,
                            struct arg *a)
{
  struct diag *d =
      diag_report(k->d, DIAG_unknown_argument, a->name.span,
                  "`%s` has no parameter `%s`", s->name, a->name.text->text);
  const char **names = ARENA_ARRAY(k->a, s->n + 1, const char *);
  for (uint32_t i = 0; i < s->n; i++)
    names[i] = s->params[i].name ? s->params[i].name->text : "";
  name_hint_list(k, d, a->name.text->text, names, s->n);
  declared_here(k, d, s);
}

static void report_too_many(struct checker *k, const struct sig *s,
                            struct arg *args, struct arg *a)
{
  uint32_t n = 0;
  for (struct arg *i = args; i; i = i->next)
    n++;
  struct diag *d = diag_report(k->d, DIAG_wrong_arity, a->span,
                               "`%s` takes %u argument%s, %u are given",
                               s->name, s->n, s->n == 1 ? "" : "s", n);
  declared_here(k, d, s);
}

// Which argument is for which parameter; false when something was reported.
bool place_args(struct checker *k, const struct sig *s, struct arg *args,
                struct arg **of)
{
  bool ok = true, said = false;
  uint32_t next = 0;
  for (struct arg *a = args; a; a = a->next) {
    int at = a->name.text ? param_named(s, a->name.text) : (int)next++;
    if (at < 0) {
      report_no_param(k, s, a);
      ok = false;
    } else if ((uint32_t)at >= s->n) {
      if (!said)
        report_too_many(k, s, args, a);
      said = true;
      ok = false;
    } else if (of[at]) {
      struct diag *d =
          diag_report(k->d, DIAG_duplicate_argument, a->span,
                      "`%s` is given twice", s->params[at].name->text);
      diag_note(k->d, d, of[at]->span, "the first one");
      ok = false;
    } else {
      if (a->name.text)
        INDEX(k, param, &s->params[at], a->name.span);
      of[at] = a;
    }
  }
  return ok;
}

// What is declared nowhere is shown as it is called.
static const char *as_called(struct checker *k, const struct sig *s)
{
  struct buf out = {.arena = k->a};
  for (uint32_t i = 0; i < s->n; i++)
    buf_addf(&out, "%s%s: %s", i ? ", " : "",
             s->params[i].name ? s->params[i].name->text : "_",
             show(k, s->params[i].type));
  return arena_printf(k->a, "%s(%.*s)", s->name, (int)out.size, out.data);
}

void report_missing(struct checker *k, const struct sig *s, uint32_t i,
                    struct span call)
{
  struct diag *d =
      diag_report(k->d, DIAG_missing_argument, call, "`%s` needs `%s: %s`",
                  s->name, s->params[i].name ? s->params[i].name->text : "_",
                  show(k, s->params[i].type));
  if (s->params[i].span.file != UINT32_MAX)
    diag_note(k->d, d, s->params[i].span, "the parameter is declared here");
  else
    diag_hint(k->d, d, "it is `%s`", as_called(k, s));
}

struct core *fit_arg(struct body *b, const struct sig_param *p, struct core *x,
                     enum diag_id wrong)
{
  if (try_convert(b, &x, p->type))
    return x;
  const char *name = p->name ? p->name->text : "_";
  struct blame why = {wrong, arena_printf(b->k->a, "parameter `%s`", name),
                      p->span, p->span.file != UINT32_MAX};
  return convert(b, x, p->type, &why);
}

bool fit_args(struct body *b, const struct sig *s, struct core **values,
              struct span call, enum diag_id wrong)
{
  struct dim_choices c = {.k = b->k, .sig = s};
  bool ok = true;
  for (uint32_t i = 0; i < s->n; i++)
    if (values[i])
      dims_learn(&c, s->params[i].type, values[i]->type, i);
  if (c.torn) {
    report_torn(&c, values);
    return false;
  }
  for (uint32_t i = 0; i < s->n; i++) {
    struct sig_param p = s->params[i];
    p.type = dims_chosen(&c, p.type);
    if (values[i])
      values[i] = fit_arg(b, &p, values[i], wrong);
    else if (p.initial)
      values[i] = core_const(b->k, p.initial, call);
    ok = ok && values[i] && !is_bad(values[i]->type);
  }
  return ok;
}

struct core **match_args(struct body *b, const struct sig *s, struct arg *args,
                         struct span call, enum diag_id wrong)
{
  struct checker *k = b->k;
  INDEX(k, call, s, call);
  struct arg **of = ARENA_ARRAY(k->a, s->n + 1, struct arg *);
  struct core **out = ARENA_ARRAY(k->a, s->n + 1, struct core *);
  if (!place_args(k, s, args, of)) {
    check_args_alone(b, args);
    return NULL;
  }
  bool ok = true;
  for (uint32_t i = 0; i < s->n; i++) {
    if (of[i])
      out[i] = check(b, of[i]->value, s->params[i].type);
    else if (!s->params[i].initial && !is_bad(s->params[i].type))
      report_missing(k, s, i, call);
    ok = ok && (out[i] || s->params[i].initial) && !is_bad(s->params[i].type);
  }
  return fit_args(b, s, out, call, wrong) && ok ? out : NULL;
}
