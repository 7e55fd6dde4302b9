# make run    everything that Sotto needs, on this machine, at http://localhost:8000
# make test   every test
# make lint   every check that needs no running program
.PHONY: run test test-fast attack-mutations fuzz lint format setup bench screenshots audit lock
.DEFAULT_GOAL := run
MAKEFLAGS += --no-print-directory
export PATH := $(CURDIR)/.venv/bin:$(PATH)
unexport PYTHONDONTWRITEBYTECODE PIP_FIND_LINKS VIRTUAL_ENV PYTHONPATH PYTHONHOME

# A worker for each processor, with a database and a browser of its own; ARGS=-n0 has one process do all. Each is handed one test
# after the other, so that none is left with the long ones.
PARALLEL := -n logical --dist load --maxschedchunk 1

run:
	@bin/setup run
	@exec python manage.py serve

test:
	@bin/setup test
	@exec python -m pytest $(PARALLEL) $(ARGS)

# Without the slow ones: those in a browser, the races, the attacks, and those that start whole programs.
test-fast:
	@bin/setup test
	@exec python -m pytest $(PARALLEL) -m "not browser and not race and not program and not attack" $(ARGS)

# Looks for inputs that the two implementations of the protocol answer differently, or do not survive; ARGS is for how many seconds.
fuzz:
	@bin/setup test
	@exec python -m tests.fuzz $(ARGS)

# Takes out, in a copy, each check that an attack should meet, and sees its tests fail: docs/attacks.md. ARGS="8 9": of these attacks.
attack-mutations:
	@bin/setup test
	@exec python -m tests.attacks $(ARGS)

lint:
	@bin/setup lint
	ruff check .
	ruff format --check .
	mypy .
	lint-imports
	node_modules/.bin/tsc --project tsconfig.json
	djlint --quiet --lint templates
	djlint --quiet --check templates

format:
	@bin/setup lint
	ruff check --fix .
	ruff format .
	djlint --quiet --reformat templates

setup:
	@bin/setup test

bench:
	@bin/setup test
	@exec python -m bench $(ARGS)

screenshots:
	@bin/setup test
	@exec python -m tests.screenshots $(ARGS)

# Every page by Lighthouse, into docs/audit.md; an error if one is not as good as it should be. ARGS="conversation": only that one.
audit:
	@bin/setup test
	@exec python -m bench.audit $(ARGS)

# The lock files anew, from requirements*.in, bin/*.in and package.json (needs uv on PATH).
LOCK := uv pip compile --quiet --universal --generate-hashes --no-emit-index-url --no-emit-find-links --custom-compile-command "make lock"
lock:
	$(LOCK) --python-version 3.12 --output-file requirements.txt requirements.in
	$(LOCK) --python-version 3.12 --output-file requirements-dev.txt requirements-dev.in
	$(LOCK) --python-version 3.9 --output-file bin/node.txt bin/node.in
	$(LOCK) --python-version 3.9 --output-file bin/uv.txt bin/uv.in
	npm install --package-lock-only
	cd bench/audit/lighthouse && npm install --package-lock-only --omit-lockfile-registry-resolved --ignore-scripts
