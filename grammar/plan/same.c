// In: two verified plans. Out: whether a running one could go on as the other,
// with other settings of its batches.
#include "grammar/defs/settings.h"
#include "grammar/plan/plan.h"

#include <stdlib.h>
#include <string.h>

static bool same_bytes(const void *x, const void *y, size_t count, size_t size)
{
  return !count || !memcmp(x, y, count * size);
}

static bool same_places(const struct plan *x, const struct plan *y)
{
  for (uint32_t i = 0; i < x->n_places; i++) {
    struct plan_place p = x->places[i], q = y->places[i];
    p.column = q.column = 0;
    if (memcmp(&p, &q, sizeof p))
      return false;
  }
  return true;
}

static bool same_consts(const struct plan *x, const struct plan *y,
                        const bool *free)
{
  for (uint32_t i = 0; i < x->n_consts; i++)
    if (x->consts[i].type != y->consts[i].type ||
        (!free[i] && memcmp(&x->consts[i], &y->consts[i], sizeof *x->consts)))
      return false;
  return true;
}

// By constant: whether it is the value of a batch's setting.
static bool *values_of_batches(const struct plan *p)
{
  bool *free = calloc((size_t)p->n_consts + 1, sizeof *free);
  for (uint32_t i = 0; free && i < p->n_settings; i++)
    if (setting_rows[p->settings[i].id].places == PLACE_BATCH)
      free[p->settings[i].value] = true;
  return free;
}

#define SAME_COUNT(table, type, FIELDS) &&x->n_##table == y->n_##table
#define SAME_ROWS(table, type, FIELDS)                                         \
  &&(PLAN_##table == PLAN_consts || PLAN_##table == PLAN_places ||             \
     same_bytes(x->table, y->table, x->n_##table, sizeof(struct type)))

bool plan_same_but_batches(const struct plan *x, const struct plan *y)
{
  if (!(x->n_code == y->n_code &&
        x->n_text == y->n_text PLAN_TABLES(SAME_COUNT)))
    return false;
  if (!(same_bytes(x->code, y->code, x->n_code, sizeof *x->code) &&
        same_bytes(x->text, y->text, x->n_text, 1) PLAN_TABLES(SAME_ROWS)))
    return false;
  bool *free_values = values_of_batches(x);
  bool same =
      free_values && same_places(x, y) && same_consts(x, y, free_values);
  free(free_values);
  return same;
}
