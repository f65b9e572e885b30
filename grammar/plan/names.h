// The words for each enumeration of a plan, as arrays by number.
//
// An array is named after the count that ends its enumeration, so that
// E(kind, TYPE_KINDS) of plan.h finds its words as plan_names_TYPE_KINDS.
#ifndef SG_PLAN_NAMES_H
#define SG_PLAN_NAMES_H

#include "grammar/plan/plan.h"

extern const char *const plan_names_TYPE_KINDS[TYPE_KINDS];
extern const char *const plan_names_DTYPES[DTYPES];
extern const char *const plan_names_LIMIT_KINDS[LIMIT_KINDS];
extern const char *const plan_names_OPCODES[OPCODES];
extern const char *const plan_names_OPERATORS[OPERATORS]; // ids, which are unique
extern const char *const plan_names_SOURCES[SOURCES];
extern const char *const plan_names_ADAPTERS[ADAPTERS];
extern const char *const plan_names_FORMS[FORMS];
extern const char *const plan_names_SETTINGS[SETTINGS]; // as written: group.name
extern const char *const plan_names_FUNCTION_KINDS[FUNCTION_KINDS];
extern const char *const plan_names_CLASS_KINDS[CLASS_KINDS];
extern const char *const plan_names_METHODS[METHODS];
extern const char *const plan_names_SITE_KINDS[SITE_KINDS];
extern const char *const plan_names_EDGE_KINDS[EDGE_KINDS];
extern const char *const plan_names_ORIGINS[ORIGINS];
extern const char *const plan_names_METRIC_KINDS[METRIC_KINDS];

#endif
