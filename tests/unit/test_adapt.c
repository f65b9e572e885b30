// Adapters: bodies of requests, friendly and hostile, to values and offences.
#include "runtime/net/adapt.h"
#include "tests/codec/types.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#include <dlfcn.h>
#include <stdlib.h>
#include <string.h>
#include <turbojpeg.h>

static struct arena arena;

static int reset(void **state)
{
  arena_free(&arena);
  return 0;
}

// The value as JSON, or the detail of its offences; "" when the arena is
// exhausted. The body is copied, so that a sanitizer sees reads behind it.
static const char *adapt_sized(enum adapter_kind kind, const char *type,
                               const char *content_type, const char *query,
                               const char *body, size_t size)
{
  struct plan_builder b;
  plan_builder_init(&b, &arena);
  uint32_t number = types_add(&b, type);
  assert_int_not_equal(number, PLAN_NONE);
  struct plan p = types_plan(&b);
  struct offences offences = {.arena = &arena};
  struct decode d = {&p, &arena, &offences};
  static const struct adapt_pair headers[] = {
      {"x-a", "1", 3, 1}, {"x-b", "\xe9", 3, 1}, {"x-a", "2", 3, 1}};
  char *copy = malloc(size + !size);
  memcpy(copy, body, size);
  struct adapt_input in = {.content_type = content_type,
                           .body = copy,
                           .size = size,
                           .query = query,
                           .query_size = query ? strlen(query) : 0,
                           .method = "POST",
                           .path = "/p/é",
                           .client = "127.0.0.1",
                           .id = "r1",
                           .headers = headers,
                           .n_headers = 3};
  struct buf out = {.arena = &arena};
  buf_adds(&out, "");
  value v;
  if (adapt_decode(&d, kind, number, &in, &v))
    assert_true(json_encode(&p, number, v, &out));
  else if (offences.first)
    offences_print(&offences, &out);
  free(copy);
  return out.data;
}

static const char *adapt(enum adapter_kind kind, const char *type,
                         const char *content_type, const char *query,
                         const char *body)
{
  return adapt_sized(kind, type, content_type, query, body, strlen(body));
}

static void expect_part(const char *text, const char *part)
{
  if (!strstr(text, part))
    fail_msg("%s\nis not in\n%s", part, text);
}

// ---- forms ----

#define PERSON                                                                 \
  "{\"record\":[[\"name\",\"str\"],[\"age\",\"int\",7],"                       \
  "[\"tags\",{\"optional\":{\"list\":\"str\"}}],"                              \
  "[\"file\",{\"optional\":\"bytes\"}]]}"

static const char *form(const char *body)
{
  return adapt(ADAPTER_form, PERSON, "application/x-www-form-urlencoded", NULL,
               body);
}

static void urlencoded(void **state)
{
  assert_string_equal(form("name=J%C3%B6rg+M&age=5&tags=a&tags=b&x=1"),
                      "{\"name\":\"Jörg M\",\"age\":5,\"tags\":[\"a\",\"b\"],"
                      "\"file\":null}");
  assert_string_equal(form("name=a&name=b&&age="),
                      "{\"name\":\"b\",\"age\":7,\"tags\":null,\"file\":null}");
  expect_part(form("age=x"),
              "{\"type\":\"missing\",\"loc\":[\"body\",\"name\"]");
  expect_part(form("age=x"),
              "{\"type\":\"int_parsing\",\"loc\":[\"body\",\"age\"]");
  expect_part(form("name="), "\"missing\"");
  expect_part(form("name=%FF"), "string_unicode");
  expect_part(form("%FF=1&name=x"), "string_unicode");
  expect_part(form("name=%&age=1"), "\"name\":\"%\"");
  expect_part(form(""), "\"missing\"");
  expect_part(adapt(ADAPTER_form, PERSON, "text/plain", NULL, "name=x"),
              "neither application");
}

static void urlencoded_is_bounded(void **state)
{
  struct buf b = {.arena = &arena};
  for (int i = 0; i < 1001; i++)
    buf_adds(&b, "a=1&");
  expect_part(form(b.data), "more than 1000 fields");
}

#define MULTIPART "multipart/form-data; boundary=XX"

static const char *multipart(const char *body)
{
  return adapt(ADAPTER_form, PERSON, MULTIPART, NULL, body);
}

