// What is said of a name under the cursor: how it is declared, of what type it
// is, and its documentation.
#include "compiler/lsp.h"

#include "grammar/defs/settings.h"
#include "grammar/defs/signature.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

enum { LONGEST = 2000 }; // of a declaration that is shown whole

// ---- declarations as they were written ----

static void add_slice(const struct lsp_run *r, struct span at, struct buf *out)
{
  const char *text = r->p.c.sources[at.file].text;
  while (at.end > at.start && isspace((unsigned char)text[at.end - 1]))
    at.end--;
  if (at.end - at.start > LONGEST) {
    at.end = at.start + LONGEST;
    while (at.end > at.start && (text[at.end] & 0xC0) == 0x80)
      at.end--;
  }
  buf_add(out, text + at.start, at.end - at.start);
}

static const struct callable *callable_of(const struct item *i)
{
  switch (i->kind) {
  case ITEM_FN:
    return &i->fn.c;
  case ITEM_DEPLOYMENT:
    return &i->deployment.c;
  case ITEM_GRAPH:
    return &i->graph;
  case ITEM_FLOW:
    return &i->flow;
  case ITEM_ROUTE:
    return &i->route.c;
  default:
    return NULL;
  }
}

// Up to the body, without the `=` before a short one.
static struct span head_of(const struct lsp_run *r, const struct item *i)
{
  const struct callable *c = callable_of(i);
  const struct block *body = c ? c->body : i->kind == ITEM_APP ? i->app.body : NULL;
  struct span at = i->span;
  const char *text = r->p.c.sources[at.file].text;
  if (body) {
    at.end = body->span.start;
  } else if (c && c->has_params && c->value) {
    at.end = c->value->span.start;
    while (at.end > at.start && text[at.end - 1] != '=' && text[at.end - 1] != '>')
      at.end--;
    at.end -= at.end > at.start;
    at.end -= at.end > at.start && text[at.end - 1] == '-';
  }
  return at;
}

// The parameter, field or case that is declared at a place.
static bool add_part(const struct lsp_run *r, struct span to, struct buf *out)
{
  struct arena a = {0};
  struct lsp_way w = lsp_way_to(&a, r->p.c.files[to.file], to.start, to.end);
  bool found = false;
  while (w.n && !found) {
    const struct lsp_node *n = &w.nodes[--w.n];
    const struct type_expr *t = n->at;
    const struct param *p = n->at;
    found = n->span.start == to.start &&
            (n->kind == LSP_TYPE_FIELD || (n->kind == LSP_PARAM && p->type) ||
             (n->kind == LSP_TYPE && t->kind == TYPE_CASE));
    if (found)
      add_slice(r, n->span, out);
  }
  arena_free(&a);
  return found;
}

static void add_typed(const struct index_name *n, const char *word,
                      struct buf *out)
{
  buf_addf(out, "%s%s", word, n->name ? n->name->text : "_");
  if (n->type) {
    buf_adds(out, ": ");
    type_print(n->type, out);
  }
}

static void add_rows(const struct signature *s, struct buf *out)
{
  const char *name = s->name;
  bool more = false;
  for (int id = 0; id < OPERATORS; id++) {
    const struct signature *row = signature_of(id);
    if (!row || strcmp(row->name, name) != 0)
      continue;
    buf_addf(out, "%s%s%s", more ? "\n" : "", name, row->text);
    more = true;
  }
}

static void add_setting(int id, struct buf *out)
{
  const struct setting_row *row = &setting_rows[id];
  buf_addf(out, "%s: %s", row->name, row->type);
  if (*row->value)
    buf_addf(out, " = %s", row->value);
}

void lsp_signature(const struct lsp_run *r, const struct index_name *n,
                   struct buf *out)
{
  const struct item *i = n->item;
  bool whole = i && (callable_of(i) || i->kind == ITEM_APP ||
                     i->kind == ITEM_TYPE || i->kind == ITEM_BIND ||
                     i->kind == ITEM_METRIC || i->kind == ITEM_RESOURCE ||
                     i->kind == ITEM_USE);
  if (n->kind == INDEX_OPERATOR)
    add_rows(n->signature, out);
  else if (n->kind == INDEX_SETTING && n->setting >= 0)
    add_setting(n->setting, out);
  else if (n->kind == INDEX_WORD)
    type_print(n->type, out);
  else if (whole)
    add_slice(r, head_of(r, i), out);
  else if (i && i->kind == ITEM_STATE)
    add_typed(n, "state ", out);
  else if (n->kind == INDEX_LOCAL || (i && i->kind == ITEM_LET))
    add_typed(n, n->var ? "var " : "let ", out);
  else if (n->to.file >= r->p.c.n_sources || !add_part(r, n->to, out))
    add_typed(n, "", out);
}

// ---- documentation ----

static const char *setting_doc(int id)
{
  static const char *const docs[] = {
#define SETTING(id, places, name, type, value, doc) doc,
#include "grammar/defs/kinds.def"
#undef SETTING
  };
  return docs[id];
}

static const char *operator_doc(const struct signature *s)
{
  return s->doc;
}

const char *lsp_doc(const struct lsp_run *r, const struct index_name *n)
{
  const struct class *c = n->type && n->type->kind == TYPE_handle ? n->type->class : NULL;
  if (n->kind == INDEX_OPERATOR)
    return operator_doc(n->signature);
  if (n->kind == INDEX_SETTING)
    return n->setting >= 0 ? setting_doc(n->setting) : NULL;
  if (n->kind == INDEX_FIELD || n->kind == INDEX_CASE)
    return n->part ? n->part->doc : NULL;
  if (n->item && n->item->doc)
    return n->item->doc;
  return (n->kind == INDEX_BINDING || n->kind == INDEX_DEPLOYMENT) && c ? c->doc : NULL;
}

