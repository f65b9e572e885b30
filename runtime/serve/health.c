// When a replica is well. See health.h.
#include "runtime/serve/health.h"

#include "runtime/serve/setting.h"

#include <string.h>

enum { MS = 1000000, LONGEST_PAUSE = 60 }; // s

// A plan may say anything: what is called without arguments and gives its value
// whole can be a check.
static bool can_check(const struct plan *p, const struct plan_method_row *m)
{
  const struct plan_function *f = &p->functions[m->function];
  return !strcmp(plan_str(p, m->name), "check_health") && !f->n_params &&
         m->batch == PLAN_NONE &&
         p->types[p->types[f->result].base].kind != TYPE_stream;
}

static uint32_t find_check(const struct plan *p, const struct plan_class *c)
{
  for (uint32_t i = 0; c->kind != CLASS_graph && i < c->methods.count; i++) {
    const struct plan_method_row *m = &p->methods[c->methods.first + i];
    if (can_check(p, m))
      return m->function;
  }
  return PLAN_NONE;
}

static int64_t time_of(const struct plan *p, const struct plan_binding *b,
                       enum setting_id id)
{
  int64_t ns = setting_of(p, b, id), day = (int64_t)86400 * 1000 * MS;
  return ns < MS ? MS : ns < day ? ns : day;
}

int64_t health_start(const struct plan *p, const struct plan_binding *b)
{
  return setting_written(p, b, SETTING_health_start)
             ? time_of(p, b, SETTING_health_start)
             : 0;
}

bool health_read(const struct plan *p, const struct plan_binding *b,
                 struct health *out)
{
  bool graph = p->classes[b->class].kind == CLASS_graph;
  bool rests = !graph && setting_written(p, b, SETTING_health_progress);
  int64_t failures = setting_of(p, b, SETTING_health_failures);
  *out = (struct health){
      .check = find_check(p, &p->classes[b->class]),
      .period = time_of(p, b, SETTING_health_period),
      .timeout = time_of(p, b, SETTING_health_timeout),
      .progress = rests ? time_of(p, b, SETTING_health_progress) : 0,
      .start = health_start(p, b),
      .failures = failures < 1            ? 1
                  : failures < UINT32_MAX ? (uint32_t)failures
                                          : UINT32_MAX,
  };
  return out->check != PLAN_NONE || out->progress;
}

// Spreads a number over 64 bits: the last step of SplitMix64.
static uint64_t spread(uint64_t x)
{
  x = (x ^ x >> 30) * 0xBF58476D1CE4E5B9u;
  x = (x ^ x >> 27) * 0x94D049BB133111EBu;
  return x ^ x >> 31;
}

int64_t backoff_pause(struct backoff *b)
{
  int64_t s = b->failed < 6 ? 1 << b->failed : LONGEST_PAUSE;
  int64_t ns = s * 1000 * MS;
  b->failed += b->failed < UINT32_MAX;
  b->seed = spread(b->seed + b->failed);
  return ns + (int64_t)(b->seed % ((uint64_t)ns / 4));
}
