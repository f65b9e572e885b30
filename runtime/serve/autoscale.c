// How many replicas a deployment wants. See autoscale.h.
#include "runtime/serve/autoscale.h"

#include "runtime/serve/setting.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

// ---- settings ----

struct source {
  const struct plan *p;
  const struct plan_binding *b;
};

static int64_t number_of(const struct source *s, enum setting_id id)
{
  return setting_of(s->p, s->b, id);
}

static int64_t time_of(const struct source *s, enum setting_id id)
{
  int64_t ns = number_of(s, id), day = (int64_t)86400 * 1000000000;
  return ns < 0 ? 0 : ns < day ? ns : day;
}

static uint32_t count_of(const struct source *s, enum setting_id id)
{
  int64_t n = number_of(s, id);
  return n < 0 ? 0 : n > SCALE_MOST ? SCALE_MOST : (uint32_t)n;
}

static double real_of(const struct source *s, enum setting_id id)
{
  const struct plan_const *c = setting_written(s->p, s->b, id);
  double x = strtod(setting_rows[id].value, NULL);
  if (c) {
    uint64_t bits = plan_bits(c);
    memcpy(&x, &bits, sizeof x);
  }
  return x > 0 && x < 1e9 ? x : 1;
}

static int aggregation_of(const struct source *s)
{
  const struct plan_const *c =
      setting_written(s->p, s->b, SETTING_autoscaling_aggregation);
  const char *word = c ? s->p->text + c->lo : "mean";
  return !strcmp(word, "max")   ? AGGREGATE_max
         : !strcmp(word, "min") ? AGGREGATE_min
                                : AGGREGATE_mean;
}

static bool scales(const struct plan *p, const struct plan_binding *b)
{
  for (uint32_t i = 0; i < b->settings.count; i++)
    if (!strncmp(setting_rows[p->settings[b->settings.first + i].id].name,
                 "autoscaling.", 12))
      return true;
  return false;
}

bool scaling_read(const struct plan *p, const struct plan_binding *b,
                  struct scaling *out)
{
  struct source s = {p, b};
  if (!scales(p, b))
    return false;
  *out = (struct scaling){
      .least = count_of(&s, SETTING_autoscaling_min),
      .most = count_of(&s, SETTING_autoscaling_max),
      .target = real_of(&s, SETTING_autoscaling_target),
      .up_delay = time_of(&s, SETTING_autoscaling_up_delay),
      .down_delay = time_of(&s, SETTING_autoscaling_down_delay),
      .zero_delay = time_of(&s, SETTING_autoscaling_down_delay),
      .look_back = time_of(&s, SETTING_autoscaling_look_back),
      .up_factor = real_of(&s, SETTING_autoscaling_up_factor),
      .down_factor = real_of(&s, SETTING_autoscaling_down_factor),
      .aggregation = aggregation_of(&s),
  };
  if (!out->most)
    out->most = 1;
  if (out->least > out->most)
    out->least = out->most;
  out->initial = setting_written(p, b, SETTING_autoscaling_initial)
                     ? count_of(&s, SETTING_autoscaling_initial)
                     : out->least;
  if (setting_written(p, b, SETTING_autoscaling_zero_delay))
    out->zero_delay = time_of(&s, SETTING_autoscaling_zero_delay);
  if (out->initial < out->least || out->initial > out->most)
    out->initial = out->initial < out->least ? out->least : out->most;
  return true;
}

// ---- the load over time ----

struct autoscale *autoscale_new(struct arena *arena, const struct scaling *how,
                                int64_t now)
{
  struct autoscale *a = ARENA_NEW(arena, struct autoscale);
  if (!a)
    return NULL;
  int64_t steps = how->look_back / SCALE_STEP;
  *a = (struct autoscale){.how = *how,
                          .wanted = how->initial,
                          .begin = now,
                          .since = now,
                          .noted = now};
  a->width = (steps / SCALE_SPANS + 1) * SCALE_STEP;
  a->n_spans = (uint32_t)(how->look_back / a->width) + 2;
  a->spans = ARENA_ARRAY(arena, a->n_spans, struct span_load);
  for (uint32_t i = 0; a->spans && i < a->n_spans; i++)
    a->spans[i].number = -1;
  return a->spans ? a : NULL;
}

static struct span_load *span_of(struct autoscale *a, int64_t number)
{
  struct span_load *s = &a->spans[number % a->n_spans];
  if (s->number != number)
    *s = (struct span_load){.number = number, .least = UINT32_MAX};
  return s;
}

