// Reads cases, one JSON object a line, and prints one line for each:
//   {"type": notation, "do": "json|scalar|nested|both", "input": text}
// gives {"json": …, "repr": "…", "text": "…"} or {"detail": […]}; `hex` stands
// for an input that is no text. An empty object: out of memory.
#include "runtime/codec/codec.h"
#include "tests/codec/types.h"

#include <cjson/cJSON.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct loc root = {NULL, "body", 4, 0};

// Decodes hex in place; the number of bytes.
static size_t unhex(char *hex)
{
  size_t n = 0;
  for (; hex[n * 2]; n++) {
    char two[3] = {hex[n * 2], hex[n * 2 + 1], 0};
    hex[n] = (char)strtol(two, NULL, 16);
  }
  return n;
}

static bool decode(struct decode *d, const char *how, uint32_t type,
                   const char *input, size_t size, value *out)
{
  if (!strcmp(how, "scalar"))
    return scalar_decode(d, type, input, size, &root, out);
  if (!strcmp(how, "nested"))
    return json_decode_nested(d, type, input, size, &root, out);
  return json_decode(d, type, input, size, &root, out);
}

static void print_value(const struct plan *p, uint32_t type, value v,
                        struct buf *out)
{
  struct buf text = {.arena = out->arena};
  buf_adds(out, "{\"json\":");
  size_t from = out->size;
  if (!json_encode(p, type, v, out)) {
    out->size = from;
    buf_adds(out, "\"NOT FINITE\"");
  }
  buf_adds(out, ",\"repr\":");
  value_repr(p, type, v, &text);
  json_encode_text(text.data, text.size, out);
  buf_adds(out, ",\"text\":");
  text.size = 0;
  value_text(p, type, v, &text);
  json_encode_text(text.data ? text.data : "", text.size, out);
  buf_addc(out, '}');
}

static void run(const cJSON *line, struct arena *a)
{
  char *type = cJSON_PrintUnformatted(cJSON_GetObjectItem(line, "type"));
  const char *how = cJSON_GetStringValue(cJSON_GetObjectItem(line, "do"));
  char *input = cJSON_GetStringValue(cJSON_GetObjectItem(line, "input"));
  char *hex = cJSON_GetStringValue(cJSON_GetObjectItem(line, "hex"));
  struct plan_builder b;
  plan_builder_init(&b, a);
  uint32_t number = types_add(&b, type);
  free(type);
  struct plan p = types_plan(&b);
  size_t size = hex ? unhex(hex) : strlen(input);
  char *copy = malloc(size + !size); // exact, so that a sanitizer sees the end
  memcpy(copy, hex ? hex : input, size);
  struct offences offences = {.arena = a};
  struct decode d = {&p, a, &offences};
  struct buf out = {.arena = a};
  value v;
  if (decode(&d, how ? how : "json", number, copy, size, &v))
    print_value(&p, number, v, &out);
  else if (offences.first)
    offences_print(&offences, &out);
  else
    buf_adds(&out, "{}");
  free(copy);
  puts(out.data);
}

int main(void)
{
  struct arena a = {0};
  char *line = NULL;
  size_t room = 0;
  while (getline(&line, &room, stdin) > 0) {
    cJSON *j = cJSON_Parse(line);
    if (!j) {
      puts("\"no JSON\"");
      continue;
    }
    run(j, &a);
    cJSON_Delete(j);
    arena_reset(&a);
  }
  free(line);
  arena_free(&a);
  return 0;
}
