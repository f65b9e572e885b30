// A Ray Serve config file in, the program that does the same out.
//
// The rules say what each key of the file is here. A config knows neither the
// signatures nor the graph, which are Python's: each deployment gets `run`, and
// the last one of an app, its ingress, the others as parameters. What is
// guessed or lost is a comment at its place and a warning with the key's place.
#include "compiler/import.h"

#include "compiler/import_parts.h"
#include "grammar/text/parse.h"

#include <ctype.h>
#include <string.h>

// --------------------------------------------------------------------- names

static bool is_taken(struct import *m, const char *name)
{
  for (size_t i = 0; i < m->n_taken; i++)
    if (!strcmp(m->taken[i], name))
      return true;
  return parse_is_keyword(name);
}

static const char *take(struct import *m, const char *name)
{
  const char *free = name;
  for (unsigned n = 2; is_taken(m, free); n++)
    free = arena_printf(m->a, "%s_%u", name, n);
  if (m->n_taken == m->room_taken) {
    size_t room = m->room_taken ? m->room_taken * 2 : 16;
    m->taken = arena_grow(m->a, m->taken, m->n_taken * sizeof *m->taken,
                          room * sizeof *m->taken);
    m->room_taken = room;
  }
  return m->taken[m->n_taken++] = free;
}

// Any text as a name that nobody has; `lower` writes FruitMarket as
// fruit_market.
static const char *name_of(struct import *m, const char *text, bool lower)
{
  struct buf b = {.arena = m->a};
  if (isdigit((unsigned char)*text) || !*text)
    buf_addc(&b, '_');
  for (const char *p = text; *p; p++) {
    bool rises = p > text && isupper((unsigned char)*p) &&
                 !isupper((unsigned char)p[-1]) && p[-1] != '_';
    if (lower && rises)
      buf_addc(&b, '_');
    if (isalnum((unsigned char)*p))
      buf_addc(&b, lower ? (char)tolower((unsigned char)*p) : *p);
    else if (((unsigned char)*p & 0xc0) != 0x80) // one for each character
      buf_addc(&b, '_');
  }
  return take(m, b.data);
}

// Settings and comments of one mapping.
static struct line *settings_of(struct import *m, enum import_place place,
                                yaml_node_t *n)
{
  m->lines = NULL;
  import_all(m, place, n);
  return m->lines;
}

// ---------------------------------------------------------------------- apps

// Ray calls the second bind of a class `Model_1`.
static const char *class_of(struct import *m, yaml_node_t *list,
                            const char *name)
{
  const char *bar = strrchr(name, '_');
  if (!bar || bar == name || strspn(bar + 1, "0123456789") != strlen(bar + 1))
    return name;
  const char *stem = arena_printf(m->a, "%.*s", (int)(bar - name), name);
  yaml_node_t *d;
  for (size_t i = 0; (d = yaml_item(&m->y, list, i)); i++)
    if (!strcmp(yaml_text(yaml_get(&m->y, d, "name")), stem))
      return stem;
  return name;
}

static struct node *new_node(struct import *m, const char *name,
                             const char *class, struct line *lines)
{
  struct node *n = ARENA_NEW(m->a, struct node);
  n->name = class;
  n->ident = name_of(m, name, false);
  n->bind = name_of(m, name, true);
  n->lines = lines;
  return n;
}

static struct node *read_deployments(struct import *m, yaml_node_t *list)
{
  struct node *first = NULL, **end = &first;
  yaml_node_t *d;
  for (size_t i = 0; (d = yaml_item(&m->y, list, i)); i++) {
    const char *name = yaml_text(yaml_get(&m->y, d, "name"));
    struct line *lines = settings_of(m, IMPORT_DEPLOYMENT, d);
    if (!*name) {
      import_expected(m, d, "a deployment with a `name`");
      continue;
    }
    *end = new_node(m, name, class_of(m, list, name), lines);
    end = &(*end)->next;
  }
  return first;
}

static void guess_ingress(struct import *m, yaml_node_t *list)
{
  if (yaml_item(&m->y, list, 1))
    diag_report(
        &m->c->diags, DIAG_import_guess,
        yaml_span(&m->y, yaml_item(&m->y, list, 0)),
        "the config does not say which deployment is given to which: the "
        "last one answers and is given the others");
}

