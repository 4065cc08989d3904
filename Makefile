# `make` alone lists the targets. Each one sets up what it needs.
.DEFAULT_GOAL := help
SHELL := /bin/sh
VENV := .venv
RUN := $(VENV)/bin/python
DATA ?= data
OUT ?= out
PORT ?= 8000

.PHONY: help
help: ## List the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-10s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

.PHONY: setup
setup: ## Install the Python packages into .venv
	@tools/venv $(VENV) requirements.txt

.PHONY: setup-test
setup-test:
	@tools/venv $(VENV) requirements-test.txt

.PHONY: dot
dot:
	@tools/ensure dot=graphviz

.PHONY: site
site: setup dot ## Make the whole site with all bundles in out/site
	$(RUN) -m generator build --data $(DATA) --out $(OUT)

.PHONY: check
check: setup ## Check the data: every mistake with file, line and cure
	$(RUN) -m generator check --data $(DATA)

.PHONY: serve
serve: site ## Make the site and show it on http://127.0.0.1:8000 (PORT=...)
	@echo "http://127.0.0.1:$(PORT)/ - stop with Ctrl-C"
	@cd $(OUT)/site && exec "$(CURDIR)/$(RUN)" -m http.server --bind 127.0.0.1 $(PORT)

.PHONY: test
test: setup-test dot ## Run all tests, with the real daemons and a real browser
	@tools/ensure haproxy=haproxy keepalived=keepalived redis-server=redis-server erl=erlang-base \
		mariadbd=mariadb-server-core mariadb-admin=mariadb-client mysql=mariadb-client-core chronyd=chrony \
		apache2=apache2-bin /usr/lib/apache2/modules/mod_wsgi.so=libapache2-mod-wsgi-py3 \
		systemd-analyze=systemd shellcheck=shellcheck chromium=chromium curl=curl ip=iproute2 \
		sysctl=procps unshare=util-linux nsenter=util-linux hostname=hostname /usr/bin/ansible-playbook=ansible-core \
		memcached=memcached rsync=rsync xinetd=xinetd debootstrap=debootstrap
	@tools/unpack .cache/cloud-init cloud-init
	@$(RUN) -m tests.debian.packages | tools/debian-root .cache/debian-13 trixie
	$(RUN) -m ruff check .
	$(RUN) -m ruff format --check .
	$(RUN) -m mypy
	$(RUN) -m pytest -n auto --dist loadgroup --ignore=tests/lab
ifeq ($(LAB),off)
	@echo "make test: the lab is left out, since LAB=off: nothing has shown that the bundles run"
else
	$(RUN) -m pytest tests/lab/short -o log_cli=true -o log_cli_level=INFO
endif

.PHONY: lab
lab: setup-test ## Bring up a whole control plane from the bundles, break it in every way, write the evidence to out/lab; as root
	@tools/ensure unshare=util-linux nsenter=util-linux setpriv=util-linux losetup=mount ip=iproute2 debootstrap=debootstrap
	@$(RUN) -m tests.debian.packages | tools/debian-root .cache/debian-13 trixie
	$(RUN) -m pytest tests/lab/full -o log_cli=true -o log_cli_level=INFO

.PHONY: bench
bench: setup-test ## Measure bundles: all of them, growing sites, the same files through Ansible; results in out/bench.json
	@mkdir -p $(OUT)
	$(RUN) -m pytest -q tests/bench/bench_bundles.py -p no:xdist -o python_files='bench_*.py' \
		-o python_functions='bench_*' --benchmark-json=$(OUT)/bench.json

.PHONY: format
format: setup-test ## Format the code and mend what ruff can mend
	$(RUN) -m ruff check --fix .
	$(RUN) -m ruff format .

.PHONY: golden
golden: setup-test dot ## Write the expected results in tests/golden anew; read the difference before you commit it
	$(RUN) -m pytest -q -n 0 tests/test_golden.py --update-golden

.PHONY: schema
schema: setup ## Write the JSON Schemas in data/schema anew, after a change of generator/model/
	$(RUN) -m generator schema --data $(DATA)

.PHONY: lock
lock: ## Pin the newest versions that requirements*.in allow, with their hashes; run it with Debian 12's Python
	python3 -m venv $(VENV)-lock
	$(VENV)-lock/bin/python -m pip install --quiet pip-tools
	for name in requirements requirements-test; do \
		$(VENV)-lock/bin/pip-compile --quiet --upgrade --generate-hashes --allow-unsafe --strip-extras \
			--no-emit-index-url --no-emit-trusted-host --no-emit-find-links --no-emit-options --no-header \
			--output-file $$name.txt $$name.in || exit 1; \
	done
	rm -rf $(VENV)-lock

.PHONY: clean
clean: ## Remove the site, the virtual environment and all caches
	rm -rf $(VENV) $(OUT)/site .cache .pytest_cache .ruff_cache .mypy_cache .hypothesis
	find generator tests -name __pycache__ -type d -prune -exec rm -rf {} +
