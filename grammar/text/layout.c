// Layout: from raw tokens to those the grammar reads. Three things are decided
// here and nowhere else.
//
// Line ends. One is a token if the innermost open bracket is not `(` or `[`,
// the token before it could end a statement, and the one behind it could not
// go on with it. Before a closing bracket and at the end it is left out.
//
// Brackets. What goes to the grammar is balanced: an unclosed one is reported
// where it was opened and closed where it is noticed, a stray one is reported
// and left out. It is noticed by a closing bracket of another kind, a line that
// begins as only a statement or declaration can, or a block where none may be.
//
// Recovery. When the grammar reports an error it reads on to the next line,
// field or closing bracket on its own; what is nested deeper is skipped here.
#include "grammar/text/tokens.h"

enum { ERRORS_MAX = 100 };

int sg_raw_lex(struct token *t, void *flex);
int sg_lex(SG_STYPE *value, struct span *at, struct parser *p);

static struct open *top(struct parser *p)
{
  return &p->open[p->depth];
}

// --------------------------------------------------------------------- tokens

// `{` at the beginning of a line, behind a head that waits for it.
static bool brace_fell(struct parser *p, const struct token *t)
{
  if (!token_has_body(top(p)->head))
    return false;
  if (p->last.kind == '}' || t->span.start < p->quiet)
    return false;
  struct diag *d = diag_report(p->diags, DIAG_syntax_error, t->span,
                               "this `{` belongs on the line before");
  diag_hint(p->diags, d, "a line end ends what stands before it");
  return true;
}

static char next_char(const struct parser *p, uint32_t at)
{
  while (p->text[at] == ' ' || p->text[at] == '\t')
    at++;
  return p->text[at];
}

