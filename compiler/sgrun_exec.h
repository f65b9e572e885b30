// The runtime's part of a command: sgc becomes sgrun, which has what is not the
// compiler's (an engine, the writer of OpenAPI).
#ifndef SG_SGRUN_EXEC_H
#define SG_SGRUN_EXEC_H

#include <stddef.h>

// Becomes `sgrun OPTIONS PLAN`, with the plan that is in `bytes`; the options
// end with NULL. Returns only if that failed, with errno set.
void sgrun_exec(const char *const *options, const void *bytes, size_t size);

#endif
