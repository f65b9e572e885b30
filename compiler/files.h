// Files in and out: whole, or not at all.
#ifndef SG_FILES_H
#define SG_FILES_H

#include "grammar/base/arena.h"

enum { FILE_READ_MAX = 256 << 20 };

// What a file holds, with a NUL behind it; "-" is the standard input. NULL, and
// errno: it cannot be read, or is larger than FILE_READ_MAX (EFBIG).
char *file_read(struct arena *a, const char *path, size_t *size);

// Whether they begin as a plan does.
bool file_is_plan(const char *bytes, size_t size);

// Puts bytes in the place of the file at `path`, so that nobody ever sees half
// of them; a link stays one, and so do the file's mode and owner. What is no
// plain file (a pipe, /dev/null) is written where it is; "-" is the standard
// output. False, and errno: it failed, and what was there is unchanged.
bool file_replace(struct arena *a, const char *path, const void *bytes,
                  size_t size);

// Writes a file where nothing is yet: EEXIST when something is.
bool file_create(const char *path, const void *bytes, size_t size);

#endif
