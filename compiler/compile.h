// What the passes of one run share. The arena owns all that they make.
#ifndef SG_COMPILE_H
#define SG_COMPILE_H

#include "compiler/type.h"
#include "grammar/text/ast.h"

struct index;

struct used_library {
  atom name;
  uint32_t file; // its number, as in spans
};

struct missing { // a file that could not be read
  const struct missing *next;
  const char *path;
};

struct compile {
  struct arena *arena;
  struct arena scratch; // what one function needs while a pass works on it
  struct atoms atoms;
  struct diags diags;
  struct types *types;
  struct source *sources; // by span.file
  struct file_ast **files;
  uint32_t n_sources, room_sources; // files has as many
  // The text of a file that counts in place of what is on the disk, in the
  // arena with a NUL behind it; NULL: there is none. Or no function.
  const char *(*open_text)(struct compile *c, const char *path, size_t *size);
  void *opener; // its own
  struct index *index; // what names mean, for who asks; or NULL
  const struct missing *missing; // newest first
  uint32_t n_own; // sources of the program itself; libraries come behind
  struct used_library *libraries;
  uint32_t n_libraries;
};

// Readies `c` (zeroed before) to work in `arena`; `scratch` is its own.
void compile_init(struct compile *c, struct arena *arena);
void compile_end(struct compile *c); // gives back what is not in that arena

// Adds a source, whose text it borrows; compile_parse then reads it.
void compile_add_source(struct compile *c, const char *path, const char *text,
                        size_t size);
void compile_parse(struct compile *c, uint32_t file);

// Reads and parses files and all that they use, libraries last; "-" is the
// standard input. What cannot be read is reported, at the `use` where there is one.
void load_program(struct compile *c, char *const *paths, size_t n);

// A path without detours, and one that a file names: files are told apart so.
const char *path_tidy(struct arena *a, const char *path);
const char *path_beside(struct arena *a, const char *file, const char *path);

// Reads one file as the next source, whatever it holds. False: it is reported.
bool load_source(struct compile *c, const char *path);

#endif
