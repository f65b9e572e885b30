// What a token is like, by its number alone; layout.c decides from it and from
// what stands around.
#ifndef SG_TOKENS_H
#define SG_TOKENS_H

#include "grammar/text/parser.h"
#include "grammar/text/sg.tab.h"

// These are asked of every token.
static inline bool token_opens(int token)
{
  return token == '(' || token == '[' || token == '{' || token == T_HOLE_OPEN;
}

static inline bool token_closes(int token)
{
  return token == ')' || token == ']' || token == '}' || token == T_HOLE_CLOSE;
}

// Inside these a line end means nothing.
static inline bool token_is_tight(int open)
{
  return open == '(' || open == '[' || open == T_HOLE_OPEN;
}

int token_closer(int open); // of a bracket; -1: it is none that opens
bool token_is_soft(int token); // a name, or a word that may be one
bool token_can_end(int token); // a statement, which a line end then ends
bool token_can_go_on(int token); // the statement of the line before
bool token_heads_item(int token); // with a name behind it, at the start of a line
bool token_has_body(int head);   // items that begin so may have a block

#endif
