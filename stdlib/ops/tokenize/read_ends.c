// Post-processors and decoders of a tokenizer.json.
#include "stdlib/ops/tokenize/read.h"

#include "grammar/base/utf8.h"

static struct post *add_post(struct reading *r)
{
  struct post *all = one_more(r, r->f->posts, &r->f->n_posts, sizeof *all);
  if (!all)
    return NULL;
  r->f->posts = all;
  return all + r->f->n_posts - 1;
}

static bool add_around(struct reading *r, struct post *p, bool text,
                       uint32_t id, int64_t type)
{
  if (type < 0 || type > 255)
    return refuse(r, "a `type_id` is out of range");
  struct around *all = one_more(r, p->items, &p->count, sizeof *all);
  if (!all)
    return false;
  p->items = all;
  all[p->count - 1] = (struct around){text, id, (uint8_t)type};
  return true;
}

// ["[SEP]", 102]
static bool pair_id(struct reading *r, const struct json *j, const char *name,
                    uint32_t *id)
{
  const struct json *pair = field(j, name);
  if (!pair || pair->kind != JSON_LIST || pair->as.list->count != 2)
    return refuse(r, "`%s` is no token and its id", name);
  const struct json *n = pair->as.list->items[1].json;
  if (n->kind != JSON_INT || n->as.i < 0 || n->as.i >= TOKEN_NONE)
    return refuse(r, "`%s` has no id", name);
  *id = (uint32_t)n->as.i;
  return true;
}

static bool enclose(struct reading *r, const struct json *j, struct post *p)
{
  uint32_t sep, cls;
  return pair_id(r, j, "sep", &sep) && pair_id(r, j, "cls", &cls) &&
         add_around(r, p, false, cls, 0) && add_around(r, p, true, 0, 0) &&
         add_around(r, p, false, sep, 0);
}

static bool post_bert(struct reading *r, const struct json *j)
{
  struct post *p = add_post(r);
  return p && enclose(r, j, p);
}

static bool post_roberta(struct reading *r, const struct json *j)
{
  struct post *p = add_post(r);
  return p && field_bool(r, j, "trim_offsets", true, &p->trim) &&
         field_bool(r, j, "add_prefix_space", true, &p->prefix) &&
         enclose(r, j, p);
}

static bool post_bytes(struct reading *r, const struct json *j)
{
  struct post *p = add_post(r);
  return p && field_bool(r, j, "trim_offsets", true, &p->trim) &&
         field_bool(r, j, "add_prefix_space", true, &p->prefix);
}

// All ids of a special token of the template.
static bool special_ids(struct reading *r, const struct json *j, struct post *p,
                        const struct json *item, int64_t type)
{
  const struct json *name = field(item, "id"),
                    *all = field(j, "special_tokens");
  const value *found =
      name && name->kind == JSON_TEXT && all && all->kind == JSON_MAP
          ? map_get(all->as.map, name->as.text)
          : NULL;
  const struct json *ids = found ? field(found->json, "ids") : NULL;
  if (!ids || ids->kind != JSON_LIST)
    return refuse(r, "a special token of the template has no ids");
  for (uint32_t i = 0; i < ids->as.list->count; i++) {
    const struct json *n = ids->as.list->items[i].json;
    if (n->kind != JSON_INT || n->as.i < 0 || n->as.i >= TOKEN_NONE)
      return refuse(r, "a special token of the template has a wrong id");
    if (!add_around(r, p, false, (uint32_t)n->as.i, type))
      return false;
  }
  return true;
}

static bool template_item(struct reading *r, const struct json *j,
                          struct post *p, const struct json *item)
{
  const struct json *text = field(item, "Sequence");
  const struct json *special = field(item, "SpecialToken");
  int64_t type;
  if (!text && !special)
    return refuse(r, "an item of the template is not known");
  if (!field_int(r, text ? text : special, "type_id", 0, &type))
    return false;
  if (special)
    return special_ids(r, j, p, special, type);
  if (!json_is(field(text, "id"), "A"))
    return refuse(r, "the template of one text has a second one");
  return add_around(r, p, true, 0, type);
}

