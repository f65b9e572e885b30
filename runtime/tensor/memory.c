// Places: every output of a program gets a part of one piece of memory, which
// others have again when nobody reads it any more. What is asked for has memory
// of its own, which outlives the program's.
//
// Steps are gone through in their order, as they will run. Holes are kept by
// address, and an output goes into the smallest that it fits.
#include "runtime/tensor/program.h"

#include <stdlib.h>
#include <string.h>

enum { ALIGNED = 64, WORKSPACE_KEPT = 64 << 20 };

struct hole {
  size_t at, size;
};
struct holes {
  struct hole *all;
  uint32_t count;
  size_t end; // of all memory
};

static size_t aligned(size_t size)
{
  return (size + ALIGNED - 1) & ~(size_t)(ALIGNED - 1);
}

static size_t take(struct holes *h, size_t size)
{
  struct hole *best = NULL;
  if (!size)
    return 0;
  for (uint32_t i = 0; i < h->count; i++)
    if (h->all[i].size >= size && (!best || h->all[i].size < best->size))
      best = &h->all[i];
  if (!best) { // the last hole grows, if it is at the end
    struct hole *last = h->count ? &h->all[h->count - 1] : NULL;
    bool open = last && last->at + last->size == h->end;
    size_t at = open ? last->at : h->end;
    h->count -= open;
    h->end = at + size;
    return at;
  }
  size_t at = best->at;
  best->at += size;
  best->size -= size;
  if (!best->size) {
    memmove(best, best + 1,
            (size_t)(h->all + h->count - best - 1) * sizeof *best);
    h->count--;
  }
  return at;
}

// Joined with its neighbours. There is room: never are there more holes than
// outputs and scratches.
static void give_back(struct holes *h, size_t at, size_t size)
{
  uint32_t i = 0;
  if (!size)
    return;
  while (i < h->count && h->all[i].at < at)
    i++;
  struct hole *before = i ? &h->all[i - 1] : NULL;
  struct hole *behind = i < h->count ? &h->all[i] : NULL;
  bool joins = before && before->at + before->size == at;
  bool meets = behind && at + size == behind->at;
  if (joins && meets) {
    before->size += size + behind->size;
    memmove(behind, behind + 1, (h->count - i - 1) * sizeof *behind);
    h->count--;
  } else if (joins) {
    before->size += size;
  } else if (meets) {
    behind->at = at;
    behind->size += size;
  } else {
    memmove(h->all + i + 1, h->all + i, (h->count - i) * sizeof *h->all);
    h->all[i] = (struct hole){at, size};
    h->count++;
  }
}

// ---- how long outputs are needed ----

static void find_ends(struct tensor_program *p)
{
  uint32_t n = 0;
  for (struct tensor_step *s = p->first; s; s = s->next, n++) {
    s->number = n;
    tensor_value(s->output)->root->last = n;
    for (uint32_t i = 0; i < s->n_inputs; i++)
      tensor_value(s->inputs[i])->root->last = n;
  }
  for (uint32_t i = 0; i < p->n_results; i++) // until it is taken out
    tensor_value(p->results[i].tensor)->root->last = n;
}

static bool has_place(const struct tensor_value *v)
{
  return v->step && v->root == v && !v->step->view && !v->step->grows &&
         !v->asked;
}

static void release(struct holes *h, struct tensor_value *v, uint32_t number)
{
  if (!has_place(v) || v->last != number)
    return;
  give_back(h, v->place, v->size);
  v->last = UINT32_MAX; // once
}

static bool size_of(const struct tensor *t, size_t *size)
{
  size_t n = dtype_size[t->dtype];
  for (uint32_t i = 0; i < t->rank; i++)
    if (__builtin_mul_overflow(n, (size_t)t->dims[i], &n))
      return false;
  *size = aligned(n + !n);
  return n <= SIZE_MAX / 4;
}

static void place_scratch(struct holes *h, struct tensor_step *s)
{
  if (s->view || s->grows || !s->backend->scratch)
    return;
  s->scratch = aligned(s->backend->scratch(s));
  s->scratch_at = take(h, s->scratch);
  give_back(h, s->scratch_at, s->scratch);
}

static bool place_step(struct holes *h, struct tensor_step *s)
{
  struct tensor_value *v = tensor_value(s->output);
  if (has_place(v)) {
    if (!size_of(&v->tensor, &v->size))
      return false;
    v->place = take(h, v->size);
  }
  place_scratch(h, s);
  for (uint32_t i = 0; i < s->n_inputs; i++)
    release(h, tensor_value(s->inputs[i])->root, s->number);
  release(h, v, s->number);
  return true;
}

static bool place_result(struct tensor_program *p, struct tensor_result *r)
{
  size_t size;
  if (tensor_value(r->tensor)->step->grows)
    return true;
  if (!size_of(r->tensor, &size) || !tensor_memory_take(p, size) ||
      !(r->data = aligned_alloc(ALIGNED, size)))
    return false;
  struct tensor_value *v = tensor_value(r->tensor);
  if (v->root == v && !v->step->view)
    r->tensor->data = r->data;
  return true;
}

bool tensor_memory_take(struct tensor_program *p, size_t size)
{
  bool fits =
      !p->limit || (p->taken <= p->limit && size <= p->limit - p->taken);
  p->taken += fits ? size : 0;
  p->too_much |= !fits;
  return fits;
}

bool tensor_memory_plan(struct tensor_program *p)
{
  struct holes h = {0};
  h.all = malloc((2 * (size_t)p->n_steps + 2) * sizeof *h.all);
  bool ok = h.all != NULL;
  find_ends(p);
  for (struct tensor_step *s = p->first; s && ok; s = s->next)
    ok = place_step(&h, s);
  ok = ok && tensor_memory_take(p, h.end);
  for (uint32_t i = 0; i < p->n_results && ok; i++)
    ok = place_result(p, &p->results[i]);
  p->held = h.end;
  free(h.all);
  return ok;
}

// ---- where steps work ----

static _Thread_local struct {
  char *data;
  size_t size;
} workspace;

char *tensor_workspace(size_t size)
{
  bool much = workspace.size > WORKSPACE_KEPT && size <= WORKSPACE_KEPT;
  if (workspace.data && size <= workspace.size && !much)
    return workspace.data;
  free(workspace.data);
  size = aligned(size + !size);
  workspace.data = aligned_alloc(ALIGNED, size);
  workspace.size = workspace.data ? size : 0;
  return workspace.data;
}
