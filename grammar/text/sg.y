// The grammar of .sg, whole. It is only grammar: each action is one constructor
// call, names are not looked up, and what may stand where is checked afterwards
// (shape.c, items.def).
//
// What makes it free of conflicts:
// - Files, apps, deployments and bodies are one kind of list (`items`).
// - Line ends are tokens only where they end something; the scanner decides
//   that (layout.c), so the grammar has no optional ones.
// - The scanner owns brackets: what arrives here is balanced. It also skips
//   what an error makes meaningless, so that `error` stands in few places: in
//   place of an item, a field, an arm, and between brackets.
// - Soft keywords are names wherever a name may stand; a keyword before `:` and
//   a word behind `.` arrive as T_NAME already.
// - `fn(x) = ...`, `if a then b else c` and `match` are whole expressions; as
//   an operand they need parentheses.
// - Operators have a precedence, and two rules: `logic` for and, or, not, which
//   may not stand inside of others, and `term` for those. With a rule for each
//   level every name would be read through sixteen of them.
%code requires {
#include "grammar/text/parser.h"
}

%define api.pure full
%define api.prefix {sg_}
%define api.value.type union
%define api.location.type {struct span}
%define parse.error custom
%define parse.lac full
%define lr.default-reduction consistent
%locations
%expect 0
%param {struct parser *p}

%code {
enum { YYMAXDEPTH_ = 50000 };
#define YYMAXDEPTH YYMAXDEPTH_
#define YYLLOC_DEFAULT(Result, Rhs, N)                                         \
  ((Result) = (N) ? span_join(YYRHSLOC(Rhs, 1), YYRHSLOC(Rhs, N))              \
                  : (struct span){YYRHSLOC(Rhs, 0).file, YYRHSLOC(Rhs, 0).end, \
                                  YYRHSLOC(Rhs, 0).end})

int sg_lex(SG_STYPE *value, struct span *at, struct parser *p);
static void sg_error(const struct span *at, struct parser *p, const char *what);

#define NO_NAME ((struct name){0})
#define NO_TEXT ((struct text){0})
}

%initial-action { @$ = (struct span){p->file, 0, 0}; }

// T_NEVER is never scanned. Where a rule is `error` alone, a second one with it
// makes the parser look ahead before it takes the error for read.
%token T_NEWLINE "end of line" T_SKIPPED T_NEVER
%token <struct name> T_NAME "a name"
  T_USE "use" T_TYPE "type" T_DEPLOYMENT "deployment" T_METRIC "metric"
  T_RESOURCE "resource" T_APP "app" T_OVERRIDE "override" T_SERVER "server"
  T_TEST "test" T_STUB "stub" T_BIND "bind" T_GRAPH "graph" T_FLOW "flow"
  T_ROUTE "route" T_STATE "state" T_ON "on" T_AT "at" T_FROM "from"
  T_LIMIT "limit" T_STREAM "stream" T_STEP "step" T_MAP "map"
  T_TENSOR "tensor"
%token <struct name>
  T_FN "fn" T_LET "let" T_VAR "var" T_IF "if" T_THEN "then" T_ELSE "else"
  T_MATCH "match" T_FOR "for" T_IN "in" T_WHILE "while" T_BREAK "break"
  T_CONTINUE "continue" T_RETURN "return" T_TRY "try" T_YIELD "yield"
  T_EMIT "emit" T_SPAWN "spawn" T_ASSERT "assert" T_AND "and" T_OR "or"
  T_NOT "not" T_DIV "div" T_BY "by" T_AS "as" T_WITH "with" T_TRUE "true"
  T_FALSE "false" T_NONE "none" T_LOOP "loop"
%token <int64_t> T_INT "an integer" T_DURATION "a duration"
  T_SIZE "a size"
