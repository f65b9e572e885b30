// What the OpenAPI document says of keys: which a route asks for, and how each
// kind is sent.
#include "runtime/codec/codec.h"
#include "runtime/net/guard_parts.h"
#include "runtime/net/pages.h"

#include <string.h>

static struct guard_place place_of(const struct plan *p,
                                   const struct plan_route *r)
{
  return (struct guard_place){
      .plan = p, .own = r->settings, .server = p->program[0].settings};
}

static const char *header_of(const struct guard_place *at)
{
  return guard_text(at, SETTING_auth_header, "x-api-key");
}

bool security_asks(const struct plan *p, const struct plan_route *r)
{
  struct guard_place at = place_of(p, r);
  return guard_list(&at, SETTING_auth_bearer).count ||
         guard_list(&at, SETTING_auth_api_key).count;
}

bool security_counts(const struct plan *p, const struct plan_route *r)
{
  struct guard_place at = place_of(p, r);
  return guard_row(&at, SETTING_rate_requests);
}

void security_write(const struct plan *p, const struct plan_route *r,
                    struct buf *out)
{
  struct guard_place at = place_of(p, r);
  bool bearer = guard_list(&at, SETTING_auth_bearer).count;
  bool key = guard_list(&at, SETTING_auth_api_key).count;
  if (!bearer && !key)
    return;
  buf_adds(out, ",\"security\":[");
  if (bearer)
    buf_adds(out, "{\"HTTPBearer\":[]}");
  if (key) { // either will do
    buf_adds(out, bearer ? ",{" : "{");
    json_encode_text(header_of(&at), strlen(header_of(&at)), out);
    buf_adds(out, ":[]}");
  }
  buf_addc(out, ']');
}

// Each header once; a scheme is named by it.
static bool is_first(const struct plan *p, uint32_t n, const char *header)
{
  for (uint32_t i = 0; i < n; i++) {
    struct guard_place at = place_of(p, &p->routes[i]);
    if (guard_list(&at, SETTING_auth_api_key).count &&
        !strcmp(header_of(&at), header))
      return false;
  }
  return true;
}

static void scheme_write(const char *name, struct buf *out)
{
  json_encode_text(name, strlen(name), out);
  buf_adds(out, ":{\"type\":\"apiKey\",\"in\":\"header\",\"name\":");
  json_encode_text(name, strlen(name), out);
  buf_addc(out, '}');
}

void security_schemes_write(const struct plan *p, struct buf *out)
{
  bool bearer = false, any = false;
  for (uint32_t i = 0; i < p->n_routes; i++) {
    struct guard_place at = place_of(p, &p->routes[i]);
    bool key = guard_list(&at, SETTING_auth_api_key).count &&
               is_first(p, i, header_of(&at));
    bool token = !bearer && guard_list(&at, SETTING_auth_bearer).count;
    if (token || key)
      buf_adds(out, any ? "," : ",\"securitySchemes\":{");
    any = any || token || key;
    bearer = bearer || token;
    if (token)
      buf_addf(out,
               "\"HTTPBearer\":{\"type\":\"http\",\"scheme\":\"bearer\"}%s",
               key ? "," : "");
    if (key)
      scheme_write(header_of(&at), out);
  }
  if (any)
    buf_addc(out, '}');
}
