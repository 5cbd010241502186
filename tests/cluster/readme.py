"""The commands of the README's section on Kubernetes, as a reader would type them."""

import re
from collections.abc import Sequence

from tests.cluster.kube import REPOSITORY

HEADING = "## On Kubernetes"
NOT_RUN = "# not run in our tests"


def blocks() -> Sequence[str]:
    """The section's blocks of shell commands, without the lines that are marked as not run."""
    text = (REPOSITORY / "README.md").read_text("utf-8")
    section = text.split(f"{HEADING}\n", 1)[1].split("\n## ", 1)[0]
    found = re.findall(r"```sh\n(.*?)```", section, flags=re.DOTALL)
    kept = ["\n".join(line for line in block.splitlines() if NOT_RUN not in line) for block in found]
    return [block for block in kept if block.strip()]