#define PART(head, data) "--XX\r\n" head "\r\n\r\n" data "\r\n"
#define FIELD(name) "Content-Disposition: form-data; name=\"" name "\""

static void multipart_forms(void **state)
{
  assert_string_equal(
      multipart(PART(FIELD("name"), "Bob") PART(FIELD("age"), "5") PART(
          FIELD("file") "; filename=\"a.bin\"\r\nContent-Type: image/png",
          "\r\n--X") "--XX--\r\n"),
      "{\"name\":\"Bob\",\"age\":5,\"tags\":null,\"file\":\"\\r\\n--X\"}");
  // a preamble, blanks behind a boundary, an epilogue, a head in odd case
  assert_string_equal(
      multipart("preamble\r\n--XX \r\ncontent-DISPOSITION:form-data;name=name"
                "\r\n\r\na\r\n--XX-- \r\nepilogue"),
      "{\"name\":\"a\",\"age\":7,\"tags\":null,\"file\":null}");
  expect_part(adapt(ADAPTER_form, PERSON,
                    "multipart/form-data; charset=utf-8; boundary=\"XX\"", NULL,
                    PART(FIELD("name"), "q") "--XX--"),
              "\"name\":\"q\"");
  expect_part(adapt(ADAPTER_form, "{\"map\":\"str\"}", MULTIPART, NULL,
                    PART(FIELD("a\\\"b"), "1") PART(FIELD("c%22d"), "2")
                        PART(FIELD("e\\\\f%0D%0A"), "3") "--XX--"),
              "{\"a\\\"b\":\"1\",\"c\\\"d\":\"2\",\"e\\\\f\\r\\n\":\"3\"}");
}

static void multipart_is_strict(void **state)
{
  static const char *const bodies[] = {
      "",
      "--XX",
      "--XX\r\n",
      "--XY\r\n",
      "--XX\n" FIELD("name") "\n\na\n--XX--\n",
      "--XX\r\n" FIELD("name"),
      "--XX\r\n" FIELD("name") "\r\n",
      "--XX\r\n" FIELD("name") "\r\n\r\n",
      "--XX\r\n" FIELD("name") "\r\n\r\nabc",
      "--XX\r\n" FIELD("name") "\r\n\r\nabc\r\n--X",
      "--XX\r\n" FIELD("name") "\r\n\r\nabc\r\n--XX",
      "--XX\r\n" FIELD("name") "\r\n\r\nabc\r\n--XXY\r\n",
      PART(FIELD("name"), "a") "--XX-x",
      PART("Content-Disposition: form-data", "a") "--XX--",
      PART("Content-Disposition: attachment; name=\"name\"", "a") "--XX--",
      PART("Content-Disposition: form-data; name=\"name", "a") "--XX--",
      PART("Content-Disposition: form-data; name=\"a\\", "a") "--XX--",
      PART("Content-Disposition: form-data name=\"name\"", "a") "--XX--",
      PART(FIELD("name") "\r\n" FIELD("name"), "a") "--XX--",
      PART("no colon", "a") "--XX--",
      PART(": name", "a") "--XX--",
      PART("X: y", "a") "--XX--",
  };
  for (size_t i = 0; i < sizeof bodies / sizeof *bodies; i++)
    expect_part(multipart(bodies[i]), "value_error");
  static const char *const types[] = {
      "multipart/form-data",
      "multipart/form-data; boundary",
      "multipart/form-data; boundary=",
      "multipart/form-data; boundary=\"",
      "multipart/form-data; boundary=\"\"",
      "multipart/form-data; boundary=\"a\\\"b\"",
      "multipart/form-data; boundary="
      "1234567890123456789012345678901234567890123456789012345678901234567890"
      "1"};
  for (size_t i = 0; i < sizeof types / sizeof *types; i++)
    expect_part(adapt(ADAPTER_form, PERSON, types[i], NULL, "--XX--"),
                "no boundary");
}

// Every beginning of a good form is refused, and none is read beyond.
static void multipart_cut_anywhere(void **state)
{
  static const char whole[] =
      PART(FIELD("name"), "Bob") PART(FIELD("age"), "5") "--XX--";
  for (size_t n = 0; n + 1 < sizeof whole; n++)
    expect_part(adapt_sized(ADAPTER_form, PERSON, MULTIPART, NULL, whole, n),
                "value_error");
  expect_part(multipart(whole), "\"Bob\"");
}

