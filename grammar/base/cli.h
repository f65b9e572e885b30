// Command lines: one table says what a program takes. From it come the parsing,
// `--help`, the man page and the completions of shells.
#ifndef SG_CLI_H
#define SG_CLI_H

#include "grammar/base/buf.h"

struct cli_option {
  const char *name;     // without dashes
  char letter;          // or 0
  const char *argument; // "FILE"; "[FORM]" may be left out (then --name=FORM); NULL: none
  const char *help;
};

struct cli_command { // a first word, for programs that have them
  const char *name, *operands, *help;
};

struct cli_text { const char *name, *help; }; // exit statuses, environment

struct cli {
  const char *program, *summary, *operands, *description;
  const struct cli_option *options;   // ends with a name of NULL
  const struct cli_command *commands; // the same, or NULL
  const struct cli_text *statuses, *environment; // the same, or NULL
};

enum { CLI_END = -1, CLI_OPERAND = -2, CLI_ERROR = -3 };

struct cli_state {
  const struct cli *cli;
  char **argv;
  int argc, at;
  bool plain;        // after `--`
  const char *value; // of the option, or the operand
  const char *more;  // further letters of `-abc`
  char error[256];   // one line, after CLI_ERROR
};

// The next option's number, or one of the above. Start with
// {.cli = c, .argv = argv, .argc = argc, .at = 1}.
int cli_next(struct cli_state *s);

#define SERVEGRAPH_VERSION "0.1.0"

void cli_help(const struct cli *c, struct buf *out);
void cli_man(const struct cli *c, struct buf *out);
// bash, zsh or fish; false for another.
bool cli_completion(const struct cli *c, const char *shell, struct buf *out);

#endif
