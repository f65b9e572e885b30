// A library of images, loaded when it is first needed and kept: programs that
// read none start without it.
#ifndef SG_IMAGE_LIBRARY_H
#define SG_IMAGE_LIBRARY_H

#include <pthread.h>
#include <stdbool.h>

// All of `names` from a library into `to`, an array of function pointers;
// false when the library or one of them is missing.
bool image_load(const char *library, const char *const *names, void **to,
                unsigned n);

// The functions of a library as pointers in `lib`. FUNCTIONS(X) lists them; a
// file that defines it says IMAGE_LIBRARY once, and asks lib_ready() first.
#define IMAGE_POINTER(name) __typeof__(&name) name;
#define IMAGE_ONE(name) +1
#define IMAGE_NAME(name) #name,
#define IMAGE_LIBRARY(file)                                                    \
  static union {                                                               \
    struct {                                                                   \
      FUNCTIONS(IMAGE_POINTER)                                                 \
    };                                                                         \
    void *all[0 FUNCTIONS(IMAGE_ONE)];                                         \
  } lib;                                                                       \
  static const char *const lib_names[] = {FUNCTIONS(IMAGE_NAME)};              \
  static bool lib_loaded;                                                      \
  static void lib_load(void)                                                   \
  {                                                                            \
    lib_loaded = image_load(file, lib_names, lib.all,                          \
                            sizeof lib_names / sizeof *lib_names);             \
  }                                                                            \
  static bool lib_ready(void)                                                  \
  {                                                                            \
    static pthread_once_t once = PTHREAD_ONCE_INIT;                            \
    pthread_once(&once, lib_load);                                             \
    return lib_loaded;                                                         \
  }

#endif
