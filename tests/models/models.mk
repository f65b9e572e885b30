# Models, compared with the libraries that they come from; by hand, since these
# are from PyPI.
#   python3 -m venv V && V/bin/pip install -r tests/models/requirements.txt
#   make check-models MODELS_PYTHON=V/bin/python [ONLY=with_tokenizers]
#   make bench-models MODELS_PYTHON=V/bin/python [BENCH="--only minilm --quick"]
.PHONY: check-models bench-models models-driver
ifdef MODELS_PYTHON
check-models: all models-driver
	@cd tests/models && SG_BUILD=$(abspath $(BUILD)) $(MODELS_PYTHON) -B -m unittest -v $(or $(ONLY),$(patsubst tests/models/%.py,%,$(wildcard tests/models/with_*.py)))
bench-models: all
	@SG_BUILD=$(abspath $(BUILD)) $(MODELS_PYTHON) -B tests/bench/bench_models.py $(BENCH)
else
check-models bench-models:
	@echo "$@ is skipped: it needs MODELS_PYTHON, a Python with what tests/models/requirements.txt lists"
endif

models-driver: $(BUILD)/tests/tokenize
unit: $(BUILD)/tests/tokenize
$(BUILD)/tests/tokenize: $(BUILD)/obj/tests/models/tokenize.o $(BUILD)/tests/rooms.a
	@mkdir -p $(@D)
	$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^ $(SGRUN_LIBS)

.PHONY: tokenize-seeds
tokenize-seeds:
	@python3 tests/models/make_seeds.py $(BUILD)/fuzz/seeds/tokenize
fuzz-seeds: tokenize-seeds
