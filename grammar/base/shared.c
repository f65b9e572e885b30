// Enters: the name of a library. Leaves: where its functions are.
#include "grammar/base/shared.h"

#include <dlfcn.h>
#include <stddef.h>

bool shared_load(const char *library, const char *const *names, void **to,
                 unsigned n)
{
  void *handle = dlopen(library, RTLD_NOW | RTLD_LOCAL);
  for (unsigned i = 0; i < n; i++)
    if (!handle || !(to[i] = dlsym(handle, names[i])))
      return false;
  return true;
}
