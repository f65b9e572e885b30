// Files of weights: mapped once for all who open them, converted once, packed
// once, and gone when nobody has them any more.
#include "runtime/tensor/weights_folder.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

static char folder[] = "/tmp/test_weights.XXXXXX", path[4096], why[1024];

static void write_to(const char *to, const char *header, const void *data,
                     size_t size)
{
  FILE *f = fopen(to, "wb");
  uint64_t n = strlen(header);
  fwrite(&n, 1, sizeof n, f);
  fwrite(header, 1, n, f);
  fwrite(data, 1, size, f);
  fclose(f);
}

static const char *in_folder(const char *name)
{
  snprintf(path, sizeof path, "%s/%s", folder, name);
  return path;
}

// x: two f32 where they may lie; y: the same as f16, where they may not.
static const char *sample(void)
{
  static const char header[] =
      "{\"x\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,8]},"
      "\"odd\":{\"dtype\":\"U8\",\"shape\":[1],\"data_offsets\":[8,9]},"
      "\"y\":{\"dtype\":\"F16\",\"shape\":[2],\"data_offsets\":[9,13]}}  ";
  assert_int_equal((sizeof header - 1) % 4, 0);
  unsigned char data[13] = {0,    0, 0x80, 0x3f, 0, 0,   0,
                            0xc0, 7, 0,    0x3c, 0, 0xc0};
  const char *to = in_folder("sample.safetensors");
  write_to(to, header, data, sizeof data);
  return to;
}

static struct weights_file *opened(const char *at)
{
  struct weights_file *f = weights_file_open(at, why, sizeof why);
  if (!f)
    fail_msg("%s", why);
  return f;
}

static void nothing_is_left(void)
{
  struct weights_counts c = weights_counts();
  assert_int_equal(c.files, 0);
  assert_int_equal(c.buffers, 0);
  assert_int_equal(c.mapped, 0);
  assert_int_equal(c.converted, 0);
}

static void maps_a_file_once(void **state)
{
  const char *at = sample();
  struct weights_file *f = opened(at), *g = opened(at);
  assert_ptr_equal(f, g);
  assert_int_equal(weights_counts().files, 1);
  weights_file_drop(f);
  void *x, *again;
  struct tensor_buffer *b =
      weights_file_elements(g, 1, DTYPE_f32, PRECISION_f32, &x);
  weights_file_drop(g); // the buffer has it still
  assert_int_equal(weights_counts().files, 1);
  assert_true(((float *)x)[0] == 1 && ((float *)x)[1] == -2);
  g = opened(at);
  assert_ptr_equal(
      weights_file_elements(g, 1, DTYPE_f32, PRECISION_f32, &again), b);
  assert_ptr_equal(x, again);
  tensor_buffer_drop(b);
  tensor_buffer_drop(b);
  weights_file_drop(g);
  nothing_is_left();
}

// Another file in its place is another file.
static void knows_a_file_by_what_it_is(void **state)
{
  const char *at = sample();
  struct weights_file *f = opened(at);
  unlink(at);
  struct weights_file *g = opened(sample());
  assert_ptr_not_equal(f, g);
  weights_file_drop(f);
  weights_file_drop(g);
  nothing_is_left();
}

static void converts_once(void **state)
{
  struct weights_file *f = opened(sample());
  void *in_place, *y, *again, *half, *more;
  struct tensor_buffer *b[] = {
      weights_file_elements(f, 1, DTYPE_f32, PRECISION_f32, &in_place),
      weights_file_elements(f, 2, DTYPE_f32, PRECISION_f32, &y),
      weights_file_elements(f, 2, DTYPE_f32, PRECISION_f32, &again),
      weights_file_elements(f, 2, DTYPE_f16, PRECISION_f32, &half),
      weights_file_elements(f, 2, DTYPE_f32, PRECISION_bf16, &more)};
  const char *data = weights_file_table(f)->data;
  assert_ptr_equal(in_place, data);
  assert_ptr_equal(y, again);
  assert_ptr_equal(b[1], b[2]);
  assert_ptr_not_equal(b[1], b[4]);
  assert_int_equal(b[4]->precision, PRECISION_bf16);
  assert_true(((float *)y)[0] == 1 && ((float *)y)[1] == -2);
  assert_true((uintptr_t)y % 64 == 0);
  assert_ptr_not_equal(half, data + 9); // it does not lie as it must
  assert_int_equal(((uint16_t *)half)[1], 0xc000);
  assert_int_equal(weights_counts().buffers, 4);
  assert_int_equal(weights_counts().converted, 8 + 4 + 8);
  for (int i = 0; i < 5; i++)
    tensor_buffer_drop(b[i]);
  weights_file_drop(f);
  nothing_is_left();
}

