// Enters: changes of files. Leaves: loaded plans. Folders are watched, not
// files: editors put a new file in the place of the old one. A folder may be
// replaced too, so they are all watched anew behind each change. What a program
// uses is known from its plan; while it is wrong, sgc says what it has read and
// what it looked for, and any source that changes in these folders may be what
// was missing.
#include "runtime/watch.h"
#include "runtime/compile.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum {
  QUIET_MS = 60, // a save is several changes
  AWAY_MS = 500, // until a folder that is gone is looked for again
  MOST_FOLDERS = 64,
};

struct folder {
  struct watch *watch;
  uv_fs_event_t event;
  char *path;
};

struct watch {
  uv_loop_t *loop;
  char *path, *target; // target: where sgc writes, while it runs
  char *deps;          // and where it says what it has read
  bool source;
  watch_changed *changed;
  void *user;
  uv_timer_t quiet;
  uv_process_t sgc;
  bool compiling, again, closing;
  bool wrong;            // the last time
  struct timespec began; // the last time; 0: not here
  int open;              // handles that libuv still has
  int n_folders;
  char **files; // the names that matter, in any folder
  uint32_t n_files, file_room;
  struct folder folders[MOST_FOLDERS];
};

static void watch_free(struct watch *w)
{
  for (int i = 0; i < w->n_folders; i++)
    free(w->folders[i].path);
  for (uint32_t i = 0; i < w->n_files; i++)
    free(w->files[i]);
  free(w->files);
  free(w->path);
  free(w->target);
  free(w);
}

static void on_closed(uv_handle_t *h)
{
  struct watch *w = h->data;
  if (!--w->open && w->closing)
    watch_free(w);
}

// ---- loading ----
static void watch_sources(struct watch *w, const struct plan *p);
static void watch_rule(struct watch *w);

static void load(struct watch *w, const char *path)
{
  struct loaded l = {0};
  char why[512];
  w->wrong = plan_load(&l, path, why, sizeof why);
  if (!w->wrong) {
    watch_sources(w, &l.plan);
    w->changed(&l, w->user);
  } else {
    fprintf(stderr, "sgrun: %s: %s; the plan before stays\n", w->path, why);
  }
}

static void forget_file(char **path)
{
  if (*path)
    unlink(*path);
  free(*path);
  *path = NULL;
}

static void end_compiling(struct watch *w)
{
  forget_file(&w->target);
  forget_file(&w->deps);
  w->compiling = false;
}

static void compile_later(struct watch *w);

static void on_sgc_exit(uv_process_t *process, int64_t status, int number)
{
  struct watch *w = process->data;
  if (!w->closing && !status && !number)
    load(w, w->target);
  if (status || number)
    watch_rule(w);
  if (!w->closing && (status || number))
    fputs("sgrun: the plan before stays\n", stderr);
  w->wrong |= status || number;
  end_compiling(w);
  uv_close((uv_handle_t *)process, on_closed);
  if (w->again && !w->closing)
    compile_later(w);
}

static void compile(struct watch *w)
{
  char why[512], program[4096];
  w->again = false;
  w->target = compile_target(why, sizeof why);
  w->deps = w->target ? compile_target(why, sizeof why) : NULL;
  if (!w->deps) {
    fprintf(stderr, "sgrun: %s\n", why);
    end_compiling(w);
    return;
  }
  compile_program(program, sizeof program);
  char *args[] = {"sgc",   "-o", w->target, "--deps",
                  w->deps, "--", w->path,   NULL};
  uv_stdio_container_t io[] = {{.flags = UV_IGNORE},
                               {.flags = UV_IGNORE},
                               {.flags = UV_INHERIT_FD, .data.fd = 2}};
  uv_process_options_t opts = {.exit_cb = on_sgc_exit,
                               .file = program,
                               .args = args,
                               .stdio_count = 3,
                               .stdio = io};
  w->compiling = true;
  clock_gettime(CLOCK_REALTIME, &w->began);
  w->open++;
  w->sgc.data = w;
  int error = uv_spawn(w->loop, &w->sgc, &opts);
  if (error) {
    fprintf(stderr, "sgrun: cannot run sgc: %s\n", uv_strerror(error));
    end_compiling(w);
    uv_close((uv_handle_t *)&w->sgc, on_closed);
  }
}

static bool watch_again(struct watch *w);

static void on_away(uv_timer_t *t)
{
  if (watch_again(t->data))
    compile_later(t->data);
  else
    uv_timer_start(t, on_away, AWAY_MS, 0);
}

static void on_quiet(uv_timer_t *t)
{
  struct watch *w = t->data;
  if (!watch_again(w))
    uv_timer_start(t, on_away, AWAY_MS, 0);
  if (!w->source)
    load(w, w->path);
  else if (w->compiling)
    w->again = true;
  else
    compile(w);
}

static void compile_later(struct watch *w)
{
  uv_timer_start(&w->quiet, on_quiet, QUIET_MS, 0);
}

// ---- what to watch ----
static const char *base_name(const char *path)
{
  const char *slash = strrchr(path, '/');
  return slash ? slash + 1 : path;
}

