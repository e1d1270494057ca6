"""Writes the page on parity: each conformance case in each language, and the public names of each against the others.

It reads what the runners have left in the reports (`make parity` runs them first), and fails where a case failed or is
missing in a language, or where a language lacks a name and `mock-server/conformance/names.toml` does not say why.
"""

from __future__ import annotations

import inspect
import json
import re
import sys
from pathlib import Path
from xml.etree import ElementTree as ET

import runtype_surface as python
import tomllib

ROOT = Path(__file__).resolve().parent.parent
REPORTS = ROOT / "target" / "reports"
SUITE = ROOT / "mock-server" / "conformance"
LANGUAGES = ("rust", "python", "node")
Names = dict[str, set[str]]


def snake(name: str) -> str:
    """A name in snake case, without a unit."""
    words = re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "_", name).lower()
    return words.removesuffix("_ms")


def source(path: str) -> str:
    """A file of the core, without what is hidden from its documentation."""
    text = (ROOT / "sdk-core" / "src" / path).read_text(encoding="utf-8")
    return re.sub(r"#\[doc\(hidden\)\]\n(?:\s*(?:///|#\[).*\n)*\s*pub [^\n]*", "", text.split("#[cfg(test)]")[0])


def functions(path: str, type_name: str) -> set[str]:
    """The public methods of a type of the core."""
    blocks = re.findall(
        rf"^impl(?:<[^>]*>)? {type_name}(?:<[^>]*>)? \{{\n(.*?)^\}}", source(path), re.MULTILINE | re.DOTALL
    )
    return {name for block in blocks for name in re.findall(r"^    pub (?:async )?fn (\w+)", block, re.MULTILINE)}


def fields(path: str, type_name: str) -> set[str]:
    """The public fields of a type of the core, and those of an enum's variants."""
    blocks = re.findall(
        rf"^pub (?:struct|enum) {type_name}\b[^\n]*\{{\n(.*?)^\}}", source(path), re.MULTILINE | re.DOTALL
    )
    return {name for block in blocks for name in re.findall(r"^    (?:pub |    )(\w+): ", block, re.MULTILINE)}


def exports() -> set[str]:
    """What the core's crate exports, errors left out."""
    text = re.sub(r"#\[doc\(hidden\)\]\npub use [^\n]*", "", source("lib.rs"))
    lists = re.findall(r"^pub use \w+::(?:\{([^}]*)\}|(\w+));", text, re.MULTILINE)
    types = re.findall(r"^pub type (\w+)", text, re.MULTILINE)
    return {name.strip() for several, one in lists for name in (several or one).split(",")}.union(types)


def rust() -> Names:
    """The core's public names, from its sources."""
    return {
        "client": functions("client.rs", "Client"),
        "client options": functions("configuration.rs", "ClientBuilder"),
        "call options": functions("call.rs", "Call") | functions("call_many.rs", "CallMany"),
        "answer": set(re.findall(r"^    pub (\w+):", source("answer.rs"), re.MULTILINE)),
        "stream": functions("stream.rs", "EventStream"),
        "event": functions("event.rs", "Event"),
        "errors": {snake(name) for name in re.findall(r'=> "(\w+Error)"', source("error.rs"))},
        "error": functions("error.rs", "Error"),
        "attempt": fields("attempt.rs", "Attempt") | fields("attempt.rs", "AttemptOutcome"),
        "attempt start": fields("hook.rs", "AttemptStart"),
        "rate limit": fields("rate_limit.rs", "RateLimit"),
        "result of many": set(),
        "endpoint": functions("endpoint.rs", "Endpoint"),
        "module": exports(),
    }


def attributes(kind: type) -> set[str]:
    """The public attributes of a class, declared ones among them."""
    declared = {name for base in kind.__mro__ for name in getattr(base, "__annotations__", {})}
    return {name for name in declared | set(dir(kind)) if not name.startswith("_")}


def keywords(function: object) -> set[str]:
    """The options of a function, as its signature or its typed dictionary names them."""
    found: set[str] = set()
    for parameter in inspect.signature(function).parameters.values():  # type: ignore[arg-type]
        typed = re.search(r"Unpack\[(\w+)\]", str(parameter.annotation))
        if typed:
            found |= typed_options(typed[1])
        elif parameter.kind is inspect.Parameter.KEYWORD_ONLY:
            found.add(parameter.name)
    return found


