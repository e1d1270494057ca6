"""Proves on small trees that each rule of `layers.py` can fail, and that what is allowed passes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from layers import check

if TYPE_CHECKING:
    from pathlib import Path

SIZES: dict[str, Any] = {"max_lines": 5, "suffixes": [".rs", ".py", ".ts"], "ignore": ["target"]}


def problems(
    root: Path,
    language: str,
    files: dict[str, str],
    layers: list[str],
    allow: list[dict[str, str]] | None = None,
) -> list[str]:
    """What is wrong with a package of these files."""
    for name, text in files.items():
        path = root / "package" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    entry = {
        "path": "package",
        "language": language,
        "root": ["lib.rs", "__init__.py", "index.ts"],
        "layers": layers,
        "allow": allow or [],
    }
    return check(root, {"sizes": SIZES, "package": [entry]})


def test_imports_that_point_downwards_pass(tmp_path: Path) -> None:
    files = {
        "lib.rs": "mod client; mod retry;\npub use client::Client;",
        "client.rs": "use crate::retry::{self, policy::{Policy, Mode as How}};\npub(crate) struct Client;",
        "retry/mod.rs": "mod policy;\npub use policy::Policy;",
        "retry/policy.rs": "use super::Policy as Other;\npub(in crate::client) struct Policy;",
    }
    assert problems(tmp_path, "rust", files, ["client", "retry"]) == []


@pytest.mark.parametrize(
    "code",
    [
        "use crate::client::Client;",
        "use crate::{\n    client::{Client as C},\n};",
        "pub use super::super::client::Client;",
        "fn f() -> crate::client::Client { todo!() }",
        "mod inner {\n    use super::super::super::client::Client;\n}",
        "#[cfg(test)]\nmod tests { fn f() { crate::client::f(); } }\nuse crate::client::Client;",
        'const QUOTE: char = \'"\'; use crate::client::Client; const OTHER: &str = "";',
        "fn f<'a>(x: &'a str) { crate::client::f(x) }",
    ],
)
def test_an_import_that_points_upwards_is_refused_in_rust(tmp_path: Path, code: str) -> None:
    files = {"client.rs": "", "retry/mod.rs": "mod policy;", "retry/policy.rs": code}
    line = code[: code.rindex("client")].count("\n") + (0 if code.startswith("use crate::{\n") else 1)
    assert problems(tmp_path, "rust", files, ["client", "retry"]) == [
        f"package/retry/policy.rs:{line}: retry imports client, which lies above it; see the layers of package"
    ]


@pytest.mark.parametrize(
    "code",
    [
        "// use crate::client::Client;",
        "/* crate::client::f() */",
        "/// [`Client`](crate::client::Client)\nstruct A;",
        'const TEXT: &str = "crate::client::Client";',
        'const TEXT: &str = r#"" crate::client::Client"#;',
        "#[cfg(test)]\nmod tests {\n    use crate::client::Client;\n}",
        "#[cfg(test)]\nuse crate::client::Client;",
        "use client::Client;",
    ],
)
def test_what_is_no_import_of_the_code_is_not_counted_in_rust(tmp_path: Path, code: str) -> None:
    assert problems(tmp_path, "rust", {"client.rs": "", "retry.rs": code}, ["client", "retry"]) == []


@pytest.mark.parametrize("code", ["from ._client import Client", "from . import _client", "import package._client"])
def test_an_import_that_points_upwards_is_refused_in_python(tmp_path: Path, code: str) -> None:
    files = {"__init__.py": "from ._client import Client", "_client.py": "import os", "_stream.py": code}
    assert problems(tmp_path, "python", files, ["_client", "_stream"]) == [
        "package/_stream.py:1: _stream imports _client, which lies above it; see the layers of package"
    ]


@pytest.mark.parametrize(
    "code",
    [
        "import { Client } from './client.js';",
        "import {\n  type Client,\n} from './client.js';",
        "import type { Client } from './client.js';",
        "export * from './client.js';",
        "import './client.js';",
        "const { Client } = require('./client.js');",
        "type C = import('./client.js').Client;",
    ],
)
def test_an_import_that_points_upwards_is_refused_in_typescript(tmp_path: Path, code: str) -> None:
    files = {
        "index.ts": "export { Client } from './client.js';",
        "client.ts": "import { join } from 'node:path';",
        "stream.ts": f"/* import './client.js' */ \n{code}",
    }
    assert problems(tmp_path, "typescript", files, ["client", "stream"]) == [
        "package/stream.ts:2: stream imports client, which lies above it; see the layers of package"
    ]


def test_a_circle_inside_a_folder_is_refused(tmp_path: Path) -> None:
    files = {
        "send/mod.rs": "mod attempt; mod clock; mod hooks;",
        "send/attempt.rs": "use super::clock::Clock;",
        "send/clock.rs": "use super::hooks::Hooks;",
        "send/hooks.rs": "use crate::send::attempt::Attempt;",
    }
    [problem] = problems(tmp_path, "rust", files, ["send"])
    assert problem.splitlines() == [
        "package: 3 modules import each other: send/attempt, send/clock, send/hooks",
        "  package/send/attempt.rs:1: send/attempt imports send/clock",
        "  package/send/clock.rs:1: send/clock imports send/hooks",
        "  package/send/hooks.rs:1: send/hooks imports send/attempt",
    ]


def test_a_circle_through_what_a_folder_re_exports_is_refused(tmp_path: Path) -> None:
    files = {
        "send/mod.rs": "mod attempt; mod clock;\npub use attempt::Attempt;",
        "send/attempt.rs": "use super::clock::Clock;",
        "send/clock.rs": "use super::Attempt;",
    }
    [problem] = problems(tmp_path, "rust", files, ["send"])
    assert problem.startswith("package: 2 modules import each other: send/attempt, send/clock\n")


def test_two_modules_of_typescript_that_import_each_other_are_refused(tmp_path: Path) -> None:
    files = {"http/a.ts": "import { b } from './b.js';", "http/b.ts": "import type { A } from './a.js';"}
    [problem] = problems(tmp_path, "typescript", files, ["http"])
    assert problem.startswith("package: 2 modules import each other: http/a, http/b\n")


@pytest.mark.parametrize("code", ["use crate::{Client, retry::Policy};", "use super::Client;", "use super::*;"])
def test_an_import_from_the_root_is_refused_in_rust(tmp_path: Path, code: str) -> None:
    files = {"lib.rs": "pub use client::Client;", "client.rs": code, "retry.rs": ""}
    [problem] = problems(tmp_path, "rust", files, ["client", "retry"])
    assert problem.startswith("package/client.rs:1: ")
    assert "comes from the root of the package" in problem


def test_an_import_from_the_root_is_refused_in_python_and_typescript(tmp_path: Path) -> None:
    python = {"__init__.py": "", "_client.py": "from . import Client"}
    assert problems(tmp_path / "python", "python", python, ["_client"]) == [
        "package/_client.py:1: Client comes from the root of the package; import it from the module that defines it"
    ]
    node = {"index.ts": "", "client.ts": "import { Client } from './index.js';"}
    assert problems(tmp_path / "node", "typescript", node, ["client"]) == [
        "package/client.ts:1: ./index.js comes from the root of the package; import it from the module that defines it"
    ]


def test_a_file_that_no_layer_names_is_refused(tmp_path: Path) -> None:
    files = {"client.rs": "", "misc/mod.rs": "", "misc/other.rs": ""}
    assert problems(tmp_path, "rust", files, ["client"]) == [
        "package/misc/mod.rs: no layer of layers.toml names it",
        "package/misc/other.rs: no layer of layers.toml names it",
    ]


def test_a_layer_and_a_package_that_do_not_exist_are_refused(tmp_path: Path) -> None:
    assert problems(tmp_path, "rust", {"client.rs": ""}, ["client", "retry"]) == [
        "package: layers.toml names the layer retry, but there is no such file or folder"
    ]
    entry = {"path": "gone", "language": "rust", "layers": []}
    assert check(tmp_path, {"sizes": SIZES, "package": [entry]}) == [
        "layers.toml names the package gone, but there is no such folder"
    ]


def test_an_exception_needs_a_reason_and_an_import(tmp_path: Path) -> None:
    files = {"client.rs": "", "retry.rs": "use crate::client::Client;"}
    edge = {"from": "retry", "to": "client"}
    layers = ["client", "retry"]
    assert problems(tmp_path, "rust", files, layers, [{**edge, "reason": "The policy names it."}]) == []
    assert problems(tmp_path, "rust", files, layers, [edge]) == [
        "package: layers.toml allows retry to import client without a reason"
    ]
    back = {"from": "client", "to": "retry", "reason": "It was so."}
    assert problems(tmp_path, "rust", files, layers, [{**edge, "reason": "The policy names it."}, back]) == [
        "package: layers.toml allows client to import retry, which it does not"
    ]


def test_a_file_that_is_too_long_is_refused_wherever_it_is(tmp_path: Path) -> None:
    for name in ["tests/long.rs", "target/built.rs", "data.json", "short.py"]:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("\n" * (5 if name == "short.py" else 6), encoding="utf-8")
    assert check(tmp_path, {"sizes": SIZES, "package": []}) == ["tests/long.rs: 6 lines; a file has at most 5"]
    assert check(tmp_path, {"sizes": {**SIZES, "generated": ["tests/long.rs"]}, "package": []}) == []
