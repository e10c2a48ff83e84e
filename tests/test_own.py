"""A user's own actions: what is written, what is refused, and that nothing shipped changes for them."""

from __future__ import annotations

import json
import os
import sqlite3
import stat
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from skillkit import own
from skillkit.catalog import FILE, Catalog
from skillkit.compile import GUARDED
from skillkit.connector import EFFECT_OF
from skillkit.errors import Conflict, InvalidConnector, InvalidInput, SkillkitError, UnknownName, Usage
from skillkit.source import read
from skillkit.workspace import Workspace

LIST = {"config": {"request": {"method": "GET", "path": "/things"}}}
POSIX = pytest.mark.skipif(os.name == "nt", reason="modes and links are as on POSIX")


def connector(**changes: Any) -> dict[str, Any]:
    """Return a connector; its actions are one of each kind."""
    actions = {
        "list-boxes": {"description": "Boxes.", "request": "GET /boxes", "items": "data", "aliases": ["all-boxes"]},
        "get-box": {"description": "A box.", "request": "GET /boxes/{id}", "input": {"properties": {"id": {"type": "string"}}}},
        "drop-box": {"description": "A box is gone.", "request": "DELETE /boxes/{id}"},
    }
    params = {"country": {"type": "string", "enum": ["DE", "CH"], "default": "DE"}}
    connection = {
        "base_url": "https://api.acme.example/v1",
        "auth": {"pat": {"type": "bearer"}},
        "params": params,
        "check": "get-box",
    }
    whole = {"skillkit": 1, "id": "acme", "version": "0.1.0", "name": "Acme", "connection": connection, "actions": actions}
    return {**whole, "featured": ["list-boxes"], "defaults": {"paginate": {"page": "page"}}, **changes}


@pytest.fixture
def shipped(tmp_path) -> Path:
    """The file of a connector that everybody has."""
    path = tmp_path / "shipped" / "acme" / "connector.yaml"
    path.parent.mkdir(parents=True)
    path.write_text(json.dumps(connector()))
    return path


@pytest.fixture
def space(tmp_path, shipped) -> Iterator[Workspace]:
    space = Workspace(str(tmp_path / "home"), folders=(str(shipped.parent.parent),))
    yield space
    space.close()


@pytest.fixture
def put(space):
    """Puts an own action where a person might by hand, and returns its path."""

    def write(key: str = "list-things", *, text: str = "", folder: str = "acme", **action: Any) -> Path:
        path = Path(space.catalog.own, folder, f"{key}.yaml")
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        whole = {"description": "Things.", "request": "GET /things", **action}
        path.write_text(text or json.dumps({"actions": {key: {name: part for name, part in whole.items() if part is not None}}}))
        path.chmod(0o600)
        space.catalog.close()
        return path

    return write


def broken(space: Workspace) -> dict[str, tuple[str, str]]:
    """Return of every own action that does not work which rule it breaks, and how."""
    return {one.id: (one.problems[0].rule, one.problems[0].message) for one in space.catalog.broken_actions()}


# What is written.


def test_an_own_action_stands_beside_the_shipped_ones(space):
    row = own.create(space, "acme", "list-things", {**LIST, "name": "List things", "description": "Every thing."})

    assert row == space.catalog.row("acme", "list-things")
    assert (row["id"], row["state"], row["layer"], row["effect"]) == ("acme/list-things", "READY", "own", "read")
    assert [each["key"] for each in space.catalog.rows("acme")] == ["list-boxes", "get-box", "drop-box", "list-things"]
    assert space.catalog.rows("acme", "every thing")[0]["key"] == "list-things"
    assert space.catalog.owners("list-things") == ("acme",)
    assert "layer" not in space.catalog.row("acme", "list-boxes")
    assert space.catalog.action("acme", "list-things").path == "/things"


@POSIX
def test_its_file_is_for_its_owner_alone(space):
    own.create(space, "acme", "list-things", LIST)

    path = Path(space.catalog.own, "acme", "list-things.yaml")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert {stat.S_IMODE(folder.stat().st_mode) for folder in (path.parent, path.parent.parent)} == {0o700}
    assert [each.name for each in path.parent.iterdir()] == [path.name]


