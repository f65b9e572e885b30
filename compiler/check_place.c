// What one place adds to a program: overrides of settings, the server, tests.
#include "compiler/checker.h"

// ---- overrides and the server ----

// Files have no order that one override could come before another by.
static void overridden_twice(struct checker *k, const struct setting *had,
                             const struct setting *own)
{
  for (; own; own = own->next)
    for (const struct setting *s = had; s; s = s->next) {
      if (s->id != own->id || s->origin != ORIGIN_override)
        continue;
      struct diag *d = diag_report(k->d, DIAG_duplicate_setting, own->span,
                                   "`%s` is overridden twice",
                                   setting_rows[s->id].name);
      diag_note(k->d, d, s->span, "the first one");
    }
}

static void override_one(struct checker *k, struct item *i)
{
  struct setting *own = settings_of_fields(k, i->settings.settings,
                                           PLACE_DEPLOYMENT, ORIGIN_override);
  struct name *app = i->settings.path;
  if (!app || !app->text)
    return;
  struct symbol *s = table_get(&k->names, app->text);
  struct diag *d = NULL;
  if (s && s->kind == SYMBOL_APP && !app->next) {
    d = diag_report(k->d, DIAG_unknown_override, app->span,
                    "the settings of an app are not overridden");
    diag_hint(k->d, d, "`override %s.name { ... }` is for one of its "
                       "deployments", app->text->text);
    return;
  }
  if (!s || s->kind != SYMBOL_APP || !app->next) {
    d = diag_report(k->d, DIAG_unknown_app, app->span, "there is no app `%s`",
                    app->text->text);
    const struct table *tables[] = {&k->names};
    name_hint(k, d, app->text, NULL, tables, 1);
    return;
  }
  s->uses++;
  INDEX(k, symbol, s, app->span);
  struct name *name = app->next;
  struct symbol *b = s->app ? table_get(&s->app->names, name->text) : NULL;
  struct bind_sym *bind = b ? b->bind : NULL;
  if (!b && s->app)
    bind = table_get(&s->app->autos, name->text);
  if (b || bind)
    INDEX(k, symbol, b ? b : bind->symbol, name->span);
  if (bind) {
    overridden_twice(k, bind->b.settings, own);
    bind->b.settings = settings_merge(k, bind->b.settings, own);
  } else if (!b) {
    struct symbol *f = table_get(&k->names, name->text);
    if (f && f->kind == SYMBOL_CLASS && !f->class)
      return; // not built, and reported
    d = diag_report(k->d, DIAG_unknown_override, name->span,
                    "the app `%s` has no `%s`", app->text->text,
                    name->text->text);
    const struct table *tables[] = {&s->app->names};
    name_hint(k, d, name->text, NULL, tables, 1);
  }
}

void overrides_check(struct checker *k)
{
  EACH_ITEM(k, i, ITEM_OVERRIDE) override_one(k, i);
  struct item *first = NULL;
  EACH_ITEM(k, i, ITEM_SERVER)
  {
    if (first) {
      struct diag *d = diag_report(k->d, DIAG_duplicate_setting, i->span,
                                   "`server` is here twice");
      diag_note(k->d, d, first->span, "the first one");
      continue;
    }
    first = i;
    k->p->server = settings_of_fields(k, i->settings.settings, PLACE_SERVER,
                                      ORIGIN_server);
  }
}

// ---- tests ----

static void test_check(struct checker *k, struct item *i)
{
  struct text *title = &i->test.title;
  struct test *t = NEW(k, struct test);
  t->title = title->data ? arena_copy(k->a, title->data, title->size) : "";
  t->span = i->span;
  *k->last_test = t;
  k->last_test = &t->next;
  struct fn_sym *f = fn_new(k, arena_printf(k->a, "test \"%s\"", t->title),
                            FUNCTION_test, i->span);
  t->function = &f->f;
  struct body b;
  body_open(&b, k, f, BODY_TEST);
  struct stmt *first = NULL;
  if (i->test.body) {
    check_block(&b, i->test.body, &first);
    if (!b.asserts)
      diag_report(k->d, DIAG_test_without_assert,
                  title->data ? title->span : i->span, NULL);
  }
  body_close(&b, first);
  PUSH(k, k->test_fns, k->n_tests, k->room_tests, f);
}

void tests_check(struct checker *k)
{
  EACH_ITEM(k, i, ITEM_TEST) test_check(k, i);
}
