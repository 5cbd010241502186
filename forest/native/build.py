"""Compiles the C of this folder into a shared library: `python forest/native/build.py DIRECTORY`.

Needs the wheel `ziglang` and nothing else: zig brings its compiler, its linker and the stubs of every C library. The
wheel's build hook (`hatch_build.py`) and the images run this file; nothing of ours is imported.
"""

import os
import platform
import subprocess
import sys
import tempfile
from pathlib import Path

LIBRARY = "libblinkforest.so"
"""Name of the compiled file."""

SOURCES = Path(__file__).parent

_GLIBC = "2.17"
"""The oldest C library that the file runs on; that of manylinux2014."""

_FLAGS = (
    *("-std=c11", "-O3", "-fPIC", "-shared", "-s", "-Wall", "-Wextra", "-Werror"),
    # A sum has the same bits on every machine: a product and a sum are never made into one rounding.
    "-ffp-contract=off",
    # LLVM makes a branch of a choice that it believes can be guessed: in a tree it cannot.
    *("-mllvm", "-x86-cmov-converter=false"),
    # zig would check for undefined behaviour and abort: tests/native does that, with gcc.
    "-fno-sanitize=all",
)


def wheel_platform() -> str | None:
    """The platform tag of a wheel with the library; none where this machine gets no library."""
    machine = platform.machine()
    if sys.platform != "linux" or platform.libc_ver()[0] != "glibc" or machine not in {"x86_64", "aarch64"}:
        return None
    return f"manylinux_{_GLIBC.replace('.', '_')}_{machine}"


def build(directory: Path) -> Path:
    """Compile the library into a directory, replacing one that is there; its path.

    Raises:
        RuntimeError: where zig fails, with what it said, or is not installed.
    """
    directory.mkdir(parents=True, exist_ok=True)
    target = directory / LIBRARY
    with tempfile.TemporaryDirectory(dir=directory, prefix=".building-") as scratch:
        made = Path(scratch) / LIBRARY
        _run_zig(made, cache=scratch)
        # A process that has the old file mapped keeps it.
        made.replace(target)
    return target


def _run_zig(made: Path, *, cache: str) -> None:
    target = f"{platform.machine()}-linux-gnu.{_GLIBC}"
    sources = sorted(str(source) for source in SOURCES.glob("*.c"))
    command = [sys.executable, "-m", "ziglang", "cc", "-target", target, *_FLAGS, *sources, "-o", str(made)]
    caches = {"ZIG_GLOBAL_CACHE_DIR": cache, "ZIG_LOCAL_CACHE_DIR": cache}
    answer = subprocess.run(command, env={**os.environ, **caches}, capture_output=True, text=True, check=False)  # noqa: S603
    if answer.returncode:
        raise RuntimeError(f"forest/native: zig cc ended with {answer.returncode}:\n{answer.stderr}")


if __name__ == "__main__":
    if wheel_platform():
        build(Path(sys.argv[1]))
