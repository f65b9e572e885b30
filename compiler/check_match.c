// Matching: patterns become tests one after another, and must cover everything.
#include "compiler/checker.h"

#include <string.h>

struct arm_made {
  struct arm *arm;
  struct core *test;  // NULL: always
  struct local *bind; // or NULL
  struct core *payload;
  struct core *value; // of an expression
  struct stmt *body;
};

struct matching {
  struct body *b;
  struct local *subject;
  const struct type *t;
  struct arm_made *arms;
  uint32_t n, room;
  struct span *seen; // union: by case; enum: by word; bool: by value
  bool all;          // an arm takes whatever is left
  bool bad;
};

// What json may be, in the words of `json.kind`; `none` is written as a value.
static const struct {
  const char *kind;
  enum type_kind type;
} json_kinds[] = {{"null", TYPE_none}, {"bool", TYPE_bool}, {"int", TYPE_int},
                  {"float", TYPE_float}, {"str", TYPE_str}, {"list", TYPE_list},
                  {"map", TYPE_map}};
enum { JSON_IS_INT = 2, JSON_IS_FLOAT = 3, JSON_KINDS = 7 };

static uint32_t values_of(const struct type *t)
{
  if (t->kind == TYPE_json)
    return JSON_KINDS;
  if (t->kind == TYPE_union || t->kind == TYPE_enum)
    return t->n_parts;
  return t->kind == TYPE_bool ? 2 : 0;
}

static const char *value_text(struct checker *k, const struct type *t,
                              uint32_t i)
{
  if (t->kind == TYPE_bool)
    return i ? "true" : "false";
  if (t->kind == TYPE_json)
    return i ? json_kinds[i].kind : "none";
  const char *name = t->parts[i].name->text;
  return t->kind == TYPE_enum ? arena_printf(k->a, "\"%s\"", name) : name;
}

static bool all_seen(struct matching *m)
{
  uint32_t n = values_of(m->t);
  for (uint32_t i = 0; i < n; i++)
    if (!m->seen[i].end)
      return false;
  return n;
}

static void report_again(struct matching *m, struct span at,
                         const struct span *first)
{
  struct checker *k = m->b->k;
  struct diag *d =
      diag_report(k->d, DIAG_duplicate_arm, at, "this arm is never reached");
  if (first)
    diag_note(k->d, d, *first, "this one takes it");
}

static void mark_seen(struct matching *m, uint32_t i, struct span at)
{
  if (m->seen[i].end)
    report_again(m, at, &m->seen[i]);
  else
    m->seen[i] = at;
}

static struct core *json_test(struct matching *m, uint32_t i, struct span at)
{
  struct checker *k = m->b->k;
  const char *word = json_kinds[i].kind;
  struct core *kind =
      core_operator(k, OPERATOR_json_kind, k->str, at, 1);
  kind->args[0] = core_local(k, m->subject, at);
  return core_prim(
      k, OP_eq, k->boolean, at, kind,
      core_const(k, const_text(k, k->str, word, (uint32_t)strlen(word)), at));
}

static const struct type *json_type(struct checker *k, uint32_t i)
{
  enum type_kind kind = json_kinds[i].type;
  return kind == TYPE_list || kind == TYPE_map ? type_of(k->t, kind, k->json)
                                               : type_simple(k->t, kind);
}

// A float takes whole numbers too, which are as good.
static void json_case(struct matching *m, struct pattern *p, uint32_t i,
                      struct arm_made *out)
{
  struct checker *k = m->b->k;
  mark_seen(m, i, p->span);
  out->test = json_test(m, i, p->span);
  if (i == JSON_IS_FLOAT) {
    struct core *either = core_new(k, CORE_OR, k->boolean, p->span, 2);
    either->args[0] = out->test;
    either->args[1] = json_test(m, JSON_IS_INT, p->span);
    out->test = either;
    if (!m->seen[JSON_IS_INT].end)
      m->seen[JSON_IS_INT] = p->span;
  }
  if (!p->bind.text)
    return;
  out->payload =
      core_operator(k, OPERATOR_from_json, json_type(k, i), p->span, 1);
  out->payload->args[0] = core_local(k, m->subject, p->span);
}