%token <double> T_FLOAT "a number" T_PERCENT "a percentage"
%token <struct text> T_STRING "a string" T_STR_TEXT "text"
%token T_STR_OPEN "a string with holes" T_STR_CLOSE "end of the string"
  T_HOLE_OPEN "a hole" T_HOLE_CLOSE "end of the hole"
  T_ARROW "->" T_EQ "==" T_NE "!=" T_LE "<=" T_GE ">=" T_OR_ELSE "??"
  T_ADD_SET "+=" T_SUB_SET "-=" T_MUL_SET "*=" T_DIV_SET "/=" T_DOTDOT ".."
  T_SPREAD "..."

%left T_OR
%left T_AND
%precedence T_NOT
%left T_EQ T_NE '<' T_LE '>' T_GE T_IN
%left T_OR_ELSE
%left '|'
%left '&'
%left '+' '-'
%left T_BY
%left '*' '/' T_DIV '%'
%precedence NEGATION

%type <struct name> name as_opt tname soft
%type <struct name_list> names path tpath dims_opt
  names_more
%type <struct arg *> arg
%type <struct arg_list> args arg_list args_opt
%type <struct field *> field
%type <struct field_list> fields field_list settings settings_opt with_opt
%type <struct param *> param
%type <struct param_list> params param_list
%type <struct expr *> expr logic term postfix literal template opt_expr init_opt if_opt
  limit_opt path_expr number
%type <struct expr_list> expr_list
%type <struct part *> part
%type <struct part_list> parts
%type <struct arm *> arm
%type <struct arm_list> arms arm_list
%type <struct pattern *> pattern
%type <enum expr_op> set_op
%type <struct type_expr *> type either_one postfix_type base_type type_opt
  result_opt targ
%type <struct type_expr_list> either type_list types targs
%type <struct type_field *> type_field
%type <struct type_field_list> type_fields type_field_list
%type <struct item *> item fn broken
%type <struct item_list> items item_list
%type <struct block *> block
%type <struct branch_list> branches
%type <struct native *> on_opt
%type <struct body> body body_opt
%type <struct form *> form_opt
%type <struct text> at_opt

%%

file: items { build_file(p, $1); }

// ---------------------------------------------------------------------- items

items:
  %empty { $$ = (struct item_list){0}; }
| item_list

item_list:
  item { $$ = item_append((struct item_list){0}, $1); }
| item_list T_NEWLINE item { $$ = item_append($1, $3); }

block:
  '{' items '}' { $$ = build_block(p, @$, $2); }

item:
  T_USE T_STRING { $$ = build_use_file(p, @$, $2); }
| T_USE name as_opt { $$ = build_use(p, @$, $2, $3); }
| T_TYPE name dims_opt '=' type { $$ = build_type_decl(p, @$, $2, $3, $5); }
| T_DEPLOYMENT name dims_opt params result_opt on_opt body_opt
  { $$ = build_deployment(p, @$, $2, build_callable($3, &$4, $5, $7), $6); }
| fn
| postfix fn { $$ = build_fn_prefixed(p, @$, $1, $2); }
| T_METRIC name '=' expr
  { $$ = build_value(p, ITEM_METRIC, @$, $2, NULL, $4); }
| T_RESOURCE name settings
  { $$ = build_settings(p, ITEM_RESOURCE, @$, $2, (struct name_list){0}, $3); }
| T_APP name at_opt block { $$ = build_app(p, @$, $2, $3, $4); }
| T_OVERRIDE path settings
  { $$ = build_settings(p, ITEM_OVERRIDE, @$, NO_NAME, $2, $3); }
| T_SERVER settings
  { $$ = build_settings(p, ITEM_SERVER, @$, NO_NAME, (struct name_list){0}, $2); }
| T_TEST T_STRING block { $$ = build_test(p, @$, $2, $3); }
| T_BIND name '=' expr settings_opt { $$ = build_bind(p, @$, $2, $4, $5); }
| T_GRAPH name '=' expr
  { $$ = build_callable_item(p, ITEM_GRAPH, @$, $2,
      build_callable((struct name_list){0}, NULL, NULL, (struct body){.value = $4})); }
