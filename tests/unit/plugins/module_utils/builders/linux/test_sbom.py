# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The list of an image's parts."""

from __future__ import annotations

import json
import re

from ansible_collections.xenfleet.stubdom.plugins.module_utils.builders.linux.sbom import Part, make_sbom

PARTS = [
    Part("qemu-system-xen", "1:7.2+dfsg-7+b3", "amd64", "qemu", "1:7.2+dfsg-7"),
    Part("libc6", "2.36-9~deb12", "amd64", "glibc", "2.36-9~deb12"),
]

MADE = {"qemu-stubdom-linux-rootfs": "2" * 64, "qemu-stubdom-linux-kernel": "3" * 64}

FILES = {"overlay:/usr/lib/é x.so": "0" * 64, "init_script": "1" * 64}


def test_the_list_of_parts() -> None:
    made = make_sbom("qemu-stubdom-linux", MADE, "bookworm", PARTS, FILES)
    assert (made["bomFormat"], made["specVersion"], made["version"]) == ("CycloneDX", "1.5", 1)
    image = made["metadata"]["component"]
    assert (image["name"], image["type"]) == ("qemu-stubdom-linux", "firmware")
    assert [(file["name"], file["hashes"][0]["content"]) for file in image["components"]] == sorted(MADE.items())
    assert [(part["type"], part["name"], part.get("purl", "")) for part in made["components"]] == [
        ("library", "libc6", "pkg:deb/debian/libc6@2.36-9~deb12?arch=amd64&distro=bookworm"),
        (
            "application",
            "qemu-system-xen",
            "pkg:deb/debian/qemu-system-xen@1:7.2%2Bdfsg-7%2Bb3?arch=amd64&distro=bookworm",
        ),
        ("file", "init_script", ""),
        ("file", "overlay:/usr/lib/é x.so", ""),
    ]
    assert made["components"][1]["properties"] == [
        {"name": "xenfleet:source-package:name", "value": "qemu"},
        {"name": "xenfleet:source-package:version", "value": "1:7.2+dfsg-7"},
    ]
    assert made["components"][2]["hashes"] == [{"alg": "SHA-256", "content": "1" * 64}]


def test_the_list_of_parts_is_one_as_cyclonedx_has_it() -> None:
    """The rules of the schema of CycloneDX 1.5 that concern what is used of it."""
    made = make_sbom("qemu-stubdom-linux", MADE, "bookworm", PARTS, FILES)
    assert set(made) <= {"$schema", "bomFormat", "specVersion", "serialNumber", "version", "metadata", "components"}
    kinds = (
        "application framework library container platform operating-system device device-driver firmware file".split()
    )
    image = made["metadata"]["component"]
    parts = [image, *image["components"], *made["components"]]
    for part in parts:
        assert set(part) <= {"type", "bom-ref", "name", "version", "purl", "hashes", "properties", "components"}
        assert part["type"] in kinds
        assert part["name"]
        for found in part.get("hashes", []):
            assert found["alg"] == "SHA-256" and re.fullmatch(r"[a-fA-F0-9]{64}", found["content"])
        for found in part.get("properties", []):
            assert set(found) == {"name", "value"} and all(isinstance(value, str) for value in found.values())
    references = [part["bom-ref"] for part in parts]
    assert len(references) == len(set(references))


def backwards(files: dict[str, str]) -> dict[str, str]:
    return dict(reversed(list(files.items())))


def test_the_list_of_parts_does_not_depend_on_their_order() -> None:
    one, two = (
        make_sbom("a", made, "b", parts, files)
        for made, parts, files in ((MADE, PARTS, FILES), (backwards(MADE), PARTS[::-1], backwards(FILES)))
    )
    assert json.dumps(one) == json.dumps(two)
