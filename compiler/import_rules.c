// What each key of a Ray Serve config is here: the rows of import_rules.def,
// applied to a mapping. Settings and comments come out, in the file's order.
#include "compiler/import_parts.h"

#include "grammar/base/nearest.h"
#include "grammar/base/number.h"

#include <math.h>
#include <string.h>

enum how { READ, LOST, INT, FLOAT, SECONDS, BYTES, WORD, VALUE };

static const struct rule {
  enum import_place place;
  const char *key;
  enum how how;
  const char *to;
} rules[] = {
#define RULE(place, key, how, to) {IMPORT_##place, key, how, to},
#include "compiler/import_rules.def"
#undef RULE
};

enum { RULES = sizeof rules / sizeof *rules };

static struct diag *warn(struct import *m, enum diag_id id, yaml_node_t *at,
                         const char *text)
{
  return diag_report(&m->c->diags, id, yaml_span(&m->y, at), "%s", text);
}

void import_expected(struct import *m, yaml_node_t *at, const char *what)
{
  diag_report(&m->c->diags, DIAG_import_shape, yaml_span(&m->y, at),
              "here stands %s in a Ray Serve config", what);
}

void import_set(struct import *m, const char *name, const char *text)
{
  struct line **at = &m->lines;
  for (; *at; at = &(*at)->next)
    if (name && (*at)->name && !strcmp((*at)->name, name)) {
      (*at)->text = text;
      return;
    }
  *at = ARENA_NEW(m->a, struct line);
  **at = (struct line){name, text, NULL};
}

static bool is_empty(struct import *m, yaml_node_t *n)
{
  yaml_node_t *k, *v;
  return yaml_scalar(n).kind == YAML_NONE ||
         (n->type == YAML_MAPPING_NODE && !yaml_pair(&m->y, n, 0, &k, &v)) ||
         (n->type == YAML_SEQUENCE_NODE && !yaml_item(&m->y, n, 0));
}

static void lose(struct import *m, yaml_node_t *key, const char *dotted,
                 const char *why)
{
  const char *text =
      arena_printf(m->a, "%s has no counterpart: %s", dotted, why);
  warn(m, DIAG_import_lost, key, text);
  import_set(m, NULL, text);
}

static bool is_number(struct yaml_value v)
{
  return v.kind == YAML_INT || v.kind == YAML_FLOAT;
}

// A number in the form that a setting wants it; NULL and a report if it is
// none.
static const char *number_text(struct import *m, enum how how, yaml_node_t *n)
{
  struct yaml_value v = yaml_scalar(n);
  struct buf b = {.arena = m->a};
  char text[NUMBER_TEXT];
  if (how == INT ? v.kind != YAML_INT
                 : !is_number(v) || !(fabs(v.number) < 9e9 * 1e6))
    import_expected(m, n, how == INT ? "a whole number" : "a number");
  else if (how == SECONDS && !(v.number >= 0 && v.number < 9e9))
    import_expected(m, n, "a number of seconds");
  else if (how == SECONDS)
    buf_add(&b, text, number_print_duration(text, llround(v.number * 1e9)));
  else if (how == BYTES)
    buf_add(&b, text, number_print_size(text, llround(v.number)));
  else
    import_add_number(&b, v.number);
  return b.data;
}

static void set_by_rule(struct import *m, const struct rule *r,
                        yaml_node_t *key, yaml_node_t *value)
{
  const char *star = strchr(r->to, '*'), *name = r->to;
  struct buf b = {.arena = m->a};
  if (star)
    name = arena_printf(m->a, "%.*s%s", (int)(star - r->to), r->to,
                        yaml_text(key));
  if (yaml_scalar(value).kind == YAML_NONE)
    return; // Ray's default
  if (r->how == VALUE || r->how == WORD)
    import_add_value(m, &b, value);
  else
    b.data = (char *)number_text(m, r->how, value);
  if (b.data)
    import_set(m, name, b.data);
}

