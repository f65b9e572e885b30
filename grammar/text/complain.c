// What to say at a syntax error: what was expected, what was found, and what
// was probably meant.
#include "grammar/text/parser.h"

#include "grammar/base/nearest.h"
#include "grammar/base/utf8.h"
#include "grammar/text/sg.tab.h"

#include <string.h>

static const struct foreign {
  const char *word, *here;
} foreign[] = {
    {"def", "a function is written `fn name(x: int) -> str { ... }`"},
    {"func", "a function is written `fn name(x: int) -> str { ... }`"},
    {"function", "a function is written `fn name(x: int) -> str { ... }`"},
    {"class", "a class is written `deployment Name(weight: int) { ... }`"},
    {"import", "a library is named by `use name`, a file by `use \"./f.sg\"`"},
    {"include", "a library is named by `use name`, a file by `use \"./f.sg\"`"},
    {"from", "a library is named by `use name`, a file by `use \"./f.sg\"`"},
    {"async", "calls are futures here: leave it out"},
    {"await", "a value is waited for where it is needed: leave it out"},
    {"elif", "it is written `else if`"},
    {"elseif", "it is written `else if`"},
    {"lambda", "a function without a name is written `fn(x) = x + 1`"},
    {"const", "a value is named by `let x = ...`"},
    {"raise", "an error is made by `fail(status, message)`"},
    {"throw", "an error is made by `fail(status, message)`"},
    {"except", "errors are caught by `try { ... } else e { ... }`"},
    {"catch", "errors are caught by `try { ... } else e { ... }`"},
    {"finally", "errors are caught by `try { ... } else e { ... }`"},
    {"switch", "it is written `match x { \"a\" -> 1, _ -> 2 }`"},
    {"case", "an arm of `match` is written `pattern -> value`"},
    {"struct", "a record is written `type Name = { a: int, b: str }`"},
    {"enum", "an enumeration is written `type Name = \"a\" | \"b\"`"},
    {"interface", "a record is written `type Name = { a: int, b: str }`"},
    {"pass", "an empty body is written `{ }`"},
    {"print", "a line for the log is written `log.info(\"...\")`"},
    {"is", "it is compared by `==`, also with `none`"},
    {"None", "it is written `none`"},
    {"null", "it is written `none`"},
    {"nil", "it is written `none`"},
    {"undefined", "it is written `none`"},
    {"True", "it is written `true`"},
    {"False", "it is written `false`"},
    {"self",
     "the names of a deployment are known in its functions as they are"},
    {"this",
     "the names of a deployment are known in its functions as they are"},
    {"xor", "two bools differ by `!=`"},
    {"mod", "the remainder is `%`"},
    {"string", "the type of text is `str`"},
    {"integer", "the type of whole numbers is `int`"},
    {"double", "the type of numbers is `float`"},
    {"number", "the type of numbers is `float`"},
    {"boolean", "the type is `bool`"},
    {"dict", "a map from text to `T` is `map T`"},
    {"Dict", "a map from text to `T` is `map T`"},
    {"List", "a list of `T` is `[T]`"},
    {"tuple", "a tuple of `T` and `U` is `(T, U)`"},
    {"Tuple", "a tuple of `T` and `U` is `(T, U)`"},
    {"Optional", "a `T` or none is `T?`"},
    {"Literal", "one of these texts is `\"a\" | \"b\"`"},
    {"Union", "one of several records is `A(x: int) | B(y: str)`"},
    {"Any", "the type of any JSON is `json`"},
    {"object", "the type of any JSON is `json`"},
    {"list", "a list of `T` is `[T]`"},
    {"append", "a list is made longer by `xs += [x]`"},
    {"push", "a list is made longer by `xs += [x]`"},
    {"extend", "a list is made longer by `xs += ys`"},
    {"strip", "white space is taken off by `trim(x)`"},
    {"startswith", "it is written `starts_with(x, part)`"},
    {"endswith", "it is written `ends_with(x, part)`"},
    {"length", "it is written `len(x)`"},
    {"println", "a line for the log is written `log.info(\"...\")`"},
    {"enumerate", "`for x, i in xs` counts along"},
    {"items", "`for k, v in m` gives keys and values"},
    {"filter", "it is written `[x for x in xs if ...]`"},
    {"isinstance", "types are known; a union is taken apart by `match`"},
    {"toString", "it is written `str(x)`, or `\"{x}\"`"},
};