| T_GRAPH name params result_opt body
  { $$ = build_callable_item(p, ITEM_GRAPH, @$, $2,
      build_callable((struct name_list){0}, &$3, $4, $5)); }
| T_FLOW name params result_opt body
  { $$ = build_callable_item(p, ITEM_FLOW, @$, $2,
      build_callable((struct name_list){0}, &$3, $4, $5)); }
| T_ROUTE T_STRING with_opt T_ARROW expr form_opt
  { $$ = build_route(p, @$, NO_NAME, $2,
      build_callable((struct name_list){0}, NULL, NULL, (struct body){.value = $5}), $3, $6); }
| T_ROUTE name T_STRING with_opt T_ARROW expr form_opt
  { $$ = build_route(p, @$, $2, $3,
      build_callable((struct name_list){0}, NULL, NULL, (struct body){.value = $6}), $4, $7); }
| T_ROUTE name T_STRING params with_opt T_ARROW expr form_opt
  { $$ = build_route(p, @$, $2, $3,
      build_callable((struct name_list){0}, &$4, NULL, (struct body){.value = $7}), $5, $8); }
| T_ROUTE name T_STRING with_opt block
  { $$ = build_route(p, @$, $2, $3,
      build_callable((struct name_list){0}, NULL, NULL, (struct body){.block = $5}), $4, NULL); }
| T_ROUTE name T_STRING params with_opt block
  { $$ = build_route(p, @$, $2, $3,
      build_callable((struct name_list){0}, &$4, NULL, (struct body){.block = $6}), $5, NULL); }
| name ':' expr { $$ = build_value(p, ITEM_SETTING, @$, $1, NULL, $3); }
| T_STATE name type_opt '=' expr
  { $$ = build_value(p, ITEM_STATE, @$, $2, $3, $5); }
| T_LET name type_opt '=' expr
  { $$ = build_value(p, ITEM_LET, @$, $2, $3, $5); }
| T_VAR name type_opt '=' expr
  { $$ = build_value(p, ITEM_VAR, @$, $2, $3, $5); }
| logic set_op expr { $$ = build_assign(p, ITEM_ASSIGN, @$, $1, $2, $3); }
| T_STUB path_expr '=' expr
  { $$ = build_assign(p, ITEM_STUB, @$, $2, OP_NONE, $4); }
| branches { $$ = build_if(p, @$, $1, NULL); }
| branches T_ELSE block { $$ = build_if(p, @$, $1, $3); }
| T_FOR names T_IN expr block
  { $$ = build_loop(p, ITEM_FOR, @$, $2, $4, $5); }
| T_WHILE expr block
  { $$ = build_loop(p, ITEM_WHILE, @$, (struct name_list){0}, $2, $3); }
| T_BREAK { $$ = build_effect(p, ITEM_BREAK, @$, NULL, NULL); }
| T_CONTINUE { $$ = build_effect(p, ITEM_CONTINUE, @$, NULL, NULL); }
| T_RETURN { $$ = build_effect(p, ITEM_RETURN, @$, NULL, NULL); }
| T_RETURN expr form_opt { $$ = build_effect(p, ITEM_RETURN, @$, $2, $3); }
| T_TRY block T_ELSE block { $$ = build_try(p, @$, $2, NO_NAME, $4); }
| T_TRY block T_ELSE name block { $$ = build_try(p, @$, $2, $4, $5); }
| T_YIELD expr { $$ = build_effect(p, ITEM_YIELD, @$, $2, NULL); }
| T_EMIT expr { $$ = build_effect(p, ITEM_EMIT, @$, $2, NULL); }
| T_SPAWN expr { $$ = build_effect(p, ITEM_SPAWN, @$, $2, NULL); }
| T_ASSERT expr { $$ = build_effect(p, ITEM_ASSERT, @$, $2, NULL); }
| expr { $$ = build_effect(p, ITEM_EXPR, @$, $1, NULL); }
| error { yyerrok; $$ = build_item_error(p, @$, NULL); }
| broken { $$ = build_item_error(p, @$, NULL); }
| broken T_ELSE block { $$ = build_item_error(p, @$, $3); }
| broken T_ELSE name block { $$ = build_item_error(p, @$, $4); }