static void knows_what_becomes_what(void **state)
{
  assert_true(weights_become(SAFETENSORS_BF16, DTYPE_f32));
  assert_true(weights_become(SAFETENSORS_F64, DTYPE_f16));
  assert_true(weights_become(SAFETENSORS_U8, DTYPE_i32));
  assert_true(weights_become(SAFETENSORS_I32, DTYPE_i64));
  assert_true(weights_become(SAFETENSORS_BOOL, DTYPE_bool));
  assert_false(weights_become(SAFETENSORS_I64, DTYPE_i32));
  assert_false(weights_become(SAFETENSORS_I8, DTYPE_u8));
  assert_false(weights_become(SAFETENSORS_I32, DTYPE_f32));
  assert_false(weights_become(SAFETENSORS_F32, DTYPE_i64));
  assert_false(weights_become(SAFETENSORS_U8, DTYPE_bool));
  assert_false(weights_become(SAFETENSORS_I16, DTYPE_i32));
  assert_false(weights_become(SAFETENSORS_F8_E4M3, DTYPE_f32));
}

static void refused(const char *at, const char *reason)
{
  assert_null(weights_file_open(at, why, sizeof why));
  if (!strstr(why, reason))
    fail_msg("`%s` instead of `%s`", why, reason);
  nothing_is_left();
}

static void refuses_what_is_no_file(void **state)
{
  refused("/nowhere/at/all", "No such file");
  refused(folder, "no file");
  refused("/dev/null", "no file");
  const char *at = in_folder("empty");
  fclose(fopen(at, "wb"));
  refused(at, "empty");
  at = in_folder("pipe");
  mkfifo(at, 0600);
  refused(at, "no file");
  at = in_folder("short");
  FILE *f = fopen(at, "wb");
  fputs("{\"x\":1}", f);
  fclose(f);
  refused(at, "too few");
}

static void says_when_it_cannot_map(void **state)
{
  const char *at = in_folder("large");
  FILE *f = fopen(at, "wb");
  assert_int_equal(ftruncate(fileno(f), 1ll << 40), 0); // most of it a hole
  fclose(f);
  struct rlimit had, less;
  getrlimit(RLIMIT_AS, &had);
  less = (struct rlimit){1ll << 39, had.rlim_max};
  setrlimit(RLIMIT_AS, &less); // a mapping may be refused without it too
  refused(at, "Cannot allocate memory");
  setrlimit(RLIMIT_AS, &had);
  unlink(at);
}

// ---- packed forms ----

static _Atomic int packs, releases;

static void release_form(void *form)
{
  releases++;
  free(form);
}

static struct tensor_packed pack(void *user)
{
  packs++;
  if (*(int *)user)
    return (struct tensor_packed){0};
  usleep(2000);
  return (struct tensor_packed){malloc(8), release_form};
}

static void packs_once_and_again_where_it_failed(void **state)
{
  struct weights_file *f = opened(sample());
  int fails = 1, works = 0;
  void *x;
  struct tensor_buffer *b =
      weights_file_elements(f, 1, DTYPE_f32, PRECISION_f32, &x);
  packs = releases = 0;
  assert_null(tensor_buffer_packed(b, 1, pack, &fails));
  const void *form = tensor_buffer_packed(b, 1, pack, &works);
  assert_non_null(form);
  assert_ptr_equal(tensor_buffer_packed(b, 1, pack, &works), form);
  assert_ptr_not_equal(tensor_buffer_packed(b, 0, pack, &works), form);
  assert_int_equal(packs, 3);
  assert_int_equal(releases, 0);
  tensor_buffer_drop(b);
  assert_int_equal(releases, 2);
  weights_file_drop(f);
  nothing_is_left();
}

// ---- threads ----

enum { THREADS = 4, ROUNDS = 200 };
static const char *shared_path;
static pthread_barrier_t together;

static void *opens_and_drops(void *user)
{
  int works = 0;
  char reason[200];
  for (int i = 0; i < ROUNDS; i++) {
    pthread_barrier_wait(&together);
    struct weights_file *f =
        weights_file_open(shared_path, reason, sizeof reason);
    void *y;
    struct tensor_buffer *b =
        weights_file_elements(f, 2, DTYPE_f32, PRECISION_f32, &y);
    if (((float *)y)[1] != -2 || !tensor_buffer_packed(b, 2, pack, &works))
      abort();
    weights_file_drop(f);
    struct arena a = {0};
    if (!tensor_buffer_keep(&a, b))
      abort();
    tensor_buffer_drop(b);
    arena_free(&a);
  }
  return NULL;
}

