// What a harness is, as libFuzzer and replay.c see it.
#ifndef FUZZ_H
#define FUZZ_H

#include <stddef.h>
#include <stdint.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
// Optional: changes `data` in place, at most to `room` bytes; the new size.
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t room,
                               unsigned seed);
// Given to mutators: changes bytes without knowing what they are.
size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t room);

#endif
