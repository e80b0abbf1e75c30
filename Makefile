# Copyright: (c) 2026, xenfleet contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# `make` lists the targets. What is made lies in .build and .venv*. Elsewhere are Debian packages, the hosts of
# the lab (~/.cache/xenfleet-lab), the images that were built (~/.cache/xenfleet), and the cache of ansible-test
# (~/.ansible/test): all checkouts of a user share them.

SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DELETE_ON_ERROR:
.DEFAULT_GOAL := help

# Debian 12's own Python, whatever else is first on PATH.
PYTHON := /usr/bin/python3
CORE_2_18 := ansible-core==2.18.19
# What the tests need of Debian: a browser for the status page, the packers and GRUB that images are made with, a compiler,
# the environments, ansible-test's shellcheck, Xen's parser. The lab names its own.
PACKAGES := chromium cpio gcc git grub-xen-bin libc6-dev libxenmisc4.17 python3-venv shellcheck squashfs-tools

XEN ?= 4.17
RUN = $(PYTHON) tests/run --xen $(XEN)
# Python, ansible and pytest find the collection by its name below .build/links: in the checkout itself.
LINK := .build/links/ansible_collections/xenfleet/stubdom

.PHONY: help setup packages link check test test-all package release demo collections coverage clean

help: ## this list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /  \1\t/' | expand -t 16
	@echo
	@echo "  XEN=4.20        Xen of the host that test talks to: 4.14, 4.17 (default), 4.20"
	@echo "  MINIOS_DIST=DIR XEND_DIST=DIR   for test-all: an installed Xen with mini-OS stub domains and xl, or xend"
	@echo "  PARTS='a b'     for test and test-all: only these parts or groups; tests/run --list names them"

setup: packages .venv/stamp .venv-2.18/stamp link ## install what is missing: Debian packages, Python environments

packages:
	@wanted="$(PACKAGES) $$(if [ -x tests/lab/lab ]; then $(PYTHON) tests/lab/lab deps; fi)"; \
	missing=$$(for name in $$wanted; do \
	  dpkg-query -W -f '$${db:Status-Status}' "$$name" 2>/dev/null | grep -qx installed || echo "$$name"; done); \
	if [ -n "$$missing" ]; then \
	  echo "installing" $$missing; apt-get update -q; \
	  DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends $$missing; fi

# The packages come first: without python3-venv there is no environment.
.venv/stamp: requirements-dev.txt | packages
	rm -rf $(@D)
	$(PYTHON) -m venv $(@D)
	$(@D)/bin/pip install --quiet --disable-pip-version-check --requirement requirements-dev.txt
	touch $@

.venv-2.18/stamp: Makefile | packages
	rm -rf $(@D)
	$(PYTHON) -m venv $(@D)
	$(@D)/bin/pip install --quiet --disable-pip-version-check $(CORE_2_18)
	touch $@

.venv-publish/stamp: requirements-publish.txt | packages
	rm -rf $(@D)
	$(PYTHON) -m venv $(@D)
	$(@D)/bin/pip install --quiet --disable-pip-version-check --requirement requirements-publish.txt
	touch $@

link:
	@mkdir -p $(dir $(LINK))
	@ln -sfn ../../../.. $(LINK)

check: setup ## linters, types, unit tests (4 minutes)
	@$(RUN) check

test: setup ## what CI runs: check, sanity, playbooks, one Xen host in QEMU (25 minutes)
	@$(RUN) $(or $(PARTS),test)

test-all: setup .venv-publish/stamp ## everything: other Pythons and cores, a second Xen, three hosts, interrupted runs (hours)
	@$(RUN) $(or $(PARTS),all)

collections: setup
	@$(PYTHON) tests/run --install

package: .venv-publish/stamp ## the archive as it is published, with the guides of the documentation site
	@.venv-publish/bin/python tests/tools/package.py

release: setup .venv-publish/stamp ## VERSION=0.2.0: a branch with version and changelog, and the archive; see CONTRIBUTING.md
	@.venv-publish/bin/python tests/tools/release.py "$(VERSION)"

demo: collections ## deploy.yml on a real Xen host in QEMU, to watch
	@examples/run-demo

coverage: setup ## how much of the plugins the unit tests run
	@.venv/bin/coverage run -m pytest -q tests/unit
	@.venv/bin/coverage report

clean: ## remove all that make made in the checkout
	rm -rf .build .venv .venv-2.18 .venv-publish
