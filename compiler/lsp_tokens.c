// Semantic tokens: what each name is, for colours. Words, literals and comments
// are the business of the editor's own grammar.
#include "compiler/lsp.h"

#include <stdlib.h>

static const char *const types[] = {"namespace", "type",     "class",
                                    "enumMember", "function", "variable",
                                    "parameter",  "property"};
enum { NAMESPACE, TYPE, CLASS, MEMBER, FUNCTION, VARIABLE, PARAMETER, PROPERTY };
static const char *const modifiers[] = {"declaration", "readonly",
                                        "defaultLibrary"};
enum { DECLARATION = 1, READONLY = 2, LIBRARY = 4 };

cJSON *lsp_tokens_legend(void)
{
  cJSON *legend = cJSON_CreateObject();
  cJSON_AddItemToObject(legend, "tokenTypes",
                        cJSON_CreateStringArray(types, sizeof types / sizeof *types));
  cJSON_AddItemToObject(
      legend, "tokenModifiers",
      cJSON_CreateStringArray(modifiers, sizeof modifiers / sizeof *modifiers));
  return legend;
}

static int type_of_name(const struct index_name *n)
{
  static const unsigned char of[] = {
      [INDEX_TYPE] = TYPE,         [INDEX_DEPLOYMENT] = CLASS,
      [INDEX_FUNCTION] = FUNCTION, [INDEX_METRIC] = VARIABLE,
      [INDEX_RESOURCE] = VARIABLE, [INDEX_APP] = NAMESPACE,
      [INDEX_LIBRARY] = NAMESPACE, [INDEX_BINDING] = VARIABLE,
      [INDEX_GRAPH] = FUNCTION,    [INDEX_FLOW] = FUNCTION,
      [INDEX_MEMBER] = PROPERTY,   [INDEX_LOCAL] = VARIABLE,
      [INDEX_PARAMETER] = PARAMETER, [INDEX_FIELD] = PROPERTY,
      [INDEX_CASE] = MEMBER,       [INDEX_OPERATOR] = FUNCTION,
      [INDEX_SETTING] = PROPERTY,  [INDEX_WORD] = TYPE};
  return of[n->kind];
}

static int modifiers_of(const struct index_name *n)
{
  bool state = n->item && n->item->kind == ITEM_STATE;
  bool fixed = n->kind == INDEX_BINDING || n->kind == INDEX_PARAMETER ||
               (n->kind == INDEX_LOCAL && !n->var) ||
               (n->kind == INDEX_MEMBER && !state);
  return (n->declares ? DECLARATION : 0) | (fixed ? READONLY : 0) |
         (n->to.file == UINT32_MAX ? LIBRARY : 0);
}

static int by_place(const void *p, const void *q)
{
  const struct index_name *const *x = p, *const *y = q;
  if ((*x)->at.start != (*y)->at.start)
    return (*x)->at.start < (*y)->at.start ? -1 : 1;
  return (int)(*y)->declares - (int)(*x)->declares;
}

static uint32_t names_of(const struct lsp_run *r, uint32_t file,
                         const struct index_name **out)
{
  uint32_t n = 0;
  for (uint32_t i = 0; i < r->index.n_names; i++)
    if (r->index.names[i].at.file == file && r->index.names[i].at.end > r->index.names[i].at.start)
      out[n++] = &r->index.names[i];
  if (n)
    qsort(out, n, sizeof *out, by_place);
  return n;
}

cJSON *lsp_tokens(struct lsp_request *r)
{
  uint32_t file = 0, end = 0;
  struct lsp_run *run = lsp_run_of(r, &file);
  struct arena *a = &r->s->scratch;
  if (!run)
    return NULL;
  const struct index_name **names =
      ARENA_ARRAY(a, run->index.n_names + 1, const struct index_name *);
  uint32_t n = names_of(run, file, names);
  struct buf data = {.arena = a};
  buf_addc(&data, '[');
  struct lsp_place last = {0, 0};
  for (uint32_t i = 0; i < n; i++) {
    struct span at = names[i]->at;
    if (at.start < end)
      continue; // said, or within another
    struct lsp_place from = lsp_place_of(&r->file->lines, at.start, r->s->encoding);
    struct lsp_place to = lsp_place_of(&r->file->lines, at.end, r->s->encoding);
    if (to.line != from.line)
      continue;
    uint32_t column = from.line == last.line ? last.character : 0;
    buf_addf(&data, "%s%u,%u,%u,%d,%d", data.size > 1 ? "," : "",
             from.line - last.line, from.character - column,
             to.character - from.character, type_of_name(names[i]),
             modifiers_of(names[i]));
    last = from;
    end = at.end;
  }
  cJSON *json = cJSON_CreateObject();
  buf_addc(&data, ']');
  cJSON_AddRawToObject(json, "data", data.data); // there are many
  return json;
}