// What has an error in its head; its blocks are read for their own errors.
broken:
  error body_open items '}' { $$ = build_item_error(p, @$, NULL); }
| broken T_ELSE T_IF expr block { $$ = build_item_error(p, @$, $5); }

// From here on an error is another one.
body_open: '{' { yyerrok; }

fn:
  T_FN name dims_opt params result_opt body_opt
  { $$ = build_fn(p, @$, $2, build_callable($3, &$4, $5, $6)); }

branches:
  T_IF expr block { $$ = branch_single(build_branch(p, $2, $3)); }
| branches T_ELSE T_IF expr block
  { $$ = branch_append($1, build_branch(p, $4, $5)); }

as_opt:
  %empty { $$ = NO_NAME; }
| T_AS name { $$ = $2; }

at_opt:
  %empty { $$ = NO_TEXT; }
| T_AT T_STRING { $$ = $2; }

on_opt:
  %empty { $$ = NULL; }
| T_ON name T_STRING { $$ = build_native(p, $2, $3); }

body:
  '=' expr { $$ = (struct body){.value = $2}; }
| block { $$ = (struct body){.block = $1}; }

body_opt:
  %empty { $$ = (struct body){0}; }
| body

form_opt:
  %empty { $$ = NULL; }
| T_AS name args_opt { $$ = build_form(p, @$, $2, $3); }

set_op:
  '=' { $$ = OP_NONE; }
| T_ADD_SET { $$ = OP_ADD; }
| T_SUB_SET { $$ = OP_SUB; }
| T_MUL_SET { $$ = OP_MUL; }
| T_DIV_SET { $$ = OP_DIV; }

// ------------------------------------------------------ parameters, arguments

dims_opt:
  %empty { $$ = (struct name_list){0}; }
| '[' names_more ']' { $$ = $2; }
| '[' error ']' { yyerrok; $$ = (struct name_list){0}; }

params:
  '(' ')' { $$ = (struct param_list){0}; }
| '(' param_list ')' { $$ = $2; }
| '(' param_list ',' ')' { $$ = $2; }
| '(' error ')' { yyerrok; $$ = (struct param_list){0}; }

param_list:
  param { $$ = param_single($1); }
| param_list ',' param { $$ = param_append($1, $3); }

param:
  name type_opt init_opt
  { $$ = build_param(p, @$, $1, $2, NO_NAME, NO_NAME, (struct arg_list){0}, $3); }
| name type_opt T_IN name args_opt init_opt
  { $$ = build_param(p, @$, $1, $2, $4, NO_NAME, $5, $6); }
| name type_opt T_FROM name args_opt init_opt
  { $$ = build_param(p, @$, $1, $2, NO_NAME, $4, $5, $6); }

type_opt:
  %empty { $$ = NULL; }
| ':' type { $$ = $2; }

result_opt:
  %empty { $$ = NULL; }
| T_ARROW type { $$ = $2; }

init_opt:
  %empty { $$ = NULL; }
| '=' expr { $$ = $2; }

args_opt:
  %empty { $$ = (struct arg_list){0}; }
| args

args:
  '(' ')' { $$ = (struct arg_list){0}; }
| '(' arg_list ')' { $$ = $2; }
| '(' arg_list ',' ')' { $$ = $2; }
| '(' error ')' { yyerrok; $$ = (struct arg_list){0}; }

arg_list:
  arg { $$ = arg_single($1); }
| arg_list ',' arg { $$ = arg_append($1, $3); }

arg:
  expr { $$ = build_arg(p, @$, NO_NAME, $1); }
| name ':' expr { $$ = build_arg(p, @$, $1, $3); }

settings:
  '{' fields '}' { $$ = $2; }

settings_opt:
  %empty { $$ = (struct field_list){0}; }
| settings

with_opt:
  %empty { $$ = (struct field_list){0}; }
