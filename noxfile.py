# Copyright: (c) 2026, xenfleet contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Sessions for all that needs no Xen host: `.venv/bin/nox --list`. `make check` and `make test` run them by tests/run.

The sessions install nothing: their tools are those of .venv, which requirements-dev.txt pins. Arguments after `--` go to
pytest and ansible-test: `.venv/bin/nox -s unit -- -k memory`, `.venv/bin/nox -s sanity -- --test compile`.
"""

import os
import shutil
import sys
from pathlib import Path

import nox

ROOT = Path(__file__).resolve().parent
sys.path.insert(0, str(ROOT / "tests"))

from runner import ansible_test
from runner.places import (
    BUILD,
    CHECKOUT_COPY,
    CORES,
    JUNIT,
    LINKS,
    NEWEST,
    OWN_PYTHON,
    PYTHONS,
    environment,
    other_pythons,
)

# nox looks there for the programs of its sessions.
os.environ["PATH"] = environment()["PATH"]
nox.needs_version = ">=2026.10"
nox.options.default_venv_backend = "none"
nox.options.sessions = ["lint", "types", "unit"]

# What runs under the oldest Python of a Xen host, and the tests that do (session units-3.8), so that a word of a newer one is
# found at once.
ON_XEN_HOSTS = [
    "plugins/modules", "plugins/module_utils", "tests/unit/plugins/modules", "tests/unit/plugins/module_utils",
    *sorted(str(path.relative_to(ROOT)) for path in (ROOT / "tests" / "unit").glob("*.py")),
]
# What each linter is called with, and what it prints when it has looked at something: one that finds no file passes too.
LINTERS = {
    "ruff": (["ruff", "check", "--no-cache", "--verbose", "."], "Checked "),
    # As ansible-test counts them; of ruff these rules are a preview.
    "blank-lines": (["ruff", "check", "--no-cache", "--verbose", "--preview", "--select", "E301,E302,E303,E305,E306", "."], "Checked "),
    "yamllint": (["sh", "-c", "yamllint --strict . && yamllint --list-files ."], "galaxy.yml"),
    "ansible-lint": (["ansible-lint", "--offline", "--profile=production", "-v"], "Passed: 0 failure(s)"),
    "vermin": (["vermin", "--target=3.8-", "--violations", "--no-parse-comments", *ON_XEN_HOSTS], "Minimum required versions"),
    "changelog": (["sh", "-c", "antsibull-changelog lint && ls changelogs/config.yaml"], "changelogs/config.yaml"),
    "package": (["python3", "-m", "runner.package"], "ansible-doc shows all"),
}
# The tests' own programs and helpers, in the folders where they find each other. Two files named conftest cannot be
# checked at once.
HELPERS = ["contract", "fake_xen", "guards", "hvm_guest", "interruption", "lab", "playbooks", "publish", "status_page", "tools", "unit",
           "xen_parser", "xl_offline"]
CHECKED = ["lab/xenlab", "runner", "contract", "fake_xen", "guards", "hvm_guest", "interruption", "playbooks", "publish", "status_page", "tools",
           "xen_parser", "xl_offline"]
MYPY = {
    "plugins": (["--package", "ansible_collections.xenfleet.stubdom.plugins"], str(LINKS)),
    "tests": (["--exclude", "conftest", "noxfile.py", *(f"tests/{name}" for name in CHECKED)],
              ":".join([str(LINKS), "tests", *(f"tests/{name}" for name in HELPERS)])),
}
SANITY = ["validate-modules", "import", "compile", "pylint", "pep8", "ansible-doc", "action-plugin-docs", "ignores"]
# Tests that need nothing of the machine, and those that need what the session is named by.
PYTEST = {
    "unit": ["tests/unit", "tests/guards", "tests/lab/tests", "tests/bench"],
    "xen-parser": ["tests/xen_parser"],
    "xl-offline": ["tests/xl_offline"],
    "fake-xen": ["tests/fake_xen"],
    "status-page": ["tests/status_page"],
    "hvm-guest": ["tests/hvm_guest"],
    "publish": ["tests/publish"],
    "interruption-fake-hosts": ["tests/interruption/test_fake_hosts.py"],
}


def run(session: nox.Session, *command: str, core: str = NEWEST, says: tuple[str, ...] = (), **variables: str) -> None:
    """Run a tool, and fail when it never prints what it prints about its work."""
    output = session.run(*command, env=environment(core) | variables, include_outer_env=False, silent=True)
    session.log(output)
    missing = [words for words in says if words not in str(output)]
    if missing:
        session.error(f"never printed: {', '.join(missing)}")


def run_pytest(session: nox.Session, *folders: str, core: str = NEWEST) -> None:
    """Run tests on all processors. Each process gets them in their order, which tests/unit/conftest.py makes."""
    results = JUNIT / session.name / "pytest.xml"
    session.run("pytest", "-q", "-n", "auto", "--dist", "load", f"--junitxml={results}", *(session.posargs or folders),
                env=environment(core) | {"XENFLEET_CORE": core}, include_outer_env=False)


@nox.session
@nox.parametrize("linter", [nox.param(name, id=name) for name in LINTERS])
def lint(session: nox.Session, linter: str) -> None:
    """Check style, likely bugs, the oldest Python of Xen hosts, the changelog and the package that users get."""
    command, words = LINTERS[linter]
    run(session, *command, says=(words,), PYTHONPATH="tests" if linter == "package" else "")


@nox.session
@nox.parametrize("part", [nox.param(name, id=name) for name in MYPY])
def types(session: nox.Session, part: str) -> None:
    """Check types, strictly: all plugins, the lab, the runner."""
    what, path = MYPY[part]
    run(session, "mypy", *what, says=("source files",), MYPYPATH=path, MYPY_CACHE_DIR=str(BUILD / f"mypy-{part}"))


def tests(name: str, folders: list[str], core: str = NEWEST) -> None:
    """Define a session of pytest."""
    @nox.session(name=name)
    def session(session: nox.Session) -> None:
        run_pytest(session, *folders, core=core)


for _name, _folders in PYTEST.items():
    tests(_name, _folders)
for _core in CORES:
    tests("playbooks" if _core == NEWEST else f"playbooks-{_core}", ["tests/playbooks"], _core)


def sanity_tests(session: nox.Session, core: str) -> None:
    """Run ansible-test sanity in the copy; it makes an environment for each of its tests. Compile and import are for
    every Python from 3.8 on that is found."""
    ansible_test.prepare()
    words = () if session.posargs else tuple(f'Running sanity test "{name}"' for name in SANITY)
    # Left again at the end: the copy is made anew by the next of these functions.
    with session.chdir(CHECKOUT_COPY):
        run(session, str(CORES[core] / "bin" / "ansible-test"), "sanity", "--local", "--color", "no", "-v",
            *session.posargs, core=core, says=words)


def unit_tests(session: nox.Session, python: str, core: str) -> None:
    """Run the unit tests under one Python by ansible-test: each in a process of its own, in which module_utils and
    modules see only what a Xen host has of Ansible."""
    ansible_test.prepare()
    try:
        with session.chdir(CHECKOUT_COPY):
            session.run(str(CORES[core] / "bin" / "ansible-test"), "units", "--venv", "--requirements", "--color", "no",
                        "--python", python, *session.posargs, env=environment(core), include_outer_env=False)
    finally:
        for file in ansible_test.RESULTS.glob(f"python{python}-*units.xml"):
            (JUNIT / session.name).mkdir(parents=True, exist_ok=True)
            shutil.copy(file, JUNIT / session.name)


@nox.session
def sanity(session: nox.Session) -> None:
    """Run ansible-test sanity under the newest core."""
    sanity_tests(session, NEWEST)


@nox.session(name="core-2.18")
def older_core(session: nox.Session) -> None:
    """Run ansible-test sanity and units under the older core."""
    sanity_tests(session, "2.18")
    unit_tests(session, OWN_PYTHON, "2.18")


def units(python: str) -> None:
    """Define the session of one Python that Xen hosts have."""
    @nox.session(name=f"units-{python}")
    def session(session: nox.Session) -> None:
        if python != OWN_PYTHON and python not in other_pythons():
            session.skip(f"no python{python} here")
        unit_tests(session, python, NEWEST)


for _python in PYTHONS:
    units(_python)
