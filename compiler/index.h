// The index of a program: what each of its names means and where that is
// declared, and the type of each expression. An editor asks for it (c->index);
// without one, checking writes down nothing.
//
// A name's identity is the place of its declaration (`to`): two names are the
// same thing if these are equal. What is built in is declared nowhere.
#ifndef SG_INDEX_H
#define SG_INDEX_H

#include "compiler/core.h"
#include "grammar/text/ast.h"

enum index_kind {
  INDEX_TYPE,
  INDEX_DEPLOYMENT,
  INDEX_FUNCTION, // methods too
  INDEX_METRIC,
  INDEX_RESOURCE,
  INDEX_APP,
  INDEX_LIBRARY,
  INDEX_BINDING,
  INDEX_GRAPH,
  INDEX_FLOW,
  INDEX_MEMBER,   // of a deployment: parameter, let, state
  INDEX_LOCAL,
  INDEX_PARAMETER,
  INDEX_FIELD,    // of a record; `part`
  INDEX_CASE,     // of a union; `part`
  INDEX_OPERATOR, // built in; `signature`, the first row
  INDEX_SETTING,  // `setting`, of setting_rows; -1: a group of them
  INDEX_WORD,     // built in: a type
};

struct index_name {
  struct span at;       // where it stands
  struct span to;       // the name where it is declared, or NO_SPAN
  enum index_kind kind;
  bool declares;        // it stands where it is declared
  bool var;             // of a local: may be assigned again
  atom name;
  const struct type *type; // of its value; of TYPE: itself. NULL: not known
  const struct item *item; // that declares it, or NULL
  union {
    const void *of;        // while the program is checked
    const struct type_part *part;
    const struct signature *signature;
    int setting;
  };
};

// A call around the cursor: what can be passed.
struct index_call {
  struct span at; // the whole expression
  const char *label;  // "f(x: int, y: str = \"a\") -> str"
  struct { uint32_t start, end; } *params; // in the label
  uint32_t n;
  struct span to; // what is called, or NO_SPAN
};

struct index {
  struct arena *arena;
  struct index_name *names;
  uint32_t n_names, room_names;

  // A question: what could stand where this name does, which means nothing?
  atom wanted;
  struct index_name *scope; // the answer: what is visible there
  uint32_t n_scope, room_scope;
  const struct type *want;  // what a value there should be, or NULL
  bool found;

  // A question: which calls are around this place?
  struct span around; // end 0: none
  struct index_call *calls;
  uint32_t n_calls, room_calls;
};

#endif
