"""A person at the page: what they are shown, and what comes of what they send."""

from __future__ import annotations

import math
import os
from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final, NamedTuple
from urllib.parse import urlsplit

from skillkit import accounts, connecting, keys, secret
from skillkit import auth as signing
from skillkit.connection import Connection
from skillkit.door import Reply
from skillkit.errors import Conflict, ConnectionNotReady, SkillkitError, UnknownName
from skillkit.signin import form, page
from skillkit.signin.consents import Consents, Pending
from skillkit.signin.form import PASSPHRASE, Question, Sheet, Subject
from skillkit.signin.links import Link, Links
from skillkit.signin.notice import notice
from skillkit.signin.spoken import spoken
from skillkit.workspace import Workspace

if TYPE_CHECKING:
    from skillkit.consent import Device

# The kinds of error that have a sentence of their own.
TOLD: Final = frozenset(
    {"auth", "invalid_input", "permission", "quota", "rate_limited", "unavailable", "unreachable", "upstream"}
)
STATUS: Final[Mapping[str, int]] = {"declined": 200, "gone": 410, "expired": 410}
# In seconds, between two looks whether a code was used elsewhere.
OFTEN: Final = 5
DECLINED: Final = "its person declined to sign in"


class Passphrase:
    """What opens a vault that is locked by one: handed on by the command, or typed into the page."""

    def __init__(self, known: str = "") -> None:
        self.known = known

    def ask(self) -> str:
        """Return the passphrase, for a vault in a process that has no terminal."""
        if not self.known:
            raise ConnectionNotReady("the vault is locked by a passphrase, and nobody has given it yet")
        return self.known


class Around(NamedTuple):
    """What every visit of a process shares."""

    space: Workspace
    links: Links
    passphrase: Passphrase
    consents: Consents


class Trouble(NamedTuple):
    """What is said above a form that did not do."""

    sentence: str
    message: str = ""
    fields: tuple[Question, ...] = ()


