// The codec and the adapters: the first byte picks a type and how it is read,
// the rest is the input. What is read can be written, and read again as the
// same; the quick way and the thorough way agree; what is refused has an
// offence.
#include "runtime/net/adapt.h"
#include "tests/codec/types.h"
#include "tests/fuzz/fuzz.h"

#include <stdlib.h>
#include <string.h>

#define RECORD                                                                 \
  "{\"record\":[[\"a\",\"int\"],[\"b\",{\"limit\":\"str\",\"min_length\":2}]," \
  "[\"c\",{\"optional\":\"float\"}],[\"d\",\"bool\",true]]}"
#define UNION                                                                  \
  "{\"union\":[[\"Done\",[[\"path\",\"str\"]]],[\"Failed\",[[\"a\",\"int\",1]" \
  "]],[\"None\",[]]]}"

static const struct target {
  enum adapter_kind adapter;
  const char *notation, *content_type, *query;
} targets[] = {
    {ADAPTER_json, "\"json\"", 0, 0},
    {ADAPTER_json, "\"int\"", 0, 0},
    {ADAPTER_json, "\"float\"", 0, 0},
    {ADAPTER_json, "\"bool\"", 0, 0},
    {ADAPTER_json, "\"str\"", 0, 0},
    {ADAPTER_json, "\"bytes\"", 0, 0},
    {ADAPTER_json, "\"duration\"", 0, 0},
    {ADAPTER_json, "\"time\"", 0, 0},
    {ADAPTER_json, "{\"list\":{\"list\":\"float\"}}", 0, 0},
    {ADAPTER_json, "{\"map\":{\"optional\":\"int\"}}", 0, 0},
    {ADAPTER_json, RECORD, 0, 0},
    {ADAPTER_json, "{\"list\":" RECORD "}", 0, 0},
    {ADAPTER_json, UNION, 0, 0},
    {ADAPTER_json,
     "{\"tuple\":[\"str\",{\"limit\":{\"list\":\"float\"},\"min_items\":1},"
     "{\"enum\":[\"sum\",\"max\"]}]}",
     0, 0},
    {ADAPTER_json, "{\"tensor\":\"f32\"}", 0, 0},
    {ADAPTER_json, "{\"tensor\":\"i64\",\"dims\":[\"N\",2]}", 0, 0},
    {ADAPTER_json,
     "{\"limit\":\"str\",\"pattern\":\"^(a+)+$\",\"max_length\":40}", 0, 0},
    {ADAPTER_json, "{\"limit\":\"float\",\"multiple_of\":0.1,\"ge\":-1}", 0, 0},
    {ADAPTER_form,
     "{\"record\":[[\"a\",\"int\"],[\"b\",{\"optional\":{\"list\":\"str\"}}],"
     "[\"f\",{\"optional\":\"bytes\"}]]}",
     "application/x-www-form-urlencoded", 0},
    {ADAPTER_form, "{\"map\":\"bytes\"}", "multipart/form-data; boundary=X", 0},
    {ADAPTER_ndarray, "{\"tensor\":\"f64\"}", 0, 0},
    {ADAPTER_multi_ndarray, "{\"map\":{\"tensor\":\"u8\"}}", 0, 0},
    {ADAPTER_image, "{\"tensor\":\"u8\",\"dims\":[\"H\",\"W\",\"C\"]}", 0, 0},
    {ADAPTER_table,
     "{\"record\":[[\"columns\",{\"list\":\"str\"}],[\"rows\",{\"list\":"
     "{\"list\":\"json\"}}]]}",
     0, 0},
    {ADAPTER_table,
     "{\"record\":[[\"columns\",{\"list\":\"str\"}],[\"rows\",{\"list\":"
     "{\"list\":\"json\"}}]]}",
     0, "orient=split"},
    {ADAPTER_text, "\"str\"", 0, 0},
    {ADAPTER_text, "\"int\"", 0, 0},
    {ADAPTER_text, "\"duration\"", 0, 0},
};
enum { TARGETS = sizeof targets / sizeof *targets, MEMORY = 64 << 20 };

static struct arena types_arena;
static struct plan plan;
static uint32_t types[TARGETS];

static void prepare(void)
{
  static struct plan_builder b;
  if (types_arena.blocks)
    return;
  plan_builder_init(&b, &types_arena);
  for (unsigned i = 0; i < TARGETS; i++)
    types[i] = types_add(&b, targets[i].notation);
  plan = types_plan(&b);
}

static bool read(const struct target *t, uint32_t type, struct decode *d,
                 const char *input, size_t size, value *out)
{
  struct adapt_input in = {.content_type = t->content_type,
                           .body = input,
                           .size = size,
                           .query = t->query,
                           .query_size = t->query ? strlen(t->query) : 0};
  return adapt_decode(d, t->adapter, type, &in, out);
}

// By the thorough way alone.
static bool read_thoroughly(uint32_t type, struct decode *d, const char *input,
                            size_t size, value *out)
{
  const struct json *j = json_parse(d, input, size, &adapt_body);
  return j && json_convert_input(d, type, j, &adapt_body, out);
}

static void check_offences(const struct offences *o)
{
  struct buf out = {.arena = o->arena};
  offences_print(o, &out);
  struct offences none = {.arena = o->arena};
  struct decode d = {&plan, o->arena, &none};
  if (!out.failed && !json_parse(&d, out.data, out.size, &adapt_body))
    abort();
}

static bool same(const struct buf *x, const struct buf *y)
{
  return x->failed || y->failed ||
         (x->size == y->size && !memcmp(x->data, y->data, x->size));
}

// What was written reads as what is written the same; bytes that are no text
// come back as base64.
static void check_round_trip(uint32_t type, struct decode *d,
                             const struct buf *text)
{
  struct buf again = {.arena = d->arena};
  value v;
  if (text->failed)
    return;
  if (!json_decode(d, type, text->data, text->size, &adapt_body, &v)) {
    if (d->offences->first)
      abort();
    return;
  }
  if (json_encode(&plan, type, v, &again) && !same(text, &again))
    abort();
}

static void check_both_ways(uint32_t type, struct arena *a, const char *input,
                            size_t size, bool read_well, const struct buf *text)
{
  struct offences offences = {.arena = a};
  struct decode d = {&plan, a, &offences};
  struct buf again = {.arena = a};
  value v;
  bool well = read_thoroughly(type, &d, input, size, &v);
  if (!well && !offences.first)
    return; // out of memory
  if (well != read_well)
    abort();
  if (well && json_encode(&plan, type, v, &again) && !same(text, &again))
    abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
  if (!size)
    return 0;
  prepare();
  unsigned i = data[0] % TARGETS;
  struct arena a = {.limit = MEMORY};
  struct offences offences = {.arena = &a};
  struct decode d = {&plan, &a, &offences};
  struct buf text = {.arena = &a}, repr = {.arena = &a};
  char *input = malloc(size);
  value v;
  memcpy(input, data + 1, size - 1);
  input = realloc(input, size > 1 ? size - 1 : 1);
  bool well = read(&targets[i], types[i], &d, input, size - 1, &v);
  if (!well)
    check_offences(&offences);
  bool finite = well && json_encode(&plan, types[i], v, &text);
  if (well)
    value_repr(&plan, types[i], v, &repr);
  if (finite)
    check_round_trip(types[i], &d, &text);
  if (targets[i].adapter == ADAPTER_json && (well || offences.first))
    check_both_ways(types[i], &a, input, size - 1, well, &text);
  free(input);
  arena_free(&a);
  return 0;
}