// An app with its deployments. Where it lists none, its object is the one
// deployment, with the settings that stand beside its import_path.
static void read_app(struct import *m, yaml_node_t *app, const char *name,
                     struct line *own, struct line *settings)
{
  yaml_node_t *list = yaml_get(&m->y, app, "deployments");
  yaml_node_t *prefix = yaml_get(&m->y, app, "route_prefix");
  const char *path = yaml_text(yaml_get(&m->y, app, "import_path"));
  const char *colon = strrchr(path, ':'), *dot = strrchr(path, '.');
  const char *cut = colon ? colon : dot;
  if (!cut || cut == path || !cut[1]) {
    import_expected(m, app,
                    "an app with an `import_path` such as \"module:app\"");
    return;
  }
  const char *module = arena_printf(m->a, "%.*s", (int)(cut - path), path);
  const char *ident = name_of(m, name, true);
  guess_ingress(m, list);
  struct node *all = read_deployments(m, list);
  if (!all)
    all = new_node(m, strcmp(cut + 1, "app") ? cut + 1 : "Ingress", cut + 1,
                   settings);
  for (const struct node *d = all; d; d = d->next)
    import_write_deployment(m, all, d, module);
  bool hidden = prefix && yaml_scalar(prefix).kind == YAML_NONE;
  import_write_app(m, all, ident,
                   hidden   ? NULL
                   : prefix ? yaml_text(prefix)
                            : "/",
                   own);
}

// One setting of two keys.
static void read_address(struct import *m, yaml_node_t *root)
{
  yaml_node_t *http = yaml_get(&m->y, root, "http_options");
  http = http ? http : root;
  yaml_node_t *host = yaml_get(&m->y, http, "host");
  yaml_node_t *port = yaml_get(&m->y, http, "port");
  struct buf listen = {.arena = m->a};
  if (host || port) {
    const char *name = host ? yaml_text(host) : "127.0.0.1";
    import_add_string(
        &listen, arena_printf(m->a, strchr(name, ':') ? "[%s]:%s" : "%s:%s",
                              name, port ? yaml_text(port) : "8000"));
    import_set(m, "listen", listen.data);
  }
}

// `services: { name: { import_path, num_replicas, … } }`: apps of one
// deployment whose settings stand among the app's.
static void read_services(struct import *m, yaml_node_t *services)
{
  yaml_node_t *name, *service, *key, *value;
  for (size_t i = 0; yaml_pair(&m->y, services, i, &name, &service); i++) {
    m->lines = NULL;
    for (size_t j = 0; yaml_pair(&m->y, service, j, &key, &value); j++) {
      bool of_app = import_knows(IMPORT_APP, yaml_text(key));
      import_key(m, of_app ? IMPORT_APP : IMPORT_DEPLOYMENT, key, value);
    }
    buf_adds(m->out, i ? "\n" : "");
    read_app(m, service, yaml_text(name), NULL, m->lines);
  }
}

static void read_apps(struct import *m, yaml_node_t *apps)
{
  yaml_node_t *app;
  for (size_t i = 0; (app = yaml_item(&m->y, apps, i)); i++) {
    const char *name = yaml_text(yaml_get(&m->y, app, "name"));
    buf_adds(m->out, i ? "\n" : "");
    read_app(m, app, *name ? name : "default", settings_of(m, IMPORT_APP, app),
             NULL);
  }
}

static void write_server(struct import *m)
{
  bool settings = false;
  for (const struct line *l = m->lines; l; l = l->next)
    settings |= l->name != NULL;
  buf_adds(m->out, settings ? "server {\n" : "");
  import_write_lines(m, m->lines, settings ? "  " : "");
  buf_adds(m->out, settings ? "}\n\n" : m->lines ? "\n" : "");
}

// Of one app, of several, or of services.
static void read_file(struct import *m)
{
  yaml_node_t *root = yaml_document_get_root_node(&m->y.document);
  yaml_node_t *apps = yaml_get(&m->y, root, "applications");
  yaml_node_t *services = yaml_get(&m->y, root, "services");
  bool one = yaml_get(&m->y, root, "import_path") != NULL;
  if (!one && !yaml_item(&m->y, apps, 0) &&
      !(services && services->type == YAML_MAPPING_NODE)) {
    diag_report(
        &m->c->diags, DIAG_import_shape,
        root ? yaml_span(&m->y, root) : (struct span){m->y.file, 0, 0},
        "a Ray Serve config is a mapping with a list of `applications`");
    return;
  }
  m->lines = NULL;
  read_address(m, root);
  if (!one)
    import_all(m, IMPORT_FILE, root);
  write_server(m);
  if (one)
    read_app(m, root, "default", settings_of(m, IMPORT_APP, root), NULL);
  read_services(m, services);
  read_apps(m, apps);
}

void import_ray(struct compile *c, const char *path, struct buf *out)
{
  struct import m = {.c = c, .a = c->arena, .out = out, .y = {.c = c}};
  if (!load_source(c, path))
    return;
  m.y.file = c->n_sources - 1;
  if (!yaml_read(&m.y))
    return;
  buf_addf(
      out,
      "// From %s, a Ray Serve config. Signatures and the graph are in the\n"
      "// Python code: give `run` its types, and the binds their "
      "arguments.\n\n",
      c->sources[m.y.file].path);
  read_file(&m);
  yaml_document_delete(&m.y.document);
}
