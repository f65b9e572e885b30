// Showing programs as they run: each when there was none of its steps before.
#include "runtime/tensor/program.h"

#include "grammar/base/buf.h"

#include <stdatomic.h>
#include <stdio.h>

static void print_shape(const struct tensor *t, struct buf *out)
{
  static const char *const names[] = {
#define DTYPE(name, bytes, numpy) #name,
#include "grammar/defs/dtypes.def"
#undef DTYPE
  };
  buf_adds(out, names[t->dtype]);
  shape_print(t->dims, t->rank, out);
}

void tensor_program_print(const struct tensor_program *p, struct buf *out)
{
  for (const struct tensor_step *s = p->first; s; s = s->next) {
    buf_addf(out, "%4u  %s  %s  (", s->number,
             s->view    ? "view"
             : s->grows ? "grow"
                        : s->backend->name,
             s->name ? s->name : operator_name(s->op));
    for (uint32_t i = 0; i < s->n_inputs; i++) {
      const struct tensor_value *v = tensor_value(s->inputs[i]);
      if (i)
        buf_add(out, ", ", 2);
      if (v->step)
        buf_addf(out, "%%%u ", v->step->number);
      print_shape(&v->tensor, out);
    }
    buf_add(out, ") -> ", 5);
    print_shape(s->output, out);
    buf_add(out, "\n", 1);
  }
}

// ---- those that are new ----

enum { SHOWN_MOST = 1024 };
static _Atomic bool asked;
static _Atomic uint64_t shown[SHOWN_MOST]; // what they are known by

void tensor_programs_show(void)
{
  asked = true;
}

// By its steps and by what reads what, whatever their sizes.
static uint64_t known_by(const struct tensor_program *p)
{
  uint64_t h = 0xCBF29CE484222325u; // FNV-1a
  for (const struct tensor_step *s = p->first; s; s = s->next) {
    const void *with = s->view ? NULL : s->backend;
    h = (h ^ s->op ^ (uint64_t)(uintptr_t)with) * 0x100000001B3u;
    h = (h ^ (uint64_t)(uintptr_t)s->name) * 0x100000001B3u;
    for (uint32_t i = 0; i < s->n_inputs; i++) {
      const struct tensor_step *of = tensor_value(s->inputs[i])->step;
      h = (h ^ (of ? of->number + 1 : 0)) * 0x100000001B3u;
    }
  }
  return h + !h;
}

// False: it is there already, or there is no room for it.
static bool is_new(uint64_t h)
{
  for (uint32_t i = 0; i < SHOWN_MOST; i++) {
    uint64_t none = 0;
    if (atomic_compare_exchange_strong(&shown[i], &none, h))
      return true;
    if (none == h)
      return false;
  }
  return false;
}

void tensor_program_show(const struct tensor_program *p)
{
  struct buf out = {0};
  if (!asked || !is_new(known_by(p)))
    return;
  buf_addf(&out, "tensors: %u steps in %zu bytes\n", p->n_steps, p->held);
  tensor_program_print(p, &out);
  if (!out.failed)
    fwrite(out.data, 1, out.size, stderr);
  buf_free(&out);
}
