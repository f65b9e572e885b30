// What a token is like, whatever stands around it.
#include "grammar/text/tokens.h"

#include <stdint.h>
#include <string.h>

int token_closer(int open)
{
  return open == '('           ? ')'
         : open == '['         ? ']'
         : open == '{'         ? '}'
         : open == T_HOLE_OPEN ? T_HOLE_CLOSE
                               : -1;
}

bool token_is_soft(int token)
{
  return token >= T_NAME && token <= T_TENSOR;
}

bool token_can_end(int token)
{
  switch (token) {
  case ')':
  case ']':
  case '}':
  case '?':
  case T_RETURN:
  case T_BREAK:
  case T_CONTINUE:
  case T_TRUE:
  case T_FALSE:
  case T_NONE:
  case T_LOOP:
  case T_INT:
  case T_FLOAT:
  case T_STRING:
  case T_STR_CLOSE:
  case T_DURATION:
  case T_SIZE:
  case T_PERCENT:
  case T_SKIPPED:
    return true;
  default:
    return token_is_soft(token);
  }
}

bool token_can_go_on(int token)
{
  switch (token) {
  case T_WITH:
  case T_BY:
  case T_AS:
  case T_AND:
  case T_OR:
  case T_THEN:
  case T_ELSE:
  case T_IN:
  case T_DIV:
  case T_EQ:
  case T_NE:
  case T_LE:
  case T_GE:
  case T_OR_ELSE:
  case T_ARROW:
  case T_ADD_SET:
  case T_SUB_SET:
  case T_MUL_SET:
  case T_DIV_SET:
    return true;
  default:
    return token && strchr(".,+*/%&|=<>?:)]}", token) && token < 128;
  }
}

bool token_heads_item(int token)
{
  switch (token) {
  case T_FN:
  case T_BIND:
  case T_GRAPH:
  case T_FLOW:
  case T_ROUTE:
  case T_STATE:
  case T_DEPLOYMENT:
  case T_APP:
    return true;
  default:
    return false;
  }
}

bool token_has_body(int head)
{
  switch (head) {
  case T_DEPLOYMENT:
  case T_APP:
  case T_GRAPH:
  case T_FLOW:
  case T_ROUTE:
  case T_TEST:
  case T_FN:
  case T_IF:
  case T_FOR:
  case T_WHILE:
  case T_TRY:
  case T_ELSE:
  case T_SERVER:
  case T_RESOURCE:
  case T_OVERRIDE:
    return true;
  default:
    return false;
  }
}
