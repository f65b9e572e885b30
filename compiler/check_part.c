// Parts: class deployments that a `let` of another one makes inside of it.
//
// A part has no replicas of its own. Its parameters, lets and state are fields
// of the deployment around it, the whole, and its methods are functions of
// that. So each part is checked for itself, from copies of its class's items,
// inside of the class's namespace, and a method when something calls it. What
// is wrong in a class is said where it is declared, once: it is checked there
// too.
#include "compiler/checker.h"

enum {
  PARTS_MAX = 250,    // of one deployment
  ITEMS_MAX = 200000, // that stand in parts, of one program
};

// ---- inside of a part ----

struct left { // what was there before
  struct space *space;
  struct diags *diags;
  struct index *index;
  struct dims *dims;
  struct diags found;
};

static void part_enter(struct checker *k, struct class_sym *p, struct left *l)
{
  *l = (struct left){.diags = k->d, .index = k->c->index};
  l->found.arena = k->a;
  l->space = space_enter(k, p->of->symbol->space);
  k->d = &l->found;
  k->c->index = NULL;
  l->dims = dims_enter(k, class_dims(k, p->of));
  k->in_parts++;
}

static void part_leave(struct checker *k, struct class_sym *p, struct left *l)
{
  dims_enter(k, l->dims);
  space_enter(k, l->space);
  k->d = l->diags;
  k->c->index = l->index;
  k->in_parts--;
  const struct diag *d = l->found.first;
  while (d && d->severity != SEVERITY_ERROR)
    d = d->next;
  if (d && !p->misfit)
    p->misfit = d->message;
}

// ---- which lets make parts ----

static struct class_sym *class_called(struct checker *k, struct class_sym *c,
                                      struct expr *e)
{
  struct expr *of = e && e->kind == EXPR_CALL ? e->call.of : NULL;
  struct expr *first = of && of->kind == EXPR_FIELD ? of->access.of : of;
  if (!first || first->kind != EXPR_NAME || !first->name.text ||
      table_get(&c->members, first->name.text))
    return NULL;
  struct symbol *s = table_get(&k->names, first->name.text), *module = NULL;
  if (s && s->kind == SYMBOL_MODULE && of != first) {
    module = s;
    s = library_symbol(k, module, of->access.name.text);
  } else if (of != first) {
    return NULL;
  }
  if (!s || s->kind != SYMBOL_CLASS || !s->class ||
      s->class->c.kind != CLASS_deployment)
    return NULL;
  if (module)
    return library_class(k, module, of);
  s->uses++;
  INDEX(k, symbol, s, first->name.span);
  return s->class;
}

// ---- circles ----

static void note_has(struct diags *to, struct diag *d,
                     const struct class_sym *outer, const struct class_sym *of,
                     const struct item *let)
{
  if (outer->of)
    note_has(to, d, outer->outer, outer->of, outer->symbol->item);
  diag_note(to, d, let->value.value->span, "`%s` has a `%s`",
            outer->c.name->text, of->c.name->text);
}

static void report_circle(struct checker *k, struct class_sym *outer,
                          const struct item *let)
{
  struct diags *to = &k->c->diags;
  struct class_sym *whole = outer->whole;
  struct span at = let->name.span;
  for (struct class_sym *p = outer; p->of; p = p->outer)
    at = p->symbol->span;
  struct diag *d = diag_report(to, DIAG_part_of_itself, at,
                               "`%s` is a part of itself", whole->c.name->text);
  note_has(to, d, outer, whole, let);
}

// Each deployment is the whole once, so a circle is seen from each of its own;
// the first that sees it says so.
static bool is_circle(struct checker *k, struct class_sym *outer,
                      struct class_sym *of, const struct item *let)
{
  bool circle = of == outer->whole, said = false;
  for (struct class_sym *p = outer; p->of; p = p->outer) {
    circle = circle || p->of == of;
    said = said || p->of->circled;
  }
  if (circle && of == outer->whole && !said && !of->circled) {
    of->circled = true;
    report_circle(k, outer, let);
  }
  return circle;
}

// ---- collecting ----

