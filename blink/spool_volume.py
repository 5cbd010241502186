"""Whether a spool's folder is on a volume that can outlast the container and the machine's memory."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from blink.settings import SettingsError

MOUNTS = Path("/proc/self/mountinfo")
"""Of Linux; other systems have none."""

_PASSING = {
    "tmpfs": "in memory, and goes with the pod or the machine",
    "ramfs": "in memory, and goes with the machine",
    "overlay": "a container's own, and goes with it",
    "overlayfs": "a container's own, and goes with it",
}
_ESCAPED = re.compile(r"\\([0-7]{3})")


@dataclass(frozen=True, slots=True)
class _Mount:
    number: int
    parent: int
    """Number of the mount that it is on."""
    point: PurePosixPath
    filesystem: str


def check_spool(folder: Path) -> None:
    """Refuse a spool whose filesystem cannot keep it; where the system does not tell, nothing is checked.

    Raises:
        SettingsError: naming the folder, its filesystem, and what to do.
    """
    try:
        mounts = MOUNTS.read_bytes().decode("utf-8", "surrogateescape")
    except OSError:
        return
    filesystem = filesystem_of(mounts, PurePosixPath(folder.resolve()))
    if filesystem in _PASSING:
        raise SettingsError(
            f"--spool {folder}: its filesystem ({filesystem}) is {_PASSING[filesystem]}; audits of scores that were "
            "answered would be lost. Give a folder on a persistent volume (in the chart: serving.spoolClaim, the name "
            "of a PersistentVolumeClaim)"
        )


def filesystem_of(mountinfo: str, path: PurePosixPath) -> str | None:
    """The type of the filesystem that holds a path, or would, if it were made.

    Args:
        mountinfo: the text of /proc/self/mountinfo (proc_pid_mountinfo(5)).
        path: absolute, without symbolic links.

    Returns:
        None where no mount of the text holds it.
    """
    above = [mount for mount in map(_mount, filter(None, mountinfo.split("\n"))) if path.is_relative_to(mount.point)]
    numbers = {mount.number for mount in above}
    found = _first([mount for mount in above if mount.parent == mount.number or mount.parent not in numbers])
    while found is not None:
        # Mounts are entered on the way to the path, as the kernel does: one that a later one covers is never met.
        entered = _first([mount for mount in above if mount.parent == found.number != mount.number])
        if entered is None:
            return found.filesystem
        found = entered
    return None


def _first(mounts: Sequence[_Mount]) -> _Mount | None:
    """The one that the way from the root meets first."""
    return min(mounts, key=lambda mount: len(mount.point.parts), default=None)


def _mount(line: str) -> _Mount:
    # Optional fields, as many as there are, end with a single hyphen.
    own, _, of_filesystem = line.partition(" - ")
    number, parent, _, _, point, *_ = own.split(" ")
    point = _ESCAPED.sub(lambda found: chr(int(found[1], 8)), point)
    return _Mount(int(number), int(parent), PurePosixPath(point), of_filesystem.split(" ")[0])