static bool name_follows(const struct parser *p, const struct token *t)
{
  char c = next_char(p, t->span.end);
  return c == '_' || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

// A line in the first column that can only be a declaration of a file.
static bool begins_file_item(const struct parser *p, const struct token *t)
{
  if (!t->newline || (t->span.start && p->text[t->span.start - 1] != '\n'))
    return false;
  switch (t->kind) {
  case T_TYPE:
  case T_DEPLOYMENT:
  case T_METRIC:
  case T_RESOURCE:
  case T_APP:
  case T_OVERRIDE:
    return name_follows(p, t);
  case T_USE:
    return name_follows(p, t) || next_char(p, t->span.end) == '"';
  case T_TEST:
    return next_char(p, t->span.end) == '"';
  case T_SERVER:
    return next_char(p, t->span.end) == '{';
  default:
    return false;
  }
}

// A line that can only be a statement, or a declaration.
static bool begins_item(const struct parser *p, const struct token *t)
{
  if (!t->newline)
    return false;
  switch (t->kind) {
  case T_LET:
  case T_VAR:
  case T_WHILE:
  case T_BREAK:
  case T_CONTINUE:
  case T_RETURN:
  case T_TRY:
  case T_YIELD:
  case T_EMIT:
  case T_SPAWN:
  case T_ASSERT:
    return true;
  default:
    return token_heads_item(t->kind) && name_follows(p, t);
  }
}

// A `{` behind what could end a value opens a block, settings or arms; a `{`
// elsewhere opens a record, and so does one behind the `else` of a `then`.
static bool opens_body(const struct parser *p)
{
  int last = p->last.kind;
  if (last == T_MAP || last == T_STREAM || last == T_STEP || last == T_RETURN)
    return false;
  if (last == T_ELSE && p->open[p->depth].otherwise)
    return false;
  return token_can_end(last) || last == T_ELSE || last == T_TRY;
}

static bool opens_block(const struct parser *p)
{
  const struct open *o = &p->open[p->depth];
  if (!opens_body(p) || o->match || token_is_tight(o->token))
    return false;
  return o->head != T_BIND && o->head != T_OVERRIDE && o->head != T_SERVER &&
         o->head != T_RESOURCE;
}

static bool closes_something(const struct parser *p, int closer)
{
  for (unsigned i = p->depth; i; i--) {
    if (token_closer(p->open[i].token) == closer)
      return true;
    if (closer != '}' && closer != T_HOLE_CLOSE && p->open[i].token == '{')
      return false;
    if (closer != T_HOLE_CLOSE && p->open[i].token == T_HOLE_OPEN)
      return false;
  }
  return false;
}

// ------------------------------------------------------------------ line ends

// A line that can only be a new statement ends the one before, whatever that
// one lacks, so that the next is not taken for its rest.
static bool must_end(const struct parser *p, const struct token *t)
{
  int last = p->last.kind;
  return begins_item(p, t) && last && last != '{' &&
         last != T_NEWLINE;
}

static bool ends_line(struct parser *p, const struct token *t)
{
  if (!t->newline || token_is_tight(top(p)->token))
    return false;
  if (!token_can_end(p->last.kind) && !must_end(p, t))
    return false;
  if (!t->kind || token_can_go_on(t->kind))
    return false;
  return !(t->kind == '{' && brace_fell(p, t));
}

// ------------------------------------------------------------------- brackets

// `if`, `for` or `match` at the head of a line, behind what could end a value:
// in parentheses, that is no expression that goes on.
static bool begins_way(const struct parser *p, const struct token *t)
{
  return t->newline && token_can_end(p->last.kind) &&
         (t->kind == T_IF || t->kind == T_FOR || t->kind == T_MATCH);
}

// Whether this token shows that the innermost bracket was not closed.
static bool shows_unclosed(const struct parser *p, const struct token *t)
{
  const struct open *o = &p->open[p->depth];
  if (!p->depth)
    return false;
  if (!t->kind || begins_file_item(p, t))
    return true;
  if (token_closes(t->kind))
    return token_closer(o->token) != t->kind && closes_something(p, t->kind);
  if (o->token == '{')
    return !o->block && begins_item(p, t);
  if (o->token == T_HOLE_OPEN)
    return false;
  return begins_item(p, t) || (o->token == '(' && begins_way(p, t)) ||
         (t->kind == '{' && opens_body(p) && !o->match);
}

static void report_unclosed(struct parser *p, const struct token *t)
{
  struct open *o = top(p);
  if (!p->panic && t->span.start >= p->quiet) {
    int opener = o->token == T_HOLE_OPEN ? '{' : o->token;
    struct diag *d = diag_report(p->diags, DIAG_unclosed_bracket, o->span,
                                 "this `%c` is not closed", opener);
    if (t->kind)
      diag_note(p->diags, d, t->span, "its `%c` is missed before this",
                opener == '(' ? ')' : opener == '[' ? ']' : '}');
    if (o->token == '{' && p->suspect.end && p->suspect.start != o->span.start)
      diag_note(p->diags, d, p->suspect,
                "perhaps it is this one: its `}` is indented otherwise");
  }
  if (t->span.start + 1 > p->quiet)
    p->quiet = t->span.start + 1;
}

// `[1, 2)`: taken for the bracket that was meant.
static bool is_mistaken(const struct parser *p, const struct token *t)
{
  int open = p->open[p->depth].token;
  return (t->kind == ')' && open == '[') || (t->kind == ']' && open == '(');
}

static void report_mistaken(struct parser *p, struct token *t)
{
  const struct open *o = top(p);
  if (!p->panic && t->span.start >= p->quiet) {
    struct diag *d = diag_report(p->diags, DIAG_stray_bracket, t->span,
                                 "`%c` is closed by `%c`", o->token, t->kind);
    diag_note(p->diags, d, o->span, "`%c` was opened here", o->token);
  }
  t->kind = token_closer(o->token);
}

static void report_stray(struct parser *p, const struct token *t)
{
  if (t->span.start >= p->quiet && !p->panic)
    diag_report(p->diags, DIAG_stray_bracket, t->span, "this `%c` closes nothing",
                t->kind == T_HOLE_CLOSE ? '}' : t->kind);
}

static void push(struct parser *p, const struct token *t)
{
  bool block = t->kind == '{' && opens_block(p);
  if (t->kind == '{' && opens_body(p))
    top(p)->match = false;
  p->depth++;
  *top(p) = (struct open){.token = t->kind, .block = block, .span = t->span,
                          .indent = t->indent};
}

static void pop(struct parser *p, const struct token *t)
{
  const struct open *o = top(p);
  if (t->newline && o->token == '{' && !p->suspect.end &&
      t->indent != o->indent)
    p->suspect = o->span;
  p->depth--;
}

// -------------------------------------------------------------------- reading

// The blanks before the first token of a line.
static uint32_t indent_at(const struct parser *p, uint32_t at)
{
  uint32_t n = 0;
  while (n < at && (p->text[at - n - 1] == ' ' || p->text[at - n - 1] == '\t'))
    n++;
  return n;
}

// Reads the token behind the last one into `p->ahead`.
static void read_ahead(struct parser *p)
{
  struct token *t = &p->ahead;
  t->name.text = NULL;
  t->kind = sg_raw_lex(t, p->flex);
  t->newline = p->newline;
  if (t->newline)
    p->indent = indent_at(p, t->span.start);
  t->indent = p->indent;
  p->newline = false;
  if (p->diags->errors - p->errors >= ERRORS_MAX && t->kind) {
    diag_report(p->diags, DIAG_too_many_errors, t->span,
                "too many errors; the rest was not read");
    p->quiet = UINT32_MAX;
    p->at = p->size;
    t->kind = 0;
  }
  if (p->doc_span.end)
    scan_doc_attach(p, t->span.start);
  p->has_ahead = true;
}

static inline struct token *peek(struct parser *p)
{
  if (!p->has_ahead)
    read_ahead(p);
  return &p->ahead;
}

// Skips from an opening bracket to its closing one.
static void skip_group(struct parser *p)
{
  unsigned depth = 0;
  do {
    struct token *t = peek(p);
    if (!t->kind || begins_file_item(p, t))
      return;
    depth += token_opens(t->kind);
    depth -= token_closes(t->kind);
    p->has_ahead = false;
  } while (depth);
}

// Hands a token to the grammar: it is the last one from here on.
static void give(struct parser *p, const struct token *t)
{
  struct open *o = top(p);
  switch (t->kind) {
  case T_NEWLINE:
    o->head = 0;
    o->match = false;
    o->thens = 0;
    break;
  case T_MATCH:
    o->match = true;
    break;
  case T_THEN:
    o->thens++;
    break;
  case T_ELSE:
    o->otherwise = o->thens;
    o->thens -= o->otherwise;
    break;
  }
  if (!o->head && t->kind != T_NEWLINE)
    o->head = t->kind;
  if (token_opens(t->kind))
    push(p, t);
  p->before = p->last;
  p->last = *t;
}

static void give_made(struct parser *p, int kind, struct span at)
{
  give(p, &(struct token){.kind = kind, .span = at});
}

static void too_deep(struct parser *p, struct token t)
{
  complain_deep(p, t.span);
  skip_group(p);
  t.kind = T_SKIPPED;
  t.span.end = p->last.span.end > t.span.end ? p->last.span.end : t.span.end;
  p->quiet = p->at + 1;
  give(p, &t);
}

// Whether what closed it was in the line behind a string that is not closed.
static bool was_torn(const struct parser *p)
{
  const struct open *o = &p->open[p->depth];
  return p->torn && p->last.span.start >= p->torn && p->depth && !o->block &&
         o->span.start >= p->torn_line && o->span.start < p->torn &&
         o->token != T_HOLE_OPEN;
}

// Closes the innermost bracket before `t`, which shows that it is not closed.
static void close_before(struct parser *p, const struct token *t)
{
  if (!was_torn(p))
    report_unclosed(p, t);
  int closer = token_closer(top(p)->token);
  p->depth--;
  give_made(p, closer, (struct span){p->file, t->span.start, t->span.start});
}

static void next(struct parser *p)
{
  for (;;) {
    struct token *t = peek(p);
    if (was_torn(p) || shows_unclosed(p, t)) {
      close_before(p, t);
      return;
    }
    bool closes = token_closes(t->kind);
    if (closes && is_mistaken(p, t))
      report_mistaken(p, t);
    if (closes && token_closer(top(p)->token) != t->kind) {
      report_stray(p, t);
      p->has_ahead = false;
      continue;
    }
    if (ends_line(p, t)) {
      t->newline = false;
      uint32_t from = p->last.span.end;
      give_made(p, T_NEWLINE, (struct span){p->file, from, t->span.start});
      return;
    }
    if (token_opens(t->kind) && p->depth >= NESTING_MAX) {
      too_deep(p, *t);
      return;
    }
    p->has_ahead = false;
    if (closes)
      pop(p, t);
    give(p, t);
    return;
  }
}

// ------------------------------------------------------------------- recovery

// Where the grammar can go on after an error in a bracket of this kind.
static bool is_refuge(const struct parser *p, const struct token *t)
{
  const struct open *o = &p->open[p->depth];
  if (!t->kind || token_closes(t->kind))
    return true;
  if (token_is_tight(o->token))
    return false;
  if (t->kind == T_NEWLINE)
    return true;
  return o->token == '{' && !o->block && t->kind == ',';
}

// Whether the block that opens here is the body of what has the error.
static bool is_body(const struct parser *p)
{
  if (!p->open[p->depth].block)
    return false;
  const struct open *outer = &p->open[p->depth - 1];
  if (p->depth > 1 && !outer->block)
    return false;
  return token_has_body(outer->head) || outer->head == T_NAME;
}

static bool skipped(struct parser *p, const struct token *t)
{
  if (p->depth < p->panic_depth || (p->depth == 0 && !t->kind)) {
    p->panic = false;
    return false;
  }
  bool deeper = p->depth > p->panic_depth;
  if (t->kind == '{' && p->depth == p->panic_depth + 1 && is_body(p)) {
    p->panic = false;
    return false;
  }
  // The bracket that closes a skipped one is skipped with it.
  bool closed_inner = token_closes(t->kind) && p->depth == p->panic_depth;
  return deeper || closed_inner || !is_refuge(p, t);
}

// After the grammar met an error at the last token.
void layout_recover(struct parser *p)
{
  int kind = p->last.kind;
  p->panic = !token_closes(kind);
  p->panic_depth = p->depth;
  if (token_opens(kind)) {
    p->panic_depth--; // the grammar takes a `{` among items for a body
    bool outer = !p->panic_depth || p->open[p->panic_depth].block;
    p->panic = !(kind == '{' && outer);
  }
}

int sg_lex(SG_STYPE *value, struct span *at, struct parser *p)
{
  const struct token *t = &p->last;
  do
    next(p);
  while (p->panic && skipped(p, t));
  *at = t->span;
  switch (t->kind) {
  case T_INT:
  case T_DURATION:
  case T_SIZE:
    value->T_INT = t->integer;
    break;
  case T_FLOAT:
  case T_PERCENT:
    value->T_FLOAT = t->number;
    break;
  case T_STRING:
  case T_STR_TEXT:
    value->T_STRING = t->text;
    break;
  case SG_error:
    layout_recover(p);
    p->quiet = t->span.end;
    break;
  default:
    value->T_NAME = t->name;
  }
  return t->kind;
}
