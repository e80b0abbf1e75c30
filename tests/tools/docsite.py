# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Write the guides for the documentation site of the collection: docs/**/*.md as docs/docsite/rst and extra-docs.yml.

antsibull-docs reads RST and nothing else. The Markdown is the source; what this program writes is in the archive that
package.py builds, and not in the repository. README.md decides which guides there are, their order and
their sections: its tables of documents are read. A page in a folder follows the README.md of that folder.

The program runs in .venv-publish, which has pandoc.
"""

from __future__ import annotations

import argparse
import json
import re
import shutil
import sys
from pathlib import Path
from posixpath import normpath
from typing import Any

import pypandoc
import yaml

ROOT = Path(__file__).resolve().parents[2]
COLLECTION = "ansible_collections.xenfleet.stubdom"
HEADER = """\
.. Copyright: (c) 2026, xenfleet contributors
.. GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
.. SPDX-License-Identifier: GPL-3.0-or-later

"""


def label_of(page: str, anchor: str = "") -> str:
    """Return the label of a page below docs/, or of a heading in it. antsibull-docs requires this beginning."""
    name = page.removesuffix(".md").replace("/", ".").lower()
    return f"{COLLECTION}.docsite.{name}" + (f"--{anchor}" if anchor else "")


def text_of(inlines: list[Any]) -> str:
    """Return the words of a heading or a link without their form."""
    words = []
    for inline in inlines:
        kind, content = inline["t"], inline.get("c")
        if kind in ("Space", "SoftBreak", "LineBreak"):
            words.append(" ")
        elif kind == "Str":
            words.append(content)
        elif kind == "Code":
            words.append(content[1])
        elif kind in ("Link", "Image"):
            words.append(text_of(content[1]))
        elif kind == "Quoted":
            words.append(f'"{text_of(content[1])}"')
        else:
            words.append(text_of(content))
    return "".join(words)


def anchor_of(title: str) -> str:
    """Return the anchor of a heading, as the readers of Markdown make it."""
    return re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-")


class Page:
    """Convert one page. Its links lead to labels of the site, or to the repository where the site lacks their target."""

    def __init__(self, name: str, pages: set[str], repository: str) -> None:
        self._name = name
        self._pages = pages
        self._repository = repository
        self._anchors: dict[str, int] = {}

    def convert(self, text: str) -> str:
        """Return the page as RST."""
        tree = json.loads(pypandoc.convert_text(text, "json", format="gfm"))
        tree["blocks"] = self._walk(tree["blocks"])
        converted: str = pypandoc.convert_text(json.dumps(tree), "rst", format="json", extra_args=["--wrap=none"])
        return HEADER + converted

    def _walk(self, node: Any) -> Any:
        """Return a part of the tree as the site needs it."""
        if isinstance(node, list):
            # Comments, such as those around a generated table, are for those who edit the source.
            parts = [part for part in node if not (isinstance(part, dict) and part.get("t") in ("RawBlock", "RawInline"))]
            return [made for part in parts for made in self._replace(part)]
        return {key: self._walk(value) for key, value in node.items()} if isinstance(node, dict) else node

    def _replace(self, node: Any) -> list[Any]:
        """Return what stands in the place of one part."""
        kind = node.get("t") if isinstance(node, dict) else None
        if kind == "Header":
            level, _attributes, title = node["c"]
            label = label_of(self._name, "" if level == 1 else self._unique(anchor_of(text_of(title))))
            heading = {"t": "Header", "c": [level, ["", [], []], self._walk(title)]}
            return [{"t": "RawBlock", "c": ["rst", f".. _{label}:\n\n"]}, heading]
        if kind == "CodeBlock" and not node["c"][0][1]:
            # Otherwise the site takes it for YAML.
            return [{"t": "CodeBlock", "c": [["", ["text"], []], node["c"][1]]}]
        if kind == "Link":
            return [self._link(node)]
        if kind == "Image":
            attributes, words, (target, title) = node["c"]
            # The site takes RST only.
            return [{"t": "Image", "c": [attributes, words, [self._in_repository(self._resolve(target), "raw"), title]]}]
        return [self._walk(node)]

    def _unique(self, anchor: str) -> str:
        """Return the anchor, with a number from its second use on."""
        count = self._anchors[anchor] = self._anchors.get(anchor, -1) + 1
        return f"{anchor}-{count}" if count else anchor

    def _link(self, node: Any) -> Any:
        attributes, words, (target, title) = node["c"]
        if "://" in target:
            return node
        path, _mark, anchor = target.partition("#")
        file = self._resolve(path) if path else f"docs/{self._name}"
        label = self._label(file, anchor)
        if label:
            reference = f"{text_of(words)} <{label}>"
            return {"t": "Code", "c": [["", ["interpreted-text"], [["role", "ref"]]], reference]}
        url = self._in_repository(file, "tree" if (ROOT / file).is_dir() else "blob") + (f"#{anchor}" if anchor else "")
        return {"t": "Link", "c": [attributes, self._walk(words), [url, title]]}

    def _resolve(self, path: str) -> str:
        """Return the path that a link of this page means, from the top of the checkout."""
        return normpath(f"docs/{self._name}/../{path}")

    def _label(self, file: str, anchor: str) -> str:
        """Return the label of a file that the site has; "" for another one."""
        page = file.removeprefix("docs/")
        if page != file and page in self._pages:
            return label_of(page, anchor)
        found = re.fullmatch(r"plugins/(module|filter|inventory|callback)s?/(\w+)\.py", file)
        if found:
            return f"{COLLECTION}.{found.group(2)}_{found.group(1)}"
        found = re.fullmatch(r"roles/(\w+)/README\.md", file)
        return f"{COLLECTION}.{found.group(1)}_role" if found else ""

    def _in_repository(self, file: str, view: str) -> str:
        return f"{self._repository}/{view}/main/{file}"


def read_sections(readme: str, repository: str, pages: set[str]) -> dict[str, list[str]]:
    """Return the pages of each table of documents in README.md, by the title of its first column."""
    sections: dict[str, list[str]] = {}
    listed: set[str] = set()
    for table in re.findall(r"(?m)^\| [^|\n]+ \| \|\n\|---\|---\|\n(?:\|.*\n)+", readme):
        names = sections[table.split("|")[1].strip().capitalize()] = []
        for page in re.findall(rf"\]\({re.escape(repository)}/blob/main/docs/([\w/.-]+\.md)\)", table):
            folder = page.removesuffix("README.md")
            beside = sorted(name for name in pages if name.startswith(folder)) if folder != page else []
            for name in [page, *beside]:
                if name not in listed:
                    names.append(name)
                    listed.add(name)
    return sections


def write(root: Path, output: Path) -> list[str]:
    """Write the guides of the checkout `root` into `output`, the docs/docsite of a collection; return their names.

    Raise SystemExit for a page that README.md does not name.
    """
    repository = yaml.safe_load((root / "galaxy.yml").read_text(encoding="utf-8"))["repository"]
    docs = root / "docs"
    pages = {path.relative_to(docs).as_posix() for path in docs.rglob("*.md") if "docsite" not in path.parts}
    sections = read_sections((root / "README.md").read_text(encoding="utf-8"), repository, pages)
    listed = [page for names in sections.values() for page in names]
    if sorted(listed) != sorted(pages):
        difference = ", ".join(sorted(set(listed) ^ pages))
        raise SystemExit(f"README.md and docs/ differ: {difference}. Remedy: name each page once in the tables of README.md.")
    shutil.rmtree(output / "rst", ignore_errors=True)
    for name in listed:
        text = Page(name, pages, repository).convert((docs / name).read_text(encoding="utf-8"))
        file = (output / "rst" / name).with_suffix(".rst")
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
    index = {"sections": [{"title": title, "toctree": [name.removesuffix(".md") for name in names]}
                          for title, names in sections.items()]}
    (output / "extra-docs.yml").write_text("---\n" + yaml.safe_dump(index, sort_keys=False), encoding="utf-8")
    # Before the first release there is no changelog to show.
    changelog = yaml.safe_load((root / "changelogs" / "changelog.yaml").read_text(encoding="utf-8"))
    config = {"changelog": {"write_changelog": bool(changelog["releases"])}}
    (output / "config.yml").write_text("---\n" + yaml.safe_dump(config), encoding="utf-8")
    return listed


def main(arguments: list[str] | None = None) -> int:
    """Write the guides and return 0."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--output", type=Path, required=True, help="the folder docs/docsite of a collection")
    output = parser.parse_args(arguments).output
    print(f"{output}: {len(write(ROOT, output))} guides written")
    return 0


if __name__ == "__main__":
    sys.exit(main())