const char *parse_foreign_word(const char *word)
{
  for (size_t i = 0; i < sizeof foreign / sizeof *foreign; i++)
    if (!strcmp(foreign[i].word, word))
      return foreign[i].here;
  return NULL;
}

void complain_deep(struct parser *p, struct span at)
{
  if (p->deep)
    return;
  p->deep = true;
  struct diag *d =
      diag_report(p->diags, DIAG_too_deep, at, "this is nested too deeply");
  diag_hint(p->diags, d,
            "brackets may nest %d deep, operators in a row %d; give a part of "
            "it a name of its own",
            NESTING_MAX, AST_DEPTH_MAX);
}

void complain_character(struct parser *p, struct span at)
{
  if (p->panic || at.start < p->quiet)
    return; // the line is wrong already
  uint32_t code = 0;
  unsigned n = utf8_decode(p->text + at.start, p->size - at.start, &code);
  char *shown =
      code < 0x20 || code == 0x7F
          ? arena_printf(p->arena, "the character U+%04X", code)
          : arena_printf(p->arena, "`%.*s`", (int)n, p->text + at.start);
  struct diag *d = diag_report(p->diags, DIAG_unknown_character, at,
                               "%s has no meaning here", shown);
  if (code == 0x201C || code == 0x201D || code == 0x2018 || code == 0x2019)
    diag_hint(p->diags, d, "quotes are \" and '");
  else if (code == 0xA0 || code == 0x200B || code == 0x3000)
    diag_hint(p->diags, d, "this is a space of another kind");
  else if (code == '@')
    diag_hint(p->diags, d,
              "there are no decorators; settings are written "
              "`name: value` inside the braces");
  else if (code == '~' || code == '^')
    diag_hint(p->diags, d, "there are no operators on bits");
  else if (code == '`')
    diag_hint(p->diags, d, "quotes are \" and '");
  else if (code > 0x7F)
    diag_hint(p->diags, d, "names are letters a-z and A-Z, digits and `_`");
}

// -------------------------------------------------------------------- wording

static bool expects(const struct complaint *c, int token)
{
  for (int i = 0; i < c->n_expected; i++)
    if (c->expected[i] == token)
      return true;
  return false;
}

static bool is_word(int token)
{
  return token >= T_NAME && token <= T_LOOP;
}

static bool is_hard(int token)
{
  return token >= T_FN && token <= T_LOOP;
}

static void add_token(struct buf *out, int token)
{
  const char *text = token_text(token);
  if (token == 0)
    buf_adds(out, "the end of the file");
  else if (token == T_NEWLINE)
    buf_adds(out, "the end of the line");
  else if (token < 128)
    buf_addf(out, "`%c`", token);
  else if (is_word(token) && token != T_NAME)
    buf_addf(out, "`%s`", text);
  else if (token >= T_ARROW)
    buf_addf(out, "`%s`", text);
  else
    buf_addf(out, "%s%s", strncmp(text, "end", 3) ? "" : "the ", text);
}

static void add_found(struct parser *p, struct buf *out, int token)
{
  if (token == T_NAME)
    buf_addf(out, "`%.*s`", p->last.name.text->size > 40 ? 40 : 200,
             p->last.name.text->text);
  else if (is_hard(token))
    buf_addf(out, "the keyword `%s`", token_text(token));
  else if (token == T_STR_OPEN || token == T_STRING)
    buf_adds(out, "a string");
  else if (token == T_INT || token == T_FLOAT)
    buf_adds(out, "a number");
  else if (token == T_DURATION || token == T_SIZE || token == T_PERCENT)
    buf_adds(out, token_text(token));
  else
    add_token(out, token);
}

