// Values among futures: a list of calls and plain values is a list of futures,
// a choice between a call and a plain value gives a future, so that nothing is
// waited for before somebody needs it. So is what holds calls in other places.
#include "compiler/lower_code.h"

static struct function *new_identity(struct lower *l, const struct type *type)
{
  struct local *x = ARENA_NEW(l->arena, struct local);
  struct core *read = ARENA_NEW(l->arena, struct core);
  struct stmt *s = ARENA_NEW(l->arena, struct stmt);
  *x = (struct local){.type = type, .param = true, .span = NO_SPAN};
  *read = (struct core){
      .kind = CORE_LOCAL, .type = type, .span = NO_SPAN, .local = x};
  *s = (struct stmt){.kind = STMT_RETURN, .span = NO_SPAN, .value = read};
  struct local **params = ARENA_ARRAY(l->arena, 1, struct local *);
  params[0] = x;
  return helper_add(l, (struct function){.name = "value",
                                         .params = params,
                                         .n_params = 1,
                                         .result = type,
                                         .body = s,
                                         .span = NO_SPAN});
}

static struct function *identity_of(struct lower *l, const struct type *type)
{
  struct lower_shared *s = l->shared;
  for (uint32_t i = 0; i < s->n_identities; i++)
    if (s->identities[i]->result == type)
      return s->identities[i];
  struct function *f = new_identity(l, type);
  LOWER_PUSH(l->arena, s->identities, s->n_identities, s->room_identities, f);
  return f;
}

struct site lift_site_of(struct lower *l, uint32_t list,
                         const struct type *plain)
{
  struct function *f = new_identity(l, plain);
  const struct type **given = ARENA_ARRAY(l->arena, 1, const struct type *);
  given[0] = l->code->slots[list].type->of;
  code_of(f)->given = given;
  return (struct site){.kind = SITE_function,
                       .function = f,
                       .result = plain,
                       .first = list,
                       .count = 1};
}

const struct type *lift_type(struct lower *l, const struct type *plain)
{
  return type_slot(l, type_of(l->c->types, TYPE_future, plain));
}

struct site lift_site(struct lower *l, uint32_t slot, const struct type *held,
                      const struct type *call)
{
  return (struct site){.kind = SITE_function,
                       .function = identity_of(l, call->of),
                       .result = call->of,
                       .first = slot,
                       .count = 1,
                       .pending = held != call->of};
}
