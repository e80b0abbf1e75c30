# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The YAML that an operator gets: what it says, and that nothing of a host can become more than a text in it."""

from __future__ import annotations

from typing import Any

import pytest

yaml = pytest.importorskip("yaml")

from ansible_collections.xenfleet.stubdom.plugins.plugin_utils.host_vars.fleet import ImportedGuest
from ansible_collections.xenfleet.stubdom.plugins.plugin_utils.host_vars.yaml_text import host_vars_text


class Loader(yaml.SafeLoader):  # type: ignore[misc]
    """Knows the tag by which Ansible leaves a text alone."""


Loader.add_constructor("!unsafe", lambda loader, node: ("unsafe", loader.construct_scalar(node)))


def imported(definition: dict[str, Any], **changes: Any) -> ImportedGuest:
    whole = {"name": "a", "type": "pv", "memory": 64, **definition}
    return ImportedGuest("xen1", whole["name"], f"/etc/xen/{whole['name']}.cfg", whole, **changes)


def loaded(*guests: ImportedGuest) -> Any:
    return yaml.load(host_vars_text("xen1", guests), Loader=Loader)["stubdom_guests"]


def test_the_whole_file() -> None:
    web = imported({
        "name": "web1", "boot": {"method": "direct", "kernel": "/boot/vmlinuz", "expect": ""},
        "disks": [{"target": "/dev/vg0/web1", "vdev": "xvda"}], "vifs": [{"mac": "00:16:3e:00:00:01", "bridge": "br0"}],
        "settings": {"on_crash": "preserve", "cpus": "0-1"},
    }, notes=["/etc/xen/web1.cfg:9: dhcp: xl does not read this key; left out"])  # fmt: skip
    db = imported({"name": "db1", "type": "hvm", "display": {"type": "vnc", "passwd": "secret"}, "state": "defined"})
    odd = imported({"name": "odd", "boot": {"method": "direct", "kernel": "./k"}}, reasons=["/etc/xen/odd.cfg:2: kernel: is not an absolute path"])
    assert host_vars_text("xen1", [web, odd, db]) == """\
# Written by xenfleet.stubdom.import: the guests that host xen1 had by hand.
# It has passwords in clear text: encrypt them with ansible-vault encrypt_string, or the whole file with
# ansible-vault encrypt, before it leaves this machine.
---
stubdom_guests:
  # /etc/xen/web1.cfg
  #   /etc/xen/web1.cfg:9: dhcp: xl does not read this key; left out
  - name: web1
    type: pv
    memory: 64
    boot: {method: direct, kernel: /boot/vmlinuz, expect: ""}
    disks:
      - {target: /dev/vg0/web1, vdev: xvda}
    vifs:
      - {mac: "00:16:3e:00:00:01", bridge: br0}
    settings: {on_crash: preserve, cpus: 0-1}

  # /etc/xen/db1.cfg
  - name: db1
    type: hvm
    memory: 64
    display: {type: vnc, passwd: secret}
    state: defined

  # /etc/xen/odd.cfg: guest odd is not used, because:
  #   /etc/xen/odd.cfg:2: kernel: is not an absolute path
  # - name: odd
  #   type: pv
  #   memory: 64
  #   boot: {method: direct, kernel: ./k}
"""


@pytest.mark.parametrize(
    "value",
    [
        "on", "Yes", "no", "null", "~", "true", "0x10", "1e3", "1.5", "1_000", "010", "0b1", "12:34:56", "52:54:00:12:34:56", "2024-01-01",
        "", " ", "a: b", "a #b", "- a", "*a", "&a", "!a", "%a", "@a", "`a", "{a", "[a", "'a", '"a', "a\nb", "a\tb", "?", "=", "<<",
        "é", "中", "a'b\"c", "---", "...", "|", ">", "\\", "a\x7fb", "1", 1, 0, -5, True, False, ["1", 1, "on"],
    ],
)  # fmt: skip
def test_a_value_keeps_its_type(value: Any) -> None:
    (guest,) = loaded(imported({"settings": {"k": value}}))
    assert (guest["settings"]["k"], type(guest["settings"]["k"])) == (value, type(value))


@pytest.mark.parametrize("text", ["1e3", "0o17", "12:34:56", "00:16:3e:00:00:01", "1.5", ".5", "0x1F"])
def test_what_another_reader_of_yaml_takes_for_a_number_is_in_quotes(text: str) -> None:
    assert f'k: "{text}"' in host_vars_text("xen1", [imported({"settings": {"k": text}})])


@pytest.mark.parametrize("text", ["192.0.2.1", "0-1", "/dev/vg0/a", "/dev/sda1", "root=/dev/xvda ro", "block-iscsi"])
def test_what_needs_no_quotes_has_none(text: str) -> None:
    assert f"k: {text}" in host_vars_text("xen1", [imported({"settings": {"k": text}})])


@pytest.mark.parametrize("text", ["{{ lookup('pipe', 'id') }}", "a{% raw %}", "{# a #}"])
def test_what_ansible_would_evaluate_is_marked(text: str) -> None:
    (guest,) = loaded(imported({"boot": {"cmdline": text}}))
    assert guest["boot"]["cmdline"] == ("unsafe", text)


HOSTILE = "x\n- name: evil\r\n\x85evil\u2028evil: 1\x1b[0m"


@pytest.mark.parametrize("text", ["a\nb", "\u2028", "a\x85b", "\u2029 x", "\r", "\ufeff", "a\tb", "\n", " "])
def test_a_text_stays_in_its_line_and_as_it_is(text: str) -> None:
    guest = imported({"name": "web1", "boot": {"method": "direct", "kernel": "/k", "cmdline": text}})
    assert loaded(guest) == [guest.definition]
    whole = host_vars_text("xen1", [guest])
    assert len(whole.split("\n")) == len(whole.splitlines()) + 1


def test_nothing_of_a_host_leaves_its_comment() -> None:
    odd = imported({"name": HOSTILE, "disks": [{"target": HOSTILE}]}, reasons=[HOSTILE], notes=[HOSTILE])
    odd.path = HOSTILE
    fine = imported({}, notes=[HOSTILE])
    fine.path = HOSTILE
    text = host_vars_text(HOSTILE, [odd, fine])
    assert yaml.load(text, Loader=Loader) == {"stubdom_guests": [{"name": "a", "type": "pv", "memory": 64}]}
    assert "\x1b" not in text


def test_no_password_is_in_a_comment() -> None:
    text = host_vars_text("xen1", [imported({"display": {"passwd": "secret"}, "settings": {"vfb": ["vncpasswd=hidden"]}}, reasons=["x"])])
    assert "secret" not in text and "hidden" not in text
    assert "clear text" not in text


def test_a_host_without_a_guest_that_is_used() -> None:
    assert loaded(imported({}, reasons=["x"])) == []