enum { SHOWN = 5 };

// What was expected: words, or a token where the words are NULL.
struct wording {
  int n;
  const char *words[SHOWN];
  int tokens[SHOWN];
};

static void add_one(struct wording *w, const char *words, int token)
{
  if (w->n < SHOWN) {
    w->words[w->n] = words;
    w->tokens[w->n] = token;
  }
  w->n++;
}

static void add_wording(const struct wording *w, struct buf *out)
{
  int shown = w->n < SHOWN ? w->n : SHOWN;
  for (int i = 0; i < shown; i++) {
    bool last = i == w->n - 1;
    buf_adds(out, !i ? "" : last ? " or " : ", ");
    if (w->words[i])
      buf_adds(out, w->words[i]);
    else
      add_token(out, w->tokens[i]);
  }
  if (w->n > SHOWN)
    buf_adds(out, ", ...");
}

// Tokens that could go on with a complete value are never what was missed.
static bool is_operator(int token)
{
  switch (token) {
  case T_OR:
  case T_AND:
  case T_NOT:
  case T_IN:
  case T_DIV:
  case T_BY:
  case T_WITH:
  case T_EQ:
  case T_NE:
  case T_LE:
  case T_GE:
  case T_OR_ELSE:
    return true;
  default:
    return token < 128 && token && strchr(".+-*/%&|<>?", token);
  }
}

// All that was expected, in words: whole kinds of things where possible.
static void add_expected(const struct complaint *c, struct buf *out)
{
  struct wording w = {0};
  bool statement = expects(c, T_LET);
  bool value = expects(c, T_INT) && expects(c, T_NONE) && expects(c, T_LOOP);
  bool type =
      !value && expects(c, T_TENSOR) && expects(c, '[') && expects(c, T_STRING);
  bool pattern =
      !value && !expects(c, '[') && expects(c, T_INT) && expects(c, T_NONE);
  bool name =
      !value && !type && !pattern && expects(c, T_NAME) && expects(c, T_LIMIT);
  bool suffix = expects(c, '*') && expects(c, '+');
  bool suffix_of_type = !suffix && expects(c, '?') && expects(c, '|');
  if (statement)
    add_one(&w, "a statement or declaration", 0);
  else if (value)
    add_one(&w, "a value", 0);
  if (pattern)
    add_one(&w, "a pattern", 0);
  if (type)
    add_one(&w, "a type", 0);
  if (name)
    add_one(&w, "a name", 0);
  for (int i = 0; i < c->n_expected; i++) {
    int token = c->expected[i];
    if (statement && token != '}' && token != 0)
      continue;
    if (value && (is_word(token) || strchr("([{-", token & 127)) &&
        (is_word(token) || token < 128))
      continue;
    if (pattern && (is_word(token) || token == '-'))
      continue;
    if ((value || type || pattern) && token >= T_INT && token <= T_HOLE_OPEN)
      continue;
    if (type && (is_word(token) || token == '(' || token == '[' ||
                 token == '{' || token == '-'))
      continue;
    if (suffix_of_type && (is_operator(token) || token == '[' || token == '('))
      continue;
    if (name && token >= T_NAME && token <= T_TENSOR)
      continue;
    if (token == T_SKIPPED || (is_operator(token) && (suffix || type)) ||
        (suffix && (token == '(' || token == '[')))
      continue;
    if (suffix && (token == T_ADD_SET || token == T_SUB_SET ||
                   token == T_MUL_SET || token == T_DIV_SET || token == T_FN))
      continue;
    add_one(&w, NULL, token);
  }
  add_wording(&w, out);
}

