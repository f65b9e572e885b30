// What a token is like, by its number alone; layout.c decides from it and from
// what stands around.
#ifndef SG_TOKENS_H
#define SG_TOKENS_H

#include <stdbool.h>

int token_closer(int open); // of a bracket; -1: it is none that opens
bool token_opens(int token);
bool token_closes(int token);
bool token_is_tight(int open); // inside these a line end means nothing
bool token_is_soft(int token); // a name, or a word that may be one
bool token_can_end(int token); // a statement, which a line end then ends
bool token_can_go_on(int token); // the statement of the line before
bool token_heads_item(int token); // with a name behind it, at the start of a line
bool token_has_body(int head);   // items that begin so may have a block

#endif