static struct item *copy_items(struct checker *k, const struct class_sym *of)
{
  const struct block *body = of->item->deployment.c.body;
  struct item *item = NEW(k, struct item), *first = NULL, **end = &first;
  *item = *of->item;
  for (const struct item *i = body ? body->items : NULL; i; i = i->next) {
    *end = NEW(k, struct item);
    **end = *i;
    (*end)->note = NULL;
    (*end)->next = NULL;
    end = &(*end)->next;
    k->part_items++;
  }
  if (body) {
    struct block *copy = NEW(k, struct block);
    *copy = *body;
    copy->items = first;
    item->deployment.c.body = copy;
  }
  return item;
}

static bool too_many(struct checker *k, struct class_sym *whole,
                     const struct item *let)
{
  if (++whole->n_parts <= PARTS_MAX && k->part_items <= ITEMS_MAX)
    return false;
  if (whole->n_parts <= PARTS_MAX + 1)
    diag_report(&k->c->diags, DIAG_too_deep, let->span,
                whole->n_parts > PARTS_MAX
                    ? "a deployment has at most %d parts, and parts of parts"
                    : "the parts of a program have at most %d members",
                whole->n_parts > PARTS_MAX ? PARTS_MAX : ITEMS_MAX);
  whole->n_parts = PARTS_MAX + 1;
  return true;
}

static struct class_sym *part_new(struct checker *k, struct class_sym *outer,
                                  struct class_sym *of, struct symbol *s)
{
  struct class_sym *p = NEW(k, struct class_sym);
  p->c = (struct class){
      .name = of->c.name, .kind = of->c.kind, .span = of->c.span};
  p->item = copy_items(k, of);
  p->symbol = s;
  p->of = of;
  p->outer = outer;
  p->whole = outer->whole;
  p->first = p->whole->c.n_fields;
  p->path = outer->of ? arena_printf(k->a, "%s.%s", outer->path, s->name->text)
                      : s->name->text;
  p->last_part = &p->parts;
  *outer->last_part = p;
  outer->last_part = &p->next_part;
  struct class_part **end = &p->whole->c.parts;
  while (*end)
    end = &(*end)->next;
  *end = NEW(k, struct class_part);
  **end = (struct class_part){p->path, &of->c, s->span, NULL};
  PUSH(k, k->all_parts, k->n_all_parts, k->room_all_parts, p);
  return p;
}

static void part_members(struct checker *k, struct class_sym *p)
{
  struct left left;
  part_enter(k, p, &left);
  fields_params(k, p);
  fields_lets(k, p);
  struct block *body = p->item->deployment.c.body;
  for (struct item *i = body ? body->items : NULL; i; i = i->next)
    if (i->kind == ITEM_FN)
      i->note = name_declare(k, &p->members, SYMBOL_FN, &i->name, i);
  part_leave(k, p, &left);
}

bool part_collect(struct checker *k, struct class_sym *c, struct item *let)
{
  struct class_sym *of = class_called(k, c, let->value.value);
  if (!of)
    return false;
  struct symbol *s = name_declare(k, &c->members, SYMBOL_PART, &let->name, let);
  let->note = s;
  if (let->value.type) {
    struct diag *d = diag_report(k->d, DIAG_part_value, let->value.type->span,
                                 "a part has no type that is written");
    diag_hint(k->d, d, "leave it out: what it is called with says what it is");
  }
  if (!s || is_circle(k, c, of, let) || too_many(k, c->whole, let))
    return true;
  s->class = part_new(k, c, of, s);
  part_members(k, s->class);
  return true;
}

void part_state(struct checker *k, struct class_sym *p)
{
  struct left left;
  part_enter(k, p, &left);
  fields_state(k, p);
  part_leave(k, p, &left);
}

// ---- when a replica starts ----

