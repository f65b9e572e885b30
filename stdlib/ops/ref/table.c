// The kernels by operator, and what they work in.
#include "stdlib/ops/ref/ref.h"

static const struct row {
  ref_kernel *run;
  ref_room *room;
} rows[OPERATORS] = {
#define ROW(id, room) [OPERATOR_##id] = {ref_##id, room},
#include "stdlib/ops/ref/kernels.def"
#undef ROW
};

static bool supports(const struct tensor_step *s)
{
  return rows[s->op].run != NULL;
}

static size_t scratch(const struct tensor_step *s)
{
  return rows[s->op].room ? rows[s->op].room(s) : 0;
}

static const char *run(const struct tensor_step *s, void *room)
{
  return rows[s->op].run(s, room);
}

const struct backend reference_backend = {
    .name = "reference", .supports = supports, .scratch = scratch, .run = run};
