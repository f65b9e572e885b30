// A YAML file as libyaml's nodes, each with its place in the source.
#ifndef SG_IMPORT_YAML_H
#define SG_IMPORT_YAML_H

#include "compiler/compile.h"

#include <yaml.h>

struct yaml_file {
  struct compile *c;
  uint32_t file; // of the source
  yaml_document_t document;
};

enum yaml_kind { YAML_NONE, YAML_BOOL, YAML_INT, YAML_FLOAT, YAML_TEXT };

// What a scalar says by YAML's core schema. `text` is there for every kind.
struct yaml_value {
  enum yaml_kind kind;
  const char *text;
  bool truth;
  int64_t integer;
  double number; // of an int, too
};

// Parses the source; false when it is no YAML, which is reported. Who gets
// true gives the document back by yaml_document_delete.
bool yaml_read(struct yaml_file *y);

struct span yaml_span(const struct yaml_file *y, const yaml_node_t *n);

// The i-th pair of a mapping; false behind the last one and for what is none.
bool yaml_pair(struct yaml_file *y, const yaml_node_t *n, size_t i,
               yaml_node_t **key, yaml_node_t **value);
// The i-th item of a sequence, or NULL.
yaml_node_t *yaml_item(struct yaml_file *y, const yaml_node_t *n, size_t i);
// The value of a key, or NULL.
yaml_node_t *yaml_get(struct yaml_file *y, const yaml_node_t *n,
                      const char *key);
// The text of a scalar, "" of anything else.
const char *yaml_text(const yaml_node_t *n);
struct yaml_value yaml_scalar(const yaml_node_t *n);

#endif