| T_WITH settings { $$ = $2; }

fields:
  %empty { $$ = (struct field_list){0}; }
| field_list
| field_list ','

field_list:
  field { $$ = field_append((struct field_list){0}, $1); }
| field_list comma field { $$ = field_append($1, $3); }

comma: ',' | T_NEWLINE

field:
  name ':' expr { $$ = build_field(p, @$, $1, NULL, $3); }
| T_STRING ':' expr
  { $$ = build_field(p, @$, NO_NAME, build_str(p, $1), $3); }
| template ':' expr { $$ = build_field(p, @$, NO_NAME, $1, $3); }
| T_SPREAD expr { $$ = build_field(p, @$, NO_NAME, NULL, $2); }
| error { yyerrok; $$ = build_field(p, @$, NO_NAME, NULL, NULL); }
| error T_NEVER { $$ = NULL; }

// ---------------------------------------------------------------- expressions

expr:
  logic
| T_IF expr T_THEN expr T_ELSE expr { $$ = build_choice(p, @$, $2, $4, $6); }
| T_MATCH expr '{' arms '}' { $$ = build_match(p, @$, $2, $4); }
| T_FN params result_opt '=' expr { $$ = build_lambda(p, @$, $2, $3, $5); }

logic:
  term
| logic T_OR logic { $$ = build_binary(p, @$, OP_OR, $1, @2, $3); }
| logic T_AND logic { $$ = build_binary(p, @$, OP_AND, $1, @2, $3); }
| T_NOT logic { $$ = build_unary(p, @$, OP_NOT, @1, $2); }

term:
  postfix
| postfix T_WITH settings { $$ = build_with(p, @$, $1, $3); }
| '-' term %prec NEGATION { $$ = build_unary(p, @$, OP_NEG, @1, $2); }
| term T_EQ term { $$ = build_binary(p, @$, OP_EQ, $1, @2, $3); }
| term T_NE term { $$ = build_binary(p, @$, OP_NE, $1, @2, $3); }
| term '<' term { $$ = build_binary(p, @$, OP_LT, $1, @2, $3); }
| term T_LE term { $$ = build_binary(p, @$, OP_LE, $1, @2, $3); }
| term '>' term { $$ = build_binary(p, @$, OP_GT, $1, @2, $3); }
| term T_GE term { $$ = build_binary(p, @$, OP_GE, $1, @2, $3); }
| term T_IN term { $$ = build_binary(p, @$, OP_IN, $1, @2, $3); }
| term T_NOT T_IN term %prec T_IN
  { $$ = build_binary(p, @$, OP_NOT_IN, $1, span_join(@2, @3), $4); }
| term T_OR_ELSE term { $$ = build_binary(p, @$, OP_ELSE, $1, @2, $3); }
| term '|' term { $$ = build_binary(p, @$, OP_PIPE, $1, @2, $3); }
| term '&' term { $$ = build_binary(p, @$, OP_BOTH, $1, @2, $3); }
| term '+' term { $$ = build_binary(p, @$, OP_ADD, $1, @2, $3); }
| term '-' term { $$ = build_binary(p, @$, OP_SUB, $1, @2, $3); }
| term T_BY term { $$ = build_binary(p, @$, OP_BY, $1, @2, $3); }
| term '*' term { $$ = build_binary(p, @$, OP_MUL, $1, @2, $3); }
| term '/' term { $$ = build_binary(p, @$, OP_DIV, $1, @2, $3); }
| term T_DIV term { $$ = build_binary(p, @$, OP_INT_DIV, $1, @2, $3); }
| term '%' term { $$ = build_binary(p, @$, OP_MOD, $1, @2, $3); }

postfix:
  name { $$ = build_name_expr(p, $1); }