@pytest.mark.parametrize(
    ("request_", "written"),
    [
        ({"method": "GET", "path": "/things"}, "GET /things"),
        ({"path": "/things?page=2"}, "GET /things?page=2"),
        ({"method": "get", "path": "/things/{id}"}, "GET /things/{id}"),
        ({"method": "GET", "path": "/t/{id}", "pathParameters": {"id": {"$var": "$.input.number"}}}, "GET /t/{number}"),
        ({"method": "GET", "path": "/t/{a}/{b}", "pathParameters": {"a": "{b}", "b": "x/y"}}, "GET /t/{b}/x%2Fy"),
        ({"method": "GET", "path": "/t", "query": {"page": 2, "q": "a b&c", "all": True}}, "GET /t?page=2&q=a%20b%26c&all=true"),
        ({"method": "GET", "path": "/t", "query": {"tag": ["a", "b"], "none": None}}, "GET /t?tag=a&tag=b"),
        ({"method": "GET", "path": "/t", "query": {"tag": "{tag}", "n": "{n}"}}, "GET /t{?tag*,n*}"),
        (
            {"method": "GET", "path": "/t?v=1", "query": {"page[size]": "{size}", "q": "{q}"}},
            "GET /t?v=1&page%5Bsize%5D={size}{?q*}",
        ),
        ({"method": "GET", "path": "/t", "query": {"q": "name:{name} x"}}, "GET /t?q=name%3A{name}%20x"),
        ({"method": "DELETE", "path": "/things/{id}"}, "DELETE /things/{id}"),
    ],
)
def test_a_config_becomes_a_request_line(space, request_, written):
    own.create(space, "acme", "mine", {"config": {"request": request_}})

    assert space.catalog.document("acme", "mine")["request"] == written


def test_a_body_keeps_the_places_of_its_inputs(space):
    body = {"name": {"$var": "$.input.name"}, "lines": [{"sum": "{sum}"}], "fixed": 7, "text": "for {name}"}
    headers = {"accept": "application/vnd.acme+json", "Content-Type": "application/x-www-form-urlencoded; charset=utf-8"}
    own.create(space, "acme", "mine", {"config": {"request": {"method": "POST", "path": "/t", "body": body, "headers": headers}}})

    document = space.catalog.document("acme", "mine")
    assert document["body"] == {**body, "name": "{name}"}
    assert (document["accept"], document["encoding"]) == ("application/vnd.acme+json", "form")
    assert list(document["input"]["properties"]) == ["name", "sum"]
    assert document["effect"] == "create"


def test_the_whole_input_may_be_the_body(space):
    schema = {"properties": {"name": {"type": "string"}, "age": {"type": "integer"}}, "required": ["name"]}
    config = {"request": {"method": "POST", "path": "/t", "body": {"$var": "$.input"}}}
    own.create(space, "acme", "mine", {"config": config, "inputSchema": schema})

    document = space.catalog.document("acme", "mine")
    assert (document["body"], document["input"]["required"]) == ("{...}", ["name"])


def test_what_nobody_describes_is_described_and_what_the_path_needs_is_required(space):
    config = {"request": {"method": "GET", "path": "/{country}/things/{id}", "query": {"tag": "{tag}"}}}
    own.create(space, "acme", "mine", {"config": config, "inputSchema": {"properties": {"tag": {"type": "string"}}}})

    taken = space.catalog.document("acme", "mine")["input"]
    # {country} is a parameter of the connection, and nobody is asked for it.
    assert set(taken["properties"]) == {"id", "tag"}
    assert (taken["required"], taken["properties"]["tag"]) == (["id"], {"type": "string"})


# What is refused.


