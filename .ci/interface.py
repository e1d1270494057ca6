"""The public names of the three packages, compared with `mock-server/conformance/interface.toml`.

Each language's own tools say which names there are: rustdoc's JSON, introspection and the syntax tree in Python, and
TypeScript's compiler for the declarations of the Node package.
"""

from __future__ import annotations

import ast
import inspect
import json
import subprocess
import sys
import tomllib
from fnmatch import fnmatch
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from types import ModuleType

ROOT = Path(__file__).resolve().parent.parent
MANIFEST = "mock-server/conformance/interface.toml"
LANGUAGES = ("rust", "python", "node")
# The public members of each export.
Exports = dict[str, set[str]]


def rust(document: dict[str, Any]) -> Exports:
    """The exports of a crate, from rustdoc's JSON, without hidden and private items.

    A member is an inherent function, a field, or a field of an enum's variant; the variants themselves are `NAME::*`.
    """
    index: dict[str, Any] = document["index"]

    def public(ids: Iterable[object]) -> set[str]:
        items = (index.get(str(item), {}) for item in ids)
        return {item["name"] for item in items if item.get("visibility") == "public"}

    found: Exports = {}
    for item in (index[str(item)] for item in index[str(document["root"])]["inner"]["module"]["items"]):
        name, inner = item["name"], item["inner"]
        if "use" in inner:
            name, inner = inner["use"]["name"], index.get(str(inner["use"]["id"]), {}).get("inner", {})
        elif "module" in inner:
            continue
        members: set[str] = set()
        for definition in (inner[kind] for kind in ("struct", "enum") if kind in inner):
            impls = (index[str(block)]["inner"]["impl"] for block in definition["impls"])
            members.update(*(public(block["items"]) for block in impls if block["trait"] is None))
            kind = definition.get("kind")
            if isinstance(kind, dict) and "plain" in kind:
                members |= public(kind["plain"]["fields"])
            variants = [index[str(variant)] for variant in definition.get("variants", [])]
            for kind in (variant["inner"]["variant"]["kind"] for variant in variants):
                if isinstance(kind, dict) and "struct" in kind:
                    members |= {index[str(field)]["name"] for field in kind["struct"]["fields"]}
            if variants:
                found[f"{name}::*"] = {variant["name"] for variant in variants}
        found[name] = members
    return found


class Python:
    """The exports of a Python package. `Client.call()` are the options of a function, by keyword or by `Unpack`."""

    def __init__(self, package: ModuleType) -> None:
        """Reads the package: the objects, and the syntax trees for what exists for type checkers only."""
        self.package = package
        sources = Path(str(package.__file__)).parent.rglob("*.py")
        trees = [ast.parse(source.read_text(encoding="utf-8")) for source in sources]
        self.classes = {node.name: node for tree in trees for node in ast.walk(tree) if isinstance(node, ast.ClassDef)}

    def exports(self) -> Exports:
        """Each export with its members."""
        return {name: self.members(getattr(self.package, name)) for name in self.package.__all__}

    def members(self, value: object) -> set[str]:
        """The public attributes of a class that this package gives it, including declared ones."""
        if not isinstance(value, type):
            return set()
        own = [base for base in value.__mro__ if base.__module__.split(".")[0] == self.package.__name__]
        names = {name for base in own for name in [*vars(base), *inspect.get_annotations(base)]}
        return {name for name in names if not name.startswith("_")}

    def options(self, path: str) -> set[str]:
        """The options of a function."""
        function: Any = self.package
        for name in path.split("."):
            function = getattr(function, name)
        found: set[str] = set()
        for parameter in inspect.signature(function).parameters.values():
            if parameter.kind is inspect.Parameter.KEYWORD_ONLY:
                found.add(parameter.name)
            elif parameter.kind is inspect.Parameter.VAR_KEYWORD:
                unpack = ast.parse(str(parameter.annotation), mode="eval").body
                if isinstance(unpack, ast.Subscript) and isinstance(unpack.slice, ast.Name):
                    found |= self.keys(unpack.slice.id)
        return found

    def keys(self, name: str) -> set[str]:
        """The keys of a typed dictionary, including its bases'."""
        node = self.classes.get(name)
        if node is None:
            return set()
        own = {
            line.target.id
            for line in node.body
            if isinstance(line, ast.AnnAssign) and isinstance(line.target, ast.Name)
        }
        return own.union(*(self.keys(base.id) for base in node.bases if isinstance(base, ast.Name)))


def node(declarations: Path) -> Exports:
    """The exports of the Node package."""
    script = Path(__file__).with_name("interface.mjs")
    output = subprocess.run(["node", script, declarations], check=True, capture_output=True).stdout  # noqa: S603, S607
    return {name: set(members) for name, members in json.loads(output).items()}


