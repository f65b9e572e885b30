// What completion offers; nobody but its parts includes it.
#ifndef SG_LSP_OFFER_H
#define SG_LSP_OFFER_H

#include "compiler/lsp.h"
#include "compiler/table.h"

// Numbers of the protocol.
enum {
  KIND_METHOD = 2, KIND_FUNCTION = 3, KIND_FIELD = 5, KIND_VARIABLE = 6,
  KIND_CLASS = 7, KIND_MODULE = 9, KIND_PROPERTY = 10, KIND_ENUM = 13,
  KIND_KEYWORD = 14, KIND_SNIPPET = 15, KIND_FILE = 17, KIND_MEMBER = 20,
  KIND_CONSTANT = 21, KIND_STRUCT = 22
};

// Where a word of lsp_words.def may stand.
enum { AS_VALUE = 16, AS_TYPE = 32 }; // and enum item_place

struct completing {
  struct lsp_request *r;
  struct lsp_cursor *c; // or NULL: of the text as it is
  cJSON *items;
  struct atoms atoms; // of labels
  struct table offered;
};

// lsp_offer.c: items, and words that are always the same.
bool lsp_offered(struct completing *x, const char *label); // already
// `rank` goes before the label when items are sorted.
cJSON *lsp_offer_item(struct completing *x, const char *label, int kind,
                      char rank);
void lsp_offer_doc(struct completing *x, cJSON *item, const char *doc);
void lsp_offer_type(cJSON *item, const struct type *t);
void lsp_offer_insert(struct completing *x, cJSON *item, const char *snippet,
                      const char *plain);
void lsp_offer_words(struct completing *x, unsigned places);
void lsp_offer_calls(struct completing *x);
void lsp_offer_list(struct completing *x, const char *const *names,
                    const char *const *docs, int kind); // ends with NULL
void lsp_offer_adapters(struct completing *x);
void lsp_offer_sources(struct completing *x);
void lsp_offer_forms(struct completing *x);
void lsp_offer_methods(struct completing *x);
void lsp_offer_limits(struct completing *x);
// Settings of places (bits), or of a group there (`autoscaling`).
void lsp_offer_settings(struct completing *x, unsigned places,
                        const char *group);

// lsp_offer_names.c: what the program declares.
void lsp_offer_enum(struct completing *x, const struct type *want, bool quoted);
void lsp_offer_expression(struct completing *x);
void lsp_offer_classes(struct completing *x, bool functions);
void lsp_offer_types(struct completing *x);
void lsp_offer_parts(struct completing *x, const struct type *t, bool colon);
void lsp_offer_members(struct completing *x, const struct expr *of);

#endif
