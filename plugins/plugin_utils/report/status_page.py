# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Make one HTML page of the status of a fleet that needs no other file. Runs on the controller, which has jinja2.

Everything that a host reports is text: the template escapes it, and the page's Content-Security-Policy runs no script
but the one of the template, and loads nothing.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from jinja2 import Environment, StrictUndefined

from ansible_collections.xenfleet.stubdom.plugins.plugin_utils.report.status import by_host, definition_words, marks

_TEMPLATE = Path(__file__).with_name("status_page.html.j2")


def status_page(model: Mapping[str, Any]) -> str:
    """Return the page of a model, with the model itself as JSON."""
    environment = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    # Keep the order of the model, which is made for reading.
    environment.policies["json.dumps_kwargs"] = {"sort_keys": False}
    environment.filters.update(marks=marks, definition_words=definition_words, source_of=_source_of)
    page = environment.from_string(_TEMPLATE.read_text(encoding="utf-8")).render(model=model, by_host=by_host(model))
    return f"{page}\n"


def _source_of(text: str) -> str:
    """Return the name of an inline script or style in a Content-Security-Policy."""
    return "'sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode() + "'"
