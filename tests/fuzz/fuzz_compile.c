// The whole compiler, over any bytes: parse, check, lower, emit, and the plan
// verified. What passes one pass passes the next: a plan that does not hold is
// a finding, as are two plans of one source that differ. Everything that prints
// a program prints it. A form feed parts two files of one program.
#include "tests/fuzz/fuzz.h"

#include "compiler/check.h"
#include "compiler/dot.h"
#include "compiler/emit.h"
#include "compiler/explain.h"
#include "compiler/lower.h"
#include "compiler/library.h"
#include "grammar/text/parse.h"

#include <stdlib.h>
#include <string.h>

enum { LARGEST = 1 << 15, MOST_ERRORS = 200, FILES = 2 };

struct made {
  struct arena arena;
  struct compile c;
  struct program *program;
  const void *plan;
  size_t plan_size;
};

static void require(bool holds)
{
  if (!holds)
    abort();
}

static void no_memory(void)
{
  abort();
}

// ---- compiling ----

static void parse(struct made *m, char *text, size_t size)
{
  static const char *const names[] = {"one.sg", "two.sg"};
  for (uint32_t i = 0; i < FILES; i++) {
    char *end = i + 1 < FILES ? memchr(text, '\f', size) : NULL;
    size_t n = end ? (size_t)(end - text) : size;
    compile_add_source(&m->c, names[i], arena_copy(&m->arena, text, n), n);
    compile_parse(&m->c, i);
    if (!end)
      break;
    text += n + 1;
    size -= n + 1;
  }
  libraries_load(&m->c);
}

// False: something was reported as wrong.
static bool compile(struct made *m, char *text, size_t size)
{
  m->arena.exhausted = no_memory;
  compile_init(&m->c, &m->arena);
  m->c.diags.limit = MOST_ERRORS;
  parse(m, text, size);
  if (!m->c.diags.errors)
    m->program = check_program(&m->c);
  if (m->c.diags.errors)
    return false;
  lower_program(&m->c, m->program, true);
  if (!m->c.diags.errors)
    emit_program(&m->c, m->program, true, &m->plan, &m->plan_size);
  return !m->c.diags.errors;
}

// ---- what was made ----

static void check_diags(const struct made *m)
{
  const struct source *s = m->c.sources;
  for (const struct diag *d = m->c.diags.first; d; d = d->next) {
    require(d->message && *d->message);
    require(d->id != DIAG_internal);
    if (d->span.file < m->c.n_sources)
      require(d->span.start <= d->span.end &&
              d->span.end <= s[d->span.file].size);
    for (const struct diag_note *n = d->notes; n; n = n->next)
      if (n->span.file < m->c.n_sources)
        require(n->span.start <= n->span.end &&
                n->span.end <= s[n->span.file].size);
  }
}

static void print_diags(struct made *m)
{
  struct buf out = {0};
  for (int form = DIAG_HUMAN; form <= DIAG_GITHUB; form++)
    diag_print(&m->c.diags, m->c.sources, m->c.n_sources, (enum diag_form)form,
               form == DIAG_HUMAN, &out);
  require(!out.failed);
  buf_free(&out);
}

// Explaining runs loops, up to a bound that is far for a harness: it is asked
// for by few inputs.
static void print_program(struct made *m, bool explained)
{
  struct buf out = {0};
  struct plan view;
  char why[300];
  core_dump(m->program, &out);
  lower_dump(m->program, &out);
  require(!plan_open(&view, m->plan, m->plan_size, why, sizeof why));
  plan_dump(&view, &out);
  dot_program(&m->c, m->program, NULL, &out);
  if (explained)
    explain_program(&m->c, m->program, &out);
  require(!out.failed);
  buf_free(&out);
}

static void compare(const struct made *m, char *text, size_t size)
{
  struct made again = {0};
  require(compile(&again, text, size));
  require(again.plan_size == m->plan_size);
  require(!memcmp(again.plan, m->plan, m->plan_size));
  compile_end(&again.c);
  arena_free(&again.arena);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
  if (size > LARGEST)
    return 0;
  struct made m = {0};
  char *text = malloc(size + 1);
  memcpy(text, data, size);
  text[size] = 0;
  bool ok = compile(&m, text, size);
  check_diags(&m);
  if (m.program && m.c.diags.count) // others print what the parser says
    print_diags(&m);
  if (ok)
    print_program(&m, size % 64 == 0);
  if (ok)
    compare(&m, text, size);
  free(text);
  compile_end(&m.c);
  arena_free(&m.arena);
  return 0;
}
