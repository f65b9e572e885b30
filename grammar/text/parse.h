// Text in, tree out: the scanner and the grammar behind one function.
#ifndef SG_PARSE_H
#define SG_PARSE_H

#include "grammar/text/ast.h"

// Reads a whole source. Never fails: what is wrong is reported to `diags`, and
// the tree holds what could be read (`broken` is set when there was an error).
// The tree lives in the arena and borrows the source.
struct file_ast *parse_source(const struct source *s, uint32_t file_index,
                              struct arena *arena, struct atoms *atoms,
                              struct diags *diags);

// A word that other languages have where .sg has another: how it is said here,
// or NULL. For hints at unknown names.
const char *parse_foreign_word(const char *word);

// Whether a word is one of the language's own, soft ones included.
bool parse_is_keyword(const char *word);

// For --dump=ast: the tree as indented text, one node a line.
void ast_dump(const struct file_ast *f, struct buf *out);

#endif
