"""A page, read as a browser would by Python's own parser."""

import base64
from dataclasses import dataclass, field
from html.parser import HTMLParser

VOID = {"meta", "img", "br", "link", "input", "hr", "wbr"}


@dataclass(slots=True)
class Seen:
    """What a page has."""

    tags: list[str] = field(default_factory=list)
    ids: list[str] = field(default_factory=list)
    links: list[str] = field(default_factory=list)
    images: list[dict[str, str | None]] = field(default_factory=list)
    headings: list[int] = field(default_factory=list)
    text: str = ""

    def pictures(self) -> list[str]:
        """Each image as SVG."""
        return [base64.b64decode(str(one["src"]).partition("base64,")[2]).decode() for one in self.images]


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.seen = Seen()
        self.open: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        named = dict(attrs)
        self.seen.tags.append(tag)
        self.seen.ids += [str(named[name]) for name in ("id",) if name in named]
        self.seen.links += [str(named[name]) for name in ("href", "src", "srcset", "action") if name in named]
        if tag == "img":
            self.seen.images.append(named)
        if tag in {"h1", "h2", "h3", "h4"}:
            self.seen.headings.append(int(tag[1]))
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag
        self.seen.text += " " * (tag in {"td", "th"})

    def handle_data(self, data: str) -> None:
        if self.open and self.open[-1] != "style":
            self.seen.text += data


def read(page: str) -> Seen:
    """What a page has; every tag that is opened is closed, in order."""
    reader = _Reader()
    reader.feed(page)
    reader.close()
    assert reader.open == []
    reader.seen.text = " ".join(reader.seen.text.split())
    return reader.seen
