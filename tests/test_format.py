"""A document that fits the format can be completed, and one that does not is told all that is wrong with it."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from skillkit import connector
from skillkit import format as fmt
from skillkit.authoring.lint import check
from skillkit.authoring.rule import files
from skillkit.definitions import subschemas
from skillkit.errors import BY_KIND, InvalidConnector
from skillkit.misfits import schema
from skillkit.source import Source, read

DATA = Path(__file__).parent / "data" / "connectors"
ACME = read((DATA / "acme-books.yaml").read_bytes(), "acme-books.yaml")
MINIMAL = read((DATA / "minimal.yaml").read_bytes(), "minimal.yaml")

WRITTEN: Any = ACME.document


def whole(source: Source):
    document: Any = source.document
    return fmt.complete(document)


def completed(fragment: str, key: str = "get-me"):
    source, _ = files(fragment)
    assert fmt.problems(source) == ()
    return whole(source)[1][key]


# The examples of the page.


@pytest.mark.parametrize("source", [ACME, MINIMAL], ids=lambda source: source.file)
def test_the_examples_of_the_format_are_connectors_without_a_fault(source):
    assert check(source) == ()


def test_the_head_of_a_connector_names_its_actions_and_holds_none():
    head, actions = whole(ACME)

    assert head.keys() == WRITTEN.keys() - {"schemas", "defaults"}
    assert head["actions"] == list(actions) == list(WRITTEN["actions"])
    assert connector.connector(head).access.check == "get-company"


def test_every_action_with_a_request_becomes_a_value():
    _, actions = whole(ACME)

    made = {key: connector.action(action) for key, action in actions.items() if "request" in action}

    assert {key: action.effect for key, action in made.items()} == {
        "get-company": "read",
        "list-invoices": "read",
        "create-invoice": "create",
        "get-invoice-status": "read",
        "download-invoice": "read",
        "import-invoice": "create",
        "search-customers": "read",
        "send-invoice": "send",
    }
    assert {key for key, action in made.items() if action.paging} == {"list-invoices", "search-customers"}
    assert made["search-customers"].paging == connector.Paging(
        "cursor", "after", size="limit", next="paging.next", more="paging.has_more"
    )
    assert all(action.attempts == 4 and action.timeout == 30 and action.errors.code == "error.code" for action in made.values())


def test_a_tool_of_an_mcp_server_is_completed_without_a_request():
    action = whole(ACME)[1]["verify-customer-number"]

    assert (action["tool"], action["effect"], "request" in action) == ("verify_customer_number", "read", False)


def test_completing_changes_nothing_of_what_it_is_given():
    before = copy.deepcopy(WRITTEN)

    for action in whole(ACME)[1].values():
        fmt.shown(action)

    assert before == WRITTEN


# Defaults.

DEFAULTS = """\
defaults:
  timeout: 5s
  x-note: Measured.
  paginate: {page: page}
  errors: {code: error.code, message: error.message}
