// Names: what a program declares, once each, and what a wrong one was meant
// for.
#include "compiler/checker.h"
#include "compiler/library.h"

#include <stdlib.h>
#include <string.h>

// Candidates that may be compared in one run: a program with very many unknown
// names gets hints for the first of them.
enum { GUESSES_MAX = 4000000 };

const char *symbol_kind_text(enum symbol_kind kind)
{
  static const char *const texts[] = {
      [SYMBOL_TYPE] = "a type",         [SYMBOL_CLASS] = "a deployment",
      [SYMBOL_FN] = "a function",       [SYMBOL_METRIC] = "a metric",
      [SYMBOL_RESOURCE] = "a resource", [SYMBOL_APP] = "an app",
      [SYMBOL_MODULE] = "a library",    [SYMBOL_BINDING] = "a binding",
      [SYMBOL_FLOW] = "a flow",         [SYMBOL_FIELD] = "a field",
      [SYMBOL_PART] = "a part",
  };
  return texts[kind];
}

static void report_duplicate(struct checker *k, const struct name *name,
                             const struct symbol *first)
{
  struct diag *d = diag_report(k->d, DIAG_duplicate_name, name->span,
                               "`%s` is declared twice", name->text->text);
  diag_note(k->d, d, first->span, "`%s` is first declared here, as %s",
            name->text->text, symbol_kind_text(first->kind));
}

struct symbol *name_declare(struct checker *k, struct table *in,
                            enum symbol_kind kind, const struct name *name,
                            struct item *item)
{
  if (!name->text)
    return NULL;
  void **at = table_at(k->a, in, name->text);
  if (*at) {
    report_duplicate(k, name, *at);
    return NULL;
  }
  struct symbol *s = NEW(k, struct symbol);
  s->kind = kind;
  s->name = name->text;
  s->span = name->span;
  s->item = item;
  s->space = k->space;
  *at = s;
  INDEX(k, symbol, s, name->span);
  if (!k->in_parts) // what it is one of is told of its own names
    PUSH(k, k->symbols, k->n_symbols, k->room_symbols, s);
  return s;
}

static void collect_item(struct checker *k, struct item *i)
{
  static const signed char kinds[ITEM_KIND_COUNT] = {
      [ITEM_TYPE] = SYMBOL_TYPE + 1, [ITEM_DEPLOYMENT] = SYMBOL_CLASS + 1,
      [ITEM_FN] = SYMBOL_FN + 1,     [ITEM_METRIC] = SYMBOL_METRIC + 1,
      [ITEM_APP] = SYMBOL_APP + 1,   [ITEM_RESOURCE] = SYMBOL_RESOURCE + 1,
  };
  if (kinds[i->kind]) {
    i->note = name_declare(k, &k->names, kinds[i->kind] - 1, &i->name, i);
  }
}

static struct space *space_named(struct checker *k, atom library)
{
  for (uint32_t i = 0; i < k->n_spaces; i++)
    if (library && k->spaces[i].library == library)
      return &k->spaces[i];
  return NULL;
}

// Known to the language, and not written yet.
static bool is_later(const char *name)
{
  static const char *const later[] = {"flows", "openai", "tokenizers"};
  for (size_t i = 0; i < sizeof later / sizeof *later; i++)
    if (!strcmp(name, later[i]))
      return true;
  return false;
}

static void report_no_library(struct checker *k, const struct name *name)
{
  if (is_later(name->text->text)) {
    diag_report(k->d, DIAG_no_libraries, name->span,
                "the library `%s` is not built yet", name->text->text);
    return;
  }
  struct diag *d = diag_report(k->d, DIAG_unknown_module, name->span,
                               "there is no library `%s`", name->text->text);
  uint32_t n;
  const char *const *names = library_names(&n);
  name_hint_list(k, d, name->text->text, names, n);
  if (!d->hint)
    diag_hint(k->d, d, "a file is used by its path: `use \"./%s.sg\"`",
              name->text->text);
}

// Every file may use a library; under one name it is one.
static void collect_use(struct checker *k, struct item *i)
{
  struct space *space = space_named(k, i->use.module.text);
  struct symbol *known =
      i->name.text ? table_get(&k->names, i->name.text) : NULL;
  if (!space && i->use.module.text)
    report_no_library(k, &i->use.module);
  if (known && known->kind == SYMBOL_MODULE && known->space == space)
    return;
  i->note = name_declare(k, &k->names, SYMBOL_MODULE, &i->name, i);
  if (i->note)
    ((struct symbol *)i->note)->space = space;
}

void name_collect(struct checker *k)
{
  for (uint32_t f = k->space->first; f < k->space->end; f++)
    for (struct item *i = k->c->files[f]->items; i; i = i->next)
      if (i->kind == ITEM_USE && !i->use.path.data)
        collect_use(k, i);
      else
        collect_item(k, i);
}

// ---- did you mean ----

void name_hint_list(struct checker *k, struct diag *on, const char *wanted,
                    const char *const *candidates, uint32_t n)
{
  k->guesses += n;
  if (k->guesses > GUESSES_MAX)
    return;
  const char *near = nearest_name(wanted, candidates, n);
  if (near)
    diag_hint(k->d, on, "did you mean `%s`?", near);
}

void name_hint_all(struct checker *k, struct diag *on, const char *wanted,
                   const char *const *candidates, uint32_t n)
{
  name_hint_list(k, on, wanted, candidates, n);
  const char *all = n ? candidates[0] : "";
  for (uint32_t i = 1; i < n && !on->hint; i++)
    all = arena_printf(k->a, "%s%s%s", all, i + 1 < n ? ", " : " or ",
                       candidates[i]);
  if (!on->hint)
    diag_hint(k->d, on, "it is one of %s", all);
}

struct candidates {
  const char **texts;
  uint32_t n, room;
};

static void candidates_of(struct checker *k, struct candidates *c,
                          const struct table *t)
{
  for (uint32_t i = 0; i < t->room; i++)
    if (t->slots[i].key && t->slots[i].value)
      PUSH(k, c->texts, c->n, c->room, t->slots[i].key->text);
}

void name_hint(struct checker *k, struct diag *on, atom wanted,
               const struct body *b, const struct table *const *tables,
               uint32_t n)
{
  if (k->guesses > GUESSES_MAX)
    return;
  struct candidates c = {0};
  for (; b; b = b->outer) {
    candidates_of(k, &c, &b->names);
    candidates_of(k, &c, &b->nested);
  }
  for (uint32_t i = 0; i < n; i++)
    if (tables[i])
      candidates_of(k, &c, tables[i]);
  name_hint_list(k, on, wanted->text, c.texts, c.n);
}
