// Messages: bytes in, JSON out, and back. Bytes that enter are distrusted here:
// a message whose length or text is wrong is skipped and said to be damaged, and
// reading goes on where the next header seems to begin.
#include "compiler/lsp.h"

#include "grammar/base/utf8.h"

#include <ctype.h>
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { HEADER_MAX = 8192, BODY_MAX = 512 << 20, PIECE = 65536 };

static const char length_name[] = "content-length:";
enum { NAME_SIZE = sizeof length_name - 1 };

// ---- input ----

static bool make_room(struct lsp_input *in)
{
  if (in->at) {
    memmove(in->data, in->data + in->at, in->size - in->at);
    in->size -= in->at;
    in->at = 0;
  }
  if (in->room - in->size > PIECE)
    return true;
  size_t room = in->room ? in->room * 2 : 2 * PIECE;
  char *wide = realloc(in->data, room);
  if (!wide)
    return false;
  in->data = wide;
  in->room = room;
  return true;
}

bool lsp_wait(struct lsp_input *in, int milliseconds)
{
  struct pollfd p = {.fd = in->fd, .events = POLLIN};
  int ready = poll(&p, 1, milliseconds);
  if (ready <= 0)
    return false;
  if (!make_room(in))
    return in->ended = true;

  ssize_t n = read(in->fd, in->data + in->size, in->room - in->size - 1);
  if (n > 0)
    in->size += (size_t)n;
  else if (!n || (errno != EINTR && errno != EAGAIN))
    in->ended = true;
  return n >= 0;
}

// Gives back what one long message took.
static void trim(struct lsp_input *in)
{
  if (in->at < in->size || in->room <= 64 * PIECE)
    return;
  free(in->data);
  *in = (struct lsp_input){.fd = in->fd, .ended = in->ended};
}

// The last name of a length in a piece of text, or NULL.
static const char *find_length(const char *text, size_t size)
{
  for (size_t at = size; at-- > 0;)
    if (size - at >= NAME_SIZE && !strncasecmp(text + at, length_name, NAME_SIZE))
      return text + at;
  return NULL;
}

// Moves to the first header behind the next `from` bytes, or to the end.
static enum lsp_read skip(struct lsp_input *in, size_t from)
{
  size_t at = in->at + from;
  if (at > in->size)
    at = in->size;
  while (at < in->size &&
         strncasecmp(in->data + at, length_name,
                     in->size - at < NAME_SIZE ? in->size - at : NAME_SIZE) != 0)
    at++;
  in->at = at;
  return LSP_DAMAGED;
}

// Behind the empty line that ends a header, or 0: it has none yet.
static size_t header_end(const char *text, size_t size)
{
  for (const char *at = text; (at = memchr(at, '\n', size - (size_t)(at - text)));) {
    at++;
    size_t left = size - (size_t)(at - text);
    if (left && *at == '\n')
      return (size_t)(at - text) + 1;
    if (left > 1 && at[0] == '\r' && at[1] == '\n')
      return (size_t)(at - text) + 2;
  }
  return 0;
}

static bool read_length(const char *text, size_t size, size_t *out)
{
  const char *at = find_length(text, size), *end = text + size;
  if (!at)
    return false;
  at += NAME_SIZE;
  while (at < end && (*at == ' ' || *at == '\t'))
    at++;
  if (at == end || !isdigit((unsigned char)*at))
    return false;
  size_t n = 0;
  for (; at < end && isdigit((unsigned char)*at) && n <= BODY_MAX; at++)
    n = n * 10 + (size_t)(*at - '0');
  while (at < end && (*at == ' ' || *at == '\r'))
    at++;
  *out = n;
  return n <= BODY_MAX && at < end && *at == '\n';
}

// ---- JSON ----

