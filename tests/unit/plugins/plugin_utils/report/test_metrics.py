# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The metrics of a fleet's status, read back by Prometheus' own parser."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.xenfleet.stubdom.plugins.plugin_utils.report import metrics, status
from invented import TIME, Host, fleet

parser = pytest.importorskip("prometheus_client.parser", reason="make setup installs the parser")

Found = dict[str, dict[tuple[str, ...], float]]


def read(model: dict[str, Any]) -> Found:
    """Return the values of each metric by its labels."""
    text = metrics.status_metrics(model)
    found: Found = {}
    for family in parser.text_string_to_metric_families(text):
        assert family.type == "gauge"
        assert family.documentation.endswith(".")
        assert {sample.name for sample in family.samples} <= {family.name}
        found[family.name] = {tuple(sample.labels.values()): sample.value for sample in family.samples}
        assert len(found[family.name]) == len(family.samples)
    return found


def test_the_invented_fleet() -> None:
    model = status.model(fleet(), TIME)
    found = read(model)
    assert found["xenfleet_status_timestamp_seconds"] == {(): 1795413600}
    assert found["xenfleet_host_seen"] == {("xen1",): 1, ("xen2",): 1, ("xen3",): 0}
    assert found["xenfleet_host_problems"] == {("xen1",): 0, ("xen2",): 3, ("xen3",): 1}
    assert found["xenfleet_host_guests"]["xen2", "crashed"] == 1
    assert found["xenfleet_host_guests"]["xen1", "crashed"] == 0
    sums = {"problems": "problems", "stale_guests": "stale", "pending_guests": "pending", "unknown_guests": "unknown",
            "dom0_guests": "in_dom0", "foreign_domains": "foreign", "guests": "guests"}
    for name, key in sums.items():
        assert sum(found[f"xenfleet_host_{name}"].values()) == model["summary"][key], name


@given(st.text(), st.text())
def test_any_name_is_read_back(host: str, state: str) -> None:
    model = status.model({host: Host().guest("web1", state=state).facts()}, TIME)
    (name,) = (about["name"] for about in model["hosts"])
    found = read(model)
    assert list(found["xenfleet_host_seen"]) == [(name,)]
    assert found["xenfleet_host_guests"][name, model["guests"][0]["state"]] == 1


def test_no_hosts() -> None:
    assert read(status.model({}, TIME))["xenfleet_host_seen"] == {}
