"""Checks the order of imports and the size of files: `layers.py [ROOT]`. The order is in `layers.toml` beside it.

It fails on modules that import each other, on an import that points upwards, on an internal import from the root of a
package, on a file that no layer names, and on a file that is too long. A module is a file.
"""

from __future__ import annotations

import ast
import os
import re
import sys
import tomllib
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

SUFFIXES = {"rust": {".rs"}, "python": {".py", ".pyi"}, "typescript": {".ts", ".mts", ".cts"}}
# The file that represents its folder.
OF_FOLDER = {"rust": "mod", "python": "__init__", "typescript": "index"}
# The module that an import from the root of the package leads to.
ROOT = ""


@dataclass
class Package:
    """The modules of one package, from top to bottom, and how they may import each other."""

    folder: Path
    shown: str
    language: str
    roots: list[str]
    layers: list[str]
    allow: list[dict[str, str]]
    files: dict[str, Path] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Finds the modules."""
        for path in sorted(self.folder.rglob("*")):
            relative = path.relative_to(self.folder)
            is_test = self.language == "rust" and path.stem == "tests"
            if path.suffix in SUFFIXES[self.language] and not is_test and relative.as_posix() not in self.roots:
                self.files[self.module(relative)] = path

    def module(self, relative: Path | PurePosixPath) -> str:
        """The name of the module that a file holds: its path without the suffix."""
        parts = relative.with_suffix("").parts
        return "/".join(parts[:-1] if parts[-1] == OF_FOLDER[self.language] and len(parts) > 1 else parts)

    def longest(self, parts: list[str]) -> str:
        """The module to which a path of names leads, or the root."""
        lengths = range(len(parts), 0, -1)
        return next((name for name in ("/".join(parts[:length]) for length in lengths) if name in self.files), ROOT)

    def file(self, module: str) -> str:
        """A module's file, as a problem shows it."""
        return f"{self.shown}/{self.files[module].relative_to(self.folder).as_posix()}"


@dataclass(frozen=True)
class Import:
    """One module that imports another."""

    importer: str
    target: str
    line: int
    name: str


# Rust ---------------------------------------------------------------------------------------------------------------

TOKEN = re.compile(
    r"""(?P<blank>\s+|//[^\n]*|/\*.*?\*/)
      | (?P<text>[bc]?r(?P<hashes>\#*)".*?"(?P=hashes)|[bc]?"(?:\\.|[^"\\])*"|b?'(?:\\u\{[^}]*\}|\\x..|\\.|[^\\'])')
      | (?P<token>'\w+|(?:r\#)?\w+|::|.)""",
    re.DOTALL | re.VERBOSE,
)


class RustFile:
    """The paths into its own crate that a file of Rust uses, in its code and not in its tests or comments."""

    def __init__(self, text: str) -> None:
        """Reads the file."""
        self.tokens: list[str] = []
        self.lines: list[int] = []
        line = 1
        for match in TOKEN.finditer(text):
            if match["token"]:
                self.tokens.append(match["token"])
                self.lines.append(line)
            line += match[0].count("\n")
        self.children: set[str] = set()
        # What a `use` brings into scope, by name, and each path with its line and the inline modules around it.
        self.uses: dict[str, list[str]] = {}
        self.paths: list[tuple[list[str], int, list[str]]] = []
        self._read()

    def _read(self) -> None:
        tokens, at, depth = self.tokens, 0, 0
        inline: list[tuple[str, int]] = []
        while at < len(tokens):
            word, before = tokens[at], tokens[at - 1] if at else ""
            around = [name for name, _ in inline]
            if tokens[at : at + 4] == ["#", "[", "cfg", "("]:
                end = self._end(at + 1, "[", "]")
                at = self._end_of_item(end) if "test" in tokens[at:end] and "not" not in tokens[at:end] else end
                continue
            if word == "mod" and tokens[at + 2 : at + 3] == ["{"]:
                inline.append((tokens[at + 1], depth))
            elif word == "mod":
                self.children.add(tokens[at + 1])
            elif word == "use" and tokens[at + 1] != "<":
                end = tokens.index(";", at)
                for path, name in use_tree(tokens[at + 1 : end]):
                    self.uses.setdefault(name, path)
                    self.paths.append((path, self.lines[at], around))
                at = end
                continue
            elif word in {"crate", "super", "self"} and before != "::" and tokens[at - 2 : at] != ["(", "in"]:
                path = [word]
                while tokens[at + 1 : at + 2] == ["::"] and (tokens[at + 2] + "x").isidentifier():
                    path.append(tokens[at + 2])
                    at += 2
                if len(path) > 1:
                    self.paths.append((path, self.lines[at], around))
            depth += (word == "{") - (word == "}")
            if inline and word == "}" and inline[-1][1] == depth:
                inline.pop()
            at += 1

    def _end(self, at: int, opening: str, closing: str) -> int:
        """The place after the bracket that closes the one at a place."""
        depth = 0
        for place in range(at, len(self.tokens)):
            depth += (self.tokens[place] == opening) - (self.tokens[place] == closing)
            if depth == 0:
                return place + 1
        return len(self.tokens)

    def _end_of_item(self, at: int) -> int:
        """The place after the item that begins at a place."""
        while at < len(self.tokens) and self.tokens[at] != "{":
            if self.tokens[at] == ";":
                return at + 1
            at += 1
        return self._end(at, "{", "}")


