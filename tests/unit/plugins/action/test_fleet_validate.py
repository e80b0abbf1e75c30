# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The action plugin of fleet_validate: what it reads of the inventory, what it refuses to read, and what it returns."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from ansible_collections.xenfleet.stubdom.plugins.module_utils.fleet import validation
from ansible_collections.xenfleet.stubdom.plugins.module_utils.fleet.run_variables import DEPLOYMENT
from ansible_collections.xenfleet.stubdom.tests.unit.helpers import definition

# Nothing of the controller's Ansible is imported before the first test runs: see tests/unit/conftest.py.


def run(hosts: dict[str, dict[str, Any]], args: dict[str, Any]) -> dict[str, Any]:
    """Return the result of the action."""
    from ansible.parsing.dataloader import DataLoader

    from ansible_collections.xenfleet.stubdom.plugins.action.fleet_validate import ActionModule

    task = SimpleNamespace(args=dict(args), check_mode=False, async_val=0, diff=False)
    action = ActionModule(task, SimpleNamespace(_shell=SimpleNamespace(tmpdir=None)), SimpleNamespace(), DataLoader(), None, None)
    action._load_name = "xenfleet.stubdom.fleet_validate"
    hostvars = SimpleNamespace(raw_get=hosts.__getitem__, address="10.0.7.1")
    result: dict[str, Any] = action.run(None, {"groups": {"xen_hosts": list(hosts)}, "hostvars": hostvars})
    return result


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """Return what the fleet is checked by: the dictionary is filled by a run."""
    options: dict[str, Any] = {}

    def check(given: dict[str, Any], _is_file: Any) -> dict[str, Any]:
        options.update(given)
        return {"notes": []}

    monkeypatch.setattr(validation, "check", check)
    return options


def template(text: str) -> Any:
    """Return text as an inventory has it: ansible-core 2.19 evaluates only what comes from a trusted source."""
    try:
        from ansible.template import trust_as_template
    except ImportError:
        return text
    return trust_as_template(text)


def refusal(hosts: dict[str, dict[str, Any]], args: dict[str, Any]) -> str:
    from ansible.errors import AnsibleActionFail

    with pytest.raises(AnsibleActionFail) as caught:
        run(hosts, args)
    return str(caught.value.message)


def test_variables_of_a_group_become_options_and_a_host_may_lack_them(asked: dict[str, Any]) -> None:
    hosts: dict[str, dict[str, Any]] = {
        "xen1": {"size": 256, "stubdom_guests": [{"name": "web1", "memory": template("{{ size }}")}]},
        "xen2": {"stubdom_host": {"release": "4.17"}, "stubdom_hooks": {}, "stubdom_image_url": template("http://{{ peer }}"),
                 "peer": template("{{ hostvars.address }}")},
        "xen3": {},
    }
    run(hosts, {"group": "xen_hosts", "serial": 2})
    assert asked == {
        "group": "xen_hosts", "hosts": {"xen1": [{"name": "web1", "memory": 256}]}, "declared": {"xen2": {"release": "4.17"}},
        "hooks": {"xen2": {}}, "image_urls": {"xen2": "http://10.0.7.1"}, "serial": 2, "max_fail_percentage": 0, "sources": {}}


def test_options_that_are_given_replace_what_is_read(asked: dict[str, Any]) -> None:
    run({"xen1": {"stubdom_guests": [{}]}}, {"group": "xen_hosts", "hosts": {}})
    assert asked["hosts"] == {}
    run({}, {"hosts": {"xen1": []}})
    assert asked["hosts"] == {"xen1": []}
    run({}, {"hosts": '{"xen1": []}'})
    assert asked["hosts"] == {"xen1": []}


def test_values_are_plain_as_a_module_gets_them(asked: dict[str, Any]) -> None:
    class Text(str):
        """As Ansible has kinds of its own."""

    class Encrypted:
        """As a value of ansible-vault is no string before it is read."""

        def __str__(self) -> str:
            return "not-for-logs"

    guest = {Text("name"): Text("web1"), "memory": 7, "display": {"password": Encrypted()}, "boot": {1: None}}
    run({}, {"hosts": {"xen1": (guest,)}})
    (found,) = asked["hosts"]["xen1"]
    assert found == {"name": "web1", "memory": 7, "display": {"password": "not-for-logs"}, "boot": {"1": None}}
    assert {type(key) for key in found} == {str} == {type(found["name"])}