def in_node(name: str, durations: list[str]) -> str:
    """The default spelling of a name in Node."""
    if name[0].isupper():
        return name
    first, *others = name.split("_")
    return "".join([first, *(word.capitalize() for word in others)]) + ("Ms" if name in durations else "")


def members_of(sources: list[str], exports: Exports, options: Any = None) -> set[str]:
    """The names that a group compares: the members of exports, the options of functions, or the exports themselves."""
    found: set[str] = set()
    for source in sources:
        if source.startswith("exports:"):
            pattern = source.removeprefix("exports:")
            wanted = not pattern.startswith("!")
            found |= {name for name in exports if "::" not in name and fnmatch(name, pattern.lstrip("!")) is wanted}
        elif source.endswith("()"):
            found |= options(source[:-2])
        else:
            names = [name for name in exports if fnmatch(name, source) or name == source]
            if not names:
                sys.exit(f"{MANIFEST}: there is no {source}")
            found.update(*(exports[name] for name in names))
    return found


class Group:
    """A group of the manifest: names, and their spelling or the reason for their absence in a language."""

    def __init__(self, title: str, table: dict[str, Any], durations: list[str]) -> None:
        """Reads the group."""
        self.title = title
        self.sources: dict[str, list[str]] = table["from"]
        self.names: list[str] = table["names"]
        self.spelled: dict[str, dict[str, str]] = table.get("spelled", {})
        self.lacking: dict[str, dict[str, str]] = table.get("lacking", {})
        self.durations = durations

    def spelling(self, name: str, language: str) -> str:
        """A name in a language."""
        usual = in_node(name, self.durations) if language == "node" else name
        return self.spelled.get(name, {}).get(language, usual)

    def cells(self, name: str) -> list[str]:
        """The name in each language, or the reason for its absence."""
        lacking = self.lacking.get(name, {})
        return [lacking.get(language) or f"`{self.spelling(name, language)}`" for language in LANGUAGES]

    def problems(self, language: str, found: set[str]) -> Iterator[str]:
        """Differences of a language from the group."""
        expected = {
            self.spelling(name, language): name for name in self.names if language not in self.lacking.get(name, {})
        }
        absent = {self.spelling(name, language) for name in self.names} - set(expected)
        for name in sorted(set(expected) - found):
            yield f"{language} lacks {name} ({self.title}); add it, or state the reason in {MANIFEST}"
        for name in sorted(found & absent):
            yield f"{language} has {name} ({self.title}), which {MANIFEST} says it lacks"
        for name in sorted(found - set(expected) - absent):
            yield f"{language} has {name} ({self.title}), which {MANIFEST} does not name"

    def faults(self) -> Iterator[str]:
        """Problems of the group itself."""
        if self.names != sorted(set(self.names)):
            yield f"{MANIFEST}: the names of {self.title} are not sorted, or not unique"
        for kind, table in (("spelled", self.spelled), ("lacking", self.lacking)):
            for name, by_language in table.items():
                if name not in self.names:
                    yield f"{MANIFEST}: {self.title}.{kind} has {name}, which is not among the names"
                for language, text in by_language.items():
                    if language not in LANGUAGES or not text.strip():
                        yield f"{MANIFEST}: {self.title}.{kind}.{name}: {language} = {text!r} says nothing"
        for name, by_language in self.lacking.items():
            if set(by_language) == set(LANGUAGES):
                yield f"{MANIFEST}: no language has {name} ({self.title})"


def compare(manifest: dict[str, Any], found: dict[str, Exports], options: Any = None) -> tuple[list[str], list[str]]:
    """Lines of the page with the languages side by side, and the problems."""
    lines: list[str] = []
    problems: list[str] = []
    for title, table in manifest.items():
        if title == "durations":
            continue
        group = Group(title, table, manifest.get("durations", []))
        problems += group.faults()
        for language in LANGUAGES:
            names = members_of(group.sources.get(language, []), found[language], options)
            problems += group.problems(language, names)
        lines += [f"### {title}", "", "| name | Rust | Python | Node |", "|---|---|---|---|"]
        lines += [f"| {' | '.join([f'`{name}`', *group.cells(name)])} |" for name in group.names]
        lines.append("")
    return lines, problems


def load() -> tuple[dict[str, Any], dict[str, Exports], Any]:
    """The manifest, the names of the packages as they are built, and the options of Python's functions."""
    import runtype_surface

    manifest = tomllib.loads((ROOT / MANIFEST).read_text(encoding="utf-8"))
    document = json.loads((ROOT / "target" / "reports" / "interface-rust.json").read_text(encoding="utf-8"))
    python = Python(runtype_surface)
    found = {
        "rust": rust(document),
        "python": python.exports(),
        "node": node(ROOT / "sdk-node" / "dist" / "index.d.mts"),
    }
    return manifest, found, python.options
