// A plan made by hand, for tests: types, then functions one after another.
//
// begin(kind, …), slot(), code(), strand(), end() make a function; the number
// that end() gives is what sites and methods name. open_sample() makes it a
// plan, checked as any plan from a file.
#ifndef SG_SAMPLE_H
#define SG_SAMPLE_H

#include "grammar/plan/build.h"
#include "runtime/vm/vm.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

struct sample {
  struct arena arena;
  struct plan_builder b;
  struct plan plan;
  struct engine *engine;
  // types
  uint32_t none, boolean, integer, real, text, duration, error, texts;
  uint32_t tuple; // of nothing
  // the function that is being made
  struct plan_function f;
  struct plan_slot slots[4096];
  struct plan_code code[16384];
  struct plan_strand strands[512];
  struct plan_edge edges[512][64];
  uint32_t n_slots, n_code, n_strands;
};

static inline uint32_t type(struct sample *s, enum type_kind kind, uint32_t of)
{
  uint32_t n = s->b.types.n;
  return plan_add_types(&s->b,
                        (struct plan_type){.kind = kind, .base = n, .of = of});
}

static inline uint32_t type_of_fields(struct sample *s, enum type_kind kind,
                                      const uint32_t *parts,
                                      const char *const *names, uint32_t count)
{
  struct plan_field fields[16] = {0};
  for (uint32_t i = 0; i < count; i++)
    fields[i] = (struct plan_field){.name = names ? plan_intern(&s->b, names[i])
                                                  : (struct plan_text){0, 0},
                                    .type = parts[i],
                                    .value = PLAN_NONE};
  uint32_t t = type(s, kind, PLAN_NONE);
  s->b.types.rows[t].fields = plan_add_run_fields(&s->b, fields, count);
  return t;
}

static inline void sample_init(struct sample *s)
{
  memset(s, 0, sizeof *s);
  plan_builder_init(&s->b, &s->arena);
  plan_add_program(&s->b, (struct plan_program){0});
  plan_add_files(&s->b,
                 (struct plan_file){.path = plan_intern(&s->b, "sample.sg")});
  s->none = type(s, TYPE_none, PLAN_NONE);
  s->boolean = type(s, TYPE_bool, PLAN_NONE);
  s->integer = type(s, TYPE_int, PLAN_NONE);
  s->real = type(s, TYPE_float, PLAN_NONE);
  s->text = type(s, TYPE_str, PLAN_NONE);
  s->duration = type(s, TYPE_duration, PLAN_NONE);
  s->error =
      type_of_fields(s, TYPE_record, (uint32_t[]){s->text, s->text, s->integer},
                     (const char *const[]){"message", "kind", "status"}, 3);
  s->texts = type(s, TYPE_list, s->text);
  s->tuple = type_of_fields(s, TYPE_tuple, NULL, NULL, 0);
}

// ---- functions ----

static inline void begin(struct sample *s, enum plan_function_kind kind,
                         const char *name, uint32_t class, uint32_t result)
{
  s->f = (struct plan_function){.name = plan_intern(&s->b, name),
                                .kind = kind,
                                .class = class,
                                .result = result};
  s->n_slots = s->n_code = s->n_strands = 0;
}

static inline uint32_t slot(struct sample *s, uint32_t of)
{
  s->slots[s->n_slots] = (struct plan_slot){.type = of};
  return s->n_slots++;
}

static inline uint32_t param(struct sample *s, uint32_t of)
{
  s->f.n_params++;
  return slot(s, of);
}

static inline uint32_t code(struct sample *s, enum opcode op, uint32_t a,
                            uint32_t b, uint32_t c)
{
  s->code[s->n_code] =
      (struct plan_code){(uint16_t)op, (uint16_t)a, (uint16_t)b, (uint16_t)c};
  return s->n_code++;
}

static inline uint32_t wide(struct sample *s, enum opcode op, uint32_t a,
                            uint32_t w)
{
  s->code[s->n_code] = plan_code_wide(op, a, w);
  return s->n_code++;
}

// The jump `at` goes to what comes next.
static inline void aim(struct sample *s, uint32_t at)
{
  s->code[at] =
      plan_code_wide(s->code[at].op, s->code[at].a, s->n_code - at - 1);
}

static inline void integer(struct sample *s, uint32_t to, int64_t v)
{
  wide(s, OP_const, to, plan_const_int(&s->b, s->slots[to].type, v));
}

static inline void string(struct sample *s, uint32_t to, const char *v)
{
  wide(s, OP_const, to, plan_const_text(&s->b, s->text, v, strlen(v)));
}

// A strand whose code begins here.
static inline uint32_t strand(struct sample *s)
{
  s->strands[s->n_strands] = (struct plan_strand){.entry = s->n_code};
  return s->n_strands++;
}

static inline void edge(struct sample *s, uint32_t from, uint32_t to,
                        enum plan_edge_kind kind)
{
  s->edges[from][s->strands[from].feeds.count++] = (struct plan_edge){to, kind};
  s->strands[to].inputs++;
}

