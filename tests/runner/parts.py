# Copyright: (c) 2026, xenfleet contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The parts of the tests, in the order in which they run. To add one, add it here."""

import os
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from shutil import which

from .places import (
    BUILD,
    CHECKOUT_COPY,
    LAB_INVENTORIES,
    LAB_INVENTORY,
    OTHER_PYTHONS,
    OWN_PYTHON,
    ROOT,
    SYSTEM_PATH,
    other_pythons,
)

JUNIT = BUILD / "junit"
ANSIBLE_TEST_JUNIT = CHECKOUT_COPY / "tests" / "output" / "junit"


@dataclass(frozen=True)
class Part:
    """One command that passes or fails."""

    name: str
    group: str  # lint, sanity, unit or molecule: the make target that runs it
    command: Sequence[str]
    needs: Sequence[str] = ()  # patterns in the checkout's copy; one that matches nothing fails the part
    says: Sequence[str] = ()  # what a run that did something has printed
    results: tuple[Path, str] | None = None  # folder and pattern of JUnit files: their tests are counted one by one
    core: str = "2.19"
    cwd: Path = CHECKOUT_COPY
    on_host: bool = False  # needs the lab's Xen host, which such parts use one after the other
    hosts: Sequence[str] = ()  # needs hosts of the lab for itself, of these names
    alone: bool = False  # of these no two run at once: ansible-test keeps its results in one folder
    skip: str = ""  # why it cannot run on this machine
    asked: bool = False  # runs only when it, or its group, is asked for by name
    env: dict[str, str] = field(default_factory=dict)
    limit: float = 30 * 60.0  # seconds; a part that hangs must not hang everything

    @property
    def inventory(self) -> Path:
        """That of the lab's hosts which it talks to."""
        return LAB_INVENTORIES / f"{self.name}.yml" if self.hosts else LAB_INVENTORY


def lint() -> list[Part]:
    """Fast, and without a run of anything."""
    plugins = ["plugins/modules", "plugins/module_utils"]
    typed = ["tests/lab/xenlab", "tests/runner"]
    plugins_of = "ansible_collections.xenfleet.stubdom.plugins"
    utils = [word for folder in ("module_utils", "plugin_utils") for word in ("--package", f"{plugins_of}.{folder}")]
    module_utils, modules = "plugins/module_utils/*.py", "plugins/modules/*.py"
    return [
        Part("ruff", "lint", ["ruff", "check", "--no-cache", "."], needs=[modules, module_utils]),
        Part("mypy-utils", "lint", ["mypy", *utils], needs=[module_utils], says=["source files"],
             env={"MYPYPATH": str(BUILD / "tree"), "MYPY_CACHE_DIR": str(BUILD / "mypy")}),
        Part("mypy-tests", "lint", ["mypy", *typed], needs=[f"{name}/*.py" for name in typed], says=["source files"],
             env={"MYPYPATH": "tests:tests/lab", "MYPY_CACHE_DIR": str(BUILD / "mypy-tests")}),
        Part("vermin", "lint", ["vermin", "--target=3.8-", "--violations", "--no-parse-comments", *plugins],
             needs=[modules, module_utils], says=["Minimum required versions"]),
        Part("yamllint", "lint", ["yamllint", "--strict", "."], needs=["galaxy.yml"]),
        Part("ansible-lint", "lint", ["ansible-lint", "--offline", "--profile=production", "-v"],
             needs=["roles/*/tasks/main.yml", "playbooks/*.yml"], says=["Passed: 0 failure(s)"]),
        Part("changelog", "lint", ["antsibull-changelog", "lint"], needs=["changelogs/config.yaml"]),
        Part("package", "lint", ["python3", "-m", "runner.package"], needs=["galaxy.yml"], cwd=ROOT / "tests"),
    ]


def sanity(core: str) -> Part:
    """ansible-test sanity; it makes its own environments, one for each of its tests."""
    ran = ["validate-modules", "import", "compile", "pylint", "pep8", "ansible-doc", "action-plugin-docs", "ignores"]
    return Part(f"sanity-{core}", "sanity", ["ansible-test", "sanity", "--local", "--color", "no", "-v"], core=core, alone=True,
                needs=["plugins/modules/*.py"], says=[f'Running sanity test "{name}"' for name in ran])