static void multipart_is_bounded(void **state)
{
  struct buf b = {.arena = &arena};
  for (int i = 0; i < 1001; i++)
    buf_adds(&b, PART(FIELD("a"), ""));
  buf_adds(&b, "--XX--");
  expect_part(multipart(b.data), "more than 1000 fields");
  b.size = 0;
  buf_adds(&b, "--XX\r\n");
  for (int i = 0; i < 3000; i++)
    buf_adds(&b, "X: y\r\n");
  expect_part(multipart(b.data), "16 KiB");
}

// ---- arrays ----

static const char *array(const char *type, const char *body)
{
  return adapt(ADAPTER_ndarray, type, "application/json", NULL, body);
}

#define ANY "{\"tensor\":\"f64\"}"

static void arrays(void **state)
{
  static const struct {
    const char *body, *result;
  } cases[] = {
      {"{\"array\":[1,2]}", "[1.0,2.0]"},
      {"{\"array\":[[1],[2]]}", "[[1.0],[2.0]]"},
      {"{\"array\":[[1],[2]],\"shape\":[1,2]}", "[[1.0,2.0]]"},
      {"{\"array\":[[1.9],[2.1]],\"shape\":[1,2],\"dtype\":\"int\"}",
       "[[1.0,2.0]]"},
      {"{\"array\":[1.9,2.1,3,4],\"shape\":[2,2],\"dtype\":\"int64\"}",
       "[[1.0,2.0],[3.0,4.0]]"},
      {"{\"array\":[1,2,3,4],\"shape\":[2,-1]}", "[[1.0,2.0],[3.0,4.0]]"},
      {"{\"array\":[1],\"shape\":[],\"dtype\":null}", "[1.0]"},
      {"{\"array\":[0.1],\"dtype\":\"float32\"}", "[0.10000000149011612]"},
      {"{\"array\":[[[[1]]]],\"shape\":null}", "[[[[1.0]]]]"},
      {"{\"array\":[],\"shape\":[0,3]}", "[]"},
  };
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
    assert_string_equal(array(ANY, cases[i].body), cases[i].result);
  assert_string_equal(array("{\"tensor\":\"u8\"}", "{\"array\":[1.9,255]}"),
                      "[1,255]");
}

static void arrays_refused(void **state)
{
  static const struct {
    const char *body, *part;
  } cases[] = {
      {"{\"array\":[1,2,3],\"shape\":[2,2]}",
       "3 elements cannot have the shape [2, 2], which has 4"},
      {"{\"array\":[1,2,3],\"shape\":[2,-1]}", "3 elements"},
      {"{\"array\":[1],\"shape\":[9223372036854775807,3]}", "1 elements"},
      {"{\"array\":[1],\"shape\":[0,-1]}", "1 elements"},
      {"{\"array\":[],\"shape\":[0,-1]}", "0 elements"},
      {"{\"array\":[1],\"shape\":[-2]}", "0 or more"},
      {"{\"array\":[1],\"shape\":[-1,-1]}", "0 or more"},
      {"{\"array\":[1],\"shape\":[1.5]}", "int_type"},
      {"{\"array\":[1],\"shape\":3}", "list_type"},
      {"{\"array\":[1],\"shape\":[1,1,1,1,1,1,1,1,1]}", "at most 8"},
      {"{\"array\":[1],\"dtype\":\"complex64\"}", "complex64"},
      {"{\"array\":[1],\"dtype\":5}", "string_type"},
      {"{\"array\":[[1],[2,3]]}", "[\"body\",\"array\",1]"},
      {"{\"array\":[1,null,\"x\"]}", "[\"body\",\"array\",2]"},
      {"{\"array\":5}", "list_type"},
      {"{}", "missing"},
      {"[1]", "model_attributes_type"},
      {"{\"array\":[1", "json_invalid"},
      {"", "missing"},
  };
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
    expect_part(array(ANY, cases[i].body), cases[i].part);
  expect_part(array("{\"tensor\":\"f64\",\"dims\":[2,\"N\"]}",
                    "{\"array\":[[1],[2],[3]]}"),
              "the shape is [3, 1], expected [2, N]");
}

