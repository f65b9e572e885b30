// See compute.h.
#include "runtime/tensor/compute.h"

#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>

enum { THREADS_MOST = 256 };

static struct {
  pthread_mutex_t lock;
  pthread_cond_t work;
  struct compute_job *first, **last; // that wait
  uint32_t wanted, made, idle;
} pool = {.lock = PTHREAD_MUTEX_INITIALIZER,
          .work = PTHREAD_COND_INITIALIZER,
          .last = &pool.first};

void compute_threads(uint32_t n)
{
  pool.wanted = n < THREADS_MOST ? n : THREADS_MOST;
}

static uint32_t cores(cpu_set_t *may)
{
  CPU_ZERO(may);
  if (sched_getaffinity(0, sizeof *may, may) || !CPU_COUNT(may))
    return 1;
  uint32_t n = (uint32_t)CPU_COUNT(may);
  return n < THREADS_MOST ? n : THREADS_MOST;
}

// Each on a core of its own, the last ones first: loops are not pinned, and the
// scheduler keeps them where there is room. More threads than cores go where
// they like.
static void pin(uint32_t number)
{
  cpu_set_t may, one;
  uint32_t n = cores(&may), skip = number;
  if (number >= n)
    return;
  CPU_ZERO(&one);
  for (int cpu = CPU_SETSIZE - 1; cpu >= 0; cpu--)
    if (CPU_ISSET(cpu, &may) && !skip--) {
      CPU_SET(cpu, &one);
      break;
    }
  pthread_setaffinity_np(pthread_self(), sizeof one, &one);
}

static struct compute_job *next_job(void)
{
  pthread_mutex_lock(&pool.lock);
  while (!pool.first) {
    pool.idle++;
    pthread_cond_wait(&pool.work, &pool.lock);
    pool.idle--;
  }
  struct compute_job *j = pool.first;
  if (!(pool.first = j->next))
    pool.last = &pool.first;
  pthread_mutex_unlock(&pool.lock);
  return j;
}

static void *work(void *number)
{
  pthread_setname_np(pthread_self(), "compute");
  pin((uint32_t)(uintptr_t)number);
  for (;;) {
    struct compute_job *j = next_job();
    j->run(j);
  }
  return NULL;
}

// Signals are the loops'.
static bool thread_new(uint32_t number)
{
  sigset_t all, before;
  pthread_t thread;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  int failed = pthread_create(&thread, NULL, work, (void *)(uintptr_t)number);
  pthread_sigmask(SIG_SETMASK, &before, NULL);
  if (!failed)
    pthread_detach(thread);
  return !failed;
}

// One more thread, where all are busy and there are fewer than wanted.
static bool hire(void)
{
  cpu_set_t may;
  if (!pool.wanted)
    pool.wanted = cores(&may);
  if (pool.idle || pool.made == pool.wanted)
    return true;
  if (thread_new(pool.made))
    pool.made++;
  return pool.made;
}

void compute_submit(struct compute_job *j)
{
  pthread_mutex_lock(&pool.lock);
  bool there = hire();
  if (there) {
    j->next = NULL;
    *pool.last = j;
    pool.last = &j->next;
    pthread_cond_signal(&pool.work);
  }
  pthread_mutex_unlock(&pool.lock);
  if (!there)
    j->run(j);
}
