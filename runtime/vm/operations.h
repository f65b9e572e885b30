// What the interpreter does in more than a line: the slow or long part of an
// instruction. Each returns NULL, or the error. Slots are the running frame's.
#ifndef SG_OPERATIONS_H
#define SG_OPERATIONS_H

#include "runtime/vm/vm.h"

typedef const struct error *operation(struct task *t, value *slots,
                                      struct plan_code i);

operation operation_eq, operation_ne, operation_lt, operation_le;
operation operation_text, text_of_int, operation_concat, operation_list,
    operation_push;
operation operation_index, operation_tuple, operation_map, operation_key;
operation operation_union, operation_step, operation_payload, operation_wrap,
    operation_unwrap, operation_read;
operation operation_div_i, operation_mod_i, operation_neg_i, operation_div_f;
operation operation_add_t, operation_sub_t;
operation operation_closure, operation_stub, operation_spawn;
operation operation_reply, operation_fail, operation_assert, operation_try;

// What takes the place of its first argument (update.c).
operation update_put, update_concat_list, update_concat;
const struct error *update_push(struct task *t, value *slots,
                                struct plan_code run, struct plan_code i);
const struct error *update_append(struct task *t, value *slots,
                                  struct plan_code run, struct plan_code i);

// What a map has at a key; and its owner, if it is one, notes where, so that
// an update need not look again. `own`: the owner's hidden slot, or 0.
const value *update_find(value *slots, uint16_t own, const struct map *m,
                         const struct text *key);

// JSON text into a type without a tree between; false where that is not the
// same as first one and then the other.
bool read_text(struct task *t, value *slots, struct plan_code parse,
               struct plan_code read);

// A value's JSON text without a tree between, in the same way.
bool text_of_json(struct task *t, value *slots, struct plan_code make,
                  struct plan_code print);

// An operator of the table. *wait: nanoseconds that the task waits after it, or
// OPERATION_WAITS: it waits already, for a job.
#define OPERATION_WAITS INT64_MIN
const struct error *operation_op(struct task *t, value *slots,
                                 struct plan_code i, int64_t *wait);
// The job of the operator that the task is at is done: its result goes into the
// slot.
job_done operation_job_done;

#endif
