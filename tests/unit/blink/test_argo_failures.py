"""What Argo 3.7.4 hands to an exit handler as `{{workflow.failures}}`, as people read it."""

import pytest

from blink.argo_failures import readable_failures

# As seen on a cluster, shortened by the fields that nobody reads.
RETRIED = (
    r'"[{\"displayName\":\"shard(2:2)(0)\",\"message\":\"main: Error (exit code 75)\",\"templateName\":\"shard\"},'
    r'{\"displayName\":\"shard(0:0)(0)\",\"message\":\"pod deleted\",\"templateName\":\"shard\"}]"'
)


@pytest.mark.parametrize(
    ("given", "read"),
    [
        ('"null"', ""),
        ("", ""),
        (RETRIED, "shard(2:2)(0): main: Error (exit code 75)\nshard(0:0)(0): pod deleted"),
        (" by hand ", "by hand"),
    ],
)
def test_failures_are_lines_and_no_failure_is_nothing(given, read):
    assert readable_failures(given) == read
