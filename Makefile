# Copyright: (c) 2026, xenfleet contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# `make` lists the targets. Everything that is made lies in .build, .venv and .venv-2.18; only Debian packages and
# ansible-test's own cache (~/.ansible/test) lie elsewhere.

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
CORE ?= 2.19
RUN = $(PYTHON) tests/run --xen $(XEN) --core $(CORE)

.PHONY: help setup packages tree collections lint sanity unit molecule test demo coverage clean

help: ## this list
	@grep -hE '^[a-z]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z]+):.*## /  \1\t/' | expand -t 16
	@echo
	@echo "  XEN=4.20        Xen of the host that molecule and test talk to (default 4.17)"
	@echo "  CORE=2.18       ansible-core of the molecule scenarios (default 2.19); sanity and unit run under both"
	@echo "  PARTS='a b'     for test: only these parts; tests/run --list names them"

setup: packages .venv/stamp .venv-2.18/stamp ## install what is missing: Debian packages, Python environments

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

tree: ## copy the checkout to where Ansible looks for collections (.build/tree)
	@$(PYTHON) tests/run --prepare tree

collections: setup ## build the collection and install it into .build/collections
	@$(PYTHON) tests/run --prepare collections

lint sanity unit: setup
	@$(RUN) $@

lint: ## style, types, the oldest Python, the changelog, the package
sanity: ## ansible-test sanity under both cores
unit: ## all tests that need no Xen host, under both cores and every Python found

molecule: setup ## the scenarios, on a real Xen host in QEMU
	@$(RUN) $@

test: setup ## everything
	@$(RUN) $(PARTS)

demo: collections ## deploy.yml on a real Xen host in QEMU, to watch
	@examples/run-demo

coverage: setup tree ## how much of the plugins the unit tests run
	@.venv/bin/coverage run -m pytest -q tests/unit
	@.venv/bin/coverage report

clean: ## remove all that make made in the checkout
	rm -rf .build .venv .venv-2.18
