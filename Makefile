# ServeGraph: `make` builds, `make demo` and `make demo-models` show, `make check` tests.
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
OPS_SRC      := $(wildcard stdlib/ops/*.c stdlib/ops/*/*.c)
TEXT_GEN     := $(if $(wildcard grammar/text/sg.y),$(BUILD)/grammar/text/sg.tab.c $(BUILD)/grammar/text/sg.lex.c)

objs = $(patsubst $(BUILD)/%.c,$(BUILD)/obj/%.o,$(patsubst %.c,$(BUILD)/obj/%.o,$(filter-out $(BUILD)/%,$(1))) $(filter $(BUILD)/%,$(1)))

GRAMMAR_OBJ  := $(call objs,$(GRAMMAR_SRC))
TEXT_OBJ     := $(call objs,$(TEXT_SRC)) $(TEXT_GEN:$(BUILD)/%.c=$(BUILD)/obj/%.o)
COMPILER_OBJ := $(call objs,$(COMPILER_SRC))
RUNTIME_OBJ  := $(call objs,$(RUNTIME_SRC)) $(call objs,$(OPS_SRC)) $(patsubst %,$(BUILD)/obj/llhttp/%.o,llhttp api http)

SGC_LIBS   := -lxxhash -lutf8proc -lcjson -lyaml -lm
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

