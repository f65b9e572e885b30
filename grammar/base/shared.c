// Enters: the name of a library. Leaves: where its functions are.
#include "grammar/base/shared.h"

#include <dlfcn.h>
#include <stddef.h>

static bool load(const struct shared_library *l)
{
  void *handle = dlopen(l->file, RTLD_NOW | RTLD_LOCAL);
  if (!handle)
    return false;
  for (unsigned i = 0; i < l->n; i++)
    if (!(l->to[i] = dlsym(handle, l->names[i]))) {
      dlclose(handle);
      return false;
    }
  return true;
}

bool shared_ready(struct shared_library *l)
{
  if (atomic_load_explicit(&l->loaded, memory_order_acquire))
    return true;
  pthread_mutex_lock(&l->lock);
  bool loaded = atomic_load(&l->loaded) || load(l);
  atomic_store_explicit(&l->loaded, loaded, memory_order_release);
  pthread_mutex_unlock(&l->lock);
  return loaded;
}