def units(name: str, python: str = OWN_PYTHON, core: str = "2.19", skip: str = "", asked: bool = False) -> Part:
    """The unit tests as ansible-test runs them: module_utils and modules see only what a Xen host has of Ansible."""
    command = ["ansible-test", "units", "--venv", "--requirements", "--color", "no", "--python", python]
    return Part(name, "unit", command, core=core, needs=["tests/unit/plugins/*/test_*.py"], skip=skip, asked=asked, alone=True,
                results=(ANSIBLE_TEST_JUNIT, f"python{python}-*units.xml"))


def pytest(name: str, folder: str) -> Part:
    """Tests that need no Ansible."""
    file = JUNIT / f"{name}.xml"
    return Part(name, "unit", ["pytest", "-q", f"--junitxml={file}", folder], needs=[f"{folder}/**/test_*.py"],
                results=(JUNIT, file.name))


def page() -> Part:
    """The status page in a browser."""
    file = JUNIT / "page.xml"
    return Part("page", "unit", ["pytest", "-q", f"--junitxml={file}", "tests/status_page"], cwd=ROOT,
                needs=["tests/status_page/test_*.py"], results=(JUNIT, file.name),
                skip="" if which("chromium", path=SYSTEM_PATH) else "no chromium here")


def scale() -> Part:
    """Guards, and playbooks against the fake Xen under every core: with pytest itself, as they need ansible-playbook."""
    file = JUNIT / "scale.xml"
    return Part("scale", "unit", ["pytest", "-q", f"--junitxml={file}", "tests/playbooks"], cwd=ROOT,
                needs=["tests/playbooks/test_*.py"], results=(JUNIT, file.name))


def contract() -> Part:
    """What the fake Xen and the host's own xl have to have in common; it leaves the host without guests and files."""
    file = JUNIT / "contract.xml"
    return Part("contract", "molecule", ["pytest", "-q", f"--junitxml={file}", "tests/contract"], cwd=ROOT,
                needs=["tests/contract/test_*.py"], results=(JUNIT, file.name), on_host=True,
                env={"XENFLEET_CONTRACT_HOST": "test"})


LONG = 90 * 60.0  # seconds, for parts that only run when somebody waits for them


def kill(name: str, file: str) -> Part:
    """Runs and power are cut on a host of its own, the runs for three quarters of an hour."""
    results = JUNIT / f"{name}.xml"
    return Part(name, "molecule", ["pytest", "-q", "-s", f"--junitxml={results}", file], cwd=ROOT, needs=[file],
                results=(JUNIT, results.name), hosts=("kill1",), asked=True, env={"XENFLEET_KILL_HOST": "kill1"},
                limit=LONG)


# Scenarios that have hosts for themselves. Any other one talks to the host that parts share.
OWN_HOSTS = {"fleet": ("fleet1", "fleet2", "fleet3")}
# Three emulated hosts on two processors take longer than all else together: there they are left to who asks for them.
PROCESSORS = 4


def molecule(core: str) -> list[Part]:
    """One part for each scenario."""
    names = [path.parent.name for path in sorted((ROOT / "extensions" / "molecule").glob("*/molecule.yml"))]
    if not names:
        return [Part("molecule", "molecule", ["false"], needs=["extensions/molecule/*/molecule.yml"], on_host=True)]
    return [Part(f"molecule-{name}", "molecule", ["molecule", "test", "--scenario-name", name], core=core,
                 cwd=ROOT, on_host=name not in OWN_HOSTS, hosts=OWN_HOSTS.get(name, ()),
                 limit=LONG if name in OWN_HOSTS else Part.limit,
                 asked=name in OWN_HOSTS and (os.cpu_count() or 1) < PROCESSORS) for name in names]


def all_parts(core: str) -> list[Part]:
    """What costs little first; what needs the host last, because the host takes minutes to boot."""
    found = other_pythons()
    # Minutes each: the oldest and the newest of a Xen host tell nearly all. Sanity compiles and imports under every one.
    oldest, newest = OTHER_PYTHONS[0], OTHER_PYTHONS[-1]
    others = [units(f"units-py{version}", version, core="2.18" if version == oldest else "2.19",
                    skip="" if version in found else f"no python{version} here",
                    asked=version not in (oldest, newest)) for version in OTHER_PYTHONS]
    return [
        *lint(),
        units("units"),
        pytest("parser", "tests/xen_parser"),
        pytest("fake", "tests/fake_xen"),
        pytest("lab-tools", "tests/lab/tests"),
        sanity("2.19"),
        units("units-2.18", core="2.18", asked=oldest in found),
        sanity("2.18"),
        *others,
        scale(),
        page(),
        *molecule(core),
        contract(),
        kill("kill", "tests/interruption/test_controller.py"),
        kill("kill-power", "tests/interruption/test_power.py"),
    ]
