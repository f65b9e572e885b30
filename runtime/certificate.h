// Certificate: the files of a server's certificate and key are read when they
// change, and at SIGHUP, for connections to come. A pair that does not hold
// never replaces one that does.
#ifndef SG_CERTIFICATE_H
#define SG_CERTIFICATE_H

#include "runtime/net/http.h"

struct certificate;

// On the loop's thread. NULL: it cannot be watched. `tls` is borrowed.
struct certificate *certificate_new(uv_loop_t *loop, struct http_tls *tls,
                                    const char *cert, const char *key);
void certificate_close(struct certificate **c); // accepts NULL

#endif
