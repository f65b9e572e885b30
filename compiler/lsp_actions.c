// What an editor can mend by itself: hints that say what to write instead.
#include "compiler/lsp.h"

#include <ctype.h>
#include <string.h>

struct fixing {
  struct lsp_request *r;
  struct lsp_run *run;
  const struct diag *d;
  cJSON *list;
};

static void add(struct fixing *x, struct span at, const char *title,
                const char *text)
{
  struct lsp_server *s = x->r->s;
  cJSON *action = cJSON_CreateObject(), *edit = lsp_edit_new(s);
  lsp_add_text(action, "title", title);
  cJSON_AddStringToObject(action, "kind", "quickfix");
  cJSON_AddTrueToObject(action, "isPreferred");
  cJSON_AddItemToArray(cJSON_AddArrayToObject(action, "diagnostics"),
                       lsp_diagnostic(s, x->run, x->d));
  lsp_edit_add(s, edit, x->run, at, text);
  cJSON_AddItemToObject(action, "edit", edit);
  cJSON_AddItemToArray(x->list, action);
}

static uint32_t word_end(const struct source *s, uint32_t at)
{
  while (at < s->size && (isalnum((unsigned char)s->text[at]) || s->text[at] == '_'))
    at++;
  return at;
}

// "did you mean `x`?": the word where the diagnostic begins becomes `x`.
static void other_name(struct fixing *x)
{
  static const char begins[] = "did you mean `";
  const struct source *s = &x->run->p.c.sources[x->d->span.file];
  const char *hint = x->d->hint;
  if (!hint || strncmp(hint, begins, sizeof begins - 1) != 0)
    return;
  hint += sizeof begins - 1;
  size_t n = strcspn(hint, "`");
  struct span at = x->d->span;
  at.start += s->text[at.start] == '"';
  at.end = word_end(s, at.start);
  const char *dot = memrchr(hint, '.', n); // of a group: the last part
  if (dot && s->text[at.end] != '.') {
    n -= (size_t)(dot + 1 - hint);
    hint = dot + 1;
  }
  if (at.end == at.start || !n)
    return;
  const char *name = arena_copy(&x->r->s->scratch, hint, n);
  add(x, at, arena_printf(&x->r->s->scratch, "Change to `%s`", name), name);
}

// The word before a name, as in `let x`; its span has no length if it is another.
static struct span word_before(const struct source *s, struct span name,
                               const char *word)
{
  uint32_t end = name.start, n = (uint32_t)strlen(word);
  while (end && (s->text[end - 1] == ' ' || s->text[end - 1] == '\t'))
    end--;
  bool same = end >= n && !memcmp(s->text + end - n, word, n);
  return (struct span){name.file, same ? end - n : end, end};
}

static void make_variable(struct fixing *x)
{
  const struct diag_note *n = x->d->notes;
  if (x->d->id != DIAG_not_assignable || !n || !x->d->hint)
    return;
  struct span at =
      word_before(&x->run->p.c.sources[n->span.file], n->span, "let");
  if (at.end > at.start)
    add(x, at, "Declare it with `var`", "var");
}

static void say_unused(struct fixing *x)
{
  struct span at = {x->d->span.file, x->d->span.start, x->d->span.start};
  if (x->d->id == DIAG_unused_name)
    add(x, at, "Say that it is not used: `_`", "_");
}

static bool wanted(const cJSON *params)
{
  const cJSON *context = cJSON_GetObjectItem(params, "context"), *kind;
  const cJSON *only = cJSON_GetObjectItem(context, "only");
  if (!cJSON_IsArray(only))
    return true;
  cJSON_ArrayForEach(kind, only)
    if (cJSON_IsString(kind) && (!*kind->valuestring || !strcmp(kind->valuestring, "quickfix")))
      return true;
  return false;
}

// A library that is not used yet: its name is in the hint.
static void use_library(struct fixing *x)
{
  const char *hint = x->d->hint ? strstr(x->d->hint, "write `use ") : NULL;
  if (!hint)
    return;
  hint += strlen("write `");
  const char *line = arena_copy(&x->r->s->scratch, hint, strcspn(hint, "`"));
  const struct item *first = x->run->p.c.files[x->d->span.file]->items;
  struct span at = {x->d->span.file, 0, 0};
  if (first && first->kind == ITEM_USE)
    at.start = at.end = first->span.start;
  add(x, at, arena_printf(&x->r->s->scratch, "Write `%s`", line),
      arena_printf(&x->r->s->scratch, "%s\n", line));
}

static void fixes(struct lsp_request *r, struct lsp_run *run, struct span at,
                  cJSON *list)
{
  for (const struct diag *d = run->p.c.diags.first; d; d = d->next) {
    struct fixing x = {r, run, d, list};
    if (d->span.file != at.file || d->span.start > at.end || d->span.end < at.start)
      continue;
    other_name(&x);
    make_variable(&x);
    say_unused(&x);
    use_library(&x);
  }
}

cJSON *lsp_code_actions(struct lsp_request *r)
{
  const cJSON *range = cJSON_GetObjectItem(r->params, "range");
  struct lsp_place from, to;
  struct lsp_program *programs[LSP_PROGRAMS_MAX];
  if (!lsp_read_place(cJSON_GetObjectItem(range, "start"), &from) ||
      !lsp_read_place(cJSON_GetObjectItem(range, "end"), &to))
    return lsp_refuse(r, LSP_INVALID_PARAMS, "there is no range");
  cJSON *list = cJSON_CreateArray();
  uint32_t n = wanted(r->params) ? lsp_programs(r->s, r->file, programs) : 0;
  for (uint32_t i = 0; i < n && !cJSON_GetArraySize(list); i++) {
    struct lsp_run *run = programs[i]->now;
    struct span at = {lsp_file_in(run, r->file->path), 0, 0};
    at.start = lsp_offset(&r->file->lines, from, r->s->encoding);
    at.end = lsp_offset(&r->file->lines, to, r->s->encoding);
    if (at.file != UINT32_MAX)
      fixes(r, run, at, list);
  }
  return list;
}
