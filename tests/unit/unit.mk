# Unit tests: every tests/unit/test_*.c is a program of its own (cmocka), linked
# with what it needs of grammar and runtime. `make check-unit` runs them all.
UNIT_SRC  := $(wildcard tests/unit/test_*.c)
UNIT_BIN  := $(UNIT_SRC:tests/unit/%.c=$(BUILD)/tests/%)
# What several tests use stands beside them without the prefix.
UNIT_AIDS := $(patsubst %.c,$(BUILD)/obj/%.o,$(filter-out $(UNIT_SRC),$(wildcard tests/unit/*.c)))
UNIT_ROOM := $(UNIT_AIDS) $(filter-out $(BUILD)/obj/runtime/main.o,$(RUNTIME_OBJ)) $(GRAMMAR_OBJ)

.PHONY: check-unit unit
unit: $(UNIT_BIN)
.SECONDARY: $(UNIT_SRC:%.c=$(BUILD)/obj/%.o)
check-unit: $(UNIT_BIN)
	@for t in $(UNIT_BIN); do echo "$$t"; $$t >$$t.log 2>&1 || { cat $$t.log; exit 1; }; done

# An archive, so that a test takes in only what it names.
$(BUILD)/tests/rooms.a: $(UNIT_ROOM)
	@mkdir -p $(@D)
	@rm -f $@
	ar rcs $@ $^

$(BUILD)/tests/test_%: $(BUILD)/obj/tests/unit/test_%.o $(BUILD)/tests/rooms.a
	@mkdir -p $(@D)
	$(CC) $(CFLAGS) $(LDFLAGS) $(UNIT_WRAP) -o $@ $^ $(SGRUN_LIBS) -lcmocka

# This one says which allocation fails.
$(BUILD)/tests/test_exhausted: private UNIT_WRAP := -Wl,--wrap=malloc,--wrap=calloc,--wrap=realloc

# And this one which change of a state is forgotten.
$(BUILD)/tests/test_queue_model: private UNIT_WRAP := -Wl,--wrap=claim_goes,--wrap=replica_goes,--wrap=queue_first