static bool is_source(const char *name)
{
  size_t n = strlen(name);
  return n > 3 && !strcmp(name + n - 3, ".sg");
}

static void on_event(uv_fs_event_t *e, const char *name, int events, int status)
{
  struct folder *f =
      (struct folder *)((char *)e - offsetof(struct folder, event));
  struct watch *w = f->watch;
  bool known = !name || (w->wrong && is_source(name)) ||
               !strcmp(name, base_name(f->path)); // the folder itself
  for (uint32_t i = 0; name && i < w->n_files && !known; i++)
    known = !strcmp(w->files[i], name);
  if (known)
    compile_later(w);
}

// True: nobody watched it before.
static bool watch_folder(struct watch *w, const char *path)
{
  const char *name = base_name(path);
  char *folder = name == path       ? strdup(".")
                 : name == path + 1 ? strdup("/")
                                    : strndup(path, (size_t)(name - path) - 1);
  bool known = !folder || w->n_folders == MOST_FOLDERS;
  for (int i = 0; i < w->n_folders && !known; i++)
    known = !strcmp(w->folders[i].path, folder);
  if (known) {
    free(folder);
    return false;
  }
  struct folder *f = &w->folders[w->n_folders];
  *f = (struct folder){.watch = w, .path = folder};
  if (uv_fs_event_init(w->loop, &f->event)) {
    free(folder);
    return false;
  }
  w->n_folders++;
  w->open++;
  f->event.data = w;
  uv_fs_event_start(&f->event, on_event, folder, 0);
  uv_unref((uv_handle_t *)&f->event);
  return true;
}

// False: one of them is away.
static bool watch_again(struct watch *w)
{
  bool all = true;
  for (int i = 0; i < w->n_folders; i++) {
    struct folder *f = &w->folders[i];
    uv_fs_event_stop(&f->event);
    all &= !uv_fs_event_start(&f->event, on_event, f->path, 0);
  }
  return all;
}

static bool add_name(struct watch *w, const char *name)
{
  for (uint32_t i = 0; i < w->n_files; i++)
    if (!strcmp(w->files[i], name))
      return true;
  if (w->n_files == w->file_room) {
    uint32_t room = w->file_room * 2 + 8;
    char **files = realloc(w->files, room * sizeof *files);
    if (!files)
      return false;
    w->files = files;
    w->file_room = room;
  }
  char *copy = strdup(name);
  if (copy)
    w->files[w->n_files++] = copy;
  return copy != NULL;
}

static void watch_file(struct watch *w, const char *path)
{
  struct stat s;
  if (add_name(w, base_name(path)) && watch_folder(w, path) &&
      w->began.tv_sec && !stat(path, &s) && s.st_mtim.tv_sec >= w->began.tv_sec)
    compile_later(w); // it may have changed while nobody watched
}

static void watch_sources(struct watch *w, const struct plan *p)
{
  for (uint32_t i = 0; w->source && i < p->n_files; i++)
    watch_file(w, plan_str(p, p->files[i].path));
}

// Of `sgc --deps`, a rule of make. What stands for itself, though it looks like
// more; a space between names is 0.
static int next_char(FILE *f)
{
  int c = getc(f), next;
  if (c == '$')
    return getc(f);
  if (c != '\\')
    return c == ' ' ? 0 : c;
  next = getc(f);
  if (next == '\n')
    return 0;
  if (next == ' ' || next == '#' || next == ':')
    return next;
  ungetc(next, f);
  return c;
}

// False at the rule's end.
static bool next_name(FILE *f, char *name, size_t room)
{
  size_t n = 0;
  int c;
  while ((c = next_char(f)) != EOF && c != '\n' && (c || !n))
    if (c && n + 1 < room)
      name[n++] = (char)c;
  name[n] = 0;
  return n;
}

static void watch_rule(struct watch *w)
{
  char name[4096];
  FILE *f = w->deps ? fopen(w->deps, "re") : NULL;
  if (!f)
    return;
  if (next_name(f, name, sizeof name)) // the target
    while (next_name(f, name, sizeof name))
      watch_file(w, name);
  fclose(f);
}

struct watch *watch_new(uv_loop_t *loop, const char *path, const struct plan *p,
                        watch_changed *changed, void *user)
{
  struct watch *w = calloc(1, sizeof *w);
  if (!w)
    return NULL;
  w->loop = loop;
  w->path = strdup(path);
  w->source = compile_is_source(path);
  w->changed = changed;
  w->user = user;
  if (!w->path) {
    watch_free(w);
    return NULL;
  }
  uv_timer_init(loop, &w->quiet);
  w->quiet.data = w;
  w->open = 1;
  watch_file(w, path);
  watch_sources(w, p);
  return w;
}

void watch_close(struct watch **at)
{
  struct watch *w = *at;
  *at = NULL;
  if (!w)
    return;
  w->closing = true;
  if (w->compiling)
    uv_process_kill(&w->sgc, SIGTERM); // its exit closes it
  uv_close((uv_handle_t *)&w->quiet, on_closed);
  for (int i = 0; i < w->n_folders; i++)
    uv_close((uv_handle_t *)&w->folders[i].event, on_closed);
}
