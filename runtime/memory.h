// How this process takes memory, and what happens when there is none.
#ifndef SG_MEMORY_H
#define SG_MEMORY_H

// Before anything else is asked of libuv. What is large goes back to the system
// when it is freed; when libuv itself gets nothing, the process says so and exits.
void memory_set_up(void);

#endif
