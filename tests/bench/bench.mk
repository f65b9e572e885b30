# Benchmarks: figures against goals and peers. Never part of `make check`.
.PHONY: bench bench-ray
bench: all $(BUILD)/tests/epoll_server
	@python3 tests/bench/bench.py --build $(BUILD)
