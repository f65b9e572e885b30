// Metrics: `metric name = counter(labels: ["a"])`, and what bodies do with
// them.
#include "compiler/checker.h"

#include <string.h>

enum { LABELS_MOST = 16 };

// What may be done with metrics of some kinds.
static const struct action {
  const char *name;
  unsigned kinds;
  enum operator_id id;
  enum { NO_AMOUNT, MAY_AMOUNT, ONE_AMOUNT } amount;
  bool minus, test;
} actions[] = {
#define OF(kind) (1u << METRIC_##kind)
    {"inc", OF(counter) | OF(gauge), OPERATOR_metric_inc, MAY_AMOUNT, 0, 0},
    {"dec", OF(gauge), OPERATOR_metric_inc, MAY_AMOUNT, 1, 0},
    {"set", OF(gauge), OPERATOR_metric_set, ONE_AMOUNT, 0, 0},
    {"observe", OF(histogram), OPERATOR_metric_observe, ONE_AMOUNT, 0, 0},
    {"value", OF(counter) | OF(gauge), OPERATOR_metric_value, NO_AMOUNT, 0, 1},
    {"sum", OF(histogram), OPERATOR_metric_value, NO_AMOUNT, 0, 1},
    {"count", OF(histogram), OPERATOR_metric_count, NO_AMOUNT, 0, 1},
#undef OF
};
enum { N_ACTIONS = sizeof actions / sizeof *actions };

static const char *const kinds[] = {
#define METRIC(name, doc) #name,
#include "grammar/defs/metrics.def"
#undef METRIC
};

// ---- declarations ----

static int kind_of(const struct expr *e)
{
  bool call = e && e->kind == EXPR_CALL && e->call.of->kind == EXPR_NAME &&
              e->call.of->name.text;
  for (int i = 0; call && i < METRIC_KINDS; i++)
    if (!strcmp(e->call.of->name.text->text, kinds[i]))
      return i;
  return -1;
}

static bool is_label(struct checker *k, const struct metric *m, atom label,
                     struct span at)
{
  const char *text = label->text;
  bool word = label->size > 0 && !(text[0] >= '0' && text[0] <= '9');
  for (uint32_t i = 0; i < label->size; i++)
    word = word && (text[i] == '_' || (text[i] >= '0' && text[i] <= '9') ||
                    ((text[i] | 32) >= 'a' && (text[i] | 32) <= 'z'));
  const char *wrong = !word                     ? "is no name"
                      : !strncmp(text, "__", 2) ? "begins with `__`"
                      : m->kind == METRIC_histogram && !strcmp(text, "le")
                          ? "is what the bounds are called"
                          : NULL;
  for (uint32_t i = 0; i < m->n_labels && !wrong; i++)
    wrong = m->labels[i] == label ? "is there twice" : NULL;
  if (wrong)
    diag_report(k->d, DIAG_bad_metric, at, "the label \"%s\" %s", text, wrong);
  return !wrong;
}

static void read_labels(struct checker *k, struct metric *m, struct expr *e)
{
  const struct constant *all =
      const_of_expr(k, e, type_of(k->t, TYPE_list, k->str), NULL);
  if (!all)
    return;
  if (all->n_parts > LABELS_MOST) {
    diag_report(k->d, DIAG_bad_metric, e->span,
                "a metric has at most %d labels", LABELS_MOST);
    return;
  }
  m->labels = ARENA_ARRAY(k->a, all->n_parts + 1, atom);
  for (uint32_t i = 0; i < all->n_parts; i++) {
    const struct constant *c =
        all->parts[i]; // whose text has no end of its own
    atom label = atom_of(&k->c->atoms, c->text, c->size);
    if (is_label(k, m, label, e->span))
      m->labels[m->n_labels++] = label;
  }
}

// Numbers, or durations as seconds, that grow.
static void read_buckets(struct checker *k, struct metric *m, struct expr *e)
{
  bool spans =
      e->kind == EXPR_LIST && e->elements && e->elements->kind == EXPR_DURATION;
  const struct type *of = spans ? k->duration : k->number;
  const struct constant *all =
      const_of_expr(k, e, type_of(k->t, TYPE_list, of), NULL);
  if (!all)
    return;
  struct constant *bounds = const_new(k, type_of(k->t, TYPE_list, k->number));
  bounds->parts = ARENA_ARRAY(k->a, all->n_parts + 1, const struct constant *);
  for (uint32_t i = 0; i < all->n_parts; i++) {
    struct constant *c = const_new(k, k->number);
    c->f = spans ? (double)all->parts[i]->i / 1e9 : all->parts[i]->f;
    bounds->parts[bounds->n_parts++] = c;
    if (i && c->f <= bounds->parts[i - 1]->f) {
      diag_report(k->d, DIAG_bad_metric, e->span,
                  "the bounds of the buckets must grow");
      return;
    }
  }
  m->buckets = bounds;
}

