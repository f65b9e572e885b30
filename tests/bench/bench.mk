# Benchmarks, by hand: against goals and peers, and beside Ray Serve where that
# is installed.

$(BUILD)/tests/epoll_server: tests/bench/epoll_server.c
	@mkdir -p $(@D)
	$(CC) $(SG_CFLAGS) $(CFLAGS) $(LDFLAGS) -o $@ $<

$(BUILD)/tests/queue_cost: $(BUILD)/obj/tests/bench/queue_cost.o $(BUILD)/tests/rooms.a
	$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^ $(SGRUN_LIBS)

$(BUILD)/tests/open_load: tests/bench/open_load.c
	@mkdir -p $(@D)
	$(CC) $(SG_CFLAGS) $(CFLAGS) $(LDFLAGS) -o $@ $<

# Beside oneDNN, where libdnnl-dev is installed.
DNNL := $(if $(wildcard /usr/include/oneapi/dnnl/dnnl.h),-ldnnl)
$(BUILD)/tests/kernels: $(BUILD)/obj/tests/bench/kernels.o $(BUILD)/obj/tests/bench/kernels_peer.o $(BUILD)/tests/rooms.a
	$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^ $(DNNL) $(SGRUN_LIBS)

BENCH_BIN := $(addprefix $(BUILD)/tests/,epoll_server echo_server queue_cost open_load kernels)
.PHONY: bench bench-ray
bench: all $(BENCH_BIN)
	python3 tests/bench/bench.py --build $(BUILD)

RAY_PYTHON ?= python3
bench-ray: all
	python3 tests/bench/bench_ray.py --python $(RAY_PYTHON) --build $(BUILD)
