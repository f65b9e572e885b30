// Which types hold values of some kinds: themselves, or in their parts.
#include "runtime/vm/vm.h"

static bool holds(const struct plan *p, const struct plan_type *t,
                  uint64_t kinds, const bool *known)
{
  if (kinds >> t->kind & 1)
    return true;
  switch (t->kind) {
  case TYPE_list:
  case TYPE_map:
  case TYPE_optional:
  case TYPE_step:
    return known[t->of];
  case TYPE_tuple:
  case TYPE_record:
  case TYPE_union:
    for (uint32_t i = 0; i < t->fields.count; i++)
      if (known[p->fields[t->fields.first + i].type])
        return true;
    return false;
  default:
    return false;
  }
}

// A type may come back to itself, so this goes round until nothing changes.
void types_holding(const struct plan *p, uint64_t kinds, bool *out)
{
  bool changed;
  do {
    changed = false;
    for (uint32_t i = 0; i < p->n_types; i++)
      if (!out[i] && holds(p, &p->types[i], kinds, out))
        out[i] = changed = true;
  } while (changed);
}
