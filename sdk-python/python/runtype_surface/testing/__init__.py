"""A mock of an API surface for an application's own tests: no account, no network, no Rust toolchain.

    from runtype_surface.testing import MockSurface

    with MockSurface() as mock:
        client = mock.client()
        assert client.call("echo", {"input": "hello"}) == {"input": "hello"}
        mock.revoke_key()  # the next call raises AuthenticationError

With pytest, the fixture `runtype_mock` is one, reset for each test.
"""

from ._binary import find_binary, main
from ._mock_surface import JSON, MockError, MockSurface

__all__ = ["JSON", "MockError", "MockSurface", "find_binary", "main"]