| literal
| template
| '(' ')' { $$ = build_elements(p, EXPR_TUPLE, @$, (struct expr_list){0}); }
| '(' expr ')' { $$ = build_bracketed($2); }
| '(' expr T_AS name ')' { $$ = build_as(p, @$, $2, $4); }
| '(' expr ',' ')' { $$ = build_elements(p, EXPR_TUPLE, @$, expr_single($2)); }
| '(' expr ',' expr_list ')'
  { $$ = build_elements(p, EXPR_TUPLE, @$, expr_prepend($2, $4)); }
| '(' expr ',' expr_list ',' ')'
  { $$ = build_elements(p, EXPR_TUPLE, @$, expr_prepend($2, $4)); }
| '(' error ')' { yyerrok; $$ = build_error(p, @$); }
| '[' ']' { $$ = build_elements(p, EXPR_LIST, @$, (struct expr_list){0}); }
| '[' expr_list ']' { $$ = build_elements(p, EXPR_LIST, @$, $2); }
| '[' expr_list ',' ']' { $$ = build_elements(p, EXPR_LIST, @$, $2); }
| '[' expr T_FOR names T_IN logic if_opt limit_opt ']'
  { $$ = build_each(p, @$, $2, $4, $6, $7, $8); }
| '[' error ']' { yyerrok; $$ = build_error(p, @$); }
| '{' fields '}' { $$ = build_record(p, @$, $2); }
| T_SKIPPED { $$ = build_error(p, @$); }
| postfix '.' T_NAME { $$ = build_access(p, @$, $1, $3); }
| postfix '.' T_INT { $$ = build_item_access(p, @$, $1, $3, @3); }
| postfix args { $$ = build_call(p, @$, $1, $2, @2); }
| T_LOOP args { $$ = build_call(p, @$, NULL, $2, @2); }
| postfix '[' expr ']' { $$ = build_index(p, @$, $1, $3); }
| postfix '[' expr ',' expr_list ']'
  { $$ = build_index(p, @$, $1, build_elements(p, EXPR_TUPLE, span_join(@3, @5), expr_prepend($3, $5))); }
| postfix '[' opt_expr ':' opt_expr ']' { $$ = build_slice(p, @$, $1, $3, $5); }
| postfix '[' error ']' { yyerrok; $$ = build_error(p, @$); }

opt_expr:
  %empty { $$ = NULL; }
| expr

expr_list:
  expr { $$ = expr_single($1); }
| expr_list ',' expr { $$ = expr_append($1, $3); }

if_opt:
  %empty { $$ = NULL; }
| T_IF logic { $$ = $2; }

limit_opt:
  %empty { $$ = NULL; }
| T_LIMIT logic { $$ = $2; }

literal:
  number
| T_STRING { $$ = build_str(p, $1); }
| T_TRUE { $$ = build_quantity(p, EXPR_BOOL, @$, 1); }
| T_FALSE { $$ = build_quantity(p, EXPR_BOOL, @$, 0); }
| T_NONE { $$ = build_none(p, @$); }

number:
  T_INT { $$ = build_int(p, @$, $1); }
| T_FLOAT { $$ = build_number(p, EXPR_FLOAT, @$, $1); }
| T_PERCENT { $$ = build_number(p, EXPR_PERCENT, @$, $1); }
| T_DURATION { $$ = build_quantity(p, EXPR_DURATION, @$, $1); }
| T_SIZE { $$ = build_quantity(p, EXPR_SIZE, @$, $1); }

template:
  T_STR_OPEN parts T_STR_CLOSE { $$ = build_template(p, @$, $2); }

parts:
  part { $$ = part_append((struct part_list){0}, $1); }
| parts part { $$ = part_append($1, $2); }

part:
  T_STR_TEXT { $$ = build_text_part(p, $1); }
| T_HOLE_OPEN expr T_HOLE_CLOSE { $$ = build_hole(p, @$, $2); }
| T_HOLE_OPEN T_HOLE_CLOSE { $$ = build_hole(p, @$, NULL); }
| T_HOLE_OPEN error T_HOLE_CLOSE { yyerrok; $$ = build_hole(p, @$, build_error(p, @$)); }

arms:
  %empty { $$ = (struct arm_list){0}; }
