// Runs a harness without libFuzzer: over files, over `-n` changes of each (the
// same ones every time), and with `-b` over each with one bit of every so many
// flipped.
//   replay_NAME [-n CHANGES] [-b STEP] FILE-OR-FOLDER…
// The input that it fails with is left beside the program, as
// replay_NAME.found.
#include <dirent.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "tests/fuzz/fuzz.h"

#pragma weak LLVMFuzzerCustomMutator
void __sanitizer_set_death_callback(void (*callback)(void));
#pragma weak __sanitizer_set_death_callback

enum { ROOM = 1 << 20 };

static unsigned long changes, step, inputs;
static uint64_t random_state = 1;

static uint32_t next_random(void)
{
  random_state = random_state * 6364136223846793005u + 1442695040888963407u;
  return (uint32_t)(random_state >> 33);
}

// One of: a bit flipped, a byte set, a piece cut out or doubled.
size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t room)
{
  if (!size)
    return 0;
  size_t at = next_random() % size, n = next_random() % (size - at) % 16 + 1;
  if (at + n > size)
    n = size - at;
  switch (next_random() % 4) {
  case 0:
    data[at] ^= (uint8_t)(1 << next_random() % 8);
    return size;
  case 1:
    data[at] = (uint8_t)next_random();
    return size;
  case 2:
    memmove(data + at, data + at + n, size - at - n);
    return size - n;
  default:
    if (size + n > room)
      return size;
    memmove(data + at + n, data + at, size - at);
    return size + n;
  }
}

// ---- what it fails with ----

static char found[4096];
static uint8_t now[ROOM]; // a copy, since harnesses may change what they get
static size_t now_size;

static void keep_input(void)
{
  FILE *f = fopen(found, "wb");
  if (!f)
    return;
  fwrite(now, 1, now_size, f);
  fclose(f);
  fprintf(stderr, "the input is kept as %s\n", found);
}

static void aborted(int number)
{
  keep_input();
  signal(number, SIG_DFL);
  raise(number);
}

const char *__ubsan_default_options(void);
const char *__ubsan_default_options(void)
{
  return "abort_on_error=1:print_stacktrace=1";
}

static void watch(const char *program)
{
  snprintf(found, sizeof found, "%s.found", program);
  signal(SIGABRT, aborted);
  if (__sanitizer_set_death_callback)
    __sanitizer_set_death_callback(keep_input);
}

static void run(const uint8_t *data, size_t size)
{
  uint8_t *exact = malloc(size ? size : 1); // so that a read behind it is seen
  memcpy(exact, data, size);
  memcpy(now, data, size);
  now_size = size;
  LLVMFuzzerTestOneInput(exact, size);
  free(exact);
  inputs++;
}

// ---- inputs ----

static void run_changed(const uint8_t *data, size_t size)
{
  uint8_t *changed = malloc(ROOM);
  for (unsigned long i = 0; i < changes; i++) {
    memcpy(changed, data, size);
    size_t n = size;
    for (unsigned k = next_random() % 3 + 1; k; k--)
      n = LLVMFuzzerCustomMutator
              ? LLVMFuzzerCustomMutator(changed, n, ROOM, next_random())
              : LLVMFuzzerMutate(changed, n, ROOM);
    run(changed, n);
  }
  free(changed);
}

static void run_flipped(uint8_t *data, size_t size)
{
  for (size_t bit = 0; step && bit < size * 8; bit += step) {
    data[bit / 8] ^= (uint8_t)(1 << bit % 8);
    run(data, size);
    data[bit / 8] ^= (uint8_t)(1 << bit % 8);
  }
}

static int run_file(const char *path)
{
  FILE *f = fopen(path, "rb");
  uint8_t *data = malloc(ROOM);
  size_t size = f && data ? fread(data, 1, ROOM, f) : 0;
  bool read = f && !ferror(f);
  if (f)
    fclose(f);
  if (read) {
    run(data, size);
    run_changed(data, size);
    run_flipped(data, size);
  } else {
    perror(path);
  }
  free(data);
  return read ? 0 : -1;
}

static int by_name(const struct dirent **x, const struct dirent **y)
{
  return strcmp((*x)->d_name, (*y)->d_name);
}

static int run_path(const char *path)
{
  struct stat st;
  struct dirent **names;
  if (stat(path, &st) || !S_ISDIR(st.st_mode))
    return run_file(path);
  int n = scandir(path, &names, NULL, by_name), bad = n < 0;
  for (int i = 0; i < n; i++) {
    char file[4096];
    snprintf(file, sizeof file, "%s/%s", path, names[i]->d_name);
    if (names[i]->d_name[0] != '.')
      bad |= run_file(file);
    free(names[i]);
  }
  if (n >= 0)
    free(names);
  return bad ? -1 : 0;
}

int main(int argc, char **argv)
{
  int bad = 0, i = 1;
  watch(argv[0]);
  for (; i + 1 < argc && argv[i][0] == '-'; i += 2)
    *(argv[i][1] == 'n' ? &changes : &step) = strtoul(argv[i + 1], NULL, 10);
  for (; i < argc; i++)
    bad |= run_path(argv[i]);
  printf("%lu inputs\n", inputs);
  return bad || !inputs;
}
