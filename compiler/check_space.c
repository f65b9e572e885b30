// Namespaces: the program has one, and each library that it uses has its own.
//
// Names are looked up in the one that is entered; what a library's function
// says is checked inside the library's, whoever calls it.
#include "compiler/checker.h"
#include "compiler/library.h"

#include <string.h>

void spaces_begin(struct checker *k)
{
  struct compile *c = k->c;
  k->index = c->index;
  k->n_spaces = c->n_libraries + 1;
  k->spaces = ARENA_ARRAY(k->a, k->n_spaces, struct space);
  for (uint32_t i = 0; i < c->n_libraries; i++) {
    struct used_library *l = &c->libraries[i];
    k->spaces[i] =
        (struct space){.library = l->name, .first = l->file, .end = l->file + 1};
  }
  k->space = &k->spaces[c->n_libraries];
  k->space->end = c->n_own;
}

struct space *space_enter(struct checker *k, struct space *to)
{
  struct space *from = k->space;
  from->names = k->names;
  from->cases = k->cases;
  k->names = to->names;
  k->cases = to->cases;
  k->space = to;
  k->c->index = to->library ? NULL : k->index; // of the program alone
  return from;
}

// ---- members ----

static const struct table *names_of(struct checker *k, struct space *s)
{
  return s == k->space ? &k->names : &s->names;
}

static const struct signature *rows_of(struct checker *k, atom library,
                                       atom name)
{
  const char *whole = arena_printf(k->a, "%s.%s", library->text, name->text);
  return table_get(&k->operators, atom_of_text(&k->c->atoms, whole));
}

const struct signature *operators_named(struct checker *k, atom name)
{
  const struct signature *own =
      k->space->library ? rows_of(k, k->space->library, name) : NULL;
  return own ? own : table_get(&k->operators, name);
}

static const char **candidates(struct checker *k, struct space *s, uint32_t *n)
{
  const char **texts = NULL;
  uint32_t room = 0;
  const struct table *t = names_of(k, s);
  for (uint32_t i = 0; i < t->room; i++)
    if (t->slots[i].key && t->slots[i].value && t->slots[i].key->text[0] != '_')
      PUSH(k, texts, *n, room, t->slots[i].key->text);
  size_t size = s->library->size;
  for (int id = 0; id < OPERATORS; id++) {
    const char *name = signature_of(id)->name;
    if (!strncmp(name, s->library->text, size) && name[size] == '.')
      PUSH(k, texts, *n, room, name + size + 1);
  }
  return texts;
}

static void report_no_member(struct checker *k, struct space *s,
                             const struct name *name)
{
  struct diag *d = diag_report(k->d, DIAG_unknown_name, name->span,
                               "the library `%s` has no `%s`",
                               s->library->text, name->text->text);
  uint32_t n = 0;
  const char **texts = candidates(k, s, &n);
  name_hint_list(k, d, name->text->text, texts, n);
  if (!d->hint && table_get(&k->operators, name->text))
    diag_hint(k->d, d, "`%s` is there without a library", name->text->text);
}

// A library that no file uses is named all the same: say what is missing.
static bool report_unused(struct body *b, const struct name *name)
{
  struct checker *k = b->k;
  if (table_get(&k->names, name->text) || !library_named(name->text->text))
    return false;
  struct diag *d = diag_report(k->d, DIAG_unknown_name, name->span,
                               "`%s` is not known here", name->text->text);
  diag_hint(k->d, d, "it is a library: write `use %s` at the top of the file",
            name->text->text);
  return true;
}

bool library_member(struct body *b, struct expr *e, struct member *out)
{
  struct expr *of = e->access.of;
  *out = (struct member){0};
  if (e->kind != EXPR_FIELD || of->kind != EXPR_NAME || !of->name.text ||
      entry_find(b, of->name.text))
    return false;
  struct symbol *s = symbol_find(b, &of->name);
  if (!s)
    return report_unused(b, &of->name);
  if (s->kind != SYMBOL_MODULE)
    return false;
  const struct name *name = &e->access.name;
  if (!name->text || !s->space) // both were reported
    return true;
  out->symbol = table_get(names_of(b->k, s->space), name->text);
  bool hidden = name->text->text[0] == '_' ||
                (out->symbol && out->symbol->kind == SYMBOL_MODULE);
  if (hidden) {
    out->symbol = NULL; // the library's own affair
    report_no_member(b->k, s->space, name);
  } else if (out->symbol) {
    out->symbol->uses++;
    INDEX(b->k, symbol, out->symbol, name->span);
  } else if ((out->variant = table_get(
                  s->space == b->k->space ? &b->k->cases : &s->space->cases,
                  name->text))) {
    INDEX(b->k, part, INDEX_CASE,
          &out->variant->type->parts[out->variant->index], name->span);
  } else if ((out->rows = rows_of(b->k, s->space->library, name->text))) {
    INDEX(b->k, operator, out->rows, name->span);
  } else {
    report_no_member(b->k, s->space, name);
  }
  return true;
}

struct symbol *library_symbol(struct checker *k, struct symbol *module,
                              atom name)
{
  bool hidden = !name || name->text[0] == '_';
  return hidden || !module->space ? NULL
                                  : table_get(names_of(k, module->space), name);
}

struct class_sym *library_class(struct checker *k, struct symbol *module,
                                struct expr *e)
{
  const struct name *name = &e->access.name;
  module->uses++;
  INDEX(k, symbol, module, e->access.of->span);
  if (!module->space || !name->text)
    return NULL; // reported at its `use`, or where it was read
  struct symbol *s = library_symbol(k, module, name->text);
  if (s && s->kind == SYMBOL_CLASS) {
    s->uses++;
    INDEX(k, symbol, s, name->span);
    return s->class;
  }
  diag_report(k->d, DIAG_unknown_deployment, name->span,
              "the library `%s` has no deployment `%s`",
              module->space->library->text, name->text->text);
  return NULL;
}

const struct type *library_type(struct checker *k, struct type_expr *e)
{
  const struct name *path = e->named.path, *name = path->next;
  struct symbol *module = table_get(&k->names, path->text);
  if (!module || module->kind != SYMBOL_MODULE) {
    struct diag *d =
        diag_report(k->d, DIAG_unknown_module, path->span,
                    "there is no library `%s`", path->text->text);
    if (!module && library_named(path->text->text))
      diag_hint(k->d, d, "write `use %s` at the top of the file",
                path->text->text);
    return &type_bad;
  }
  module->uses++;
  INDEX(k, symbol, module, path->span);
  if (!module->space)
    return &type_bad;
  struct symbol *s = table_get(names_of(k, module->space), name->text);
  if (s && s->kind == SYMBOL_CLASS && !name->next)
    return s->class ? type_handle(k->t, &s->class->c) : &type_bad;
  if (!s || s->kind != SYMBOL_TYPE || name->next) {
    diag_report(k->d, DIAG_unknown_type, name->span,
                "the library `%s` has no type `%s`", path->text->text,
                name->text->text);
    return &type_bad;
  }
  INDEX(k, symbol, s, name->span);
  struct space *from = space_enter(k, module->space);
  const struct type *t = type_of_symbol(k, s);
  space_enter(k, from);
  return type_applied(k, s, t, e);
}
