"""
Renders what is stated elsewhere already: two pages, and a region each of five others.

Those are architecture, membrane, sandboxes, triggers and the README. `--check` compares instead of writing.
Nothing here reads anybody's home folder.
"""

from __future__ import annotations

import ast
import json
import re
import subprocess
import sys
import tomllib
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final, TypeAlias

import click
import yaml
from jinja2 import Environment, StrictUndefined

from skillkit.authoring.lint import lints
from skillkit.authoring.rule import MINIMAL
from skillkit.cli.main import root
from skillkit.cli.topics import exit_codes, kinds
from skillkit.sandbox.vendors import choices_page

Part: TypeAlias = Mapping[str, Any]
Section: TypeAlias = dict[str, Any]

ROOT: Final = Path(__file__).resolve().parent.parent
SOURCE: Final = ROOT / "src/skillkit"
SCHEMA: Final = SOURCE / "connector.schema.json"
EVERYWHERE: Final = ("as_json", "debug", "no_color", "help")
WORDS: Final = {
    "any": "anything",
    "array": "a list",
    "boolean": "true or false",
    "integer": "a whole number",
    "number": "a number",
    "object": "a mapping",
    "string": "text",
}
# By a module of each row of floors in pyproject.toml; a row that is not here is on the floor of the row below it.
FLOORS: Final = {
    "errors": 0,
    "document": 1,
    "connector": 2,
    "request": 3,
    "address": 4,
    "home": 5,
    "proxy": 6,
    "workspace": 7,
    "calls": 8,
    "cli": 9,
}

# What of the demonstration differs from one machine, or one day, to another: ports, days, ids, the size of a PDF.
VOLATILE: Final = re.compile(r"(?<=127\.0\.0\.1:)\d+|\b20\d{6}\b|\b20\d\d-\d\d-\d\d\b|\b[0-9a-f]{20}\b|(?<=size: )\d+")

CLI: Final = """\
<!-- Rendered by `make render` from the commands themselves; do not edit. -->

# The command line

Every command takes `--json` (one JSON document on stdout), `--debug` (where an error came from, without secrets),
`--no-color` and `--help`. Results go to stdout; notices and errors go to stderr. Long flags are understood in both
spellings, as in `--connectionId` and `--connection-id`.
{% for command in commands %}

## skillkit {{ command.name }}

{{ command.help }}

```text
{{ command.usage }}
```
{% if command.options %}

{% for names, help in command.options %}
- `{{ names }}`: {{ help }}
{% endfor %}
{% endif %}
{% endfor %}

## Exit codes

| exit | kinds |
|---|---|
{% for row in exits %}
| {{ row.exit }} | {{ row.kinds }} |
{% endfor %}

A command that reports a state ends with 0, whatever the state. `skillkit help exit-codes` prints this table.

## Kinds of errors

With `--json` an error is one document on stderr: `{"error": {"kind", "message", "hint", …}}`. `skillkit help errors`
prints this table.

| kind | exit | says |
|---|---|---|
{% for row in kinds %}
| `{{ row.kind }}` | {{ row.exit }} | {{ row.says }} |
{% endfor %}
"""

FORMAT: Final = """\
<!-- Rendered by `make render` from connector.schema.json and the rules of `skillkit connector check`; do not edit. -->

# The connector format

A connector is one YAML file: `connectors/<id>/connector.yaml`. A large one may keep actions and schemas in
`actions/<group>.yaml` beside it; translations stand in `i18n/<language>.yaml`, and what the app offers in `operations.tsv`.
YAML is data only: no anchors, no tags, no duplicate keys, and a key that is not on this page is an error unless it begins
with `x-`. Only `true`, `false`, `null` and JSON's numbers are typed; `NO`, `01067` and dates are text.

The smallest one:

```yaml
{{ minimal }}```

- **The request line** says where inputs go: `{x}` in the path, `{?x}` in the query. The rest go into the query of a GET,
  HEAD or DELETE, and into the JSON body of a POST, PUT or PATCH. One input has one place.
- **Paths** are dotted, as in `data.rows[0].id`; `.` is the whole document. **Templates** are `{name}`. There is no other
  language in it.
- **A list** takes `limit` and `cursor` and gives `items`, `next_cursor`, `has_more` and `total`, however the app pages;
  `paginate` says how it does.
- **An effect** is read for GET, create for POST, update for PUT and PATCH, delete for DELETE, unless the action says
  otherwise. Delete and send are confirmed. Creates and sends are not repeated when their answer was lost.
- What stands under `defaults` may stand in an action as well, and counts there alone.

`skillkit connector check FILE` names every misfit with its line. [A made-up connector](../tests/data/connectors/acme-books.yaml)
uses nearly every key; [those that ship](../connectors) are for real apps. [another](../examples/oauth-demo/connector.yaml)
signs in by every flow of OAuth 2. `tool` and `webhooks` are checked, and nothing acts on them yet.
{% for section in sections %}

## {{ section.path }}

{{ section.description }}

| key | value | |
|---|---|---|
{% for row in section.rows %}
| `{{ row.key }}`{{ " (required)" if row.required }} | {{ row.value }} | {{ row.description }} |
{% endfor %}
{% endfor %}

## Rules

What `skillkit connector check` says beyond the format, by the id it prints. An error must be mended; a warning may be
lived with. The examples show only what differs from the smallest connector.
{% for rule in rules %}

### {{ rule.id }}

{{ rule.reason }}{{ " (A warning.)" if rule.level == "warning" }}

```yaml
{{ rule.example }}```

Not so:

```yaml
{{ rule.anti_example }}```
{% endfor %}
"""

