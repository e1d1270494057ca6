"""Authorities, the client's own certificate, and proxies: each option and variable."""

from __future__ import annotations

import asyncio
import pickle
from typing import TYPE_CHECKING, Any

import pytest
import trustme

from runtype_surface import APIConnectionError, AsyncClient, Client, ConfigurationError
from support.trust import Proxy, Server, call

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

RIGHT = {"output": {"a": 1}}


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    with Server(tmp_path) as server:
        yield server


def test_an_untrusted_issuer_is_named_with_what_would_trust_it(server: Server) -> None:
    error = call(server.options())
    assert (error["error"], error["may_have_executed"]) == ("APIConnectionError", False)
    happened = f"echo: could not connect to localhost:{server.port}: its certificate was issued by"
    assert error["text"].startswith(f'{happened} "Test Authority", which is not trusted\n')
    for name in ("root_certificates", "SSL_CERT_FILE", 'trust="system"'):
        assert name in error["text"]
    assert "NODE_EXTRA_CA_CERTS" not in error["text"]


def test_ssl_cert_file_replaces_the_roots(server: Server) -> None:
    assert call(server.options(), SSL_CERT_FILE=str(server.authority)) == RIGHT


def test_ssl_cert_dir_replaces_the_roots(server: Server) -> None:
    assert call(server.options(), SSL_CERT_DIR=str(server.authority.parent)) == RIGHT


@pytest.mark.parametrize("name", ["SSL_CERT_FILE", "SSL_CERT_DIR"])
def test_a_variable_that_names_no_certificate_is_named_with_its_path(server: Server, name: str) -> None:
    error = call(server.options(), **{name: "/no/such/place"})
    assert (error["error"], error["option"]) == ("ConfigurationError", name)
    assert "/no/such/place" in error["text"]


@pytest.mark.parametrize("name", ["SSL_CERT_FILE", "SSL_CERT_DIR"])
def test_an_empty_variable_counts_as_not_set(server: Server, name: str) -> None:
    assert "Mozilla's authorities are trusted." in call(server.options(), **{name: ""})["text"]


def test_bundled_trust_overrides_the_variables(server: Server) -> None:
    error = call(server.options(trust="bundled"), SSL_CERT_FILE=str(server.authority))
    assert "Mozilla's authorities are trusted." in error["text"]


@pytest.mark.parametrize("trust", ["system", "both"])
def test_the_platforms_roots_are_where_the_variables_say(server: Server, trust: str) -> None:
    assert call(server.options(trust=trust), SSL_CERT_FILE=str(server.authority)) == RIGHT


def test_the_variable_of_node_is_of_no_concern(server: Server) -> None:
    assert call(server.options(), NODE_EXTRA_CA_CERTS=str(server.authority))["error"] == "APIConnectionError"


def test_root_certificates_are_trusted_beside_those_of_a_variable(server: Server, tmp_path: Path) -> None:
    other = tmp_path / "other.pem"
    trustme.CA().cert_pem.write_to_path(other)
    options = server.options(root_certificates=str(server.authority))
    assert call(options, SSL_CERT_FILE=str(other)) == RIGHT


@pytest.fixture
def clients() -> trustme.CA:
    """The authority of the clients' certificates."""
    return trustme.CA()


def identities(clients: trustme.CA, folder: Path) -> dict[str, Any]:
    """One certificate with its key, in each form that the option takes."""
    own = clients.issue_cert("client.example")
    whole, certificate, key = folder / "client.pem", folder / "certificate.pem", folder / "key.pem"
    own.private_key_and_cert_chain_pem.write_to_path(whole)
    own.cert_chain_pems[0].write_to_path(certificate)
    own.private_key_pem.write_to_path(key)
    return {
        "text": whole.read_text(),
        "bytes": whole.read_bytes(),
        "path": whole,
        "path as text": str(whole),
        "two paths": [certificate, str(key)],
        "two texts": (certificate.read_text(), key.read_bytes()),
    }


def call_sync(options: dict[str, Any]) -> Any:
    with Client(**options) as client:
        return client.call("echo", {"a": 1})


def call_async(options: dict[str, Any]) -> Any:
    async def work() -> Any:
        async with AsyncClient(**options) as client:
            return await client.call("echo", {"a": 1})

    return asyncio.run(work())


