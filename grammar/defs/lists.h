// The numbers of the rows: one enumeration a list. What a plan holds of a row
// is this number.
#ifndef SG_LISTS_H
#define SG_LISTS_H

enum type_kind {
#define TYPE(name, text, form, part) TYPE_##name,
#include "grammar/defs/types.def"
#undef TYPE
  TYPE_KINDS
};
enum dtype {
#define DTYPE(name, bytes, numpy) DTYPE_##name,
#include "grammar/defs/dtypes.def"
#undef DTYPE
  DTYPES
};
enum limit_kind {
#define LIMIT(name, on, error, message) LIMIT_##name,
#include "grammar/defs/limits.def"
#undef LIMIT
  LIMIT_KINDS
};
enum opcode {
#define OPCODE(name, a, b, c, rule, doc) OP_##name,
#include "grammar/defs/opcodes.def"
#undef OPCODE
  OPCODES
};
enum operator_id {
#define OPERATOR(id, name, signature, attributes, cost, doc) OPERATOR_##id,
#include "grammar/defs/ops.def"
#undef OPERATOR
  OPERATORS
};
enum shape_rule {
#define SHAPE_RULE(name, doc) SHAPE_##name,
#include "grammar/defs/shape_rules.def"
#undef SHAPE_RULE
  SHAPE_RULES
};
enum source_kind {
#define SOURCE(name, word) SOURCE_##name,
#include "grammar/defs/adapters.def"
  SOURCES
};
enum adapter_kind {
#define ADAPTER(name, gives, reads) ADAPTER_##name,
#include "grammar/defs/adapters.def"
  ADAPTERS
};
enum form_kind {
#define FORM(name, content_type) FORM_##name,
#include "grammar/defs/adapters.def"
  FORMS
};
enum metric_kind {
#define METRIC(name, doc) METRIC_##name,
#include "grammar/defs/metrics.def"
#undef METRIC
  METRIC_KINDS
};
enum setting_id {
#define SETTING(id, places, name, type, value, doc) SETTING_##id,
#include "grammar/defs/kinds.def"
#undef SETTING
  SETTINGS
};

#endif
