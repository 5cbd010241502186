"""The Host that a request names (RFC 9112, section 3.2): one, and well formed."""

import re
from collections.abc import Mapping, Sequence
from functools import lru_cache

# RFC 3986, section 3.2.2: an address in brackets, or a name, which may be empty; then a port.
_HOST = re.compile(rb"(\[[0-9A-Za-z:.%~_-]+\]|[0-9A-Za-z._~!$&'()*+,;=%-]*)(:[0-9]*)?")


def host_fault(raw: Sequence[tuple[bytes, bytes]], headers: Mapping[bytes, bytes], http_version: str) -> str:
    """What is wrong with the request's Host; empty where nothing is.

    Who stands between may go by another of two Hosts than we do, so that such a request is refused whole.

    Args:
        raw: the header lines, names in lower case.
        headers: the same by name, the last of each.
        http_version: `1.0` needs no Host.
    """
    host = headers.get(b"host")
    if host is None:
        return "" if http_version == "1.0" else "Host: is missing; HTTP/1.1 needs one"
    # Only where a name stands twice is it worth a look which.
    if len(raw) != len(headers) and (count := sum(name == b"host" for name, _ in raw)) > 1:
        return f"Host: stands there {count} times; one is needed"
    # Blanks behind a value are none of it (RFC 9110, section 5.5), and the parser leaves them there.
    return "" if _is_host(host.strip(b" \t")) else "Host: is no host with a port"


@lru_cache(maxsize=256)
def _is_host(value: bytes) -> bool:
    return _HOST.fullmatch(value) is not None
