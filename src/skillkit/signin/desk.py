"""Who may ask the page for what: a request comes in as a value, and a page goes out as one."""

from __future__ import annotations

from typing import Final

from skillkit.door import Asked, Reply
from skillkit.errors import SkillkitError
from skillkit.signin import guard, page
from skillkit.signin.consents import CALLBACK, Consents
from skillkit.signin.links import Link, Links
from skillkit.signin.notice import notice
from skillkit.signin.visit import Around, Passphrase, Visit
from skillkit.workspace import Workspace

LINKS: Final = "/s/"


class Desk:
    """Answers every request of the page's process; its threads share it."""

    def __init__(self, space: Workspace, links: Links, port: int, passphrase: Passphrase) -> None:
        self._port = port
        self._links = links
        self._around = Around(space, links, passphrase, Consents())

    def answer(self, asked: Asked) -> Reply:
        """Return what a request is answered with; one that is not ours changes nothing."""
        spoken = page.language(asked.header("accept-language"))
        if (asked.method, asked.path) == ("GET", "/page.css"):
            return page.stylesheet()
        if (asked.method, asked.path) == ("GET", "/health"):
            return Reply(200, (("Content-Type", "text/plain; charset=utf-8"), *page.FENCE), b"ok\n")
        if guard.strange(asked, self._port):
            return notice(spoken, "refused", 403)
        if asked.method == "GET" and asked.header("host").startswith("localhost:"):
            # Apps send a browser back by number alone, and to a browser the name is another place with other cookies.
            return _moved(asked)
        try:
            if (asked.method, asked.path) == ("GET", CALLBACK):
                return self._returned(asked, spoken)
            link = self._links.find(asked.path.removeprefix(LINKS)) if asked.path.startswith(LINKS) else None
            return self._of_link(link, asked, spoken) if link else notice(spoken, "unknown", 404)
        except SkillkitError as error:
            return notice(spoken, "trouble", 503, message=page.clean(error.message))

    def ask(self) -> None:
        """Ask, for every page that somebody has closed meanwhile, whether its code was entered elsewhere."""
        consents = self._around.consents
        for token in consents.waiting():
            link = self._links.find(token)
            if not link or link.outcome:
                consents.stop(token, "")
                continue
            # In no language: whoever opens the page again is told in their own.
            Visit(self._around, link, page.FALLBACK).looked()

    def _of_link(self, link: Link, asked: Asked, spoken: str) -> Reply:
        first = None
        if not link.cookie:
            # Only a browser that was shown the page can have sent its form.
            if asked.method != "GET":
                return notice(spoken, "refused", 403)
            first = self._links.opened(link)
        if not first and not guard.same(link.cookie, guard.cookie(asked, link.cookie_name)):
            # From a page elsewhere a browser follows a link without the cookie, and from this one with it.
            again = asked.path if asked.method == "GET" else ""
            return notice(spoken, "opened", 403, again=again, again_words=page.said(spoken, "opened_again"), link=link)
        if asked.method == "GET":
            reply = Visit(self._around, first or link, spoken).shown(guard.fields(asked.query).get("way", ""))
            return _with_cookie(reply, f"{first.cookie_name}={first.cookie}; Path=/; SameSite=Strict") if first else reply
        typed = guard.fields(asked.body)
        if not guard.same(link.csrf, typed.get("csrf", "")):
            return notice(spoken, "refused", 403)
        reply, crumb = Visit(self._around, link, spoken).sent(typed, f"http://{asked.header('host')}{CALLBACK}")
        return _with_cookie(reply, crumb) if crumb else reply

    def _returned(self, asked: Asked, spoken: str) -> Reply:
        """Take up a consent where the app sends the browser back."""
        query = guard.fields(asked.query)
        pending = self._around.consents.found(query.get("state", ""))
        link = self._links.find(pending.link) if pending else None
        if not (pending and link) or not guard.same(pending.cookie, guard.cookie(asked, pending.cookie_name)):
            return notice(spoken, "refused", 403)
        return Visit(self._around, link, spoken).returned(pending, query)


def _moved(asked: Asked) -> Reply:
    query = f"?{asked.query}" if asked.query else ""
    place = f"http://127.0.0.1:{asked.header('host').partition(':')[2]}{asked.path}{query}"
    return Reply(307, (*page.FENCE, ("Location", place)))


def _with_cookie(reply: Reply, crumb: str) -> Reply:
    return reply._replace(headers=(*reply.headers, ("Set-Cookie", f"{crumb}; HttpOnly")))
