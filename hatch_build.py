"""Hatch's build hook: the native library into the wheel, or beside the source of an editable install."""

import runpy
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class NativeLibrary(BuildHookInterface):  # type: ignore[type-arg]
    """Compiles `forest/native` where this machine can have it; elsewhere the wheel is one of Python only."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:  # noqa: ARG002
        """Compile, and name what was compiled."""
        native = Path(self.root) / "forest" / "native"
        build = runpy.run_path(str(native / "build.py"))
        platform = build["wheel_platform"]()
        if platform is None:
            self.app.display_warning("no native library for this machine: the reference engine will serve")
            return
        library = build["build"](native)
        build_data["artifacts"].append(f"/{library.relative_to(self.root)}")
        build_data["pure_python"] = False
        build_data["tag"] = f"py3-none-{platform}"
