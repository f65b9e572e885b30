# Fuzzing. A harness is a file tests/fuzz/fuzz_NAME.c with LLVMFuzzerTestOneInput.
#   make fuzz [FUZZ="plan …"] [FUZZ_SECONDS=600]   runs each with libFuzzer (clang),
#                          two at a time; a finding is made small, and put into
#                          tests/fuzz/regress/NAME
#   make fuzz-replayers    what `make check` runs, no clang needed
# Inputs: tests/fuzz/corpus/NAME, tests/fuzz/regress/NAME (what once went wrong), and
# $(BUILD)/fuzz/seeds/NAME, which rules make. Dictionary: tests/fuzz/NAME.dict.
FUZZ ?= $(patsubst tests/fuzz/fuzz_%.c,%,$(wildcard tests/fuzz/fuzz_*.c))
FUZZ_SECONDS ?= 600
FUZZ_FLAGS := -fsanitize=fuzzer-no-link,address,undefined -fno-sanitize-recover=undefined
# The tables of generated parsers compare too much to learn from it.
FUZZ_BUILD := BUILD=build-fuzz CC=clang GENERATED_CFLAGS=-fno-sanitize-coverage=trace-cmp CFLAGS="-O1 -g $(FUZZ_FLAGS) -fno-omit-frame-pointer -DSG_CHECK_VALUES" LDFLAGS="-fsanitize=address,undefined"

# The archive last: rules add objects.
FUZZ_LINK = $(filter %.o,$^) $(filter %.a,$^) $(SGRUN_LIBS)
FUZZ_ROOM := $(filter-out $(BUILD)/obj/runtime/main.o $(BUILD)/obj/compiler/main.o,$(RUNTIME_OBJ) $(COMPILER_OBJ)) \
             $(GRAMMAR_OBJ) $(TEXT_OBJ) $(BUILD)/obj/tests/unit/plan_sample.o
$(BUILD)/fuzz/rooms.a: $(FUZZ_ROOM)
	@mkdir -p $(@D)
	@rm -f $@
	ar rcs $@ $^

.SECONDARY: $(FUZZ:%=$(BUILD)/obj/tests/fuzz/fuzz_%.o) $(BUILD)/obj/tests/fuzz/replay.o
$(BUILD)/fuzz/replay_%: $(BUILD)/obj/tests/fuzz/fuzz_%.o $(BUILD)/obj/tests/fuzz/replay.o $(BUILD)/fuzz/rooms.a
	$(CC) $(CFLAGS) $(LDFLAGS) $(FUZZ_WRAP) -o $@ $(FUZZ_LINK)

$(BUILD)/fuzz/fuzz_%: $(BUILD)/obj/tests/fuzz/fuzz_%.o $(BUILD)/fuzz/rooms.a
	$(CC) $(CFLAGS) $(LDFLAGS) $(FUZZ_WRAP) -fsanitize=fuzzer -o $@ $(FUZZ_LINK)

# What harnesses have beside them. Plans are asked without a server: what it would
# send, plan_run.c takes.
$(BUILD)/fuzz/replay_compile $(BUILD)/fuzz/fuzz_compile: $(BUILD)/obj/tests/fuzz/splice.o
PLAN_RUNNERS := $(addprefix $(BUILD)/fuzz/,replay_plan fuzz_plan plan_bits)
$(PLAN_RUNNERS): $(BUILD)/obj/tests/fuzz/plan_run.o
$(PLAN_RUNNERS): private FUZZ_WRAP := -Wl,--wrap=http_respond,--wrap=http_respond_error

$(BUILD)/fuzz/plan_bits: $(BUILD)/obj/tests/fuzz/plan_bits.o $(BUILD)/fuzz/rooms.a
	$(CC) $(CFLAGS) $(LDFLAGS) $(FUZZ_WRAP) -o $@ $(FUZZ_LINK)

.PHONY: fuzzers
fuzzers: $(FUZZ:%=$(BUILD)/fuzz/fuzz_%)
fuzz-replayers: $(FUZZ:%=$(BUILD)/fuzz/replay_%) $(BUILD)/fuzz/plan_bits

# The sample of the unit tests, and what the compiler makes of whole programs.
$(BUILD)/fuzz/plan_seed: $(BUILD)/obj/tests/fuzz/plan_seed.o $(BUILD)/fuzz/rooms.a
	$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $(FUZZ_LINK)

.PHONY: fuzz fuzz-seeds deps-fuzz
fuzz-seeds: $(BUILD)/fuzz/plan_seed $(BUILD)/sgc
	@mkdir -p $(BUILD)/fuzz/seeds/plan $(BUILD)/fuzz/seeds/parse
	@$(BUILD)/fuzz/plan_seed $(BUILD)/fuzz/seeds/plan/sample
	@for f in examples/*/*.sg tests/lang/run/*.sg; do \
	  $(BUILD)/sgc $$f --tests -o $(BUILD)/fuzz/seeds/plan/$$(echo $$f | tr / _) >/dev/null 2>&1 || true; done
	@for f in examples/*/*.sg tests/lang/*/*.sg; do \
	  cp $$f $(BUILD)/fuzz/seeds/parse/$$(echo $$f | tr / _); done
fuzz-replayers: fuzz-seeds

deps-fuzz: deps
	@tests/tools/deps.sh clang libclang-rt-dev llvm

fuzz: deps-fuzz
	@$(MAKE) -s -j$(JOBS) $(FUZZ_BUILD) WARN=-w fuzz-seeds fuzzers
	@python3 tests/fuzz/fuzz.py --seconds $(FUZZ_SECONDS) $(FUZZ)
