# Everything starts from Python 3.11+ and make; each target sets up what it needs.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed-from-lock

# Compiled modules are kept, whatever the caller's environment says: tests start hundreds of processes, and each would
# compile all that it imports.
unexport PYTHONDONTWRITEBYTECODE

# CI and `make acceptance` use the same environment as `make run`.
.PHONY: setup run test test-native test-store test-cluster check acceptance format lock clean bench bench-peers bench-lock

setup: $(STAMP)

# uv (itself from the lock, hash-checked) installs the rest in seconds; everything is hash-checked.
$(STAMP): requirements.lock pyproject.toml hatch_build.py $(wildcard forest/native/*.[ch] forest/native/build.py)
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "blink needs Python 3.11 or newer: make PYTHON=python3.12")'
	@echo 'installing the locked packages into $(VENV)'
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@grep -A40 '^uv==' requirements.lock | awk 'NR > 1 && !/^ / {exit} {print}' > $(VENV)/uv.lock
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --require-hashes -r $(VENV)/uv.lock
	@$(BIN)/uv pip sync --quiet --python $(BIN)/python --require-hashes requirements.lock
	@$(BIN)/uv pip install --quiet --python $(BIN)/python --no-deps --no-build-isolation --editable .
	@touch $@

run: setup
	@$(BIN)/blink up

# Each worker computes in one thread: OpenBLAS's others would spin on cores that the other workers need.
test: export OPENBLAS_NUM_THREADS = 1
# tests/chart needs Go: it reads CRDs from Go modules, and builds helm (where there is none) and kube-score once.
test: setup test-native
	$(BIN)/pytest -n 4 --dist loadgroup --no-loadscope-reorder tests/unit tests/postgres tests/chart

# The C with the system's compiler under sanitizers: random forests, and random bytes in them. FUZZ_ROUNDS=100000 for long.
FUZZ_ROUNDS ?= 300
FUZZ_SEED ?= 1
SANITIZE := -std=c11 -O0 -g -Wall -Wextra -Werror -ffp-contract=off -fsanitize=address,undefined -fno-sanitize-recover=all
SANITIZED := $(patsubst forest/native/%.c,.build/native/%.o,$(wildcard forest/native/*.c))
FUZZERS := $(patsubst tests/native/%.c,.build/native/%,$(wildcard tests/native/fuzz_*.c))
test-native: $(FUZZERS)
	@for fuzzer in $^; do $$fuzzer $(FUZZ_SEED) $(FUZZ_ROUNDS) || exit 1; done
.build/native/%.o: forest/native/%.c $(wildcard forest/native/*.h)
	@mkdir -p $(@D)
	@$(CC) $(SANITIZE) -c $< -o $@
$(FUZZERS): .build/native/%: tests/native/%.c $(SANITIZED) tests/native/draws.h
	@$(CC) $(SANITIZE) $(filter-out %.h,$^) -lm -o $@

# Given a KUBECONFIG, with kubectl and helm, and the images of tests/cluster/build-images in the cluster.
test-cluster: setup
	$(BIN)/pytest tests/cluster

# On a real S3 server, built with Go at the first call (minutes) into .build/bin.
test-store: setup
	$(BIN)/pytest -n 0 tests/store

check: setup
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/lint-imports --no-cache
	$(BIN)/python -m credit.features.reference_page --check docs/features.md
	$(BIN)/python -m blink.cli.reference_page --check docs/commands.md
	$(BIN)/python charts/values_page.py --check docs/chart-values.md
	$(BIN)/python -m tests.postgres.serving.conformance_page --check docs/conformance.md
	$(BIN)/python -m benchmarks.headline --check README.md
	$(BIN)/blink workflows check

# Hours, not minutes: figures go to docs/acceptance.
acceptance: setup
	$(BIN)/pytest -n 0 -m acceptance tests
	$(BIN)/pytest -n 0 --hypothesis-profile long tests/unit
	$(BIN)/python -m benchmarks.simulator_acceptance --users 20000 --months 24 --seeds 4 5 6 --out docs/acceptance/simulator.md
	$(BIN)/python -m benchmarks.consumer_acceptance --splits 5 --out docs/acceptance/consumer_credit.md
	$(BIN)/python -m benchmarks.serving_acceptance --out docs/acceptance/serving.md
	$(BIN)/python -m benchmarks.table_acceptance --rows 5000000 --out docs/acceptance/table.md
	$(BIN)/python -m benchmarks.engine_proof --rows 10000000 --out docs/acceptance/engine_proof.md
	$(MAKE) test-native FUZZ_ROUNDS=20000 FUZZ_SEED=7
	$(MAKE) bench

format: setup
	$(BIN)/ruff check --fix
	$(BIN)/ruff format

COMPILE := $(BIN)/uv pip compile pyproject.toml --python-version 3.11 --generate-hashes --no-header \
	--no-emit-index-url --no-annotate --quiet
# Packages that an image does without, from a list with reasons.
left_out = $(shell sed -e 's/\#.*//' -e '/^ *$$/d' -e 's/^/--no-emit-package /' .docker/$(1).left-out)

# The images' locks are parts of the whole one: `image-locks` never changes a version.
.PHONY: image-locks images
lock: setup
	$(COMPILE) --all-extras --output-file requirements.lock
	@$(MAKE) --no-print-directory image-locks

image-locks: setup
	$(COMPILE) --extra serve --extra trace --extra store --constraint requirements.lock $(call left_out,predictor) \
		--output-file requirements.predictor.lock
	$(COMPILE) --extra train --extra control --extra store --constraint requirements.lock $(call left_out,jobs) \
		--output-file requirements.jobs.lock

# Who `blink bench` compares with; the product does without them.
PEERS := .build/bench/peers
MLSERVER := .build/bench/mlserver
bench-peers: setup
	@$(BIN)/uv pip install --quiet --python $(BIN)/python --target $(PEERS) --no-deps --no-build-isolation \
		--require-hashes --requirement benchmarks/peers.lock
	@test -x $(MLSERVER)/bin/python || $(BIN)/uv venv --quiet --python $(BIN)/python $(MLSERVER)
	@$(BIN)/uv pip sync --quiet --python $(MLSERVER)/bin/python --require-hashes benchmarks/mlserver.lock

# On a quiet machine of two cores, about half an hour; fails where a figure is not what is asked for.
MEASURED := .build/bench/out
bench: bench-peers
	$(BIN)/blink bench engine --out $(MEASURED) >/dev/null
	$(BIN)/blink bench explain --out $(MEASURED) >/dev/null
	$(BIN)/blink bench server --out $(MEASURED) >/dev/null
	$(BIN)/blink bench server --model 200x31 --no-audited --out $(MEASURED) >/dev/null
	$(BIN)/python -m benchmarks.acceptance_pages $(MEASURED) docs/acceptance

# Only what the whole lock has not: the peers run beside its versions.
bench-lock: setup
	@$(subst pyproject.toml,benchmarks/peers.in,$(COMPILE)) --constraint requirements.lock --override benchmarks/peers.overrides \
		$(shell sed -n 's/^\([a-z0-9._-]*\)==.*/--no-emit-package \1/p' requirements.lock) --output-file benchmarks/peers.lock
	@$(subst pyproject.toml,benchmarks/mlserver.in,$(COMPILE)) --output-file benchmarks/mlserver.lock

# BUILD takes --tag, --target, --build-arg and a folder: `docker buildx build`, or another that does.
BUILD ?= docker buildx build --load
TAG ?= dev
REVISION = $(shell git rev-parse HEAD 2>/dev/null || echo unknown)
images:
	$(BUILD) --tag blink/predictor:$(TAG) --target predictor --build-arg REVISION=$(REVISION) .
	$(BUILD) --tag blink/jobs:$(TAG) --target jobs --build-arg REVISION=$(REVISION) .

clean:
	rm -rf $(VENV) .build
