// Settings: which there are, what they may be, and which of two counts. All
// from the rows of kinds.def.
#include "compiler/checker.h"

#include <string.h>

// Known to the language, and not to this compiler yet.
static const struct {
  unsigned place;
  const char *name;
} later[] = {
    {PLACE_DEPLOYMENT, "user_config"},
    {PLACE_DEPLOYMENT, "cache.key"},
    {PLACE_SERVER, "admin"},
};

static const struct {
  unsigned place;
  const char *name, *instead;
} idle[] = {
#define IDLE(place, name, instead) {PLACE_##place, name, instead},
#include "compiler/idle.def"
};

struct gather {
  struct checker *k;
  unsigned place;
  enum plan_origin origin;
  struct setting *first, **end;
  struct setting *of[SETTINGS];
};

static bool autoscales(enum setting_id id)
{
  return !strncmp(setting_rows[id].name, "autoscaling.", 12);
}

// ---- names ----

static void report_unknown_setting(struct gather *g, const char *name,
                                   struct span at)
{
  struct checker *k = g->k;
  const struct setting *own = g->k->p->node; // resources by their own names
  while (own && own->id != SETTING_node_named)
    own = own->next;
  uint32_t n_own = own && g->place & PLACE_DEPLOYMENT ? own->value->n_parts : 0;
  const char **names = ARENA_ARRAY(k->a, SETTINGS + n_own, const char *);
  uint32_t n = 0, elsewhere = SETTINGS;
  for (uint32_t i = 0; i < n_own; i += 2)
    names[n++] = arena_printf(k->a, "resources.%s", own->value->parts[i]->text);
  for (uint32_t i = 0; i < sizeof later / sizeof *later; i++)
    if (later[i].place & g->place && !strcmp(later[i].name, name)) {
      diag_report(k->d,
                  g->place == PLACE_CALL ? DIAG_no_options : DIAG_no_setting,
                  at, "`%s` is not built yet", name);
      return;
    }
  size_t size = strlen(name);
  if (g->place == PLACE_CALL)
    names[n++] = "fallback"; // of any type, so it is no row
  for (uint32_t i = 0; i < SETTINGS; i++) {
    if (setting_rows[i].places & g->place) {
      const char *dot = strchr(setting_rows[i].name, '.');
      bool group = dot && !strchr(name, '.');
      names[n++] = group ? arena_copy(k->a, setting_rows[i].name,
                                      (size_t)(dot - setting_rows[i].name))
                         : setting_rows[i].name;
    } else if (!strncmp(setting_rows[i].name, name, size) &&
               (!setting_rows[i].name[size] ||
                setting_rows[i].name[size] == '.')) {
      elsewhere = i;
    }
  }
  struct diag *d = diag_report(
      k->d, g->place == PLACE_CALL ? DIAG_unknown_option : DIAG_unknown_setting,
      at,
      elsewhere < SETTINGS ? "`%s` is not set here"
                           : "there is no setting `%s`",
      name);
  name_hint_list(k, d, name, names, n);
}

static bool is_group(struct gather *g, const char *name)
{
  size_t size = strlen(name);
  for (uint32_t i = 0; i < SETTINGS; i++)
    if (setting_rows[i].places & g->place &&
        !strncmp(setting_rows[i].name, name, size) &&
        setting_rows[i].name[size] == '.')
      return true;
  return false;
}

static int setting_named(struct gather *g, const char *name)
{
  for (int i = 0; i < SETTINGS; i++)
    if (setting_rows[i].places & g->place &&
        !strcmp(setting_rows[i].name, name))
      return i;
  return -1;
}

static void gather_value(struct gather *g, enum setting_id id,
                         const struct name *name, struct expr *value)
{
  struct checker *k = g->k;
  const struct constant *c = setting_read(k, id, value);
  if (g->of[id]) {
    struct diag *d = diag_report(k->d, DIAG_duplicate_setting, name->span,
                                 "`%s` is set twice", setting_rows[id].name);
    diag_note(k->d, d, g->of[id]->span, "the first one");
    return;
  }
  if (!c || !setting_may_be(k, id, c, value->span))
    return;
  struct setting *s = NEW(k, struct setting);
  *s = (struct setting){id, c, g->origin, name->span, NULL};
  g->of[id] = s;
  *g->end = s;
  g->end = &s->next;
}

// ---- resources by their own names ----

static const struct constant *amount_of(const struct setting *s, atom name)
{
  for (uint32_t i = 0; s && i + 1 < s->value->n_parts; i += 2)
    if (!strcmp(s->value->parts[i]->text, name->text))
      return s->value->parts[i + 1];
  return NULL;
}

