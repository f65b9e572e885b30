// A complete head enters, which llhttp has let pass; method, version, target
// and headers leave, cut in place. What llhttp 8.1 is lenient about is refused
// here: other protocols and versions, line ends without CR, folded lines, empty
// names, missing or double Host, and every unclear length of a body.
#include "runtime/net/http_exchange.h"

#include <string.h>
#include <strings.h>

// The lower case of a byte that a header name may hold (RFC 9110 5.6.2), or 0.
static const char token_lower[256] = {
    ['!'] = '!',   ['#'] = '#', ['$'] = '$', ['%'] = '%', ['&'] = '&',
    ['\''] = '\'', ['*'] = '*', ['+'] = '+', ['-'] = '-', ['.'] = '.',
    ['^'] = '^',   ['_'] = '_', ['`'] = '`', ['|'] = '|', ['~'] = '~',
    ['0'] = '0',   ['1'] = '1', ['2'] = '2', ['3'] = '3', ['4'] = '4',
    ['5'] = '5',   ['6'] = '6', ['7'] = '7', ['8'] = '8', ['9'] = '9',
    ['A'] = 'a',   ['B'] = 'b', ['C'] = 'c', ['D'] = 'd', ['E'] = 'e',
    ['F'] = 'f',   ['G'] = 'g', ['H'] = 'h', ['I'] = 'i', ['J'] = 'j',
    ['K'] = 'k',   ['L'] = 'l', ['M'] = 'm', ['N'] = 'n', ['O'] = 'o',
    ['P'] = 'p',   ['Q'] = 'q', ['R'] = 'r', ['S'] = 's', ['T'] = 't',
    ['U'] = 'u',   ['V'] = 'v', ['W'] = 'w', ['X'] = 'x', ['Y'] = 'y',
    ['Z'] = 'z',   ['a'] = 'a', ['b'] = 'b', ['c'] = 'c', ['d'] = 'd',
    ['e'] = 'e',   ['f'] = 'f', ['g'] = 'g', ['h'] = 'h', ['i'] = 'i',
    ['j'] = 'j',   ['k'] = 'k', ['l'] = 'l', ['m'] = 'm', ['n'] = 'n',
    ['o'] = 'o',   ['p'] = 'p', ['q'] = 'q', ['r'] = 'r', ['s'] = 's',
    ['t'] = 't',   ['u'] = 'u', ['v'] = 'v', ['w'] = 'w', ['x'] = 'x',
    ['y'] = 'y',   ['z'] = 'z',
};

// What the framing and the connection need to know of the headers.
struct seen {
  unsigned hosts, lengths, codings;
  const struct http_header *length, *coding, *expect;
};

static bool method_take(struct exchange *x)
{
  static const uint8_t known[] = {
      [HTTP_GET] = HTTP_M_GET,         [HTTP_HEAD] = HTTP_M_HEAD,
      [HTTP_POST] = HTTP_M_POST,       [HTTP_PUT] = HTTP_M_PUT,
      [HTTP_DELETE] = HTTP_M_DELETE,   [HTTP_PATCH] = HTTP_M_PATCH,
      [HTTP_OPTIONS] = HTTP_M_OPTIONS, [HTTP_TRACE] = HTTP_M_TRACE,
  };
  unsigned m = x->parser.method;
  if (m == HTTP_CONNECT || m == HTTP_SOURCE || m >= HTTP_PRI)
    return exchange_refuse(x, 501, "this method is not supported");
  x->req.method = m < sizeof known ? (enum http_method)known[m] : HTTP_M_OTHER;
  x->req.method_text = llhttp_method_name((llhttp_method_t)m);
  return true;
}

static bool version_take(struct exchange *x, const char *at, const char *end)
{
  bool whole = end - at >= 10 && !memcmp(at, "HTTP/", 5) && at[6] == '.' &&
               at[8] == '\r' && at[9] == '\n';
  if (!whole)
    return exchange_refuse(x, 400, "the request line is not HTTP/1.1");
  if (at[5] != '1' || (at[7] != '0' && at[7] != '1'))
    return exchange_refuse(x, 505, NULL);
  x->req.minor = (uint8_t)(at[7] - '0');
  return true;
}

