// What the interpreter does in more than a line: the slow or long part of an
// instruction. Each returns NULL, or the error. Slots are the running frame's.
#ifndef SG_OPERATIONS_H
#define SG_OPERATIONS_H

#include "runtime/vm/vm.h"

typedef const struct error *operation(struct task *t, value *slots,
                                      struct plan_code i);

operation operation_eq, operation_ne, operation_lt, operation_le;
operation operation_text, operation_concat, operation_list, operation_push;
operation operation_index, operation_tuple, operation_map, operation_key;
operation operation_union, operation_step, operation_payload, operation_wrap,
    operation_unwrap, operation_read;
operation operation_div_i, operation_mod_i, operation_neg_i, operation_div_f;
operation operation_add_t, operation_sub_t;
operation operation_closure, operation_stub, operation_spawn;
operation operation_reply, operation_fail, operation_assert, operation_try;

// An operator of the table. *wait: nanoseconds that the task waits after it.
const struct error *operation_op(struct task *t, value *slots,
                                 struct plan_code i, int64_t *wait);

#endif
