// What types hold: values of some kinds, themselves or in their parts; or
// nothing but what is in the slot.
#include "runtime/vm/vm.h"

bool type_is_plain(const struct plan *p, uint32_t type)
{
  enum { I64 = 1, F64 = 1, HANDLE = 1 };
  enum { TEXT, LIST = 0, MAP = 0, TUPLE = 0, BOX = 0, UNION = 0, JSON = 0 };
  enum { TENSOR, STREAM = 0, FUTURE = 0, CLOSURE = 0, HELD = 0, ERASED = 0 };
  static const bool plain[TYPE_KINDS] = {
#define TYPE(name, text, form, part) [TYPE_##name] = form,
#include "grammar/defs/types.def"
#undef TYPE
  };
  return plain[p->types[type].kind];
}

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