static struct diag *generic(struct parser *p, struct span at,
                            const struct complaint *c)
{
  struct buf expected = {.arena = p->arena}, found = {.arena = p->arena};
  add_expected(c, &expected);
  add_found(p, &found, c->found);
  if (!expected.size)
    return diag_report(p->diags, DIAG_syntax_error, at,
                       "%s is not understood here", found.data);
  return diag_report(p->diags, DIAG_syntax_error, at, "expected %s, found %s",
                     expected.data, found.data);
}

// ---------------------------------------------------------- what was meant

static const struct open *around(const struct parser *p, int found)
{
  bool opener = found == '(' || found == '[' || found == '{';
  return &p->open[opener && p->depth ? p->depth - 1 : p->depth];
}

// Whether the braces that are open follow `->`, and so are a record's.
static bool behind_arrow(const struct parser *p, const struct open *o)
{
  uint32_t i = o->span.start;
  while (i && (p->text[i - 1] == ' ' || p->text[i - 1] == '\t'))
    i--;
  return o->token == '{' && i > 1 && p->text[i - 2] == '-' &&
         p->text[i - 1] == '>';
}

// `-> { return x }`
static bool block_behind_arrow(struct parser *p, struct span at,
                               const struct complaint *c)
{
  switch (c->found) {
  case T_RETURN:
  case T_LET:
  case T_VAR:
  case T_IF:
  case T_FOR:
  case T_WHILE:
  case T_TRY:
  case T_ASSERT:
  case T_BREAK:
  case T_CONTINUE:
  case T_SPAWN:
  case T_YIELD:
    break;
  default:
    return false;
  }
  if (!behind_arrow(p, around(p, c->found)))
    return false;
  struct diag *d =
      diag_report(p->diags, DIAG_syntax_error, at,
                  "`%s` cannot stand in a record", token_text(c->found));
  diag_hint(p->diags, d,
            "`->` is followed by a value; a block stands without it: "
            "`{ %s ... }`",
            token_text(c->found));
  return true;
}

static bool keyword_as_name(struct parser *p, struct span at,
                            const struct complaint *c)
{
  if (!is_hard(c->found) || !expects(c, T_NAME) || expects(c, T_INT))
    return false;
  if (block_behind_arrow(p, at, c))
    return true;
  const char *word = token_text(c->found);
  struct diag *d =
      diag_report(p->diags, DIAG_keyword_as_name, at,
                  "`%s` is a keyword and cannot be a name here", word);
  diag_hint(p->diags, d, "call it `%s_`, say", word);
  return true;
}

static bool foreign_word(struct parser *p, const struct complaint *c)
{
  const struct token *tokens[] = {&p->last, &p->before};
  for (int i = 0; i < 2; i++) {
    const struct token *t = tokens[i];
    if (!is_word(t->kind) || !t->name.text)
      continue;
    if (t->kind == T_FROM && around(p, c->found)->head != T_FROM)
      continue;
    const char *here = parse_foreign_word(t->name.text->text);
    if (!here)
      continue;
    struct diag *d =
        diag_report(p->diags, DIAG_foreign_word, t->span,
                    "`%s` is a word of another language", t->name.text->text);
    diag_hint(p->diags, d, "%s", here);
    return true;
  }
  return false;
}

static bool equals(struct parser *p, struct span at, const struct complaint *c)
{
  const struct open *o = around(p, c->found);
  bool named = is_word(p->before.kind) && p->before.name.text;
  if (c->found == '=' && named && (o->token == '(' || expects(c, ':'))) {
    struct diag *d = diag_report(p->diags, DIAG_setting_equals, at,
                                 "what is named is written with `:`");
    diag_hint(p->diags, d, "write `%s: ...`", p->before.name.text->text);
    return true;
  }
  if (c->found == '=' && (expects(c, T_EQ) || o->head == T_IF)) {
    struct diag *d = diag_report(p->diags, DIAG_equals_confused, at,
                                 "`=` gives a value and cannot stand here");
    diag_hint(p->diags, d, "two values are compared by `==`");
    return true;
  }
  if (c->found == T_EQ && expects(c, '=')) {
    struct diag *d = diag_report(p->diags, DIAG_equals_confused, at,
                                 "`==` compares and cannot stand here");
    diag_hint(p->diags, d, "a value is given by `=`");
    return true;
  }
  return false;
}

