"""Every rule keeps its own example and is broken by its own anti-example, and by nothing else."""

from __future__ import annotations

import pytest

from skillkit.authoring.lint import FIND, check, level, lints
from skillkit.authoring.rule import files, written
from skillkit.authoring.translation import hashed
from skillkit.errors import Problem
from skillkit.source import read

each_rule = pytest.mark.parametrize("lint", lints().values(), ids=lints().keys())


def checked(example: str):
    main, translations = files(example)
    return check(main, translations=translations, offered=(written(example).get("operations.tsv", ""), "operations.tsv"))


def rules(example: str) -> list[str]:
    return [problem.rule for problem in checked(example)]


def marks(example: str) -> set[tuple[str, int]]:
    """Return the files and lines that `# here` stands in."""
    lines = [(file, number, line) for file, text in written(example).items() for number, line in enumerate(text.splitlines(), 1)]
    return {(file, number) for file, number, line in lines if line.endswith("# here")}


@each_rule
def test_what_keeps_a_rule_keeps_all_of_them(lint):
    assert [str(problem) for problem in checked(lint.example)] == []


@each_rule
def test_what_breaks_a_rule_breaks_this_one_alone_at_the_line_it_marks(lint):
    found = checked(lint.anti_example)

    assert {problem.rule for problem in found} == {lint.id}
    assert {(problem.file, problem.line) for problem in found} == marks(lint.anti_example)
    assert level(found[0]) == lint.level


def test_every_rule_that_finds_something_is_explained():
    assert FIND.keys() <= lints().keys()
    assert all(lint.reason.endswith(".") and lint.level in {"error", "warning"} for lint in lints().values())


def test_a_problem_of_no_rule_here_must_be_solved():
    assert level(Problem("it is not UTF-8", rule="strict-yaml")) == "error"


def test_a_connector_that_does_not_fit_is_not_asked_for_style():
    assert rules("actions: {get-me: {description: '', request: GET /me, tiemout: 5s}}") == ["unknown-key"]


def test_files_that_do_not_fit_together_are_said_and_nothing_else():
    main, _ = files("")
    group = read(b"actions: {get-thing: {description: '', request: GET /}}", "actions/x.yaml")

    assert [problem.rule for problem in check(main, group)] == ["duplicate-id"]


def test_groups_of_actions_are_checked_in_their_own_files():
    main, _ = files("")
    group = read(b"actions:\n  get-me:\n    description: Who is signed in\n    request: GET /me", "actions/x.yaml")

    assert [str(problem) for problem in check(main, group)] == [
        "actions/x.yaml:3:5: the description of get-me ends without a full stop [description-full-stop]"
    ]


# Where one rule has several places.

CONNECTION = "connection: {base_url: 'https://api.acme.example%s', params: {team: {type: string%s}}%s}"
ACTION = (
    "actions:\n  get-job: {description: How it stands., request: 'GET /job{?id}', input: {properties: {id: {type: string}}}}\n"
)
ACTION += (
    "  set-me:\n    description: Change what is known.\n    request: %s\n    input: {properties: {a: {type: string}}}\n    %s"
)
TWO = "actions:\n  add-thing:\n    description: One thing more.\n    request: %s\n"
TWO += "    input: {properties: {a: {type: string}, b: {}}}\n    %s\n  get-thing:\n    description: One thing by its id.\n"
TWO += "    request: GET /things/{id}\n"
TWO += "    input: {required: [id], properties: {id: {type: string}}}"
EXAMPLE = "actions:\n  get-me:\n    description: Who is signed in.\n    request: GET /me\n    examples: [%s]"


