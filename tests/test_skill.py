"""Skills, rendered from the connectors alone: the same bytes every time, dense, translated, and safe from what connectors say."""

from __future__ import annotations

import json
import re
import shlex
from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from skillkit import skill
from skillkit.agent import READS
from skillkit.authoring.translation import english
from skillkit.errors import InvalidConnector, UnknownName
from skillkit.skill import lint, page, words
from skillkit.skill.book import LANGUAGES, book, laid, named
from skillkit.skill.profile import PROFILES
from skillkit.skill.text import clause, command, line, prose
from skillkit.skill.tokens import tokens
from skillkit.workspace import Workspace
from tests.rendered import KINDS, books, looked_at, pages

ROOT = Path(__file__).resolve().parent.parent
each_kind = pytest.mark.parametrize(("profile", "language"), KINDS)
each_language = pytest.mark.parametrize("language", LANGUAGES)


# The same bytes, from the connectors alone.


def test_every_app_has_a_skill_and_one_leads_to_all(workspace):
    assert skill.names(workspace) == ("skillkit", "alegra-accounting", "clientary-agency", "faktoora-e-invoicing", "ledger")


def test_a_skill_is_the_same_bytes_every_time(workspace, beside):
    first = skill.pack(workspace, "codex", "de")

    assert skill.pack(beside(), "codex", "de") == first
    assert list(first) == sorted(first)


def test_a_skill_is_rendered_by_its_name_or_its_connector_and_under_another_name(workspace):
    usual = skill.rendered(workspace, "alegra-accounting")
    other = skill.rendered(workspace, "alegra", name="alegra")

    assert skill.rendered(workspace, "alegra") == usual
    assert skill.frontmatter(other["SKILL.md"])["name"] == "alegra"
    assert other["SKILL.md"] == usual["SKILL.md"].replace(b"name: alegra-accounting", b"name: alegra", 1)


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ({"skill": "nothing"}, "there is no skill 'nothing'"),
        ({"skill": "alegra", "lang": "fr"}, "there are no skills in 'fr'"),
        ({"skill": "alegra", "profile": "pager"}, "no profile 'pager' is here"),
    ],
)
def test_what_is_not_here_is_named(workspace, asked, said):
    with pytest.raises(UnknownName, match=said):
        skill.rendered(workspace, **asked)


def test_an_edited_connector_is_read_again(workspace, tmp_path):
    folder = Path(workspace.home) / "connectors" / "shop"
    folder.mkdir(parents=True)
    written = SHOP.replace("A shop", "A small shop")
    (folder / "connector.yaml").write_text(SHOP)
    space = Workspace(workspace.home)
    first = skill.rendered(space, "shop")
    space.close()
    (folder / "connector.yaml").write_text(written)
    space = Workspace(workspace.home)

    assert b"A small shop" in skill.rendered(space, "shop")["SKILL.md"]
    assert b"A small shop" not in first["SKILL.md"]
    space.close()


# How long, and how much of it is its own.


@each_kind
def test_a_skill_stays_small(profile, language):
    for each in pages(profile, language):
        most = 900 if each.name == "skillkit" else 1_500
        assert tokens(each.body) < most, each.name
        assert len(each.body.splitlines()) < 200, each.name


@each_language
def test_less_than_a_quarter_of_a_skill_is_in_another_one(language):
    found = pages(language=language)

    assert {each.name: lint.shared(each, [other for other in found if other is not each]) for each in found} == {
        each.name: pytest.approx(0.125, abs=0.1249) for each in found
    }


# Counted with the vocabulary of o200k.
COUNTED = [
    ("- A stamped invoice cannot be changed. It is corrected with create-credit-note.\n", 16),
    ("| `create-invoice` | `date*, dueDate*, client*, items*, status, numberTemplate` | writes |\n", 25),
    ('skillkit action run list-invoices --connectionKey alegra --input \'{"status":"open"}\' --json\n', 23),
    ("- Eine Rechnung lässt sich nur löschen, solange die Kontoeinstellung invoiceDeleteMode eingeschaltet ist.\n", 20),
    ("- Lo que borra o envía exige además `--yes`, solo cuando el usuario haya aceptado.\n", 22),
    ("- 删除或发送还须加 `--yes`\uff0c且只在用户同意之后。\n", 20),
]


@pytest.mark.parametrize(("text", "count"), COUNTED)
def test_tokens_are_counted_about_right_and_rather_too_high(text, count):
    assert count <= tokens(text) <= count * 1.35


# Languages.


