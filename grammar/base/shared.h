// A shared library that is loaded when it is first needed and kept: programs
// that need none start without it.
#ifndef SG_SHARED_H
#define SG_SHARED_H

#include <pthread.h>
#include <stdbool.h>

// All of `names` from a library into `to`, an array of function pointers;
// false when the library or one of them is missing.
bool shared_load(const char *library, const char *const *names, void **to,
                 unsigned n);

// The functions of a library as pointers in `lib`. FUNCTIONS(X) lists them; a
// file that defines it says SHARED_LIBRARY once, and asks lib_ready() first.
#define SHARED_POINTER(name) __typeof__(&name) name;
#define SHARED_ONE(name) +1
#define SHARED_NAME(name) #name,
#define SHARED_LIBRARY(file)                                                   \
  static union {                                                               \
    struct {                                                                   \
      FUNCTIONS(SHARED_POINTER)                                                \
    };                                                                         \
    void *all[0 FUNCTIONS(SHARED_ONE)];                                        \
  } lib;                                                                       \
  static const char *const lib_names[] = {FUNCTIONS(SHARED_NAME)};             \
  static bool lib_loaded;                                                      \
  static void lib_load(void)                                                   \
  {                                                                            \
    lib_loaded = shared_load(file, lib_names, lib.all,                         \
                             sizeof lib_names / sizeof *lib_names);            \
  }                                                                            \
  static bool lib_ready(void)                                                  \
  {                                                                            \
    static pthread_once_t once = PTHREAD_ONCE_INIT;                            \
    pthread_once(&once, lib_load);                                             \
    return lib_loaded;                                                         \
  }

#endif
