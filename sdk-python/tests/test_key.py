"""Where the key comes from, in the ways of Python."""

from __future__ import annotations

import asyncio
import threading
import traceback
from typing import TYPE_CHECKING

import pytest

from runtype_surface import AuthenticationError, ConfigurationError

if TYPE_CHECKING:
    from pathlib import Path

    from runtype_mock import MockSurface


class VaultError(Exception):
    pass


def test_a_function_is_asked_once_and_again_after_a_401(runtype_mock: MockSurface) -> None:
    keys = [runtype_mock.mint_key() for _ in range(2)]
    asked: list[str] = []

    def ask() -> str:
        asked.append(threading.current_thread().name)
        return keys[len(asked) - 1]

    client = runtype_mock.client(api_key=ask)
    assert [client.call("echo", {"n": n})["n"] for n in range(3)] == [0, 1, 2]
    assert len(asked) == 1
    runtype_mock.revoke_key(keys[0])
    assert client.call("echo", {"a": 1}) == {"a": 1}
    assert len(asked) == 2


def test_many_calls_in_flight_ask_an_async_function_once(runtype_mock: MockSurface) -> None:
    keys = [runtype_mock.mint_key() for _ in range(2)]
    asked = 0

    async def ask() -> str:
        nonlocal asked
        asked += 1
        await asyncio.sleep(0.02)
        return keys[asked - 1]

    async def main() -> None:
        client = runtype_mock.async_client(api_key=ask)
        await asyncio.gather(*(client.call("echo") for _ in range(50)))
        assert asked == 1
        runtype_mock.revoke_key(keys[0])
        await asyncio.gather(*(client.call("echo") for _ in range(50)))
        assert asked == 2

    asyncio.run(main())


def test_a_plain_function_that_waits_does_not_block_the_loop(runtype_mock: MockSurface) -> None:
    released = threading.Event()

    def ask() -> str:
        assert released.wait(10)
        return runtype_mock.api_key

    async def main() -> None:
        task = asyncio.create_task(runtype_mock.async_client(api_key=ask).call("echo", {"a": 1}))
        await asyncio.sleep(0.01)
        released.set()
        assert await task == {"a": 1}

    asyncio.run(main())


def test_what_a_function_raises_is_the_cause(runtype_mock: MockSurface) -> None:
    def ask() -> str:
        raise VaultError("sealed papi_seen_by_nobody")

    async def ask_async() -> str:
        await asyncio.sleep(0)
        raise VaultError("sealed papi_seen_by_nobody")

    with pytest.raises(ConfigurationError, match="VaultError: sealed") as caught:
        runtype_mock.client(api_key=ask).call("echo")
    assert repr(caught.value.__cause__) == "RuntimeError('VaultError: sealed papi_…')"
    for function in (ask, ask_async):
        with pytest.raises(ConfigurationError, match="VaultError: sealed") as caught:
            asyncio.run(runtype_mock.async_client(api_key=function).call("echo"))
        assert repr(caught.value.__cause__) == "RuntimeError('VaultError: sealed papi_…')"
        assert "seen_by_nobody" not in "".join(traceback.format_exception(caught.value))
    assert runtype_mock.journal() == []


def test_a_function_that_fails_after_a_401_is_the_cause_of_the_401(runtype_mock: MockSurface) -> None:
    key = runtype_mock.mint_key()
    answers = [key]
    client = runtype_mock.client(api_key=lambda: answers.pop())
    client.call("echo")
    runtype_mock.revoke_key(key)
    with pytest.raises(AuthenticationError) as caught:
        client.call("echo")
    assert str(caught.value.__cause__).startswith("IndexError: ")


def test_what_a_function_raises_takes_one_line(runtype_mock: MockSurface) -> None:
    def ask() -> str:
        raise ValueError("l1\nl2\nl3\n\x1b[2Jl4\nl5")

    with pytest.raises(ConfigurationError) as caught:
        runtype_mock.client(api_key=ask).call("echo")
    wanted = "api_key: the application's key function failed: ValueError: l1\\nl2\\nl3\\n\\u{1b}[2Jl4\\nl5"
    assert str(caught.value) == wanted


def test_a_function_that_gives_no_text_is_refused(runtype_mock: MockSurface) -> None:
    with pytest.raises(ConfigurationError, match="returned int, not str"):
        runtype_mock.client(api_key=lambda: 7).call("echo")  # type: ignore[arg-type]


def test_an_async_function_needs_the_async_client(runtype_mock: MockSurface) -> None:
    async def ask() -> str:
        raise AssertionError("nobody awaits it")

    with pytest.raises(ConfigurationError, match="use AsyncClient"):
        runtype_mock.client(api_key=ask).call("echo")  # type: ignore[arg-type]


def test_a_file_that_changes_is_read_again(runtype_mock: MockSurface, tmp_path: Path) -> None:
    keys = [runtype_mock.mint_key() for _ in range(2)]
    file = tmp_path / "key"
    file.write_text(f"{keys[0]}\n")
    client = runtype_mock.client(api_key=None, api_key_file=file)
    client.call("echo")
    file.write_text(f"{keys[1]}\n\n"[:-1])
    runtype_mock.revoke_key(keys[0])
    client.call("echo")


def test_a_variable_of_ones_own(runtype_mock: MockSurface, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MY_KEY", runtype_mock.api_key)
    assert runtype_mock.client(api_key=None, api_key_variable="MY_KEY").call("echo", {"a": 1}) == {"a": 1}


def test_two_sources_at_once_are_refused(runtype_mock: MockSurface) -> None:
    with pytest.raises(ConfigurationError, match="pass only one"):
        runtype_mock.client(api_key_file="/nowhere")
