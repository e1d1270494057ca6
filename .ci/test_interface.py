"""Proves that the comparison of public names can fail, and that each language's names are read from its own tools."""

from __future__ import annotations

import importlib.util
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from interface import Exports, Python, compare, node, rust

GROUP: dict[str, Any] = {
    "from": {"rust": ["Call"], "python": ["Client.call()"], "node": ["CallOptions"]},
    "names": ["headers", "send", "timeout"],
    "spelled": {"headers": {"rust": "header"}},
    "lacking": {"send": {"python": "is `call`", "node": "is `call`"}},
}
FOUND: dict[str, Exports] = {
    "rust": {"Call": {"header", "send", "timeout"}},
    "python": {},
    "node": {"CallOptions": {"headers", "timeoutMs"}},
}


def problems(found: dict[str, Exports] | None = None, **changes: Any) -> list[str]:
    """What is wrong with the group, with some of it changed."""
    manifest = {"durations": ["timeout"], "call-options": {**GROUP, **changes}}
    return compare(manifest, {**FOUND, **(found or {})}, lambda _: {"headers", "timeout"})[1]


def test_names_that_agree_pass_and_stand_side_by_side() -> None:
    assert problems() == []
    lines, _ = compare({"durations": ["timeout"], "call-options": GROUP}, FOUND, lambda _: {"headers", "timeout"})
    assert lines == [
        "### call-options",
        "",
        "| name | Rust | Python | Node |",
        "|---|---|---|---|",
        "| `headers` | `header` | `headers` | `headers` |",
        "| `send` | `send` | is `call` | is `call` |",
        "| `timeout` | `timeout` | `timeout` | `timeoutMs` |",
        "",
    ]


def test_a_name_that_a_language_lacks_is_refused() -> None:
    [problem] = problems({"node": {"CallOptions": {"headers"}}})
    assert problem.startswith("node lacks timeoutMs (call-options)")


def test_a_name_that_the_manifest_does_not_list_is_refused() -> None:
    [problem] = problems({"rust": {"Call": {"header", "send", "timeout", "stream"}}})
    assert problem.startswith("rust has stream (call-options), which ")


def test_a_name_that_is_there_although_it_is_said_to_be_lacking_is_refused() -> None:
    [problem] = problems({"node": {"CallOptions": {"headers", "timeoutMs", "send"}}})
    assert problem.startswith("node has send (call-options), which ")
    assert problem.endswith("says it lacks")


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"names": ["send", "headers", "timeout"]}, "not sorted"),
        ({"names": ["headers", "send", "send", "timeout"]}, "not unique"),
        (
            {"lacking": {**GROUP["lacking"], "many": {"node": "is `callMany`"}}},
            "many, which is not among the names",
        ),
        ({"lacking": {"send": {"python": "is `call`", "node": " "}}}, "says nothing"),
        ({"spelled": {"headers": {"rust": "header", "ruby": "headers"}}}, "says nothing"),
    ],
)
def test_a_manifest_that_is_wrong_in_itself_is_refused(change: dict[str, Any], told: str) -> None:
    assert [problem for problem in problems(None, **change) if told in problem]


def test_an_export_that_does_not_exist_is_refused() -> None:
    with pytest.raises(SystemExit, match="there is no Calls"):
        problems(None, **{"from": {**GROUP["from"], "rust": ["Calls"]}})


def test_rust_names_are_what_rustdoc_shows(tmp_path: Path) -> None:
    source = tmp_path / "small.rs"
    source.write_text(
        """
        mod inner {
            pub struct Call { pub timeout: u8, secret: u8 }
            impl Call { pub fn send(&self) {} pub(crate) fn inside(&self) {} #[doc(hidden)] pub fn hidden(&self) {} }
            impl Clone for Call { fn clone(&self) -> Self { todo!() } }
            pub enum Kind { Status { code: u16 }, Stream }
            pub struct Private;
            pub struct Hidden;
        }
        pub use inner::{Call, Kind as ErrorKind};
        #[doc(hidden)]
        pub use inner::Hidden;
        pub fn slug() {}
        pub type Result<T> = std::result::Result<T, ()>;
        """,
        encoding="utf-8",
    )
    rustdoc = Path(__file__).with_name("rustdoc-json")
    subprocess.run([rustdoc, source, "--edition=2024", "--out-dir", tmp_path], check=True)  # noqa: S603
    assert rust(json.loads((tmp_path / "small.json").read_text(encoding="utf-8"))) == {
        "Call": {"timeout", "send"},
        "ErrorKind": {"code"},
        "ErrorKind::*": {"Status", "Stream"},
        "slug": set(),
        "Result": set(),
    }


def test_python_names_are_those_of_the_objects_and_of_typed_options(tmp_path: Path) -> None:
    package = tmp_path / "small_package"
    package.mkdir()
    (package / "__init__.py").write_text(
        """
from __future__ import annotations
__all__ = ["Client", "CallError"]
if False:
    class Shared(TypedDict):
        timeout: float
    class CallOptions(Shared):
        headers: dict
class CallError(OSError):
    status: int
class Client:
    def call(self, name, *, concurrency=8, **options: Unpack[CallOptions]): ...
    def _inside(self): ...
""",
        encoding="utf-8",
    )
    spec = importlib.util.spec_from_file_location("small_package", package / "__init__.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["small_package"] = module
    spec.loader.exec_module(module)
    names = Python(module)
    assert names.exports() == {"Client": {"call"}, "CallError": {"status"}}
    assert names.options("Client.call") == {"concurrency", "timeout", "headers"}


def test_node_names_are_those_of_the_declarations(tmp_path: Path) -> None:
    (tmp_path / "options.d.ts").write_text(
        """
        export interface Shared { timeoutMs?: number }
        export interface CallOptions extends Shared { signal?: AbortSignal }
        export type CallResult = { ok: true; output: string } | { ok: false; error: Error };
        export declare class CallError extends Error {
            #private;
            private inside;
            protected under: string;
            static parse(text: string): CallError;
            readonly status: number;
            [Symbol.iterator](): Iterator<string>;
        }
        export declare const hidden: string;
        """,
        encoding="utf-8",
    )
    (tmp_path / "index.d.ts").write_text(
        "export { CallError, type CallOptions, type CallResult as Result } from './options.js';\n"
        "export declare function slug(name: string): string;\n",
        encoding="utf-8",
    )
    assert node(tmp_path / "index.d.ts") == {
        "CallError": {"parse", "status"},
        "CallOptions": {"timeoutMs", "signal"},
        "Result": {"ok", "output", "error"},
        "slug": set(),
    }
