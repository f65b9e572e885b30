// Command lines: parsing. What the table says is printed in cli_print.c.
#include "grammar/base/cli.h"
#include "grammar/base/nearest.h"

#include <stdio.h>
#include <string.h>

enum { MOST_NAMES = 64 };

static bool optional_argument(const struct cli_option *o)
{
  return o->argument && o->argument[0] == '[';
}

static int unknown_option(struct cli_state *s, const char *name, size_t size)
{
  const char *names[MOST_NAMES];
  size_t n = 0;
  for (const struct cli_option *o = s->cli->options; o->name; o++)
    if (n < MOST_NAMES)
      names[n++] = o->name;
  char wanted[64];
  snprintf(wanted, sizeof wanted, "%.*s", (int)size, name);
  const char *near = nearest_name(wanted, names, n);
  snprintf(s->error, sizeof s->error, "unknown option '--%s'%s%s%s", wanted,
           near ? "; did you mean '--" : "", near ? near : "", near ? "'?" : "");
  return CLI_ERROR;
}

static int take_value(struct cli_state *s, int found, const char *shown)
{
  const struct cli_option *o = &s->cli->options[found];
  if (!o->argument || optional_argument(o))
    return found;
  if (s->at >= s->argc) {
    snprintf(s->error, sizeof s->error, "option '%s' needs a value: %s", shown,
             o->argument);
    return CLI_ERROR;
  }
  s->value = s->argv[s->at++];
  return found;
}

static int long_option(struct cli_state *s, const char *word)
{
  const char *equals = strchr(word, '=');
  size_t size = equals ? (size_t)(equals - word) : strlen(word);
  const struct cli_option *all = s->cli->options;
  int found = -1;
  for (int i = 0; all[i].name; i++)
    if (!strncmp(all[i].name, word, size) && !all[i].name[size])
      found = i;
  if (found < 0)
    return unknown_option(s, word, size);
  if (equals && !all[found].argument) {
    snprintf(s->error, sizeof s->error, "option '--%s' takes no value",
             all[found].name);
    return CLI_ERROR;
  }
  if (equals) {
    s->value = equals + 1;
    return found;
  }
  return take_value(s, found, word - 2);
}

static int short_option(struct cli_state *s)
{
  char letter = *s->more++, shown[3] = {'-', letter, 0};
  const struct cli_option *all = s->cli->options;
  for (int i = 0; all[i].name; i++) {
    if (all[i].letter != letter)
      continue;
    const char *rest = s->more;
    if (!*rest || all[i].argument)
      s->more = NULL;
    if (all[i].argument && *rest) {
      s->value = rest;
      return i;
    }
    return take_value(s, i, shown);
  }
  snprintf(s->error, sizeof s->error, "unknown option '%s'", shown);
  return CLI_ERROR;
}

int cli_next(struct cli_state *s)
{
  s->value = NULL;
  if (s->more && *s->more)
    return short_option(s);
  if (s->at >= s->argc)
    return CLI_END;
  char *word = s->argv[s->at++];
  if (!s->plain && !strcmp(word, "--")) {
    s->plain = true;
    return cli_next(s);
  }
  if (s->plain || word[0] != '-' || !word[1]) {
    s->value = word;
    return CLI_OPERAND;
  }
  if (word[1] == '-')
    return long_option(s, word + 2);
  s->more = word + 1;
  return short_option(s);
}
