// What goes from one loop to another: a message that calls (message.c), a wire
// that a stream's pieces come along (wire.c). Shared by these and port.c.
//
// Whoever posts a parcel gives away what the parcel says is its receiver's.
// Parcels to one loop arrive in the order in which they were posted.
#ifndef SG_PARCEL_H
#define SG_PARCEL_H

#include "runtime/vm/vm.h"

struct parcel {
  struct parcel *next;
  struct engine *to;
  void (*arrive)(struct parcel *); // on the loop of `to`, which runs afterwards
};

void parcel_post(struct parcel *p, struct engine *to,
                 void (*arrive)(struct parcel *));

// One that overtakes all others; under the port's lock.
void parcel_post_first(struct parcel *p, struct engine *to,
                       void (*arrive)(struct parcel *));
void port_lock(struct port *p);
void port_unlock(struct port *p);

// A deep copy of another engine's value: this one's handles, and for each
// stream what `stream` gives (NULL: nothing).
typedef bool taken_stream(struct stream *s, void *user, value *out);
bool value_take_with(struct engine *e, struct arena *a, uint32_t type, value v,
                     taken_stream *stream, void *user, value *out);

// ---- wires (wire.c) ----
struct wire;
struct wires { // those within one value
  struct wire *first, **last;
};

// At the source: a wire for the stream, in place of the stream. It is not
// given away before the value that holds it is. False: memory is out.
struct wiring {
  struct engine *source, *sink;
  struct wires *all;
  struct stream **owner; // of the streams from now on; NULL: as it is
  void (*gone)(void *user); // at the source, once for each wire: it has ended
  void *user;
};
taken_stream wire_make;
void wires_unmake(struct wires *w); // they were not given away
// At the sink, once for all that came: they are there.
void wires_take(struct wires *w);
// A stream of the run in place of a wire.
struct unwiring {
  struct run *run;
  struct stream **owner;
};
taken_stream wire_attach;
void wires_leave(struct wires *w); // ends those that were not attached

#endif
