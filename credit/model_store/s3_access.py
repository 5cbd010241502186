"""How an S3 server is reached, as far as somebody said so; AWS's own tools find the rest."""

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class S3Access:
    """What was said; None leaves it to AWS's own ways: variables, profiles, a pod's role."""

    region: str | None = None
    endpoint_url: str | None = None
    """The server's URL, where it is not AWS's."""
    access_key: str | None = None
    secret_key: str | None = field(default=None, repr=False)
    """Given where `access_key` is."""


UNSAID = S3Access()
"""Nobody said anything."""
