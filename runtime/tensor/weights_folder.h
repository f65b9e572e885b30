// Where the tensors of a model are: a folder in the layout of Hugging Face
// (model.safetensors, or model.safetensors.index.json and the files that it
// names), or a path to one such file.
#ifndef SG_WEIGHTS_FOLDER_H
#define SG_WEIGHTS_FOLDER_H

#include "runtime/tensor/weights_file.h"

struct weights_place { // of a tensor
  const struct text *name;
  uint32_t file, entry; // of weights_folder.files, of that file's table
};
struct weights_folder {
  struct weights_file **files;
  const char **names; // of the files, without the folder
  uint32_t n_files;
  const struct weights_place *places; // by name, in the order of bytes
  uint32_t n_places;
};

// Opens all files of it. The tables lie in `a`; names are borrowed from the
// files. False with a line of reason, which names the path, and nothing is
// open.
bool weights_folder_open(struct weights_folder *out, struct arena *a,
                         const char *path, struct buf *why);
void weights_folder_close(struct weights_folder *w);

// The first whose name is not less.
uint32_t weights_folder_from(const struct weights_folder *w, const char *name,
                             size_t size);
static inline const struct safetensors_entry *
weights_folder_entry(const struct weights_folder *w,
                     const struct weights_place *p)
{
  return &weights_file_table(w->files[p->file])->entries[p->entry];
}

#endif
