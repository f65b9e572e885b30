// What an engine makes of a plan, once: functions with the defaults of their
// slots, constants as values, sites with what they lead to. Linear in the plan.
#include "runtime/codec/codec.h"
#include "runtime/serve/session.h"
#include "runtime/vm/fast.h"

#include <stdio.h>
#include <string.h>

// ---- constants ----

static bool const_text(struct engine *e, const struct plan_const *c, value *out)
{
  out->text = text_view(&e->arena, e->plan->text + c->lo, c->hi);
  return out->text != NULL;
}

static bool const_list(struct engine *e, const struct plan_const *c, value *out)
{
  struct list *l = ARENA_NEW(&e->arena, struct list);
  if (!l)
    return false;
  l->count = c->hi;
  l->items = &e->consts[c->lo];
  out->list = l;
  return true;
}

static bool const_map(struct engine *e, const struct plan_const *c, value *out)
{
  struct map *m = map_new(&e->arena, c->hi / 2);
  for (uint32_t i = 0; m && i + 1 < c->hi; i += 2)
    if (!map_put(&e->arena, m, e->consts[c->lo + i].text,
                 e->consts[c->lo + i + 1]))
      return false;
  out->map = m;
  return m != NULL;
}

static bool const_tagged(struct engine *e, const struct plan_const *c,
                         value *out)
{
  struct tagged *v = ARENA_NEW(&e->arena, struct tagged);
  if (!v)
    return false;
  v->tag = c->lo;
  v->payload = e->consts[c->hi];
  out->tagged = v;
  return true;
}

// Parts are earlier constants, and already values.
static bool const_made(struct engine *e, uint32_t number, value *out)
{
  const struct plan_const *c = &e->plan->consts[number];
  uint32_t base = e->plan->types[c->type].base;
  switch (e->plan->types[base].kind) {
  case TYPE_str:
  case TYPE_bytes:
    return const_text(e, c, out);
  case TYPE_list:
    return const_list(e, c, out);
  case TYPE_map:
    return const_map(e, c, out);
  case TYPE_tuple:
  case TYPE_record:
    out->parts = &e->consts[c->lo];
    return true;
  case TYPE_optional:
    out->box = c->hi ? &e->consts[c->lo] : NULL;
    return true;
  case TYPE_union:
  case TYPE_step:
    return const_tagged(e, c, out);
  case TYPE_handle:
    out->handle = &e->deployments[c->lo];
    return true;
  case TYPE_json:
    return const_value(&e->arena, e->plan, number, out);
  case TYPE_tensor:
  case TYPE_stream:
  case TYPE_future:
  case TYPE_tokenizer:
  case TYPE_callable: // there is no way to write one
    *out = e->defaults[base];
    return true;
  default:
    out->bits = plan_bits(c);
    return true;
  }
}

static bool make_consts(struct engine *e)
{
  e->consts = ARENA_ARRAY(&e->arena, e->plan->n_consts + 1, value);
  for (uint32_t i = 0; e->consts && i < e->plan->n_consts; i++)
    if (!const_made(e, i, &e->consts[i]))
      return false;
  return e->consts != NULL;
}

// ---- functions ----

static bool make_slots(struct engine *e)
{
  uint32_t n = e->plan->n_slots;
  e->slot_defaults = ARENA_ARRAY(&e->arena, n + 1, value);
  e->slot_types = ARENA_ARRAY(&e->arena, n + 1, uint32_t);
  e->slot_kinds = ARENA_ARRAY(&e->arena, n + 1, uint8_t);
  if (!e->slot_defaults || !e->slot_types || !e->slot_kinds)
    return false;
  for (uint32_t i = 0; i < n; i++) {
    uint32_t type = e->plan->slots[i].type;
    e->slot_types[i] = type;
    e->slot_kinds[i] = (uint8_t)e->plan->types[type].kind;
    e->slot_defaults[i] = e->defaults[type];
  }
  return true;
}

// Frames are kept for reuse by steps of 64 bytes, then by powers of two.
static void set_size(struct function *f)
{
  size_t size = sizeof(struct frame) + f->n_slots * sizeof(value);
  if (f->graph)
    size +=
        sizeof(struct graph) + f->row->strands.count * sizeof(struct strand);
  uint32_t class = 0;
  size_t room = 64;
  while (room < size) {
    room = room < 1024 ? room + 64 : room * 2;
    class ++;
  }
  bool kept = class < VM_SIZES;
  f->size_class = (uint8_t)(kept ? class : VM_SIZES);
  f->frame_size = (uint32_t)(kept ? room : size);
}

