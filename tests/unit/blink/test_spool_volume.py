"""Which filesystem holds a folder, by the system's own list of mounts, and the spool that is refused for it."""

from pathlib import Path, PurePosixPath

import pytest

from blink import spool_volume
from blink.cli.main import run
from blink.spool_volume import check_spool, filesystem_of

MACHINE = r"""
22 27 0:21 / /proc rw,relatime - proc proc rw
27 1 254:0 / / rw,relatime - ext4 /dev/vda rw,discard
24 27 0:6 / /dev rw,relatime - devtmpfs devtmpfs rw,mode=755
25 24 0:23 / /dev/mem rw,relatime - tmpfs tmpfs rw,size=24684092k
28 27 8:1 /volumes/a /srv rw shared:7 master:3 propagate_from:2 - xfs /dev/sda1 rw
29 28 0:30 / /srv/with\040a\040space\134040 rw - nfs4 store:/a rw
""".lstrip()
CONTAINER = """\
600 590 0:100 / / rw,relatime - overlay overlay rw,lowerdir=/a:/b,upperdir=/c,workdir=/d
601 600 0:101 / /proc rw - proc proc rw
602 600 0:102 / /dev rw - tmpfs tmpfs rw
603 600 254:0 /volumes/claim /var/spool/blink rw - ext4 /dev/vda rw
604 600 0:103 / /run rw - ramfs none rw
"""


@pytest.mark.parametrize(
    ("mountinfo", "path", "filesystem"),
    [
        (MACHINE, "/", "ext4"),
        (MACHINE, "/var/spool/blink", "ext4"),
        (MACHINE, "/dev", "devtmpfs"),
        (MACHINE, "/dev/mem", "tmpfs"),
        (MACHINE, "/dev/mem/not/yet/made", "tmpfs"),
        (MACHINE, "/dev/memory", "devtmpfs"),
        (MACHINE, "/srv", "xfs"),
        (MACHINE, "/srv/with a space", "xfs"),
        (MACHINE, r"/srv/with a space\040/spool", "nfs4"),
        (CONTAINER, "/var/spool", "overlay"),
        (CONTAINER, "/var/spool/blink", "ext4"),
        (CONTAINER, "/var/spool/blink/0", "ext4"),
        ("", "/var", None),
        ("28 27 8:1 / /srv rw - xfs /dev/sda1 rw\n", "/var", None),
    ],
)
def test_a_path_is_on_the_mount_that_is_nearest_above_it(mountinfo, path, filesystem):
    assert filesystem_of(mountinfo, PurePosixPath(path)) == filesystem


@pytest.mark.parametrize("reverse", [False, True])
@pytest.mark.parametrize(
    ("later", "filesystem"),
    [
        ("30 28 0:40 / /srv rw - tmpfs over rw", "tmpfs"),  # on the mount at the same place
        ("30 28 0:40 / /srv/spool/deep rw - tmpfs beside rw", "xfs"),
        ("30 27 0:40 / / rw - overlay over rw", "overlay"),  # over the root, which hides all that is below
    ],
)
def test_of_mounts_over_each_other_the_last_is_seen(later, filesystem, reverse):
    lines = [*MACHINE.splitlines(), later]
    mountinfo = "\n".join(reversed(lines) if reverse else lines)
    assert filesystem_of(mountinfo, PurePosixPath("/srv/spool")) == filesystem


def test_a_mount_that_a_later_one_above_it_covers_is_not_seen():
    covered = "31 27 8:2 / /var/a/spool rw - xfs /dev/sdb rw\n30 27 0:40 / /var/a rw - tmpfs over rw\n"
    assert filesystem_of(MACHINE + covered, PurePosixPath("/var/a/spool")) == "tmpfs"


def test_a_root_that_is_its_own_parent_is_the_root():
    mountinfo = "1 1 0:1 / / rw - rootfs rootfs rw\n27 1 254:0 / / rw - ext4 /dev/vda rw\n"
    assert filesystem_of(mountinfo, PurePosixPath("/srv")) == "ext4"


@pytest.mark.parametrize(
    ("filesystem", "why"),
    [
        ("tmpfs", "in memory, and goes with the pod or the machine"),
        ("ramfs", "in memory, and goes with the machine"),
        ("overlay", "a container's own, and goes with it"),
        ("overlayfs", "a container's own, and goes with it"),
    ],
)
def test_a_spool_that_goes_with_its_container_or_machine_ends_with_78(tmp_path, monkeypatch, capsys, filesystem, why):
    mounted(f"1 1 0:1 / / rw - {filesystem} none rw\n", tmp_path, monkeypatch)
    folder = tmp_path / "spool"
    assert run(["serve", "cash_advance", "--spool", str(folder)]) == 78
    assert capsys.readouterr().err == (
        f"blink: --spool {folder}: its filesystem ({filesystem}) is {why}; audits of scores that were answered would "
        "be lost. Give a folder on a persistent volume (in the chart: serving.spoolClaim, the name of a "
        "PersistentVolumeClaim)\n"
    )
    assert not folder.exists()


@pytest.mark.parametrize("mountinfo", ["1 1 0:1 / / rw - ext4 /dev/vda rw\n", "", None])
def test_a_spool_on_a_disk_and_one_that_the_system_says_nothing_of_are_taken(tmp_path, monkeypatch, mountinfo):
    mounted(mountinfo, tmp_path, monkeypatch)
    check_spool(tmp_path / "spool")


def test_a_link_is_followed(tmp_path, monkeypatch):
    (tmp_path / "volume").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "volume")
    escaped = str(tmp_path.resolve()).replace("\\", r"\134").replace(" ", r"\040")
    mounts = f"1 1 0:1 / / rw - overlay none rw\n2 1 0:2 / {escaped}/volume rw - ext4 /dev/vda rw\n"
    mounted(mounts, tmp_path, monkeypatch)
    check_spool(tmp_path / "link" / "spool")


def mounted(mountinfo, folder, monkeypatch):
    """The machine says this of its mounts; None: nothing."""
    told = Path(folder) / "mountinfo"
    if mountinfo is not None:
        told.write_text(mountinfo, "utf-8")
    monkeypatch.setattr(spool_volume, "MOUNTS", told)
