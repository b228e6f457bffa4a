# Two commands show everything: `make demo` and `make test`. The rest is for daily work.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
JOBS ?= 2
# How many mutants of each exercise `make test` tries.
SAMPLE ?= 10

.PHONY: install demo test test-equal lint lab release audit clean

install: $(VENV)/.installed

# The stamp is renewed where what is to be installed has changed.
$(VENV)/.installed: pyproject.toml constraints.txt
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --upgrade pip
	$(BIN)/python -m pip install --quiet --constraint constraints.txt --editable '.[tools,dev]'
	touch $@

demo: install
	$(BIN)/course demo

# Everything: lint, types, generated files in step, the tests, hostile submissions, every cohort inside and outside the
# learner's process, and an audit of every exercise (SAMPLE= for the whole of it). What waits for another thread sleeps:
# waiting in loops, two processes take from each other what the two cores have.
test: export OMP_WAIT_POLICY = PASSIVE
test: install lint
	$(BIN)/course build --check
	$(BIN)/python -m pytest --numprocesses $(JOBS) --dist worksteal
	$(BIN)/python -m pytest --numprocesses $(JOBS) --dist loadfile -m long tests/attacks tests/verdict
	$(BIN)/course audit --jobs $(JOBS) $(if $(SAMPLE),--sample $(SAMPLE))

# nbgrader's own executor on every topic, cohort and notebook that nbgrader ships, beside ours: an hour and a half.
test-equal: install
	$(BIN)/python -m pytest --numprocesses $(JOBS) -m long tests/grading/test_equal.py

lint: install
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

audit: install
	$(BIN)/course audit --jobs $(JOBS)

lab: install
	$(BIN)/course build
	$(BIN)/jupyter lab $(if $(filter 0,$(shell id -u)),--allow-root)

release: install
	$(BIN)/course release

clean:
	rm -rf demo feedback reports submitted downloaded gradebook.db* .nbgrader.log source/*/*.ipynb
	find autograded -mindepth 1 -not -name .gitkeep -delete
	find . -name __pycache__ -not -path './$(VENV)/*' -prune -exec rm -rf {} +