void part_set(struct body *b, struct symbol *s, struct stmt ***end)
{
  struct checker *k = b->k;
  struct class_sym *p = s->class, *outer = b->class;
  struct expr *e = s->item->value.value;
  if (!p) { // that was reported
    check_args_alone(b, e->call.args);
    return;
  }
  struct core **given = match_args(b, &p->sig, e->call.args, e->span, 0);
  for (uint32_t i = 0; given && i < p->sig.n; i++) {
    struct stmt *set = stmt_new(b, STMT_SET_SELF, given[i]->span);
    set->index = p->first + i;
    set->value = given[i];
    stmt_add(end, set);
  }
  struct table fields = b->fields; // what is known of those of the outer one
  struct left left;
  b->fields = (struct table){0};
  b->class = p;
  part_enter(k, p, &left);
  fields_set(b, p, end);
  part_leave(k, p, &left);
  b->class = outer;
  b->fields = fields;
}

// ---- methods ----

// One that batches or keeps models is a method of the whole, under a name that
// nobody can write.
static void part_method(struct checker *k, struct class_sym *p,
                        struct fn_sym *f)
{
  atom name = atom_of_text(&k->c->atoms, arena_printf(k->a, "%s.%s", p->path,
                                                      f->symbol->name->text));
  if (f->batch || f->loader)
    method_add(k, p->whole, f, name, f->symbol->span)->of_part = true;
  if (f->batch)
    batch_method(k, f);
  if (f->loader)
    multiplex_method(k, f);
}

struct symbol *class_member(struct checker *k, struct class_sym *c, atom name)
{
  struct symbol *s = table_get(&c->members, name);
  if (!s || s->kind != SYMBOL_FN || s->fn || !c->of)
    return s;
  struct left left;
  part_enter(k, c, &left);
  fn_declare(k, &c->members, s->item, c, NULL);
  part_method(k, c, s->fn);
  part_leave(k, c, &left);
  PUSH(k, k->part_fns, k->n_part_fns, k->room_part_fns, s->fn);
  return s;
}

void parts_check(struct checker *k)
{
  while (k->next_part_fn < k->n_part_fns) {
    struct fn_sym *f = k->part_fns[k->next_part_fn++];
    struct left left;
    part_enter(k, f->class, &left);
    member_check(k, f);
    part_leave(k, f->class, &left);
  }
}

// ---- uses ----

bool part_member(struct body *b, struct expr *e, struct fn_sym **out)
{
  struct expr *of = e->kind == EXPR_FIELD ? e->access.of : NULL;
  if (!of || of->kind != EXPR_NAME || !of->name.text || !b->class ||
      !e->access.name.text || entry_find(b, of->name.text))
    return false;
  struct symbol *s = table_get(&b->class->members, of->name.text);
  if (!s || s->kind != SYMBOL_PART || symbol_find(b, &of->name) != s)
    return false;
  *out = NULL;
  if (!s->class)
    return true;
  if (b->k->c->index)
    of->type = type_handle(b->k->t, &s->class->of->c);
  *out = method_of(b, s->class, e->access.name.text, e->access.name.span);
  return true;
}

struct fn_sym *part_run(struct body *b, struct symbol *s, struct span at)
{
  struct class_sym *p = s->class;
  struct fn_sym *run = p ? method_run(b, p->of, at) : NULL;
  return run ? class_member(b->k, p, run->symbol->name)->fn : NULL;
}

struct core *part_value(struct body *b, struct symbol *s, struct span at)
{
  struct checker *k = b->k;
  if (!s->class)
    return core_bad(k, at);
  struct diag *d = diag_report(k->d, DIAG_part_value, at,
                               "`%s` is a part of this deployment, not a value",
                               s->name->text);
  diag_note(k->d, d, s->span, "the part is declared here");
  const struct fn_sym *run = s->class->of->run;
  diag_hint(k->d, d,
            "pass a function of it, `%s.%s`; what others call is bound in an "
            "app and given to both",
            s->name->text, run ? run->symbol->name->text : "method");
  return core_bad(k, at);
}

// ---- the whole ----

// What is wrong only here is what this part was given, or the compiler's fault.
void parts_finish(struct checker *k)
{
  for (uint32_t i = 0; i < k->n_all_parts && !k->d->errors; i++) {
    const struct class_sym *p = k->all_parts[i];
    if (p->misfit)
      diag_report(k->d, DIAG_wrong_type, p->symbol->span,
                  "`%s` cannot be this part: %s", p->c.name->text, p->misfit);
  }
}