static int unit_of(const char *at, const char *end)
{
  int unit = 0;
  if (end - at < 6 || at[0] != '\\' || at[1] != 'u')
    return -1;
  for (int i = 2; i < 6; i++) {
    if (!isxdigit((unsigned char)at[i]))
      return -1;
    int c = tolower((unsigned char)at[i]);
    unit = unit * 16 + (c <= '9' ? c - '0' : c - 'a' + 10);
  }
  return unit;
}

// What is no text (NUL, half of a pair) becomes U+FFFD: the reader of JSON would
// cut the text there, or refuse all of it. It is one unit, as they are.
static void mend_escapes(char *text, size_t size)
{
  char *end = text + size;
  for (char *at = text; (at = memchr(at, '\\', (size_t)(end - at)));) {
    int unit = unit_of(at, end);
    if (unit < 0) {
      at += end - at > 1 ? 2 : 1;
      continue;
    }
    int next = unit_of(at + 6, end);
    bool pair = unit >= 0xD800 && unit < 0xDC00 && next >= 0xDC00 && next < 0xE000;
    if (!unit || (unit >= 0xD800 && unit < 0xE000 && !pair))
      memcpy(at, "\\ufffd", 6);
    at += pair ? 12 : 6;
  }
}

static cJSON *parse_body(char *text, size_t size)
{
  const char *end = NULL;
  if (memchr(text, 0, size))
    return NULL;
  mend_escapes(text, size);
  cJSON *json = cJSON_ParseWithLengthOpts(text, size, &end, false);
  while (json && end < text + size && isspace((unsigned char)*end))
    end++;
  if (!json || end == text + size)
    return json;
  cJSON_Delete(json);
  return NULL;
}

enum lsp_read lsp_next(struct lsp_input *in, cJSON **message)
{
  trim(in);
  char *text = in->data ? in->data + in->at : NULL;
  size_t left = in->size - in->at, length = 0;
  enum lsp_read nothing = in->ended ? LSP_END : LSP_WAIT;
  size_t head = left ? header_end(text, left) : 0;
  if (!head)
    return left > HEADER_MAX ? skip(in, 1) : nothing;
  if (!read_length(text, head, &length))
    return skip(in, head);
  const char *name = find_length(text, head);
  if (name > text && name[-1] != '\n') // behind what is no header
    return skip(in, (size_t)(name - text));
  if (left - head < length)
    return nothing;
  *message = parse_body(text + head, length);
  if (*message) {
    in->at += head + length;
    return LSP_MESSAGE;
  }
  // A length that was too great has swallowed the next header.
  const char *next = find_length(text + head, length);
  return skip(in, next ? (size_t)(next - text) : head + length);
}

// ---- output ----

static bool put(int fd, const char *data, size_t size)
{
  while (size) {
    ssize_t n = write(fd, data, size);
    if (n < 0 && errno == EINTR)
      continue;
    if (n <= 0)
      return false;
    data += n;
    size -= (size_t)n;
  }
  return true;
}

bool lsp_send(int fd, const cJSON *message)
{
  char *text = cJSON_PrintUnformatted(message), head[64];
  if (!text)
    return true; // no memory for this one
  size_t size = strlen(text);
  int n = snprintf(head, sizeof head, "Content-Length: %zu\r\n\r\n", size);
  bool ok = put(fd, head, (size_t)n) && put(fd, text, size);
  cJSON_free(text);
  return ok;
}

cJSON *lsp_string(const char *text, size_t size)
{
  struct buf out = {0};
  while (size) {
    size_t good = utf8_check(text, size);
    for (size_t i = 0; i < good; i++)
      buf_addc(&out, text[i] ? text[i] : ' ');
    if (good < size)
      buf_adds(&out, "\xEF\xBF\xBD");
    text += good + (good < size);
    size -= good + (good < size);
  }
  cJSON *json = cJSON_CreateString(out.data ? out.data : "");
  buf_free(&out);
  return json;
}

void lsp_add_text(cJSON *to, const char *name, const char *text)
{
  cJSON_AddItemToObject(to, name, lsp_string(text, strlen(text)));
}
