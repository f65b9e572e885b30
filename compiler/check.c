// The order of checking: names, types, signatures, bodies, what needs the
// whole.
#include "compiler/checker.h"

static const struct type *error_type(struct checker *k)
{
  struct type_part parts[] = {
      {.name = atom_of_text(&k->c->atoms, "message"), .type = k->str},
      {.name = atom_of_text(&k->c->atoms, "kind"), .type = k->str},
      {.name = atom_of_text(&k->c->atoms, "status"), .type = k->integer},
  };
  return type_parts(k->t, TYPE_record, parts, 3);
}

static void begin(struct checker *k, struct compile *c)
{
  *k = (struct checker){.c = c, .a = c->arena, .t = c->types, .d = &c->diags};
  k->p = NEW(k, struct program);
  k->p->types = c->types;
  k->last_class = &k->p->classes;
  k->last_app = &k->p->apps;
  k->last_function = &k->p->functions;
  k->last_test = &k->p->tests;
  k->last_answers = &k->answers;
  k->last_pass = &k->passes;
  k->input = atom_of_text(&c->atoms, "input");
  k->none = type_simple(k->t, TYPE_none);
  k->boolean = type_simple(k->t, TYPE_bool);
  k->integer = type_simple(k->t, TYPE_int);
  k->number = type_simple(k->t, TYPE_float);
  k->str = type_simple(k->t, TYPE_str);
  k->json = type_simple(k->t, TYPE_json);
  k->duration = type_simple(k->t, TYPE_duration);
  k->error = error_type(k);
}

// Ends in the program's own.
static void in_each_space(struct checker *k, void (*pass)(struct checker *k))
{
  for (uint32_t i = 0; i < k->n_spaces; i++) {
    space_enter(k, &k->spaces[i]);
    pass(k);
  }
}

// What is bad was reported; if it was not, this is better than to go on with it.
static void require_types(struct checker *k)
{
  for (struct function *f = k->p->functions; f && !k->d->errors; f = f->next)
    for (uint32_t i = 0; i < f->n_locals; i++)
      if (is_bad(f->locals[i]->type)) {
        diag_report(k->d, DIAG_internal, f->span, "`%s` has no type for `%s`",
                    f->name,
                    f->locals[i]->name ? f->locals[i]->name->text : "a value");
        break;
      }
}

struct program *check_program(struct compile *c)
{
  struct checker k;
  begin(&k, c);
  k.p->sources = c->sources;
  k.p->n_sources = c->n_sources;
  operators_collect(&k);
  spaces_begin(&k);
  in_each_space(&k, name_collect);
  in_each_space(&k, classes_declare);
  in_each_space(&k, types_collect);
  resources_collect(&k);
  in_each_space(&k, classes_collect);
  apps_collect(&k);
  graphs_compose(&k);
  in_each_space(&k, bodies_check);
  apps_check(&k);
  overrides_check(&k);
  replicas_settle(&k);
  tests_check(&k);
  parts_finish(&k);
  steps_finish(&k);
  compositions_finish(&k);
  effects_check(&k);
  reads_check(&k);
  stream_uses_check(&k);
  reach_check(&k);
  resources_check(&k);
  call_cycles_check(&k);
  endless_check(&k);
  index_finish(&k);
  require_types(&k);
  return k.p;
}