def typed_options(name: str) -> set[str]:
    """The keys of a typed dictionary, its bases' among them; they exist for type checkers alone."""
    files = (ROOT / "sdk-python" / "python" / "runtype_surface").glob("*.py")
    for text in (file.read_text(encoding="utf-8") for file in files):
        block = re.search(rf"^( *)class {name}\((.*?)\):\n((?:(?:\1 +.*)?\n)+)", text, re.MULTILINE)
        if block:
            keys = set(re.findall(rf"^{block[1]}    (\w+):", block[3], re.MULTILINE))
            bases = [base.strip() for base in block[2].split(",")]
            return keys.union(*(typed_options(base) for base in bases if base not in {"TypedDict", "total=False"}))
    sys.exit(f"there are no options {name}")


def public_python() -> Names:
    """The Python package's public names, from the package itself."""
    errors = {name for name in python.__all__ if name.endswith("Error")}
    of_errors = set().union(*(attributes(getattr(python, name)) for name in errors))
    return {
        "client": attributes(python.Client),
        "client options": keywords(python.Client.__init__),
        "call options": keywords(python.Client.call)
        | keywords(python.Client.stream)
        | keywords(python.Client.call_many),
        "answer": attributes(python.Answer),
        "stream": attributes(python.EventStream),
        "event": attributes(python.Event),
        "errors": {snake(name) for name in errors},
        "error": of_errors - set(dir(Exception)) - set(dir(OSError)),
        "attempt": attributes(python.Attempt),
        "attempt start": attributes(python.AttemptStart),
        "rate limit": attributes(python.RateLimit),
        "result of many": attributes(python.ManyResult),
        "endpoint": attributes(python.Endpoint),
        "module": set(python.__all__) - errors,
    }


def node() -> Names:
    """The Node package's public names, from its declarations."""
    dist = ROOT / "sdk-node" / "dist"
    text = {file.name.removesuffix(".d.ts"): file.read_text(encoding="utf-8") for file in dist.glob("*.d.ts")}

    def members(file: str, *types: str) -> set[str]:
        found: set[str] = set()
        for kind in types:
            block = re.search(rf"(?:class|interface) {kind}\b.*?\{{\n(.*?)^\}}", text[file], re.MULTILINE | re.DOTALL)
            if block is None:
                sys.exit(f"there is no {kind} in {file}.d.ts")
            code = re.sub(r"/\*.*?\*/", "", block[1], flags=re.DOTALL)
            found |= set(
                re.findall(r"^    (?:static |readonly |get |declare |override )*(\w+)\??[(<:]", code, re.MULTILINE)
            )
        return {snake(name) for name in found - {"constructor", "private"}}

    errors = set(re.findall(r"export declare class (\w+Error)\b", text["errors"]))
    result = re.search(r"type CallResult<T> = (.*?);\n(?:export|import|/\*)", text["call-many"], re.DOTALL)
    lists = re.findall(r"^export (?:type )?\{([^}]*)\}", text["index"], re.MULTILINE)
    exported = {name.strip().removeprefix("type ") for names in lists for name in names.split(",")} - {""}
    return {
        "client": members("client", "Client"),
        "client options": members("options", "SharedOptions", "ClientOptions") | members("hooks", "Hooks"),
        "call options": members("options", "SharedOptions", "CallOptions", "CallManyOptions"),
        "answer": members("response", "Answer"),
        "stream": members("stream", "EventStream", "StreamResponse"),
        "event": members("stream-event", "StreamEvent"),
        "errors": {snake(name) for name in errors},
        "error": members("errors", "AnswerError", *errors),
        "attempt": members("attempt", "Attempt"),
        "attempt start": members("hooks", "AttemptStart"),
        "rate limit": members("response", "RateLimit"),
        "result of many": set(re.findall(r"readonly (\w+)", result[1] if result else "")),
        "endpoint": members("endpoint", "Endpoint"),
        "module": exported - errors,
    }