static void several_arrays(void **state)
{
  const char *type = "{\"map\":{\"tensor\":\"f64\"}}";
  assert_string_equal(adapt(ADAPTER_multi_ndarray, type, NULL, NULL,
                            "{\"a\":{\"array\":[1]},\"b\":{\"array\":[3]}}"),
                      "{\"a\":[1.0],\"b\":[3.0]}");
  const char *two = adapt(ADAPTER_multi_ndarray, type, NULL, NULL,
                          "{\"a\":{\"array\":[null]},\"b\":{}}");
  expect_part(two, "[\"body\",\"a\",\"array\",0]");
  expect_part(two, "[\"body\",\"b\",\"array\"]");
}

// ---- tables ----

#define TABLE                                                                  \
  "{\"record\":[[\"columns\",{\"list\":\"str\"}],"                             \
  "[\"rows\",{\"list\":{\"list\":\"json\"}}]]}"

static const char *table(const char *query, const char *body)
{
  return adapt(ADAPTER_table, TABLE, "application/json", query, body);
}

static void tables(void **state)
{
  static const char *const want =
      "{\"columns\":[\"a\",\"b\"],\"rows\":[[1,4],[2,5],[3,null]]}";
  static const char *const bodies[][2] = {
      {NULL, "{\"a\":{\"0\":1,\"1\":2,\"2\":3},\"b\":{\"0\":4,\"1\":5}}"},
      {"orient=columns", "{\"a\":[1,2,3],\"b\":[4,5]}"},
      {"orient=index", "{\"x\":{\"a\":1,\"b\":4},\"y\":{\"a\":2,\"b\":5},"
                       "\"z\":{\"a\":3}}"},
      {"x=1&orient=records", "[{\"a\":1,\"b\":4},{\"a\":2,\"b\":5},{\"a\":3}]"},
      {"", "[{\"a\":1,\"b\":4},{\"a\":2,\"b\":5},{\"a\":3}]"},
      {"orient=split", "{\"columns\":[\"a\",\"b\"],\"index\":[0,1,2],"
                       "\"data\":[[1,4],[2,5],[3,null]]}"},
  };
  for (size_t i = 0; i < sizeof bodies / sizeof *bodies; i++)
    assert_string_equal(table(bodies[i][0], bodies[i][1]), want);
  assert_string_equal(table("orient=values", "[[1,2],[3]]"),
                      "{\"columns\":[\"0\",\"1\"],\"rows\":[[1,2],[3,null]]}");
  assert_string_equal(table(NULL, "{}"), "{\"columns\":[],\"rows\":[]}");
}

static void tables_refused(void **state)
{
  expect_part(table("orient=diagonal", "{}"), "[\"query\",\"orient\"]");
  expect_part(table(NULL, "5"), "dict_type");
  expect_part(table(NULL, "{\"a\":5}"), "dict_type");
  expect_part(table(NULL, "{\"a\":[1],\"b\":{\"0\":1}}"), "mixed");
  expect_part(table("orient=records", "[[1]]"), "dict_type");
  expect_part(table("orient=values", "[{}]"), "list_type");
  expect_part(table("orient=split", "{\"columns\":[\"a\"],\"data\":[[1,2]]}"),
              "as many values");
  expect_part(table("orient=split", "{\"columns\":[\"a\",\"a\"],\"data\":[]}"),
              "one name");
  expect_part(table("orient=split", "{\"columns\":[null],\"data\":[]}"),
              "no text");
  expect_part(table("orient=split", "[]"), "dict_type");
  expect_part(table(NULL, "{\"a\":[100000000000000000000]}"),
              "int_parsing_size");
  struct buf b = {.arena = &arena};
  for (int i = 0; i < 4000; i++)
    buf_addf(&b, "%c\"c%d\":{\"r%d\":1}", i ? ',' : '{', i, i);
  buf_addc(&b, '}');
  expect_part(table(NULL, b.data), "cells");
}

// ---- the request ----

static void request(void **state)
{
  assert_string_equal(
      adapt(ADAPTER_request,
            "{\"record\":[[\"method\",\"str\"],[\"path\",\"str\"],"
            "[\"query\",{\"map\":\"str\"}],[\"headers\",{\"map\":\"str\"}],"
            "[\"body\",\"bytes\"],[\"client\",\"str\"],[\"id\",\"str\"]]}",
            NULL, "a=1&b=x%20y&a=2&c=%FF", "\xff\x00"),
      "{\"method\":\"POST\",\"path\":\"/p/é\",\"query\":{\"a\":\"2\",\"b\":"
      "\"x y\",\"c\":\"ÿ\"},\"headers\":{\"x-a\":\"1, 2\",\"x-b\":\"é\"},"
      "\"body\":\"/w==\",\"client\":\"127.0.0.1\",\"id\":\"r1\"}");
}