@pytest.mark.parametrize(
    ("example", "rule"),
    [
        (CONNECTION % ("/{x}", "", ""), "undeclared-name"),
        (CONNECTION % ("", "", ", headers: {X-Team: '{x}'}"), "undeclared-name"),
        (CONNECTION % ("", "", ", domains: ['{x}.acme.example']"), "undeclared-name"),
        (
            CONNECTION % ("", "", ", auth: {o: {type: oauth2, flow: client_credentials, token: 'https://a.example/{x}'}}"),
            "undeclared-name",
        ),
        (ACTION % ("POST /me?b={b}", ""), "undeclared-name"),
        (ACTION % ("POST /me{?b}", ""), "undeclared-name"),
        (ACTION % ("POST /me", "body: {list: ['{b}', '{...}']}"), "undeclared-name"),
        (ACTION % ("POST /me{?a}", "file: {name: '{b}.pdf'}"), "undeclared-name"),
        (ACTION % ("POST /me", "wait: {poll: get-job, with: {id: '{b}'}, until: {done: true}}"), "undeclared-name"),
        (ACTION % ("PUT /me", "merge: {from: get-job, with: {id: '{b}'}}"), "undeclared-name"),
        (ACTION % ("POST /me", "reconcile: {action: get-job, with: {id: '{b}'}, match: {a: a}}"), "undeclared-name"),
        (ACTION % ("POST /me{?a}", "body: {a: '{a}'}"), "one-place"),
        (ACTION % ("POST /me", "body: {a: '{a}', b: '{a}'}"), "one-place"),
        (ACTION % ("POST /me?x={a}{?a}", ""), "one-place"),
        (ACTION % ("POST /me", "body: {fixed: 1}"), "lost-input"),
        (ACTION % ("POST /me", "idempotency: {key: id, on_conflict: get-job}"), "unknown-input"),
        (ACTION % ("POST /me", "reconcile: {action: get-job, match: {id: b}}"), "unknown-input"),
        (ACTION % ("PUT /me", "merge: {from: get-job, drop: [b]}"), "unknown-input"),
        (CONNECTION % ("/{team}", ", optional: true", ""), "path-required"),
        (
            ACTION % ("POST /me", "output: {properties: {b: {items: {properties: {c: {}}}}}}\n    names: {a: c}"),
            "names-collision",
        ),
        (ACTION % ("POST /me", "output: {properties: {b: {}}}\n    names: {a: w, b: w}"), "names-collision"),
        (ACTION % ("POST /me", "output: {properties: {b: {required: [d], properties: {c: {}}}}}"), "required-unknown"),
        (CONNECTION % ("", ", enum: [a, 1]", ""), "mixed-enum"),
        (ACTION % ("POST /me", "wait: {poll: set-me, until: {done: true}}"), "not-a-read"),
        (ACTION % ("PUT /me", "merge: {from: set-me}"), "not-a-read"),
        (ACTION % ("POST /me", "reconcile: {action: set-me, match: {a: a}}"), "not-a-read"),
        (ACTION % ("POST /me", "idempotency: {key: a, on_conflict: get-job}"), "with-inputs"),
        (ACTION % ("POST /me", "merge: {from: get-job}"), "merge-update"),
        (ACTION % ("POST /me", "aliases: [get-job]"), "alias-clash"),
        (ACTION % ("POST /me", "aliases: [set-me]"), "alias-clash"),
        (ACTION % ("POST /me", "intents: [me, Me]"), "intent-twice"),
        (ACTION % ("DELETE /me", "effect: read"), "read-by-write"),
        ("defaults: {paginate: false}", "opt-out"),
        ("docs: http://acme.example", "help-https"),
        (CONNECTION % ("", "", ", allow_headers: [Cookie]"), "owned-header"),
        (CONNECTION % ("", "", ", headers: {X-Key: a}, auth: {k: {type: api_key, in: header, name: x-key}}"), "owned-header"),
        (CONNECTION % ("", "", ", auth: {k: {type: basic, username: '{email}', fields: {user: {}}}}"), "credential-field"),
        (EXAMPLE % "{input: {a: 1}, response: {json: {}}}", "example-input"),
        (TWO % ("POST /a", "encoding: raw"), "lost-input"),
        (TWO % ("POST /a", "wait: {poll: get-thing, until: {done: true}}"), "with-inputs"),
        (TWO % ("POST /a", "variants: {country: {DE: {properties: {c: {type: string}}}}}"), "unknown-variant"),
    ],
)
def test_a_rule_holds_in_every_place_that_it_speaks_of(example, rule):
    assert set(rules(example)) == {rule}