// What a byte may be part of; 0 for all that ends a text: blanks, controls,
// NUL. A host is RFC 3986 3.2 without user.
enum { VISIBLE = TARGET_FRAGMENT * 2, HOST = VISIBLE * 2 };

static const uint8_t classes[256] = {
#define ANY TARGET_PLAIN | VISIBLE
    ['!'] = ANY | HOST,
    ['"'] = ANY,
    ['#'] = ANY | TARGET_FRAGMENT,
    ['$'] = ANY | HOST,
    ['%'] = ANY | HOST | TARGET_ESCAPE,
    ['&' ... '+'] = ANY | HOST,
    [','] = ANY,
    ['-' ... '.'] = ANY | HOST,
    ['/'] = ANY,
    ['0' ... ';'] = ANY | HOST,
    ['<'] = ANY,
    ['='] = ANY | HOST,
    ['>'] = ANY,
    ['?'] = ANY | TARGET_QUERY,
    ['@'] = ANY,
    ['A' ... '['] = ANY | HOST,
    ['\\'] = ANY,
    [']'] = ANY | HOST,
    ['^'] = ANY,
    ['_'] = ANY | HOST,
    ['`'] = ANY,
    ['a' ... 'z'] = ANY | HOST,
    ['{' ... '}'] = ANY,
    ['~'] = ANY | HOST,
#undef ANY
};

static bool all_are(const char *text, uint8_t class)
{
  while (classes[(unsigned char)*text] & class)
    text++;
  return !*text;
}

// METHOD SP target SP HTTP/1.x CRLF, with single spaces. Returns what is behind
// it, or NULL.
static char *request_line(struct exchange *x, char *at, char *end)
{
  unsigned seen = 0;
  if (!method_take(x))
    return NULL;
  const char *method = x->req.method_text;
  for (; *method && *method == *at; method++)
    at++;
  char *target = at + 1, *to = target;
  // A line without a version, which llhttp takes for HTTP/0.9, ends before ' '.
  for (unsigned c; (c = classes[(unsigned char)*to]); to++)
    seen |= c;
  if (*method || *at != ' ' || *to != ' ' || to == target) {
    exchange_refuse(x, 400, "the request line is malformed");
    return NULL;
  }
  if (!version_take(x, to + 1, end))
    return NULL;
  *to = 0;
  return target_cut(x, target, (size_t)(to - target), seen) ? to + 11 : NULL;
}

static bool id_is_sound(const struct http_header *h)
{
  return h->value_size > 0 &&
         h->value_size < sizeof((struct http_request *)0)->id &&
         all_are(h->value, VISIBLE);
}

static bool is(const struct http_header *h, const char *name)
{
  return !memcmp(h->name, name, h->name_size);
}

static bool note(struct exchange *x, const struct http_header *h,
                 struct seen *s)
{
  switch (h->name_size) {
  case 4:
    if (!is(h, "host"))
      break;
    s->hosts++;
    x->req.host = h->value;
    if (!all_are(h->value, HOST))
      return exchange_refuse(x, 400, "the host header is malformed");
    break;
  case 6:
    if (is(h, "expect"))
      s->expect = h;
    break;
  case 12:
    if (is(h, "x-request-id") && !x->req.id_size && id_is_sound(h)) {
      memcpy(x->req.id, h->value, h->value_size + 1);
      x->req.id_size = (uint8_t)h->value_size;
    }
    break;
  case 14:
    if (is(h, "content-length"))
      s->lengths++, s->length = h;
    break;
  case 17:
    if (is(h, "transfer-encoding"))
      s->codings++, s->coding = h;
    break;
  default:
    break;
  }
  return true;
}

