// What a setting may be: an expression enters, a constant of the row's type
// leaves, or a message.
#include "compiler/checker.h"
#include "grammar/base/network.h"

#include <string.h>

// ---- values ----

static const struct type *row_type(struct checker *k, const char *text)
{
  if (!strncmp(text, "map ", 4))
    return type_of(k->t, TYPE_map, row_type(k, text + 4));
  if (!strcmp(text, "[str]") || !strcmp(text, "[secret]"))
    return type_of(k->t, TYPE_list, k->str);
  static const enum type_kind kinds[] = {TYPE_bool,   TYPE_int,  TYPE_float,
                                         TYPE_str,    TYPE_size, TYPE_duration,
                                         TYPE_percent};
  static const char *const words[] = {
#define TYPE(kind, word, form, part) word,
#include "grammar/defs/types.def"
#undef TYPE
  };
  for (uint32_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
    if (!strcmp(text, words[kinds[i]]))
      return type_simple(k->t, kinds[i]);
  struct type_part *parts = NULL; // "a" | "b"
  uint32_t n = 0, room = 0;
  const char *word;
  for (size_t size; setting_word(&text, &word, &size);) {
    struct type_part part = {.name = atom_of(&k->c->atoms, word, size)};
    PUSH(k, parts, n, room, part);
  }
  return type_parts(k->t, TYPE_enum, parts, n);
}

#define DAY ((int64_t)86400 * 1000000000)

// The least that a setting may be; what is not here may not be negative.
static int64_t least(enum setting_id id)
{
  switch (id) {
  case SETTING_num_replicas:
  case SETTING_autoscaling_max:
  case SETTING_max_ongoing_requests:
  case SETTING_batch_max_size:
  case SETTING_batch_max_concurrent:
  case SETTING_multiplex_max_models:
  case SETTING_loops:
  case SETTING_max_connections:
  case SETTING_max_memory:
  case SETTING_max_head:
  case SETTING_health_period:
  case SETTING_health_timeout:
  case SETTING_health_start:
  case SETTING_health_progress:
  case SETTING_health_failures:
  case SETTING_max_body:
  case SETTING_rate_requests:
  case SETTING_rate_per:
  case SETTING_rate_burst:
  case SETTING_rate_max_keys:
    return 1;
  case SETTING_priority:
    return INT64_MIN;
  default:
    return 0;
  }
}

static int64_t most(enum setting_id id)
{
  return id == SETTING_retries ? 100 : INT64_MAX;
}

// ---- names of secrets ----

static bool is_variable(const char *name)
{
  size_t n = strspn(name, "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
                          "abcdefghijklmnopqrstuvwxyz0123456789_");
  return n && !name[n] && !(*name >= '0' && *name <= '9');
}

// `secret("NAME")`; of `env`, which reads the same place, too.
static const struct constant *secret_name(struct checker *k, struct expr *e)
{
  const struct expr *of = e->kind == EXPR_CALL ? e->call.of : NULL;
  const struct arg *a = of ? e->call.args : NULL;
  bool known = of && of->kind == EXPR_NAME && of->name.text &&
               (!strcmp(of->name.text->text, "secret") ||
                !strcmp(of->name.text->text, "env"));
  const struct expr *name =
      known && a && !a->next && !a->name.text ? a->value : NULL;
  if (name && name->kind == EXPR_STR && is_variable(name->text.data)) {
    struct need *need = NEW(k, struct need);
    *need = (struct need){
        const_text(k, k->str, name->text.data, (uint32_t)name->text.size), true,
        e->span, k->p->needs};
    k->p->needs = need;
    return need->name;
  }
  struct diag *d = diag_report(k->d, DIAG_bad_setting, e->span,
                               "keys come from the environment");
  diag_hint(k->d, d,
            "write `secret(\"NAME\")`, the name of a variable that "
            "`sgrun` finds set");
  return NULL;
}

static const struct constant *secret_names(struct checker *k, struct expr *e,
                                           const struct type *want)
{
  struct constant *list = const_new(k, want);
  uint32_t n = 0;
  struct expr *first = e->kind == EXPR_LIST ? e->elements : e;
  for (struct expr *i = first; i; i = e->kind == EXPR_LIST ? i->next : NULL)
    n++;
  list->parts = ARENA_ARRAY(k->a, n + 1, const struct constant *);
  for (struct expr *i = first; i; i = e->kind == EXPR_LIST ? i->next : NULL)
    if (!(list->parts[list->n_parts++] = secret_name(k, i)))
      return NULL;
  return list;
}

// ---- ranges ----

static bool are_networks(struct checker *k, const struct constant *c,
                         struct span at)
{
  struct network n;
  for (uint32_t i = 0; i < c->n_parts; i++) {
    const struct constant *t = c->parts[i];
    if (network_read(t->text, t->size, &n) || !strcmp(t->text, "unix"))
      continue;
    diag_report(k->d, DIAG_bad_setting, at,
                "`%s` is not an address, a network such as 10.0.0.0/8, or unix",
                t->text);
    return false;
  }
  return true;
}

// scheme://host[:port], as browsers send it.
static bool are_origins(struct checker *k, const struct constant *c,
                        struct span at)
{
  for (uint32_t i = 0; i < c->n_parts; i++) {
    const char *text = c->parts[i]->text;
    const char *host = strstr(text, "://");
    size_t end = host ? strcspn(host + 3, "/ ?#*,") : 0;
    if (!strcmp(text, "*") || !strcmp(text, "null") || (end && !host[3 + end]))
      continue;
    struct diag *d =
        diag_report(k->d, DIAG_bad_setting, at, "`%s` is not an origin", text);
    diag_hint(k->d, d,
              "an origin is `https://example.com`, without a path, or "
              "`*`");
    return false;
  }
  return true;
}

static bool is_header(struct checker *k, const struct constant *c,
                      struct span at)
{
  size_t n = strspn(c->text, "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
                             "abcdefghijklmnopqrstuvwxyz0123456789"
                             "!#$%&'*+-.^_`|~");
  if (n && n == c->size)
    return true;
  diag_report(k->d, DIAG_bad_setting, at, "`%s` is no name of a header",
              c->text);
  return false;
}

static bool in_range(struct checker *k, enum setting_id id, int64_t v,
                     struct span at)
{
  bool little = v < least(id);
  int64_t bound = little ? least(id) : most(id);
  if (!little && v <= bound)
    return true;
  diag_report(k->d, DIAG_bad_setting, at, "`%s` must be at %s %lld",
              setting_rows[id].name, little ? "least" : "most",
              (long long)bound);
  return false;
}

bool setting_may_be(struct checker *k, enum setting_id id,
                    const struct constant *c, struct span at)
{
  if (id == SETTING_trusted_proxies)
    return are_networks(k, c, at);
  if (id == SETTING_cors_origins)
    return are_origins(k, c, at);
  if (id == SETTING_session_affinity)
    return is_header(k, c, at);
  bool text = c->type->kind == TYPE_str || c->type->kind == TYPE_enum ||
              c->type->kind == TYPE_list;
  if (id == SETTING_overload_status && c->i != 503 && c->i != 429) {
    diag_report(k->d, DIAG_bad_setting, at, "`%s` is 503 or 429",
                setting_rows[id].name);
    return false;
  }
  bool zero = id == SETTING_autoscaling_target ||
              id == SETTING_autoscaling_up_factor ||
              id == SETTING_autoscaling_down_factor;
  if (zero && c->f <= 0) {
    diag_report(k->d, DIAG_bad_setting, at, "`%s` must be more than 0",
                setting_rows[id].name);
    return false;
  }
  bool scales = !strncmp(setting_rows[id].name, "autoscaling.", 12);
  if (scales && c->type->kind == TYPE_duration && c->i > DAY) {
    diag_report(k->d, DIAG_bad_setting, at, "`%s` is a day at most",
                setting_rows[id].name);
    return false;
  }
  return text || in_range(k, id, c->f < 0 ? -1 : c->i, at);
}

// A text alone is a list of one.
static const struct constant *constant_of(struct checker *k, struct expr *value,
                                          const struct type *want)
{
  struct blame why = {DIAG_bad_setting, NULL, NO_SPAN, false};
  if (want->kind != TYPE_list || value->kind == EXPR_LIST)
    return const_of_expr(k, value, want, &why);
  struct constant *list = const_new(k, want);
  list->parts = ARENA_ARRAY(k->a, 1, const struct constant *);
  list->parts[0] = const_of_expr(k, value, want->of, &why);
  list->n_parts = 1;
  return list->parts[0] ? list : NULL;
}

const struct type *setting_type(struct checker *k, enum setting_id id)
{
  return row_type(k, setting_rows[id].type);
}

const struct constant *setting_read(struct checker *k, enum setting_id id,
                                    struct expr *e)
{
  const struct type *want = setting_type(k, id);
  return !strcmp(setting_rows[id].type, "[secret]") ? secret_names(k, e, want)
                                                    : constant_of(k, e, want);
}
