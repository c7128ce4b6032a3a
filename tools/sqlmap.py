"""Lets sqlmap try every parameter of the demo's forms and addresses, and the session, as everybody who can reach them.

sqlmap is not a part of the environment (apt install sqlmap). It reaches the demo on this machine, and nothing else.

./run site serve --demo --port 8467    in another window
python3 -m tools.sqlmap                all of it
python3 -m tools.sqlmap desk phone     as these alone

It ends with 1 if sqlmap found a way in, could not try something, or the site broke at something that sqlmap sent.
"""

from __future__ import annotations

import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from html.parser import HTMLParser
from http.cookiejar import CookieJar
from pathlib import Path
from urllib.error import HTTPError
from urllib.parse import urlencode, urljoin, urlsplit
from urllib.request import HTTPCookieProcessor, build_opener

SITE = "http://localhost:8467"
NOBODY = "sign-in"  # who has come in by none of the demo's doors
DOORS = (NOBODY, "phone", "before", "supervisor", "desk", "therapist", "lead", "care_contact", "client")
MOST_PAGES = 60  # for each of them
LEFT_OUT = re.compile(r"/(sign-out|blank|demo/|static/|mine/download/)")  # ends of the session, the demo's own, files
TOKEN = "csrfmiddlewaretoken"
SQLMAP = [
    *("sqlmap", "--batch", "--disable-coloring", "--flush-session", "--timeout=60", "--ignore-stdin"),
    *("--dbms=SQLite", "--technique=BEUSQ", "--level=1", "--risk=1", f"--skip={TOKEN}"),
    *("--ignore-redirects", "--ignore-code=*"),
    "--answers=sure that you want to continue=Y",  # an axis begins at -3, which it takes for a trial of somebody's own
]
NOTHING = "all tested parameters do not appear to be injectable"
FOUND = "identified the following injection point"
BROKE = re.compile(r"5\d\d \([A-Z][^)]+\) - \d+ times?")


@dataclass(frozen=True)
class Target:
    """One request. Tried are the parameters of its form, or the part of its address before a star."""

    method: str
    url: str
    fields: tuple[tuple[str, str], ...] = ()

    def written(self, cookies: dict[str, str]) -> str:
        """As a browser would send it, with the token of this session."""
        parts = urlsplit(self.url)
        head = [f"{self.method} {self.url.removeprefix(SITE)} HTTP/1.1", f"Host: {parts.netloc}", f"Referer: {SITE}/"]
        if cookies:
            head.append("Cookie: " + "; ".join(f"{name}={value}" for name, value in cookies.items()))
        if self.method == "POST":
            head.append("Content-Type: application/x-www-form-urlencoded")
        told = {name: cookies.get("csrf", "") if name == TOKEN else value or "1" for name, value in self.fields}
        return "\r\n".join([*head, "", urlencode(told)])


@dataclass
class Form:
    """One form of a page, with the first value that each of its fields offers."""

    method: str
    action: str
    fields: dict[str, str] = field(default_factory=dict)

    def offer(self, name: str, value: str) -> None:
        """A value that could be sent."""
        if name:
            self.fields[name] = self.fields.get(name) or value

    def at(self, url: str) -> Target:
        """The request that it sends."""
        to = urljoin(url, self.action or url).split("#")[0]
        if self.method == "post":
            return Target("POST", to, tuple(self.fields.items()))
        asked = urlencode({name: value or "1" for name, value in self.fields.items()})
        return Target("GET", f"{to.split('?')[0]}?{asked}")


class Page(HTMLParser):
    """The forms of a page, and where it leads."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.forms: list[Form] = []
        self.links: list[str] = []
        self._choosing = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Keep what is a form, a field of it or a link."""
        told = {name: value or "" for name, value in attrs}
        if tag == "a":
            self.links.append(told.get("href", ""))
        elif tag == "form":
            self.forms.append(Form(told.get("method", "get").lower(), told.get("action", "")))
        elif tag == "select":
            self._choosing = told.get("name", "")
        elif tag == "option" and self.forms:
            self.forms[-1].offer(self._choosing, told.get("value", ""))
        elif tag in ("input", "textarea", "button") and self.forms and told.get("type") != "file":
            self.forms[-1].offer(told.get("name", ""), told.get("value", ""))


