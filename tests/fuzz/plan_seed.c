// Writes the sample plan of the unit tests to a file, for the fuzzer to change.
#include <stdio.h>

#include "tests/unit/plan_sample.h"

int main(int argc, char **argv)
{
  struct plan_sample s;
  const void *bytes;
  size_t size;
  plan_sample_build(&s);
  FILE *f = argc > 1 ? fopen(argv[1], "wb") : NULL;
  bool done = f && !plan_finish(&s.b, &bytes, &size) &&
              fwrite(bytes, 1, size, f) == size;
  if (f)
    done &= !fclose(f);
  arena_free(&s.arena);
  return !done;
}