| arm_list
| arm_list ','

arm_list:
  arm { $$ = arm_append((struct arm_list){0}, $1); }
| arm_list comma arm { $$ = arm_append($1, $3); }

arm:
  pattern T_ARROW expr { $$ = build_arm(p, @$, $1, $3, NULL); }
| pattern block { $$ = build_arm(p, @$, $1, NULL, $2); }
| error { yyerrok; $$ = build_arm(p, @$, NULL, NULL, NULL); }
| error T_NEVER { $$ = NULL; }

pattern:
  literal { $$ = build_literal_pattern(p, @$, $1); }
| '-' number
  { $$ = build_literal_pattern(p, @$, build_unary(p, @$, OP_NEG, @1, $2)); }
| name { $$ = build_case_pattern(p, @$, $1, NO_NAME); }
| name '(' name ')' { $$ = build_case_pattern(p, @$, $1, $3); }
| name '(' error ')' { yyerrok; $$ = build_pattern_error(p, @$); }

// ---------------------------------------------------------------------- types

type:
  either { $$ = build_type_either(p, @$, $1); }

either:
  either_one { $$ = type_expr_single($1); }
| either '|' either_one { $$ = type_expr_append($1, $3); }

either_one:
  postfix_type
| T_MAP either_one { $$ = build_type_of(p, TYPE_MAP, @$, $2); }
| T_STREAM either_one { $$ = build_type_of(p, TYPE_STREAM, @$, $2); }
| T_STEP either_one { $$ = build_type_of(p, TYPE_STEP, @$, $2); }
| T_FN types { $$ = build_type_callable(p, @$, $2, NULL); }
| T_FN types T_ARROW either_one { $$ = build_type_callable(p, @$, $2, $4); }

postfix_type:
  base_type
| postfix_type '?' { $$ = build_type_of(p, TYPE_OPTION, @$, $1); }
| postfix_type '(' type_fields ')' { $$ = build_type_braced(p, @$, $1, $3); }

base_type:
  tpath
  { $$ = build_type_named(p, TYPE_NAMED, @$, $1, (struct type_expr_list){0}); }
| tpath '[' targs ']' { $$ = build_type_named(p, TYPE_NAMED, @$, $1, $3); }
| tpath '[' error ']' { yyerrok; $$ = build_type_error(p, @$); }
| T_TENSOR tpath '[' targs ']'
  { $$ = build_type_named(p, TYPE_TENSOR, @$, $2, $4); }
| T_TENSOR tpath '[' ']'
  { $$ = build_type_named(p, TYPE_TENSOR, @$, $2, (struct type_expr_list){0}); }
| T_TENSOR tpath '[' error ']' { yyerrok; $$ = build_type_error(p, @$); }
| '[' type ']' { $$ = build_type_of(p, TYPE_LIST, @$, $2); }
| '[' error ']' { yyerrok; $$ = build_type_error(p, @$); }
| '(' ')' { $$ = build_type_tuple(p, @$, (struct type_expr_list){0}); }
| '(' type ')' { $$ = $2; }
| '(' type ',' ')' { $$ = build_type_tuple(p, @$, type_expr_single($2)); }
| '(' type ',' type_list ')'
  { $$ = build_type_tuple(p, @$, type_expr_prepend($2, $4)); }
| '(' type ',' type_list ',' ')'
  { $$ = build_type_tuple(p, @$, type_expr_prepend($2, $4)); }
| '(' error ')' { yyerrok; $$ = build_type_error(p, @$); }
| '{' type_fields '}' { $$ = build_type_record(p, @$, $2); }
| T_STRING { $$ = build_type_text(p, $1); }
| number { $$ = build_type_number(p, @$, $1); }
| '-' number
  { $$ = build_type_number(p, @$, build_unary(p, @$, OP_NEG, @1, $2)); }
