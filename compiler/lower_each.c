// Comprehensions and loops over lists, maps and streams.
//
// A comprehension whose elements cannot wait is a loop in place. One whose
// elements can becomes a function of an element (and of what it reads from
// outside) and one instruction that starts it for every element, side by side;
// over a stream, one that starts it for each piece as it comes.
#include "compiler/lower_code.h"

// ---- walking ----

static uint32_t lower_keys(struct lower *l, const struct core *list,
                           uint32_t map)
{
  const struct type *str = type_kind(l, TYPE_str);
  uint32_t keys =
      slot_new(l, type_slot(l, type_of(l->c->types, TYPE_list, str)), NULL);
  l->span = list->span;
  code_add_run(l, OP_op, keys, OPERATOR_keys, map, 1);
  return keys;
}

static void bind_second(struct lower *l, struct walk *w, struct local *second,
                        uint32_t key)
{
  struct home *h = home_new(l, second);
  h->slot = w->index;
  if (w->map == NO_SLOT)
    return;
  h->slot = slot_new(l, type_slot(l, second->type), second->name);
  code_add(l, OP_key, h->slot, w->map, key);
}

static void begin_count(struct lower *l, struct walk *w)
{
  const struct type *integer = type_kind(l, TYPE_int);
  w->index = slot_new(l, integer, NULL);
  w->one = slot_new(l, integer, NULL);
  code_int(l, w->index, 0);
  code_int(l, w->one, 1);
}

// Pieces as they come; the second name counts them.
static void stream_open(struct lower *l, struct walk *w,
                        const struct core *stream, uint32_t own,
                        struct local *item, struct local *second)
{
  *w = (struct walk){.list = NO_SLOT, .map = NO_SLOT, .index = NO_SLOT};
  w->stream = lower_value(l, stream, own);
  if (second)
    begin_count(l, w);
  l->span = stream->span;
  w->top = code_here(l);
  uint32_t more = slot_new(l, type_kind(l, TYPE_bool), NULL);
  code_add(l, OP_more, more, w->stream, 0);
  w->end = code_jump(l, OP_jump_not, more);
  struct home *h = home_new(l, item);
  h->slot = slot_new(l, type_slot(l, item->type), item->name);
  code_add(l, OP_piece, h->slot, w->stream, 0);
  if (second)
    bind_second(l, w, second, NO_SLOT);
}

// The numbers of a range need no list: they are counted. Not in a graph, where
// another strand may compute it.
static bool is_range(const struct lower *l, const struct core *list,
                     const struct local *second)
{
  return !l->graph && list->kind == CORE_OPERATOR &&
         (list->operator_id == OPERATOR_range ||
          (list->operator_id == OPERATOR_range_from && !second));
}

// A number that stays: what a variable held when the walk began.
static uint32_t end_of_range(struct lower *l, const struct core *to)
{
  bool var = to->kind == CORE_LOCAL && to->local->var;
  return lower_value(l, to,
                     var ? slot_new(l, type_kind(l, TYPE_int), NULL) : NO_SLOT);
}

static void range_open(struct lower *l, struct walk *w,
                       const struct core *range, struct local *item,
                       struct local *second)
{
  const struct type *integer = type_kind(l, TYPE_int);
  struct core *const *args = range->args;
  bool turned = range->n_args == 2 && args[0]->span.start > args[1]->span.start;
  *w = (struct walk){.list = NO_SLOT, .map = NO_SLOT, .stream = NO_SLOT};
  if (turned)
    w->count = end_of_range(l, args[1]);
  w->index = slot_new(l, integer, item->name);
  if (range->n_args == 2)
    lower_value(l, args[0], w->index);
  else
    code_int(l, w->index, 0);
  if (!turned)
    w->count = end_of_range(l, args[range->n_args - 1]);
  w->one = slot_new(l, integer, NULL);
  code_int(l, w->one, 1);
  l->span = range->span;
  w->top = code_here(l);
  uint32_t more = slot_new(l, type_kind(l, TYPE_bool), NULL);
  code_add(l, OP_lt, more, w->index, w->count);
  w->end = code_jump(l, OP_jump_not, more);
  home_new(l, item)->slot = w->index;
  if (second)
    home_new(l, second)->slot = w->index;
}

