# Fuzzing. A harness is a file tests/fuzz/fuzz_NAME.c with LLVMFuzzerTestOneInput.
#   make fuzz [FUZZ="plan …"] [FUZZ_TIME=600]   runs each with libFuzzer (clang)
#   make fuzz-replayers                         what `make check` runs, no clang needed
# Inputs: tests/fuzz/corpus/NAME, tests/fuzz/regress/NAME (what once went wrong), and
# $(BUILD)/fuzz/seeds/NAME, which rules make. Dictionary: tests/fuzz/NAME.dict.
FUZZ ?= $(patsubst tests/fuzz/fuzz_%.c,%,$(wildcard tests/fuzz/fuzz_*.c))
FUZZ_TIME ?= 600
FUZZ_FLAGS := -fsanitize=fuzzer-no-link,address,undefined -fno-sanitize-recover=undefined
FUZZ_BUILD := BUILD=build-fuzz CC=clang CFLAGS="-O1 -g $(FUZZ_FLAGS) -fno-omit-frame-pointer" LDFLAGS="-fsanitize=address,undefined"

FUZZ_ROOM := $(filter-out $(BUILD)/obj/runtime/main.o $(BUILD)/obj/compiler/main.o,$(RUNTIME_OBJ) $(COMPILER_OBJ)) \
             $(GRAMMAR_OBJ) $(TEXT_OBJ) $(BUILD)/obj/tests/unit/plan_sample.o
$(BUILD)/fuzz/rooms.a: $(FUZZ_ROOM)
	@mkdir -p $(@D)
	@rm -f $@
	ar rcs $@ $^

.SECONDARY: $(FUZZ:%=$(BUILD)/obj/tests/fuzz/fuzz_%.o) $(BUILD)/obj/tests/fuzz/replay.o
$(BUILD)/fuzz/replay_%: $(BUILD)/obj/tests/fuzz/fuzz_%.o $(BUILD)/obj/tests/fuzz/replay.o $(BUILD)/fuzz/rooms.a
	$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^ $(SGRUN_LIBS)

$(BUILD)/fuzz/fuzz_%: $(BUILD)/obj/tests/fuzz/fuzz_%.o $(BUILD)/fuzz/rooms.a
	$(CC) $(CFLAGS) $(LDFLAGS) -fsanitize=fuzzer -o $@ $^ $(SGRUN_LIBS)

fuzz-replayers: $(FUZZ:%=$(BUILD)/fuzz/replay_%)

# The sample of the unit tests, and what the compiler makes of whole programs.
$(BUILD)/fuzz/plan_seed: $(BUILD)/obj/tests/fuzz/plan_seed.o $(BUILD)/fuzz/rooms.a
	$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^ $(SGRUN_LIBS)

.PHONY: fuzz fuzz-seeds
fuzz-seeds: $(BUILD)/fuzz/plan_seed $(BUILD)/sgc
	@mkdir -p $(BUILD)/fuzz/seeds/plan
	@$(BUILD)/fuzz/plan_seed $(BUILD)/fuzz/seeds/plan/sample
	@for f in examples/*/*.sg tests/fuzz/seeds/*.sg; do \
	  [ ! -f $$f ] || $(BUILD)/sgc $$f -o $(BUILD)/fuzz/seeds/plan/$$(echo $$f | tr / _) >/dev/null 2>&1 || true; done
	@mkdir -p $(BUILD)/fuzz/seeds/parse
	@for f in examples/*/*.sg tests/lang/*/*.sg; do \
	  cp $$f $(BUILD)/fuzz/seeds/parse/$$(echo $$f | tr / _); done
fuzz-replayers: fuzz-seeds

fuzz:
	@$(MAKE) -s $(FUZZ_BUILD) WARN=-w fuzz-seeds $(FUZZ:%=build-fuzz/fuzz/fuzz_%)
	@for name in $(FUZZ); do \
	  mkdir -p build-fuzz/fuzz/found/$$name build-fuzz/fuzz/crash/$$name && \
	  build-fuzz/fuzz/fuzz_$$name -max_total_time=$(FUZZ_TIME) -timeout=20 -rss_limit_mb=2500 -print_final_stats=1 \
	    -artifact_prefix=build-fuzz/fuzz/crash/$$name/ $$(test ! -f tests/fuzz/$$name.dict || echo -dict=tests/fuzz/$$name.dict) \
	    build-fuzz/fuzz/found/$$name $$(ls -d tests/fuzz/corpus/$$name tests/fuzz/regress/$$name build-fuzz/fuzz/seeds/$$name 2>/dev/null) || exit 1; done
