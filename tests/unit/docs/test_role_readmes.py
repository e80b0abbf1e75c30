# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The tables of variables in the READMEs of the roles are those of meta/argument_specs.yml."""

from __future__ import annotations

import pytest

from ansible_collections.xenfleet.stubdom.tests.tools import role_readmes


def test_the_readmes_have_the_tables_of_the_argument_specs() -> None:
    pytest.importorskip("aar_doc", reason="a tool of requirements-dev.txt")
    assert role_readmes.main(["--check"]) == 0, "run tests/tools/role_readmes.py"


def test_each_role_has_a_table() -> None:
    readmes = sorted(role_readmes.ROOT.glob("roles/*/README.md"))
    roles = sorted(path.parents[1] for path in role_readmes.ROOT.glob("roles/*/meta/argument_specs.yml"))
    assert roles and [path.parent for path in readmes] == roles
    for path in readmes:
        assert path.read_text(encoding="utf-8").count("<!-- BEGIN_ANSIBLE_DOCS -->\n") == 1, path
