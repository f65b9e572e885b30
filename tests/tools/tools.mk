# Tables of docs/ and the grammar for editors from the .def files; `make check`
# compares.
.PHONY: docs
docs:
	@python3 tests/tools/docs_tables.py
	@python3 tests/tools/editor_grammar.py

# The pictures of the pages: docs/tutorial.svg, and picture.svg of each example that
# has one.
.PHONY: pictures
pictures: all
	@$(BUILD)/sgc --graphviz examples/tutorial/tutorial.sg | dot -Tsvg -o docs/tutorial.svg
	@python3 tests/bench/overload_picture.py --build $(BUILD) > docs/overload.svg
	@for picture in examples/*/picture.svg; do \
	  folder=$${picture%/*}; \
	  $(BUILD)/sgc --graphviz $$folder/$${folder##*/}.sg | dot -Tsvg -o $$picture; \
	done
