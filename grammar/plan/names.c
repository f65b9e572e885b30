// Names of what plans number, from the same rows as the numbers.
#include "grammar/plan/names.h"

const char *const plan_names_TYPE_KINDS[TYPE_KINDS] = {
#define TYPE(name, text, form, part) #name,
#include "grammar/defs/types.def"
#undef TYPE
};

const char *const plan_names_METRIC_KINDS[METRIC_KINDS] = {
#define METRIC(name, doc) #name,
#include "grammar/defs/metrics.def"
#undef METRIC
};

const char *const plan_names_DTYPES[DTYPES] = {
#define DTYPE(name, bytes, numpy) #name,
#include "grammar/defs/dtypes.def"
#undef DTYPE
};

const char *const plan_names_LIMIT_KINDS[LIMIT_KINDS] = {
#define LIMIT(name, on, error, message) #name,
#include "grammar/defs/limits.def"
#undef LIMIT
};

const char *const plan_names_OPCODES[OPCODES] = {
#define OPCODE(name, a, b, c, rule, doc) #name,
#include "grammar/defs/opcodes.def"
#undef OPCODE
};

const char *const plan_names_OPERATORS[OPERATORS] = {
#define OPERATOR(id, name, signature, attributes, cost, doc) #id,
#include "grammar/defs/ops.def"
#undef OPERATOR
};

const char *const plan_names_SOURCES[SOURCES] = {
#define SOURCE(name, word) #name,
#include "grammar/defs/adapters.def"
};

const char *const plan_names_ADAPTERS[ADAPTERS] = {
#define ADAPTER(name, gives, reads) #name,
#include "grammar/defs/adapters.def"
};

const char *const plan_names_FORMS[FORMS] = {
#define FORM(name, content_type) #name,
#include "grammar/defs/adapters.def"
};

const char *const plan_names_SETTINGS[SETTINGS] = {
#define SETTING(id, places, name, type, value, doc) name,
#include "grammar/defs/kinds.def"
#undef SETTING
};

// These enumerations stand in plan.h itself.
const char *const plan_names_FUNCTION_KINDS[FUNCTION_KINDS] = {
  [FUNCTION_body] = "body", [FUNCTION_graph] = "graph",
  [FUNCTION_init] = "init", [FUNCTION_test] = "test",
};

const char *const plan_names_CLASS_KINDS[CLASS_KINDS] = {
  [CLASS_deployment] = "deployment", [CLASS_function] = "function",
  [CLASS_graph] = "graph",
};

const char *const plan_names_METHODS[METHODS] = {
  [METHOD_GET] = "GET", [METHOD_HEAD] = "HEAD", [METHOD_POST] = "POST",
  [METHOD_PUT] = "PUT", [METHOD_DELETE] = "DELETE", [METHOD_PATCH] = "PATCH",
  [METHOD_OPTIONS] = "OPTIONS", [METHOD_WS] = "WS",
};

const char *const plan_names_SITE_KINDS[SITE_KINDS] = {
  [SITE_function] = "function", [SITE_method] = "method",
  [SITE_handle] = "handle", [SITE_callable] = "callable",
};

const char *const plan_names_EDGE_KINDS[EDGE_KINDS] = {
  [EDGE_data] = "data", [EDGE_if] = "if", [EDGE_unless] = "unless",
};

const char *const plan_names_ORIGINS[ORIGINS] = {
  [ORIGIN_default] = "default", [ORIGIN_deployment] = "deployment",
  [ORIGIN_bind] = "bind", [ORIGIN_override] = "override",
  [ORIGIN_route] = "route", [ORIGIN_server] = "server",
  [ORIGIN_compiler] = "compiler", [ORIGIN_app] = "app",
};

static const char *const operator_names[OPERATORS] = {
#define OPERATOR(id, name, signature, attributes, cost, doc) name,
#include "grammar/defs/ops.def"
#undef OPERATOR
};

static const char *name_at(const char *const *names, unsigned count, unsigned i)
{
  return i < count && names[i] ? names[i] : "?";
}

const char *type_kind_name(enum type_kind kind)
{
  return name_at(plan_names_TYPE_KINDS, TYPE_KINDS, kind);
}

const char *opcode_name(enum opcode op)
{
  return name_at(plan_names_OPCODES, OPCODES, op);
}

const char *operator_name(enum operator_id id)
{
  return name_at(operator_names, OPERATORS, id);
}

const char *plan_method_name(enum plan_method m)
{
  return name_at(plan_names_METHODS, METHODS, m);
}