@pytest.mark.parametrize("make", [call_sync, call_async], ids=["Client", "AsyncClient"])
def test_an_identity_is_shown_to_a_server_that_asks_for_one(
    clients: trustme.CA, tmp_path: Path, make: Callable[[dict[str, Any]], Any]
) -> None:
    with Server(tmp_path, clients) as server:
        options = server.options(root_certificates=server.authority)
        for identity in identities(clients, tmp_path).values():
            assert make({**options, "identity": identity}) == {"a": 1}
        with pytest.raises(APIConnectionError):
            make(options)


def test_an_identity_that_does_not_fit_is_refused_and_no_key_is_shown(clients: trustme.CA, tmp_path: Path) -> None:
    forms = identities(clients, tmp_path)
    other = trustme.CA().issue_cert("other.example").private_key_pem.bytes()
    secret = other.decode().splitlines()[1]
    certificate = forms["two texts"][0]
    for identity, problem in (
        (certificate, "contains no private key"),
        (other, "contains no certificate"),
        ([certificate, other], "does not belong to the certificate"),
        (tmp_path / "nothing.pem", "cannot be read"),
    ):
        with pytest.raises(ConfigurationError, match=problem) as raised:
            Client(product_id="p", surface_id="s", api_key="papi_of_nobody_a1b2", identity=identity)
        assert raised.value.option == "identity"
        assert secret not in f"{raised.value!r} {raised.value}"


def test_a_path_of_an_identity_goes_into_a_pickle_and_its_text_does_not(clients: trustme.CA, tmp_path: Path) -> None:
    forms = identities(clients, tmp_path)

    def make(identity: Any) -> Client:
        return Client(product_id="p", surface_id="s", api_key=len, identity=identity)  # type: ignore[arg-type]

    assert isinstance(pickle.loads(pickle.dumps(make(forms["two paths"]))), Client)  # noqa: S301, our own
    for form in ("text", "bytes", "two texts"):
        with pytest.raises(TypeError, match="a private key does not go into a pickle"):
            pickle.dumps(make(forms[form]))


@pytest.mark.parametrize("name", ["https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"])
def test_a_proxy_of_the_environment_opens_the_tunnel(server: Server, name: str) -> None:
    options = server.options("h.example", root_certificates=str(server.authority))
    with Proxy(server.port, "user:secret") as proxy:
        assert call(options, **{name: f"http://user:secret@127.0.0.1:{proxy.port}"}) == RIGHT
        assert proxy.asked == ["h.example"]


@pytest.mark.parametrize("name", ["no_proxy", "NO_PROXY"])
def test_no_proxy_excepts_a_host(server: Server, name: str) -> None:
    # An address of this machine that is not a loopback address.
    options = server.options("0.0.0.0", root_certificates=str(server.authority))  # noqa: S104, its name
    dead = {"HTTPS_PROXY": "http://127.0.0.1:1"}
    assert call(options, **dead, **{name: "other.example,0.0.0.0"}) == RIGHT
    assert call({**options, "proxy": ""}, **dead) == RIGHT
    assert "could not connect to the proxy 127.0.0.1:1" in call(options, **dead)["text"]


@pytest.mark.parametrize("scheme", ["http", "socks5h"])
@pytest.mark.parametrize("credentials", [None, "user:secret"])
def test_a_proxy_of_the_option_opens_the_tunnel(server: Server, scheme: str, credentials: str | None) -> None:
    with Proxy(server.port, credentials) as proxy:
        before = "" if credentials is None else f"{credentials}@"
        options = server.options("h.example", root_certificates=str(server.authority))
        assert call(options | {"proxy": f"{scheme}://{before}127.0.0.1:{proxy.port}"}) == RIGHT
        assert proxy.asked == ["h.example"]


def test_a_wrong_password_of_a_proxy_is_named_with_the_proxy_and_not_shown(server: Server) -> None:
    with Proxy(server.port, "user:secret") as proxy:
        url = f"http://user:hunter2@127.0.0.1:{proxy.port}"
        error = call(server.options("h.example", proxy=url))
        by_variable = call(server.options("h.example"), HTTPS_PROXY=url)
    assert f"127.0.0.1:{proxy.port}: it refused with 407 Proxy Authentication Required" in error["text"]
    assert error["text"].endswith("Check the user name and the password in proxy.")
    assert by_variable["text"].endswith("Check the user name and the password in HTTPS_PROXY.")
    assert error["may_have_executed"] is False
    assert "hunter2" not in f"{error}{by_variable}"
