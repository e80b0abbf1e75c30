# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Each message that docs/troubleshooting.md and docs/fs-backend.md explain is one that the code writes.

A message is compared word by word with the strings of the sources. What a string inserts, such as ``{name}``, matches any
words; so does what the page leaves open: ``...``, numbers and words in capitals such as ``NAME``.
"""

from __future__ import annotations

import ast
import re
from functools import lru_cache
from typing import Iterator, Sequence

import pytest
import yaml

from ansible_collections.xenfleet.stubdom.tests.unit.helpers import ROOT

PAGES = ("troubleshooting.md", "fs-backend.md")
#: Lists of these pages whose messages come from Xen, from GRUB or from a guest.
FOREIGN = ("What `xl create` or `xm create` prints", "### The console does not show the kernel")
_ANY = ""
_OPEN = re.compile(r".*\.\.\..*|[^a-z]*\d[^a-z]*|[^a-z]*[A-Z][A-Z.\-0-9]*[^a-z]*|Xen'?s?")
# A word of a source that is inserted in full or in part.
_INSERTED = "\0"


def messages() -> list[str]:
    """Return the messages that the items of the pages' lists begin with."""
    found = []
    text = "\n\n".join((ROOT / "docs" / page).read_text(encoding="utf-8") for page in PAGES)
    for foreign in FOREIGN:
        assert foreign in text
    foreign_list = False
    for block in re.split(r"\n(?=- |\n|#)", text):
        stripped = block.strip()
        if stripped and not stripped.startswith("- "):
            foreign_list = stripped.startswith(FOREIGN)
        if not stripped.startswith("- `") or foreign_list:
            continue
        item = " ".join(stripped[2:].split())
        # The head ends at the first colon outside of a message.
        head = re.match(r"(?:`[^`]*`|[^`:])*", item)
        assert head and item[head.end() :].startswith(":"), f"no colon ends the messages of: {item}"
        found += [quote for quote in re.findall(r"`([^`]*)`", head[0]) if " " in quote]
    return found


@lru_cache(maxsize=None)
def sources() -> list[tuple[tuple[str, ...], frozenset[str]]]:
    """Return the words of each string of the plugins, the roles and the playbooks, in their order and as a set."""
    found: list[list[str]] = []
    for path in sorted((ROOT / "plugins").rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.JoinedStr):
                parts = [str(part.value) if isinstance(part, ast.Constant) else _INSERTED for part in node.values]
                found.append("".join(parts).split())
            elif isinstance(node, ast.Constant) and isinstance(node.value, str):
                found.append(re.sub(r"%[sdr]|\{\w*\}", _INSERTED, node.value).split())
    for path in [*(ROOT / "roles").rglob("*.yml"), *(ROOT / "playbooks").rglob("*.yml")]:
        for document in yaml.safe_load_all(path.read_text(encoding="utf-8")):
            found += [re.sub(r"\{\{.*?\}\}", _INSERTED, text).split() for text in _texts(document)]
    for path in [path for path in (ROOT / "roles").rglob("files/**/*") if path.is_file()]:
        lines = path.read_text(encoding="utf-8", errors="replace").splitlines()
        # What a shell inserts.
        found += [re.sub(r"\$[*\w]+|\$\{\w+\}", _INSERTED, line).split() for line in lines]
    # A documentation is a long string; its lines are no messages.
    unique = {tuple(map(_bare, words)) for words in found if 0 < len(words) < 200}
    return [(words, frozenset(words)) for words in sorted(unique)]


def _texts(data: object) -> Iterator[str]:
    if isinstance(data, str):
        yield data
    elif isinstance(data, dict):
        for value in data.values():
            yield from _texts(value)
    elif isinstance(data, list):
        for value in data:
            yield from _texts(value)


def words_of(message: str) -> list[str]:
    """Return the words of a message, with _ANY for what the page leaves open."""
    return [_ANY if _OPEN.fullmatch(word) else word for word in message.split()]