static bool post_template(struct reading *r, const struct json *j)
{
  struct post *p = add_post(r);
  const struct json *single = field(j, "single");
  if (!p)
    return false;
  if (!single || single->kind != JSON_LIST || !single->as.list->count)
    return refuse(r, "the template has no items for one text");
  uint32_t texts = 0;
  for (uint32_t i = 0; i < single->as.list->count; i++) {
    if (!template_item(r, j, p, single->as.list->items[i].json))
      return false;
    texts += field(single->as.list->items[i].json, "Sequence") != NULL;
  }
  return texts == 1 || refuse(r, "the template has not its text once");
}

bool read_posts(struct reading *r, const struct json *from)
{
  static const struct reader readers[] = {
      {"TemplateProcessing", post_template},
      {"BertProcessing", post_bert},
      {"RobertaProcessing", post_roberta},
      {"ByteLevel", post_bytes},
  };
  return read_typed_part(r, from, "post_processor", "processors", readers,
                         sizeof readers / sizeof *readers);
}

// ---- decoders ----

static struct decoder *add_decoder(struct reading *r, enum decoder_kind kind)
{
  struct decoder *all =
      one_more(r, r->f->decoders, &r->f->n_decoders, sizeof *all);
  if (!all)
    return NULL;
  r->f->decoders = all;
  all += r->f->n_decoders - 1;
  all->kind = kind;
  return all;
}

static bool decoder_text(struct reading *r, const struct json *j,
                         const char *name, const char *otherwise,
                         struct decoder *d)
{
  if (!d || !field_text(r, j, name, &d->text, &d->size))
    return false;
  if (d->text)
    return true;
  if (!otherwise)
    return refuse(r, "a decoder has no `%s`", name);
  d->text = otherwise;
  d->size = (uint32_t)strlen(otherwise);
  return true;
}

static bool decode_wordpiece(struct reading *r, const struct json *j)
{
  struct decoder *d = add_decoder(r, DECODER_wordpiece);
  return decoder_text(r, j, "prefix", "##", d) &&
         field_bool(r, j, "cleanup", true, &d->cleanup);
}

static bool decode_bytes(struct reading *r, const struct json *j)
{
  return add_decoder(r, DECODER_bytes);
}

static bool decode_metaspace(struct reading *r, const struct json *j)
{
  struct decoder *d = add_decoder(r, DECODER_metaspace);
  bool first;
  return d && field_char(r, j, "replacement", 0x2581, &d->code) &&
         read_scheme(r, j, &d->prefix, &first);
}

static bool decode_bpe(struct reading *r, const struct json *j)
{
  return decoder_text(r, j, "suffix", "</w>", add_decoder(r, DECODER_bpe));
}

static bool decode_fallback(struct reading *r, const struct json *j)
{
  return add_decoder(r, DECODER_fallback);
}

static bool decode_fuse(struct reading *r, const struct json *j)
{
  return add_decoder(r, DECODER_fuse);
}

static bool decode_strip(struct reading *r, const struct json *j)
{
  struct decoder *d = add_decoder(r, DECODER_strip);
  int64_t start, stop;
  if (!d || !field_char(r, j, "content", ' ', &d->code) ||
      !field_int(r, j, "start", 0, &start) ||
      !field_int(r, j, "stop", 0, &stop))
    return false;
  if (start < 0 || stop < 0 || start > INT32_MAX || stop > INT32_MAX)
    return refuse(r, "Strip has numbers that are out of range");
  d->start = (uint32_t)start;
  d->stop = (uint32_t)stop;
  return true;
}

static bool decode_replace(struct reading *r, const struct json *j)
{
  struct decoder *d = add_decoder(r, DECODER_replace);
  return decoder_text(r, j, "content", NULL, d) &&
         read_pattern(r, j, &d->pattern);
}

bool read_decoders(struct reading *r, const struct json *from)
{
  static const struct reader readers[] = {
      {"WordPiece", decode_wordpiece},   {"ByteLevel", decode_bytes},
      {"Metaspace", decode_metaspace},   {"BPEDecoder", decode_bpe},
      {"ByteFallback", decode_fallback}, {"Fuse", decode_fuse},
      {"Strip", decode_strip},           {"Replace", decode_replace},
  };
  r->f->decodes = from;
  return read_typed_part(r, from, "decoder", "decoders", readers,
                         sizeof readers / sizeof *readers);
}
