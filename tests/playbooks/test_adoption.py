# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A guest that an operator has started from a file of his own is adopted by deploy.yml, and runs on."""

from __future__ import annotations

import json
import os
from pathlib import Path

from deployment import Site

BY_HAND = """\
# The operator's own file.
on_crash='destroy'
vcpus=1
kernel='{folder}/vmlinuz'
type="pv"; name="guest0"
disk=['file:{folder}/guest0.img,xvda,w']
memory="0x80"
"""


def test_a_guest_started_by_hand_runs_on_and_a_second_run_changes_nothing(tmp_path: Path, core: str) -> None:
    site = Site(tmp_path, core, 1)
    inventory = json.loads(site.inventory.read_text())
    inventory["xen_hosts"]["hosts"]["host1"]["stubdom_guests"][0] |= {"restart": "on_change", "autostart": False}
    site.inventory.write_text(json.dumps(inventory))
    file = tmp_path / "xen" / "guest0.cfg"
    file.write_text(BY_HAND.format(folder=tmp_path))
    os.utime(file, (1_000_000_000, 1_000_000_000))
    assert site.fake_xen.run("xl", "create", "-q", str(file)).returncode == 0
    domid = site.fake_xen.domains()["guest0"]["domid"]
    site.fake_xen.forget_calls()
    adopt = ("-e", '{"guests_adopt": true}')
    checked = site.deploy("--check", "--diff", *adopt)
    assert checked.changed == 0
    before = file.read_bytes()
    ran = site.deploy(*adopt)
    assert ran.changed == 0
    assert (file.read_bytes(), sorted(path.name for path in file.parent.glob("guest0*"))) == (before, ["guest0.cfg"])
    assert site.fake_xen.mutating_calls() == []
    assert len(site.fake_xen.calls("create -n")) == 2 * 2  # the new text and the old one, in each of the two runs
    for text in (checked.text, ran.text):
        assert "was not written by this collection; it means the same and stays as it is" in text
    site.fake_xen.forget_calls()
    assert site.deploy().changed == 0, "the record of the adoption is enough"
    assert site.fake_xen.calls("create -n") == []
    assert site.fake_xen.domains()["guest0"]["domid"] == domid

    # Another comment is no reason for anything; another meaning is refused, and so is the rest of that guest.
    file.write_text(file.read_text().replace("# The operator's own file.", "# The file of an operator."))
    assert site.deploy().changed == 0
    file.write_text(file.read_text().replace("0x80", "0x40"))
    refused = site.run()
    assert refused.returncode == 2
    assert "no longer means the same as the definition (memory)" in refused.stdout
    assert site.fake_xen.domains()["guest0"]["domid"] == domid

    # Another definition replaces the file.
    file.write_text(file.read_text().replace("0x40", "0x80"))
    inventory["xen_hosts"]["hosts"]["host1"]["stubdom_guests"][0] |= {"memory": 64}
    site.inventory.write_text(json.dumps(inventory))
    assert site.deploy().changed > 0
    assert (tmp_path / "xen" / "guest0.cfg.orig").read_text().startswith("# The file of an operator.")
    assert site.fake_xen.domains()["guest0"]["domid"] != domid
    assert site.deploy().changed == 0