static void json_pattern(struct matching *m, struct pattern *p,
                         struct arm_made *out)
{
  struct checker *k = m->b->k;
  const char *names[JSON_KINDS];
  for (uint32_t i = 1; i < JSON_KINDS; i++) {
    names[i - 1] = json_kinds[i].kind;
    if (strcmp(json_kinds[i].kind, p->name.text->text))
      continue;
    json_case(m, p, i, out);
    return;
  }
  struct diag *d =
      diag_report(k->d, DIAG_unknown_case, p->name.span,
                  "json is bool, int, float, str, list, map or none");
  name_hint_list(k, d, p->name.text->text, names, JSON_KINDS - 1);
  m->bad = true;
}

static void case_pattern(struct matching *m, struct pattern *p,
                         struct arm_made *out)
{
  struct checker *k = m->b->k;
  const struct type *t = m->t;
  if (t->kind == TYPE_json) {
    json_pattern(m, p, out);
    return;
  }
  if (t->kind != TYPE_union) {
    struct diag *d = diag_report(k->d, DIAG_wrong_type, p->span,
                                 "%s has no cases", show(k, t));
    if (t->kind == TYPE_enum)
      diag_hint(k->d, d, "write the word: \"%s\"", p->name.text->text);
    m->bad = true;
    return;
  }
  const char **names = ARENA_ARRAY(k->a, t->n_parts + 1, const char *);
  for (uint32_t i = 0; i < t->n_parts; i++) {
    names[i] = t->parts[i].name->text;
    if (t->parts[i].name != p->name.text)
      continue;
    mark_seen(m, i, p->span);
    INDEX(k, part, INDEX_CASE, &t->parts[i], p->name.span);
    struct core *tag = core_new(k, CORE_TAG, k->integer, p->span, 1);
    tag->args[0] = core_local(k, m->subject, p->span);
    out->test =
        core_prim(k, OP_eq, k->boolean, p->span, tag, core_int(k, i, p->span));
    if (!p->bind.text)
      return;
    out->payload = core_new(k, CORE_PAYLOAD, t->parts[i].type, p->span, 1);
    out->payload->args[0] = core_local(k, m->subject, p->span);
    out->payload->index = i;
    return;
  }
  struct diag *d =
      diag_report(k->d, DIAG_unknown_case, p->name.span, "%s has no case `%s`",
                  show(k, t), p->name.text->text);
  name_hint_list(k, d, p->name.text->text, names, t->n_parts);
  m->bad = true;
}

static bool is_value(const struct type *t, uint32_t i, const struct constant *c)
{
  if (t->kind == TYPE_bool)
    return c->i == i;
  return t->kind == TYPE_enum && c->text &&
         !strcmp(c->text, t->parts[i].name->text);
}

static bool is_same_value(const struct core *test, const struct constant *c)
{
  if (test->kind != CORE_PRIM || test->args[1]->kind != CORE_CONST)
    return false;
  const struct constant *other = test->args[1]->constant;
  return other->type == c->type && const_equal(other, c);
}

static void value_pattern(struct matching *m, struct pattern *p,
                          struct arm_made *out)
{
  struct checker *k = m->b->k;
  struct core *x = check_as(m->b, p->value, m->t, NULL);
  if (is_bad(x->type) || x->kind != CORE_CONST) {
    m->bad = true;
    return;
  }
  const struct constant *c = x->constant;
  bool none = p->value->kind == EXPR_NONE && m->t->kind == TYPE_json;
  for (uint32_t i = 0; i < values_of(m->t); i++)
    if (is_value(m->t, i, c) || (none && !i))
      mark_seen(m, i, p->span);
  bool several = !values_of(m->t) || m->t->kind == TYPE_json;
  for (uint32_t i = 0; i < m->n && several && !none; i++) {
    const struct core *other = m->arms[i].test;
    if (other && is_same_value(other, c))
      report_again(m, p->span, &m->arms[i].arm->pattern.span);
  }
  out->test = core_prim(k, OP_eq, k->boolean, p->span,
                        core_local(k, m->subject, p->span), x);
}

