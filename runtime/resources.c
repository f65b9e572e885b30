// Enters: a plan and a list of the command line. Leaves: whether all replicas
// that surely start fit into it.
#include "runtime/resources.h"
#include "grammar/base/number.h"
#include "runtime/net/service.h"
#include "runtime/quantity.h"

#include <stdio.h>
#include <string.h>

static int64_t count(const struct plan *p, struct plan_run settings,
                     enum setting_id id, int64_t missing)
{
  const struct plan_const *c = service_setting(p, settings, id);
  return c ? (int64_t)plan_bits(c) : missing;
}

static double real(const struct plan_const *c)
{
  uint64_t bits = plan_bits(c);
  double x;
  memcpy(&x, &bits, sizeof x);
  return x;
}

// The replicas that a deployment has from the beginning.
static int64_t replicas(const struct plan *p, struct plan_run settings)
{
  if (service_setting(p, settings, SETTING_num_replicas))
    return count(p, settings, SETTING_num_replicas, 1);
  return count(p, settings, SETTING_autoscaling_initial,
               count(p, settings, SETTING_autoscaling_min, 1));
}

static double named(const struct plan *p, const struct plan_const *map,
                    const char *name, size_t size)
{
  for (uint32_t i = 0; map && i + 1 < map->hi; i += 2) {
    const struct plan_const *key = &p->consts[map->lo + i];
    if (key->hi == size && !memcmp(p->text + key->lo, name, size))
      return real(key + 1);
  }
  return 0;
}

static bool is(const char *name, size_t size, const char *word)
{
  return strlen(word) == size && !memcmp(name, word, size);
}

// What one replica asks for.
static double asked(const struct plan *p, struct plan_run settings,
                    const char *name, size_t size)
{
  enum setting_id id = is(name, size, "cpus")     ? SETTING_resources_cpus
                       : is(name, size, "memory") ? SETTING_resources_memory
                       : is(name, size, "gpus")   ? SETTING_resources_gpus
                                                  : SETTING_resources_named;
  const struct plan_const *c = service_setting(p, settings, id);
  if (id == SETTING_resources_named)
    return named(p, c, name, size);
  if (!c)
    return 0;
  return id == SETTING_resources_memory ? (double)(int64_t)plan_bits(c)
                                        : real(c);
}

static int check_one(const struct plan *p, const char *name, size_t size,
                     double there, char *why, size_t why_size)
{
  double sum = 0, most = 0;
  uint32_t largest = 0;
  for (uint32_t i = 0; i < p->n_bindings; i++) {
    struct plan_run settings = p->bindings[i].settings;
    double one = asked(p, settings, name, size) * (double)replicas(p, settings);
    sum += one;
    if (one > most) {
      most = one;
      largest = i;
    }
  }
  if (sum <= there)
    return 0;
  snprintf(why, why_size,
           "there is %g of %.*s, and the deployments ask for %g (%s alone for "
           "%g)",
           there, (int)size, name, sum, plan_str(p, p->bindings[largest].name),
           most);
  return -1;
}

// One `name=amount` of `size` bytes.
static int check_item(const struct plan *p, const char *item, size_t size,
                      char *why, size_t why_size)
{
  const char *equals = memchr(item, '=', size);
  char amount[64];
  double there = -1;
  size_t digits = equals ? size - (size_t)(equals + 1 - item) : 0;
  if (equals && equals > item && digits && digits < sizeof amount) {
    memcpy(amount, equals + 1, digits);
    amount[digits] = 0;
    if (is(item, (size_t)(equals - item), "memory"))
      there = (double)quantity_size(amount);
    else if (!number_read_float(amount, digits, false, &there))
      there = -1;
  }
  if (there >= 0)
    return check_one(p, item, (size_t)(equals - item), there, why, why_size);
  snprintf(why, why_size,
           "--resources: '%.*s' is not like cpus=8, memory=16GB or gpus=0.5",
           (int)size, item);
  return -1;
}

int resources_check(const struct plan *p, const char *list, char *why,
                    size_t why_size)
{
  while (list && *list) {
    size_t size = strcspn(list, ",");
    if (check_item(p, list, size, why, why_size))
      return -1;
    list += size + (list[size] == ',');
  }
  return 0;
}