// What takes more than a form; the other READ keys are for their caller.
static void read_key(struct import *m, const char *dotted, yaml_node_t *value)
{
  struct yaml_value v = yaml_scalar(value);
  if (v.kind == YAML_NONE)
    return;
  if (!strcmp(dotted, "num_replicas") && !strcmp(v.text, "auto")) {
    import_set(m, "autoscaling.min_replicas", "1");
    import_set(m, "autoscaling.max_replicas", "100");
  } else if (!strcmp(dotted, "num_replicas")) {
    import_set(m, "num_replicas", number_text(m, INT, value));
  } else if (!strcmp(dotted, "max_queued_requests") && v.integer != -1) {
    import_set(m, "max_queued_requests", number_text(m, INT, value));
  } else if (!strcmp(dotted, "max_queued_requests")) {
    import_set(m, NULL,
               "max_queued_requests: -1 is no bound at all; here it is 1000");
  } else if (!strcmp(dotted, "autoscaling_config.smoothing_factor")) {
    import_set(m, "autoscaling.upscaling_factor", number_text(m, FLOAT, value));
    import_set(m, "autoscaling.downscaling_factor",
               number_text(m, FLOAT, value));
  } else if (!strcmp(dotted, "rolling_update_percentage") && is_number(v)) {
    import_set(m, "rollout.surge", arena_printf(m->a, "%g%%", v.number * 100));
  } else if (!strcmp(dotted, "logging_config.encoding")) {
    import_set(m, "log", !strcmp(v.text, "JSON") ? "\"json\"" : "\"text\"");
  }
}

static const struct rule *find_rule(enum import_place place, const char *dotted)
{
  const char *dot = strrchr(dotted, '.');
  size_t stem = dot ? (size_t)(dot - dotted) + 1 : SIZE_MAX;
  for (size_t i = 0; i < RULES; i++)
    if (rules[i].place == place && !strcmp(rules[i].key, dotted))
      return &rules[i];
  for (size_t i = 0; dot && i < RULES; i++)
    if (rules[i].place == place && !strncmp(rules[i].key, dotted, stem) &&
        !strcmp(rules[i].key + stem, "*"))
      return &rules[i];
  return NULL;
}

static bool is_group(enum import_place place, const char *dotted)
{
  size_t n = strlen(dotted);
  for (size_t i = 0; i < RULES; i++)
    if (rules[i].place == place && !strncmp(rules[i].key, dotted, n) &&
        rules[i].key[n] == '.')
      return true;
  return false;
}

static void unknown_key(struct import *m, enum import_place place,
                        yaml_node_t *key, const char *dotted)
{
  const char *known[RULES];
  size_t n = 0;
  for (size_t i = 0; i < RULES; i++)
    if (rules[i].place == place)
      known[n++] = rules[i].key;
  const char *near = nearest_name(dotted, known, n);
  struct diag *d = warn(
      m, DIAG_import_unknown, key,
      arena_printf(m->a, "Ray Serve has no `%s` here; it is left out", dotted));
  if (near)
    diag_hint(&m->c->diags, d, "did you mean `%s`?", near);
}

static void apply_all(struct import *m, enum import_place place, yaml_node_t *n,
                      const char *group, unsigned depth);

static void apply(struct import *m, enum import_place place, const char *dotted,
                  yaml_node_t *key, yaml_node_t *value, unsigned depth)
{
  const struct rule *r = find_rule(place, dotted);
  bool group = is_group(place, dotted);
  if (group && value->type == YAML_MAPPING_NODE)
    apply_all(m, place, value, arena_printf(m->a, "%s.", dotted), depth + 1);
  else if (group && yaml_scalar(value).kind == YAML_NONE)
    return;
  else if (group)
    import_expected(m, value, "a mapping");
  else if (!r)
    unknown_key(m, place, key, dotted);
  else if (r->how == LOST && is_empty(m, value))
    return; // says nothing
  else if (r->how == LOST)
    lose(m, key, dotted, r->to);
  else if (r->how == READ)
    read_key(m, dotted, value);
  else
    set_by_rule(m, r, key, value);
}

// All keys of a mapping; those that it merges (`<<`) first, so that its own
// count.
static void apply_all(struct import *m, enum import_place place, yaml_node_t *n,
                      const char *group, unsigned depth)
{
  yaml_node_t *k, *v;
  if (depth > IMPORT_DEPTH) {
    import_expected(m, n, "a mapping of less depth");
    return;
  }
  for (size_t i = 0; yaml_pair(&m->y, n, i, &k, &v); i++)
    if (!strcmp(yaml_text(k), "<<"))
      apply_all(m, place, v, group, depth + 1);
  for (size_t i = 0; yaml_pair(&m->y, n, i, &k, &v); i++)
    if (k->type != YAML_SCALAR_NODE)
      import_expected(m, k, "a name");
    else if (strcmp(yaml_text(k), "<<"))
      apply(m, place, arena_printf(m->a, "%s%s", group, yaml_text(k)), k, v,
            depth);
}

void import_all(struct import *m, enum import_place place, yaml_node_t *n)
{
  apply_all(m, place, n, "", 0);
}

void import_key(struct import *m, enum import_place place, yaml_node_t *key,
                yaml_node_t *value)
{
  apply(m, place, yaml_text(key), key, value, 0);
}

bool import_knows(enum import_place place, const char *key)
{
  return find_rule(place, key);
}