@pytest.mark.parametrize(
    "example",
    [
        CONNECTION % ("/{team}", "", ", headers: {X-Team: '{team}'}, domains: ['{team}.acme.example']"),
        CONNECTION % ("/{team}", ", optional: true, default: a", ""),
        CONNECTION % ("", ", enum: [a, null]", ""),
        CONNECTION % ("", "", ", auth: {k: {type: session, request: POST /in, token: t, fields: {anything: {}}}}"),
        ACTION % ("POST /me", "wait: {poll: get-job, with: {id: '{a}'}, until: {done: true}}\n    body: {fixed: 1}"),
        ACTION % ("POST /me", "reconcile: {action: get-job, with: {id: '{a}'}, match: {id: a}}"),
        ACTION % ("POST /me", "output: {anyOf: [{required: [b]}, {required: [c]}], properties: {b: {}, c: {}}}"),
        ACTION % ("POST /me", "output: {allOf: [{properties: {b: {}}}], required: [b]}"),
        ACTION % ("POST /me", "output: {enum: [1, true, null]}"),
        ACTION % ("POST /me", "intents: {en: [status], de: [Status]}"),
        ACTION % ("POST /me", "aliases: [set-us]"),
        ACTION % ("PUT /me", "effect: send\n    examples: [{input: {a: x}}]"),
        EXAMPLE % "{input: {a: 1}, error: {kind: invalid_input}}",
        EXAMPLE % "{response: {status: 500, json: {oops: 1}}, error: {kind: unavailable}}",
    ],
)
def test_a_rule_leaves_alone_what_is_meant(example):
    assert rules(example) == []


def test_an_example_may_be_for_one_variant_and_an_update_that_merges_may_leave_out_what_the_record_has():
    assert not rules(
        "connection: {base_url: 'https://api.acme.example', params: {country: {enum: [CH, AT]}}}\n"
        "actions:\n"
        "  get-me: {description: Who is signed in., request: GET /me}\n"
        "  set-me:\n    description: Change what is known.\n    request: PUT /me\n    merge: {from: get-me}\n"
        "    input: {required: [name], properties: {name: {type: string}}}\n"
        "    variants: {country: {CH: {properties: {canton: {type: string}}}}}\n"
        "    examples: [{input: {canton: ZH}}]"
    )


def test_the_rows_of_an_example_are_looked_at_under_our_names():
    action = (
        "actions:\n  list-things:\n    description: All there is.\n    request: GET /things\n    items: [data, .]\n"
        "    paginate: {page: p}\n"
        "    names: {billed: 'billed?'}\n    output: {required: [billed], properties: {billed: {type: boolean}}}\n"
        "    examples: [{response: {json: %s}}]"
    )

    assert rules(action % "{data: [{'billed?': true}, {'billed?': false}]}") == []
    assert rules(action % "[{'billed?': true}, {'billed?': 1}]") == ["example-output"]
    assert rules(action.replace("[data, .]", "data") % "{rows: []}") == ["example-output"]


# Secrets. They are put together here, or this file would look as if it held some.


@pytest.mark.parametrize(
    "text",
    [
        "sk_live_" + "51H8xKj2eZvKYlo2C",
        "ghp_" + "a1B2c3D4e5F6g7H8i9J0k1L2m3N4o5P6q7R8",
        "AKIA" + "IOSFODNN7RTWQXZP",
        "xoxb-" + "2314123412-abc",
        "glpat-" + "a1B2c3D4e5F6g7H8i9J0",
        "AIza" + "SyD3mZq8w7r6t5y4u3i2o1p0aSdFgHjKlZx",
        "-----BEGIN RSA " + "PRIVATE KEY-----",
        "eyJhbGciOiJIUzI1NiJ9." + "eyJzdWIiOiIxMjM0In0.c2ln",
        "Bearer " + "q9w8e7r6t5y4u3i2o1p0",
        "https://files.acme.example/x?sig=" + "dG9rZW4tZm9yLWFueWJvZHk9" + "Qk7Zx2Lw9Rt4",
        "8f14e45fceea167a" + "5a36dedd4bea2543",
        "see Zk3v9QpL" + "x7Bt2MnW8sRd5Yc1 for it",
    ],
)
def test_what_looks_like_a_credential_is_found_in_an_example(text):
    assert rules(EXAMPLE % f"{{response: {{json: {{deep: [{{word: '{text}'}}]}}}}}}") == ["secret-in-example"]


