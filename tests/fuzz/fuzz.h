// What a harness is, as libFuzzer and replay.c see it.
#ifndef FUZZ_H
#define FUZZ_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
// Optional: changes `data` in place, at most to `room` bytes; the new size.
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t room,
                               unsigned seed);
// Optional: puts a mixture of two inputs into `out`; its size.
size_t LLVMFuzzerCustomCrossOver(const uint8_t *one, size_t one_size,
                                 const uint8_t *two, size_t two_size,
                                 uint8_t *out, size_t room, unsigned seed);
// Given to mutators: changes bytes without knowing what they are.
size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t room);

// What holds for every input; else the run ends and says where.
#define MUST(condition)                                                        \
  do {                                                                         \
    if (!(condition)) {                                                        \
      fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #condition);          \
      abort();                                                                 \
    }                                                                          \
  } while (0)

#endif