def test_the_result_is_that_of_the_check() -> None:
    hosts = {"xen1": {"stubdom_guests": [definition()]}}
    found = run(hosts, {"group": "xen_hosts"})
    assert {key: found[key] for key in ("changed", "guests", "problems", "warnings")} == {
        "changed": False, "guests": 1, "problems": [], "warnings": []}
    assert found["placement"]["hosts"]["xen1"]["running"] == ["web1"]
    # A release that nothing is built of is a note, which is a warning, too.
    found = run(hosts, {"group": "xen_hosts", "sources": {"4.8": {"tree": "/xen"}}})
    assert found["warnings"] == found["notes"] and "nothing is built of 4.8" in found["notes"][0]


def test_a_problem_fails_the_task_and_no_password_is_in_the_result() -> None:
    guest = definition(memory="many", disks=[{"target": "rbd:pool/a:id=x:key=not-for-logs", "vdev": "xvda"}])
    found = run({"xen1": {"stubdom_guests": [guest]}}, {"group": "xen_hosts"})
    assert found["failed"] is True
    assert found["msg"].startswith("host xen1: guest web1: memory = 'many': ") and "Remedy: " in found["msg"]
    assert "placement" not in found and "not-for-logs" not in repr(found)


@pytest.mark.parametrize("args, message", [
    ({}, "one of the following is required: hosts, group"),
    ({"hosts": {}, "host": {}}, "Unsupported parameters for (xenfleet.stubdom.fleet_validate) module: host."),
    ({"hosts": 7}, "argument 'hosts' is of type "),
    ({"hosts": {}, "hooks": "x"}, "dictionary requested, could not parse JSON or key=value"),
])
def test_wrong_options(args: dict[str, Any], message: str) -> None:
    assert message in refusal({}, args)


@pytest.mark.parametrize("name", ["stubdom_guests", "stubdom_host", "stubdom_hooks", "stubdom_image_url"])
@pytest.mark.parametrize("text", ["{{ nowhere }}", "{{ nowhere + [] }}", "{{ [nowhere] }}"])
def test_a_variable_that_cannot_be_evaluated_is_not_none(name: str, text: str) -> None:
    for value in (template(text), [{"name": template(text)}]):
        message = refusal({"xen1": {}, "xen2": {name: value}}, {"group": "xen_hosts"})
        assert message.startswith(f"host xen2: {name}: cannot be evaluated: ")
        assert "nowhere" in message
        assert message.endswith(". Remedy: correct the inventory.")


def test_a_group_that_is_not_there() -> None:
    assert refusal({}, {"group": "dom0s"}) == (
        "group = 'dom0s': the inventory has no such group. Remedy: name the group of the Xen hosts: -e stubdom_hosts=GROUP.")
    assert refusal({}, {"group": "xen_hosts"}) == (
        "group = 'xen_hosts': has no hosts. Remedy: name the group of the Xen hosts: -e stubdom_hosts=GROUP.")


@pytest.mark.parametrize("name, value", [(name, "x") for name in DEPLOYMENT] + [("stubdom_hosts", "xen_hosts")])
def test_a_variable_of_the_run_that_all_hosts_have(asked: dict[str, Any], name: str, value: str) -> None:
    run({"xen1": {name: value}, "xen2": {name: template(f"{{{{ '{value}' }}}}")}}, {"group": "xen_hosts", "serial": 2})
    assert asked["serial"] == 2


@pytest.mark.parametrize("name", DEPLOYMENT)
def test_a_variable_of_the_run_that_some_hosts_have(name: str) -> None:
    message = refusal({"xen1": {}, "xen2": {name: "x"}}, {"group": "xen_hosts"})
    assert message.startswith(f"{name}: is one for the whole run, and the hosts differ: not set (xen1); 'x' (xen2). Remedy: ")


def test_the_group_is_not_chosen_in_the_inventory(monkeypatch: pytest.MonkeyPatch, asked: dict[str, Any]) -> None:
    import importlib

    hosts = {"xen1": {}, "xen2": {"stubdom_hosts": "dom0s"}}
    message = refusal(hosts, {"group": "xen_hosts"})
    assert message.startswith("stubdom_hosts = 'dom0s': must be an extra variable, and the inventory has it for xen2. Remedy: ")
    place = importlib.import_module("ansible_collections.xenfleet.stubdom.plugins.plugin_utils.inventory.run_variables")
    monkeypatch.setattr(place, "load_extra_vars", lambda _loader: {"stubdom_hosts": "dom0s"})
    run(hosts, {"group": "xen_hosts", "hosts": {}})
    assert {name: asked[name] for name in ("hosts", "declared", "hooks", "image_urls")} == {
        "hosts": {}, "declared": {}, "hooks": {}, "image_urls": {}}
