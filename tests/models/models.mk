# Models, compared with the libraries that they come from; by hand, since these
# are from PyPI.
#   python3 -m venv V && V/bin/pip install -r tests/models/requirements.txt
#   make check-models MODELS_PYTHON=V/bin/python [ONLY=with_tokenizers]
MODELS_PYTHON ?= python3
.PHONY: check-models models-driver
check-models: models-driver
	@cd tests/models && SG_BUILD=$(abspath $(BUILD)) $(MODELS_PYTHON) -B -m unittest -v $(or $(ONLY),$(patsubst tests/models/%.py,%,$(wildcard tests/models/with_*.py)))

models-driver: $(BUILD)/tests/tokenize
unit: $(BUILD)/tests/tokenize
$(BUILD)/tests/tokenize: $(BUILD)/obj/tests/models/tokenize.o $(BUILD)/tests/rooms.a
	@mkdir -p $(@D)
	$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^ $(SGRUN_LIBS)

.PHONY: tokenize-seeds
tokenize-seeds:
	@python3 tests/models/make_seeds.py $(BUILD)/fuzz/seeds/tokenize
fuzz-seeds: tokenize-seeds