def test_no_language_lacks_a_word():
    english = words.spoken()["en"]

    for language, told in words.spoken().items():
        assert list(told) == list(english), language
        assert [key for key, text in told.items() if not text.strip() or "\n" in text] == []
        # What is filled in is the same everywhere, and code is never translated.
        for key, text in told.items():
            if key.startswith(("router_description", "router_read")):
                continue
            assert sorted(re.findall(r"\{\w+\}", text)) == sorted(re.findall(r"\{\w+\}", english[key])), (language, key)
            assert set(re.findall("`[^`]+`", text)) == set(re.findall("`[^`]+`", english[key])), (language, key)


def test_every_word_is_used():
    used = "".join(path.read_text() for path in (ROOT / "src/skillkit/skill").rglob("*") if path.suffix in {".md", ".py"})
    effects = {"read", "create", "update", "delete", "send"}
    spoken = {key for key in words.spoken()["en"] if f'"{key}"' not in used}

    assert spoken - effects - {f"more_{name}" for name in ("actions", "errors", "webhooks", "gotchas")} == set()


@each_language
def test_what_a_person_types_is_the_same_in_every_language(language):
    def typed(each):
        return [re.sub(r"--intent '[^']*'", "", said) for said in lint.lines(each.text)]

    assert [typed(each) for each in pages(language=language)] == [typed(each) for each in pages()]


@each_language
def test_gotchas_titles_and_what_is_asked_are_told_in_the_language(language):
    translated = books(language)["faktoora-e-invoicing"]
    source = yaml.safe_load((ROOT / "connectors/faktoora/i18n" / f"{language}.yaml").read_text()) if language != "en" else None
    shown = pages(language=language)[3].text

    if source:
        assert source["skill"]["gotchas"][0] in shown
        assert source["skill"]["examples"][0] in shown
        assert translated.actions["delete-product"]["title"] == source["actions"]["delete-product"]["title"]


def test_what_has_no_translation_stays_english():
    english = yaml.safe_load(SHOP)
    told = laid(english, {"skill": {"gotchas": ["nur eines"]}, "actions": {"list-goods": {"title": " "}, "gone": {"title": "x"}}})

    assert told["skill"]["gotchas"] == english["skill"]["gotchas"]
    assert told["actions"] == english["actions"]
    assert laid(english, {"about": ["no text"], "skill": "no mapping", "actions": None})["about"] == english["about"]


# Profiles.


@each_kind
def test_only_the_frontmatter_differs_from_profile_to_profile(profile, language):
    usual = pages("portable", language)

    for each, plain in zip(pages(profile, language), usual, strict=True):
        assert each.body == plain.body
        assert {path for path in each.files if path.startswith("references/")} == set(plain.files) - {"SKILL.md"}


def test_the_portable_profile_has_text_for_every_key_of_its_metadata():
    front = pages()[1].front

    assert front["metadata"].keys() == {"skillkit-connector", "skillkit-version", "skillkit-actions"}
    assert all(isinstance(value, str) for value in front["metadata"].values())
    assert set(front) == {"name", "description", "license", "compatibility", "metadata"}


def test_openclaw_gets_nested_metadata_that_asks_for_the_command_alone():
    shown = pages("openclaw")[1]

    assert shown.front["metadata"]["openclaw"] == {"requires": {"bins": ["skillkit"]}}
    assert "  openclaw:\n    requires:\n      bins:\n        - skillkit\n" in shown.text
    assert "license" not in shown.front


def test_claude_may_run_skillkit_and_nothing_else():
    assert pages("claude")[1].front["allowed-tools"] == "Bash(skillkit:*)"


@each_language
def test_codex_gets_a_sidecar_whose_words_fit(language):
    for each in pages("codex", language):
        shown = yaml.safe_load(each.files["agents/openai.yaml"])
        assert 25 <= len(shown["interface"]["short_description"]) <= 64
        assert f"${each.name}" in shown["interface"]["default_prompt"]
        assert shown["policy"] == {"allow_implicit_invocation": True}


def test_a_pack_has_the_manifests_of_its_profile(workspace):
    def manifests(profile):
        return {path for path in skill.pack(workspace, profile) if "SKILL.md" not in path and "/references/" not in path}

    claude = {"README.md", ".claude-plugin/plugin.json", ".claude-plugin/marketplace.json"}
    assert manifests("portable") == manifests("openclaw") == set()
    assert manifests("claude") == claude
    assert {path for path in manifests("codex") if not path.endswith("openai.yaml")} == {*claude, "plugin.json"}
    assert manifests("gemini") == {"README.md", "gemini-extension.json"}


def test_an_agent_plugin_has_no_key_beyond_the_closed_list(workspace):
    found = json.loads(skill.pack(workspace, "codex", only=("alegra",))["plugin.json"])

    allowed = {
        "$schema",
        "name",
        "version",
        "description",
        "author",
        "homepage",
        "repository",
        "license",
        "keywords",
        "extensions",
    }
    assert set(found) <= allowed
    assert re.fullmatch("[a-z0-9.-]{1,64}", found["name"])


