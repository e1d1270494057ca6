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
    from ._answer import JSON, Answer, Reply, StreamAnswer, fail, matched, sequence, stream_of, when
    from ._binary import find_binary
    from ._journal import MockRequest
    from ._mock_process import MockError
    from ._mock_surface import MockSurface

__all__ = [
    "JSON",
    "Answer",
    "MockError",
    "MockRequest",
    "MockSurface",
    "Reply",
    "StreamAnswer",
    "fail",
    "find_binary",
    "matched",
    "sequence",
    "stream_of",
    "when",
]


def __getattr__(name: str) -> object:
    """Loads the kit when it is first used: pytest imports this package in every run."""
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from . import _answer, _binary, _journal, _mock_process, _mock_surface

    for module in (_mock_surface, _mock_process, _journal, _answer, _binary):
        if hasattr(module, name):
            value: object = getattr(module, name)
            globals()[name] = value
            return value
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