void walk_open(struct lower *l, struct walk *w, const struct core *list,
               struct local *item, struct local *second)
{
  if (is_range(l, list, second)) {
    range_open(l, w, list, item, second);
    return;
  }
  bool map = list->type->kind == TYPE_map;
  // What is walked is what the variable held when the walk began.
  bool var = list->kind == CORE_LOCAL && list->local->var;
  uint32_t own = var ? slot_new(l, NULL, NULL) : NO_SLOT;
  if (list->type->kind == TYPE_stream) {
    stream_open(l, w, list, own, item, second);
    return;
  }
  w->list = lower_value(l, list, own);
  w->map = map ? w->list : NO_SLOT;
  if (map)
    w->list = lower_keys(l, list, w->map);
  walk_list(l, w, item, second);
}

void walk_list(struct lower *l, struct walk *w, struct local *item,
               struct local *second)
{
  const struct type *integer = type_kind(l, TYPE_int);
  w->stream = NO_SLOT;
  w->count = slot_new(l, integer, NULL);
  code_add(l, OP_len, w->count, w->list, 0);
  begin_count(l, w);
  w->top = code_here(l);
  uint32_t more = slot_new(l, type_kind(l, TYPE_bool), NULL);
  code_add(l, OP_lt, more, w->index, w->count);
  w->end = code_jump(l, OP_jump_not, more);
  struct home *h = home_new(l, item);
  h->slot = slot_new(l, type_slot(l, item->type), item->name);
  code_add(l, OP_index, h->slot, w->list, w->index);
  if (second)
    bind_second(l, w, second, h->slot);
}

void walk_close(struct lower *l, struct walk *w)
{
  if (w->index != NO_SLOT)
    code_add(l, OP_add_i, w->index, w->index, w->one);
  code_jump_to(l, w->top);
  code_aim(l, w->end);
}

// ---- in place ----

static struct core *core_new(struct lower *l, enum core_kind kind,
                             const struct type *type, struct span span,
                             uint32_t n)
{
  struct core *e = ARENA_NEW(l->arena, struct core);
  e->kind = kind;
  e->type = type;
  e->span = span;
  e->args = ARENA_ARRAY(l->arena, n + 1, struct core *);
  e->n_args = n;
  return e;
}

static struct core *core_read(struct lower *l, struct local *local,
                              struct span span)
{
  struct core *e = core_new(l, CORE_LOCAL, local->type, span, 0);
  e->local = local;
  return e;
}

static uint32_t new_list(struct lower *l, const struct type *type, uint32_t dst)
{
  dst = slot_for(l, dst, type);
  code_add_run(l, OP_list, dst, 0, 0, 0);
  return dst;
}

// Jumps where an element is not taken. `verdicts`: what the test said of each,
// where it had to be asked before; or NO_SLOT.
static uint32_t skip_unless(struct lower *l, const struct core *e,
                            const struct walk *w, uint32_t verdicts)
{
  if (!e->each.test)
    return UINT32_MAX;
  if (verdicts == NO_SLOT)
    return code_jump(l, OP_jump_not, lower_value(l, e->each.test, NO_SLOT));
  uint32_t taken = slot_new(l, type_kind(l, TYPE_bool), NULL);
  code_add(l, OP_index, taken, verdicts, w->index);
  return code_jump(l, OP_jump_not, taken);
}

static uint32_t each_in_place(struct lower *l, const struct core *e,
                              uint32_t verdicts, uint32_t dst)
{
  struct walk w;
  uint32_t out = new_list(l, type_slot(l, e->type), dst);
  walk_open(l, &w, e->args[0], e->each.item, e->each.second);
  uint32_t mark = trail_mark(l);
  uint32_t skip = skip_unless(l, e, &w, verdicts);
  code_add(l, OP_push, out, lower_value(l, e->each.value, NO_SLOT), 0);
  code_aim(l, skip);
  trail_undo(l, mark);
  walk_close(l, &w);
  return out;
}

// ---- side by side ----

// local = part `index` of `pair` in `inner`
static struct core *let_part(struct lower *l, struct local *local,
                             struct local *pair, uint32_t index,
                             struct core *inner)
{
  struct core *part = core_new(l, CORE_PART, local->type, inner->span, 1);
  part->args[0] = core_read(l, pair, inner->span);
  part->index = index;
  struct core *let = core_new(l, CORE_LET, inner->type, inner->span, 2);
  let->local = local;
  let->args[0] = part;
  let->args[1] = inner;
  return let;
}

// The elements that are taken, as a list: those that pass the test, in pairs
// where there are two names.
struct elements {
  const struct type *type; // of one
  struct local *param;
  struct core *value;
};

