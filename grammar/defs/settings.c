// The table of settings, from kinds.def. Nothing enters, and all of it is
// constant.
#include "grammar/defs/settings.h"

#include <stdlib.h>
#include <string.h>

#define DEPLOYMENT PLACE_DEPLOYMENT
#define BATCH PLACE_BATCH
#define MULTIPLEX PLACE_MULTIPLEX
#define ROUTE PLACE_ROUTE
#define SERVER PLACE_SERVER
#define CALL PLACE_CALL
#define GRAPH PLACE_GRAPH
#define RESOURCE PLACE_RESOURCE
#define APP PLACE_APP
const struct setting_row setting_rows[SETTINGS] = {
#define SETTING(id, where, word, kind, default, doc)                           \
  {where, word, kind, default},
#include "grammar/defs/kinds.def"
#undef SETTING
};

int64_t setting_default(enum setting_id id)
{
  char *unit;
  int64_t n = strtoll(setting_rows[id].value, &unit, 10);
  return !strcmp(unit, "s")    ? n * 1000000000
         : !strcmp(unit, "ms") ? n * 1000000
                               : n;
}

bool setting_word(const char **at, const char **word, size_t *size)
{
  const char *start = strchr(*at, '"');
  const char *end = start ? strchr(start + 1, '"') : NULL;
  if (!end)
    return false;
  *word = start + 1;
  *size = (size_t)(end - *word);
  *at = end + 1;
  return true;
}
