// The language server: what its parts share; main.c knows of lsp_serve alone.
//
// Messages come in and are answered one at a time (lsp_server.c). The texts that
// an editor has open count in place of the files (lsp_files.c). What is asked
// about a text is asked of the programs that it is part of, which are checked
// by the same passes as on the command line (lsp_check.c).
#ifndef SG_LSP_H
#define SG_LSP_H

#include "compiler/index.h"
#include "compiler/passes.h"

#include <cjson/cJSON.h>

// Serves an editor on the standard input and output until it says `exit`, or
// goes away. The exit status of the program. What is to be said of warnings is
// as in struct diags.
int lsp_serve(const bool *off, bool warnings_as_errors);

// ---- texts and places (lsp_text.c) ----

enum lsp_encoding { LSP_UTF8, LSP_UTF16, LSP_UTF32 };

struct lsp_text {
  const char *data; // NUL behind `size` bytes
  size_t size;
  uint32_t *lines; // where each begins; found at the first question
  uint32_t n_lines;
};

struct lsp_place { // both from 0; `character` counts units of the encoding
  uint32_t line, character;
};

// Places outside of the text are its nearest, as the protocol says.
uint32_t lsp_offset(struct lsp_text *t, struct lsp_place at,
                    enum lsp_encoding e);
struct lsp_place lsp_place_of(struct lsp_text *t, uint32_t offset,
                              enum lsp_encoding e);
void lsp_text_free(struct lsp_text *t); // what was found out, not the data

// ---- messages (lsp_message.c) ----

struct lsp_input {
  int fd;
  char *data;
  size_t size, room, at; // read so far; where the next message begins
  bool ended;
};

enum lsp_read { LSP_MESSAGE, LSP_WAIT, LSP_DAMAGED, LSP_END };

// The next message that is there. DAMAGED: something that is none was skipped.
enum lsp_read lsp_next(struct lsp_input *in, cJSON **message);
// Waits for input, at most so many milliseconds (-1: for ever), and takes it.
// Whether something came.
bool lsp_wait(struct lsp_input *in, int milliseconds);
bool lsp_send(int fd, const cJSON *message); // false: nobody is there

// Texts that are no UTF-8 become such.
cJSON *lsp_string(const char *text, size_t size);
void lsp_add_text(cJSON *to, const char *name, const char *text);

// ---- files (lsp_files.c) ----

struct lsp_file { // one that is open or was found; named by its path
  char *path;     // absolute, without detours
  char *uri;      // as the editor wrote it, or made of the path
  char *text;     // of an open one, else NULL; NUL behind `size`
  size_t size, room;
  struct lsp_text lines; // over `text`
  double version;
  bool has_version;
  char **uses; // paths that it uses
  size_t n_uses;
  bool shown;    // diagnostics were published, and not taken back
  uint64_t said; // a hash of what was published last
  cJSON *diags;  // while they are collected
  uint32_t mark; // scratch of searches
  struct lsp_file *next;
};

struct lsp_request;
struct lsp_server;

struct lsp_file *lsp_file_at(struct lsp_server *s, const char *path);
struct lsp_file *lsp_file_of_uri(struct lsp_server *s, const char *uri);
struct lsp_file *lsp_file_add(struct lsp_server *s, const char *path);
char *lsp_path_of_uri(const char *uri); // on the heap; NULL: no file
char *lsp_uri_of_path(const char *path);
// Opens, changes, closes. The text is copied.
void lsp_file_open(struct lsp_server *s, struct lsp_file *f, const char *text);
bool lsp_file_edit(struct lsp_server *s, struct lsp_file *f, uint32_t start,
                   uint32_t end, const char *text);
void lsp_file_close(struct lsp_server *s, struct lsp_file *f);
// Its text as it counts, on the heap; of the disk at most 1 MB. NULL: no file.
char *lsp_file_text(const struct lsp_file *f, size_t *size);
// A file on the disk may have come, changed or gone.
void lsp_file_look(struct lsp_server *s, const char *path);
void lsp_folder_scan(struct lsp_server *s, const char *path, unsigned depth);
void lsp_files_free(struct lsp_server *s);
// The first files of the programs that a file is part of.
enum { LSP_PROGRAMS_MAX = 8 };
uint32_t lsp_roots(struct lsp_server *s, struct lsp_file *f,
                   struct lsp_file *roots[LSP_PROGRAMS_MAX]);

// ---- programs (lsp_check.c) ----

struct lsp_run { // one check of a program
  struct arena arena;
  struct passes p;
  struct index index;
  bool parsed;            // without an error
  bool whole;             // lowered too: all that can be said was said
  struct lsp_text *lines; // a source each
};

