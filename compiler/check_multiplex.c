// Methods that keep models: `multiplex(max_models: 3) fn load(id: str) -> M`.
//
// Two functions come of one. The method, which callers see, gives the model
// that its replica keeps, or has it loaded; the loader is a function of its own
// that nobody calls by name.
#include "compiler/checker.h"

// ---- signatures ----

static bool report_signature(struct checker *k, struct span at,
                             const char *format, const char *what)
{
  struct diag *d =
      diag_report(k->d, DIAG_multiplex_signature, at, format, what);
  diag_hint(k->d, d,
            "a loader takes an id and gives a model: `fn load(id: str) -> M`");
  return false;
}

static bool is_id(struct checker *k, const struct sig *s, struct span at)
{
  const struct sig_param *p = s->params;
  if (s->n != 1)
    return report_signature(k, s->n ? p[1].span : at,
                            "`%s` is to take the id of a model, and nothing "
                            "else",
                            s->name);
  if (is_bad(p->type))
    return false;
  if (p->initial)
    return report_signature(k, p->span,
                            "`%s` is given by the caller, never a "
                            "default",
                            p->name->text);
  return p->type->kind == TYPE_str ||
         report_signature(k, p->span, "`%s` is no str", p->name->text);
}

static bool is_loader(struct checker *k, const struct fn_sym *f)
{
  const struct type *t = f->sig.result;
  struct span at = f->result_span.end ? f->result_span : f->f.span;
  if (!is_id(k, &f->sig, f->f.span) || is_bad(t))
    return false;
  if (t->kind == TYPE_none)
    return report_signature(k, at, "`%s` gives no model", f->sig.name);
  return type_no_stream(k, t, at, "a model");
}

// ---- the method ----

struct fn_sym *multiplex_declare(struct checker *k, struct symbol *s,
                                 struct item *i, struct class_sym *class)
{
  struct fn_sym *loader, *f = fn_around(k, s, i, class, "loader", &loader);
  f->loader = loader;
  f->not_built = !is_loader(k, loader);
  f->sig = loader->sig;
  if (f->not_built)
    f->sig.result = &type_bad;
  f->f.result = f->sig.result;
  return f;
}

void multiplex_method(struct checker *k, struct fn_sym *f)
{
  f->method->loader = &f->loader->f;
  f->method->settings = settings_of_args(k, f->item->fn.options,
                                         PLACE_MULTIPLEX, ORIGIN_deployment);
  f->f.models = f->method;
}

void multiplex_check(struct checker *k, struct fn_sym *f)
{
  struct span at = f->f.span;
  struct body b;
  if (f->not_built) { // its signature is wrong; its body is still looked at
    fn_check(k, f->loader, BODY_PLAIN, NULL);
    return;
  }
  body_open(&b, k, f, BODY_PLAIN);
  const struct sig_param *id = f->sig.params;
  local_new(&b, id->name, id->type, id->span)->param = true;
  struct core *x = core_new(k, CORE_MODEL, f->sig.result, at, 1);
  x->closure.function = &f->loader->f;
  x->args[0] = core_local(k, b.locals[0], at);
  struct stmt *r = stmt_new(&b, STMT_RETURN, at);
  r->value = x;
  mention(&b, (struct mention){.fn = f->loader, .at = at});
  body_close(&b, r);
  f->checked = true;
  fn_check(k, f->loader, BODY_PLAIN, NULL);
}
