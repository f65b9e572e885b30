// oneDNN beside our kernels (kernels_peer.h); compiled to nothing where its
// package (libdnnl-dev) is not installed.
#include "tests/bench/kernels_peer.h"

#if __has_include(<oneapi/dnnl/dnnl.h>)
#include <oneapi/dnnl/dnnl.h>
#include <stdlib.h>
#include <string.h>

struct peer {
  dnnl_engine_t engine;
  dnnl_stream_t stream;
  dnnl_primitive_desc_t description;
  dnnl_primitive_t product;
  dnnl_memory_t sides[3]; // x, w, y
};

static dnnl_memory_t filled(struct peer *p, const dnnl_memory_desc_t *d)
{
  dnnl_memory_t m = NULL;
  void *data;
  dnnl_memory_create(&m, d, p->engine, DNNL_MEMORY_ALLOCATE);
  dnnl_memory_get_data_handle(m, &data);
  memset(data, 0, dnnl_memory_desc_get_size(d));
  return m;
}

static bool describe(struct peer *p, const dnnl_data_type_t types[2],
                     const dnnl_dims_t dims[3])
{
  dnnl_memory_desc_t x, w, y;
  dnnl_matmul_desc_t d;
  dnnl_memory_desc_init_by_tag(&x, 2, dims[0], types[0], dnnl_ab);
  dnnl_memory_desc_init_by_tag(&w, 2, dims[1], types[1], dnnl_format_tag_any);
  dnnl_memory_desc_init_by_tag(&y, 2, dims[2], dnnl_f32, dnnl_ab);
  return !dnnl_matmul_desc_init(&d, &x, &w, NULL, &y) &&
         !dnnl_primitive_desc_create(&p->description, &d, NULL, p->engine,
                                     NULL) &&
         !dnnl_primitive_create(&p->product, p->description);
}

static void allocate(struct peer *p)
{
  static const dnnl_query_t sides[] = {dnnl_query_src_md, dnnl_query_weights_md,
                                       dnnl_query_dst_md};
  for (int i = 0; i < 3; i++)
    p->sides[i] =
        filled(p, dnnl_primitive_desc_query_md(p->description, sides[i], 0));
}

struct peer *peer_new(enum gemm_kind kind, size_t m, size_t n, size_t k)
{
  static const dnnl_data_type_t types[GEMM_KINDS][2] = {
      [GEMM_F32] = {dnnl_f32, dnnl_f32},
      [GEMM_BF16] = {dnnl_bf16, dnnl_bf16},
      [GEMM_INT8] = {dnnl_u8, dnnl_s8}};
  const dnnl_dims_t dims[] = {{(dnnl_dim_t)m, (dnnl_dim_t)k},
                              {(dnnl_dim_t)k, (dnnl_dim_t)n},
                              {(dnnl_dim_t)m, (dnnl_dim_t)n}};
  struct peer *p = calloc(1, sizeof *p);
  dnnl_engine_create(&p->engine, dnnl_cpu, 0);
  dnnl_stream_create(&p->stream, p->engine, dnnl_stream_default_flags);
  if (describe(p, types[kind], dims)) {
    allocate(p);
    return p;
  }
  peer_free(p);
  return NULL;
}

void peer_run(struct peer *p)
{
  const dnnl_exec_arg_t args[] = {{DNNL_ARG_SRC, p->sides[0]},
                                  {DNNL_ARG_WEIGHTS, p->sides[1]},
                                  {DNNL_ARG_DST, p->sides[2]}};
  dnnl_primitive_execute(p->product, p->stream, 3, args);
  dnnl_stream_wait(p->stream);
}

void peer_free(struct peer *p)
{
  for (int i = 0; i < 3; i++)
    if (p->sides[i])
      dnnl_memory_destroy(p->sides[i]);
  if (p->product)
    dnnl_primitive_destroy(p->product);
  if (p->description)
    dnnl_primitive_desc_destroy(p->description);
  dnnl_stream_destroy(p->stream);
  dnnl_engine_destroy(p->engine);
  free(p);
}
#else
struct peer *peer_new(enum gemm_kind kind, size_t m, size_t n, size_t k)
{
  return NULL;
}

void peer_run(struct peer *p)
{
}

void peer_free(struct peer *p)
{
}
#endif