class Visitor:
    """Somebody with a browser who has come in by one door of the demo."""

    def __init__(self, door: str) -> None:
        self._jar = CookieJar()
        self._browser = build_opener(HTTPCookieProcessor(self._jar))
        self.open(f"{SITE}/")
        if door == NOBODY:
            self.place = f"{SITE}/{NOBODY}"
        else:
            self.place, _ = self.open(f"{SITE}/demo/{door}", urlencode({TOKEN: self.cookies["csrf"]}))

    def open(self, url: str, body: str = "") -> tuple[str, str]:
        """Where it led, and the page there."""
        try:
            with self._browser.open(url, body.encode() or None, timeout=120) as answer:
                return answer.geturl(), answer.read().decode(errors="replace")
        except HTTPError as refused:
            return url, refused.read().decode(errors="replace")

    @property
    def cookies(self) -> dict[str, str]:
        """What the browser keeps."""
        return {one.name: one.value or "" for one in self._jar}


def targets(door: str) -> Iterator[Target]:
    """Go from page to page; each kind of address, form and link once."""
    visitor = Visitor(door)
    waiting, seen = [visitor.place], {_kind(visitor.place)}
    for url in waiting:  # it grows meanwhile
        here, text = visitor.open(url)
        page = Page(text)
        address = here.split("?")[0]
        to_try = [Target("GET", f"{address}*")] if "*" in _kind(address) else []
        to_try += [form.at(here) for form in page.forms if set(form.fields) - {TOKEN}]
        to_try += [Target("GET", urljoin(here, link).split("#")[0]) for link in page.links if "?" in link]
        for target in to_try:
            kind = f"{target.method} {_kind(target.url)} {sorted(name for name, _ in target.fields)}"
            if kind not in seen and target.url.startswith(SITE) and not LEFT_OUT.search(target.url):
                seen.add(kind)
                yield target
        for link in page.links:
            to = urljoin(here, link).split("#")[0]
            if to.startswith(SITE) and _kind(to) not in seen and not LEFT_OUT.search(to) and len(waiting) < MOST_PAGES:
                seen.add(_kind(to))
                waiting.append(to)


def _kind(url: str) -> str:
    """An address without what differs from one client, day or link to the next."""
    path, _, query = url.removeprefix(SITE).partition("?")
    parts = ["*" if re.search(r"\d|^[\w-]{30,}$", part) else part for part in path.split("/")]
    return "/".join(parts) + "".join(sorted(f"?{one.split('=')[0]}" for one in query.split("&") if one))


def tried(target: Target, cookies: dict[str, str], folder: Path) -> str:
    """What there is to look at after sqlmap has tried one request; empty if nothing."""
    request = folder / "request.txt"
    request.write_bytes(target.written(cookies).encode())
    command = [*SQLMAP, "-r", str(request), "--output-dir", str(folder / "out")]
    said = subprocess.run(command, text=True, capture_output=True, stdin=subprocess.DEVNULL).stdout
    if FOUND in said:
        return f"A WAY IN: {said[said.index(FOUND) :]}"
    if broke := BROKE.findall(said):
        return f"IT BROKE: {', '.join(broke)}"
    return "" if NOTHING in said else f"NOT TRIED: {said[-600:]}"


def main(doors: list[str]) -> int:
    """Try all that can be reached by these doors; 0 if there is nothing to look at."""
    count, wrong = 0, 0
    with tempfile.TemporaryDirectory() as folder:
        for door in doors or DOORS:
            for target in sorted(targets(door), key=lambda one: "/erase" in one.url):  # nobody comes back from it
                said = tried(target, Visitor(door).cookies, Path(folder))  # he has just signed in, each time
                count, wrong = count + 1, wrong + bool(said)
                names = ", ".join(name for name, _ in target.fields if name != TOKEN)
                where = target.url.removeprefix(SITE)
                print(f"{door:<12} {target.method:<4} {where} {names}  {said or 'nothing'}", flush=True)
    print(f"{count} requests tried, {wrong} to look at.")
    return 1 if wrong or not count else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
