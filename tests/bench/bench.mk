# Benchmarks: figures against goals and peers. Never part of `make check`.
.PHONY: bench bench-ray
bench: all $(BUILD)/tests/epoll_server
	@python3 tests/bench/bench.py --build $(BUILD)

# Ray Serve lives in a virtual environment of its own; its best-tuned mode needs
# the package haproxy.
RAY_VENV ?= $(BUILD)/venv-ray
bench-ray: all $(RAY_VENV)/bin/ray
	@command -v haproxy >/dev/null || { echo "bench-ray needs the Debian package haproxy" >&2; exit 1; }
	@python3 tests/bench/bench_ray.py --python $(RAY_VENV)/bin/python --build $(BUILD)

$(RAY_VENV)/bin/ray:
	python3 -m venv $(RAY_VENV)
	$(RAY_VENV)/bin/pip install -q 'ray[serve]'