def matches(message: list[str], source: Sequence[str]) -> int:
    """Return how many words of the message the source has itself, or -1 where the source has no such text.

    ``best[i]`` is that number for the first i words of the message, with the words of the source read so far.
    """
    best = [0] + [-1] * len(message)
    result = -1
    for word in ["", *map(_bare, source)]:
        # What the source inserts can be any words of the message, or none.
        inserted = _INSERTED in word
        following = [0] + [-1] * len(message)
        for index in range(1, len(message) + 1):
            wanted = message[index - 1]
            options = [-1]
            if wanted == _ANY:
                # It can be any words of the source, or none.
                options += [best[index], best[index - 1], following[index - 1]]
            elif word and _bare(wanted) == word and best[index - 1] >= 0:
                options.append(best[index - 1] + 1)
            if inserted:
                options += [best[index - 1], following[index - 1], best[index]]
            following[index] = max(options)
        best = following
        result = max(result, best[-1])
    return result


def _bare(word: str) -> str:
    return word.strip(",;:.()'\"") or word


def _in_one_string(words: list[str]) -> bool:
    """Whether a string of the sources has the words, with half of them or more as they are."""
    literal = {_bare(word) for word in words if word != _ANY}
    needed = (sum(word != _ANY for word in words) + 1) // 2
    return any(
        len(literal & present) * 2 >= len(literal) and matches(words, source) >= max(1, needed)
        for source, present in sources()
    )


def written(message: str) -> bool:
    """Whether the sources have the message in one string, or its beginning in one and its end in another."""
    words = words_of(message)
    return _in_one_string(words) or any(
        _in_one_string(words[:split]) and _in_one_string(words[split:]) for split in range(2, len(words) - 2)
    )


def messages_of_settings() -> list[str]:
    """Return the messages in the table of docs/guests.md about settings."""
    text = (ROOT / "docs" / "guests.md").read_text(encoding="utf-8")
    rows = re.findall(r"(?m)^\| [^|]+ \| (`[^|]+) \|$", text[text.index("| found | message |") :].split("\n\n")[0])
    return [quote for row in rows for quote in re.findall(r"`([^`]*)`", row)]


def whole_messages() -> list[str]:
    """Return reason and remedy of each message that a page shows as a whole, without the place and the value before."""
    found = []
    for page in sorted((ROOT / "docs").glob("*.md")):
        for fence in re.findall(r"(?ms)^```\n(.*?)^```$", page.read_text(encoding="utf-8")):
            line = " ".join(fence.split())
            if " Remedy: " in line:
                reason, remedy = line.split(" Remedy: ")
                # The end of the place: a value in quotes, or a name with a colon.
                reason = re.sub(r"^.*' ?: |^(\[WARNING\]: )?[\w -]+: ", "", reason)
                found += [re.sub(r" \(Xen [\d.]+\)", "", reason), remedy]
    return found


@pytest.mark.parametrize("message", messages() + messages_of_settings() + whole_messages())
def test_a_message_of_the_page_is_one_of_the_code(message: str) -> None:
    assert written(message), f"no source has a message such as: {message}"


@pytest.mark.parametrize(
    ("message", "source", "expected"),
    [
        ("is missing", "is missing", 2),
        ("is outside 8 to 16", "is outside \0 to \0", 3),
        ("its domain is crashed", "its domain is \0", 3),
        ("goes with method: ..., not with ...", "goes with \0, not with \0", 4),
        ("... is no file", "the image is no file", 3),
        ("is not there", "is there", -1),
        ("is there now", "is there", -1),
    ],
)
def test_words_are_compared_in_their_order(message: str, source: str, expected: int) -> None:
    assert matches(words_of(message), source.split()) == expected


def test_a_message_that_nothing_writes_is_found() -> None:
    assert not written("the moon is not made of cheese today")
