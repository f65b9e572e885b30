// Quantities as a command line writes them: 500ms, 1.5s, 64MB, 1GiB.
#ifndef SG_QUANTITY_H
#define SG_QUANTITY_H

#include <stdint.h>

// In nanoseconds and bytes; -1 when the text is none.
int64_t quantity_duration(const char *text);
int64_t quantity_size(const char *text);

#endif
