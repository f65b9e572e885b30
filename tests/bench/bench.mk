# Benchmarks, by hand: against goals and peers, and beside Ray Serve where that
# is installed.

$(BUILD)/tests/epoll_server: tests/bench/epoll_server.c
	@mkdir -p $(@D)
	$(CC) $(SG_CFLAGS) $(CFLAGS) $(LDFLAGS) -o $@ $<

.PHONY: bench bench-ray
bench: all $(BUILD)/tests/epoll_server $(BUILD)/tests/echo_server
	python3 tests/bench/bench.py --build $(BUILD)

RAY_PYTHON ?= python3
bench-ray: all
	python3 tests/bench/bench_ray.py --python $(RAY_PYTHON) --build $(BUILD)