// What lies before the period that anybody looks at is left out.
static void note_until(struct autoscale *a, int64_t now)
{
  int64_t from = a->noted - a->begin, to = now - a->begin;
  int64_t seen = (to / a->width - a->n_spans + 1) * a->width;
  if (from < seen)
    from = seen;
  while (from < to) {
    int64_t number = from / a->width, end = (number + 1) * a->width;
    struct span_load *s = span_of(a, number);
    if (end > to)
      end = to;
    s->sum += (double)a->load * (double)(end - from);
    s->most = a->load > s->most ? a->load : s->most;
    s->least = a->load < s->least ? a->load : s->least;
    from = end;
  }
  a->noted = now;
}

void autoscale_load(struct autoscale *a, uint32_t load, int64_t now)
{
  if (load == a->load)
    return;
  note_until(a, now);
  a->load = load;
  a->since = now;
}

// From the part of time in which the period begins.
static int64_t first_span(const struct autoscale *a, int64_t now)
{
  int64_t from = now - a->begin - a->how.look_back;
  return from > 0 ? (from + a->width - 1) / a->width : 0;
}

double autoscale_calls(struct autoscale *a, int64_t now)
{
  int64_t first = first_span(a, now), until = now - a->begin;
  double sum = 0;
  uint32_t most = a->load, least = a->load;
  if (a->since - a->begin <= first * a->width || until <= first * a->width)
    return a->load;
  note_until(a, now);
  for (int64_t i = first; i * a->width < until; i++) {
    const struct span_load *s = &a->spans[i % a->n_spans];
    if (s->number != i)
      continue;
    sum += s->sum;
    most = s->most > most ? s->most : most;
    least = s->least < least ? s->least : least;
  }
  return a->how.aggregation == AGGREGATE_max ? most
         : a->how.aggregation == AGGREGATE_min
             ? least
             : sum / (double)(until - first * a->width);
}

// ---- decisions ----

static bool decide(struct autoscale *a, uint32_t wanted, double load,
                   uint32_t ready, int64_t now)
{
  a->kept[a->n_decisions++ % SCALE_KEPT] =
      (struct decision){now - a->begin, a->wanted, wanted, load, ready};
  a->wanted = wanted;
  a->steps = 0;
  return true;
}

static uint32_t within(const struct autoscale *a, double n)
{
  return n <= a->how.least  ? a->how.least
         : n >= a->how.most ? a->how.most
                            : (uint32_t)n;
}

// Without a replica the factor is one of the first.
static double first_ones(const struct autoscale *a)
{
  double n = ceil(a->how.up_factor);
  return n > a->wanted ? n : a->wanted;
}

static uint32_t wants(const struct autoscale *a, double calls, uint32_t ready)
{
  if (!ready)
    return a->load ? within(a, first_ones(a)) : a->wanted;
  double desired = calls / a->how.target, delta = desired - ready;
  double factor = delta > 0 ? a->how.up_factor : a->how.down_factor;
  double n = ceil(ready + factor * delta);
  if (ceil(desired) < ready && n == ready)
    n--; // or a small factor would hold it for ever
  return within(a, n);
}

bool autoscale_step(struct autoscale *a, uint32_t ready, int64_t now)
{
  double calls = autoscale_calls(a, now);
  uint32_t n = wants(a, calls, ready);
  a->quiet = n == a->wanted;
  if (n > a->wanted) {
    a->steps = a->steps > 0 ? a->steps + 1 : 1;
    bool due = !ready || a->steps > a->how.up_delay / SCALE_STEP;
    return due && decide(a, n, calls, ready, now);
  }
  if (n == a->wanted) {
    a->steps = 0;
    return false;
  }
  int64_t delay = a->wanted == 1 ? a->how.zero_delay : a->how.down_delay;
  a->steps = a->steps < 0 ? a->steps - 1 : -1;
  if (!n && a->wanted != 1) // 0 is reached from 1 only
    n = 1;
  return a->steps < -(delay / SCALE_STEP) && decide(a, n, calls, ready, now);
}

bool autoscale_wake(struct autoscale *a, int64_t now)
{
  uint32_t n = within(a, first_ones(a));
  return n > a->wanted && decide(a, n, a->load, 0, now);
}

bool autoscale_settled(const struct autoscale *a, int64_t now)
{
  int64_t constant = now - a->since;
  return a->quiet &&
         (a->since == a->begin || constant > a->how.look_back + a->width);
}

int64_t autoscale_next(const struct autoscale *a, int64_t now)
{
  return a->begin + ((now - a->begin) / SCALE_STEP + 1) * SCALE_STEP;
}