static bool ends_function(struct plan_code i)
{
  return i.op == OP_return || i.op == OP_fail;
}

// Which strands can end the function: those with a return or fail between their
// entry and the next strand's.
static void find_returns(struct function *f, struct strand_info *strands,
                         uint32_t *strand_at)
{
  uint32_t n = f->row->strands.count, now = UINT32_MAX;
  for (uint32_t i = 0; i < n; i++)
    strand_at[strands[i].entry] = i;
  for (uint32_t i = 0; i < f->row->code.count; i++) {
    if (strand_at[i] != UINT32_MAX)
      now = strand_at[i];
    if (now != UINT32_MAX && ends_function(f->source[i]))
      strands[now].returns = true;
  }
  for (uint32_t i = 0; i < n; i++) // strands that share their code
    strands[i].returns |= strands[strand_at[strands[i].entry]].returns;
}

static void set_inputs(const struct plan *p, struct plan_run run,
                       struct strand_info *strands)
{
  for (uint32_t i = 0; i < run.count; i++) {
    const struct plan_strand *s = &p->strands[run.first + i];
    strands[i].inputs = s->inputs;
    strands[i].entry = s->entry;
    for (uint32_t k = 0; k < s->feeds.count; k++) {
      const struct plan_edge *edge = &p->edges[s->feeds.first + k];
      strands[edge->strand].guards += edge->kind != EDGE_data;
    }
  }
}

static bool make_strands(struct engine *e, struct function *f)
{
  uint32_t n_code = f->row->code.count;
  struct strand_info *strands =
      ARENA_ARRAY(&e->arena, f->row->strands.count + 1, struct strand_info);
  struct arena scratch = {0};
  uint32_t *strand_at = ARENA_ARRAY(&scratch, n_code, uint32_t);
  bool done = strands && strand_at;
  if (done) {
    set_inputs(e->plan, f->row->strands, strands);
    memset(strand_at, 0xFF, n_code * sizeof *strand_at);
    find_returns(f, strands, strand_at);
    f->strands = strands;
  }
  arena_free(&scratch);
  return done;
}

static void set_streams(const struct engine *e, struct function *f)
{
  for (uint32_t i = 0; i < f->n_params; i++)
    f->takes_streams |= e->has_stream[f->types[i]];
  for (uint32_t i = 0; i < f->row->code.count; i++)
    f->yields |= f->source[i].op == OP_yield || f->source[i].op == OP_end;
}

static bool make_function(struct engine *e, uint32_t number,
                          struct arena *scratch)
{
  const struct plan_function *row = &e->plan->functions[number];
  struct function *f = &e->functions[number];
  *f = (struct function){
      .plan = e->plan,
      .row = row,
      .name = plan_str(e->plan, row->name),
      .source = e->plan->code + row->code.first,
      .template = e->slot_defaults + row->slots.first,
      .types = e->slot_types + row->slots.first,
      .kinds = e->slot_kinds + row->slots.first,
      .n_slots = row->slots.count,
      .n_params = row->n_params,
      .class = row->class,
      .graph = row->kind == FUNCTION_graph,
      .init = row->kind == FUNCTION_init,
  };
  if (!quicken(e, f, e->code + row->code.first, scratch))
    return false;
  set_size(f);
  set_streams(e, f);
  return !f->graph || make_strands(e, f);
}

static bool make_functions(struct engine *e)
{
  e->functions =
      ARENA_ARRAY(&e->arena, e->plan->n_functions + 1, struct function);
  size_t size = e->plan->n_code * sizeof *e->code;
  e->code = arena_alloc(&e->arena, size + 1);
  if (!e->functions || !e->code)
    return false;
  memcpy(e->code, e->plan->code, size);
  struct arena scratch = {0};
  bool done = true;
  for (uint32_t i = 0; done && i < e->plan->n_functions; i++)
    done = make_function(e, i, &scratch);
  arena_free(&scratch);
  return done;
}

