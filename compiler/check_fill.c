// Enters: a lowered program. Batches that can never fill: fewer calls are let
// in at a time than a batch has elements.
#include "compiler/compile.h"
#include "compiler/times.h"

// Whether what is in a function may happen more than once in a call of it.
static bool repeats(const struct program *p, const struct function *f)
{
  const struct code *k = code_of(f);
  for (uint32_t i = 0; i < k->n_ins; i++)
    if (k->ins[i].op == OP_jump && k->ins[i].b <= i)
      return true;
  for (const struct function *g = p->functions; g; g = g->next)
    for (uint32_t i = 0; i < code_of(g)->n_sites; i++) {
      const struct site *s = &code_of(g)->sites[i];
      if (!s->call && s->function == f) // it is a comprehension's
        return true;
    }
  return false;
}

// Calls to oneself take no further slot, so several of them may stand behind
// one that was let in.
static bool brings_several(const struct program *p, const struct method *m)
{
  uint32_t calls = 0;
  for (const struct function *f = p->functions; f; f = f->next)
    for (uint32_t i = 0; i < code_of(f)->n_sites; i++) {
      const struct site *s = &code_of(f)->sites[i];
      if (s->kind == SITE_function && s->function == m->function &&
          (calls++ || repeats(p, f)))
        return true;
    }
  return false;
}

static void check_method(struct compile *c, const struct program *p,
                         const struct binding *b, const struct method *m)
{
  const struct setting *limit =
      setting_find(b->settings, SETTING_max_ongoing_requests);
  int64_t size = setting_number(m->settings, SETTING_batch_max_size);
  if (!m->batch || m->weighs || !limit || limit->value->i >= size ||
      brings_several(p, m))
    return;
  struct diag *d = diag_report(
      &c->diags, DIAG_batch_never_fills, limit->span,
      "a batch of `%s` has %lld elements, and only %lld calls are let in",
      m->name->text, (long long)size, (long long)limit->value->i);
  diag_note(&c->diags, d, m->span, "this is the batch");
}

void check_fill(struct compile *c, const struct program *p)
{
  for (const struct app *a = p->apps; a; a = a->next)
    for (const struct binding *b = a->bindings; b; b = b->next)
      for (const struct method *m = b->class->methods; m; m = m->next)
        check_method(c, p, b, m);
}