@pytest.mark.parametrize(
    ("request_", "told"),
    [
        ({"method": "GET"}, "method and path are texts"),
        ({"method": 1, "path": "/t"}, "method and path are texts"),
        ({"path": "https://evil.example/t"}, "no path below the app's address"),
        ({"path": "//evil.example/t"}, "no path below the app's address"),
        ({"path": "/../admin"}, "climbs"),
        ({"path": "/a/%2e%2e/admin"}, "climbs"),
        ({"path": "/a/..;/admin"}, "climbs"),
        ({"path": "/a\\b"}, "backslash"),
        ({"path": "/a#b"}, "no fragment"),
        ({"path": "/a/{id}", "pathParameters": {"id": ".."}}, "climbs"),
        ({"path": "/a b"}, "is not a request line"),
        ({"path": "/a/{not a name}"}, "is not a request line"),
        ({"method": "TRACE", "path": "/t"}, "TRACE"),
        ({"path": "/t", "url": "https://x"}, "'url' is nothing that a request has"),
        ({"path": "/t", "query": ["a"]}, "query has values by name"),
        ({"path": "/t", "query": {"a": {"b": 1}}}, "cannot be an object in a query"),
        ({"path": "/t", "pathParameters": 1}, "pathParameters has values by name"),
        ({"path": "/t", "headers": {"Authorization": "Bearer x"}}, "no header 'Authorization' of its own"),
        ({"path": "/t", "headers": {"X-HTTP-Method-Override": "DELETE"}}, "no header 'X-HTTP-Method-Override' of its own"),
        ({"path": "/t", "headers": "x"}, "headers has values by name"),
        ({"path": "/t", "query": {"a": {"$var": "$.connection.token"}}}, "is no input"),
        ({"method": "POST", "path": "/t", "body": {"$var": "$.input.a.b"}}, "is no input"),
    ],
)
def test_a_request_that_cannot_be_one_is_refused_and_nothing_is_written(space, request_, told):
    with pytest.raises(InvalidInput) as refused:
        own.create(space, "acme", "mine", {"config": {"request": request_}})

    assert told in str(refused.value)
    assert "Bearer x" not in str(refused.value)
    assert refused.value.problems
    assert not Path(space.catalog.own).exists()


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ({}, "has no request"),
        ({"config": {}}, "a config has one part"),
        ({"config": []}, "a config has one part"),
        ({**LIST, "code": "x"}, "'code' is nothing that an action has"),
        ({**LIST, "key": "other"}, "keeps its key"),
        ({**LIST, "name": 7}, "title"),
        ({**LIST, "effect": "harmless"}, "effect"),
        ({**LIST, "inputSchema": "x"}, "inputSchema is a JSON Schema"),
        ({**LIST, "inputSchema": {"properties": []}}, "inputSchema is a JSON Schema"),
        ({**LIST, "inputSchema": {"properties": {"a": {"type": "text"}}}}, "text"),
        ({**LIST, "inputSchema": {"properties": {"a": {"$ref": "https://evil.example/s"}}}}, "$ref"),
        (
            {
                "config": {"request": {"method": "POST", "path": "/t", "body": {"a": "{a}"}}},
                "inputSchema": {"properties": {"a": {}, "b": {"type": "string"}}},
            },
            "'b' is nowhere in the request",
        ),
        ({**LIST, "description": "x" * 300_000}, "bytes"),
    ],
)
def test_a_description_that_cannot_be_an_action_is_refused(space, said, told):
    with pytest.raises(InvalidInput) as refused:
        own.create(space, "acme", "mine", said)

    assert told in f"{refused.value} {refused.value.problems}"
    assert not Path(space.catalog.own).exists()


@pytest.mark.parametrize("kind", ["run-javascript", "list-data-records", "", None, 7])
def test_an_action_is_a_request_and_no_code(space, kind):
    with pytest.raises(Usage) as refused:
        own.create(space, "acme", "mine", {**LIST, "type": kind})

    assert own.TYPE in refused.value.hint
    assert ("no code from an agent" in str(refused.value)) == (kind == "run-javascript")


