// What the kinds of nodes are called.
#include "grammar/text/ast.h"

const char *expr_op_text(enum expr_op op)
{
  static const char *const texts[] = {
      "",
#define OP(id, text) text,
      EXPR_OPS(OP, OP)
#undef OP
  };
  return texts[op];
}

const char *expr_kind_text(enum expr_kind kind)
{
  static const char *const texts[] = {
#define KIND(id, text) text,
      EXPR_KINDS(KIND)
#undef KIND
  };
  return texts[kind];
}

const char *type_expr_kind_text(enum type_expr_kind kind)
{
  static const char *const texts[] = {
#define KIND(id, text) text,
      TYPE_KINDS(KIND)
#undef KIND
  };
  return texts[kind];
}

const char *item_kind_text(enum item_kind kind)
{
  static const char *const texts[] = {
#define ITEM(id, word, places) word,
#include "grammar/text/items.def"
#undef ITEM
  };
  return texts[kind];
}

unsigned item_kind_places(enum item_kind kind)
{
  static const unsigned char places_of[] = {
#define ITEM(id, word, places) places,
#include "grammar/text/items.def"
#undef ITEM
  };
  return places_of[kind];
}
