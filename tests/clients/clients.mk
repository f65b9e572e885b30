# Clients that others wrote, from PyPI, in a virtual environment under the build
# folder; by hand, since it needs the network once.
CLIENTS := $(BUILD)/clients
$(CLIENTS)/installed: tests/clients/requirements.txt
	@python3 -m venv $(CLIENTS)
	@$(CLIENTS)/bin/pip install -q --disable-pip-version-check -r $<
	@touch $@

.PHONY: check-clients
check-clients: all $(CLIENTS)/installed
	@SG_BUILD=$(BUILD) PYTHONPATH=tests $(CLIENTS)/bin/python tests/clients/run.py $(ONLY)