static void read_pattern(struct matching *m, struct arm *arm,
                         struct arm_made *out)
{
  struct pattern *p = &arm->pattern;
  out->arm = arm;
  if (m->all || all_seen(m))
    report_again(m, p->span, NULL);
  if (p->kind == PATTERN_ANY)
    m->all = true;
  else if (p->kind == PATTERN_CASE && p->name.text)
    case_pattern(m, p, out);
  else if (p->kind == PATTERN_VALUE && p->value)
    value_pattern(m, p, out);
  else
    m->bad = true;
}

static void report_uncovered(struct matching *m, struct span at)
{
  struct checker *k = m->b->k;
  if (m->bad || m->all || all_seen(m))
    return;
  const char *missing = NULL;
  uint32_t n = 0;
  for (uint32_t i = 0; i < values_of(m->t); i++)
    if (!m->seen[i].end && n++ < 5)
      missing = missing ? arena_printf(k->a, "%s, %s", missing,
                                       value_text(k, m->t, i))
                        : value_text(k, m->t, i);
  struct diag *d = diag_report(k->d, DIAG_not_exhaustive, at,
                               missing ? "the match does not cover %s"
                                       : "the match does not cover every %s",
                               missing ? missing : show(k, m->t));
  diag_hint(k->d, d, "`_` takes whatever is left");
  m->bad = true;
}

static bool begin(struct matching *m, struct body *b, struct core *value,
                  struct arm *arms)
{
  *m = (struct matching){.b = b, .t = value->type};
  uint32_t n = 0;
  for (struct arm *a = arms; a; a = a->next)
    n++;
  if (n > CHAIN_MAX) {
    diag_report(b->k->d, DIAG_too_deep, arms->span,
                "a match has at most %d arms", CHAIN_MAX);
    return false;
  }
  if (is_bad(m->t))
    return false;
  m->subject = local_hidden(b, m->t, value->span);
  m->seen = ARENA_ARRAY(b->k->a, values_of(m->t) + 1, struct span);
  return true;
}

static struct arm_made *next_arm(struct matching *m, struct arm *arm)
{
  struct arm_made made = {0};
  read_pattern(m, arm, &made);
  PUSH(m->b->k, m->arms, m->n, m->room, made);
  struct arm_made *a = &m->arms[m->n - 1];
  struct name *bind = &arm->pattern.bind;
  if (arm->pattern.kind == PATTERN_CASE && bind->text) {
    const struct type *t = a->payload ? a->payload->type : &type_bad;
    a->bind = entry_declare(m->b, bind, t)->local;
  }
  return a;
}

// ---- as an expression ----

static void arm_value(struct matching *m, struct arm *arm,
                      const struct type *want)
{
  struct body *b = m->b;
  uint32_t mark = scope_open(b);
  struct arm_made *a = next_arm(m, arm);
  if (arm->value) {
    struct core *x = check(b, arm->value, want);
    m->arms[m->n - 1].value = x;
    m->bad = m->bad || is_bad(x->type);
  } else {
    diag_report(b->k->d, DIAG_syntax_error, arm->span,
                "in an expression, an arm gives a value: `-> value`");
    a->value = core_bad(b->k, arm->span);
    m->bad = true;
  }
  scope_close(b, mark);
}