@pytest.mark.parametrize("key", ["", "List", "a_b", "a--b", "-a", "1a", "..", "../acme", "a/b", "a.yaml", "ä", "a\n"])
def test_a_key_is_a_word_in_small_letters(space, key):
    with pytest.raises(InvalidInput, match="cannot be the key"):
        own.create(space, "acme", key, LIST)


def test_an_id_that_is_too_long_is_refused(space):
    with pytest.raises(InvalidInput, match="more than 56"):
        own.create(space, "acme", "a" * 52, LIST)


@pytest.mark.parametrize(
    ("key", "told"),
    [("list-boxes", "is there twice"), ("get-box", "is there twice"), ("all-boxes", "leads to 'list-boxes' already")],
)
def test_a_shipped_action_is_not_shadowed_by_its_key_or_a_former_one(space, key, told):
    before = space.catalog.document("acme", key)

    with pytest.raises(InvalidInput, match=told):
        own.create(space, "acme", key, LIST)

    assert space.catalog.document("acme", key) == before


def test_one_key_is_given_once(space):
    own.create(space, "acme", "mine", LIST)

    with pytest.raises(Conflict) as refused:
        own.create(space, "acme", "mine", LIST)

    assert refused.value.hint == "skillkit action update acme/mine"


def test_an_app_that_is_not_here_has_no_own_actions(space):
    with pytest.raises(UnknownName):
        own.create(space, "acne", "mine", LIST)


# Changing and deleting.


def test_an_update_changes_what_it_names(space):
    schema = {"properties": {"id": {"type": "string"}, "tag": {"type": "string"}, "wide": {"type": "boolean"}}}
    config = {"request": {"method": "GET", "path": "/t/{id}", "query": {"tag": "{tag}"}}}
    own.create(space, "acme", "mine", {"config": config, "inputSchema": schema, "name": "Mine", "description": "A thing."})

    own.update(space, "acme", "mine", {"name": "Ours"})
    document = space.catalog.document("acme", "mine")
    assert (document["title"], document["description"], document["request"]) == ("Ours", "A thing.", "GET /t/{id}{?tag*}")

    own.update(space, "acme", "mine", {"config": {"request": {"path": "/t/{number}"}}})
    document = space.catalog.document("acme", "mine")
    # What had a place in the old request has none now; what went the method's way still does.
    assert set(document["input"]["properties"]) == {"number", "wide"}
    assert (document["title"], document["input"]["required"]) == ("Ours", ["number"])

    own.update(space, "acme", "mine", {"inputSchema": {"properties": {"number": {"type": "integer"}}}})
    assert space.catalog.document("acme", "mine")["input"]["properties"] == {"number": {"type": "integer"}}


def test_an_update_that_cannot_be_leaves_what_was(space):
    own.create(space, "acme", "mine", LIST)
    before = space.catalog.document("acme", "mine")

    with pytest.raises(InvalidInput):
        own.update(space, "acme", "mine", {"config": {"request": {"path": "/../x"}}})

    assert space.catalog.document("acme", "mine") == before


def test_a_replacement_forgets_what_was(space):
    own.create(space, "acme", "mine", {**LIST, "name": "Mine", "description": "Old."})
    own.replace(space, "acme", "mine", {"config": {"request": {"method": "DELETE", "path": "/t/{id}"}}})

    row = space.catalog.row("acme", "mine")
    assert (row["name"], row["description"], row["effect"]) == ("Mine", "DELETE /t/{id}.", "delete")
    with pytest.raises(InvalidInput, match="has no request"):
        own.replace(space, "acme", "mine", {"name": "Ours"})


def test_what_is_deleted_is_gone_and_its_folder_with_it(space):
    own.create(space, "acme", "mine", LIST)
    assert own.delete(space, "acme", "mine") == {"id": "acme/mine", "key": "mine", "connectorKey": "acme", "deleted": True}

    assert os.listdir(space.catalog.own) == []
    with pytest.raises(UnknownName):
        space.catalog.document("acme", "mine")
    with pytest.raises(UnknownName):
        own.delete(space, "acme", "mine")


