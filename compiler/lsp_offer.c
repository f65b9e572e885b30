// Items of a completion, and the words that are the same in every program:
// keywords, settings, adapters, forms.
#include "compiler/lsp_offer.h"

#include "grammar/defs/settings.h"

#include <string.h>

// ---- items ----

// Whether it is offered already.
bool lsp_offered(struct completing *x, const char *label)
{
  struct arena *a = &x->r->s->scratch;
  x->atoms.arena = a;
  return table_get(&x->offered, atom_of_text(&x->atoms, label));
}

cJSON *lsp_offer_item(struct completing *x, const char *label, int kind,
                       char rank)
{
  x->atoms.arena = &x->r->s->scratch;
  *table_at(x->atoms.arena, &x->offered, atom_of_text(&x->atoms, label)) = x;
  cJSON *item = cJSON_CreateObject();
  lsp_add_text(item, "label", label);
  cJSON_AddNumberToObject(item, "kind", kind);
  lsp_add_text(item, "sortText", arena_printf(&x->r->s->scratch, "%c%s", rank, label));
  cJSON_AddItemToArray(x->items, item);
  return item;
}

void lsp_offer_doc(struct completing *x, cJSON *item, const char *doc)
{
  if (!doc || !*doc)
    return;
  cJSON *json = cJSON_AddObjectToObject(item, "documentation");
  cJSON_AddStringToObject(json, "kind", x->r->s->markdown ? "markdown" : "plaintext");
  lsp_add_text(json, "value", doc);
}

void lsp_offer_type(cJSON *item, const struct type *t)
{
  struct buf out = {0};
  if (!t)
    return;
  type_print_brief(t, &out);
  lsp_add_text(item, "detail", out.data ? out.data : "");
  buf_free(&out);
}

void lsp_offer_insert(struct completing *x, cJSON *item, const char *snippet,
                       const char *plain)
{
  if (x->r->s->snippets && snippet && *snippet) {
    lsp_add_text(item, "insertText", snippet);
    cJSON_AddNumberToObject(item, "insertTextFormat", 2);
  } else if (plain) {
    lsp_add_text(item, "insertText", plain);
  }
}

// ---- words of the language ----

void lsp_offer_words(struct completing *x, unsigned places)
{
  static const struct {
    const char *word;
    unsigned places;
    const char *snippet, *doc;
  } words[] = {
#define WORD(word, places, snippet, doc) {word, places, snippet, doc},
#include "compiler/lsp_words.def"
  };
  for (size_t i = 0; i < sizeof words / sizeof *words; i++)
    if (words[i].places & places) {
      cJSON *item = lsp_offer_item(x, words[i].word, KIND_KEYWORD, '5');
      lsp_offer_doc(x, item, words[i].doc);
      lsp_offer_insert(x, item, words[i].snippet, NULL);
    }
}

void lsp_offer_calls(struct completing *x)
{
  static const struct { const char *name, *signature, *doc; } calls[] = {
#define CALL(name, signature, doc) {name, signature, doc},
#include "compiler/lsp_words.def"
  };
  for (size_t i = 0; i < sizeof calls / sizeof *calls; i++) {
    cJSON *item = lsp_offer_item(x, calls[i].name, KIND_FUNCTION, '4');
    lsp_add_text(item, "detail", calls[i].signature);
    lsp_offer_doc(x, item, calls[i].doc);
  }
}

void lsp_offer_list(struct completing *x, const char *const *names,
                     const char *const *docs, int kind)
{
  for (size_t i = 0; names[i]; i++)
    lsp_offer_doc(x, lsp_offer_item(x, names[i], kind, '1'), docs ? docs[i] : NULL);
}

void lsp_offer_adapters(struct completing *x)
{
  static const char *const names[] = {
#define ADAPTER(name, gives, reads) #name,
#include "grammar/defs/adapters.def"
      NULL};
  static const char *const docs[] = {
#define ADAPTER(name, gives, reads) gives ": " reads,
#include "grammar/defs/adapters.def"
  };
  lsp_offer_list(x, names + 1, docs + 1, KIND_ENUM); // the first one is `none`
}

void lsp_offer_sources(struct completing *x)
{
  static const char *const names[] = {"query", "path", "header", "cookie",
                                      "body", NULL};
  lsp_offer_list(x, names, NULL, KIND_ENUM);
}

void lsp_offer_forms(struct completing *x)
{
  static const char *const names[] = {
#define FORM(name, content_type) #name,
#include "grammar/defs/adapters.def"
      NULL};
  static const char *const docs[] = {
#define FORM(name, content_type) content_type,
#include "grammar/defs/adapters.def"
  };
  lsp_offer_list(x, names + 1, docs + 1, KIND_ENUM); // the first one is `auto`
}

void lsp_offer_methods(struct completing *x)
{
  for (int i = 0; i < METHODS; i++)
    lsp_offer_item(x, plan_method_name(i), KIND_KEYWORD, '1');
}

void lsp_offer_limits(struct completing *x)
{
  static const char *const names[] = {
#define LIMIT(name, on, error, message) #name,
#include "grammar/defs/limits.def"
      NULL};
  for (size_t i = 0; names[i]; i++)
    lsp_offer_insert(x, lsp_offer_item(x, names[i], KIND_PROPERTY, '1'),
               NULL, arena_printf(&x->r->s->scratch, "%s: ", names[i]));
}

// ---- settings ----

static void add_setting(struct completing *x, const struct setting_row *row,
                        const char *name, size_t size, bool group,
                        const char *doc)
{
  struct arena *a = &x->r->s->scratch;
  const char *label = arena_copy(a, name, size);
  cJSON *item = lsp_offer_item(x, label, KIND_PROPERTY, '2');
  lsp_add_text(item, "detail",
               group ? "{ … }"
                     : arena_printf(a, "%s%s%s", row->type, *row->value ? " = " : "",
                                    row->value));
  lsp_offer_doc(x, item, doc);
  lsp_offer_insert(x, item,
             arena_printf(a, group ? "%s: { $0 }" : "%s: $0", label),
             arena_printf(a, "%s: ", label));
}

// Those of a place, or of a group in it (`autoscaling`).
void lsp_offer_settings(struct completing *x, unsigned places, const char *group)
{
  static const char *const docs[] = {
#define SETTING(id, places, name, type, value, doc) doc,
#include "grammar/defs/kinds.def"
#undef SETTING
  };
  size_t in = group ? strlen(group) + 1 : 0;
  const char *last = "";
  for (int i = 0; i < SETTINGS; i++) {
    const struct setting_row *row = &setting_rows[i];
    const char *name = row->name + in, *dot;
    if (!(row->places & places) ||
        (in && (strncmp(row->name, group, in - 1) != 0 || row->name[in - 1] != '.')))
      continue;
    dot = strchr(name, '.');
    size_t size = dot ? (size_t)(dot - name) : strlen(name);
    if (dot && !strncmp(last, name, size) && last[size] == '.')
      continue; // its group was said
    add_setting(x, row, name, size, dot, dot ? NULL : docs[i]);
    last = name;
  }
}