static bool arrow(struct parser *p, struct span at, const struct complaint *c)
{
  if (!expects(c, T_ARROW))
    return false;
  int head = around(p, c->found)->head;
  if (head == T_ROUTE) {
    struct diag *d = diag_report(p->diags, DIAG_missing_arrow, at,
                                 "a route's answer follows `->`");
    diag_hint(p->diags, d, "write `route GET \"/path\" -> value`, or a block");
    return true;
  }
  bool type = is_word(c->found) || c->found == ':' || c->found == '[' ||
              c->found == '(' || c->found == T_STRING;
  if (p->before.kind != ')' || !type || c->found == T_ON)
    return false;
  struct diag *d = diag_report(p->diags, DIAG_missing_arrow, at,
                               "the type of the result follows `->`");
  if (is_word(c->found) && p->last.name.text)
    diag_hint(p->diags, d, "write `-> %s`", p->last.name.text->text);
  else
    diag_hint(p->diags, d, "write `(x: int) -> str`");
  return true;
}

// `f(x: int -> int {`
static bool unclosed(struct parser *p, struct span at,
                     const struct complaint *c)
{
  const struct open *o = around(p, c->found);
  if (c->found != T_ARROW || o->token != '(' || !expects(c, ')'))
    return false;
  struct diag *d = diag_report(p->diags, DIAG_unclosed_bracket, o->span,
                               "this `(` is not closed");
  diag_note(p->diags, d, at, "its `)` is missed before this");
  return true;
}

// `let x =` and nothing behind it.
static bool value_missing(struct parser *p, struct span at,
                          const struct complaint *c)
{
  struct span before = p->before.span;
  if (p->before.kind != '=' || (c->found != T_FOR && c->found != '}') ||
      !memchr(p->text + before.end, '\n', at.start - before.end))
    return false;
  struct diag *d = diag_report(p->diags, DIAG_syntax_error, before,
                               "a value is missing behind `=`");
  diag_note(p->diags, d, at, "this is the next line");
  return true;
}

// `retrun x`: a keyword at the head of an item, misspelt.
static const char *meant_keyword(const struct parser *p,
                                 const struct complaint *c)
{
  if (p->before.kind != T_NAME || !expects(c, ':') || !expects(c, '='))
    return NULL;
  static const char *const heads[] = {
      "app",   "assert",   "bind",  "deployment", "emit",   "flow",    "fn",
      "for",   "graph",    "if",    "let",        "match",  "metric",  "return",
      "route", "override", "spawn", "state",      "stub",   "test",    "type",
      "use",   "var",      "while", "yield",      "server", "resource"};
  return nearest_name(p->before.name.text->text, heads,
                      sizeof heads / sizeof *heads);
}

// What is written otherwise in other languages; or NULL.
static const char *other_habit(const struct parser *p,
                               const struct complaint *c)
{
  int before = p->before.kind, found = c->found;
  bool close = p->before.span.end == p->last.span.start;
  bool prefix = before == T_NAME && p->before.name.text->size == 1 && close &&
                strchr("fFrRbBuU", p->before.name.text->text[0]);
  if (behind_arrow(p, around(p, found)) && (found == '.' || found == '('))
    return "`->` is followed by a value; a block stands without it: `{ ... }`";
  if (found == '?')
    return "as a value it is `if a then b else c`";
  if (close && found == '+' && (before == '+' || before == '='))
    return "it is written `n += 1`";
  if (close && found == '-' && before == '=')
    return "it is written `n -= 1`";
  if (prefix && (found == T_STRING || found == T_STR_OPEN))
    return "any string in double quotes has holes, `\"{x}\"`; a raw one is "
           "written in single quotes";
  if (found == T_FOR && around(p, found)->token == '{')
    return "a map is made of pairs: `list.to_map([(k, v) for k in ks])`";
  if (found == '{' && around(p, found)->head != T_TYPE && before == ')' &&
      expects(c, '=') && expects(c, T_ARROW) && !expects(c, '{'))
    return "a function without a name gives one value: `fn(x) = x + 1`; what "
           "has statements is a `fn` of its own";
  return NULL;
}

