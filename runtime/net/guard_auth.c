// Keys enter with requests; who has none of those that count is answered with a
// 401. The keys themselves come from the environment when a plan begins to be
// served, and are in no plan, log or answer.
#include "runtime/net/guard_parts.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

struct keys {
  uint32_t n;
  const char **of; // of the environment, copied
};

struct auth {
  struct keys bearer, api;
  char *header; // of API keys
  enum error_shape errors;
};

// ---- settings ----
static int read_keys(struct keys *to, const struct guard_list *names, bool test,
                     char *why, size_t size)
{
  to->of = calloc(names->count + 1, sizeof *to->of);
  if (!to->of)
    return snprintf(why, size, "out of memory"), -1;
  for (uint32_t i = 0; i < names->count; i++) {
    const char *name = guard_item(names, i), *key = getenv(name);
    if ((!key || !*key) && test)
      key = name;
    if (!key || !*key)
      return snprintf(why, size,
                      "auth: the environment variable %.200s is not set", name),
             -1;
    if (!(to->of[to->n] = strdup(key)))
      return snprintf(why, size, "out of memory"), -1;
    to->n++;
  }
  return 0;
}

int auth_new(struct auth **out, const struct guard_place *p, char *why,
             size_t why_size)
{
  struct guard_list bearer = guard_list(p, SETTING_auth_bearer),
                    api = guard_list(p, SETTING_auth_api_key);
  if (!bearer.count && !api.count)
    return 0;
  struct auth *a = calloc(1, sizeof *a);
  if (!a)
    return snprintf(why, why_size, "out of memory"), -1;
  a->header = guard_header(p, SETTING_auth_header, "x-api-key");
  a->errors = guard_errors(p);
  if (!a->header)
    snprintf(why, why_size, "out of memory");
  if (!a->header || read_keys(&a->bearer, &bearer, p->test, why, why_size) ||
      read_keys(&a->api, &api, p->test, why, why_size)) {
    auth_free(&a);
    return -1;
  }
  *out = a;
  return 0;
}

static void keys_free(struct keys *k)
{
  for (uint32_t i = 0; i < k->n; i++)
    free((char *)k->of[i]);
  free(k->of);
}

void auth_free(struct auth **at)
{
  struct auth *a = *at;
  *at = NULL;
  if (!a)
    return;
  keys_free(&a->bearer);
  keys_free(&a->api);
  free(a->header);
  free(a);
}

// ---- requests ----

// In a time that depends on what was given, not on the key.
static bool is_key(const char *key, const char *given, size_t size)
{
  size_t key_size = strlen(key);
  volatile unsigned char other = key_size != size;
  for (size_t i = 0; i < size; i++)
    other |= (unsigned char)(given[i] ^ key[i % key_size]);
  return !other;
}

// All keys are tried, whichever fits.
static bool has_key(const struct keys *k, const char *given, size_t size)
{
  bool found = false;
  for (uint32_t i = 0; i < k->n; i++)
    found |= is_key(k->of[i], given, size);
  return found;
}

static const char *token_of(const struct http_request *r)
{
  const struct http_header *h = http_find(r, "authorization");
  if (!h || strncasecmp(h->value, "bearer ", 7) != 0)
    return NULL;
  return h->value + 7 + strspn(h->value + 7, " ");
}

static void refuse(const struct auth *a, struct http_request *r, bool wrong)
{
  const char *how = !a->bearer.n ? "ApiKey"
                    : wrong      ? "Bearer error=\"invalid_token\""
                                 : "Bearer";
  struct http_header h = {.name = "www-authenticate", .value = how};
  answer_refusal(a->errors, 401,
                 wrong ? "Invalid credentials" : "Not authenticated", &h, 1, r);
}

bool auth_refuses(const struct auth *a, struct http_request *r)
{
  const char *token = a->bearer.n ? token_of(r) : NULL;
  const struct http_header *key = a->api.n ? http_find(r, a->header) : NULL;
  if ((token && has_key(&a->bearer, token, strlen(token))) ||
      (key && has_key(&a->api, key->value, key->value_size)))
    return false;
  refuse(a, r, token || key);
  return true;
}
