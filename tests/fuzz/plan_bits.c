// Flips bits of a plan, one at a time, each as it is and with the checksum
// repaired: refused, or harmless when it runs. As it is, no flip may pass.
//   plan_bits PLAN [STEP [FIRST]]      every STEPth bit from FIRST on
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/fuzz/plan_run.h"

static void *copy_of(const void *plan, size_t size)
{
  void *bytes = malloc(size); // exact, so that a read behind it is seen
  return bytes ? memcpy(bytes, plan, size) : NULL;
}

static void *read_all(const char *path, size_t *size)
{
  static char room[1 << 20];
  FILE *f = fopen(path, "rb");
  *size = f ? fread(room, 1, sizeof room, f) : 0;
  if (f)
    fclose(f);
  return *size && *size < sizeof room ? copy_of(room, *size) : NULL;
}

int main(int argc, char **argv)
{
  size_t size = 0, raw = 0, refused = 0, ran = 0;
  char *plan = argc > 1 ? read_all(argv[1], &size) : NULL;
  size_t step = argc > 2 ? strtoul(argv[2], NULL, 10) : 1;
  if (!plan || !step || !plan_run(plan, size)) {
    fprintf(stderr, "no plan\n");
    return 2;
  }
  for (size_t bit = argc > 3 ? strtoul(argv[3], NULL, 10) : 0; bit < size * 8;
       bit += step) {
    char *bytes = copy_of(plan, size);
    bytes[bit / 8] ^= (char)(1 << bit % 8);
    if (plan_run(bytes, size))
      return printf("bit %zu: runs with a wrong checksum\n", bit), 1;
    raw++;
    if (plan_run_repaired(bytes, size))
      ran++;
    else
      refused++;
    free(bytes);
  }
  free(plan);
  printf(
      "%zu of %zu bits: %zu refused; with the checksum repaired, %zu refused, "
      "%zu harmless\n",
      raw, size * 8, raw, refused, ran);
  return 0;
}