@pytest.mark.parametrize("key", ["list-boxes", "all-boxes"])
def test_a_shipped_action_is_not_changed_or_deleted(space, key):
    with pytest.raises(Usage, match="acme/list-boxes comes with its connector"):
        own.update(space, "acme", key, LIST)
    with pytest.raises(Usage, match="acme/list-boxes comes with its connector"):
        own.replace(space, "acme", key, LIST)
    with pytest.raises(Usage, match="acme/list-boxes comes with its connector"):
        own.delete(space, "acme", key)


# What a person writes by hand.


@pytest.mark.parametrize("method", EFFECT_OF)
@pytest.mark.parametrize("effect", sorted(GUARDED))
def test_no_effect_is_declared_that_is_guarded_less_than_the_method_says(space, put, method, effect):
    put("mine", request=f"{method} /t", effect=effect)
    usual = EFFECT_OF[method]
    less = {"create": {"read", "update", "delete"}, "update": {"read", "create"}, "delete": {"read", "create", "update"}}
    refused = effect in less.get(usual, ())

    assert broken(space).get("acme/mine", ("",))[0] == ("own-effect" if refused else "")
    assert bool(space.catalog.owners("mine")) is True
    if not refused:
        assert space.catalog.row("acme", "mine")["effect"] == effect


@pytest.mark.parametrize(
    ("action", "rule", "told"),
    [
        ({"aliases": ["get-box"]}, "own-key", "no former ones"),
        ({"tool": "t", "request": None, "effect": "read"}, "own-request", "request to the app's API"),
        ({"wait": {"poll": "drop-box", "until": {"state": "done"}}}, "not-a-read", "drop-box is no read but a delete"),
        ({"wait": {"poll": "nowhere", "until": {"state": "done"}}}, "unknown-action", "no action 'nowhere' here"),
        ({"request": "GET t"}, "format", "request"),
        ({"request": "GET /t?{x"}, "request-line", "is not a request line"),
        ({"strange": 1}, "unknown-key", "strange"),
        ({"input": {"properties": {"a": {"$ref": "#/schemas/Gone"}}}}, "schema-ref", "Gone"),
        ({"items": "a..b"}, "path-syntax", "is not a path"),
        ({"description": None}, "format", "description"),
    ],
)
def test_what_breaks_a_rule_is_reported_and_the_rest_works(space, put, action, rule, told):
    path = put("mine", **action)

    (found,) = space.catalog.broken_actions()
    assert (found.id, found.path) == ("acme/mine", str(path))
    assert told in " ".join(problem.message + problem.path for problem in found.problems)
    assert rule in {problem.rule for problem in found.problems}
    assert {problem.file for problem in found.problems} == {str(path)}
    assert space.catalog.count("acme") == 3
    assert space.catalog.broken() == ()


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "7",
        "actions: []",
        "actions: {}",
        "actions: {mine: 7}",
        "actions: {other: {description: x., request: GET /x}}",
        "actions: {mine: {description: x., request: GET /x}, other: {description: x., request: GET /x}}",
        "actions: {mine: {description: x., request: GET /x}}\nconnection: {base_url: https://evil.example}",
        "actions: {mine: &a {description: x., request: GET /x}}",
        "schemas: {A: 7}\nactions: {mine: {description: x., request: GET /x}}",
    ],
)
def test_a_file_that_holds_anything_else_is_none(space, put, text):
    put("mine", text=text or "\n")

    assert list(broken(space)) == ["acme/mine"]
    assert space.catalog.connector("acme").access.base_url == "https://api.acme.example/v1"
    with pytest.raises(InvalidConnector) as refused:
        space.catalog.action("acme", "mine")
    assert "acme/mine does not work" in str(refused.value)
    row = space.catalog.row("acme", "mine")
    assert (row["state"], row["layer"], bool(row["error"]["message"])) == ("CONFIGURATION_ERROR", "own", True)


