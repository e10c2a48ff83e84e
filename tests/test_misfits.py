"""What is said of a document that is not shaped as the format says: in words, at its place, with what is near."""

from __future__ import annotations

import pytest

from skillkit.authoring.rule import files
from skillkit.misfits import misfits

ACTION = "actions:\n  get-me: {description: Who is signed in., request: GET /, %s}"
AUTH = "connection:\n  base_url: https://api.acme.example\n  auth: {main: {%s}}"


@pytest.mark.parametrize(
    ("fragment", "path", "said"),
    [
        ("naem: X", "/naem", "unknown key \"naem\"; did you mean 'name'?"),
        ("skillkit: 2", "/skillkit", "2 is not 1"),
        ("skillkit: '1'", "/skillkit", '"1" is not 1'),
        ("version: one", "/version", '"one" is not a version, such as 1.0.2'),
        ("name: ''", "/name", "it is empty"),
        ("connection: []", "/connection", "a list is not a mapping"),
        ("connection: {}", "/connection", "'base_url' is missing"),
        ("featured: [a, a]", "/featured", "an entry is there twice"),
        ("actions: {}", "/actions", "it is empty"),
        ("actions: {getMe: {description: A., request: GET /}}", "/actions/getMe",
         '"getMe" is not a kebab-case key, such as list-invoices'),
        ("actions: {get-me: {description: A.}}", "/actions/get-me", "it needs one of request, tool"),
        (ACTION % "tool: x, effect: read", "/actions/get-me", "only one of request, tool may be there"),
        ("actions: {get-me: {description: A., tool: x}}", "/actions/get-me", "'tool' needs 'effect' beside it"),
        ("actions: {get-me: {description: A., request: get /}}", "/actions/get-me/request",
         '"get /" is not a request line, such as GET /things/{id}{?page}'),
        (ACTION % "paginate: true", "/actions/get-me/paginate", "true is not false or a mapping"),
        (ACTION % "paginate: {page: p, sise: s}", "/actions/get-me/paginate/sise",
         "unknown key \"sise\"; did you mean 'size'?"),
        (ACTION % "paginate: {page: p, url: u}", "/actions/get-me/paginate",
         "only one of offset, page, cursor, link, url may be there"),
        (ACTION % "paginate: {size: s}", "/actions/get-me/paginate", "it needs one of offset, page, cursor, link, url"),
        (ACTION % "paginate: {cursor: c}", "/actions/get-me/paginate", "'cursor' needs 'next' beside it"),
        (ACTION % "timeout: 5 minutes", "/actions/get-me/timeout", '"5 minutes" is not a duration, such as 250ms, 30s, 5m or 2h'),
        (ACTION % "effect: reed", "/actions/get-me/effect",
         '"reed" is none of "read", "create", "update", "delete", "send"; did you mean \'read\'?'),
        (ACTION % "intents: {english: [a]}", "/actions/get-me/intents/english",
         '"english" is not a language, such as en or pt-BR'),
        (ACTION % "intents: hello", "/actions/get-me/intents", '"hello" is not a list or a mapping'),
        (ACTION % "items: []", "/actions/get-me/items", "it is empty"),
        (ACTION % "items: 5", "/actions/get-me/items", "5 is not a text or a list"),
        (ACTION % "idempotency: {key: a}", "/actions/get-me/idempotency", "it needs one of header, key with on_conflict"),
        (ACTION % "input: {type: array}", "/actions/get-me/input/type", '"array" is not "object"'),
        (ACTION % "errors: {rules: [{kind: quota}]}", "/actions/get-me/errors/rules/0", "it needs one of status, code"),
        (ACTION % f"deprecated: {['x' * 99]}", "/actions/get-me/deprecated", "a list is not a text"),
        (ACTION % f"effect: {'x' * 99}", "/actions/get-me/effect",
         '"' + "x" * 56 + '... is none of "read", "create", "update", "delete", "send"'),
        (AUTH % "type: bearr", "/connection/auth/main/type",
         '"bearr" is none of "api_key", "basic", "bearer", "session", "oauth2"; did you mean \'bearer\'?'),
        (AUTH % "name: X", "/connection/auth/main", "'type' is missing"),
        (AUTH % "type: bearer, username: x", "/connection/auth/main/username", '"username" is not a key of bearer'),
        (AUTH % "type: basic", "/connection/auth/main", "'username' is missing"),
        (AUTH % "type: oauth2, flow: client_credentials", "/connection/auth/main", "'token' is missing"),
        (AUTH % "type: oauth2, flow: device, token: /t", "/connection/auth/main", "'device' is missing"),
        (AUTH % "type: oauth2, flow: mcp, pkce: false", "/connection/auth/main/pkce", "false is not true"),
        (AUTH % "type: oauth2, flow: mcp, name: X", "/connection/auth/main/name", '"name" is not a key of oauth2'),
    ],
)  # fmt: skip
def test_a_misfit_is_said_in_words_at_its_place(fragment, path, said):
    source, _ = files(fragment)

    assert [(problem.path, problem.message) for problem in misfits(source)] == [(path, said)]


@pytest.mark.parametrize("key", ["x-note", "x-"])
def test_a_key_of_ones_own_begins_with_x(key):
    source, _ = files(f"{key}: 1\n" + ACTION % f"{key}: 1, errors: {{{key}: 1}}")

    assert list(misfits(source)) == []


def test_a_line_break_at_the_end_does_not_slip_past_a_pattern():
    source, _ = files('id: "acme\\n"')

    assert [problem.path for problem in misfits(source)] == ["/id"]