// One line [at, end) without its CRLF. Writes NULs over the colon and the CR.
static bool header_line(struct exchange *x, char *at, char *end, struct seen *s)
{
  struct http_header *h = &x->headers[x->req.n_headers];
  char *p = at;
  for (char c; (c = token_lower[(unsigned char)*p]); p++)
    *p = c;
  if (*p != ':' || p == at)
    return exchange_refuse(x, 400, "a header name is malformed");
  h->name = at;
  h->name_size = (uint32_t)(p - at);
  *p++ = 0;
  while (p < end && (*p == ' ' || *p == '\t'))
    p++;
  while (end > p && (end[-1] == ' ' || end[-1] == '\t'))
    end--;
  *end = 0;
  h->value = p;
  h->value_size = (uint32_t)(end - p);
  x->req.n_headers++;
  return note(x, h, s);
}

static bool header_lines(struct exchange *x, char *at, char *end,
                         struct seen *s)
{
  while (at < end) {
    char *lf = memchr(at, '\n', (size_t)(end - at));
    if (!lf || lf == at || lf[-1] != '\r')
      return exchange_refuse(x, 400, "a line does not end in CR LF");
    if (lf - at == 1)
      return lf + 1 == end || exchange_refuse(x, 400, "the head is malformed");
    if (x->req.n_headers == MAX_HEADERS)
      return exchange_refuse(x, 431, NULL);
    if (!header_line(x, at, lf - 1, s))
      return false;
    at = lf + 1;
  }
  return exchange_refuse(x, 400, "the head is malformed");
}

static bool length_take(struct exchange *x, const struct http_header *h)
{
  if (h->value_size == 0 || h->value_size > 18)
    return exchange_refuse(x, 400, "the content-length is malformed");
  for (const char *p = h->value; *p; p++) {
    if (*p < '0' || *p > '9')
      return exchange_refuse(x, 400, "the content-length is malformed");
    x->length = x->length * 10 + (uint64_t)(*p - '0');
  }
  return true;
}

static bool coding_take(struct exchange *x, const struct seen *s)
{
  if (x->req.minor == 0 || s->codings > 1 || s->lengths > 0 ||
      s->coding->value_size == 0)
    return exchange_refuse(x, 400, "the length of the body is unclear");
  if (strcasecmp(s->coding->value, "chunked"))
    return exchange_refuse(x, 501, "only chunked transfer-encoding is known");
  x->chunked = true;
  return true;
}

static bool seen_check(struct exchange *x, const struct seen *s)
{
  if (s->hosts > 1 || (s->hosts == 0 && x->req.minor > 0))
    return exchange_refuse(x, 400, "exactly one host header is needed");
  if (s->lengths > 1)
    return exchange_refuse(x, 400, "the length of the body is unclear");
  if (s->codings && !coding_take(x, s))
    return false;
  if (s->lengths && !length_take(x, s->length))
    return false;
  if (s->expect && x->req.minor > 0) {
    if (strcasecmp(s->expect->value, "100-continue"))
      return exchange_refuse(x, 417, NULL);
    x->expects_continue = true;
  }
  return true;
}

bool head_cut(struct exchange *x)
{
  struct seen s = {0};
  char *end = x->in + x->head_end;
  char *at = request_line(x, x->in + x->begin, end);
  return at && header_lines(x, at, end, &s) && seen_check(x, &s);
}

static bool is_named(const struct http_header *h, const char *name, size_t size)
{
  return h->name_size == size && !memcmp(h->name, name, size);
}

const struct http_header *http_find(const struct http_request *r,
                                    const char *name)
{
  size_t size = strlen(name);
  for (size_t i = 0; i < r->n_headers; i++)
    if (is_named(&r->headers[i], name, size))
      return &r->headers[i];
  return NULL;
}

const struct http_header *http_find_only(const struct http_request *r,
                                         const char *name)
{
  const struct http_header *h = http_find(r, name);
  for (const struct http_header *o = h ? h + 1 : NULL;
       o && o < r->headers + r->n_headers; o++)
    if (is_named(o, name, h->name_size))
      return NULL;
  return h;
}
