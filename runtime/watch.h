// Watch: when a source or a plan changes, it is compiled and loaded again, and
// handed over. What is bad is said and forgotten.
#ifndef SG_WATCH_H
#define SG_WATCH_H

#include "runtime/plan/load.h"

#include <uv.h>

struct watch;

// Takes over what it is given. On the loop's thread.
typedef void watch_changed(struct loaded *loaded, void *user);

// Watches `path` (a source or a plan) and the files that `p` was made of. NULL
// when nothing can be watched.
struct watch *watch_new(uv_loop_t *loop, const char *path, const struct plan *p,
                        watch_changed *changed, void *user);
void watch_close(struct watch **w);

#endif