// ---- images ----

static uint32_t crc(const unsigned char *data, size_t size)
{
  uint32_t c = ~0u;
  for (size_t i = 0; i < size; i++) {
    c ^= data[i];
    for (int k = 0; k < 8; k++)
      c = c >> 1 ^ (c & 1 ? 0xEDB88320u : 0);
  }
  return ~c;
}

static void put_be(struct buf *b, uint32_t x)
{
  unsigned char four[4] = {x >> 24, x >> 16, x >> 8, x};
  buf_add(b, four, 4);
}

static void put_chunk(struct buf *b, const char *name, const void *data,
                      size_t size)
{
  put_be(b, (uint32_t)size);
  size_t from = b->size;
  buf_add(b, name, 4);
  buf_add(b, data, size);
  put_be(b, crc((unsigned char *)b->data + from, size + 4));
}

// A PNG of 8-bit pixels, stored without compression; pixel i is i % 251.
static struct buf make_png(uint32_t width, uint32_t height, int colour,
                           unsigned channels)
{
  struct buf b = {.arena = &arena}, head = b, rows = b, data = b;
  buf_add(&b, "\x89PNG\r\n\x1a\n", 8);
  put_be(&head, width);
  put_be(&head, height);
  buf_add(&head, (char[]){8, (char)colour, 0, 0, 0}, 5);
  put_chunk(&b, "IHDR", head.data, head.size);
  if (colour == 3)
    put_chunk(&b, "PLTE", "\1\2\3\4\5\6", 6);
  uint32_t i = 0, s1 = 1, s2 = 0;
  for (uint32_t y = 0; y < height; y++) {
    buf_addc(&rows, 0);
    for (uint32_t x = 0; x < width * channels; x++, i++)
      buf_addc(&rows, (char)(colour == 3 ? i % 2 : i % 251));
  }
  for (size_t k = 0; k < rows.size; k++) {
    s1 = (s1 + (unsigned char)rows.data[k]) % 65521;
    s2 = (s2 + s1) % 65521;
  }
  buf_add(&data, "\x78\x01", 2);
  for (size_t at = 0; at < rows.size; at += 65535) {
    size_t n = rows.size - at < 65535 ? rows.size - at : 65535;
    buf_add(&data,
            (char[]){at + n == rows.size, (char)n, (char)(n >> 8), (char)~n,
                     (char)(~n >> 8)},
            5);
    buf_add(&data, rows.data + at, n);
  }
  put_be(&data, s2 << 16 | s1);
  put_chunk(&b, "IDAT", data.data, data.size);
  put_chunk(&b, "IEND", "", 0);
  return b;
}

static const char *image(const struct buf *b, size_t size)
{
  return adapt_sized(ADAPTER_image,
                     "{\"tensor\":\"u8\",\"dims\":[\"H\",\"W\",\"C\"]}",
                     "image/png", NULL, b->data, size);
}

static void images(void **state)
{
  struct buf png = make_png(2, 2, 2, 3);
  assert_string_equal(image(&png, png.size),
                      "[[[0,1,2],[3,4,5]],[[6,7,8],[9,10,11]]]");
  png = make_png(3, 1, 0, 1);
  assert_string_equal(image(&png, png.size), "[[[0],[1],[2]]]");
  png = make_png(2, 1, 3, 1);
  assert_string_equal(image(&png, png.size), "[[[1,2,3],[4,5,6]]]");
  png = make_png(1, 1, 6, 4);
  assert_string_equal(image(&png, png.size), "[[[0,1,2,3]]]");
  assert_string_equal(adapt_sized(ADAPTER_image,
                                  "{\"tensor\":\"f32\",\"dims\":[1,1,4]}", NULL,
                                  NULL, png.data, png.size),
                      "[[[0.0,1.0,2.0,3.0]]]");
}

