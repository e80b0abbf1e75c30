# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Write definitions as the YAML that an operator reads and keeps."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Any

import yaml

from ...module_utils.common.secrets import secrets_in, without_secrets
from .fleet import ImportedGuest
from .printable import printable

MARK = "# Written by xenfleet.stubdom.import"
# Longer mappings and lists are written below their key.
_LINE = 100
# YAML reads these without quotes as numbers: to the base of 60, and in its version 1.2.
_NUMBER = re.compile(
    r"[-+]?(?=\.?[0-9])[0-9_]*(\.[0-9_]*)?([eE][-+]?[0-9]+)?|0[xob][0-9a-fA-F]+|[0-9]+(:[0-9a-fA-F]+)+"
)
_MAC = re.compile(r"[0-9a-fA-F]{2}(:[0-9a-fA-F]{2}){5}")
# What Ansible would evaluate, on the controller.
_TEMPLATE = re.compile(r"\{[{%#]")


class _Dumper(yaml.SafeDumper):
    """Write short mappings and lists in one line, and quotes only where a text would not stay a text."""

    def ignore_aliases(self, _data: Any) -> bool:
        """Write a value that occurs twice twice."""
        return True

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:  # noqa: ARG002
        """Indent the items of a list below its key."""
        super().increase_indent(flow, False)


def _represent_text(dumper: Any, text: str) -> Any:
    if _TEMPLATE.search(text):
        return dumper.represent_scalar("!unsafe", text, style='"')
    is_plain = dumper.resolve(yaml.ScalarNode, text, (True, False)) == "tag:yaml.org,2002:str"
    is_plain = is_plain and text.isprintable() and not _NUMBER.fullmatch(text) and not _MAC.fullmatch(text)
    # Only in double quotes a line end is written as an escape, so that a text stays in its line, and stays what it is.
    style = None if is_plain else '"'
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=style)


def _represent_mapping(dumper: Any, data: dict[str, Any]) -> Any:
    return dumper.represent_mapping("tag:yaml.org,2002:map", data, flow_style=_fits(data.values(), data))


def _represent_list(dumper: Any, data: list[Any]) -> Any:
    return dumper.represent_sequence("tag:yaml.org,2002:seq", data, flow_style=_fits(data, data))


_Dumper.add_representer(str, _represent_text)
_Dumper.add_representer(dict, _represent_mapping)
_Dumper.add_representer(list, _represent_list)


def _fits(items: Iterable[Any], whole: Any) -> bool:
    """Return whether the value fits into a line, and holds no mappings."""
    parts = [part for item in items for part in (item if isinstance(item, list) else [item])]
    return not any(isinstance(part, (dict, list)) for part in parts) and len(repr(whole)) <= _LINE


def host_vars_text(host: str, guests: Sequence[ImportedGuest]) -> str:
    """Return the text of a host's file: definitions that are used, and those that are not as comments with the reasons."""
    used = [guest for guest in guests if not guest.reasons]
    lines = [*_head(host, used), "---"]
    blocks = [_used(guest) for guest in used]
    lines += ["stubdom_guests:" if used else "stubdom_guests: []"]
    lines += [line for number, block in enumerate(blocks) for line in ([""] if number else []) + block]
    for guest in guests:
        if guest.reasons:
            lines += ["", *_unused(guest)]
    return "\n".join(lines) + "\n"


def _head(host: str, used: Sequence[ImportedGuest]) -> list[str]:
    lines = [f"{MARK}: the guests that host {printable(host)} had by hand."]
    if any(secret for guest in used for secret in secrets_in(guest.definition)):
        lines += [
            "# It has passwords in clear text: encrypt them with ansible-vault encrypt_string, or the whole file with",
            "# ansible-vault encrypt, before it leaves this machine.",
        ]
    return lines


def _used(guest: ImportedGuest) -> list[str]:
    lines = [f"  # {printable(guest.path)}"]
    lines += [f"  #   {printable(note)}" for note in guest.notes]
    return lines + [f"  {line}" for line in _yaml(guest.definition)]


def _unused(guest: ImportedGuest) -> list[str]:
    lines = [f"  # {printable(guest.path)}: guest {printable(guest.name)} is not used, because:"]
    lines += [f"  #   {printable(reason)}" for reason in guest.reasons]
    lines += [f"  #   {printable(note)}" for note in guest.notes]
    return lines + [f"  # {printable(line)}" for line in _yaml(_without_passwords(guest.definition))]


def _without_passwords(definition: dict[str, Any]) -> dict[str, Any]:
    """Return the definition for a comment, in which ansible-vault could not encrypt a password."""
    found: dict[str, Any] = without_secrets(definition)
    return found


def _yaml(definition: dict[str, Any]) -> list[str]:
    text = yaml.dump(
        [definition], Dumper=_Dumper, sort_keys=False, default_flow_style=False, allow_unicode=True, width=10**6
    )
    return text.splitlines()