// A node may have what it likes, but nothing that means what has another name;
// a deployment may ask for what the node has.
static bool is_named_resource(struct gather *g, const char *prefix, atom name)
{
  static const char *const others[] = {"cpu",      "gpu",   "mem",     "ram",
                                       "num_cpus", "cores", "num_gpus"};
  bool other = false;
  for (size_t i = 0; i < sizeof others / sizeof *others; i++)
    other = other || !strcmp(name->text, others[i]);
  if (g->place == PLACE_RESOURCE)
    return !other;
  if (g->place != PLACE_DEPLOYMENT || !prefix || strcmp(prefix, "resources"))
    return false;
  const struct setting *s = setting_find(g->k->p->node, SETTING_node_named);
  return s && amount_of(s, name);
}

static void add_amount(struct checker *k, struct constant *m, atom name,
                       const struct constant *amount)
{
  const struct constant **parts =
      ARENA_ARRAY(k->a, m->n_parts + 2, const struct constant *);
  if (m->n_parts)
    memcpy(parts, m->parts, m->n_parts * sizeof *parts);
  parts[m->n_parts] = const_text(k, k->str, name->text, name->size);
  parts[m->n_parts + 1] = amount;
  m->parts = parts;
  m->n_parts += 2;
}

static void gather_named(struct gather *g, const struct name *name,
                         struct expr *value)
{
  struct checker *k = g->k;
  enum setting_id id =
      g->place == PLACE_RESOURCE ? SETTING_node_named : SETTING_resources_named;
  struct blame why = {DIAG_bad_setting, NULL, NO_SPAN, false};
  const struct constant *c = const_of_expr(k, value, k->number, &why);
  if (c && c->f < 0)
    diag_report(k->d, DIAG_bad_setting, value->span, "`%s` must be at least 0",
                name->text->text);
  else if (c && amount_of(g->of[id], name->text))
    diag_report(k->d, DIAG_duplicate_setting, name->span, "`%s` is set twice",
                name->text->text);
  if (!c || c->f < 0 || amount_of(g->of[id], name->text))
    return;
  if (!g->of[id]) {
    struct setting *s = NEW(k, struct setting);
    *s = (struct setting){id, const_new(k, setting_type(k, id)), g->origin,
                          name->span, NULL};
    g->of[id] = s;
    *g->end = s;
    g->end = &s->next;
  }
  add_amount(k, (struct constant *)g->of[id]->value, name->text, c);
}

static void gather_fields(struct gather *g, const char *prefix,
                          struct field *fields);

static void report_nameless(struct gather *g, struct span at)
{
  diag_report(g->k->d, DIAG_bad_setting, at,
              "settings are written `name: value`");
}

bool setting_is_idle(unsigned place, enum setting_id id)
{
  const char *name = setting_rows[id].name;
  size_t group = strcspn(name, ".");
  for (size_t i = 0; i < sizeof idle / sizeof *idle; i++)
    if (idle[i].place == place && !strncmp(idle[i].name, name, group) &&
        !idle[i].name[group])
      return true;
  return false;
}

static void report_idle(struct gather *g, const struct name *name)
{
  for (size_t i = 0; i < sizeof idle / sizeof *idle; i++)
    if (idle[i].place == g->place && !strcmp(idle[i].name, name->text->text))
      diag_report(g->k->d, DIAG_idle_setting, name->span,
                  "`%s` has no effect yet: %s", idle[i].name, idle[i].instead);
}

static void gather_one(struct gather *g, const char *prefix,
                       const struct name *name, struct expr *value)
{
  struct checker *k = g->k;
  if (!name->text || !value)
    return;
  const char *whole =
      prefix ? arena_printf(k->a, "%s.%s", prefix, name->text->text)
             : name->text->text;
  int id = setting_named(g, whole);
  if (id >= 0 || (!prefix && is_group(g, whole)))
    INDEX(k, setting, id, name->span);
  if (!prefix)
    report_idle(g, name);
  if (id >= 0) {
    gather_value(g, id, name, value);
  } else if (is_named_resource(g, prefix, name->text)) {
    gather_named(g, name, value);
  } else if (prefix || !is_group(g, whole)) {
    report_unknown_setting(g, whole, name->span);
  } else if (value->kind != EXPR_RECORD) {
    struct diag *d = diag_report(k->d, DIAG_bad_setting, value->span,
                                 "`%s` is a record of settings", whole);
    diag_hint(k->d, d, "write `%s: { name: value }`", whole);
  } else {
    gather_fields(g, whole, value->fields);
  }
}

static void gather_fields(struct gather *g, const char *prefix,
                          struct field *fields)
{
  for (struct field *f = fields; f; f = f->next)
    if (f->name.text)
      gather_one(g, prefix, &f->name, f->value);
    else
      report_nameless(g, f->span);
}

// ---- what excludes what ----

