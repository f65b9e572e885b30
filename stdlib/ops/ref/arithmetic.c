// Sums, differences, products, quotients, the greater and the lesser.
#include "stdlib/ops/ref/elementwise.h"

#include <math.h>

TWO_FLOATS(add, a + b)
TWO_WHOLES(add, WRAP(a, +, b))
TWO_FLOATS(subtract, a - b)
TWO_WHOLES(subtract, WRAP(a, -, b))
TWO_FLOATS(multiply, a *b)
TWO_WHOLES(multiply, WRAP(a, *, b))
TWO_FLOATS(divide, a / b)
TWO_FLOATS(maximum, ref_max(a, b))
TWO_WHOLES(maximum, a > b ? a : b)
TWO_FLOATS(minimum, ref_min(a, b))
TWO_WHOLES(minimum, a < b ? a : b)
TWO_FLOATS(power, pow(a, b))

static const struct ref_function add = {add_floats, add_wholes, false},
                                 subtract = {subtract_floats, subtract_wholes,
                                             false},
                                 multiply = {multiply_floats, multiply_wholes,
                                             false},
                                 divide = {divide_floats, NULL, false},
                                 maximum = {maximum_floats, maximum_wholes,
                                            true},
                                 minimum = {minimum_floats, minimum_wholes,
                                            true},
                                 power = {power_floats, NULL, false};

#define TENSORS(id, f)                                                         \
  KERNEL(id)                                                                   \
  {                                                                            \
    return ref_two(s, &f, INPUT(0), INPUT(1));                                 \
  }
#define WITH_NUMBER(id, f)                                                     \
  KERNEL(id)                                                                   \
  {                                                                            \
    return ref_two(s, &f, INPUT(0), NUMBER(0));                                \
  }
#define FROM_NUMBER(id, f)                                                     \
  KERNEL(id)                                                                   \
  {                                                                            \
    return ref_two(s, &f, NUMBER(0), INPUT(0));                                \
  }

TENSORS(tensor_add, add)
WITH_NUMBER(tensor_add_number, add)
TENSORS(tensor_subtract, subtract)
WITH_NUMBER(tensor_subtract_number, subtract)
FROM_NUMBER(tensor_subtract_from, subtract)
TENSORS(tensor_multiply, multiply)
WITH_NUMBER(tensor_multiply_number, multiply)
TENSORS(tensor_divide, divide)
WITH_NUMBER(tensor_divide_number, divide)
FROM_NUMBER(tensor_divide_from, divide)
TENSORS(tensor_maximum, maximum)
WITH_NUMBER(tensor_maximum_number, maximum)
TENSORS(tensor_minimum, minimum)
WITH_NUMBER(tensor_minimum_number, minimum)
TENSORS(tensor_power, power)
WITH_NUMBER(tensor_power_number, power)
