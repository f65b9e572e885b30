# The HTTP server's tests: a small server, and clients in Python against it.

NET_OBJ := $(patsubst %.c,$(BUILD)/obj/%.o,$(wildcard runtime/net/http_*.c)) \
           $(patsubst %,$(BUILD)/obj/llhttp/%.o,llhttp api http)

$(BUILD)/tests/echo_server: $(BUILD)/obj/tests/http/echo_server.o $(NET_OBJ) \
                            $(BUILD)/obj/grammar/base/arena.o \
                            $(BUILD)/obj/grammar/base/buf.o $(BUILD)/obj/grammar/base/shared.o \
                            $(BUILD)/obj/grammar/base/network.o
	@mkdir -p $(@D)
	$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^ -luv -lutf8proc -ldl -lpthread

# The Python tests find it in both builds, the ordinary and the sanitized.
all: $(BUILD)/tests/echo_server

.PHONY: check-http
check-http: $(BUILD)/tests/echo_server
	python3 tests/run.py --build $(BUILD) --only tests/http

# A plan made by hand, for tests of sgrun that need no compiler.
$(BUILD)/tests/sample_plan: $(BUILD)/obj/tests/http/sample_plan.o $(BUILD)/tests/rooms.a
	@mkdir -p $(@D)
	$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^ $(SGRUN_LIBS)

all: $(BUILD)/tests/sample_plan