class Visit:
    """One request of the browser that a link belongs to."""

    def __init__(self, around: Around, link: Link, spoken: str) -> None:
        self._space, self._links, self._passphrase, self._consents = around
        self._link = link
        self._spoken = spoken

    def shown(self, way: str = "") -> Reply:
        """Return the form, or what came of it."""
        if self._link.outcome:
            return self._ended()
        subject = self._subject(way)
        if not subject:
            return self._gone()
        if self._consents.watched(self._link.token) and (reply := self.looked()):
            return reply
        if why := self._consents.ended(self._link.token):
            return self._stopped(subject, why)
        return self._form(self._sheet(subject, {}))

    def sent(self, typed: Mapping[str, str], redirect: str) -> tuple[Reply, str]:
        """Return what comes of a form that was sent, and the cookie of a consent that it began."""
        with self._links.turn(self._link):
            # Another tab may have been faster.
            if self._over():
                return self._ended(), ""
            subject = self._subject(typed.get("way", ""))
            if not subject:
                return self._gone(), ""
            if typed.get("act") != "connect":
                return self._declined(subject.connection), ""
            return self._tried(subject, typed, redirect)

    def returned(self, pending: Pending, query: Mapping[str, str]) -> Reply:
        """Return what comes of a consent with which the browser came back."""
        from skillkit import consent

        with self._links.turn(self._link):
            if self._over():
                return self._ended()
            subject = self._subject(pending.typed.get("way", ""))
            if not subject:
                return self._gone()
            try:
                return self._connected(subject, pending.typed, consent.finish(self._space, pending.begun, query))
            except SkillkitError as error:
                return self._stopped(subject, error.message)

    def looked(self) -> Reply | None:
        """Ask whether a person has entered their code elsewhere; None when nobody waits for that any more."""
        from skillkit import consent

        with self._links.turn(self._link):
            watched = self._consents.watched(self._link.token)
            if self._over():
                return self._ended()
            subject = self._subject(watched[1].get("way", "")) if watched else None
            if not (watched and subject):
                self._consents.stop(self._link.token, "")
                return None
            device, typed = watched
            try:
                granted = consent.poll(self._space, device)
                return self._waiting(subject, device) if granted is None else self._connected(subject, typed, granted)
            except SkillkitError as error:
                self._consents.stop(self._link.token, error.message)
                return None

    def _over(self) -> bool:
        self._link = self._links.find(self._link.token) or self._link
        return bool(self._link.outcome)

    def _subject(self, way: str) -> Subject | None:
        """Return what the form is about; nothing when somebody has deleted it."""
        try:
            connection = self._space.connection(self._link.connection)
        except UnknownName:
            return None
        catalog = self._space.catalog
        connector = spoken(catalog.connector(connection.connector), catalog.folder(connection.connector), self._spoken)
        known = {auth.name: auth for auth in connector.access.auth}
        # A newer connector may have other ways than the one that was chosen once.
        found = known.get(way) or known.get(connection.auth) or connecting.way(connector.access, "")
        return Subject(connector, connection, found)

    # What is done.

    def _tried(self, subject: Subject, typed: Mapping[str, str], redirect: str) -> tuple[Reply, str]:
        sheet = self._sheet(subject, typed)
        for one in sheet.fields:
            if one.secret and typed.get(one.name):
                secret.remember(typed[one.name])
        if typed.get("seen") != sheet.host:
            # Whoever typed the key has not seen where it would go now.
            return self._form(sheet, Trouble(self._say("changed")), 409), ""
        if blank := form.missing(sheet.questions, typed):
            return self._refused(sheet, dict.fromkeys(blank, self._say("missing")), Trouble(self._say("error_invalid_input"))), ""
        self._passphrase.known = typed.get(PASSPHRASE) or self._passphrase.known
        try:
            if sheet.consent:
                return self._asked(subject, typed, redirect)
            return self._connected(subject, typed, {}), ""
        except SkillkitError as error:
            if error.message == keys.BACKENDS[PASSPHRASE].misfit:
                self._passphrase.known = ""
            sheet = self._sheet(subject, typed)
            sentence = self._say(f"error_{error.kind if error.kind in TOLD else 'other'}", app=sheet.app)
            wrong = form.placed(error.problems)
            beside = {one.name for one in sheet.questions} & wrong.keys()
            return self._refused(sheet, wrong, Trouble(sentence, "" if beside else page.clean(error.message))), ""

    def _connected(self, subject: Subject, typed: Mapping[str, str], granted: Mapping[str, str]) -> Reply:
        said, note = form.said(subject, typed), ""
        if granted:
            from skillkit import consent

            said = replace(said, granted=granted, params={**said.params, **consent.captured(granted)})
            note = consent.narrowed(subject.auth, granted)
        if typed.get("seen") != form.host(subject.connector, subject.connection):
            # A consent takes its time, and the address may have changed since it was asked for.
            raise Conflict(self._say("changed"))
        # From here on another command may change it all the same; then this is refused.
        said = replace(said, seen=connecting.known(subject.connector, said, subject.connection).origin)
        account = accounts.connect(self._space, said, subject.connection.id)
        self._link = self._links.end(self._link, "connected", account, note)
        return self._ended()

    def _declined(self, connection: Connection) -> Reply:
        if connection.state != "READY":
            self._space.stepped(connection, "refused", DECLINED)
        self._link = self._links.end(self._link, "declined")
        return self._ended()

    def _asked(self, subject: Subject, typed: Mapping[str, str], redirect: str) -> tuple[Reply, str]:
        """Send the person to the app, or give them a code for another device."""
        from skillkit import consent

        # Where the app asks may depend on what was typed just now.
        connection = connecting.known(subject.connector, form.said(subject, typed), subject.connection)
        given = {one.name: typed.get(f"field.{one.name}", "") for one in signing.fields(subject.auth)}
        if signing.flow(subject.auth) == "device":
            device = consent.device(self._space, connection, subject.auth, given)
            self._consents.watch(self._link.token, typed, device)
            return self._waiting(subject, device), ""
        begun = consent.begin(self._space, connection, subject.auth, given, redirect)
        pending = self._consents.begin(self._link.token, typed, begun)
        # Not a redirect: that forms lead nowhere else would hold for what the app does then, too.
        return self._leave(subject, "leave", begun.url, refresh=f"0;url={begun.url}"), pending.crumb

    # What is shown.

    def _sheet(self, subject: Subject, typed: Mapping[str, str]) -> Sheet:
        sheet = form.sheet(subject, typed)
        if self._kept() != PASSPHRASE or self._passphrase.known:
            return sheet
        asked = Question(PASSPHRASE, self._say("passphrase"), self._say("passphrase_help"), secret=True)
        return sheet._replace(fields=(*sheet.fields, asked))

    def _form(self, sheet: Sheet, trouble: Trouble | None = None, status: int = 200) -> Reply:
        return page.rendered(
            "form",
            self._spoken,
            status,
            title=self._say("title", app=sheet.app),
            letter=page.letter(sheet.app),
            sheet=sheet,
            trouble=trouble,
            action=f"/s/{self._link.token}",
            csrf=self._link.csrf,
        )

    def _refused(self, sheet: Sheet, wrong: Mapping[str, str], trouble: Trouble) -> Reply:
        sheet = form.judged(sheet, wrong)
        fields = tuple(one for one in sheet.questions if one.problem)
        return self._form(sheet._replace(noted=""), trouble._replace(fields=fields), 422)

    def _ended(self) -> Reply:
        account = self._link.account
        if not account:
            return notice(self._spoken, self._link.outcome, STATUS[self._link.outcome], link=self._link)
        connector = self._space.catalog.connector(account.connector)
        return page.rendered(
            "connected",
            self._spoken,
            title=self._say("connected_title", app=connector.name),
            letter=page.letter(connector.name),
            app=connector.name,
            account=form.called(account),
            checked=bool(connector.access.check),
            home=self._space.home,
            host=account.origin,
            kept=self._kept(),
            note=self._link.note,
        )

    def _gone(self) -> Reply:
        self._link = self._links.end(self._link, "gone")
        return self._ended()

    def _stopped(self, subject: Subject, message: str) -> Reply:
        again = f"/s/{self._link.token}?way={subject.auth.name}"
        return notice(self._spoken, "stopped", 422, app=subject.connector.name, message=page.clean(message), again=again)

    def _waiting(self, subject: Subject, device: Device) -> Reply:
        url = device.uri_complete or device.uri
        # By its own address: a form that was sent would be sent again.
        here = f"/s/{self._link.token}"
        reply = self._leave(subject, "device", url, code=device.user_code, address=device.uri, here=here)
        return reply._replace(headers=(*reply.headers, ("Refresh", f"{max(OFTEN, math.ceil(device.interval))};url={here}")))

    def _leave(self, subject: Subject, key: str, url: str, **values: Any) -> Reply:
        letter = page.letter(subject.connector.name)
        host = urlsplit(url).netloc
        words = {name: self._say(f"{key}_{name}", host=host) for name in ("title", "lead", "link")}
        return page.rendered("leave", self._spoken, url=url, letter=letter, **{"code": "", **words, **values})

    def _kept(self) -> str:
        """Return by what the vault's key is kept; nothing while there is no vault, for to ask it would make one."""
        return self._space.vault.init() if os.path.exists(os.path.join(self._space.home, "vault.db")) else ""

    def _say(self, key: str, **values: object) -> str:
        return page.said(self._spoken, key, **values)