def use_tree(tokens: list[str]) -> Iterator[tuple[list[str], str]]:
    """The paths of a `use`, and the name that each brings into scope."""
    prefix: list[str] = []
    at = 0
    while at < len(tokens) and tokens[at] != "{":
        if tokens[at] == "as":
            yield prefix, tokens[at + 1]
            return
        if tokens[at] != "::":
            prefix.append(tokens[at])
        at += 1
    if at == len(tokens):
        path = prefix[:-1] if len(prefix) > 1 and prefix[-1] == "self" else prefix
        yield path, path[-1] if path else ""
        return
    depth, item = 0, list[str]()
    for word in [*tokens[at + 1 : -1], ","]:
        depth += (word == "{") - (word == "}")
        if word == "," and depth == 0:
            for path, name in use_tree([*prefix, *item]) if item else ():
                yield path, name
            item = []
        else:
            item.append(word)


def rust(package: Package) -> Iterator[Import]:
    """The imports of a crate. What a module re-exports counts as imported from where it comes from."""
    files = {module: RustFile(path.read_text(encoding="utf-8")) for module, path in package.files.items()}

    def resolve(module: str, path: list[str], inline: Iterable[str] = (), seen: int = 0) -> str | None:
        parts = [*module.split("/"), *inline]
        first, *rest = path
        if first == "crate":
            parts = []
        elif first == "super":
            parts = parts[:-1]
            while rest[:1] == ["super"]:
                parts, rest = parts[:-1], rest[1:]
        elif first != "self":
            if first not in files[module].children:
                return None
            rest = path
        parts = parts + rest
        found = package.longest(parts)
        name = next(iter(parts[len(found.split("/")) :]), "") if found else ""
        onwards = files[found].uses.get(name) if found and found != module and seen < len(files) else None
        return (resolve(found, onwards, (), seen + 1) if onwards else None) or found

    for module, file in files.items():
        for path, line, inline in file.paths:
            target = resolve(module, path, inline)
            if target is not None:
                yield Import(module, target, line, "::".join(path))


# Python and TypeScript ----------------------------------------------------------------------------------------------


def python(package: Package) -> Iterator[Import]:
    """The imports of a Python package, including those for type checkers."""
    for module, path in package.files.items():
        inside = module.split("/") if path.stem == "__init__" else module.split("/")[:-1]
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                names = [(alias.name.split("."), True) for alias in node.names]
            elif isinstance(node, ast.ImportFrom):
                begin = inside[: len(inside) - node.level + 1] if node.level else []
                stem = [*begin, *(node.module.split(".") if node.module else [])]
                names = [([*stem, alias.name], not node.level) for alias in node.names]
            else:
                continue
            for parts, is_absolute in names:
                if is_absolute and parts[0] != package.folder.name:
                    continue
                yield Import(module, package.longest(parts[1:] if is_absolute else parts), node.lineno, parts[-1])


TYPESCRIPT = re.compile(
    r"""^(?:import|export)\b(?:[^;'"]*?\bfrom)?\s*(['"])(?P<static>\.[^'"]*)\1
      | \b(?:import|require)\(\s*(['"])(?P<call>\.[^'"]*)\3\s*\)""",
    re.MULTILINE | re.VERBOSE,
)


def typescript(package: Package) -> Iterator[Import]:
    """The imports of a TypeScript package, including those of types. A statement begins a line, as biome formats it."""
    roots = {package.module(PurePosixPath(root)) for root in package.roots}
    for module, path in package.files.items():
        text = path.read_text(encoding="utf-8")
        code = re.sub(r"/\*.*?\*/", lambda comment: "\n" * comment[0].count("\n"), text, flags=re.DOTALL)
        for match in TYPESCRIPT.finditer(code):
            named = os.path.normpath(path.parent / (match["static"] or match["call"]))
            if not Path(named).is_relative_to(package.folder):
                continue
            relative = Path(named).relative_to(package.folder)
            target = package.module(relative) if relative.suffix else "/".join(relative.parts)
            line = code.count("\n", 0, match.start()) + 1
            if target in package.files:
                yield Import(module, target, line, target)
            elif target in roots or not target:
                yield Import(module, ROOT, line, match["static"] or match["call"])


