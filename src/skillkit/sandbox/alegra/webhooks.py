"""Webhooks: subscriptions that answered an empty body first, and deliveries that forget them after ten failures."""

from __future__ import annotations

import http.client
import json
import re
from collections.abc import Callable
from typing import Any, Final

from skillkit.sandbox.alegra.books import Answer, Asked, Books, Document, done
from skillkit.sandbox.alegra.fields import one_of, record, text
from skillkit.sandbox.alegra.problem import Refused, wrong
from skillkit.sandbox.alegra.resource import Operations, Resource, changed, made, one, public, removed
from skillkit.sandbox.state import State

# Posts a body to a URL without a scheme and returns the status; OSError when nobody answered in time.
Post = Callable[[str, bytes], int]

EVENTS: Final = tuple(f"{act}-{noun}" for act in ("new", "edit", "delete") for noun in ("invoice", "bill", "client", "item"))

PLACE: Final = re.compile(r"(?P<host>[A-Za-z0-9.-]{1,200})(:(?P<port>[0-9]{1,5}))?(?P<path>/[!-~]*)?")
HERE: Final = {"127.0.0.1", "localhost"}

PATIENCE: Final = 5.0
FAILURES: Final = 10

TABLE: Final = "webhooks/subscriptions"


def silent(_: str, __: bytes) -> int:
    """Post nothing, as if it had been taken."""
    # CHOICE: without the option, subscriptions can be made and nothing leaves.
    return 200


def loopback(url: str, body: bytes) -> int:
    """Post to this machine; to any other, nothing is sent and nobody answers."""
    place = PLACE.fullmatch(url)
    if not place or place["host"].lower() not in HERE or int(place["port"] or 80) > 65535:
        raise ConnectionRefusedError(f"{url!r} is not on this machine")
    connection = http.client.HTTPConnection(place["host"], int(place["port"] or 80), timeout=PATIENCE)
    try:
        connection.request("POST", place["path"] or "/", body, {"Content-Type": "application/json"})
        return connection.getresponse().status
    except http.client.HTTPException as error:
        raise ConnectionAbortedError(f"{url!r} does not speak HTTP") from error
    finally:
        connection.close()


def _url(books: Books, value: Any, where: str) -> str:
    url = str(text(500)(books, value, where))
    # CHOICE: a URL that comes with its scheme is refused, since the vendor wants it without.
    if "://" in url or not PLACE.fullmatch(url):
        raise wrong(where, url, "una URL sin esquema, como ejemplo.com/ganchos")
    return url


SUBSCRIPTIONS: Final = Resource(
    TABLE,
    "la suscripción",
    {"event": one_of(*EVENTS), "url": _url},
    required=("event", "url"),
)


def greeting(post: Post) -> Callable[[Books, Asked], None]:
    """Return the handshake that stands before a subscription: an empty body, which must be taken."""
    fields = record(SUBSCRIPTIONS.fields, *SUBSCRIPTIONS.required)

    def greet(books: Books, asked: Asked) -> None:
        url = fields(books, asked.body, "body")["url"]
        if not taken(post, url, b""):
            raise Refused(f"La URL del campo url no respondió 2XX en {PATIENCE:.0f} segundos")

    return greet


def taken(post: Post, url: str, body: bytes) -> bool:
    """Say whether a post was answered well."""
    try:
        return 200 <= post(url, body) < 300
    except OSError:
        return False


def deliver(state: State, post: Post, events: list[tuple[str, Document]]) -> None:
    """Tell subscribers what happened; the tenth failure in a row removes a subscription."""
    for event, document in events:
        message = {"subject": event, "message": {event.partition("-")[2]: document}}
        body = json.dumps(message).encode()
        for row in state.rows(TABLE):
            if row["event"] == event:
                _count(state, row["id"], well=taken(post, row["url"], body))


def _count(state: State, key: str, *, well: bool) -> None:
    with state.change():
        row = state.find(TABLE, key)
        if row is None:
            return
        failures = 0 if well else row.get("_failures", 0) + 1
        if failures >= FAILURES:
            state.remove(TABLE, key)
        else:
            state.put(TABLE, key, {**row, "_failures": failures})


def _list(books: Books, _: Asked) -> Answer:
    return Answer({"subscriptions": [public(row) for row in books.state.rows(TABLE)]})


def _show(books: Books, asked: Asked) -> Answer:
    # CHOICE: one subscription comes as it comes when it is made.
    return Answer({"subscription": public(one(books, SUBSCRIPTIONS, asked.names["id"]))})


def _create(books: Books, asked: Asked) -> Answer:
    made_ = public(made(books, SUBSCRIPTIONS, asked.body))
    return Answer({"message": "Se creó la suscripción", "subscription": made_}, 201)


def _update(books: Books, asked: Asked) -> Answer:
    after = public(changed(books, SUBSCRIPTIONS, asked.names["id"], asked.body))
    return Answer({"message": "Se actualizó la suscripción", "subscription": after})


def _delete(books: Books, asked: Asked) -> Answer:
    removed(books, SUBSCRIPTIONS, asked.names["id"])
    return done("Se eliminó la suscripción")


CREATE: Final = f"POST /{TABLE}"

OPERATIONS: Final[Operations] = {
    f"GET /{TABLE}": _list,
    CREATE: _create,
    f"GET /{TABLE}/{{id}}": _show,
    f"PUT /{TABLE}/{{id}}": _update,
    f"DELETE /{TABLE}/{{id}}": _delete,
}
