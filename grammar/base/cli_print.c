// Command lines: what the table says, as help, man page and completions.
#include "grammar/base/cli.h"

#include <string.h>

static void print_option_names(const struct cli_option *o, struct buf *out)
{
  if (o->letter)
    buf_addf(out, "-%c, ", o->letter);
  buf_addf(out, "--%s", o->name);
  if (o->argument && o->argument[0] == '[')
    buf_addf(out, "[=%s", o->argument + 1);
  else if (o->argument)
    buf_addf(out, " %s", o->argument);
}

static void help_row(const char *left, const char *help, struct buf *out)
{
  enum { COLUMN = 28 };
  size_t begin = out->size;
  buf_addf(out, "  %s", left);
  if (out->size - begin > COLUMN - 2)
    buf_addf(out, "\n%*s", COLUMN, "");
  else
    buf_addf(out, "%*s", (int)(COLUMN - (out->size - begin)), "");
  buf_addf(out, "%s\n", help);
}

void cli_help(const struct cli *c, struct buf *out)
{
  buf_addf(out, "usage: %s %s\n\n%s\n", c->program, c->operands, c->description);
  if (c->commands)
    buf_adds(out, "\ncommands:\n");
  for (const struct cli_command *m = c->commands; m && m->name; m++) {
    struct buf left = {0};
    buf_addf(&left, "%s %s", m->name, m->operands);
    help_row(left.data, m->help, out);
    buf_free(&left);
  }
  buf_adds(out, "\noptions:\n");
  for (const struct cli_option *o = c->options; o->name; o++) {
    struct buf left = {0};
    print_option_names(o, &left);
    help_row(left.data, o->help, out);
    buf_free(&left);
  }
  for (const struct cli_text *t = c->statuses; t && t->name; t++) {
    if (t == c->statuses)
      buf_adds(out, "\nexit status:\n");
    help_row(t->name, t->help, out);
  }
  for (const struct cli_text *t = c->environment; t && t->name; t++) {
    if (t == c->environment)
      buf_adds(out, "\nenvironment:\n");
    help_row(t->name, t->help, out);
  }
}

// roff: a backslash, a dash and a leading dot or quote mean something.
static void man_text(const char *text, struct buf *out)
{
  for (const char *p = text; *p; p++) {
    if ((p == text || p[-1] == '\n') && (*p == '.' || *p == '\''))
      buf_adds(out, "\\&");
    if (*p == '-')
      buf_adds(out, "\\-");
    else if (*p == '\\')
      buf_adds(out, "\\e");
    else
      buf_addc(out, *p);
  }
}

static void man_row(const char *left, const char *help, struct buf *out)
{
  buf_adds(out, ".TP\n.B ");
  man_text(left, out);
  buf_addc(out, '\n');
  man_text(help, out);
  buf_addc(out, '\n');
}

static void man_heading(const struct cli *c, struct buf *out)
{
  buf_addf(out, ".TH %s 1 \"\" \"ServeGraph %s\"\n.SH NAME\n%s \\- ", c->program,
           SERVEGRAPH_VERSION, c->program);
  man_text(c->summary, out);
  buf_addf(out, "\n.SH SYNOPSIS\n.B %s\n", c->program);
  man_text(c->operands, out);
  buf_adds(out, "\n.SH DESCRIPTION\n");
  man_text(c->description, out);
  buf_addc(out, '\n');
}

void cli_man(const struct cli *c, struct buf *out)
{
  man_heading(c, out);
  if (c->commands)
    buf_adds(out, ".SH COMMANDS\n");
  for (const struct cli_command *m = c->commands; m && m->name; m++) {
    struct buf left = {0};
    buf_addf(&left, "%s %s", m->name, m->operands);
    man_row(left.data, m->help, out);
    buf_free(&left);
  }
  buf_adds(out, ".SH OPTIONS\n");
  for (const struct cli_option *o = c->options; o->name; o++) {
    struct buf left = {0};
    print_option_names(o, &left);
    man_row(left.data, o->help, out);
    buf_free(&left);
  }
  if (c->statuses)
    buf_adds(out, ".SH EXIT STATUS\n");
  for (const struct cli_text *t = c->statuses; t && t->name; t++)
    man_row(t->name, t->help, out);
  if (c->environment)
    buf_adds(out, ".SH ENVIRONMENT\n");
  for (const struct cli_text *t = c->environment; t && t->name; t++)
    man_row(t->name, t->help, out);
}

static void bash_completion(const struct cli *c, struct buf *out)
{
  buf_addf(out,
           "_%s() {\n"
           "  local word=${COMP_WORDS[COMP_CWORD]}\n"
           "  if [[ $word == -* ]]; then\n"
           "    COMPREPLY=($(compgen -W '",
           c->program);
  for (const struct cli_option *o = c->options; o->name; o++)
    buf_addf(out, "%s--%s", o == c->options ? "" : " ", o->name);
  buf_adds(out, "' -- \"$word\"))\n  else\n    COMPREPLY=($(compgen -f -W '");
  for (const struct cli_command *m = c->commands; m && m->name; m++)
    buf_addf(out, "%s%s", m == c->commands ? "" : " ", m->name);
  buf_addf(out, "' -- \"$word\"))\n  fi\n}\ncomplete -o filenames -F _%s %s\n",
           c->program, c->program);
}

static void quote_help(const char *help, const char *escape, struct buf *out)
{
  for (; *help; help++) {
    if (strchr(escape, *help))
      buf_addc(out, '\\');
    if (*help == '\'')
      buf_adds(out, "'\\'");
    buf_addc(out, *help);
  }
}

static void zsh_completion(const struct cli *c, struct buf *out)
{
  buf_addf(out, "#compdef %s\n_arguments -s \\\n", c->program);
  for (const struct cli_option *o = c->options; o->name; o++) {
    buf_addf(out, "  '--%s%s[", o->name, o->argument ? "=" : "");
    quote_help(o->help, "[]:", out);
    buf_addf(out, "]%s' \\\n", o->argument ? ":value:_files" : "");
  }
  buf_adds(out, "  '*:file:_files'\n");
}

static void fish_completion(const struct cli *c, struct buf *out)
{
  for (const struct cli_command *m = c->commands; m && m->name; m++) {
    buf_addf(out, "complete -c %s -n __fish_use_subcommand -a %s -d '",
             c->program, m->name);
    quote_help(m->help, "", out);
    buf_adds(out, "'\n");
  }
  for (const struct cli_option *o = c->options; o->name; o++) {
    buf_addf(out, "complete -c %s -l %s%s", c->program, o->name,
             o->argument && o->argument[0] != '[' ? " -r" : "");
    if (o->letter)
      buf_addf(out, " -s %c", o->letter);
    buf_adds(out, " -d '");
    quote_help(o->help, "", out);
    buf_adds(out, "'\n");
  }
}

bool cli_completion(const struct cli *c, const char *shell, struct buf *out)
{
  if (!strcmp(shell, "bash"))
    bash_completion(c, out);
  else if (!strcmp(shell, "zsh"))
    zsh_completion(c, out);
  else if (!strcmp(shell, "fish"))
    fish_completion(c, out);
  else
    return false;
  return true;
}
