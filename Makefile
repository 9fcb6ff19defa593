# `make demo` and `make test` do everything on a machine with Python 3.11-3.13 and make.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
INSTALLED := $(VENV)/.installed
DEMO := demo

.PHONY: demo test quick lint docs plugin clean
.DELETE_ON_ERROR:

$(INSTALLED): pyproject.toml setup.cfg
	@$(PYTHON) -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' || \
	  { echo "Python 3.11, 3.12 or 3.13 is needed: make PYTHON=python3.12 ..."; exit 1; }
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[dev]'
	touch $@

demo: $(INSTALLED)
	$(BIN)/craters tile sample_tiles/rendered_scene.tif -o $(DEMO)/tiles --overwrite
	$(BIN)/craters detect $(DEMO)/tiles -o $(DEMO)/run --overwrite
	$(BIN)/craters export $(DEMO)/run $(DEMO)/craters.gpkg --overwrite
	$(BIN)/craters evaluate $(DEMO)/run sample_tiles/rendered_scene_craters.csv --min-diameter 0.8 --figures $(DEMO)/figures
	$(BIN)/craters plot map $(DEMO)/run $(DEMO)/craters.png
	$(BIN)/craters report $(DEMO)/run -o $(DEMO)/report.html --reference sample_tiles/rendered_scene_craters.csv --min-diameter 0.8 --overwrite
	@echo "GeoPackage for QGIS: $(DEMO)/craters.gpkg"
	@echo "picture:             $(DEMO)/craters.png"
	@echo "page for a browser:  $(DEMO)/report.html"

test: $(INSTALLED)
	$(BIN)/python -m pytest -n auto --dist loadfile

# Everything but the tests marked `slow`, on all cores.
quick: $(INSTALLED)
	$(BIN)/python -m pytest -m 'not slow' -n auto --dist loadfile

lint: $(INSTALLED)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

docs: $(INSTALLED)
	$(BIN)/mkdocs build --strict --site-dir build/site
	@echo "documentation: build/site/index.html"

# The plugin for QGIS; it needs no packages.
plugin:
	$(PYTHON) plugins/qgis/build_zip.py build/craters_qgis.zip
	@echo "plugin for QGIS: build/craters_qgis.zip"

clean:
	rm -rf $(DEMO) build *.egg-info .mypy_cache .pytest_cache .ruff_cache .hypothesis