def test_an_own_action_may_bring_schemas_and_read_shipped_actions(space, put):
    schemas = {"Thing": {"type": "object", "properties": {"id": {"type": "string"}}}}
    action = {
        "description": "A thing, when it is done.",
        "request": "POST /things",
        "output": {"$ref": "#/schemas/Thing"},
        "wait": {"poll": "get-box", "with": {"id": "id"}, "until": {"state": "done"}},
    }
    put("make-thing", text=json.dumps({"schemas": schemas, "actions": {"make-thing": action}}))

    assert broken(space) == {}
    assert space.catalog.action("acme", "make-thing").wait is not None


@POSIX
@pytest.mark.parametrize("which", ["file", "folder"])
def test_nothing_is_read_through_a_link(space, put, tmp_path, which):
    path = put("mine")
    target = path if which == "file" else path.parent
    moved = tmp_path / "elsewhere"
    target.rename(moved)
    target.symlink_to(moved)

    space.catalog.close()
    assert space.catalog.count("acme") == 3
    assert not any("layer" in row for row in space.catalog.rows("acme"))


def test_an_action_of_an_app_that_is_gone_is_reported_and_can_be_deleted(space, put):
    put("mine", folder="gone")

    assert broken(space) == {"gone/mine": ("unknown-connector", "no connector 'gone' is here")}
    assert own.delete(space, *own.meant(space, "gone/mine"))["deleted"]
    assert broken(space) == {}


def test_the_shipped_action_wins_when_it_comes_later(space, shipped):
    own.create(space, "acme", "list-things", {**LIST, "description": "Mine."})
    document = connector()
    document["actions"]["list-things"] = {"description": "Theirs.", "request": "GET /v2/things"}
    shipped.write_text(json.dumps(document))
    space.catalog.close()

    assert space.catalog.row("acme", "list-things")["description"] == "Theirs."
    ((rule, told),) = broken(space).values()
    assert (rule, str(shipped) in told) == ("duplicate-id", True)
    # To mend it is to take it away, or to give it another key.
    own.delete(space, "acme", "list-things")
    assert broken(space) == {}
    assert space.catalog.row("acme", "list-things")["description"] == "Theirs."


def test_nothing_shipped_is_compiled_differently_for_an_own_action(space, put, tmp_path):
    def compiled() -> dict[str, list[Any]]:
        space.catalog.count()
        with closing(sqlite3.connect(tmp_path / "home" / FILE)) as database:
            return {
                table: database.execute(f"SELECT * FROM {table} ORDER BY 1, 2").fetchall()
                for table in ("connector", "action", "alias", "domain", "words")
            }

    before = compiled()
    put("mine", request="POST /boxes", intents=["list the boxes"])
    after = compiled()

    assert {table: [row for row in after[table] if row[1] != "mine"] for table in after} == before
    assert [row[1] for row in after["action"] if row[1] == "mine"] == ["mine"]


def test_a_change_is_noticed_even_of_the_same_size_at_the_same_moment(space, put, tmp_path):
    path = put("mine", description="Old.")
    status = path.stat()
    assert space.catalog.row("acme", "mine")["description"] == "Old."
    fresh = tmp_path / "fresh"
    fresh.write_text(path.read_text().replace("Old.", "New."))
    os.utime(fresh, ns=(status.st_atime_ns, status.st_mtime_ns))
    fresh.replace(path)

    with closing(Catalog(space.home, (str(tmp_path / "shipped"),))) as other:
        assert other.row("acme", "mine")["description"] == "New."


@POSIX
def test_a_file_that_others_can_reach_is_not_taken_for_the_users_own(space, put):
    put("mine").chmod(0o666)

    with pytest.raises(SkillkitError, match="open to others"):
        own.update(space, "acme", "mine", {"name": "x"})


# The text of a file.

TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
NUMBERS = st.integers() | st.floats(allow_nan=False, allow_infinity=False)
DOCUMENTS = st.recursive(
    st.none() | st.booleans() | NUMBERS | TEXT,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXT, inner, max_size=4),
)


@given(st.dictionaries(TEXT, DOCUMENTS, max_size=4))
def test_whatever_is_written_is_read_back(document):
    assert read(own.text_of(document).encode(), "own.yaml").document == document
