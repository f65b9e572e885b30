// Enters: code points. Leaves: what the reference takes them for.
#include "stdlib/ops/tokenize/parts.h"

#include <utf8proc.h>

static const struct run {
  uint32_t first, classes;
} runs[] = {
#define RUN(first, classes) {first, classes},
#include "stdlib/ops/tokenize/unicode.def"
#undef RUN
};
enum { RUNS = sizeof runs / sizeof *runs, BLOCK = 256, ODD_BLOCKS = 512 };

const uint16_t *unicode_blocks[0x1100];
static uint16_t odd[ODD_BLOCKS][BLOCK]; // blocks of more than one run
static uint16_t even[1024][BLOCK];      // by class, of one

static void fill(uint16_t *block, uint32_t first, uint32_t run)
{
  for (uint32_t i = 0; i < BLOCK; i++) {
    while (run + 1 < RUNS && runs[run + 1].first <= first + i)
      run++;
    block[i] = (uint16_t)runs[run].classes;
  }
}

static void prepare(void)
{
  uint32_t run = 0, used = 0;
  for (uint32_t b = 0; b < 0x1100; b++) {
    uint32_t first = b * BLOCK;
    while (run + 1 < RUNS && runs[run + 1].first <= first)
      run++;
    bool whole = run + 1 == RUNS || runs[run + 1].first >= first + BLOCK;
    uint16_t *block =
        whole || used == ODD_BLOCKS ? even[runs[run].classes] : odd[used++];
    fill(block, first, run);
    unicode_blocks[b] = block;
  }
}

void unicode_ready(void)
{
  static pthread_once_t once = PTHREAD_ONCE_INIT;
  pthread_once(&once, prepare);
}

bool is_chinese(uint32_t c)
{
  return (c >= 0x4E00 && c <= 0x9FFF) || (c >= 0x3400 && c <= 0x4DBF) ||
         (c >= 0xF900 && c <= 0xFAFF) || (c >= 0x20000 && c <= 0x2A6DF) ||
         (c >= 0x2A700 && c <= 0x2B81F) || (c >= 0x2B920 && c <= 0x2CEAF) ||
         (c >= 0x2F800 && c <= 0x2FA1F);
}

// Small letters of newer versions of Unicode than utf8proc may be of.
static const struct {
  uint32_t first, last, to;
} lower[] = {
    {0x1C89, 0x1C89, 0x1C8A},    {0xA7CB, 0xA7CB, 0x264},
    {0xA7CC, 0xA7CC, 0xA7CD},    {0xA7CE, 0xA7CE, 0xA7CF},
    {0xA7D2, 0xA7D2, 0xA7D3},    {0xA7D4, 0xA7D4, 0xA7D5},
    {0xA7DA, 0xA7DA, 0xA7DB},    {0xA7DC, 0xA7DC, 0x19B},
    {0x10D50, 0x10D65, 0x10D70}, {0x16EA0, 0x16EB8, 0x16EBB},
};

uint32_t unicode_lower(uint32_t code)
{
  for (size_t i = 0; i < sizeof lower / sizeof *lower; i++)
    if (code >= lower[i].first && code <= lower[i].last)
      return code - lower[i].first + lower[i].to;
  return (uint32_t)utf8proc_tolower((utf8proc_int32_t)code);
}
