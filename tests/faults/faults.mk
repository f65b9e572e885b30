# A library that is loaded before a server's own, and lets calls fail.
$(BUILD)/tests/faults.so: tests/faults/faults.c
	@mkdir -p $(@D)
	$(CC) $(filter-out -I$(BUILD),$(SG_CFLAGS)) -O1 -g -fPIC -shared -o $@ $< -ldl

all: $(BUILD)/tests/faults.so