static void read_args(struct checker *k, struct metric *m, struct arg *a)
{
  bool labels = false, buckets = false;
  for (; a; a = a->next) {
    const char *name = a->name.text ? a->name.text->text : "";
    bool *seen = !strcmp(name, "labels") ? &labels
                 : !strcmp(name, "buckets") && m->kind == METRIC_histogram
                     ? &buckets
                     : NULL;
    if (!seen || *seen) {
      struct diag *d =
          diag_report(k->d, DIAG_bad_metric, a->span, "%s%s", kinds[m->kind],
                      seen ? " is told that twice" : " has no such setting");
      diag_hint(k->d, d,
                m->kind == METRIC_histogram
                    ? "it is `histogram(buckets: [1.0, 2.0], labels: "
                      "[\"a\"])`; either may be left out"
                    : "it is `%s(labels: [\"a\"])`, or `%s()`",
                kinds[m->kind], kinds[m->kind]);
      continue;
    }
    *seen = true;
    (seen == &labels ? read_labels : read_buckets)(k, m, a->value);
  }
}

static void metric_declare(struct checker *k, struct item *i)
{
  struct symbol *s = i->note;
  int kind = kind_of(i->value.value);
  if (kind < 0) {
    struct diag *d = diag_report(k->d, DIAG_bad_metric, i->value.value->span,
                                 "this is no kind of metric");
    diag_hint(k->d, d, "it is `counter()`, `gauge()` or `histogram()`");
    return;
  }
  if (!strncmp(s->name->text, "servegraph_", 11))
    diag_report(k->d, DIAG_bad_metric, s->span,
                "`servegraph_…` are the runtime's own");
  struct metric *m = NEW(k, struct metric);
  struct metric **end = &k->p->metrics;
  for (; *end; end = &(*end)->next)
    m->number++;
  *end = m;
  m->name = s->name;
  m->kind = (enum metric_kind)kind;
  m->doc = i->doc;
  s->metric = m;
  read_args(k, m, i->value.value->call.args);
}

void metrics_collect(struct checker *k)
{
  EACH_ITEM(k, i, ITEM_METRIC)
  if (i->note)
    metric_declare(k, i);
}

// ---- uses ----

static const struct action *action_of(struct checker *k, const struct metric *m,
                                      const struct name *name)
{
  const char *names[N_ACTIONS];
  uint32_t n = 0;
  for (int i = 0; i < N_ACTIONS; i++) {
    if (!(actions[i].kinds >> m->kind & 1))
      continue;
    if (!strcmp(actions[i].name, name->text->text))
      return &actions[i];
    names[n++] = actions[i].name;
  }
  struct diag *d =
      diag_report(k->d, DIAG_unknown_method, name->span,
                  "a %s has no method `%s`", kinds[m->kind], name->text->text);
  name_hint_list(k, d, name->text->text, names, n);
  return NULL;
}

// A number, or a duration in seconds.
static struct core *amount(struct body *b, struct expr *e)
{
  struct checker *k = b->k;
  struct core *x = check(b, e, NULL);
  if (!is_bad(x->type) && x->type->kind == TYPE_duration) {
    struct core *seconds =
        core_operator(k, OPERATOR_float_duration, k->number, x->span, 1);
    seconds->args[0] = x;
    return seconds;
  }
  return convert(b, x, k->number, NULL);
}

static int label_of(const struct metric *m, atom name)
{
  for (uint32_t i = 0; i < m->n_labels; i++)
    if (m->labels[i] == name)
      return (int)i;
  return -1;
}

static void unknown_label(struct checker *k, const struct metric *m,
                          const struct name *name)
{
  const char **names = ARENA_ARRAY(k->a, m->n_labels + 1, const char *);
  for (uint32_t i = 0; i < m->n_labels; i++)
    names[i] = m->labels[i]->text;
  struct diag *d =
      diag_report(k->d, DIAG_unknown_argument, name->span,
                  "`%s` has no label `%s`", m->name->text, name->text->text);
  name_hint_list(k, d, name->text->text, names, m->n_labels);
}

struct given {
  struct core *amount;
  struct core *labels; // a list
  bool bad;
};