static inline uint32_t end(struct sample *s)
{
  struct plan_place place = {
      .at = 0, .file = 0, .line = s->b.functions.n + 1, .column = 1};
  for (uint32_t i = 0; i < s->n_strands; i++)
    s->strands[i].feeds =
        plan_add_run_edges(&s->b, s->edges[i], s->strands[i].feeds.count);
  s->f.slots = plan_add_run_slots(&s->b, s->slots, s->n_slots);
  s->f.code = plan_add_run_code(&s->b, s->code, s->n_code);
  s->f.strands = plan_add_run_strands(&s->b, s->strands, s->n_strands);
  s->f.places = plan_add_run_places(&s->b, &place, 1);
  return plan_add_functions(&s->b, s->f);
}

// ---- deployments ----

// The number that the next function, class or method will have.
static inline uint32_t next_function(const struct sample *s)
{
  return s->b.functions.n;
}

static inline uint32_t site(struct sample *s, enum plan_site_kind kind,
                            uint32_t target, uint32_t binding, uint32_t first,
                            uint32_t count)
{
  return plan_add_sites(&s->b, (struct plan_site){.kind = kind,
                                                  .target = target,
                                                  .binding = binding,
                                                  .first = first,
                                                  .count = count});
}

// A class with one method, whose function has been made for it: the class will
// be number classes.n at that time.
static inline uint32_t class_of(struct sample *s, enum plan_class_kind kind,
                                uint32_t function)
{
  uint32_t n = s->b.classes.n;
  struct plan_method_row m = {
      .name = plan_intern(&s->b, "run"), .class = n, .function = function,
      .batch = PLAN_NONE, .loader = PLAN_NONE};
  return plan_add_classes(
      &s->b,
      (struct plan_class){.name = plan_intern(&s->b, "C"),
                          .kind = kind,
                          .init = PLAN_NONE,
                          .methods = plan_add_run_methods(&s->b, &m, 1)});
}

struct setting {
  enum setting_id id;
  int64_t value;
};

static inline uint32_t setting_type(const struct sample *s, enum setting_id id)
{
  switch (id) {
  case SETTING_queue_timeout:
  case SETTING_request_timeout:
  case SETTING_timeout:
  case SETTING_backoff:
  case SETTING_hedge:
    return s->duration;
  case SETTING_idempotent:
    return s->boolean;
  default:
    return s->integer;
  }
}

// Their constants are of the type that the setting has.
static inline struct plan_run
settings(struct sample *s, const struct setting *all, uint32_t count)
{
  struct plan_setting rows[8];
  for (uint32_t i = 0; i < count; i++) {
    rows[i] = (struct plan_setting){
        .id = all[i].id,
        .value =
            plan_const_int(&s->b, setting_type(s, all[i].id), all[i].value),
        .origin = ORIGIN_deployment};
  }
  return plan_add_run_settings(&s->b, rows, count);
}

static inline uint32_t binding(struct sample *s, uint32_t class,
                               const char *name, struct plan_run set)
{
  return plan_add_bindings(
      &s->b, (struct plan_binding){.name = plan_intern(&s->b, name),
                                   .class = class,
                                   .args = PLAN_NONE,
                                   .bounded = true,
                                   .settings = set});
}

// ---- running ----

static inline void open_sample(struct sample *s)
{
  const void *bytes;
  size_t size;
  char why[300] = "";
  if (s->b.bindings.n && !s->b.apps.n)
    plan_add_apps(&s->b, (struct plan_app){.name = plan_intern(&s->b, "app"),
                                           .bindings = {0, s->b.bindings.n}});
  assert_int_equal(plan_finish(&s->b, &bytes, &size), 0);
  if (plan_open(&s->plan, bytes, size, why, sizeof why))
    fail_msg("%s", why);
  struct engine_options o = {0};
  if (engine_new(&s->engine, &s->plan, &o, why, sizeof why))
    fail_msg("%s", why);
}

static inline void close_sample(struct sample *s)
{
  engine_free(&s->engine);
  arena_free(&s->arena);
}

// One request with its own memory.
struct ask {
  struct arena arena;
  struct request r;
};

static inline void ask_start(struct sample *s, struct ask *q, uint32_t function,
                             const value *args)
{
  q->r.arena = &q->arena;
  request_start(s->engine, &q->r, function, args);
}

static inline void ask_free(struct ask *q)
{
  arena_free(&q->arena);
  memset(q, 0, sizeof *q);
}

static inline value call_with(struct sample *s, struct ask *q,
                              uint32_t function, const value *args)
{
  ask_start(s, q, function, args);
  assert_true(engine_run_until_done(s->engine, &q->r));
  return q->r.result;
}

static inline void assert_error(const struct ask *q, enum error_kind kind,
                                const char *message)
{
  assert_true(q->r.failed);
  char text[400];
  snprintf(text, sizeof text, "%.*s", (int)q->r.error.message->size,
           q->r.error.message->data);
  assert_string_equal(text, message);
  assert_int_equal(q->r.error.kind, kind);
}

#endif
