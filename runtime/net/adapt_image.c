// image: PNG or JPEG as a tensor u8[H, W, C]: the body itself, or the file
// field `img` of a form. Grey images have one channel, palettes become colours,
// 16 bits become 8. The libraries are loaded when the first image of their kind
// comes.
#include "runtime/codec/tensor.h"
#include "runtime/net/adapt.h"
#include "runtime/net/image.h"

#include <string.h>

static bool decode_image(struct decode *d, uint32_t type, const char *data,
                         size_t size, const struct loc *at, value *out)
{
  struct image image = {.arena = d->arena};
  const char *why;
  if (size >= 8 && !memcmp(data, "\x89PNG\r\n\x1a\n", 8))
    why = image_read_png(&image, data, size);
  else if (size >= 3 && !memcmp(data, "\xff\xd8\xff", 3))
    why = image_read_jpeg(&image, data, size);
  else
    why = "this is neither PNG nor JPEG";
  if (why && image.ours && d->offences)
    d->offences->fault = why;
  if (image.ours)
    return false;
  if (why)
    return offence_value(d, &json_null, at, "cannot read the image: %s", why);
  if (!image.pixels)
    return false; // out of memory
  out->tensor = image.pixels;
  return tensor_fit(d, image.pixels, type, &json_null, at);
}

bool adapt_image(struct decode *d, uint32_t type, const struct adapt_input *in,
                 value *out)
{
  struct loc at = {&adapt_body, "img", 3, 0};
  struct form form = {.arena = d->arena};
  if (!form_is_multipart(in->content_type)) {
    if (!in->size)
      return offence_at(d, &json_null, &adapt_body, "missing", NULL,
                        "Field required");
    return decode_image(d, type, in->body, in->size, &adapt_body, out);
  }
  const char *why = form_multipart(&form, in->content_type, in->body, in->size);
  if (why)
    return offence_value(d, &json_null, &adapt_body, "%s", why);
  for (struct form_field *f = form.first; f; f = f->next)
    if (f->name_size == 3 && !memcmp(f->name, "img", 3))
      return decode_image(d, type, f->data, f->size, &at, out);
  return offence_at(d, &json_null, &at, "missing", NULL, "Field required");
}
