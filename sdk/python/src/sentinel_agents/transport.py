"""HTTP to Sentinel, on the standard library."""

import codecs
import http.client
import time
import urllib.error
import urllib.request
from dataclasses import dataclass
from typing import Any, Mapping, Optional
from urllib.parse import urlsplit

#: Answers are small (directives of a batch's agents); more than this is not one of ours.
_MAX_ANSWER_BYTES = 4_000_000
_CHUNK_BYTES = 65_536

# Looked up lazily by sockets, under an import lock: a child forked while another thread does so could never connect.
for _name in ("idna", "ascii", "latin-1", "utf-16-le"):
    codecs.lookup(_name)


@dataclass(frozen=True)
class Answer:
    status: int
    body: bytes
    retry_after: Optional[str]


class _NoRedirects(urllib.request.HTTPRedirectHandler):
    """A redirect would carry the key elsewhere."""

    def redirect_request(self, req: Any, fp: Any, code: Any, msg: Any, headers: Any, newurl: Any) -> None:
        return None


def check_url(base_url: str) -> str:
    """The address without a trailing slash. Raises ValueError where it is none, or holds a user name or password."""
    parts = urlsplit(base_url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ValueError("base_url must be an http:// or https:// URL, such as https://sentinel.example")
    if parts.username is not None:
        raise ValueError("base_url must not contain a user name or password: pass api_key")
    return base_url.rstrip("/")


class Transport:
    """Sends requests one by one. HTTP_PROXY, HTTPS_PROXY and NO_PROXY of the environment hold, as for urllib."""

    def __init__(self, base_url: str, api_key: str, timeout: float) -> None:
        self._base = check_url(base_url) + "/api/v1/"
        self._key = api_key
        self.timeout = timeout
        self._opener = urllib.request.build_opener(_NoRedirects())

    def send(
        self,
        path: str,
        body: Optional[bytes] = None,
        headers: Optional[Mapping[str, str]] = None,
        timeout: Optional[float] = None,
    ) -> Answer:
        """Raises OSError or HTTPException when no whole answer comes within `timeout` seconds."""
        limit = timeout or self.timeout
        deadline = time.monotonic() + limit
        request = urllib.request.Request(
            self._base + path, data=body, method="GET" if body is None else "POST", headers=dict(headers or {})
        )
        request.add_header("accept", "application/json")
        if self._key:
            # Never handed on to a proxy's CONNECT, nor to another host.
            request.add_unredirected_header("authorization", f"Bearer {self._key}")
        if body is not None:
            request.add_header("content-type", "application/json")
        try:
            with self._opener.open(request, timeout=limit) as response:
                return Answer(response.status, _read(response, deadline), response.headers.get("retry-after"))
        except urllib.error.HTTPError as refused:
            with refused:
                return Answer(refused.code, _read(refused, deadline), refused.headers.get("retry-after"))


def _read(response: Any, deadline: float) -> bytes:
    chunks: list[bytes] = []
    size = 0
    while True:
        chunk = response.read1(_CHUNK_BYTES)  # what has arrived: a sender that drips is noticed
        if not chunk:
            return b"".join(chunks)
        size += len(chunk)
        if size > _MAX_ANSWER_BYTES:
            raise http.client.HTTPException("the answer is too large")
        if time.monotonic() > deadline:
            raise TimeoutError("the answer took too long")
        chunks.append(chunk)
