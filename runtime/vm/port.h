// Ports: how engines on different loops call each other.
//
// A deployment with limits or state has one home: the engine of loop 0. On
// other engines of the same plan it is `away`, and a call to it is a message: a
// copy of its arguments goes to the home's port, runs there as any call does,
// and comes back with the result or error, which is copied again. What is
// cancelled is told so. Every message comes back exactly once, so an engine
// whose messages are all back can be freed; its home outlives it.
//
// A loop has one port for all its engines. Messages wait in it under its lock;
// a burst of them wakes the loop once.
#ifndef SG_PORT_H
#define SG_PORT_H

struct engine;
struct uv_loop_s;
struct port;

// 0, or -1.
int port_new(struct port **out, struct uv_loop_s *loop);
// What is called on the port's loop when one of its engines may have become
// idle (engine_idle).
void port_on_idle(struct port *p, void (*idle)(void *), void *user);
// On its loop, when no engine has it any more; what is posted later is
// nobody's.
void port_close(struct port *p);
// When the loop is closed, and nobody else knows of it.
void port_free(struct port **p);
// From any thread: an engine may have become idle.
void port_poke(struct port *p);

#endif
