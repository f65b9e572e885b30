# The codec's driver: cases in, results out (tests/codec/test_codec.py).
CODEC_DRIVER := $(BUILD)/tests/codec_driver

.PHONY: codec-driver
codec-driver: $(CODEC_DRIVER)
unit: $(CODEC_DRIVER)

$(CODEC_DRIVER): $(BUILD)/obj/tests/codec/driver.o $(BUILD)/obj/tests/codec/types.o $(BUILD)/tests/rooms.a
	@mkdir -p $(@D)
	$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^ $(SGRUN_LIBS)

$(BUILD)/tests/test_adapt $(BUILD)/tests/test_codec: $(BUILD)/obj/tests/codec/types.o

# Types for the harness, and inputs to begin with.
$(BUILD)/fuzz/replay_codec $(BUILD)/fuzz/fuzz_codec: $(BUILD)/obj/tests/codec/types.o
.PHONY: codec-seeds
codec-seeds:
	@python3 tests/codec/make_seeds.py $(BUILD)/fuzz/seeds/codec
fuzz-seeds: codec-seeds
