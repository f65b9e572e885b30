// Enters: the `use` items of all files. Leaves: further files, one a library.
// The texts are stdlib/*.sg, put there by the assembler.
#include "compiler/library.h"

#include "grammar/text/parse.h"

#include <string.h>

#define LIBRARY(name)                                                          \
  __asm__(".pushsection .rodata\n"                                             \
          "library_" #name ": .incbin \"stdlib/" #name ".sg\"\n"               \
          "library_" #name "_end: .byte 0\n"                                   \
          ".popsection\n");                                                    \
  extern const char library_##name[], library_##name##_end[];
#include "compiler/libraries.inc"
#undef LIBRARY

enum {
#define LIBRARY(name) LIBRARY_##name,
#include "compiler/libraries.inc"
#undef LIBRARY
  LIBRARIES
};

static const char *const names[] = {
#define LIBRARY(name) #name,
#include "compiler/libraries.inc"
#undef LIBRARY
};

const char *const *library_names(uint32_t *n)
{
  *n = LIBRARIES;
  return names;
}

const struct library *library_named(const char *name)
{
  static struct library all[] = {
#define LIBRARY(id) {#id, "stdlib/" #id ".sg", library_##id, 0},
#include "compiler/libraries.inc"
#undef LIBRARY
  };
  static const char *const ends[] = {
#define LIBRARY(id) library_##id##_end,
#include "compiler/libraries.inc"
#undef LIBRARY
  };
  for (uint32_t i = 0; i < LIBRARIES; i++)
    if (!strcmp(all[i].name, name)) {
      all[i].size = (size_t)(ends[i] - all[i].text);
      return &all[i];
    }
  return NULL;
}

// ---- loading ----

static void load(struct compile *c, const struct name *name)
{
  for (uint32_t i = 0; i < c->n_libraries; i++)
    if (c->libraries[i].name == name->text)
      return;
  const struct library *l = library_named(name->text->text);
  if (!l)
    return; // it is reported where names are
  struct used_library used = {name->text, c->n_sources};
  c->libraries = arena_grow(
      c->arena, c->libraries, c->n_libraries * sizeof *c->libraries,
      (c->n_libraries + 1) * sizeof *c->libraries); // there are few
  c->libraries[c->n_libraries++] = used;
  compile_add_source(c, l->path, l->text, l->size);
}

void libraries_load(struct compile *c)
{
  c->n_own = c->n_sources;
  for (uint32_t i = 0; i < c->n_sources; i++) {
    if (i >= c->n_own)
      compile_parse(c, i);
    for (struct item *use = c->files[i]->items; use; use = use->next)
      if (use->kind == ITEM_USE && !use->use.path.data && use->use.module.text)
        load(c, &use->use.module);
  }
}
