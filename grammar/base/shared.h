// A shared library that is loaded when it is first needed and kept: programs
// that need none start without it.
#ifndef SG_SHARED_H
#define SG_SHARED_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>

struct shared_library {
  const char *file;
  const char *const *names;
  void **to; // where the functions are put
  unsigned n;
  pthread_mutex_t lock;
  atomic_bool loaded;
};

// Loads a library unless it is loaded already; false when it or one of its
// `names` is missing. What fails is tried again at the next time: perhaps there
// was no memory, or no descriptor, just then.
bool shared_ready(struct shared_library *l);

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
  static struct shared_library lib_one = {file,                                \
                                          lib_names,                           \
                                          lib.all,                             \
                                          sizeof lib_names /                   \
                                              sizeof *lib_names,               \
                                          PTHREAD_MUTEX_INITIALIZER,           \
                                          false};                              \
  static bool lib_ready(void)                                                  \
  {                                                                            \
    return shared_ready(&lib_one);                                             \
  }

#endif