actions:
"""


@pytest.mark.parametrize(
    ("action", "paginate"),
    [
        ("request: GET /me, items: data", {"page": "page"}),
        ("request: GET /me, items: data, paginate: false, x-why: It is short.", False),
        ("request: GET /me, items: data, paginate: {offset: o}", {"offset": "o"}),
        ("request: POST /me, effect: read, items: data", {"page": "page"}),
        ("request: GET /me", None),
        ("request: POST /me, items: data", None),
    ],
)
def test_paging_is_inherited_by_reads_that_have_items(action, paginate):
    assert completed(f"{DEFAULTS}  get-me: {{description: A., {action}}}").get("paginate") == paginate


def test_an_action_s_key_replaces_the_default_whole_but_errors_key_by_key():
    action = completed(DEFAULTS + "  get-me: {description: A., request: GET /me, timeout: 9s, errors: {code: code}}")

    assert action["timeout"] == "9s"
    assert action["errors"] == {"code": "code", "message": "error.message"}
    assert "x-note" not in action


@pytest.mark.parametrize(
    ("line", "effect"),
    [("GET", "read"), ("HEAD", "read"), ("POST", "create"), ("PUT", "update"), ("PATCH", "update"), ("DELETE", "delete")],
)
def test_the_effect_is_by_default_what_the_method_says(line, effect):
    assert completed(f"actions: {{get-me: {{description: A., request: {line} /me}}}}")["effect"] == effect
    assert completed(f"actions: {{get-me: {{description: A., request: {line} /me, effect: send}}}}")["effect"] == "send"


@pytest.mark.parametrize(
    ("written", "intents"),
    [("", {}), (", intents: [who am I]", {"": ["who am I"]}), (", intents: {de: [wer bin ich]}", {"de": ["wer bin ich"]})],
)
def test_intents_are_lists_by_language(written, intents):
    assert completed(f"actions: {{get-me: {{description: A., request: GET /me{written}}}}}")["intents"] == intents


def test_the_title_is_by_default_the_key_in_words():
    action = completed("actions: {get-my-things: {description: A., request: GET /me}}", "get-my-things")

    assert (action["title"], action["key"], action["connector"]) == ("Get my things", "get-my-things", "acme")


# Input and output.

SCHEMAS = """\
schemas:
  A: {required: [id], properties: {id: {type: string}, b: {$ref: "#/schemas/B"}}}
  B: {type: string}
  C: {type: number}
actions:
  get-me:
    description: A.
    request: GET /me
