// Texts as JSON has them, for all that writes JSON: answers, logs, diagnostics
// and a plan's constants.
#ifndef SG_JSON_TEXT_H
#define SG_JSON_TEXT_H

#include "grammar/base/buf.h"

// The text is UTF-8; it is not looked at for that.
void json_encode_text(const char *text, size_t size,
                      struct buf *out);                     // with quotes
void json_escape(const char *text, size_t size, struct buf *out); // without

#endif
