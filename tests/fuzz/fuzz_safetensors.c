// Safetensors files: any bytes are refused with one line of reason, or their
// table is right: names in order, data one behind the other up to the end.
#include "tests/fuzz/fuzz.h"

#include "runtime/tensor/safetensors.h"

enum { MEMORY = 64 << 20 };

static uint64_t bits_of(const struct safetensors_entry *e)
{
  uint64_t all = safetensors_dtype_bits[e->dtype];
  for (uint32_t i = 0; i < e->rank; i++) {
    MUST(e->dims[i] >= 0);
    all *= (uint64_t)e->dims[i];
  }
  return all;
}

// As many bytes as the file has, and each tensor's are as many as it needs.
static void check_table(const struct safetensors *s)
{
  uint64_t bytes = 0, sum = 0;
  for (uint32_t i = 0; i < s->count; i++) {
    const struct safetensors_entry *e = &s->entries[i];
    MUST(!i || text_compare(s->entries[i - 1].name, e->name) < 0);
    MUST(safetensors_find(s, e->name->data, e->name->size) == e);
    MUST(e->dtype < SAFETENSORS_DTYPES && e->rank <= TENSOR_RANK);
    MUST(e->begin <= e->end && e->end <= s->size);
    MUST(bits_of(e) == 8 * (e->end - e->begin));
    for (uint64_t at = e->begin; at < e->end; at++)
      sum += (unsigned char)s->data[at];
    bytes += e->end - e->begin;
  }
  MUST(bytes == s->size);
  volatile uint64_t read = sum;
  (void)read;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
  struct arena a = {.limit = MEMORY};
  struct safetensors s = {0};
  char why[512] = "";
  if (!safetensors_read(&s, &a, data, size, why, sizeof why))
    check_table(&s);
  else
    MUST(*why && !strchr(why, '\n') && !s.entries);
  arena_free(&a);
  return 0;
}