static struct elements elements_of(struct lower *l, const struct core *e)
{
  struct local *item = e->each.item, *second = e->each.second;
  struct elements x = {item->type, item, e->each.value};
  if (!second)
    return x;
  struct type_part parts[2] = {{.type = item->type}, {.type = second->type}};
  x.type = type_parts(l->c->types, TYPE_tuple, parts, 2);
  x.param = ARENA_NEW(l->arena, struct local);
  *x.param = *item;
  x.param->type = x.type;
  x.value = let_part(l, second, x.param, 1, e->each.value);
  x.value = let_part(l, item, x.param, 0, x.value);
  return x;
}

static uint32_t lower_pair(struct lower *l, const struct core *e,
                           const struct elements *x)
{
  uint32_t item = home_of(e->each.item)->slot;
  if (!e->each.second)
    return item;
  uint32_t run = slot_run(l, 2);
  code_move(l, slot_for(l, run, type_slot(l, e->each.item->type)), item);
  code_move(l, slot_for(l, run + 1, type_slot(l, e->each.second->type)),
            home_of(e->each.second)->slot);
  uint32_t pair = slot_new(l, type_slot(l, x->type), NULL);
  code_add_run(l, OP_tuple, pair, run, 2, 2);
  return pair;
}

static void lower_elements(struct lower *l, const struct core *e,
                           const struct elements *x, uint32_t verdicts,
                           uint32_t dst)
{
  struct walk w;
  new_list(l, type_slot(l, type_of(l->c->types, TYPE_list, x->type)), dst);
  walk_open(l, &w, e->args[0], e->each.item, e->each.second);
  uint32_t mark = trail_mark(l);
  uint32_t skip = skip_unless(l, e, &w, verdicts);
  code_add(l, OP_push, dst, lower_pair(l, e, x), 0);
  code_aim(l, skip);
  trail_undo(l, mark);
  walk_close(l, &w);
}

// The body of a comprehension as a helper: lowered after the function that it
// stands in, when the notes of their locals may be overwritten.
static struct function *element_function(struct lower *l, struct elements *x,
                                         struct local **outer, uint32_t n)
{
  const struct function *in = l->code->function;
  struct stmt *s = ARENA_NEW(l->arena, struct stmt);
  *s = (struct stmt){
      .kind = STMT_RETURN, .span = x->value->span, .value = x->value};
  struct function *f = helper_add(l, (struct function){.class = in->class,
                                                       .body = s,
                                                       .n_params = n + 1,
                                                       .result = x->value->type,
                                                       .span = x->value->span});
  f->name = arena_printf(l->arena, "%s[each]", in->name);
  f->params = ARENA_ARRAY(l->arena, n + 1, struct local *);
  f->params[0] = x->param;
  for (uint32_t i = 0; i < n; i++)
    f->params[i + 1] = outer[i];
  return f;
}

// What the elements read from outside, behind the list in the run. A call that
// is out stays so: the elements that need it wait for it.
static void lower_outer(struct lower *l, const struct function *f,
                        struct local **outer, struct span span, uint32_t run)
{
  uint32_t n = f->n_params;
  const struct type **given = ARENA_ARRAY(l->arena, n, const struct type *);
  given[0] = type_slot(l, f->params[0]->type);
  for (uint32_t i = 1; i < n; i++) {
    lower_later(l, core_read(l, outer[i - 1], span), run + i);
    given[i] = l->code->slots[run + i].type;
  }
  code_of(f)->given = given;
}

static uint32_t without(struct local **names, uint32_t n, const struct local *x)
{
  uint32_t kept = 0;
  for (uint32_t i = 0; i < n; i++)
    if (names[i] != x)
      names[kept++] = names[i];
  return kept;
}

static uint32_t each_side_by_side(struct lower *l, const struct core *e,
                                  uint32_t verdicts, uint32_t dst)
{
  struct elements x = elements_of(l, e);
  struct local **outer;
  uint32_t n;
  core_free(l->arena, x.value, &outer, &n);
  n = without(outer, n, x.param);
  uint32_t limit = e->each.limit ? 1 : 0;
  uint32_t run = slot_run(l, n + 1 + limit);
  if (e->each.test || e->each.second || e->args[0]->type->kind == TYPE_map)
    lower_elements(l, e, &x, verdicts, run);
  else
    lower_value(l, e->args[0], run);
  if (limit)
    lower_value(l, e->each.limit, run + 1);
  struct site site = {
      .kind = SITE_function, .first = run, .count = n + 1 + limit};
  site.function = element_function(l, &x, outer, n);
  lower_outer(l, site.function, outer, e->span, run + limit);
  site.result = type_slot(l, x.value->type);
  const struct type *call = type_of(l->c->types, TYPE_future, site.result);
  dst = slot_for(l, dst, type_slot(l, type_of(l->c->types, TYPE_list, call)));
  l->span = e->span;
  code_call(l, limit ? OP_each_limit : OP_each, dst, site);
  return dst;
}