# The libraries' texts are put into sgc, and so is the list of them.
LIBRARIES := $(sort $(wildcard stdlib/*.sg))
$(BUILD)/compiler/libraries.inc: $(LIBRARIES) Makefile
	@mkdir -p $(@D)
	@for f in $(basename $(notdir $(LIBRARIES))); do echo "LIBRARY($$f)"; done > $@
$(BUILD)/obj/compiler/library.o: $(LIBRARIES) $(BUILD)/compiler/libraries.inc

# Pages that are put into the program as they are.
$(BUILD)/obj/runtime/net/pages.o: runtime/net/docs.html
$(BUILD)/obj/compiler/doc.o: compiler/doc_head.html
$(BUILD)/obj/compiler/init.o: $(wildcard compiler/init/*)

# Generated parsers: warnings of the generators' own skeletons are not ours.
$(BUILD)/obj/grammar/text/%.o: $(BUILD)/grammar/text/%.c
	@mkdir -p $(@D)
	$(CC) $(SG_CFLAGS) $(CFLAGS) $(GENERATED_CFLAGS) -Wno-missing-prototypes -Wno-shadow -MMD -MP -c -o $@ $<

$(BUILD)/obj/llhttp/%.o: $(LLHTTP_DIR)/%.c
	@mkdir -p $(@D)
	$(CC) -std=gnu11 -isystem /usr/share/include/llhttp $(CFLAGS) -w -DLLHTTP_STRICT_MODE=1 -c -o $@ $<

$(BUILD)/grammar/text/sg.tab.c: grammar/text/sg.y
	@mkdir -p $(@D)
	bison -Werror --defines=$(BUILD)/grammar/text/sg.tab.h -o $@ $<

# One run of bison makes both; who includes the header waits for it.
$(BUILD)/grammar/text/sg.tab.h: $(BUILD)/grammar/text/sg.tab.c
	@:

$(BUILD)/grammar/text/sg.lex.c: grammar/text/sg.l $(BUILD)/grammar/text/sg.tab.c
	@mkdir -p $(@D)
	flex --header-file=$(BUILD)/grammar/text/sg.lex.h -o $@ $<

$(TEXT_OBJ) $(COMPILER_OBJ): | $(TEXT_GEN)

# ---- the two commands of a fresh clone ----
.PHONY: deps check check-quick check-long demo demo-models format
deps:
	@tests/tools/deps.sh

ASAN_FLAGS := -fsanitize=address,undefined -fno-sanitize-recover=undefined
# With them every value that code reads is held against its type (inhabits.c).
ASAN := BUILD=build-asan CFLAGS="-O1 -g $(ASAN_FLAGS) -fno-omit-frame-pointer -DSG_CHECK_VALUES" LDFLAGS="$(ASAN_FLAGS)"
JOBS ?= $(shell nproc)

# All tests: unit tests and the others against a build with sanitizers, and
# the others once more against the build that users get.
check: deps
	@$(MAKE) -s -j$(JOBS) all
	@$(MAKE) -s -j$(JOBS) $(ASAN) all unit fuzz-replayers
	@python3 tests/run.py --build build --unit build-asan

check-long: deps
	@$(MAKE) -s -j$(JOBS) all
	@$(MAKE) -s -j$(JOBS) $(ASAN) all unit fuzz-replayers
	@python3 tests/run.py --build build --unit build-asan --long

# Several loops under a build that watches threads; by hand.
TSAN := BUILD=build-tsan CFLAGS="-O1 -g -fsanitize=thread" LDFLAGS=-fsanitize=thread
.PHONY: check-tsan
check-tsan: deps
	@$(MAKE) -s -j$(JOBS) $(TSAN) all
	@python3 tests/run.py --build build-tsan --only http/test_loops
	@python3 tests/run.py --build build-tsan --only http/test_streams
	@python3 tests/run.py --build build-tsan --only http/test_batches
	@python3 tests/run.py --build build-tsan --only http/test_autoscaling
	@python3 tests/run.py --build build-tsan --only http/test_health

# What a change should not break, in seconds.
check-quick: all
	@python3 tests/house/test_house.py -q House.test_layers House.test_no_cycles_between_folders House.test_banned_functions

demo: deps
	@$(MAKE) -s -j$(JOBS) all
	@tests/tools/demo.sh

demo-models: deps
	@$(MAKE) -s -j$(JOBS) all
	@tests/tools/demo_models.sh

# ---- installing ----
PREFIX  ?= /usr/local
DESTDIR ?=
EDITOR_FILES := package.json language-configuration.json servegraph.tmLanguage.json
INSTALLED := $(addprefix $(BUILD)/,sgc sgrun)
.PHONY: install uninstall
install: all
	install -d $(DESTDIR)$(PREFIX)/bin $(DESTDIR)$(PREFIX)/share/man/man1
	install -d $(DESTDIR)$(PREFIX)/share/bash-completion/completions
	install -d $(DESTDIR)$(PREFIX)/share/zsh/site-functions
	install -d $(DESTDIR)$(PREFIX)/share/fish/vendor_completions.d
	for p in sgc sgrun; do \
	  install -m755 $(BUILD)/$$p $(DESTDIR)$(PREFIX)/bin/$$p && \
	  $(BUILD)/$$p --man > $(DESTDIR)$(PREFIX)/share/man/man1/$$p.1 && \
	  $(BUILD)/$$p --completion=bash > $(DESTDIR)$(PREFIX)/share/bash-completion/completions/$$p && \
	  $(BUILD)/$$p --completion=zsh > $(DESTDIR)$(PREFIX)/share/zsh/site-functions/_$$p && \
	  $(BUILD)/$$p --completion=fish > $(DESTDIR)$(PREFIX)/share/fish/vendor_completions.d/$$p.fish || exit 1; \
	done
	install -d $(DESTDIR)$(PREFIX)/share/servegraph/editor
	install -m644 $(EDITOR_FILES:%=grammar/editor/%) $(DESTDIR)$(PREFIX)/share/servegraph/editor

uninstall:
	for p in sgc sgrun; do \
	  rm -f $(DESTDIR)$(PREFIX)/bin/$$p $(DESTDIR)$(PREFIX)/share/man/man1/$$p.1 \
	    $(DESTDIR)$(PREFIX)/share/bash-completion/completions/$$p \
	    $(DESTDIR)$(PREFIX)/share/zsh/site-functions/_$$p \
	    $(DESTDIR)$(PREFIX)/share/fish/vendor_completions.d/$$p.fish; \
	done
	rm -rf $(DESTDIR)$(PREFIX)/share/servegraph/editor
	-rmdir $(DESTDIR)$(PREFIX)/share/servegraph 2>/dev/null || true

# Programs whose layout is what they are about stay as they are.
ODD_LAYOUTS := tests/lang/syntax/% tests/lang/check/% tests/lang/fmt/% tests/fuzz/%
format: $(BUILD)/sgc
	clang-format -i $(shell git ls-files '*.c' '*.h')
	$(BUILD)/sgc fmt $(filter-out $(ODD_LAYOUTS),$(shell git ls-files '*.sg'))

clean:
	rm -rf build build-*

# Fuzz harnesses whose corpora `make check` replays add themselves to this.
.PHONY: fuzz-replayers unit
fuzz-replayers:

-include $(shell find $(BUILD)/obj -name '*.d' 2>/dev/null)

-include $(wildcard tests/*/*.mk)
