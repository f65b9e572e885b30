// `sgc test`: the runtime's part of it.
#ifndef SG_TEST_RUN_H
#define SG_TEST_RUN_H

#include <stddef.h>

// Becomes `sgrun --test` of the plan in `bytes`; returns only if that failed,
// with errno set. `filter`: only tests with this in their name, or NULL.
void test_run(const void *bytes, size_t size, const char *filter);

#endif
