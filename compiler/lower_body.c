// Bodies: statements in their order, calls started where they stand and waited
// for where their values are needed.
#include "compiler/lower_code.h"

static void lower_block(struct lower *l, const struct stmt *s);

// ---- what leaves a try is waited for inside it ----

static void force_scope(struct lower *l, const struct home *until)
{
  for (struct home *h = l->scope; h && h != until; h = h->next) {
    struct val v = {
        .slot = h->slot, .plain = type_slot(l, h->local->type), .home = h};
    if (!l->dead && h->slot != NO_SLOT && val_pending(l, &v))
      val_force(l, v, NO_SLOT);
  }
}

static void lower_try(struct lower *l, const struct stmt *s)
{
  if (l->tries == TRY_DEPTH) {
    diag_report(&l->c->diags, DIAG_too_deep, s->span,
                "at most %d `try` can be inside each other", TRY_DEPTH);
    return;
  }
  uint32_t mark = trail_mark(l), error;
  error = slot_new(l, type_slot(l, s->local->type), s->local->name);
  uint32_t handler = code_jump(l, OP_try, error);
  l->tries++;
  lower_block(l, s->body);
  code_add(l, OP_end_try, 0, 0, 0);
  l->tries--;
  trail_undo(l, mark);
  uint32_t out = code_jump(l, OP_jump, 0);
  code_aim(l, handler);
  home_new(l, s->local)->slot = error;
  lower_block(l, s->otherwise);
  trail_undo(l, mark);
  code_aim(l, out);
}

// ---- loops ----

static void lower_leave(struct lower *l, const struct stmt *s)
{
  struct loop *p = l->loop;
  if (!p) {
    diag_report(&l->c->diags, DIAG_outside_loop, s->span, NULL);
    return;
  }
  if (l->tries > p->tries)
    force_scope(l, p->scope);
  for (uint32_t i = p->tries; i < l->tries; i++)
    code_add(l, OP_end_try, 0, 0, 0);
  uint32_t jump = code_jump(l, OP_jump, 0);
  if (s->kind == STMT_BREAK)
    LOWER_PUSH(l->scratch, p->breaks, p->n_breaks, p->room_breaks, jump);
  else
    LOWER_PUSH(l->scratch, p->nexts, p->n_nexts, p->room_nexts, jump);
}

static void aim_all(struct lower *l, const uint32_t *jumps, uint32_t n)
{
  for (uint32_t i = 0; i < n; i++)
    code_aim(l, jumps[i]);
}

static void loop_body(struct lower *l, struct loop *p, const struct stmt *body)
{
  p->up = l->loop;
  p->tries = l->tries;
  p->scope = l->scope;
  l->loop = p;
  uint32_t mark = trail_mark(l);
  lower_block(l, body);
  aim_all(l, p->nexts, p->n_nexts);
  trail_undo(l, mark);
  l->loop = p->up;
}

static void lower_for(struct lower *l, const struct stmt *s)
{
  struct loop p = {0};
  struct walk w;
  struct home *up = l->scope;
  uint32_t calls = NO_SLOT;
  if (s->as_completed)
    arrivals_open(l, &w, s, &calls);
  else
    walk_open(l, &w, s->value, s->local, s->second);
  loop_body(l, &p, s->body);
  walk_close(l, &w);
  aim_all(l, p.breaks, p.n_breaks);
  if (w.stream != NO_SLOT && p.n_breaks)
    code_add(l, OP_close, w.stream, 0, 0);
  if (calls != NO_SLOT && p.n_breaks)
    code_add(l, OP_abandon, calls, 0, 0);
  l->scope = up; // a loop that goes round no time has nothing to wait for
}

static void lower_while(struct lower *l, const struct stmt *s)
{
  struct loop p = {0};
  uint32_t mark = trail_mark(l);
  uint32_t top = code_here(l);
  uint32_t end = code_jump(l, OP_jump_not, lower_value(l, s->value, NO_SLOT));
  loop_body(l, &p, s->body);
  code_jump_to(l, top);
  code_aim(l, end);
  aim_all(l, p.breaks, p.n_breaks);
  trail_undo(l, mark);
}

// ---- values ----

// A name for what has a slot already is that slot.
static bool is_alias(const struct stmt *s)
{
  return !s->local->var && s->value->kind == CORE_LOCAL &&
         !s->value->local->var;
}

static void lower_let(struct lower *l, const struct stmt *s)
{
  uint32_t slot = NO_SLOT;
  if (is_alias(s)) {
    slot = lower_later(l, s->value, NO_SLOT).slot;
  } else {
    slot = slot_new(l, NULL, s->local->name);
    slot = s->local->var ? lower_value(l, s->value, slot)
                         : lower_slot(l, s->value, slot).slot;
  }
  home_new(l, s->local)->slot = slot;
}

// Whether the value is written by its last instruction only, so that it may be
// computed right into a variable that it reads.
static bool writes_last(const struct core *e)
{
  switch (e->kind) {
  case CORE_AND:
  case CORE_OR:
  case CORE_IF:
  case CORE_LET:
  case CORE_EACH:
    return false;
  default:
    return true;
  }
}

static void lower_assign(struct lower *l, const struct stmt *s)
{
  uint32_t to = home_of(s->local)->slot;
  if (writes_last(s->value))
    lower_value(l, s->value, to);
  else
    code_move(l, to, lower_value(l, s->value, NO_SLOT));
}