"""


def test_an_input_is_an_object_that_takes_nothing_else_at_its_top_alone():
    action = completed(SCHEMAS + "    input: {properties: {a: {$ref: '#/schemas/A'}}}")

    assert action["input"] == {
        "type": "object",
        "properties": {"a": {"$ref": "#/$defs/A"}},
        "additionalProperties": False,
        "$defs": {
            "A": {"required": ["id"], "properties": {"id": {"type": "string"}, "b": {"$ref": "#/$defs/B"}}},
            "B": {"type": "string"},
        },
    }
    assert completed(SCHEMAS)["input"] == {"type": "object", "properties": {}, "additionalProperties": False}
    assert completed(SCHEMAS + "    input: {additionalProperties: true}")["input"]["additionalProperties"] is True


def test_an_input_that_is_a_shared_schema_sees_its_properties():
    found = completed(SCHEMAS + "    input: {$ref: '#/schemas/A', required: [n], properties: {n: {type: number}}}")["input"]

    assert "$ref" not in found
    assert (found["required"], list(found["properties"])) == (["id", "n"], ["id", "b", "n"])


def test_what_a_variant_refers_to_is_among_the_definitions_of_the_input():
    action = completed(
        "connection: {base_url: 'https://api.acme.example', params: {country: {enum: [CH]}}}\n"
        + SCHEMAS
        + "    variants: {country: {CH: {required: [c], properties: {c: {$ref: '#/schemas/C'}}}}}"
    )

    assert action["variants"] == {"country": {"CH": {"required": ["c"], "properties": {"c": {"$ref": "#/$defs/C"}}}}}
    assert action["input"]["$defs"] == {"C": {"type": "number"}}


@pytest.mark.parametrize(
    ("action", "added"),
    [
        ("items: data, paginate: {page: p}", {"limit", "cursor"}),
        ("items: data, paginate: false, x-why: It is short.", {"limit", "cursor"}),
        ("result: data", set()),
    ],
)
def test_every_list_takes_limit_and_cursor(action, added):
    assert (
        completed(f"actions: {{get-me: {{description: A., request: GET /me, {action}}}}}")["input"]["properties"].keys() == added
    )


def test_a_limit_of_the_connector_s_own_stays_as_it_is():
    action = completed(
        "actions:\n  get-me:\n    description: A.\n    request: GET /me{?limit}\n    items: data\n    paginate: {page: p}\n"
        "    input: {properties: {limit: {type: integer, maximum: 5}}}"
    )

    assert action["input"]["properties"]["limit"] == {"type": "integer", "maximum": 5}


def test_the_payload_of_an_event_stands_alone():
    source, _ = files(SCHEMAS + "webhooks: {events: {done: {payload: {$ref: '#/schemas/C'}}, gone: {description: It is gone.}}}")

    events = whole(source)[0]["webhooks"]["events"]

    assert events == {
        "done": {"payload": {"$ref": "#/$defs/C", "$defs": {"C": {"type": "number"}}}},
        "gone": {"description": "It is gone."},
    }


@pytest.mark.parametrize(
    ("action", "output"),
    [
        ("", {"type": "object", "description": "The app's answer as it came."}),
        ("    output: {}", {"type": "object", "description": "The app's answer as it came."}),
        ("    output: {properties: {id: {}}}", {"type": "object", "properties": {"id": {}}}),
        ("    output: {type: [object, 'null'], properties: {id: {}}}", {"type": ["object", "null"], "properties": {"id": {}}}),
        ("    output: {$ref: '#/schemas/C'}", {"$ref": "#/$defs/C", "$defs": {"C": {"type": "number"}}}),
    ],
)
def test_an_output_is_shown_as_written_and_never_empty(action, output):
    assert fmt.shown(completed(SCHEMAS + action))[1] == output


def test_a_list_is_shown_in_its_envelope_with_the_definitions_of_its_rows():
    _, output = fmt.shown(completed(SCHEMAS + "    items: data\n    paginate: {page: p}\n    output: {$ref: '#/schemas/C'}"))

    assert output["properties"]["items"] == {"type": "array", "items": {"$ref": "#/$defs/C"}}
    assert list(output["properties"]) == output["required"] == ["items", "next_cursor", "has_more", "total"]
    assert output["$defs"] == {"C": {"type": "number"}}


def test_a_file_is_shown_as_what_is_said_of_it_and_a_wait_by_its_last_answer():
    _, actions = whole(ACME)

    assert list(fmt.shown(actions["download-invoice"])[1]["properties"]) == ["path", "type", "size", "sha256"]
    assert "wait" in fmt.shown(actions["create-invoice"])[1]["properties"]
    assert fmt.shown(actions["create-invoice"])[0] is actions["create-invoice"]["input"]


# Problems.


def test_all_that_is_wrong_is_said_at_once_in_the_order_of_the_file():
    source, _ = files(
        "connection:\n  base_url: http://api.acme.example\n  check: get-my\n"
        "actions:\n  get-me: {description: A., request: GET /me, timeout: soon, result: a..b}\n"
        "  get-you: {description: B., request: GET /you, result: a..b}\n"
    )

    assert [(problem.line, problem.rule) for problem in fmt.problems(source)] == [
        (6, "https"),
        (7, "unknown-action"),
        (9, "format"),
        (10, "path-syntax"),
    ]


def test_an_action_that_does_not_fit_is_still_one_that_others_may_name():
    source, _ = files("connection: {base_url: 'https://a.example', check: get-me}\nactions: {get-me: {request: GET /me}}")

    assert [problem.message for problem in fmt.problems(source)] == ["'description' is missing"]


@pytest.mark.parametrize("content", [b"[]", b"hello", b"7", b"null", b"{}"])
def test_what_is_no_mapping_is_no_connector(content):
    assert fmt.problems(read(content, "x"))


@pytest.mark.parametrize(
    ("place", "word"),
    [
        ("items: [a, b.]", "b."),
        ("result: '[x]'", "[x]"),
        ("file: {at: a b, decode: base64}", "a b"),
        ("file: {at: a, decode: base64, name_at: ..}", ".."),
        ("items: a, paginate: {cursor: c, next: '$.next[*]'}", "$.next[*]"),
        ("items: a, paginate: {url: 'links.@odata.nextLink.'}", "links.@odata.nextLink."),
        ("errors: {message: [ok, '{x}']}", "{x}"),
        ("errors: {fail_when: {'a[b]': 1}}", "a[b]"),
        ("wait: {poll: get-me, until: {'status == 1': true}}", "status == 1"),
        ("wait: {poll: get-me, with: {a: b c}, until: {a: 1}}", "b c"),
        ("reconcile: {action: get-me, match: {'a|b': a}}", "a|b"),
        ("errors: {code: __class__.__mro__()}", "__class__.__mro__()"),
    ],
)
def test_a_path_that_is_none_is_refused_wherever_it_stands(place, word):
    source, _ = files(f"actions: {{get-me: {{description: A., request: GET /me, {place}}}}}")

    (problem,) = fmt.problems(source)

    assert (problem.rule, problem.message.startswith(f"{word!r} is not a path")) == ("path-syntax", True)


SERVICE = "auth: {o: {type: oauth2, flow: client_credentials, token: '%s'}}"


@pytest.mark.parametrize(
    ("connection", "rule"),
    [
        ("base_url: 'http://api.acme.example'", "https"),
        ("base_url: 'https://localhost@acme.example'", "https"),
        ("base_url: 'https://'", "https"),
        ("base_url: 'https://acme.example/?a=b'", "https"),
        ("base_url: 'https://acme.example\\x'", "https"),
        ("base_url: '{url}/v1'", "https"),
        ("base_url: 'https://a.example', mcp: 'ws://a.example'", "https"),
        ("base_url: 'https://a.example', origins: ['http://a.example']", "https"),
        (
            "base_url: 'https://a.example', auth: {o: {type: oauth2, flow: code, authorize: 'http://a', token: 'https://a'}}",
            "https",
        ),
        *(
            (f"base_url: 'https://a.example', {SERVICE % address}", "https")
            for address in ("//b", "/a?b", "/a#b", "a", "/a\\b", "http://b")
        ),
        ("base_url: 'https://{team}.example', params: {team: {type: string}}", "safe-host"),
        ("base_url: 'https://{team}', params: {team: {pattern: '^[a-z0-9](-?[a-z0-9])*'}}", "safe-host"),
        ("base_url: 'https://a.example', mcp: 'https://{team}.a.example', params: {team: {}}", "safe-host"),
    ],
)
def test_an_address_that_could_lead_the_credential_astray_is_refused(connection, rule):
    source, _ = files(f"connection: {{{connection}}}")

    assert [problem.rule for problem in fmt.problems(source)] == [rule]


@pytest.mark.parametrize(
    "connection",
    [
        "base_url: 'https://{team}.a.example:8443/v1', params: {team: {pattern: '^[a-z0-9](-?[a-z0-9])*$'}}",
        "base_url: 'https://{host}/v1', params: {host: {enum: [api.a.example, api.b.example]}}",
        "base_url: 'https://a.example/{version}', params: {version: {type: string}}",
        "base_url: 'https://a.example', mcp: /m, auth: {o: {type: oauth2, flow: device, device: /d, token: /o/t/, issuer: /}}",
    ],
)
def test_a_host_may_be_open_where_what_fills_it_cannot_leave_it(connection):
    source, _ = files(f"connection: {{{connection}}}")

    assert fmt.problems(source) == ()


# Several files.

MAIN = b"skillkit: 1\nid: acme\nversion: 1.0.0\nname: Acme\nconnection: {base_url: 'https://a.example'}\n"
GROUP = (
    b"actions:\n  get-me: {description: A., request: GET /me, output: {$ref: '#/schemas/Me'}}\nschemas:\n  Me: {type: object}\n"
)


def test_groups_of_actions_belong_to_the_connector():
    main, group = read(MAIN, "connector.yaml"), read(GROUP, "actions/me.yaml")

    together = fmt.merged([main, group])

    assert fmt.problems(together) == ()
    assert list(whole(together)[1]) == ["get-me"]
    assert main == read(MAIN, "connector.yaml")
    assert fmt.merged([main]) is main


def test_a_problem_is_placed_in_the_file_that_it_is_in():
    group = read(GROUP.replace(b"GET /me", b"GET me").replace(b"type: object", b"type: thing"), "actions/me.yaml")
    main = read(MAIN.replace(b"https", b"http") + b"actions: {get-you: {description: A., request: GET /}}", "connector.yaml")

    found = fmt.problems(fmt.merged([main, group]))

    assert [(problem.file, problem.line, problem.rule) for problem in found] == [
        ("actions/me.yaml", 2, "format"),
        ("actions/me.yaml", 4, "schema"),
        ("connector.yaml", 5, "https"),
    ]


def test_an_id_that_is_there_twice_is_named_with_both_its_places():
    main = read(MAIN + b"actions: {get-me: {description: A., request: GET /}}", "connector.yaml")
    groups = [read(GROUP, "actions/a.yaml"), read(GROUP, "actions/b.yaml")]

    with pytest.raises(InvalidConnector) as raised:
        fmt.merged([main, *groups])

    assert [str(problem) for problem in raised.value.problems] == [
        "actions/a.yaml:2:3: 'get-me' is there twice: connector.yaml:6 has it already [duplicate-id]",
        "actions/b.yaml:2:3: 'get-me' is there twice: connector.yaml:6 has it already [duplicate-id]",
        "actions/b.yaml:4:3: 'Me' is there twice: actions/a.yaml:4 has it already [duplicate-id]",
    ]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (
            b"actions: {}\ndefaults: {}",
            "x.yaml:2:1: unknown key 'defaults': a group of actions has actions and schemas only [unknown-key]",
        ),
        (b"[]", "x.yaml:1:1: a group of actions is a mapping with the keys actions and schemas [format]"),
        (b"actions: []", "x.yaml:1:1: actions is a mapping [format]"),
    ],
)
def test_a_group_holds_actions_and_schemas_alone(content, said):
    with pytest.raises(InvalidConnector) as raised:
        fmt.merged([read(MAIN, "connector.yaml"), read(content, "x.yaml")])

    assert [str(problem) for problem in raised.value.problems] == [said]


@pytest.mark.parametrize("main", [b"[]", MAIN + b"actions: []"])
def test_a_main_file_that_is_no_connector_is_judged_as_one(main):
    assert fmt.problems(fmt.merged([read(main, "connector.yaml"), read(GROUP, "x.yaml")]))


# Whatever is changed.

ODD: list[Any] = [
    None, True, False, 0, -1, 1.5, 1e300, "", "x", "{x}", "{...}", ".", "[", "GET /", "POST /a/{id}{?b*}", "get-company", [], {},
    ["a"], {"a": 1}, {"$ref": "#/schemas/Party"}, {"$ref": "#/$defs/A", "$defs": {"A": {}}}, {"": {"properties": None}}, [[]],
    [{}],
]  # fmt: skip


def spots(document, path=()):
    """Yield the way to every place in a document, examples left out."""
    if path:
        yield path
    below = document.items() if isinstance(document, dict) else enumerate(document) if isinstance(document, list) else ()
    for step, each in below:
        if step != "examples":
            yield from spots(each, (*path, step))


SPOTS = list(spots(WRITTEN))


def changed(changes):
    document = copy.deepcopy(WRITTEN)
    for path, value in changes:
        place = document
        for step in path[:-1]:
            below = place.get(step) if isinstance(place, dict) else None
            place = place[step] if isinstance(place, list) and isinstance(step, int) and step < len(place) else below
        if isinstance(place, dict):
            place[path[-1]] = copy.deepcopy(value)
    return document


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.sampled_from(SPOTS), st.sampled_from(ODD)), min_size=1, max_size=3))
def test_whatever_is_changed_is_judged_and_what_fits_is_completed(changes):
    source = Source("x.yaml", changed(changes), {})
    if fmt.problems(source):
        return

    head, actions = whole(source)

    assert connector.connector(head).actions == tuple(actions)
    for action in actions.values():
        assert all(fmt.shown(action))
        assert "tool" in action or connector.action(action)
    check(source)


# What is stated twice agrees.


class Asked(dict):
    """A document that remembers which of its keys were asked for."""

    def __init__(self, document):
        super().__init__(document)
        self.keys_asked = set()

    def get(self, key, default=None):
        self.keys_asked.add(key)
        return super().get(key, default)

    def __getitem__(self, key):
        self.keys_asked.add(key)
        return super().__getitem__(key)

    def __contains__(self, key):
        self.keys_asked.add(key)
        return super().__contains__(key)


def properties(name: str) -> set[str]:
    part = schema()["$defs"][name]
    above = part.get("$ref", "").rpartition("/")[2]
    return set(part["properties"]) | (properties(above) if above not in {"", "open"} else set())


def test_every_key_of_an_action_is_one_that_is_read():
    action = Asked({**whole(ACME)[1]["list-invoices"]})
    connector.action(action)

    assert action.keys_asked - properties("action") == {"connector", "key"}
    # Read elsewhere: by the catalog, by search, by the check of examples, by signing in; a tool is reserved.
    assert properties("action") - action.keys_asked == {"aliases", "examples", "intents", "scopes", "tool"}


def test_every_key_of_a_connection_is_one_that_is_read():
    connection = Asked(WRITTEN["connection"])
    connector.access(connection)

    assert connection.keys_asked == properties("connection")


def test_the_keys_of_paging_are_the_fields_of_its_value():
    fields = set(connector.Paging._fields) - {"style", "by"}

    assert properties("paging") == fields | {"offset", "page", "cursor", "link", "url"}


@pytest.mark.parametrize(
    ("name", "make", "document"),
    [
        ("errors", connector.errors, {}),
        ("rate", connector.rate, {"limit": "1/s"}),
        ("rule", lambda rule: connector.errors({"rules": [rule]}), {"kind": "auth", "status": 401}),
    ],
)
def test_every_key_of_a_part_is_one_that_is_read(name, make, document):
    asked = Asked(document)
    make(asked)

    assert asked.keys_asked == properties(name)


def test_the_kinds_that_a_rule_may_give_are_kinds_of_errors():
    assert set(schema()["$defs"]["rule"]["properties"]["kind"]["enum"]) < BY_KIND.keys()


# The schema as a text.


def test_the_schema_of_the_format_refers_to_itself_alone():
    references = [part["$ref"] for _, part in subschemas(schema()) if "$ref" in part]

    assert {reference.rpartition("/")[0] for reference in references} == {"#/$defs"}
    assert {reference.rpartition("/")[2] for reference in references} <= schema()["$defs"].keys()


def test_every_key_of_the_format_is_described():
    lacking = [
        f"{path}/properties/{key}"
        for path, part in subschemas(schema())
        for key, value in part.get("properties", {}).items()
        if "/if" not in path and not str(value.get("description", "")).endswith(".")
    ]

    assert lacking == []


def bare(part):
    """Return a schema without its titles and descriptions."""
    if isinstance(part, dict):
        return {
            key: bare(value) for key, value in part.items() if key not in {"title", "description"} or not isinstance(value, str)
        }
    return [bare(each) for each in part] if isinstance(part, list) else part


def printed(value, before="", indent=0, width=150) -> list[str]:
    """Return a document as lines, as people write it: what fits on a line stands on one."""
    whole = before + json.dumps(value)
    if indent + len(whole) + 1 <= width or not isinstance(value, dict | list):
        return [" " * indent + whole]
    lines, row = [], ""
    for key, each in value.items() if isinstance(value, dict) else ((None, each) for each in value):
        below = printed(each, "" if key is None else f"{json.dumps(key)}: ", indent + 1, width)
        short = below[0].strip() if len(below) == 1 else ""
        if row and (not short or indent + 1 + len(row) + 2 + len(short) > width):
            lines.append(" " * (indent + 1) + row)
            row = ""
        row = f"{row}, {short}" if row and short else short
        lines += [] if short else below
    lines += [" " * (indent + 1) + row] if row else []
    return [" " * indent + before + "{["[isinstance(value, list)], *lines, " " * indent + "}]"[isinstance(value, list)]]


def test_the_language_is_small_enough_to_be_read_in_one_sitting():
    assert len(printed(bare(schema()))) < 200
