"""Files over HTTPS; no other module of this folder speaks HTTP by itself.

Certificates are checked against the machine's own, or those of SSL_CERT_FILE; HTTPS_PROXY is followed. HTTP is refused,
also as the target of a redirection: hashes lie beside the model, and whoever can change it on its way can change both.
"""

import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from email.message import Message
from http.client import HTTPException
from typing import IO, Self
from urllib.error import HTTPError, URLError
from urllib.parse import quote
from urllib.request import HTTPRedirectHandler, HTTPSHandler, Request, build_opener

from credit.model_store.errors import ModelStoreAddressError, ModelStoreAwayError, ModelStoreError, NotStoredError

MOST_BYTES = 2 * 1024**3
"""A larger file is taken for an answer that does not end."""

_SECONDS = 30.0
"""Longest wait for a connection, and for each next part of an answer."""
_NOT_THERE = {404, 410}
_NOT_OURS = {401, 403, 407}
_LATER = {408, 425, 429}


@dataclass(frozen=True)
class HttpsFiles:
    """What a web server shows under one URL."""

    address: str
    """`https://HOST/PATH`, without a slash at its end."""
    context: ssl.SSLContext = field(default_factory=ssl.create_default_context, repr=False, compare=False)

    def read(self, name: str) -> bytes:
        """As `StoredFiles.read`."""
        url = f"{self.address}/{quote(name)}"
        opener = build_opener(HTTPSHandler(context=self.context), _OnlyHttps())
        with _said_plainly(url), opener.open(_request(url), timeout=_SECONDS) as answer:
            content: bytes = answer.read(MOST_BYTES + 1)
        if len(content) > MOST_BYTES:
            raise ModelStoreError(f"{url}: more than {MOST_BYTES:,} bytes, which no file of a bundle has")
        return content

    def within(self, folder: str) -> Self:
        """As `StoredFiles.within`."""
        return replace(self, address=f"{self.address}/{quote(folder)}")


def _request(url: str) -> Request:
    return Request(url, headers={"User-Agent": "blinkscoring", "Accept-Encoding": "identity"})  # noqa: S310 - https only


class _OnlyHttps(HTTPRedirectHandler):
    def redirect_request(  # noqa: PLR0917 - urllib's signature
        self, req: Request, fp: IO[bytes], code: int, msg: str, headers: Message, newurl: str
    ) -> Request | None:
        if not newurl.startswith("https://"):
            raise ModelStoreError(f"{req.full_url} leads to {newurl.partition(':')[0]}:, and only https: is followed")
        return super().redirect_request(req, fp, code, msg, headers, newurl)  # type: ignore[arg-type]  # as it is called


@contextmanager
def _said_plainly(url: str) -> Iterator[None]:
    try:
        yield
    except HTTPError as error:
        with error:
            raise _refused(url, error) from error
    except URLError as error:
        raise _unreached(url, error.reason) from error
    except (OSError, HTTPException) as error:
        raise _unreached(url, error) from error


def _refused(url: str, error: HTTPError) -> ModelStoreError:
    said = f"{url}: {error.code} {error.reason}"
    if error.code in _NOT_THERE:
        return NotStoredError(f"{url} is not there")
    if error.code in _NOT_OURS:
        return ModelStoreAddressError(f"{said}: it is not there, or not for everybody, and blink gives no password")
    if error.code >= 500 or error.code in _LATER:
        return ModelStoreAwayError(said)
    return ModelStoreError(said)


def _unreached(url: str, reason: object) -> ModelStoreError:
    if isinstance(reason, ssl.SSLCertVerificationError):
        return ModelStoreAddressError(
            f"{url}: its certificate is not trusted: {reason.verify_message}; SSL_CERT_FILE may name another authority"
        )
    return ModelStoreAwayError(f"{url} does not answer: {reason}")