LINES: Final = """\
{{ counts.same }} lines do the same here, {{ counts.different }} do it differently, {{ counts.refused }} are refused.
{% for group in groups %}

## {{ group.title }}

| Line | Here | | From |
|---|---|---|---|
{% for line in group.lines %}
| `{{ line.published | replace("|", "\\\\|") }}` | {{ line.answer }} | {{ line.why or line.how }} | {{ line.from }} |
{% endfor %}
{% endfor %}
"""


def cli() -> str:
    """Return docs/cli.md."""
    return _rendered(CLI, commands=list(commands(root, "skillkit")), exits=exit_codes(), kinds=kinds())


def connector_format() -> str:
    """Return docs/connector-format.md."""
    found = list(sections(json.loads(SCHEMA.read_text("utf-8"))))
    return _rendered(FORMAT, minimal=MINIMAL, sections=found, rules=lints().values())


def membrane() -> str:
    """Return docs/membrane.md with every line that `tests/test_lines.py` types."""
    groups = yaml.safe_load((ROOT / "tests/data/lines/lines.yaml").read_text("utf-8"))["groups"]
    shown = [{**group, "lines": [{"how": "", "why": "", **line} for line in group["lines"]]} for group in groups]
    counts = Counter(line["answer"] for group in shown for line in group["lines"])
    return _filled("docs/membrane.md", "lines", _rendered(LINES, groups=shown, counts=counts))


def sandboxes() -> str:
    """Return docs/sandboxes.md with what each sandbox does where the vendor's documents say nothing."""
    return _filled("docs/sandboxes.md", "choices", re.sub("^#", "##", choices_page(), flags=re.MULTILINE))


def triggers() -> str:
    """Return docs/triggers.md with what the descriptions of the skills select."""
    return _filled("docs/triggers.md", "triggers", _printed("benchmarks/triggers.py", str(ROOT)))


def readme() -> str:
    """Return the README with what the demonstration prints now."""
    with TemporaryDirectory() as folder:
        played = _printed("demo/run.py", folder)
    return _filled("README.md", "demo", f"```console\n$ make demo\n{VOLATILE.sub('…', played)}```\n")


def architecture() -> str:
    """Return docs/architecture.md with every module there is, on its floor, with the sentence that it opens with."""
    rows = [f"| {floor} | `{name}` | {says} |" for floor, name, says in modules()]
    return _filled("docs/architecture.md", "floors", "\n".join(["| Floor | Module | |", "|---|---|---|", *rows, ""]))


def modules() -> Iterator[tuple[str, str, str]]:
    """Yield the floor, the name and the first sentence of every module, the lowest first; a vendor's sandbox is one."""
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]["importlinter"]["contracts"]
    (layers,) = (each["layers"] for each in contracts if each["type"] == "layers")
    # The sandboxes stand outside the house.
    floor = "-"
    for layer in reversed(layers):
        names = re.findall(r"\w+", layer)
        floor = next((str(FLOORS[name]) for name in names if name in FLOORS), floor)
        patterns = [pattern for name in names for pattern in (f"{name}.py", f"{name}/*.py", f"{name}/*/__init__.py")]
        files = [path for pattern in patterns for path in sorted(SOURCE.glob(pattern))]
        for path in files:
            opening = (ast.get_docstring(ast.parse(path.read_text("utf-8"))) or "").split("\n\n")[0]
            yield floor, path.relative_to(SOURCE).with_suffix("").as_posix().removesuffix("/__init__"), opening


PAGES: Final[Mapping[str, Callable[[], str]]] = {
    "docs/cli.md": cli,
    "docs/connector-format.md": connector_format,
    "docs/membrane.md": membrane,
    "docs/sandboxes.md": sandboxes,
    "docs/architecture.md": architecture,
    "docs/triggers.md": triggers,
    "README.md": readme,
}


