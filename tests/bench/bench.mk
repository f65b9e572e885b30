# Peers for the benchmarks, and the server CPU per request against them.

$(BUILD)/tests/epoll_server: tests/bench/epoll_server.c
	@mkdir -p $(@D)
	$(CC) $(SG_CFLAGS) $(CFLAGS) $(LDFLAGS) -o $@ $<

.PHONY: bench-http
bench-http: $(BUILD)/tests/epoll_server $(BUILD)/tests/echo_server
	python3 tests/bench/cpu_per_request.py --build $(BUILD)