static void conflicts(struct checker *k, struct setting *list)
{
  struct setting *of[SETTINGS] = {0}, *scaling = NULL;
  for (struct setting *s = list; s; s = s->next) {
    of[s->id] = s;
    if (autoscales(s->id) && !scaling)
      scaling = s;
  }
  struct setting *fixed = of[SETTING_num_replicas];
  if (fixed && scaling) {
    struct diag *d =
        diag_report(k->d, DIAG_setting_conflict, fixed->span,
                    "`num_replicas` and `autoscaling` exclude each other");
    diag_note(k->d, d, scaling->span, "`autoscaling` is set here");
  }
  struct setting *cert = of[SETTING_tls_cert], *key = of[SETTING_tls_key];
  if (!cert != !key)
    diag_report(k->d, DIAG_bad_setting, (cert ? cert : key)->span,
                "`tls` needs a `%s` too", cert ? "key" : "cert");
}

static struct gather begin(struct checker *k, unsigned place,
                           enum plan_origin origin)
{
  return (struct gather){.k = k, .place = place, .origin = origin};
}

struct setting *settings_of_fields(struct checker *k, struct field *fields,
                                   unsigned place, enum plan_origin origin)
{
  struct gather g = begin(k, place, origin);
  g.end = &g.first;
  gather_fields(&g, NULL, fields);
  conflicts(k, g.first);
  return g.first;
}

struct setting *settings_of_items(struct checker *k, struct item *items,
                                  unsigned place, enum plan_origin origin)
{
  struct gather g = begin(k, place, origin);
  g.end = &g.first;
  for (struct item *i = items; i; i = i->next)
    if (i->kind == ITEM_SETTING)
      gather_one(&g, NULL, &i->name, i->value.value);
  conflicts(k, g.first);
  return g.first;
}

struct setting *settings_of_args(struct checker *k, struct arg *args,
                                 unsigned place, enum plan_origin origin)
{
  struct gather g = begin(k, place, origin);
  g.end = &g.first;
  for (struct arg *a = args; a; a = a->next)
    if (a->name.text)
      gather_one(&g, NULL, &a->name, a->value);
    else
      report_nameless(&g, a->span);
  return g.first;
}

// Amounts of named resources are merged by their names.
static const struct constant *merged_amounts(struct checker *k,
                                             const struct setting *under,
                                             const struct setting *over)
{
  struct constant *m = const_new(k, under->value->type);
  for (uint32_t i = 0; i + 1 < under->value->n_parts; i += 2) {
    const struct constant *key = under->value->parts[i];
    atom name = atom_of(&k->c->atoms, key->text, key->size);
    if (!amount_of(over, name))
      add_amount(k, m, name, under->value->parts[i + 1]);
  }
  for (uint32_t i = 0; i + 1 < over->value->n_parts; i += 2) {
    const struct constant *key = over->value->parts[i];
    add_amount(k, m, atom_of(&k->c->atoms, key->text, key->size),
               over->value->parts[i + 1]);
  }
  return m;
}

// By id; a number of replicas displaces autoscaling, and the other way round.
struct setting *settings_merge(struct checker *k, struct setting *under,
                               struct setting *over)
{
  bool set[SETTINGS] = {0}, scaling = false;
  struct setting *first = NULL, **end = &first;
  for (struct setting *s = over; s; s = s->next) {
    set[s->id] = true;
    scaling = scaling || autoscales(s->id);
  }
  if (!over)
    return under;
  for (int layer = 0; layer < 2; layer++)
    for (struct setting *s = layer ? over : under; s; s = s->next) {
      bool displaced = set[s->id] ||
                       (s->id == SETTING_num_replicas && scaling) ||
                       (autoscales(s->id) && set[SETTING_num_replicas]);
      if (!layer && displaced)
        continue;
      struct setting *copy = NEW(k, struct setting);
      *copy = *s;
      copy->next = NULL;
      const struct setting *below = s->id == SETTING_resources_named && layer
                                        ? setting_find(under, s->id)
                                        : NULL;
      if (below)
        copy->value = merged_amounts(k, below, s);
      *end = copy;
      end = &copy->next;
    }
  return first;
}

// ---- looking up ----

const struct setting *setting_find(const struct setting *list,
                                   enum setting_id id)
{
  while (list && list->id != id)
    list = list->next;
  return list;
}

const struct constant *setting_value(const struct setting *list,
                                     enum setting_id id)
{
  const struct setting *s = setting_find(list, id);
  return s ? s->value : NULL;
}

bool settings_scale(const struct setting *list)
{
  while (list && !autoscales(list->id))
    list = list->next;
  return list != NULL;
}

int64_t setting_number(const struct setting *list, enum setting_id id)
{
  const struct constant *c = setting_value(list, id);
  return c ? c->i : setting_default(id);
}
