// Types for tests of the codec, made from a notation in JSON:
//
//   "int"                                   a kind without parts
//   {"list": T} {"map": T} {"optional": T}
//   {"tuple": [T, …]}  {"enum": ["a", "b"]}
//   {"record": [["name", T], ["other", T, default]]}
//   {"union": [["Done", [["path", "str"]]]]}
//   {"tensor": "f64", "dims": [2, "N"]}      dims [] or none: any rank
//   {"limit": T, "ge": 1, "min_length": 2}
#ifndef SG_TEST_CODEC_TYPES_H
#define SG_TEST_CODEC_TYPES_H

#include "grammar/plan/build.h"

// The type's number, or PLAN_NONE when the notation is not understood.
uint32_t types_add(struct plan_builder *b, const char *notation);

// The builder's tables as a plan that is good for types and constants.
struct plan types_plan(const struct plan_builder *b);

#endif