static void take_label(struct body *b, const struct metric *m, struct arg *a,
                       struct given *g)
{
  int at = label_of(m, a->name.text);
  if (at < 0)
    unknown_label(b->k, m, &a->name);
  else if (g->labels->args[at])
    diag_report(b->k->d, DIAG_duplicate_argument, a->span,
                "`%s` is given twice", a->name.text->text);
  struct blame why = {0, "a label", NO_SPAN, false};
  struct core *x = check_as(b, a->value, b->k->str, &why);
  g->bad = g->bad || at < 0 || g->labels->args[at] || is_bad(x->type);
  if (at >= 0)
    g->labels->args[at] = x;
}

static void take_args(struct body *b, const struct metric *m,
                      const struct action *to, struct expr *e, struct given *g)
{
  struct checker *k = b->k;
  for (struct arg *a = e->call.args; a; a = a->next) {
    if (a->name.text) {
      take_label(b, m, a, g);
      continue;
    }
    bool wanted = to->amount != NO_AMOUNT && !g->amount;
    if (!wanted) {
      struct diag *d = diag_report(k->d, DIAG_wrong_arity, a->span,
                                   "`%s` is not called so", to->name);
      diag_hint(k->d, d, "labels are named: `%s.%s(%sname: value)`",
                m->name->text, to->name, to->amount ? "x, " : "");
    }
    g->amount = amount(b, a->value);
    g->bad = g->bad || !wanted || is_bad(g->amount->type);
  }
}

static void missing(struct body *b, const struct metric *m,
                    const struct action *to, struct expr *e, struct given *g)
{
  struct checker *k = b->k;
  if (to->amount == ONE_AMOUNT && !g->amount)
    diag_report(k->d, DIAG_missing_argument, e->span, "`%s` needs a value",
                to->name);
  g->bad = g->bad || (to->amount == ONE_AMOUNT && !g->amount);
  for (uint32_t i = 0; i < m->n_labels; i++) {
    if (g->labels->args[i])
      continue;
    diag_report(k->d, DIAG_missing_argument, e->span,
                "the label `%s` of `%s` is missing", m->labels[i]->text,
                m->name->text);
    g->bad = true;
  }
}

static bool stands_well(struct body *b, const struct action *to, struct span at)
{
  struct diag *d;
  const struct body *outer = b;
  while (outer->outer)
    outer = outer->outer;
  if (to->test && outer->kind != BODY_TEST) {
    d = diag_report(b->k->d, DIAG_wrong_place, at,
                    "only tests read what was counted");
    diag_hint(b->k->d, d,
              "each loop counts for itself; the page `/metrics` "
              "adds them up");
    return false;
  }
  b->fn->effect = b->fn->effect ? b->fn->effect : signature_of(to->id);
  if (b->kind != BODY_GRAPH)
    return true;
  d = diag_report(b->k->d, DIAG_effect_in_graph, at,
                  "a graph has no effects, and counting is one");
  diag_hint(b->k->d, d, "count in a deployment, or in the route's block");
  return false;
}

struct core *metric_call(struct body *b, struct symbol *s, struct expr *e)
{
  struct checker *k = b->k;
  const struct name *name = &e->call.of->access.name;
  const struct metric *m = s->metric;
  const struct action *to = m && name->text ? action_of(k, m, name) : NULL;
  if (!to || !stands_well(b, to, e->span)) {
    check_args_alone(b, e->call.args);
    return core_bad(k, e->span);
  }
  struct given g = {0};
  g.labels = core_new(k, CORE_LIST, type_of(k->t, TYPE_list, k->str), e->span,
                      m->n_labels);
  take_args(b, m, to, e, &g);
  missing(b, m, to, e, &g);
  if (g.bad)
    return core_bad(k, e->span);
  bool amount = to->amount != NO_AMOUNT;
  const struct type *t = to->id == OPERATOR_metric_count ? k->integer
                         : amount                        ? k->none
                                                         : k->number;
  struct core *x = core_operator(k, to->id, t, e->span, amount ? 3 : 2);
  x->args[0] = core_int(k, m->number, e->span);
  x->args[amount ? 2 : 1] = core_fold(k, g.labels);
  if (!amount)
    return x;
  struct constant *one = const_new(k, k->number);
  one->f = 1;
  x->args[1] = g.amount ? g.amount : core_const(k, one, e->span);
  if (to->minus)
    x->args[1] = core_prim(k, OP_neg_f, k->number, e->span, x->args[1], NULL);
  return x;
}
