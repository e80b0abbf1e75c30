# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The action plugin of fleet_validate: what it reads of the inventory, and what it refuses to read."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from ansible_collections.xenfleet.stubdom.plugins.module_utils.fleet.run_variables import DEPLOYMENT

# Nothing of the controller's Ansible is imported before the first test runs: see tests/unit/conftest.py.


def run(hosts: dict[str, dict[str, Any]], args: dict[str, Any]) -> dict[str, Any]:
    """Return the options that the module is run with."""
    from ansible.parsing.dataloader import DataLoader

    from ansible_collections.xenfleet.stubdom.plugins.action.fleet_validate import ActionModule

    task = SimpleNamespace(args=args, check_mode=False, async_val=0, diff=False)
    shell = SimpleNamespace(tmpdir=None)
    action = ActionModule(task, SimpleNamespace(_shell=shell), SimpleNamespace(), DataLoader(), None, None)
    action._execute_module = lambda _name, module_args, task_vars: {"options": module_args}
    hostvars = SimpleNamespace(raw_get=hosts.__getitem__, address="10.0.7.1")
    options: dict[str, Any] = action.run(None, {"groups": {"xen_hosts": list(hosts)}, "hostvars": hostvars})["options"]
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


def test_variables_of_a_group_become_options_and_a_host_may_lack_them() -> None:
    hosts: dict[str, dict[str, Any]] = {
        "xen1": {"size": 256, "stubdom_guests": [{"name": "web1", "memory": template("{{ size }}")}]},
        "xen2": {"stubdom_host": {"release": "4.17"}, "stubdom_hooks": {}, "stubdom_image_url": template("http://{{ peer }}"),
                 "peer": template("{{ hostvars.address }}")},
        "xen3": {},
    }
    assert run(hosts, {"group": "xen_hosts", "serial": 2}) == {
        "hosts": {"xen1": [{"name": "web1", "memory": 256}]}, "declared": {"xen2": {"release": "4.17"}},
        "hooks": {"xen2": {}}, "image_urls": {"xen2": "http://10.0.7.1"}, "serial": 2}


def test_options_that_are_given_replace_what_is_read() -> None:
    assert run({"xen1": {"stubdom_guests": [{}]}}, {"group": "xen_hosts", "hosts": {}})["hosts"] == {}
    assert run({}, {"hosts": {"xen1": []}}) == {"hosts": {"xen1": []}}


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
def test_a_variable_of_the_run_that_all_hosts_have(name: str, value: str) -> None:
    assert run({"xen1": {name: value}, "xen2": {name: template(f"{{{{ '{value}' }}}}")}}, {"group": "xen_hosts", "serial": 2})["serial"] == 2


@pytest.mark.parametrize("name", DEPLOYMENT)
def test_a_variable_of_the_run_that_some_hosts_have(name: str) -> None:
    message = refusal({"xen1": {}, "xen2": {name: "x"}}, {"group": "xen_hosts"})
    assert message.startswith(f"{name}: is one for the whole run, and the hosts differ: not set (xen1); 'x' (xen2). Remedy: ")


def test_the_group_is_not_chosen_in_the_inventory(monkeypatch: pytest.MonkeyPatch) -> None:
    import importlib

    hosts = {"xen1": {}, "xen2": {"stubdom_hosts": "dom0s"}}
    message = refusal(hosts, {"group": "xen_hosts"})
    assert message.startswith("stubdom_hosts = 'dom0s': must be an extra variable, and the inventory has it for xen2. Remedy: ")
    place = importlib.import_module("ansible_collections.xenfleet.stubdom.plugins.plugin_utils.inventory.run_variables")
    monkeypatch.setattr(place, "load_extra_vars", lambda _loader: {"stubdom_hosts": "dom0s"})
    assert run(hosts, {"group": "xen_hosts", "hosts": {}}) == {"hosts": {}, "declared": {}, "hooks": {}, "image_urls": {}}