// ---- sites ----

static void set_option(struct site *s, enum setting_id id, int64_t v)
{
  switch (id) {
  case SETTING_timeout:
    s->timeout = v > 0 ? v : 1;
    break;
  case SETTING_retries:
    s->retries = v < 0 ? 0 : v > 100 ? 100 : (uint32_t)v;
    break;
  case SETTING_backoff:
    s->backoff = v > 0 ? v : 0;
    break;
  case SETTING_hedge:
    s->hedge = v > 0 ? v : 0;
    break;
  case SETTING_piece_timeout:
    s->piece_timeout = v > 0 ? v : 0;
    break;
  case SETTING_priority:
    s->priority = v > INT32_MAX   ? INT32_MAX
                  : v < INT32_MIN ? INT32_MIN
                                  : (int)v;
    s->has_priority = true;
    break;
  default:
    break;
  }
}

static void set_options(struct engine *e, struct site *s)
{
  for (uint32_t i = 0; i < s->row->settings.count; i++) {
    const struct plan_setting *set =
        &e->plan->settings[s->row->settings.first + i];
    set_option(s, set->id, (int64_t)plan_bits(&e->plan->consts[set->value]));
  }
  s->repeats = s->retries || s->hedge;
  s->own = s->timeout || s->repeats || s->piece_timeout;
}

static void make_site(struct engine *e, uint32_t number)
{
  const struct plan_site *row = &e->plan->sites[number];
  bool skip = row->kind == SITE_handle || row->kind == SITE_callable;
  struct site *s = &e->sites[number];
  *s = (struct site){
      .row = row,
      .class = PLAN_NONE,
      .first = (uint16_t)(row->first + skip),
      .count = (uint16_t)(row->count - skip),
      .kind = (uint8_t)row->kind,
  };
  if (row->kind == SITE_function)
    s->function = &e->functions[row->target];
  if (row->kind == SITE_method || row->kind == SITE_handle) {
    const struct plan_method_row *m = &e->plan->methods[row->target];
    s->function = &e->functions[m->function];
    s->class = m->class;
  }
  if (row->kind == SITE_method && row->binding != PLAN_NONE)
    s->deployment = &e->deployments[row->binding];
  set_options(e, s);
}

static bool make_sites(struct engine *e)
{
  e->sites = ARENA_ARRAY(&e->arena, e->plan->n_sites + 1, struct site);
  for (uint32_t i = 0; e->sites && i < e->plan->n_sites; i++)
    make_site(e, i);
  return e->sites != NULL;
}

static bool make_deployments(struct engine *e)
{
  e->deployments = deployments_new(&e->arena, e->plan, e->home != NULL);
  return e->deployments != NULL;
}

static bool make_batches(struct engine *e)
{
  for (uint32_t i = 0; i < e->plan->n_bindings; i++)
    if (!batches_set(e, &e->deployments[i]) ||
        !models_set(e, &e->deployments[i]))
      return false;
  return true;
}

int engine_load(struct engine *e, char *why, size_t why_size)
{
  e->n_sessions = sessions_count(e->plan);
  e->has_future = ARENA_ARRAY(&e->arena, e->plan->n_types + 1, bool);
  e->has_tensor = ARENA_ARRAY(&e->arena, e->plan->n_types + 1, bool);
  e->has_stream = ARENA_ARRAY(&e->arena, e->plan->n_types + 1, bool);
  e->has_union = ARENA_ARRAY(&e->arena, e->plan->n_types + 1, bool);
  if (!e->has_future || !e->has_tensor || !e->has_stream || !e->has_union ||
      !(e->defaults = value_defaults(&e->arena, e->plan)))
    goto fail;
  types_holding(e->plan, 1ull << TYPE_future, e->has_future);
  types_holding(e->plan, 1ull << TYPE_tensor, e->has_tensor);
  types_holding(e->plan, 1ull << TYPE_stream, e->has_stream);
  types_holding(e->plan, 1ull << TYPE_union, e->has_union);
  if (make_deployments(e) && make_consts(e) && make_slots(e) &&
      make_functions(e) && make_sites(e) && make_batches(e) &&
      caches_open(e))
    return 0;
fail:
  snprintf(why, why_size, "out of memory, or a type holds itself");
  return -1;
}
