// Question: a request that a test makes, as bytes, and the answer to it.
//
// It knows nothing of sockets: bytes leave by `out`, and come in by
// question_read. All of it lies in the arena that it was made in.
#ifndef SG_QUESTION_H
#define SG_QUESTION_H

#include "runtime/vm/engine.h"

#include "grammar/base/buf.h"

#include <llhttp.h>

struct question {
  struct arena *arena;
  struct buf out; // all of the request
  size_t sent;    // of it
  bool done;      // the answer is whole, or never will be
  bool failed;
  // the answer
  int status;
  const struct map *headers; // of one name, all values, with ", " between
  struct buf name, value, body;
  bool head;
  llhttp_t parser;
  llhttp_settings_t how;
};

// NULL, or what is wrong with the words. `q` is zeroed and stays where it is.
const char *question_ask(struct question *q, struct arena *a,
                         const struct asked *asked);
// Bytes of the answer; size 0: no more will come.
void question_read(struct question *q, const char *data, size_t size);
// (status, headers, body). False: memory is exhausted, or there is no answer.
bool question_answer(const struct question *q, value *out);

#endif