def compare_names() -> tuple[list[str], list[str]]:
    """Lines of the page, and what is wrong."""
    public = {"rust": rust(), "python": public_python(), "node": node()}
    with (SUITE / "names.toml").open("rb") as file:
        reasons: dict[str, dict[str, dict[str, str]]] = tomllib.load(file)
    public = {
        language: {group: set(map(snake, names)) for group, names in groups.items()}
        for language, groups in public.items()
    }
    lines, problems, used = [], [], set()
    for group in public["rust"]:
        lines += [f"### {group}", "", "| name | Rust | Python | Node |", "|---|---|---|---|"]
        for name in sorted(set().union(*(public[language][group] for language in LANGUAGES))):
            cells = []
            for language in LANGUAGES:
                reason = reasons.get(language, {}).get(group, {}).get(name)
                if name in public[language][group]:
                    cells.append("yes")
                elif reason:
                    cells.append(reason)
                    used.add((language, group, name))
                else:
                    cells.append("**missing**")
                    problems.append(f"{language} lacks {name} ({group}), and names.toml does not say why")
            lines.append(f"| `{name}` | {' | '.join(cells)} |")
        lines.append("")
    given = {
        (language, group, name)
        for language in reasons
        for group in reasons[language]
        for name in reasons[language][group]
    }
    problems += [
        f"names.toml excuses {name} ({group}) in {language}, which needs no excuse"
        for language, group, name in given - used
    ]
    return lines, problems


def results() -> dict[str, dict[str, bool]]:
    """Each runner's results by case, from what it printed."""
    rust_log, node_log, python_report = (
        path.read_text(encoding="utf-8") if path.exists() else ""
        for path in (REPORTS / name for name in ("parity-rust.log", "parity-node.log", "parity-python.xml"))
    )
    found: dict[str, dict[str, bool]] = {"rust": {}, "python Client": {}, "python AsyncClient": {}, "node": {}}
    for name, result in re.findall(r"^test (.*?)\s+\.\.\. (\w+)$", rust_log, re.MULTILINE):
        found["rust"][name] = result == "ok"
    for result, name in re.findall(r"^\s*(ok|not ok) \d+ - (.*)$", node_log, re.MULTILINE):
        found["node"][name.replace("\\#", "#")] = result == "ok"
    for case in ET.fromstring(python_report or "<nothing/>").iter("testcase"):  # noqa: S314, our own file
        match = re.fullmatch(r"\w+\[(.*) \[(\w+)\]\]", case.get("name", ""))
        if match:
            # A failure, an error and a skip are children; what was printed is none of them.
            found[f"python {match[2]}"][match[1]] = all(child.tag.startswith("system-") for child in case)
    return found


def compare_cases() -> tuple[list[str], list[str]]:
    """Lines of the page, and what is wrong."""
    found = results()
    lines, problems = ["| case | " + " | ".join(found) + " |", "|---|" + "---|" * len(found)], []
    for file in sorted(SUITE.glob("*.json")):
        if file.stem == "schema":
            continue
        for case in json.loads(file.read_text(encoding="utf-8")):
            name = f"{file.stem}: {case['name']}"
            cells = []
            for runner, cases in found.items():
                # Each runner's output writes some characters in its own way.
                passed = cases.get(name, cases.get(name.encode("unicode_escape").decode()))
                cells.append({True: "passed", False: "**failed**", None: "**missing**"}[passed])
                if not passed:
                    problems.append(f"{runner}: {name}: {'failed' if passed is False else 'was not run'}")
            lines.append(f"| {name} | {' | '.join(cells)} |")
    return lines, problems


def main() -> None:
    """Writes the page."""
    cases, failed = compare_cases()
    names, missing = compare_names()
    page = ["# Parity", "", "## Cases", "", *cases, "", "## Names", "", *names]
    (ROOT / "target" / "parity.md").write_text("\n".join(page), encoding="utf-8")
    for problem in [*failed, *missing]:
        print(problem)  # noqa: T201
    counts = f"{len(cases) - 2} cases, {len(failed)} of a language not passed, {len(missing)} names without a reason"
    print(f"target/parity.md: {counts}")  # noqa: T201
    sys.exit(1 if failed or missing else 0)


if __name__ == "__main__":
    main()
