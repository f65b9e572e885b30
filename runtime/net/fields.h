// Fields: the decoded values that a request has for one name, in the query, the
// headers, the cookies or the path.
#ifndef SG_FIELDS_H
#define SG_FIELDS_H

#include "runtime/net/http.h"
#include "runtime/net/router.h"

struct field {
  struct field *next;
  const char *data; // decoded; not checked to be UTF-8
  size_t size;
};

struct fields {
  struct arena *arena;
  struct field *first, *last; // NULL: there is none
};

// Each false only when the arena is exhausted.
bool fields_of_query(struct fields *f, const char *query, size_t size,
                     const char *key);
bool fields_of_headers(struct fields *f, const struct http_request *r,
                       const char *key);
bool fields_of_cookies(struct fields *f, const struct http_request *r,
                       const char *key);
bool fields_of_path(struct fields *f, const struct router_hole *hole);

#endif
