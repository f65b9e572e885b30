// What scanner, grammar and constructors share while one file is read. Nobody
// outside this room includes it.
#ifndef SG_PARSER_H
#define SG_PARSER_H

#include "grammar/text/parse.h"

// Brackets may nest this deep; the tree's own limit is AST_DEPTH_MAX.
enum { NESTING_MAX = 200, STRINGS_MAX = 8 };

// A bracket that is open, and what stands in it so far.
struct open {
  int token; // '(' '[' '{' or T_HOLE_OPEN; 0 for the file itself
  bool block; // a `{` that holds statements or declarations
  bool match; // a `match` was seen whose arms have not begun
  bool otherwise; // the last `else` is that of a `then`
  unsigned thens; // whose `else` was not seen
  int head;   // first token of the current item
  uint32_t indent; // of the line that opened it
  struct span span;
};

// A string with holes that is being read.
struct open_string {
  uint32_t end;      // offset of the closing quotes
  uint32_t hole_end; // offset of the `}` of the open hole, 0: in text
  uint8_t quotes;    // 1 or 3
};

// `///` lines, by the offset of the token behind them.
struct doc {
  uint32_t start;
  bool used;
  struct span span;
  const char *text;
};

// What the words and signs of a token are worth.
struct token {
  int kind;
  struct span span;
  bool newline;    // a line break stands before it
  uint32_t indent; // of its line
  union {
    struct name name; // `text` NULL where the token is no word
    struct text text;
    int64_t integer;
    double number;
  };
};

struct parser {
  const struct source *source;
  const char *text;
  uint32_t size, file;
  struct arena *arena;
  struct atoms *atoms;
  struct diags *diags;
  struct item *items; // the result

  // The scanner.
  void *flex;
  uint8_t keywords[27]; // by first letter: see sg.l
  uint32_t at;         // offset of the next byte
  bool newline;        // seen since the last token
  uint32_t indent;     // of the line of the last token
  uint32_t line, line_end; // offsets between which line_end is known
  struct open_string strings[STRINGS_MAX];
  unsigned n_strings;
  struct doc *docs;
  size_t n_docs, room_docs;
  struct buf doc; // lines of a doc that wait for their token
  struct span doc_span;

  // Layout: brackets, line ends, recovery.
  struct token ahead; // read and not handed on, when `has_ahead`
  bool has_ahead;
  struct token last, before; // the last two handed to the grammar
  struct open open[NESTING_MAX + 2]; // [0] is the file
  unsigned depth;
  struct span suspect; // a `{` whose `}` is indented otherwise; end 0: none
  bool panic;          // the grammar recovers:
  unsigned panic_depth; // skip what is deeper
  uint32_t quiet;      // errors at an offset below this were reported already
  uint32_t errors;     // of other files, before this one
  bool deep;           // the limit of nesting was reported
  uint32_t torn;       // a string that is not closed took the rest of its line,
  uint32_t torn_line;  // which began here, and with it closing brackets; or 0
};