def test_every_agent_reads_a_profile_that_is_there():
    assert {reads.profile for reads in READS.values()} == set(PROFILES)
    for agent, reads in READS.items():
        assert reads.project, agent
        assert not any(path.startswith(("/", "~")) for path in (*reads.project, *reads.user)), agent


# What an agent is told of what is behind.


@pytest.mark.parametrize("name", ["alegra", "ledger", "skillkit"])
def test_a_skill_carries_the_mark_that_its_connector_has_now(workspace, name):
    front = skill.frontmatter(skill.rendered(workspace, name, lang="zh")["SKILL.md"])

    assert skill.marked(front) == skill.current(workspace, name)
    assert skill.stale(front, workspace) == ""


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"skillkit-version": "0.0.9"}, "the skill ledger was made for ledger 0.0.9, and here is 0.1.0"),
        ({"skillkit-actions": "000000000000"}, "the skill ledger was made before the actions of ledger changed"),
        ({"skillkit-connector": "gone"}, "the skill ledger is for gone, which is not here any more"),
        ({"skillkit-connector": 7}, ""),
    ],
)
def test_an_installed_skill_that_is_behind_is_told(workspace, changes, said):
    front = dict(skill.frontmatter(skill.rendered(workspace, "ledger")["SKILL.md"]))

    assert skill.stale({**front, "metadata": {**front["metadata"], **changes}}, workspace) == said


def test_a_user_s_own_action_makes_no_skill_old(workspace, skillkit):
    front = skill.frontmatter(skill.rendered(workspace, "ledger")["SKILL.md"])
    config = json.dumps({"request": {"method": "GET", "path": "/mine"}})
    made = skillkit("action", "create", "Mine.", "--key", "list-mine", "--connectorKey", "ledger", "--config", config, "--json")

    assert made.exit_code == 0, made
    assert skill.stale(front, workspace) == ""
    assert skill.rendered(workspace, "ledger")["SKILL.md"].count(b"list-mine") == 0


@pytest.mark.parametrize(
    "content", [b"", b"# no frontmatter", b"---\nname: a", b"---\n- a\n---\n", b"---\n: :\n---\n", b"---\n\xff\n---\n"]
)
def test_what_has_no_frontmatter_is_nobody_s(content):
    assert skill.frontmatter(content) == {}
    assert skill.marked(skill.frontmatter(content)) is None


# Connectors that say little, too much, or mean ill.

SHOP = """\
skillkit: 1
id: shop
version: 0.1.0
name: Shop
about: A shop.
skill:
  gotchas: [one, two]
connection:
  base_url: https://shop.example/api
actions:
  list-goods:
    title: List goods
    description: What is sold, with prices.
    request: GET /goods
    items: data
  list-orders:
    title: List orders
    description: What was ordered, and when.
    request: GET /orders
    items: data
  remove-goods:
    description: Takes one out of the shop for good.
    request: DELETE /goods/{id}
    input: {required: [id], properties: {id: {type: string}}}
"""


def made(tmp_path, text, name="shop"):
    folder = tmp_path / name
    folder.mkdir(exist_ok=True)
    (folder / "connector.yaml").write_text(text)
    return book(str(folder))


def whole(told, name="shop"):
    return looked_at(page.app(told, PROFILES["portable"], name), name, told=told)


def test_a_connector_that_says_nothing_of_a_skill_has_one_all_the_same(tmp_path):
    told = made(tmp_path, re.sub(r"about:.*\nskill:\n.*\n", "", SHOP))
    shown = whole(told)

    assert shown.front["description"] == "Use when the user works with Shop. List goods, List orders, Remove goods."
    assert "Examples" not in shown.body
    assert lint.problems(shown) == ()
    assert "| `remove-goods` | `id*` | deletes, `--yes`: Takes one out of the shop for good |" in shown.body


def test_a_description_that_is_too_long_ends_at_a_comma(tmp_path):
    long = SHOP.replace("  gotchas", "  use_when: " + ", ".join(f"thing number {number}" for number in range(40)) + "\n  gotchas")

    description = whole(made(tmp_path, long)).front["description"]
    assert len(description) <= 250
    assert re.search(r"thing number \d+\.$", description)


def test_two_connectors_do_not_share_a_name(tmp_path):
    first = made(tmp_path, SHOP.replace("  gotchas", "  name: shopping\n  gotchas"))
    second = made(tmp_path, SHOP.replace("id: shop", "id: other").replace("  gotchas", "  name: shopping\n  gotchas"), "other")

    assert {name: each.head["id"] for name, each in named([first, second], "skillkit").items()} == {
        "shopping": "shop",
        "other": "other",
    }
    with pytest.raises(InvalidConnector, match="would be called 'skillkit', which is taken"):
        named([made(tmp_path, SHOP.replace("id: shop", "id: skillkit"), "skillkit")], "skillkit")


