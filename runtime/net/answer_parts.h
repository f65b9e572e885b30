// What the rooms that make answers share: answer.c, answer_stream.c, sse.c.
#ifndef SG_ANSWER_PARTS_H
#define SG_ANSWER_PARTS_H

#include "runtime/net/answer.h"

struct answer {
  const struct plan *plan;
  struct http_request *http;
  int status;
  const char *type; // content type, NULL: none
  struct http_header *headers;
  size_t n_headers; // there is room for one more
};

extern const char answer_no_memory[];

// Status, content type and headers; NULL, or why they cannot be sent.
const char *answer_head(struct answer *a, const struct reply *reply,
                        enum form_kind form, bool stream);
// 500 with a message, in the shape that the route asks for.
void answer_fail(const struct service *s, uint32_t route, const char *message,
                 struct http_request *http);

// Which values are server-sent events with more than data, worked out once: of
// a record with `data` and nothing beside it but these, each of a fitting type.
// NULL, or why it cannot be said.
const char *sse_write(const struct sse *s, value v, struct buf *out);
void sse_open(struct sse *s, const struct plan *p, uint32_t type);

#endif