@pytest.mark.parametrize("name", ["Authorization", "Set-Cookie", "x-api-key", "X-Acme-Key"])
def test_a_header_that_carries_a_credential_has_no_place_in_an_example(name):
    auth = "connection: {base_url: 'https://api.acme.example', auth: {k: {type: api_key, in: header, name: X-Acme-Key}}}\n"

    assert rules(auth + EXAMPLE % f"{{response: {{headers: {{{name}: x}}}}}}") == ["secret-in-example"]


@pytest.mark.parametrize(
    "entry",
    [
        "id: 6f1c2d3e-4b5a-4c7d-8e9f-0a1b2c3d4e5f",
        "iban: DE89370400440532013000",
        "vat: ATU99999999",
        "key: 50601012600310123456700100001010000000001123456789",
        "next: eyJwYWdlIjoyLCJsaW1pdCI6MTAwfQ==",
        "token: sk_live_" + "example12345678",
        "token: xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx",
        "sha256: 8f14e45fceea167a5a36dedd4bea2543",
        "url: 'https://api.acme.example/v1/list-incoming-invoices?date_afterOrNow=2026-10-01&order_direction=DESC'",
        "number: RE-2026-001-Muster-GmbH-Beta",
        "text: A sentence about nameAuthorisedSignatory and InvoiceDeleteMode2026.",
        "pdf: JVBERi0xLjQKJcOkw7zDtsOfCjIgMCBvYmoKPDwvTGVuZ3RoIDM=",
    ],
)
def test_what_is_public_or_plainly_made_up_may_stand_in_an_example(entry):
    assert rules(EXAMPLE % f"{{response: {{json: {{{entry}}}}}}}") == []


# Translations.

ENGLISH = """\
about: Things.
unsupported: [chairs]
skill: {words: [thing]}
actions:
  get-me:
    description: Who is signed in.
    request: GET /me{?full}
    intents: [who am I]
    input: {properties: {full: {type: boolean, description: With everything.}}}
"""


def test_every_kind_of_text_has_its_place_in_a_translation():
    hashes = {
        "/about": "Things.",
        "/unsupported": "chairs",
        "/skill/words": "thing",
        "/actions/get-me/description": "Who is signed in.",
        "/actions/get-me/intents": "who am I",
        "/actions/get-me/input/full": "With everything.",
    }
    german = "about: Dinge.\nunsupported: [Stühle]\nskill: {words: [Ding]}\nactions:\n  get-me:\n    title: Ich\n"
    german += "    description: Wer angemeldet ist.\n    intents: [wer bin ich]\n    input: {full: Mit allem.}\nhashes:\n"
    german += "".join(f"  {path}: {hashed(text)}\n" for path, text in hashes.items())

    assert rules(f"{ENGLISH}--- de\n{german}") == []


@pytest.mark.parametrize(
    ("german", "found"),
    [
        ("[]", ["i18n-unknown", "i18n-missing"]),
        ("actions: {get-you: {title: Du}}", ["i18n-missing", "i18n-unknown"]),
        ("actions: {get-me: {input: {fuel: Benzin}}}", ["i18n-missing", "i18n-unknown"]),
        ("hashes: {/actions/get-you/title: 0badc0de}", ["i18n-missing", "i18n-unknown"]),
        ("about: Dinge.", ["i18n-missing", "i18n-stale"]),
        (f"about: Dinge.\nhashes: {{/about: {hashed('Thing.')}}}", ["i18n-missing", "i18n-stale"]),
    ],
)
def test_a_translation_of_nothing_of_something_else_or_of_half_is_found(german, found):
    assert sorted(rules(f"{ENGLISH}--- de\n{german}")) == sorted(found)
