# Two commands do everything: `make grade` and `make test`. Both set up .venv first.

PYTHON ?= python3
SUBMISSION ?= solutions
VENV := .venv
BIN := $(VENV)/bin

.PHONY: grade test coverage workflow notebooks own-course documented figures reference exercise cluster stubs samples sunday audit hostile fuzz benchmark picture clean

grade: $(VENV)/graded
	@$(BIN)/grader grade $(SUBMISSION) $(OPTIONS)

test: $(VENV)/tested
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/grader stubs --check
	$(BIN)/python -m pytest
	@echo "make test: lint, types, stubs and tests passed"

# The students' and the instructor's workflow, run by act; the requests of a sweep against GitHub's own description, from
# npm; and the bundle for Classroom 50, which installs everything anew: a quarter of an hour.
workflow: $(VENV)/tested
	$(BIN)/python -m pytest tests/grader/test_workflow.py tests/grader/test_sweep.py tests/grader/test_release.py -m full

# A course of an instructor's own, from the data she edits to the score: a minute or two.
own-course: $(VENV)/tested
	$(BIN)/python -m pytest tests/grader/test_own_course.py -m "full or not full"

# A class on a Dask cluster: workers that die, a caller that is killed, certificates.
cluster: $(VENV)/tested
	$(BIN)/python -m pytest tests/grader/test_cluster.py -m "full or not full"

# Three notebooks on their way through nbgrader, and its formgrader in a browser: some minutes.
notebooks: $(VENV)/tested
	$(BIN)/python -m pytest tests/grader/test_assignment.py tests/grader/test_formgrader.py -m full

# Every command of the documentation, in its order; what they print is build/documented.md. LONG=--long runs the long ones.
documented: $(VENV)/tested
	$(BIN)/python -m tests.documented $(LONG)

# What an exercise still lacks, by NAME; docs/adding-an-exercise.md has the steps.
exercise: $(VENV)/tested
	$(BIN)/python -m pytest tests/grader/test_exercises.py -m "full or not full" -k "$(NAME)" -p no:randomly -q

# Every sample, right and wrong, graded in full: about an hour. SEEDS=10 repeats the right ones, and the networks that
# must not forecast well enough.
SEEDS ?= 1
samples: $(VENV)/tested
	$(BIN)/python -m pytest tests/grader/test_samples.py -m full --seeds $(SEEDS) -v

# A class of right, wrong, hostile and unwritten modules, graded in peace and killed ten times: hours for 200.
STUDENTS ?= 200
sunday: $(VENV)/tested
	$(BIN)/python -m pytest tests/grader/test_sunday.py -m full --students $(STUDENTS) -s

# Every known mistake and every automatic mutant of the solutions against the hidden suite: an hour or two, and it goes
# on where it was stopped. The outcome is build/audit/audit.md.
audit: $(VENV)/tested
	$(BIN)/grader audit $(OPTIONS)

# Every row of the catalogue of threats on every rung, as this user and as one without rights: half an hour each. The
# tables are build/hostile.md and build/hostile-user.md.
hostile: $(VENV)/tested
	$(BIN)/python -m pytest tests/grader/test_hostile.py -m "full or not full"

hostile-user: $(VENV)/tested
	$(BIN)/python -m tests.grader.ordinary_user $(BIN)/python -m pytest tests/grader/test_hostile.py -p no:cacheprovider \
		-m "full or not full" -k "a_hostile_submission"

# Hostile frames, and a tenth as many hostile models, in the judge's own backend: about half an hour for 20000.
INPUTS ?= 2000
fuzz: $(VENV)/tested
	KERAS_BACKEND=jax $(BIN)/python -m pytest tests/grader/test_fuzz.py --inputs $(INPUTS) -s

stubs: $(VENV)/graded
	$(BIN)/grader stubs

$(VENV)/graded: pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "make: Python 3.11 or newer is needed; name one by PYTHON=...")'
	@test -d $(VENV) || $(PYTHON) -m venv $(VENV)
	@echo "make: setting up $(VENV) (TensorFlow is a large download; only the first time)"
	@$(BIN)/python -m pip install --quiet --constraint constraints.txt --editable '.[instructor]'
	@touch $@

$(VENV)/tested: $(VENV)/graded
	@$(BIN)/python -m pip install --quiet --constraint constraints.txt --editable '.[develop]'
	@touch $@

# Which lines and branches of grader/ the tests leave out, as build/coverage.txt: half an hour.
coverage: $(VENV)/tested
	$(BIN)/python -m tests.coverage

# How fast it is on this machine, as ratios; an hour. PARTS="cold desk" measures these alone.
benchmark: $(VENV)/tested
	$(BIN)/python -m tests.benchmarks $(PARTS)

# tests/hidden/reference.json, from the solutions: what the picture of a class is held against.
reference: $(VENV)/tested
	$(BIN)/python -m tests.reference

# docs/figures.md, from what the commands above have left in build/.
figures: $(VENV)/tested
	$(BIN)/python -m tests.figures

# The picture in the README: a submission with one mistake and one exercise that is not written yet.
picture: $(VENV)/graded
	mkdir -p build/ana
	cp solutions/*.py build/ana
	cat tests/hidden/misconceptions/windowing/make_windows.horizon_ignored.py >> build/ana/windowing.py
	cat tests/hidden/misconceptions/lstm/lstm_forward.gates_in_order_of_slides.py >> build/ana/lstm.py
	cp exercises/beyond.py build/ana
	$(BIN)/grader grade build/ana --suite hidden --view student --lang en --seed 7 --svg .github/report.svg

clean:
	rm -rf $(VENV) build .mypy_cache .ruff_cache .pytest_cache
