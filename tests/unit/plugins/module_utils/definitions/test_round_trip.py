# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A definition becomes a file, and the file a definition that becomes the same file again."""

from __future__ import annotations

from random import Random
from typing import Any, Mapping

from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from ansible_collections.xenfleet.stubdom.plugins.module_utils.definitions.definition import draft_of
from ansible_collections.xenfleet.stubdom.plugins.module_utils.guest.model import read_guest
from ansible_collections.xenfleet.stubdom.plugins.module_utils.schemes.render import render_guest
from ansible_collections.xenfleet.stubdom.plugins.module_utils.xen.facts import Facts
from ansible_collections.xenfleet.stubdom.plugins.module_utils.xencfg import read_xl, read_xm
from ansible_collections.xenfleet.stubdom.plugins.module_utils.xencfg.config_text import config_text
from ansible_collections.xenfleet.stubdom.plugins.module_utils.xencfg.values import Document
from ansible_collections.xenfleet.stubdom.tests.unit.guest_maker import HOSTS, Maker, hostile

many = settings(deadline=None, database=None, derandomize=True, suppress_health_check=list(HealthCheck))
# What a scheme writes by itself, and a file by hand does without: no definition of it writes the same text.
OF_SCHEMES = ("paired", "generated")


def document(toolstack: str, text: str) -> Document:
    return read_xl.read(text) if toolstack == "xl" else read_xm.read(text)


def plain(values: Mapping[str, Any]) -> dict[str, Any]:
    """The values without those that mean what their absence means."""
    same = {"extra": "", "vncunused": "1", "maxvcpus": values["vcpus"], "maxmem": values["memory"]}
    return {key: value for key, value in values.items() if key not in same or value != same[key]}


@st.composite
def hosts_and_definitions(draw: st.DrawFn) -> tuple[Facts, dict[str, Any]]:
    toolstack = draw(st.sampled_from(["xl", "xl", "xl", "xm"]))
    scheme, facts = draw(st.sampled_from([host for host in HOSTS[toolstack] if host[0] not in OF_SCHEMES]))
    strings = draw(st.lists(st.one_of(st.sampled_from(["a b", "1", "x"]), hostile), min_size=1, max_size=3))
    definition = Maker((scheme, facts), Random(draw(st.integers(0, 2**62))), strings).definition()
    # Keys that no release reads: an import leaves them out.
    definition.pop("extra_settings", None)
    return facts, definition


@settings(many, max_examples=400)
@given(hosts_and_definitions())
def test_the_file_of_a_definition_becomes_the_same_file_again(made: tuple[Facts, dict[str, Any]]) -> None:
    facts, definition = made
    guest = read_guest(definition).guest
    assume(guest)
    assert guest
    rendered = render_guest(guest, facts)
    assume(not rendered.problems)
    values = rendered.files[0].values
    before = document(facts.toolstack, config_text(facts.toolstack, values))
    draft = draft_of(before, facts, guest.name)
    if draft.unsaid:
        # Nothing is lost without a word: a definition that cannot say all of its file says so.
        assert all(remark.key or remark.reason for remark in draft.unsaid)
        return
    assert draft.own_file, draft.definition
    after = document(facts.toolstack, config_text(facts.toolstack, draft.own_file.values))
    assert plain(after.values) == plain(before.values), (draft.definition, definition)


@settings(many, max_examples=200)
@given(st.dictionaries(st.from_regex(r"[a-z][a-z_]{0,8}", fullmatch=True), st.one_of(hostile, st.integers(-9, 2**40), st.lists(hostile)), max_size=5))
def test_no_file_breaks_the_reader(values: dict[str, Any]) -> None:
    for facts in (HOSTS["xl"][0][1], HOSTS["xm"][0][1]):
        plain = {key: str(value) if isinstance(value, int) else value for key, value in values.items()}
        draft = draft_of(Document({"name": "a", "kernel": "/k", **plain}, []), facts, "a")
        assert draft.own_file or draft.unsaid
