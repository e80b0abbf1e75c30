# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Write the list of an image's parts, in the form CycloneDX 1.5 (pure)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, Mapping

_PROPERTY = "xenfleet:source-package"


@dataclass(frozen=True)
class Part:
    """Describe a package that files of the image are of, and its source package, by whose name flaws are published."""

    name: str
    version: str
    arch: str
    source: str
    source_version: str


def make_sbom(
    image: str, made: Mapping[str, str], suite: str, parts: list[Part], files: Mapping[str, str]
) -> dict[str, Any]:
    """Return the document for an image, without a time and a number, so that the same parts give the same document.

    ``made`` has the sha256 of the files that the image consists of, by name, and ``files`` those of files in it that no
    package has. The image's version is left out, as it depends on the document itself.
    """
    subject = {"type": "firmware", "bom-ref": image, "name": image}
    return {
        "$schema": "http://cyclonedx.org/schema/bom-1.5.schema.json",
        "bomFormat": "CycloneDX",
        "specVersion": "1.5",
        "version": 1,
        "metadata": {"component": {**subject, "components": [_file(name, made[name]) for name in sorted(made)]}},
        "components": [_package(part, suite) for part in sorted(parts, key=lambda part: part.name)]
        + [_file(name, sha256) for name, sha256 in sorted(files.items())],
    }


def _package(part: Part, suite: str) -> dict[str, Any]:
    purl = f"pkg:deb/debian/{_quoted(part.name)}@{_quoted(part.version)}?arch={part.arch}&distro={_quoted(suite)}"
    return {
        "type": "library" if part.name.startswith("lib") else "application",
        "bom-ref": purl,
        "name": part.name,
        "version": part.version,
        "purl": purl,
        "properties": [
            {"name": f"{_PROPERTY}:name", "value": part.source},
            {"name": f"{_PROPERTY}:version", "value": part.source_version},
        ],
    }


def _file(name: str, sha256: str) -> dict[str, Any]:
    return {
        "type": "file",
        "bom-ref": f"file:{_quoted(name)}",
        "name": name,
        "hashes": [{"alg": "SHA-256", "content": sha256}],
    }


def _quoted(text: str) -> str:
    """Quote a text for a purl: all but letters, digits and . - _ ~ as %XX of its UTF-8; a colon stays.

    >>> _quoted("1:7.2+dfsg-7")
    '1:7.2%2Bdfsg-7'
    """
    raw = text.encode("utf-8", "surrogateescape")
    return re.sub(rb"[^A-Za-z0-9._~:-]", lambda found: b"%%%02X" % found.group()[0], raw).decode("ascii")
