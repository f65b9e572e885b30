# ServeGraph: `make` builds, `make demo` shows, `make check` tests.
# Sources are found, not listed: a new .c file in a room is part of its program.

BUILD   ?= build
CC      ?= gcc
CFLAGS  ?= -O2 -g
WARN    := -Wall -Wextra -Werror -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wpointer-arith -Wno-unused-parameter
SG_CFLAGS := -std=gnu11 -D_GNU_SOURCE -I. -I$(BUILD) -isystem /usr/share/include/llhttp $(WARN)
LLHTTP_DIR := /usr/share/llhttp

GRAMMAR_SRC  := $(wildcard grammar/base/*.c grammar/defs/*.c grammar/plan/*.c)
TEXT_SRC     := $(wildcard grammar/text/*.c)
COMPILER_SRC := $(wildcard compiler/*.c)
RUNTIME_SRC  := $(filter-out runtime/sgctl.c,$(wildcard runtime/*.c runtime/*/*.c))
OPS_SRC      := $(wildcard stdlib/ops/*.c)
TEXT_GEN     := $(if $(wildcard grammar/text/sg.y),$(BUILD)/grammar/text/sg.tab.c $(BUILD)/grammar/text/sg.lex.c)

objs = $(patsubst $(BUILD)/%.c,$(BUILD)/obj/%.o,$(patsubst %.c,$(BUILD)/obj/%.o,$(filter-out $(BUILD)/%,$(1))) $(filter $(BUILD)/%,$(1)))

GRAMMAR_OBJ  := $(call objs,$(GRAMMAR_SRC))
TEXT_OBJ     := $(call objs,$(TEXT_SRC)) $(TEXT_GEN:$(BUILD)/%.c=$(BUILD)/obj/%.o)
COMPILER_OBJ := $(call objs,$(COMPILER_SRC))
RUNTIME_OBJ  := $(call objs,$(RUNTIME_SRC)) $(call objs,$(OPS_SRC)) $(patsubst %,$(BUILD)/obj/llhttp/%.o,llhttp api http)

SGC_LIBS   := -lxxhash -lutf8proc
SGRUN_LIBS := -luv -lxxhash -lutf8proc -lcjson -lm -ldl -lpthread

.PHONY: all clean
# A program whose main room is not there yet is not built.
all: $(if $(wildcard compiler/main.c),$(BUILD)/sgc) \
     $(if $(wildcard runtime/main.c),$(BUILD)/sgrun)

$(BUILD)/sgc: $(COMPILER_OBJ) $(TEXT_OBJ) $(GRAMMAR_OBJ)
	@mkdir -p $(@D)
	$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^ $(SGC_LIBS)

$(BUILD)/sgrun: $(RUNTIME_OBJ) $(GRAMMAR_OBJ)
	@mkdir -p $(@D)
	$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^ $(SGRUN_LIBS)

$(BUILD)/obj/%.o: %.c
	@mkdir -p $(@D)
	$(CC) $(SG_CFLAGS) $(CFLAGS) -MMD -MP -c -o $@ $<

# Generated parsers: warnings of the generators' own skeletons are not ours.
$(BUILD)/obj/grammar/text/%.o: $(BUILD)/grammar/text/%.c
	@mkdir -p $(@D)
	$(CC) $(SG_CFLAGS) $(CFLAGS) -Wno-missing-prototypes -Wno-shadow -MMD -MP -c -o $@ $<

$(BUILD)/obj/llhttp/%.o: $(LLHTTP_DIR)/%.c
	@mkdir -p $(@D)
	$(CC) -std=gnu11 -isystem /usr/share/include/llhttp $(CFLAGS) -w -DLLHTTP_STRICT_MODE=1 -c -o $@ $<

$(BUILD)/grammar/text/sg.tab.c: grammar/text/sg.y
	@mkdir -p $(@D)
	bison -Werror --defines=$(BUILD)/grammar/text/sg.tab.h -o $@ $<

$(BUILD)/grammar/text/sg.lex.c: grammar/text/sg.l $(BUILD)/grammar/text/sg.tab.c
	@mkdir -p $(@D)
	flex --header-file=$(BUILD)/grammar/text/sg.lex.h -o $@ $<

$(TEXT_OBJ) $(COMPILER_OBJ): | $(TEXT_GEN)

clean:
	rm -rf $(BUILD)

-include $(shell find $(BUILD)/obj -name '*.d' 2>/dev/null)

-include $(wildcard tests/*/*.mk)