#define LIST_OF(type)                                                          \
  struct type##_list {                                                         \
    struct type *first, *last;                                                 \
  };                                                                           \
  static inline struct type##_list type##_append(struct type##_list l,         \
                                                 struct type *node)            \
  {                                                                            \
    if (!node)                                                                 \
      return l;                                                                \
    *(l.last ? &l.last->next : &l.first) = node;                               \
    l.last = node;                                                             \
    return l;                                                                  \
  }                                                                            \
  static inline struct type##_list type##_single(struct type *node)            \
  {                                                                            \
    return (struct type##_list){node, node};                                   \
  }                                                                            \
  static inline struct type##_list type##_prepend(struct type *node,           \
                                                  struct type##_list l)        \
  {                                                                            \
    node->next = l.first;                                                      \
    return (struct type##_list){node, l.last ? l.last : node};                 \
  }

LIST_OF(name)
LIST_OF(arg)
LIST_OF(field)
LIST_OF(param)
LIST_OF(expr)
LIST_OF(part)
LIST_OF(arm)
LIST_OF(type_expr)
LIST_OF(type_field)
LIST_OF(item)
LIST_OF(branch)

// Bytes of a node whose kind has `member` of the union.
#define NODE_SIZE(type, member)                                                \
  (offsetof(type, member) + sizeof(((type *)0)->member))

static inline struct span span_join(struct span a, struct span b)
{
  return (struct span){a.file, a.start, b.end};
}

// ------------------------------------------------------- a reading (parse.c)

// A parser of `s`, behind its byte order mark. Until its end the scanner must
// be started (sg_raw_start) and finished.
struct parser *parser_new(const struct source *s, uint32_t file,
                          struct arena *arena, struct atoms *atoms,
                          struct diags *diags);
void sg_raw_start(struct parser *p);
void sg_raw_finish(struct parser *p);

// ------------------------------------------------- literals, strings (scan.c)

void scan_number(struct parser *p, struct token *t, uint32_t size);
void scan_quantity(struct parser *p, struct token *t, uint32_t size);
void scan_percent(struct parser *p, struct token *t, uint32_t size);
// How far a string reaches whose quotes begin at `start`.
struct reach {
  uint32_t end;   // behind its closing quotes, or where it was given up
  bool closed;
  bool holes;
  uint8_t quotes; // 1 or 3
  uint32_t hole;  // of an unclosed one: the offset of an unclosed `{`, or 0
};
struct reach scan_reach(struct parser *p, uint32_t start);
uint32_t scan_line_end(struct parser *p, uint32_t at);
// The string that begins here takes the rest of its line.
void scan_torn(struct parser *p, uint32_t start);
// The text from `start` on, decoded, up to a hole or `end`.
struct text scan_text(struct parser *p, uint32_t start, uint32_t end,
                      uint32_t *stop);
struct text scan_raw(struct parser *p, uint32_t start, uint32_t end);
uint32_t scan_hole_end(struct parser *p, uint32_t start);
void scan_doc_line(struct parser *p, uint32_t start, uint32_t end);
void scan_doc_attach(struct parser *p, uint32_t start);
// The documentation in front of the declaration that begins here, or NULL.
const char *scan_doc_at(struct parser *p, uint32_t start);

// ------------------------------------------------------ messages (complain.c)

struct complaint {
  int found;           // token
  const int *expected; // tokens
  int n_expected;
};
void complain_syntax(struct parser *p, struct span at,
                     const struct complaint *c);
void complain_deep(struct parser *p, struct span at);
void complain_character(struct parser *p, struct span at);
// Called at a syntax error: from here on tokens are skipped until one comes
// with which the grammar can go on (layout.c).
void layout_recover(struct parser *p);
const char *token_text(int token);

// ------------------------------------------------- expressions (build_expr.c)

struct name *build_name(struct parser *p, struct name n);
struct arg *build_arg(struct parser *p, struct span at, struct name name,
                      struct expr *value);
struct field *build_field(struct parser *p, struct span at, struct name name,
                          struct expr *key, struct expr *value);
struct expr *build_error(struct parser *p, struct span at);
struct expr *build_int(struct parser *p, struct span at, int64_t value);
struct expr *build_number(struct parser *p, enum expr_kind kind,
                          struct span at, double value);
struct expr *build_quantity(struct parser *p, enum expr_kind kind,
                            struct span at, int64_t value);
struct expr *build_none(struct parser *p, struct span at);
struct expr *build_str(struct parser *p, struct text text);
struct part *build_text_part(struct parser *p, struct text text);
struct part *build_hole(struct parser *p, struct span at, struct expr *value);
struct expr *build_template(struct parser *p, struct span at,
                            struct part_list parts);
struct expr *build_name_expr(struct parser *p, struct name name);
struct expr *build_access(struct parser *p, struct span at, struct expr *of,
                          struct name name);
struct expr *build_item_access(struct parser *p, struct span at,
                               struct expr *of, int64_t index,
                               struct span where);
struct expr *build_index(struct parser *p, struct span at, struct expr *of,
                         struct expr *index);
struct expr *build_slice(struct parser *p, struct span at, struct expr *of,
                         struct expr *from, struct expr *to);
struct expr *build_call(struct parser *p, struct span at, struct expr *of,
                        struct arg_list args, struct span where);
struct expr *build_with(struct parser *p, struct span at, struct expr *of,
                        struct field_list options);
struct expr *build_as(struct parser *p, struct span at, struct expr *of,
                      struct name name);
struct expr *build_bracketed(struct expr *e);
struct expr *build_unary(struct parser *p, struct span at, enum expr_op op,
                         struct span where, struct expr *right);
struct expr *build_binary(struct parser *p, struct span at, enum expr_op op,
                          struct expr *left, struct span where,
                          struct expr *right);
struct expr *build_choice(struct parser *p, struct span at, struct expr *test,
                          struct expr *yes, struct expr *no);
struct expr *build_match(struct parser *p, struct span at, struct expr *value,
                         struct arm_list arms);
struct expr *build_lambda(struct parser *p, struct span at,
                          struct param_list params, struct type_expr *result,
                          struct expr *value);
struct expr *build_elements(struct parser *p, enum expr_kind kind,
                            struct span at, struct expr_list elements);
struct expr *build_each(struct parser *p, struct span at, struct expr *value,
                        struct name_list names, struct expr *over,
                        struct expr *test, struct expr *limit);
struct expr *build_record(struct parser *p, struct span at,
                          struct field_list fields);
struct arm *build_arm(struct parser *p, struct span at,
                      struct pattern *pattern, struct expr *value,
                      struct block *body);
struct pattern *build_pattern_error(struct parser *p, struct span at);
struct pattern *build_literal_pattern(struct parser *p, struct span at,
                                      struct expr *value);
struct pattern *build_case_pattern(struct parser *p, struct span at,
                                   struct name name, struct name bind);
// Tells whether a tree may be one deeper than `depth`; complains if not.
bool build_deeper(struct parser *p, struct span at, unsigned depth);
// The depth of lists.
unsigned args_depth(const struct arg *a);
unsigned fields_depth(const struct field *f);
unsigned params_depth(const struct param *q);
unsigned arms_depth(const struct arm *a);

// ------------------------------------------------------- types (build_type.c)

struct type_expr *build_type_error(struct parser *p, struct span at);
struct type_expr *build_type_named(struct parser *p, enum type_expr_kind kind,
                                   struct span at, struct name_list path,
                                   struct type_expr_list args);
struct type_expr *build_type_of(struct parser *p, enum type_expr_kind kind,
                                struct span at, struct type_expr *of);
struct type_expr *build_type_tuple(struct parser *p, struct span at,
                                   struct type_expr_list members);
struct type_expr *build_type_record(struct parser *p, struct span at,
                                    struct type_field_list fields);
struct type_expr *build_type_text(struct parser *p, struct text text);
struct type_expr *build_type_number(struct parser *p, struct span at,
                                    struct expr *number);
struct type_expr *build_type_rest(struct parser *p, struct span at);
struct type_expr *build_type_callable(struct parser *p, struct span at,
                                      struct type_expr_list params,
                                      struct type_expr *result);
// `of(fields)`: constraints or a case of a union.
struct type_expr *build_type_braced(struct parser *p, struct span at,
                                    struct type_expr *of,
                                    struct type_field_list fields);
// What stands between `|`; alone it stays what it is.
struct type_expr *build_type_either(struct parser *p, struct span at,
                                    struct type_expr_list members);
struct type_field *build_type_field(struct parser *p, struct span at,
                                    struct name name, struct type_expr *type,
                                    struct expr *initial);

// ------------------------------------------------------- items (build_item.c)

struct native {
  struct name on;
  struct text entry;
};

struct body {
  struct expr *value;
  struct block *block;
};

void build_file(struct parser *p, struct item_list items);
struct block *build_block(struct parser *p, struct span at,
                          struct item_list items);
struct param *build_param(struct parser *p, struct span at, struct name name,
                          struct type_expr *type, struct name source,
                          struct name adapter, struct arg_list options,
                          struct expr *initial);
struct form *build_form(struct parser *p, struct span at, struct name name,
                        struct arg_list args);
struct branch *build_branch(struct parser *p, struct expr *test,
                            struct block *body);
struct callable build_callable(struct name_list dims,
                               const struct param_list *params,
                               struct type_expr *result, struct body body);

struct item *build_item_error(struct parser *p, struct span at,
                              struct block *body);
struct item *build_use_file(struct parser *p, struct span at, struct text path);
struct item *build_use(struct parser *p, struct span at, struct name module,
                       struct name as);
struct item *build_type_decl(struct parser *p, struct span at,
                             struct name name, struct name_list dims,
                             struct type_expr *type);
struct item *build_deployment(struct parser *p, struct span at,
                              struct name name, struct callable c,
                              const struct native *native);
struct native *build_native(struct parser *p, struct name on,
                            struct text entry);
struct item *build_fn(struct parser *p, struct span at, struct name name,
                      struct callable c);
struct item *build_fn_prefixed(struct parser *p, struct span at,
                               struct expr *prefix, struct item *fn);
struct item *build_callable_item(struct parser *p, enum item_kind kind,
                                 struct span at, struct name name,
                                 struct callable c);
struct item *build_route(struct parser *p, struct span at, struct name method,
                         struct text path, struct callable c,
                         struct field_list settings, struct form *form);
struct item *build_app(struct parser *p, struct span at, struct name name,
                       struct text prefix, struct block *body);
struct item *build_bind(struct parser *p, struct span at, struct name name,
                        struct expr *value, struct field_list settings);
struct item *build_settings(struct parser *p, enum item_kind kind,
                            struct span at, struct name name,
                            struct name_list path, struct field_list settings);
struct item *build_value(struct parser *p, enum item_kind kind,
                         struct span at, struct name name,
                         struct type_expr *type, struct expr *value);
struct item *build_test(struct parser *p, struct span at, struct text title,
                        struct block *body);
struct item *build_assign(struct parser *p, enum item_kind kind,
                          struct span at, struct expr *target, enum expr_op op,
                          struct expr *value);
struct item *build_if(struct parser *p, struct span at,
                      struct branch_list branches, struct block *otherwise);
struct item *build_loop(struct parser *p, enum item_kind kind, struct span at,
                        struct name_list names, struct expr *over,
                        struct block *body);
struct item *build_try(struct parser *p, struct span at, struct block *body,
                       struct name error, struct block *otherwise);
struct item *build_effect(struct parser *p, enum item_kind kind,
                          struct span at, struct expr *value,
                          struct form *form);

// ------------------------------------------------ after the grammar (shape.c)

// Reports what the grammar lets through and the language does not: items out
// of place, parameters without a type, `break` outside a loop, ...
void shape_check(struct parser *p, const struct file_ast *f);

#endif
