# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a validation without problems says."""

from __future__ import annotations

from ansible_collections.xenfleet.stubdom.plugins.plugin_utils.report.validation import validation_text

NOTHING = {"guests": 5, "pvgrub2_archs": [], "linux_suites": [], "minios_builds": []}


def test_all_that_is_to_be_built_is_named() -> None:
    builds = [{"release": "3.4", "targets": ["ioemu", "fs_back"], "tree": "/srv/xen"}]
    found = {**NOTHING, "pvgrub2_archs": ["x86_32", "x86_64"], "linux_suites": ["bookworm"], "minios_builds": builds}
    assert validation_text(3, found) == (
        "Valid: 3 hosts, 5 guests. To build, where not built yet: PV-GRUB2 (x86_32, x86_64), Linux stub domain (bookworm), "
        "mini-OS (3.4: ioemu fs_back)."
    )


def test_nothing_to_build() -> None:
    assert validation_text(1, NOTHING) == "Valid: 1 host, 5 guests. Nothing is to be built."