def main(arguments: list[str]) -> int:
    """Write every page, or say which are not what they would be."""
    checking = arguments == ["--check"]
    stale = {name: text for name, page in PAGES.items() if written(name) != (text := page())}
    for name, text in stale.items():
        print(f"{name} is not what it is rendered from: make render" if checking else name)
        if not checking:
            (ROOT / name).write_text(text, "utf-8")
    return 1 if checking and stale else 0


def written(name: str) -> str:
    """Return a page as it stands in the checkout; nothing when it does not."""
    path = ROOT / name
    return path.read_text("utf-8") if path.exists() else ""


def commands(group: click.Group, path: str) -> Iterator[dict[str, Any]]:
    """Yield every command of the tree, in its order."""
    ctx = click.Context(group, info_name=path)
    for name in group.list_commands(ctx):
        command = group.get_command(ctx, name)
        if isinstance(command, click.Group):
            yield from commands(command, f"{path} {name}")
        elif command is not None:
            yield described(command, f"{path} {name}")


def described(command: click.Command, path: str) -> dict[str, Any]:
    """Return what a command says of itself."""
    ctx = click.Context(command, info_name=path)
    own = [each for each in command.params if isinstance(each, click.Option) and not each.hidden and each.name not in EVERYWHERE]
    return {
        "name": path.removeprefix("skillkit "),
        "help": " ".join((command.help or "").split()),
        "usage": " ".join([path, *command.collect_usage_pieces(ctx)]),
        "options": [record for each in own if (record := each.get_help_record(ctx))],
    }


def sections(schema: Mapping[str, Any]) -> Iterator[Section]:
    """Yield a section for each part of a connector, the whole first, and each part once."""
    yield from _sections("", schema, schema["description"], schema["$defs"], set())


def _sections(path: str, part: Part, description: str, known: Part, seen: set[str]) -> Iterator[Section]:
    entries = part["properties"].items()
    required = part.get("required", ())
    rows = [
        {"key": key, "required": key in required, "value": _value(each, known), "description": each.get("description", "")}
        for key, each in entries
    ]
    yield {"path": path or "connector.yaml", "description": description, "rows": rows}
    for key, each in entries:
        for name, suffix in _below(each, known):
            if name not in seen:
                seen.add(name)
                yield from _sections(f"{path}.{key}{suffix}".lstrip("."), known[name], each["description"], known, seen)


def _below(part: Part, known: Part) -> Iterator[tuple[str, str]]:
    """Yield the parts that a key leads to, and how a path gets there: through names, or through a list."""
    name = part.get("$ref", "").removeprefix("#/$defs/")
    if "properties" in known.get(name, {}):
        yield name, ""
        return
    whole = {**known.get(name, {}), **part}
    inner = [("", each) for each in whole.get("anyOf", ())]
    inner += [(suffix, whole[key]) for key, suffix in (("additionalProperties", ".NAME"), ("items", "[]")) if key in whole]
    for suffix, each in inner:
        if isinstance(each, dict):
            yield from ((found, suffix + rest) for found, rest in _below(each, known))


def _value(part: Part, known: Part) -> str:
    """Return in a few words what a key takes."""
    if "anyOf" in part:
        return " or ".join(_value(each, known) for each in part["anyOf"])
    whole = {**known.get(part.get("$ref", "").removeprefix("#/$defs/"), {}), **part}
    fixed = whole.get("enum") or ([whole["const"]] if "const" in whole else [])
    if fixed:
        return ", ".join(f"`{word if isinstance(word, str) else json.dumps(word)}`" for word in fixed)
    if "title" in whole:
        return str(whole["title"])
    kinds = whole.get("type", "object" if "properties" in whole else "any")
    return " or ".join(WORDS[each] for each in ([kinds] if isinstance(kinds, str) else kinds))


def _printed(script: str, folder: str) -> str:
    """Return what a script of this checkout prints."""
    command = [sys.executable, str(ROOT / script)]
    return subprocess.run(command, cwd=folder, capture_output=True, encoding="utf-8", timeout=60, check=True).stdout


def _filled(name: str, region: str, content: str) -> str:
    """Return a page with what stands between the two marks of a region replaced."""
    marked = re.compile(rf"(?<=<!-- {region} -->\n).*?(?=<!-- /{region} -->)", re.DOTALL)
    return marked.sub(lambda _: content, written(name))


def _rendered(template: str, **values: Any) -> str:
    # Markdown, in which nothing is escaped.
    environment = Environment(undefined=StrictUndefined, trim_blocks=True, keep_trailing_newline=True, autoescape=False)  # noqa: S701
    return environment.from_string(template).render(values)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
