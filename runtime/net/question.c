// Enters: the words of a request, then bytes of an answer. Leaves: bytes of the
// request, then status, headers and body.
#include "runtime/net/question.h"

#include <string.h>

// ---- the request ----

static bool is_token(const struct text *t)
{
  for (uint32_t i = 0; i < t->size; i++)
    if (t->data[i] <= ' ' || t->data[i] >= 127 ||
        strchr("\"(),/:;<=>?@[\\]{}", t->data[i]))
      return false;
  return t->size;
}

static bool is_path(const struct text *t)
{
  for (uint32_t i = 0; i < t->size; i++)
    if (t->data[i] <= ' ' || t->data[i] >= 127)
      return false;
  return t->size && (t->data[0] == '/' || t->data[0] == '*');
}

static bool is_value(const struct text *t)
{
  for (uint32_t i = 0; i < t->size; i++)
    if (((unsigned char)t->data[i] < ' ' && t->data[i] != '\t') ||
        t->data[i] == 127)
      return false;
  return true;
}

static const char *wrong_with(const struct asked *a)
{
  if (!is_token(a->method))
    return "this is no method";
  if (!is_path(a->path))
    return "a path begins with `/`, and is written in visible ASCII: "
           "http.quote() writes what is not";
  for (uint32_t i = 0; i < a->headers->count; i++) {
    const struct map_entry *e = &a->headers->entries[i];
    if (!is_token(e->key) || !is_value(e->item.text))
      return "a header's name or value has characters that it cannot have";
  }
  return NULL;
}

static bool is_named(const struct text *t, const char *name)
{
  return t->size == strlen(name) && !strncasecmp(t->data, name, t->size);
}

static void write_headers(struct buf *out, const struct asked *a)
{
  bool host = false, framed = false;
  for (uint32_t i = 0; i < a->headers->count; i++) {
    const struct text *key = a->headers->entries[i].key;
    const struct text *item = a->headers->entries[i].item.text;
    host |= is_named(key, "host");
    framed |=
        is_named(key, "content-length") || is_named(key, "transfer-encoding");
    buf_add(out, key->data, key->size);
    buf_adds(out, ": ");
    buf_add(out, item->data, item->size);
    buf_adds(out, "\r\n");
  }
  if (!host)
    buf_adds(out, "host: test\r\n");
  if (!framed && (a->body->size || is_named(a->method, "POST")))
    buf_addf(out, "content-length: %u\r\n", a->body->size);
}

// ---- the answer ----

static int on_name(llhttp_t *p, const char *at, size_t n)
{
  buf_add(&((struct question *)p->data)->name, at, n);
  return 0;
}

static int on_value(llhttp_t *p, const char *at, size_t n)
{
  buf_add(&((struct question *)p->data)->value, at, n);
  return 0;
}

static int on_body(llhttp_t *p, const char *at, size_t n)
{
  buf_add(&((struct question *)p->data)->body, at, n);
  return 0;
}

static int on_header(llhttp_t *p)
{
  struct question *q = p->data;
  for (size_t i = 0; i < q->name.size; i++)
    if (q->name.data[i] >= 'A' && q->name.data[i] <= 'Z')
      q->name.data[i] += 'a' - 'A';
  const struct text *key = text_new(q->arena, q->name.data, q->name.size);
  const value *before = key ? map_get(q->headers, key) : NULL;
  struct buf all = {.arena = q->arena};
  if (before) {
    buf_add(&all, before->text->data, before->text->size);
    buf_adds(&all, ", ");
  }
  buf_add(&all, q->value.data ? q->value.data : "", q->value.size);
  const struct text *item =
      all.failed ? NULL : text_new(q->arena, all.data, all.size);
  const struct map *with =
      key && item ? map_with(q->arena, q->headers, key, (value){.text = item})
                  : NULL;
  q->failed |= !with;
  q->headers = with ? with : q->headers;
  q->name.size = q->value.size = 0;
  return 0;
}

static int on_head(llhttp_t *p)
{
  struct question *q = p->data;
  q->status = p->status_code;
  return q->head;
}

static int on_message(llhttp_t *p)
{
  struct question *q = p->data;
  if (q->status >= 200 || q->status == 101)
    q->done = true;
  else
    q->headers = &map_empty; // 100: the answer is still to come
  return 0;
}

// ---- both ----

const char *question_ask(struct question *q, struct arena *a,
                         const struct asked *asked)
{
  const char *why = wrong_with(asked);
  if (why)
    return why;
  q->arena = q->out.arena = q->name.arena = q->value.arena = q->body.arena = a;
  q->headers = &map_empty;
  q->head = is_named(asked->method, "HEAD");
  buf_add(&q->out, asked->method->data, asked->method->size);
  buf_addc(&q->out, ' ');
  buf_add(&q->out, asked->path->data, asked->path->size);
  buf_adds(&q->out, " HTTP/1.1\r\n");
  write_headers(&q->out, asked);
  buf_adds(&q->out, "\r\n");
  buf_add(&q->out, asked->body->data, asked->body->size);
  llhttp_settings_init(&q->how);
  q->how.on_header_field = on_name;
  q->how.on_header_value = on_value;
  q->how.on_header_value_complete = on_header;
  q->how.on_headers_complete = on_head;
  q->how.on_body = on_body;
  q->how.on_message_complete = on_message;
  llhttp_init(&q->parser, HTTP_RESPONSE, &q->how);
  q->parser.data = q;
  return q->out.failed ? "the request is too large" : NULL;
}

void question_read(struct question *q, const char *data, size_t size)
{
  llhttp_errno_t e =
      size ? llhttp_execute(&q->parser, data, size) : llhttp_finish(&q->parser);
  bool upgrade = e == HPE_PAUSED_UPGRADE;
  q->failed |= (e && !upgrade) || (!size && !q->done) || q->body.failed ||
               q->name.failed || q->value.failed;
  q->done |= q->failed || upgrade;
}

bool question_answer(const struct question *q, value *out)
{
  value *parts = ARENA_ARRAY(q->arena, 3, value);
  struct text *body = ARENA_NEW(q->arena, struct text);
  if (q->failed || !parts || !body)
    return false;
  *body = (struct text){(uint32_t)q->body.size, (uint32_t)q->body.size,
                        q->body.data ? q->body.data : ""};
  parts[0].i = q->status;
  parts[1].map = q->headers;
  parts[2].text = body;
  out->parts = parts;
  return true;
}