static void threads_share(void **state)
{
  pthread_t threads[THREADS];
  shared_path = strdup(sample());
  packs = releases = 0;
  pthread_barrier_init(&together, NULL, THREADS);
  for (int i = 0; i < THREADS; i++)
    pthread_create(&threads[i], NULL, opens_and_drops, NULL);
  for (int i = 0; i < THREADS; i++)
    pthread_join(threads[i], NULL);
  pthread_barrier_destroy(&together);
  free((void *)(uintptr_t)shared_path);
  assert_int_equal(packs, releases);
  assert_in_range(packs, ROUNDS / 2, THREADS * ROUNDS);
  nothing_is_left();
}

// ---- folders ----

static struct arena arena;
static struct weights_folder w;

static void index_is(const char *text)
{
  FILE *f = fopen(in_folder("model.safetensors.index.json"), "w");
  fputs(text, f);
  fclose(f);
}

static bool open_folder(void)
{
  struct buf reason = {.arena = &arena};
  bool ok = weights_folder_open(&w, &arena, folder, &reason);
  snprintf(why, sizeof why, "%s", ok ? "" : reason.data);
  return ok;
}

static void index_refused(const char *text, const char *reason)
{
  index_is(text);
  assert_false(open_folder());
  if (!strstr(why, reason))
    fail_msg("%s: `%s` instead of `%s`", text, why, reason);
  nothing_is_left();
}

static void opens_shards(void **state)
{
  sample();
  write_to(in_folder("b.safetensors"),
           "{\"b\":{\"dtype\":\"U8\",\"shape\":[1],\"data_offsets\":[0,1]}}",
           "b", 1);
  index_is("{\"metadata\":{\"total_size\":1e99},\"weight_map\":{"
           "\"y\":\"sample.safetensors\",\"b\":\"b.safetensors\","
           "\"\\u0078\":\"sample.safetensors\"}}\n");
  if (!open_folder())
    fail_msg("%s", why);
  assert_int_equal(w.n_files, 2);
  assert_int_equal(w.n_places, 3);
  assert_string_equal(w.names[w.places[0].file], "b.safetensors");
  assert_int_equal(weights_folder_entry(&w, &w.places[2])->dtype,
                   SAFETENSORS_F16);
  assert_int_equal(weights_folder_from(&w, "x", 1), 1);
  assert_int_equal(weights_counts().files, 2);
  weights_folder_close(&w);
  nothing_is_left();
}

#define MAP(places) "{\"weight_map\":{" places "}}"

static void refuses_indexes(void **state)
{
  sample();
  index_refused("", "no JSON");
  index_refused("[]", "Expecting an object");
  index_refused("{}", "no weight_map");
  index_refused("{\"weight_map\":[]}", "Expecting an object");
  index_refused("{\"weight_map\":{}} x", "Extra data");
  index_refused(MAP() "{", "Extra data");
  index_refused("{\"weight_map\":{},\"weight_map\":{}}", "twice");
  index_refused(MAP("\"x\":1"), "Expecting a string");
  index_refused(MAP("\"x\":\"sample.safetensors\","
                    "\"x\":\"sample.safetensors\""),
                "`x` is there twice");
  index_refused(MAP("\"x\":\"none.safetensors\""), "none.safetensors: No such");
  index_refused(MAP("\"z\":\"sample.safetensors\""),
                "`z` is not in sample.safetensors");
  index_refused(MAP("\"x\":\"../x.safetensors\""), "no file of its folder");
  index_refused(MAP("\"x\":\"/etc/passwd\""), "no file of its folder");
  index_refused(MAP("\"x\":\"..\""), "no file of its folder");
  index_refused(MAP("\"x\":\"\""), "no file of its folder");
  index_refused(MAP("\"x\":\"a\\u0000\""), "no file of its folder");
  index_refused(MAP("\"\xff\":\"a\""), "no UTF-8");
}

static int make_folder(void **state)
{
  return mkdtemp(folder) ? 0 : -1;
}

static int remove_folder(void **state)
{
  static const char *const names[] = {"sample.safetensors",
                                      "empty",
                                      "pipe",
                                      "short",
                                      "large",
                                      "b.safetensors",
                                      "model.safetensors.index.json"};
  for (unsigned i = 0; i < sizeof names / sizeof *names; i++)
    unlink(in_folder(names[i]));
  arena_free(&arena);
  return rmdir(folder);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(maps_a_file_once),
      cmocka_unit_test(knows_a_file_by_what_it_is),
      cmocka_unit_test(converts_once),
      cmocka_unit_test(knows_what_becomes_what),
      cmocka_unit_test(refuses_what_is_no_file),
      cmocka_unit_test(says_when_it_cannot_map),
      cmocka_unit_test(packs_once_and_again_where_it_failed),
      cmocka_unit_test(threads_share),
      cmocka_unit_test(opens_shards),
      cmocka_unit_test(refuses_indexes),
  };
  return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