// The same for the pieces of a stream, each as soon as it is there.
static uint32_t each_piece(struct lower *l, const struct core *e, uint32_t dst)
{
  struct elements x = elements_of(l, e);
  struct local **outer;
  struct walk w;
  uint32_t n;
  core_free(l->arena, x.value, &outer, &n);
  n = without(outer, n, x.param);
  struct site site = {.kind = SITE_function, .count = n + 1};
  site.function = element_function(l, &x, outer, n);
  site.result = type_slot(l, x.value->type);
  site.first = slot_run(l, n + 1);
  lower_outer(l, site.function, outer, e->span, site.first);
  const struct type *call =
      type_slot(l, type_of(l->c->types, TYPE_future, site.result));
  dst = new_list(l, type_slot(l, type_of(l->c->types, TYPE_list, call)), dst);
  walk_open(l, &w, e->args[0], e->each.item, e->each.second);
  uint32_t mark = trail_mark(l), one = slot_new(l, call, NULL);
  uint32_t skip = skip_unless(l, e, &w, NO_SLOT);
  code_move(l, slot_for(l, site.first, type_slot(l, x.type)),
            lower_pair(l, e, &x));
  l->span = e->span;
  code_call(l, OP_start, one, site);
  code_add(l, OP_push, dst, one, 0);
  code_aim(l, skip);
  trail_undo(l, mark);
  walk_close(l, &w);
  return dst;
}

// ---- both ----

// The pieces of a stream, as a list.
static struct core *collected(struct lower *l, const struct core *stream)
{
  struct local *piece = ARENA_NEW(l->arena, struct local);
  *piece = (struct local){.type = stream->type->of, .span = stream->span};
  struct core *all = core_new(l, CORE_EACH, NULL, stream->span, 1);
  all->type = type_of(l->c->types, TYPE_list, piece->type);
  all->args[0] = (struct core *)stream;
  all->each.item = piece;
  all->each.value = core_read(l, piece, stream->span);
  return all;
}

// A test that may wait is asked of all elements side by side, before any is
// taken: e is then the comprehension over the list that they were asked of.
static uint32_t ask_first(struct lower *l, struct core *e)
{
  struct local *list = ARENA_NEW(l->arena, struct local);
  *list = (struct local){.type = e->args[0]->type, .span = e->args[0]->span};
  uint32_t slot = lower_value(l, e->args[0], NO_SLOT);
  struct home *h = home_new(l, list);
  h->slot = slot;
  l->scope = h->next;
  e->args = ARENA_ARRAY(l->arena, 1, struct core *);
  e->args[0] = core_read(l, list, list->span);
  struct core *ask = core_new(l, CORE_EACH, NULL, e->each.test->span, 0);
  ask->type = type_of(l->c->types, TYPE_list, type_kind(l, TYPE_bool));
  ask->args = e->args;
  ask->n_args = 1;
  ask->each = e->each;
  ask->each.value = e->each.test;
  ask->each.test = NULL;
  return lower_value(l, ask, NO_SLOT);
}

struct val lower_each(struct lower *l, const struct core *of, uint32_t dst)
{
  struct val v = {.plain = type_slot(l, of->type)};
  struct core e = *of;
  uint32_t verdicts = NO_SLOT;
  bool waits = core_waits(e.each.value);
  bool asks = e.each.test && core_waits(e.each.test);
  bool stream = e.args[0]->type->kind == TYPE_stream;
  if (stream && (asks || (waits && e.each.limit))) {
    e.args = ARENA_ARRAY(l->arena, 1, struct core *);
    e.args[0] = collected(l, of->args[0]);
    stream = false;
  }
  if (asks)
    verdicts = ask_first(l, &e);
  if (!waits)
    v.slot = each_in_place(l, &e, verdicts, dst);
  else if (stream)
    v.slot = each_piece(l, &e, dst);
  else
    v.slot = each_side_by_side(l, &e, verdicts, dst);
  return v;
}
