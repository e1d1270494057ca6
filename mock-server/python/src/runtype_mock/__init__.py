"""A mock of an API surface for an application's own tests: no account, no network, no Rust toolchain.

    from runtype_mock import MockSurface

    with MockSurface() as mock:
        client = mock.client()  # needs the package runtype-surface; any HTTP client can use mock.env
        assert client.call("echo", {"input": "hello"}) == {"input": "hello"}
        mock.revoke_key()  # the next call raises AuthenticationError

With pytest, the fixture `runtype_mock` is one, reset for each test.
"""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ._binary import find_binary
    from ._mock_surface import JSON, MockError, MockSurface

__all__ = ["JSON", "MockError", "MockSurface", "find_binary"]


def __getattr__(name: str) -> object:
    """Loads the kit when it is first used: pytest imports this package in every run."""
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from . import _binary, _mock_surface

    value: object = getattr(_binary if name == "find_binary" else _mock_surface, name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
