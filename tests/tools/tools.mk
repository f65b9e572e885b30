# Tables of docs/ from the .def files; `make check` compares.
.PHONY: docs
docs:
	@python3 tests/tools/docs_tables.py