static void image_in_a_form(void **state)
{
  struct buf png = make_png(100, 100, 2, 3), body = {.arena = &arena};
  const char *type = "{\"tensor\":\"u8\",\"dims\":[100,100,3]}";
  buf_adds(&body, PART(FIELD("other"), "x"));
  buf_adds(&body, "--XX\r\n" FIELD("img") "; filename=\"a.png\"\r\n\r\n");
  buf_add(&body, png.data, png.size);
  buf_adds(&body, "\r\n--XX--\r\n");
  const char *json =
      adapt_sized(ADAPTER_image, type, MULTIPART, NULL, body.data, body.size);
  assert_int_equal(strncmp(json, "[[[0,1,2],[3,4,5],", 18), 0);
  expect_part(adapt(ADAPTER_image, type, MULTIPART, NULL,
                    PART(FIELD("other"), "x") "--XX--"),
              "{\"type\":\"missing\",\"loc\":[\"body\",\"img\"]");
  expect_part(adapt(ADAPTER_image, type, MULTIPART, NULL,
                    PART(FIELD("img"), "nonsense") "--XX--"),
              "neither PNG nor JPEG");
  expect_part(adapt(ADAPTER_image, type, NULL, NULL, ""), "missing");
}

// Cut anywhere, and with any byte changed: refused or read, never beyond.
static void broken_images(void **state)
{
  struct buf png = make_png(5, 5, 2, 3);
  for (size_t n = 1; n + 12 < png.size; n++)
    expect_part(image(&png, n), "cannot read the image");
  for (size_t i = 8; i < png.size; i++) {
    char byte = png.data[i];
    png.data[i] ^= 0x55;
    image(&png, png.size);
    png.data[i] = byte;
  }
}

static void image_bombs(void **state)
{
  struct buf b = make_png(1, 1, 2, 3);
  unsigned char *head = (unsigned char *)b.data + 16;
  for (int i = 0; i < 2; i++) { // 16 times 1M, and 64K times 64K pixels
    memcpy(head, i ? "\0\1\0\0\0\1\0\0" : "\0\0\0\x10\0\x10\0\1", 8);
    uint32_t c = crc(head - 4, 17);
    unsigned char four[4] = {c >> 24, c >> 16, c >> 8, c};
    memcpy(head + 13, four, 4);
    expect_part(image(&b, b.size), "cannot read the image");
  }
}

static void jpegs(void **state)
{
  void *lib = dlopen("libturbojpeg.so.0", RTLD_NOW);
  assert_non_null(lib);
  __typeof__(&tjInitCompress) init = dlsym(lib, "tjInitCompress");
  __typeof__(&tjCompress2) compress = dlsym(lib, "tjCompress2");
  __typeof__(&tjDestroy) destroy = dlsym(lib, "tjDestroy");
  __typeof__(&tjFree) release = dlsym(lib, "tjFree");
  unsigned char pixels[16 * 8 * 3], *jpeg = NULL;
  unsigned long size = 0;
  memset(pixels, 200, sizeof pixels);
  tjhandle tj = init();
  assert_int_equal(
      compress(tj, pixels, 16, 0, 8, TJPF_RGB, &jpeg, &size, TJSAMP_444, 95, 0),
      0);
  struct buf b = {.arena = &arena};
  buf_add(&b, jpeg, size);
  const char *json = image(&b, b.size);
  assert_int_equal(strncmp(json, "[[[200,200,200],[200,200,200],", 30), 0);
  for (size_t n = 3; n + 20 < b.size; n++)
    expect_part(image(&b, n), "cannot read the image");
  for (size_t i = 3; i < b.size; i++) {
    char byte = b.data[i];
    b.data[i] ^= 0x55;
    image(&b, b.size);
    b.data[i] = byte;
  }
  release(jpeg);
  destroy(tj);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_teardown(urlencoded, reset),
      cmocka_unit_test_teardown(urlencoded_is_bounded, reset),
      cmocka_unit_test_teardown(multipart_forms, reset),
      cmocka_unit_test_teardown(multipart_is_strict, reset),
      cmocka_unit_test_teardown(multipart_cut_anywhere, reset),
      cmocka_unit_test_teardown(multipart_is_bounded, reset),
      cmocka_unit_test_teardown(arrays, reset),
      cmocka_unit_test_teardown(arrays_refused, reset),
      cmocka_unit_test_teardown(several_arrays, reset),
      cmocka_unit_test_teardown(tables, reset),
      cmocka_unit_test_teardown(tables_refused, reset),
      cmocka_unit_test_teardown(request, reset),
      cmocka_unit_test_teardown(images, reset),
      cmocka_unit_test_teardown(image_in_a_form, reset),
      cmocka_unit_test_teardown(broken_images, reset),
      cmocka_unit_test_teardown(image_bombs, reset),
      cmocka_unit_test_teardown(jpegs, reset),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
