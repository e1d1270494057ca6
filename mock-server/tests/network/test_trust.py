"""Real judges of trust: a proxy that reads TLS, a proxy with a password, and a server that asks for a certificate."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import trustme
from mock_process import Mock, binary
from nginx import Nginx
from proxies import mitmproxy, tinyproxy

if TYPE_CHECKING:
    from collections.abc import Iterator

CALLERS = Path(__file__).resolve().parent / "callers"
LANGUAGES = ["Rust", "Python", "Node"]
RIGHT = {"output": {"a": 1}}


def rust(options: dict[str, str], env: dict[str, str]) -> dict[str, Any]:
    """One call by the core's own command, which is built beside the mock."""
    names = {"root_certificates": "--root-certificate"}
    given = [text for name, value in options.items() for text in (names.get(name, f"--{name}"), value)]
    command = [str(Path(binary()).with_name("runtype-surface")), "call", "echo", '{"a":1}', "--max-retries", "0"]
    done = subprocess.run([*command, *given], env=env, capture_output=True, text=True, timeout=60, check=False)
    # The consequence is in the text, in all languages alike.
    told = {"text": done.stderr, "may_have_executed": "The call was not executed." not in done.stderr}
    return {"output": json.loads(done.stdout)} if done.returncode == 0 else told


def call(language: str, mock: Mock, nginx: Nginx, options: dict[str, str], **variables: str) -> dict[str, Any]:
    """One call to the mock behind nginx, in an environment of the mock's and these variables alone."""
    env = {name: os.environ[name] for name in ("PATH", "HOME", "LANG", "TMPDIR") if name in os.environ}
    env |= mock.env | {"RUNTYPE_BASE_URL": nginx.base_url, "OPTIONS": json.dumps(options)} | variables
    if language == "Rust":
        return rust(options, env)
    commands = {
        "Python": [sys.executable, str(CALLERS / "one_call.py")],
        "Node": [os.environ.get("NODE", "node"), str(CALLERS / "one_call.mjs")],
    }
    done = subprocess.run(commands[language], env=env, capture_output=True, text=True, timeout=60, check=True)
    found: dict[str, Any] = json.loads(done.stdout)
    return found


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("trust")


@pytest.fixture(scope="module")
def mock(folder: Path) -> Iterator[Mock]:
    with Mock(folder) as mock:
        yield mock


@pytest.fixture(scope="module")
def nginx(folder: Path, mock: Mock) -> Iterator[Nginx]:
    with Nginx(folder, mock.url) as nginx:
        yield nginx


@pytest.fixture(scope="module")
def interceptor(folder: Path) -> Iterator[tuple[str, Path]]:
    with mitmproxy(folder) as started:
        yield started


@pytest.mark.parametrize("language", LANGUAGES)
def test_mitmproxy_is_named_until_its_authority_is_trusted(
    language: str, mock: Mock, nginx: Nginx, interceptor: tuple[str, Path]
) -> None:
    proxy, authority = interceptor
    through = {"proxy": proxy}
    error = call(language, mock, nginx, through)
    assert 'its certificate was issued by "mitmproxy", which is not trusted' in error["text"]
    assert "SSL_CERT_FILE" in error["text"]
    assert error["may_have_executed"] is False
    assert call(language, mock, nginx, through | {"root_certificates": str(authority)}) == RIGHT
    assert call(language, mock, nginx, through, SSL_CERT_FILE=str(authority)) == RIGHT
    extra = call(language, mock, nginx, through, NODE_EXTRA_CA_CERTS=str(authority))
    assert (extra == RIGHT) is (language == "Node"), extra


@pytest.mark.parametrize("language", LANGUAGES)
def test_tinyproxy_opens_a_tunnel_for_the_right_password_alone(
    language: str, mock: Mock, nginx: Nginx, folder: Path
) -> None:
    trusted = {"root_certificates": str(nginx.authority)}
    with tinyproxy(folder) as host:
        assert call(language, mock, nginx, trusted | {"proxy": f"http://user:secret@{host}"}) == RIGHT
        for credentials in ("", "user:hunter2@"):
            error = call(language, mock, nginx, trusted | {"proxy": f"http://{credentials}{host}"})
            assert f"through the proxy {host}: it refused with 40" in error["text"]
            assert error["may_have_executed"] is False
            assert "hunter2" not in error["text"]
    gone = call(language, mock, nginx, trusted | {"proxy": f"http://user:hunter2@{host}"})
    assert f"could not connect to the proxy {host}: connection refused" in gone["text"]


@pytest.mark.parametrize("language", LANGUAGES)
def test_nginx_serves_only_a_client_that_shows_its_certificate(language: str, mock: Mock, tmp_path: Path) -> None:
    clients = trustme.CA()
    identity = tmp_path / "client.pem"
    clients.issue_cert("client.example").private_key_and_cert_chain_pem.write_to_path(identity)
    with Nginx(tmp_path, mock.url, clients=clients) as nginx:
        trusted = {"root_certificates": str(nginx.authority)}
        assert call(language, mock, nginx, trusted | {"identity": str(identity)}) == RIGHT
        error = call(language, mock, nginx, trusted)
        assert "400 " in error["text"]
        assert error["may_have_executed"] is False
