"""What the packages of Linux need of the machine. Collected on Linux only: glibc and auditwheel are of Linux."""

from __future__ import annotations

import io
import platform as os_platform
import re
import sys
from pathlib import Path

import pytest
from elftools.elf.elffile import ELFFile
from elftools.elf.gnuversions import GNUVerNeedSection

from conftest import execute, only
from project import ROOT
from test_artefacts import BIN, MOCK_NATIVE, MOCK_WHEEL, SDK_NATIVE, SDK_WHEEL, read


def highest_glibc(library: bytes) -> tuple[int, ...]:
    """The newest symbol version of glibc that a library needs."""
    needed = [
        version.name
        for section in ELFFile(io.BytesIO(library)).iter_sections()
        if isinstance(section, GNUVerNeedSection)
        for _, versions in section.iter_versions()
        for version in versions
    ]
    numbers = [tuple(map(int, name[6:].split("."))) for name in needed if re.fullmatch(r"GLIBC_[\d.]+", name)]
    assert numbers, "it needs no glibc at all"
    return max(numbers)


@pytest.mark.parametrize(
    ("artefact", "file"),
    [
        (SDK_WHEEL, r"_native.*\.so$"),
        (MOCK_WHEEL, r"scripts/runtype-mock$"),
        (SDK_NATIVE, r"\.node$"),
        (MOCK_NATIVE, r"/runtype-mock$"),
    ],
)
def test_no_symbol_is_newer_than_glibc_2_17(artefact: str, file: str) -> None:
    assert highest_glibc(read(artefact, file)) <= (2, 17)


def test_the_reader_of_symbols_finds_a_newer_one() -> None:
    assert highest_glibc(Path(sys.executable).resolve().read_bytes()) > (2, 17)


@pytest.mark.parametrize("wheel", [SDK_WHEEL, MOCK_WHEEL])
def test_a_wheel_is_manylinux2014(wheel: str) -> None:
    path = only(wheel)
    assert "manylinux2014" in path.name
    if wheel == SDK_WHEEL:
        assert "-cp310-abi3-" in path.name
        said = " ".join(execute(BIN / "auditwheel", "show", path, cwd=ROOT, env={}).split())
        assert f"manylinux_2_17_{os_platform.machine()}" in said, said
