// The rooms of import among themselves.
#ifndef SG_IMPORT_PARTS_H
#define SG_IMPORT_PARTS_H

#include "compiler/import_yaml.h"

enum { IMPORT_DEPTH = 32 }; // of mappings in mappings

// What a mapping of the config is of.
enum import_place { IMPORT_FILE, IMPORT_APP, IMPORT_DEPLOYMENT };

struct line { // a setting, or a comment when it has no name
  const char *name, *text;
  struct line *next;
};

struct node {        // a deployment
  const char *name;  // the class, without Ray's `_1`
  const char *ident; // of the deployment here
  const char *bind;
  struct line *lines;
  struct node *next;
};

struct import {
  struct yaml_file y;
  struct compile *c;
  struct arena *a;
  struct buf *out;
  const char **taken; // names that the program has
  size_t n_taken, room_taken;
  struct line *lines; // of what is read now
};

// import_rules.c: what the keys of a mapping are here, added to m->lines.
void import_all(struct import *m, enum import_place place, yaml_node_t *n);
void import_key(struct import *m, enum import_place place, yaml_node_t *key,
                yaml_node_t *value);
bool import_knows(enum import_place place, const char *key);
void import_set(struct import *m, const char *name, const char *text);
void import_expected(struct import *m, yaml_node_t *at, const char *what);

// import_value.c: a YAML value as a literal of the language.
void import_add_string(struct buf *out, const char *text);
void import_add_number(struct buf *out, double x);
void import_add_value(struct import *m, struct buf *out, yaml_node_t *n);

// import_write.c: the program's text. The last of `all` is the ingress, and is
// given the others. An app without a prefix has no routes.
void import_write_lines(struct import *m, const struct line *lines,
                        const char *indent);
void import_write_deployment(struct import *m, const struct node *all,
                             const struct node *d, const char *module);
void import_write_app(struct import *m, const struct node *all,
                      const char *ident, const char *prefix,
                      const struct line *lines);

#endif