static bool has_sides(const struct stmt *s)
{
  const struct core *e = s->value;
  return s->left && s->right && e->kind == CORE_PRIM && e->n_args == 2;
}

static void lower_assert(struct lower *l, const struct stmt *s)
{
  const struct core *e = s->value;
  if (!has_sides(s)) {
    uint32_t x = lower_value(l, e, NO_SLOT);
    code_add(l, OP_assert, x, x, x);
    return;
  }
  uint32_t ok = slot_new(l, type_kind(l, TYPE_bool), NULL);
  struct val left = lower_later(l, s->left, NO_SLOT);
  struct val right = lower_later(l, s->right, NO_SLOT);
  uint32_t x = val_force(l, left, NO_SLOT), y = val_force(l, right, NO_SLOT);
  bool turned = s->left == e->args[1];
  code_add(l, e->opcode, ok, turned ? y : x, turned ? x : y);
  code_add(l, OP_assert, ok, x, y);
}

static void lower_reply(struct lower *l, const struct core_reply *r)
{
  uint32_t status = r->status ? lower_value(l, r->status, NO_SLOT) : NO_SLOT;
  uint32_t headers = r->headers ? lower_value(l, r->headers, NO_SLOT) : NO_SLOT;
  code_add(l, OP_reply, r->form, status, headers);
}

static void lower_return(struct lower *l, const struct stmt *s)
{
  uint32_t value = NO_SLOT;
  if (l->code->function->yields) {
    code_add(l, OP_end, 0, 0, 0);
    return;
  }
  if (s->value)
    value = lower_value(l, s->value, NO_SLOT);
  else
    value = slot_new(l, type_slot(l, l->code->function->result), NULL);
  if (s->reply)
    lower_reply(l, s->reply);
  code_add(l, OP_return, value, 0, 0);
}

// ---- stubs ----

static void stub_one(struct lower *l, const struct stmt *s, struct binding *b,
                     uint32_t slot)
{
  struct core *x = ARENA_NEW(l->arena, struct core);
  core_become(x, s->value);
  x->kind = CORE_CALL;
  x->call = (struct core_call){
      .kind = SITE_method, .method = s->method, .binding = b};
  code_call(l, OP_stub, slot,
            (struct site){.call = &x->call, .kind = SITE_method});
}

static void lower_stub(struct lower *l, const struct stmt *s)
{
  uint32_t slot = lower_value(l, s->value, NO_SLOT);
  l->span = s->span;
  for (struct app *a = l->shared->program->apps; a; a = a->next)
    for (struct binding *b = a->bindings; b; b = b->next)
      if (s->binding ? b == s->binding : b->class == s->method->class)
        stub_one(l, s, b, slot);
}

// ---- statements ----

static void lower_if(struct lower *l, const struct stmt *s)
{
  uint32_t otherwise =
      code_jump(l, OP_jump_not, lower_value(l, s->value, NO_SLOT));
  uint32_t mark = trail_mark(l);
  lower_block(l, s->body);
  trail_undo(l, mark);
  if (!s->otherwise) {
    code_aim(l, otherwise);
    return;
  }
  uint32_t out = code_jump(l, OP_jump, 0);
  code_aim(l, otherwise);
  lower_block(l, s->otherwise);
  trail_undo(l, mark);
  code_aim(l, out);
}

static void lower_stmt(struct lower *l, const struct stmt *s)
{
  switch (s->kind) {
  case STMT_LET:
    lower_let(l, s);
    break;
  case STMT_ASSIGN:
    lower_assign(l, s);
    break;
  case STMT_SET_SELF:
    code_add(l, OP_set_self,
             lower_value(l, lower_settled(l, s->value), NO_SLOT), s->index, 0);
    break;
  case STMT_EXPR:
    lower_value(l, s->value, NO_SLOT);
    break;
  case STMT_IF:
    lower_if(l, s);
    break;
  case STMT_WHILE:
    lower_while(l, s);
    break;
  case STMT_FOR:
    lower_for(l, s);
    break;
  case STMT_BREAK:
  case STMT_CONTINUE:
    lower_leave(l, s);
    break;
  case STMT_RETURN:
    lower_return(l, s);
    break;
  case STMT_TRY:
    lower_try(l, s);
    break;
  case STMT_ASSERT:
    lower_assert(l, s);
    break;
  case STMT_STUB:
    lower_stub(l, s);
    break;
  case STMT_SPAWN:
    lower_spawn(l, s->value);
    break;
  case STMT_YIELD:
    code_add(l, OP_yield, lower_value(l, s->value, NO_SLOT), 0, 0);
    break;
  case STMT_EMIT:
    lower_not_built(l, DIAG_no_flows, s->span);
    break;
  }
}

static void lower_block(struct lower *l, const struct stmt *s)
{
  struct home *up = l->scope;
  for (; s; s = s->next) {
    l->span = s->span;
    lower_stmt(l, s);
  }
  if (l->tries)
    force_scope(l, up);
  l->scope = up;
}

void lower_body(struct lower *l, struct function *f)
{
  lower_block(l, f->body);
  l->span = f->span;
  if (f->yields)
    code_add(l, OP_end, 0, 0, 0);
  else if (!l->dead)
    code_add(l, OP_return, slot_new(l, type_slot(l, f->result), NULL), 0, 0);
}