struct lsp_program {
  char *root;
  struct lsp_run *now;  // of the texts as they are; NULL: not checked yet
  struct lsp_run *good; // the last one that could be parsed, or NULL (or `now`)
  bool stale;           // a text has changed since `now`
  bool told;            // its diagnostics are published
  uint32_t mark;
  struct lsp_program *next;
};

// Checks what has changed, and gives the programs of a file.
uint32_t lsp_programs(struct lsp_server *s, struct lsp_file *f,
                      struct lsp_program *programs[LSP_PROGRAMS_MAX]);
void lsp_programs_changed(struct lsp_server *s, const char *path); // NULL: all
void lsp_program_free(struct lsp_program *p);
void lsp_programs_free(struct lsp_server *s);
// The number of a file in a run, or UINT32_MAX.
uint32_t lsp_file_in(const struct lsp_run *r, const char *path);
// A check by itself, in which one file has another text, and one question is
// asked; lsp_try_end gives it back. NULL: memory is exhausted.
struct lsp_edited { // a text in place of a file's
  const char *path, *text;
  size_t size;
  const struct lsp_edited *next;
};
struct lsp_question {
  const char *wanted;   // a name that means nothing, or NULL
  uint32_t around;      // an offset in the first text, or UINT32_MAX
  bool whole;           // all passes
};
struct lsp_run *lsp_try(struct lsp_server *s, const char *root,
                        const struct lsp_edited *texts,
                        const struct lsp_question *q);
void lsp_run_free(struct lsp_run *r);
struct lsp_text *lsp_lines(struct lsp_run *r, uint32_t file);

// ---- places in trees (lsp_tree.c) ----

enum lsp_node_kind {
  LSP_FILE, LSP_ITEM, LSP_BLOCK, LSP_EXPR, LSP_FIELD, LSP_ARG, LSP_PARAM,
  LSP_TYPE, LSP_TYPE_FIELD, LSP_ARM, LSP_PATTERN, LSP_FORM
};
struct lsp_node {
  enum lsp_node_kind kind;
  struct span span;
  const void *at; // the tree's: struct item, struct block, struct expr …
};
enum { LSP_WAY_MAX = 3200 }; // nodes inside each other
struct lsp_way { // from the file down to the smallest node around a place
  struct lsp_node *nodes;
  uint32_t n;
};
// The nodes inside one, in the order of the text.
typedef void lsp_visit(void *who, const struct lsp_node *child);
void lsp_children(const struct lsp_node *of, lsp_visit *visit, void *who);
struct lsp_way lsp_way_to(struct arena *a, const struct file_ast *f,
                          uint32_t start, uint32_t end);

// lsp_cursor.c: texts that are half written. A name that means nothing is put
// where the cursor is, with whatever else makes the text one that can be parsed.
struct lsp_cursor {
  struct span at;      // of that name, or where it begins
  const char *before;  // the text's: what was typed of a name
  char *text;          // the whole text with it; on the heap
  size_t size;
  struct lsp_run *run; // of it, or NULL
  uint32_t file;
  struct lsp_way way;  // to the name
};
// Whether the tree is good enough for who asks.
typedef bool lsp_good(const struct lsp_way *way, uint32_t cursor);
// `plain`: the text as it is will do, if it is good.
bool lsp_cursor_open(struct lsp_request *r, struct lsp_cursor *c,
                     lsp_good *good, bool plain);
void lsp_cursor_close(struct lsp_cursor *c);

// lsp_find.c: a name of a program at a place.
struct lsp_found {
  struct lsp_program *program;
  struct lsp_run *run;
  const struct index_name *name;
  struct span at; // in the text as it is now
};
bool lsp_find(struct lsp_server *s, struct lsp_file *f, uint32_t offset,
              struct lsp_found *out);
// Where the same thing is declared, as the index has it; NULL: nowhere there.
const struct index_name *lsp_declaration(const struct lsp_run *r,
                                         const struct index_name *of);

// ---- the server ----

struct lsp_server {
  int out;
  struct lsp_input in;
  enum lsp_encoding encoding;
  enum { LSP_NEW, LSP_READY, LSP_SHUT } state;
  bool ended;
  bool changed; // a text or file, since diagnostics were published
  bool markdown, snippets, hierarchical, watches, related, edits_versions;
  struct lsp_file *files;
  struct lsp_program *programs;
  char **folders;
  size_t n_folders;
  const bool *off; // of warnings, as in struct diags
  bool warnings_as_errors;
  struct arena scratch; // of one message
  uint32_t marks;
  int cost; // of the last check, in milliseconds
};