static void add_hint(struct parser *p, const struct complaint *c,
                     struct diag *d)
{
  int before = p->before.kind;
  const struct open *o = around(p, c->found);
  const char *meant = meant_keyword(p, c), *habit = other_habit(p, c);
  if (meant)
    diag_hint(p->diags, d, "did you mean `%s`?", meant);
  else if (habit)
    diag_hint(p->diags, d, "%s", habit);
  else if (c->found == '(' && (before == T_LET || before == T_VAR))
    diag_hint(p->diags, d, "a tuple has one name; its items are `x.0`, `x.1`");
  else if (expects(c, T_THEN) && c->found == '{')
    diag_hint(p->diags, d, "as a value it is `if a then b else c`");
  else if (c->found == T_ELSE && expects(c, T_TRUE))
    diag_hint(p->diags, d, "the arm for all others is `_ -> ...`");
  else if (expects(c, T_LOOP) && !expects(c, T_IF) &&
           (c->found == T_IF || c->found == T_MATCH || c->found == T_FN))
    diag_hint(p->diags, d, "as an operand it needs parentheses");
  else if (before == ':' && c->found == T_NEWLINE)
    diag_hint(p->diags, d, "a block stands in `{ }`");
  else if (c->found == ':' && o->token == T_HOLE_OPEN)
    diag_hint(p->diags, d, "a format is given by `{format(x, \".2f\")}`; a "
                           "brace is written `\\{`");
  else if (c->found == ':' && expects(c, '{'))
    diag_hint(p->diags, d, "a block stands in `{ }`");
  else if (c->found == T_STR_OPEN && expects(c, T_STRING))
    diag_hint(p->diags, d,
              "a string without holes must stand here; a brace "
              "is written `\\{`");
  else if (before == T_NAME && c->found == T_NAME && o->token == '(')
    diag_hint(p->diags, d, "a comma is missing, or a `:`");
  else if (c->found == T_NEWLINE && before == ',' && !o->token)
    diag_hint(p->diags, d, "the line ends too early");
  else if (before == T_STRING && p->before.span.end == p->last.span.start)
    diag_hint(p->diags, d,
              "the string ends before this; a quote in a string "
              "is written `\\\"`, and 'raw' ones hold none");
}

// Where the bracket was opened, if that is out of sight.
static void add_opening(struct parser *p, const struct complaint *c,
                        struct diag *d)
{
  const struct open *o = around(p, c->found);
  int closer = o->token == '(' ? ')' : o->token == '[' ? ']' : 0;
  if (!closer || !expects(c, closer))
    return;
  const char *from = p->text + o->span.start;
  if (memchr(from, '\n', p->last.span.start - o->span.start))
    diag_note(p->diags, d, o->span, "`%c` was opened here", o->token);
}

void complain_syntax(struct parser *p, struct span at,
                     const struct complaint *c)
{
  if (at.start >= p->quiet && !keyword_as_name(p, at, c) &&
      !foreign_word(p, c) && !equals(p, at, c) && !arrow(p, at, c) &&
      !unclosed(p, at, c) && !value_missing(p, at, c)) {
    struct diag *d = generic(p, at, c);
    add_hint(p, c, d);
    add_opening(p, c, d);
  }
  layout_recover(p);
}
