# Mixed load for some minutes, by hand: make load, make load SECONDS=1800.
SECONDS ?= 180
RATE ?= 200
LOOPS ?= 1
.PHONY: load
load: all
	@SG_BUILD=$(BUILD) PYTHONPATH=tests python3 tests/load/load.py --seconds $(SECONDS) --rate $(RATE) --loops $(LOOPS)
