# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The status of a fleet as one HTML page that needs nothing else. Runs on the controller, which has jinja2.

Whatever a host says is text: the template escapes it, and the page's own rules (Content-Security-Policy) let no script
run but the one that the template has, and nothing be loaded.
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
    """The page of a model, which it also holds as JSON."""
    environment = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    # The order of the model is the one that a person reads.
    environment.policies["json.dumps_kwargs"] = {"sort_keys": False}
    environment.filters.update(marks=marks, definition_words=definition_words, source_of=_source_of)
    page = environment.from_string(_TEMPLATE.read_text(encoding="utf-8")).render(model=model, by_host=by_host(model))
    return f"{page}\n"


def _source_of(text: str) -> str:
    """How Content-Security-Policy names a script, or a style, that stands in the page."""
    return "'sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode() + "'"
