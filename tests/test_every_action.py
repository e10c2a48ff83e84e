"""Every action of every connector, against the vendor's sandbox."""

from __future__ import annotations

from importlib import import_module

import pytest

from skillkit.sandbox.vendors import KEYS, known
from tests.sandboxed import Scene, Script, actions, played, staged

SCRIPTS: dict[str, Script] = {key: import_module(f"tests.scenes.{key}").SCRIPT for key in known()}
SCENES = [(key, scene) for key, found in SCRIPTS.items() for scene in found.scenes]


@pytest.mark.parametrize(("connector", "scene"), SCENES, ids=[f"{key}: {scene.name}" for key, scene in SCENES])
def test_what_is_sent_comes_back(connector: str, scene: Scene, tmp_path, furnished, monkeypatch):
    (tmp_path / "files").mkdir()
    monkeypatch.chdir(tmp_path / "files")

    with staged(tmp_path / "home", furnished, connector, scene.options, scene.params) as stage:
        played(stage, SCRIPTS[connector], scene)

        assert not [status for status in stage.sandboxes.statuses if status >= 500]


@pytest.mark.parametrize("connector", KEYS)
def test_every_action_is_in_a_scene(connector):
    if connector not in SCRIPTS:
        pytest.skip(f"{connector} HAS NO SANDBOX YET: NONE OF ITS ACTIONS IS TRIED")
    # An action counts where it must succeed.
    tried = {step.action for scene in SCRIPTS[connector].scenes for step in scene.steps if not step.error}

    assert sorted(set(actions(connector)) - tried) == []
    assert sorted(tried - set(actions(connector))) == []