def test_what_cannot_be_said_in_few_words_is_an_error(tmp_path):
    example = f"{{ask: what, action: list-goods, input: {{q: {'word ' * 2000}}}, output: {{}}}}"

    with pytest.raises(InvalidConnector, match="what shop says of its skill does not fit into 1,500 tokens"):
        whole(made(tmp_path, SHOP.replace("  gotchas", f"  examples: [{example}]\n  gotchas")))


ILL = [
    "line one\n\n# A heading\n\n- an item",
    "a | b | c",
    "`code` and ``` fence\n```sh\nrm -rf /\n```",
    "<script>alert(1)</script>",
    "[click](https://evil.example) ![i](x)",
    "---\nname: other\n---",
    "{{ 7 * 7 }} {% for x in y %}",
    "{say} {0} %s",
    "\u202eevil\u200b\ufeff",
    "| `delete-everything` | | reads |",
    "1. first",
]


@pytest.mark.parametrize("text", ILL)
def test_what_a_connector_says_cannot_break_a_page(tmp_path, text):
    plain, folder = yaml.safe_load(SHOP), tmp_path / "shop"
    folder.mkdir()

    def rendered(said):
        document = {**plain, "name": f"Shop {said}"[:200], "about": said, "skill": {"use_when": said, "gotchas": [said]}}
        document["actions"] = {key: {**action, "description": said, "title": said} for key, action in plain["actions"].items()}
        document["webhooks"] = {"events": {said: {"description": said}}}
        (folder / "connector.yaml").write_text(json.dumps(document))
        return whole(book(str(folder)))

    shown, usual = rendered(text), rendered("word")
    assert shown.files.keys() == usual.files.keys()
    for path in shown.files:
        assert skeleton(shown.files[path]) == skeleton(usual.files[path]), path
    assert shown.front.keys() == usual.front.keys()
    assert not any(re.search("[\u200b\u202e\ufeff]", content.decode()) for content in shown.files.values())
    assert "<script" not in re.sub("```sh.*?```", "", shown.body, flags=re.DOTALL)
    assert [shlex.split(said)[:4] for said in lint.lines(shown.text)] == [
        shlex.split(said)[:4] for said in lint.lines(usual.text)
    ]


COLUMNS = re.compile(r"(?<!\\)\|")


def skeleton(content):
    """Return what is structure in a page: how each line begins, and its columns."""
    return [
        (found := re.findall(r"^(#+|-(?= )|\||```\w*|---|\d+\.|skillkit|)", each)[0], len(COLUMNS.findall(each)) * (found == "|"))
        for each in content.decode().splitlines()
    ]


@given(st.text(), st.integers(1, 120))
def test_a_text_is_one_line_whatever_is_in_it(text, longest):
    assert len(line(text, longest).splitlines()) <= 1
    assert len(line(text, longest)) <= longest
    assert "\n" not in prose(text)
    assert not re.search(r"(?<!\\)\||`|<|>", prose(text))


@given(st.text(), st.integers(1, 120))
def test_a_clause_is_how_a_text_begins(text, longest):
    said = clause(text, longest)

    assert len(said) <= longest
    assert line(text).startswith(said)


@given(st.lists(st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"]), min_size=1), min_size=1))
def test_a_command_is_read_by_a_shell_as_it_was_meant(given_words):
    assert shlex.split(command(*given_words)) == given_words


def test_an_example_that_cannot_be_taken_back_is_typed_with_the_user_s_consent(tmp_path):
    example = '{ask: Take it out., action: remove-goods, input: {id: "1"}, output: {}}'
    shown = whole(made(tmp_path, SHOP.replace("  gotchas", f"  examples: [{example}, {example}]\n  gotchas"))).body

    assert 'skillkit action run remove-goods --connectionKey shop --input \'{"id":"1"}\' --dry-run --json' in shown
    assert "1. Take it out. (Line 5 above, with `--yes` in place of `--dry-run`, once the user has agreed.)" in shown
    assert '   `skillkit action run remove-goods --connectionKey shop --input \'{"id":"1"}\' --yes --json`' in shown


def test_of_a_worked_example_a_translation_translates_what_is_asked():
    worked = {"ask": "What is sold?", "action": "list-goods", "input": {}, "output": {}}
    document = {**yaml.safe_load(SHOP), "skill": {"examples": ["Sell one.", worked]}}

    assert english(document)["/skill/examples"] == "Sell one.\nWhat is sold?"
    assert laid(document, {"skill": {"examples": ["Verkaufe eines.", "Was gibt es?"]}})["skill"]["examples"] == [
        "Verkaufe eines.",
        {**worked, "ask": "Was gibt es?"},
    ]
