"""What a connector says on the page, in the language of the person's browser."""

from __future__ import annotations

import pytest

from skillkit.signin.spoken import spoken

SAID = {
    "de": ("E-Mail-Adresse", "Land der Firma", "Buchhaltung und Rechnungen"),
    "es": ("Correo electrónico", "País de la empresa", "Contabilidad"),
    "zh": ("邮箱", "公司所在国家", "会计"),
}


def told(connector):
    (way,) = connector.access.auth
    return way.settings["fields"]["email"]["title"], connector.access.params[0].schema["title"], connector.about


@pytest.mark.parametrize("language", SAID)
def test_titles_and_help_are_in_the_language_and_nothing_else_changes(workspace, language):
    english = workspace.catalog.connector("alegra")

    other = spoken(english, workspace.catalog.folder("alegra"), language)

    assert all(said != original for said, original in zip(told(other), told(english), strict=True))
    assert other.access.auth[0].settings["help"] == english.access.auth[0].settings["help"]
    assert other.access.params[0].schema["enum"] == english.access.params[0].schema["enum"]
    assert (other.id, other.access.base_url, other.access.check) == (english.id, english.access.base_url, english.access.check)


@pytest.mark.parametrize(
    "content",
    [
        None,
        b"",
        b"- a list",
        b"connection: [1, 2]",
        b"connection: {params: nonsense, auth: {token: {fields: {email: {title: 7, help: ' '}}}}}",
        b"about: {x: 1}",
        b"\xff\xfe",
        b"a: &b 1",
    ],
)
def test_what_somebody_got_wrong_leaves_it_in_english(workspace, tmp_path, content):
    english = workspace.catalog.connector("alegra")
    if content is not None:
        (tmp_path / "i18n").mkdir()
        (tmp_path / "i18n" / "de.yaml").write_bytes(content)

    assert told(spoken(english, str(tmp_path), "de")) == told(english)


def test_a_translation_behind_a_link_is_not_read(workspace, tmp_path):
    english = workspace.catalog.connector("alegra")
    (tmp_path / "i18n").mkdir()
    (tmp_path / "i18n" / "de.yaml").symlink_to(f"{workspace.catalog.folder('alegra')}/i18n/de.yaml")

    assert told(spoken(english, str(tmp_path), "de")) == told(english)


def test_a_translation_leads_the_credential_nowhere(workspace, tmp_path):
    english = workspace.catalog.connector("alegra")
    (tmp_path / "i18n").mkdir()
    (tmp_path / "i18n" / "de.yaml").write_text(
        "connection: {base_url: 'https://evil.example', auth: {token: {help: 'https://evil.example', type: bearer}}}"
    )

    assert spoken(english, str(tmp_path), "de") == english