| T_TRUE { $$ = build_type_number(p, @$, build_quantity(p, EXPR_BOOL, @$, 1)); }
| T_FALSE { $$ = build_type_number(p, @$, build_quantity(p, EXPR_BOOL, @$, 0)); }
| T_NONE
  { $$ = build_type_named(p, TYPE_NAMED, @$, name_single(build_name(p, $1)),
      (struct type_expr_list){0}); }
| T_SKIPPED { $$ = build_type_error(p, @$); }

types:
  '(' ')' { $$ = (struct type_expr_list){0}; }
| '(' type_list ')' { $$ = $2; }
| '(' type_list ',' ')' { $$ = $2; }
| '(' error ')' { yyerrok; $$ = (struct type_expr_list){0}; }

type_list:
  type { $$ = type_expr_single($1); }
| type_list ',' type { $$ = type_expr_append($1, $3); }

targs:
  targ { $$ = type_expr_single($1); }
| targs ',' targ { $$ = type_expr_append($1, $3); }

targ:
  type
| T_DOTDOT { $$ = build_type_rest(p, @$); }

type_fields:
  %empty { $$ = (struct type_field_list){0}; }
| type_field_list
| type_field_list ','

type_field_list:
  type_field { $$ = type_field_append((struct type_field_list){0}, $1); }
| type_field_list comma type_field { $$ = type_field_append($1, $3); }

type_field:
  name ':' type init_opt { $$ = build_type_field(p, @$, $1, $3, $4); }
| error { yyerrok; $$ = build_type_field(p, @$, NO_NAME, NULL, NULL); }
| error T_NEVER { $$ = NULL; }

// ---------------------------------------------------------------------- names

// A soft keyword is a name.
name:
  T_NAME
| soft
| T_MAP
| T_STREAM
| T_STEP
| T_TENSOR

// As a type, `map`, `stream`, `step` and `tensor` are no names.
tname:
  T_NAME
| soft

soft:
  T_USE
| T_TYPE
| T_DEPLOYMENT
| T_METRIC
| T_RESOURCE
| T_APP
| T_OVERRIDE
| T_SERVER
| T_TEST
| T_STUB
| T_BIND
| T_GRAPH
| T_FLOW
| T_ROUTE
| T_STATE
| T_ON
| T_AT
| T_FROM
| T_LIMIT

names:
  name { $$ = name_single(build_name(p, $1)); }
| name ',' name
  { $$ = name_append(name_single(build_name(p, $1)), build_name(p, $3)); }

names_more:
  name { $$ = name_single(build_name(p, $1)); }
| names_more ',' name { $$ = name_append($1, build_name(p, $3)); }

path:
  name { $$ = name_single(build_name(p, $1)); }
| path '.' T_NAME { $$ = name_append($1, build_name(p, $3)); }

tpath:
  tname { $$ = name_single(build_name(p, $1)); }
| tpath '.' T_NAME { $$ = name_append($1, build_name(p, $3)); }

path_expr:
  name { $$ = build_name_expr(p, $1); }
| path_expr '.' T_NAME { $$ = build_access(p, @$, $1, $3); }

%%

static int yyreport_syntax_error(const yypcontext_t *at, struct parser *p)
{
  yysymbol_kind_t kinds[YYNTOKENS];
  int expected[YYNTOKENS];
  int n = yypcontext_expected_tokens(at, kinds, YYNTOKENS);
  int found = 0;
  for (int token = 0; token <= T_SPREAD; token++)
    for (int i = 0; i < n; i++)
      if (YYTRANSLATE(token) == kinds[i])
        expected[i] = token;
  for (int token = 0; token <= T_SPREAD; token++)
    if (YYTRANSLATE(token) == yypcontext_token(at))
      found = token;
  struct complaint c = {found, expected, n > 0 ? n : 0};
  complain_syntax(p, *yypcontext_location(at), &c);
  return 0;
}

static void sg_error(const struct span *at, struct parser *p, const char *what)
{
  (void)what; // "memory exhausted": the stack's limit
  complain_deep(p, *at);
}

const char *token_text(int token)
{
  return yysymbol_name(YYTRANSLATE(token));
}
