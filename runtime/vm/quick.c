// Texts made in one step where the plan takes two: see fast.def.
#include "runtime/vm/operations.h"

#include "grammar/base/number.h"
#include "runtime/codec/codec.h"

const struct error *text_of_int(struct task *t, value *s, struct plan_code i)
{
  struct text *text = arena_alloc(t->run->arena, sizeof *text + NUMBER_TEXT);
  if (!text)
    return error_memory(t);
  char *data = (char *)(text + 1);
  uint32_t size = (uint32_t)number_print_int(data, s[i.b].i);
  *text = (struct text){size, size, data};
  arena_shrink(t->run->arena, text, sizeof *text + size + 1);
  s[i.a].text = text;
  return NULL;
}

bool read_text(struct task *t, value *s, struct plan_code parse,
               struct plan_code read)
{
  struct decode d = {.plan = t->run->engine->plan, .arena = t->run->arena};
  const struct text *text = s[parse.c].text;
  return text->size &&
         json_quick(&d, read.c, text->data, text->size, &s[read.a]);
}

bool text_of_json(struct task *t, value *s, struct plan_code make,
                  struct plan_code print)
{
  struct buf b = {.arena = t->run->arena};
  if (s[print.c + 1].i || // on lines
      !json_encode(t->run->engine->plan, t->frame->fn->types[make.c], s[make.c],
                   &b) ||
      b.failed)
    return false;
  const struct text *text = text_view(t->run->arena, b.data, b.size);
  if (text)
    s[print.a].text = text;
  return text;
}
