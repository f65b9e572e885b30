// Files of weights as the process has them open: mapped once, however many
// replicas, deployments and plans read them.
//
// A file is known by its device, inode, size and time of change. It stays
// mapped as long as somebody holds it or one of its tensors. What lies in it is
// used where it lies; what has another element type than is wanted is converted
// once. All of this may be called from any thread.
#ifndef SG_WEIGHTS_FILE_H
#define SG_WEIGHTS_FILE_H

#include "runtime/tensor/safetensors.h"
#include "runtime/value/tensor_buffer.h"

struct weights_file;

// Opens and maps a file. The caller has a count of it. NULL with a line of
// reason, which does not name the file.
struct weights_file *weights_file_open(const char *path, char *why,
                                       size_t why_size);
void weights_file_drop(struct weights_file *f); // NULL: nothing
const struct safetensors *weights_file_table(const struct weights_file *f);

// Whether elements of a file become such elements: any float another float,
// whole numbers those that hold them all.
bool weights_become(enum safetensors_dtype from, enum dtype to);

// The elements of an entry as `dtype`, which weights_become: *data, and who
// owns them, of which the caller has a count. They are shared with all who want
// the same of the same file. NULL: memory is out.
struct tensor_buffer *weights_file_elements(struct weights_file *f,
                                            uint32_t entry, enum dtype dtype,
                                            enum tensor_precision precision,
                                            void **data);

// What of it all the process has, for tests and the log.
struct weights_counts {
  uint32_t files, buffers;
  uint64_t mapped, converted; // bytes
};
struct weights_counts weights_counts(void);

#endif