READERS = {"rust": rust, "python": python, "typescript": typescript}

# The rules ----------------------------------------------------------------------------------------------------------


def check_package(package: Package) -> Iterator[str]:
    """Problems of the imports of a package."""
    named = {module.split("/")[0] for module in package.files}
    for layer in package.layers:
        if layer not in named:
            yield f"{package.shown}: layers.toml names the layer {layer}, but there is no such file or folder"
    for module in package.files:
        if module.split("/")[0] not in package.layers:
            yield f"{package.file(module)}: no layer of layers.toml names it"

    imports = [edge for edge in READERS[package.language](package) if edge.importer != edge.target]
    allowed = {(edge["from"], edge["to"]): edge.get("reason", "") for edge in package.allow}
    found = {(edge.importer, edge.target) for edge in imports}
    for (importer, target), reason in allowed.items():
        if not reason.strip():
            yield f"{package.shown}: layers.toml allows {importer} to import {target} without a reason"
        if (importer, target) not in found:
            yield f"{package.shown}: layers.toml allows {importer} to import {target}, which it does not"
    imports = [edge for edge in imports if (edge.importer, edge.target) not in allowed]

    ranks = {layer: rank for rank, layer in enumerate(package.layers)}
    for edge in imports:
        place = f"{package.file(edge.importer)}:{edge.line}"
        importer, target = edge.importer.split("/")[0], edge.target.split("/")[0]
        if edge.target == ROOT:
            yield f"{place}: {edge.name} comes from the root of the package; import it from the module that defines it"
        elif importer in ranks and target in ranks and ranks[target] < ranks[importer]:
            yield f"{place}: {importer} imports {edge.target}, which lies above it; see the layers of {package.shown}"
    yield from circles(package, imports)


def is_family(one: str, other: str) -> bool:
    """Whether one module is the other's folder; they may import each other."""
    return f"{one}/".startswith(f"{other}/") or f"{other}/".startswith(f"{one}/")


def circles(package: Package, imports: Iterable[Import]) -> Iterator[str]:
    """Each import cycle, with its imports."""
    edges: dict[str, dict[str, int]] = {module: {} for module in package.files}
    for edge in imports:
        if edge.target != ROOT and not is_family(edge.importer, edge.target):
            edges[edge.importer].setdefault(edge.target, edge.line)

    def reach(start: str) -> set[str]:
        found: set[str] = set()
        open_ends = [start]
        while open_ends:
            new = set(edges[open_ends.pop()]) - found
            found |= new
            open_ends.extend(new)
        return found

    reached = {module: reach(module) for module in edges}
    told: set[str] = set()
    for module in edges:
        circle = sorted(other for other in reached[module] if module in reached[other])
        if not circle or module in told:
            continue
        told.update(circle)
        lines = [
            f"\n  {package.file(importer)}:{line}: {importer} imports {target}"
            for importer in circle
            for target, line in edges[importer].items()
            if target in circle
        ]
        yield f"{package.shown}: {len(circle)} modules import each other: {', '.join(circle)}{''.join(lines)}"


def check_sizes(root: Path, sizes: dict[str, Any]) -> Iterator[str]:
    """The files that are too long."""
    for folder, folders, files in os.walk(root):
        folders[:] = sorted(name for name in folders if name not in sizes["ignore"])
        for name in sorted(files):
            path = Path(folder) / name
            shown = path.relative_to(root).as_posix()
            if path.suffix in sizes["suffixes"] and shown not in sizes.get("generated", []):
                lines = len(path.read_text(encoding="utf-8").splitlines())
                if lines > sizes["max_lines"]:
                    yield f"{shown}: {lines} lines; a file has at most {sizes['max_lines']}"


def check(root: Path, config: dict[str, Any]) -> list[str]:
    """Problems below a folder."""
    problems = list(check_sizes(root, config["sizes"]))
    for entry in config["package"]:
        folder = root / entry["path"]
        if not folder.is_dir():
            problems.append(f"layers.toml names the package {entry['path']}, but there is no such folder")
            continue
        lists = (entry.get("root", []), entry["layers"], entry.get("allow", []))
        problems += check_package(Package(folder, entry["path"], entry["language"], *lists))
    return problems


def main() -> int:
    """Prints the problems."""
    here = Path(__file__).resolve().parent
    root = Path(sys.argv[1]).resolve() if len(sys.argv) > 1 else here.parent
    with (here / "layers.toml").open("rb") as file:
        problems = check(root, tomllib.load(file))
    sys.stderr.writelines(f"{problem}\n" for problem in dict.fromkeys(problems))
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
