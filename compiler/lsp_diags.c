// What is wrong, told to the editor: all of it, for each file of the programs
// that an open text is part of, and taken back when it is mended.
#include "compiler/lsp.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

// ---- one diagnostic ----

static bool is_unneeded(enum diag_id id)
{
  return id == DIAG_unused_name || id == DIAG_unused_parameter ||
         id == DIAG_unreachable_code;
}

static cJSON *related(struct lsp_server *s, struct lsp_run *r,
                      const struct diag *d)
{
  cJSON *list = cJSON_CreateArray();
  for (const struct diag_note *n = d->notes; n; n = n->next) {
    if (n->span.file >= r->p.c.n_sources)
      continue;
    cJSON *one = cJSON_CreateObject();
    cJSON_AddItemToObject(one, "location", lsp_location(s, r, n->span));
    lsp_add_text(one, "message", n->text);
    cJSON_AddItemToArray(list, one);
  }
  return list;
}

static void add_message(struct lsp_server *s, const struct lsp_run *r,
                        const struct diag *d, cJSON *to)
{
  struct buf out = {0};
  buf_adds(&out, d->message);
  for (const struct diag_note *n = d->notes; n && !s->related; n = n->next) {
    uint32_t line, column;
    if (n->span.file >= r->p.c.n_sources)
      continue;
    source_place(&r->p.c.sources[n->span.file], n->span.start, &line, &column);
    buf_addf(&out, "\nline %u: %s", line, n->text);
  }
  if (d->hint)
    buf_addf(&out, "\nhint: %s", d->hint);
  lsp_add_text(to, "message", out.data ? out.data : "");
  buf_free(&out);
}

cJSON *lsp_diagnostic(struct lsp_server *s, struct lsp_run *r,
                      const struct diag *d)
{
  static const unsigned char severities[] = {
      [SEVERITY_NOTE] = 3, [SEVERITY_WARNING] = 2, [SEVERITY_ERROR] = 1};
  char code[16];
  struct span at = d->span;
  cJSON *json = cJSON_CreateObject();
  if (at.file >= r->p.c.n_sources)
    at = (struct span){0, 0, 0};
  snprintf(code, sizeof code, "SG%04u", d->id);
  cJSON_AddItemToObject(json, "range", lsp_range(s, lsp_lines(r, at.file), at));
  cJSON_AddNumberToObject(json, "severity", severities[d->severity]);
  cJSON_AddStringToObject(json, "code", code);
  cJSON_AddStringToObject(json, "source", "sgc");
  add_message(s, r, d, json);
  if (is_unneeded(d->id))
    cJSON_AddItemToArray(cJSON_AddArrayToObject(json, "tags"),
                         cJSON_CreateNumber(1));
  if (d->notes && s->related)
    cJSON_AddItemToObject(json, "relatedInformation", related(s, r, d));
  return json;
}

// ---- all of them ----

static bool is_there(const cJSON *list, const cJSON *one)
{
  const cJSON *other;
  cJSON_ArrayForEach(other, list) if (cJSON_Compare(other, one, true))
    return true;
  return false;
}

// Several programs may say the same of a file that they share.
static void collect(struct lsp_server *s, struct lsp_program *p, bool shared)
{
  struct lsp_run *r = p->now;
  for (const struct diag *d = r->p.c.diags.first; d; d = d->next) {
    const char *path = d->span.file < r->p.c.n_sources
                           ? r->p.c.sources[d->span.file].path
                           : p->root;
    struct lsp_file *f = r->p.c.n_sources ? lsp_file_add(s, path) : NULL;
    if (!f)
      continue;
    if (!f->diags)
      f->diags = cJSON_CreateArray();
    cJSON *one = lsp_diagnostic(s, r, d);
    if (shared && is_there(f->diags, one))
      cJSON_Delete(one);
    else
      cJSON_AddItemToArray(f->diags, one);
  }
}

static void tell(struct lsp_server *s, struct lsp_file *f)
{
  if (!f->text && !f->diags && !f->shown)
    return;
  cJSON *params = cJSON_CreateObject();
  f->shown = f->diags;
  lsp_add_text(params, "uri", lsp_uri(s, f->path));
  if (f->text && f->has_version)
    cJSON_AddNumberToObject(params, "version", f->version);
  cJSON_AddItemToObject(params, "diagnostics",
                        f->diags ? f->diags : cJSON_CreateArray());
  f->diags = NULL;
  char *text = cJSON_PrintUnformatted(params);
  uint64_t hash = text ? XXH3_64bits(text, strlen(text)) : 0;
  cJSON_free(text);
  if (hash != f->said)
    lsp_notify(s, "textDocument/publishDiagnostics", params);
  else
    cJSON_Delete(params);
  f->said = hash;
}

// The programs of what is open; the others are forgotten.
static unsigned programs_of_open(struct lsp_server *s)
{
  uint32_t mark = ++s->marks;
  unsigned n = 0;
  for (struct lsp_file *f = s->files; f; f = f->next) {
    struct lsp_program *programs[LSP_PROGRAMS_MAX];
    uint32_t count = f->text ? lsp_programs(s, f, programs) : 0;
    for (uint32_t i = 0; i < count; i++)
      programs[i]->mark = mark;
  }
  for (struct lsp_program **at = &s->programs, *p; (p = *at);) {
    if (p->mark == mark) {
      at = &p->next;
      n++;
    } else {
      *at = p->next;
      lsp_program_free(p);
    }
  }
  return n;
}

void lsp_publish(struct lsp_server *s)
{
  unsigned n = programs_of_open(s);
  s->changed = false;
  for (struct lsp_program *p = s->programs; p; p = p->next) {
    p->told = true;
    p->stale = false;
    if (p->now)
      collect(s, p, n > 1);
  }
  for (struct lsp_file *f = s->files; f; f = f->next)
    tell(s, f);
  arena_reset(&s->scratch);
}