// Documentation as Markdown: indented lines are code only behind an empty one.
static void add_doc(const char *doc, struct buf *out)
{
  bool code = true;
  while (*doc) {
    size_t n = strcspn(doc, "\n");
    bool indented = !strncmp(doc, "    ", 4);
    if (indented && !code)
      buf_addc(out, '\n');
    code = indented || !n;
    buf_add(out, doc, n + (doc[n] == '\n'));
    doc += n + (doc[n] == '\n');
  }
}

// All rows of an operator, where they say different things.
static void add_operator_docs(const struct signature *s, struct buf *out)
{
  const char *last = "";
  for (int id = 0; id < OPERATORS; id++) {
    const struct signature *row = signature_of(id);
    if (!row || strcmp(row->name, s->name) != 0 || !strcmp(row->doc, last))
      continue;
    buf_adds(out, *last ? "\n\n" : "");
    add_doc(row->doc, out);
    last = row->doc;
  }
}

static void add_group(const char *doc_of, struct buf *out)
{
  size_t n = strlen(doc_of);
  for (int id = 0; id < SETTINGS; id++)
    if (!strncmp(setting_rows[id].name, doc_of, n) && setting_rows[id].name[n] == '.') {
      buf_adds(out, "- `");
      add_setting(id, out);
      buf_addf(out, "` %s\n", setting_doc(id));
    }
}

void lsp_describe(const struct lsp_run *r, const struct index_name *n,
                  struct buf *out)
{
  const char *doc = lsp_doc(r, n);
  if (n->kind == INDEX_SETTING && n->setting < 0) {
    const char *text = r->p.c.sources[n->at.file].text;
    char *name = strndup(text + n->at.start, n->at.end - n->at.start);
    if (name)
      add_group(name, out);
    free(name);
    return;
  }
  buf_adds(out, "```sg\n");
  lsp_signature(r, n, out);
  buf_adds(out, "\n```");
  if (n->kind == INDEX_LIBRARY && n->item) {
    buf_adds(out, "\n\n");
    lsp_library_doc(n->item->use.module.text->text, out);
    return;
  }
  if (n->kind == INDEX_OPERATOR) {
    buf_adds(out, "\n\n");
    add_operator_docs(n->signature, out);
  } else if (doc && *doc) {
    buf_adds(out, "\n\n");
    add_doc(doc, out);
  }
}

// ---- words of the language ----

struct word {
  const char *name, *signature, *doc;
};

static const struct word words[] = {
#define WORD(word, places, snippet, doc) {word, NULL, doc},
#define CALL(name, signature, doc) {name, signature, doc},
#include "compiler/lsp_words.def"
#define ADAPTER(name, gives, reads) {"from " #name, #name ": " gives, reads},
#define SOURCE(name, word) {"in " word, word, "a route's parameter comes from the " word},
#define FORM(name, content_type) {"as " #name, #name, content_type},
#include "grammar/defs/adapters.def"
};

static const struct word *word_named(const char *name)
{
  for (size_t i = 0; i < sizeof words / sizeof *words; i++)
    if (!strcmp(words[i].name, name))
      return &words[i];
  return NULL;
}

static bool in_word(char c)
{
  return isalnum((unsigned char)c) || c == '_';
}

// `from json`: what the word means depends on the one before it.
static const struct word *word_at(struct lsp_request *r, struct span *at)
{
  const char *text = r->file->text;
  uint32_t start = r->offset, end = r->offset, before;
  while (start && in_word(text[start - 1]))
    start--;
  while (in_word(text[end]))
    end++;
  *at = (struct span){0, start, end};
  if (start == end || end - start > 40 || (start && text[start - 1] == '.'))
    return NULL;
  for (before = start; before && text[before - 1] == ' '; before--)
    ;
  uint32_t first = before;
  while (first && in_word(text[first - 1]))
    first--;
  struct arena *a = &r->s->scratch;
  const struct word *w = NULL;
  if (before < start && before - first < 8)
    w = word_named(arena_printf(a, "%.*s %.*s", (int)(before - first), text + first,
                                (int)(end - start), text + start));
  return w ? w : word_named(arena_copy(a, text + start, end - start));
}

// ---- the answer ----

// Without the marks of Markdown.
static cJSON *content(struct lsp_request *r, const char *text)
{
  cJSON *json = cJSON_CreateObject();
  struct buf plain = {.arena = &r->s->scratch};
  for (const char *at = text; *at && !r->s->markdown;) {
    size_t n = strcspn(at, "\n");
    if (strncmp(at, "```", 3) != 0) {
      buf_add(&plain, at, n);
      buf_addc(&plain, '\n');
    }
    at += n + (at[n] == '\n');
  }
  cJSON_AddStringToObject(json, "kind", r->s->markdown ? "markdown" : "plaintext");
  lsp_add_text(json, "value", plain.data ? plain.data : text);
  return json;
}

cJSON *lsp_hover(struct lsp_request *r)
{
  struct buf out = {.arena = &r->s->scratch};
  struct lsp_found f;
  struct span at;
  if (lsp_find(r->s, r->file, r->offset, &f)) {
    lsp_describe(f.run, f.name, &out);
    at = f.at;
  } else {
    const struct word *w = word_at(r, &at);
    if (!w)
      return NULL;
    if (w->signature && *w->signature)
      buf_addf(&out, "```sg\n%s\n```\n\n", w->signature);
    buf_adds(&out, w->doc);
  }
  cJSON *json = cJSON_CreateObject();
  cJSON_AddItemToObject(json, "contents", content(r, out.data ? out.data : ""));
  cJSON_AddItemToObject(json, "range", lsp_range(r->s, &r->file->lines, at));
  return json;
}
