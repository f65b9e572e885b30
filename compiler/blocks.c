// Whether a deployment blocks, by its code: lowered instructions in, yes or no
// out, kept with the code.
#include "compiler/blocks.h"

#include "compiler/lower_code.h"
#include "grammar/defs/signature.h"

static bool function_blocks(const struct function *f);

// slots.
bool binding_blocks(const struct binding *b)
{
  for (const struct setting *s = b->settings; s; s = s->next)
    if (s->id == SETTING_max_ongoing_requests && s->origin != ORIGIN_default)
      return true;
  for (const struct method *m = b->class->methods; m; m = m->next)
    if (b->class->kind != CLASS_graph && function_blocks(m->function))
      return true;
  return false;
}

static bool site_blocks(const struct site *s)
{
  if (s->kind == SITE_function)
    return function_blocks(s->function);
  if (s->kind == SITE_callable || function_blocks(s->call->method->function))
    return true;
  return s->call->binding && binding_blocks(s->call->binding);
}

static bool code_blocks(const struct code *k)
{
  for (uint32_t i = 0; i < k->n_ins; i++) {
    const struct ins *n = &k->ins[i];
    if (n->op == OP_op && signature_of(n->b)->attributes & OPERATOR_WAITS)
      return true;
    if (opcode_shapes[n->op].b == OPERAND_site && site_blocks(&k->sites[n->b]))
      return true;
  }
  return false;
}

static bool function_blocks(const struct function *f)
{
  enum { UNKNOWN, NO, YES };
  struct code *k = code_of(f);
  if (k->blocks == UNKNOWN) {
    k->blocks = NO; // for whoever comes back to it meanwhile
    k->blocks = code_blocks(k) ? YES : NO;
  }
  return k->blocks == YES;
}