// Answers are values, or an error that was said with lsp_refuse.
struct lsp_request {
  struct lsp_server *s;
  const cJSON *params;
  struct lsp_file *file; // of `textDocument`, where it is open
  uint32_t offset;       // of `position`
  int error;             // 0: none
  const char *why;
};
cJSON *lsp_refuse(struct lsp_request *r, int error, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
enum {
  LSP_PARSE_ERROR = -32700, LSP_INVALID_REQUEST = -32600,
  LSP_METHOD_NOT_FOUND = -32601, LSP_INVALID_PARAMS = -32602,
  LSP_INTERNAL = -32603, LSP_NOT_INITIALIZED = -32002,
  LSP_CANCELLED = -32800, LSP_FAILED = -32803
};

// The run that has the text of the request's file as it is now, or NULL.
struct lsp_run *lsp_run_of(struct lsp_request *r, uint32_t *file);

cJSON *lsp_envelope(void);
void lsp_post(struct lsp_server *s, cJSON *message); // and frees it
// Tells whoever listens; takes `params`.
void lsp_notify(struct lsp_server *s, const char *method, cJSON *params);
cJSON *lsp_range(struct lsp_server *s, struct lsp_text *t, struct span at);
cJSON *lsp_location(struct lsp_server *s, struct lsp_run *r, struct span at);
bool lsp_read_place(const cJSON *json, struct lsp_place *out);
const cJSON *lsp_at(const cJSON *json, const char *name);
const char *lsp_text_at(const cJSON *json, const char *name); // or NULL

// lsp_start.c
cJSON *lsp_initialize(struct lsp_request *r);
cJSON *lsp_shut_down(struct lsp_request *r);
void lsp_initialized(struct lsp_server *s, const cJSON *params);
void lsp_add_folder(struct lsp_server *s, const char *uri);

// lsp_sync.c
void lsp_did_open(struct lsp_server *s, const cJSON *params);
void lsp_did_change(struct lsp_server *s, const cJSON *params);
void lsp_did_close(struct lsp_server *s, const cJSON *params);
void lsp_did_save(struct lsp_server *s, const cJSON *params);
void lsp_did_change_files(struct lsp_server *s, const cJSON *params);
void lsp_did_change_folders(struct lsp_server *s, const cJSON *params);
// The open text that `textDocument` names, or NULL.
struct lsp_file *lsp_open_file(struct lsp_server *s, const cJSON *params);

// lsp_edits.c: changes of texts, as the client understands them.
cJSON *lsp_edit_new(struct lsp_server *s);
void lsp_edit_add(struct lsp_server *s, cJSON *edit, struct lsp_run *r,
                  struct span at, const char *text);
const char *lsp_uri(struct lsp_server *s, const char *path); // in the scratch

// lsp_library.c: where an editor finds a library's text; NULL: nowhere.
const char *lsp_library_copy(struct arena *a, const char *path);
bool lsp_library_is_copy(struct arena *a, const char *path);
void lsp_library_doc(const char *name, struct buf *out);

// lsp_diags.c
void lsp_publish(struct lsp_server *s);
cJSON *lsp_diagnostic(struct lsp_server *s, struct lsp_run *r,
                      const struct diag *d);
// lsp_actions.c
cJSON *lsp_code_actions(struct lsp_request *r);
// lsp_hover.c
cJSON *lsp_hover(struct lsp_request *r);
// What is said of a name: its declaration, type and documentation, as Markdown.
void lsp_describe(const struct lsp_run *r, const struct index_name *n,
                  struct buf *out);
const char *lsp_doc(const struct lsp_run *r, const struct index_name *n);
void lsp_signature(const struct lsp_run *r, const struct index_name *n,
                   struct buf *out); // one line or more of .sg
// lsp_names.c
// All places of what is declared at `to`, each once.
uint32_t lsp_uses(const struct lsp_run *r, struct span to, struct arena *a,
                  const struct index_name ***out);
// The programs that have the file in which a name is declared.
uint32_t lsp_programs_with(struct lsp_server *s, const struct lsp_found *f,
                           struct lsp_program *out[LSP_PROGRAMS_MAX]);
cJSON *lsp_definition(struct lsp_request *r);
cJSON *lsp_type_definition(struct lsp_request *r);
cJSON *lsp_references(struct lsp_request *r);
cJSON *lsp_highlight(struct lsp_request *r);
// lsp_rename.c
cJSON *lsp_prepare_rename(struct lsp_request *r);
cJSON *lsp_rename(struct lsp_request *r);
// lsp_outline.c
cJSON *lsp_symbols(struct lsp_request *r);
cJSON *lsp_workspace_symbols(struct lsp_request *r);
cJSON *lsp_folding(struct lsp_request *r);
// lsp_complete.c
cJSON *lsp_complete(struct lsp_request *r);
// lsp_call.c
cJSON *lsp_signature_help(struct lsp_request *r);
// lsp_format.c
cJSON *lsp_format(struct lsp_request *r);
// lsp_tokens.c
cJSON *lsp_tokens(struct lsp_request *r);
cJSON *lsp_tokens_legend(void);

#endif