static const struct type *arms_type(struct matching *m, const struct type *want)
{
  struct checker *k = m->b->k;
  bool all = want && !is_bad(want);
  for (uint32_t i = 0; i < m->n && all; i++)
    all = try_convert(m->b, &m->arms[i].value, want);
  if (all)
    return want;
  const struct type *t = m->arms[0].value->type;
  for (uint32_t i = 0; i < m->n; i++) {
    struct core *x = m->arms[i].value;
    const struct type *both = join(k, t, x->type);
    if (!both) {
      struct diag *d = diag_report(k->d, DIAG_wrong_type, x->span,
                                   "this arm is %s, others are %s",
                                   show(k, x->type), show(k, t));
      diag_note(k->d, d, m->arms[0].value->span, "the first arm");
      return NULL;
    }
    t = both;
  }
  for (uint32_t i = 0; i < m->n; i++)
    try_convert(m->b, &m->arms[i].value, t);
  return t;
}

static struct core *whole(struct matching *m, const struct type *t)
{
  struct checker *k = m->b->k;
  struct core *x = NULL;
  for (uint32_t i = m->n; i-- > 0;) {
    struct arm_made *a = &m->arms[i];
    struct core *value =
        a->bind ? core_let(k, a->bind, a->payload, a->value) : a->value;
    if (!x || !a->test) { // the last one takes what is left
      x = value;
      continue;
    }
    struct core *either = core_new(k, CORE_IF, t, a->arm->span, 3);
    either->args[0] = a->test;
    either->args[1] = value;
    either->args[2] = x;
    x = either;
  }
  return x;
}

struct core *check_match(struct body *b, struct expr *e,
                         const struct type *want)
{
  struct core *value = check(b, e->match.value, NULL);
  struct matching m;
  if (!begin(&m, b, value, e->match.arms) || !e->match.arms)
    return core_bad(b->k, e->span);
  for (struct arm *a = e->match.arms; a; a = a->next)
    arm_value(&m, a, want);
  report_uncovered(&m, e->match.value->span);
  const struct type *t = m.bad ? NULL : arms_type(&m, want);
  if (!t || is_bad(t))
    return core_bad(b->k, e->span);
  return core_let(b->k, m.subject, value, whole(&m, t));
}

// ---- as a statement ----

static bool arm_body(struct matching *m, struct arm *arm)
{
  struct body *b = m->b;
  uint32_t mark = scope_open(b);
  struct arm_made *a = next_arm(m, arm);
  struct stmt *first = NULL, **end = &first;
  if (a->bind) {
    struct stmt *let = stmt_new(b, STMT_LET, arm->pattern.span);
    let->local = a->bind;
    let->value = a->payload;
    stmt_add(&end, let);
  }
  bool ends = arm->value ? check_alone(b, arm->value, &end)
                         : arm->body && check_block(b, arm->body, end);
  m->arms[m->n - 1].body = first;
  scope_close(b, mark);
  return ends;
}

bool check_match_item(struct body *b, struct item *i, struct stmt ***end)
{
  struct core *value = check(b, i->match.value, NULL);
  struct matching m;
  if (!begin(&m, b, value, i->match.arms))
    return false;
  struct stmt *let = stmt_new(b, STMT_LET, i->span);
  let->local = m.subject;
  let->value = value;
  stmt_add(end, let);
  bool ends = true;
  for (struct arm *a = i->match.arms; a; a = a->next)
    ends &= arm_body(&m, a);
  report_uncovered(&m, i->match.value->span);
  struct stmt *rest = NULL;
  for (uint32_t n = m.n; n-- > 0;) {
    struct arm_made *a = &m.arms[n];
    if (!a->test || n + 1 == m.n) {
      rest = a->body;
      continue;
    }
    struct stmt *s = stmt_new(b, STMT_IF, a->arm->span);
    s->value = a->test;
    s->body = a->body;
    s->otherwise = rest;
    rest = s;
  }
  **end = rest;
  while (**end)
    *end = &(**end)->next;
  return ends && !m.bad;
}
