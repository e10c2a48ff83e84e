"""What installing has to do, decided from values alone: into which folders, and what becomes of what is there."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Final, Literal, NamedTuple, TypeAlias

from skillkit.pack.record import Copy
from skillkit.pack.tree import Found

PORTABLE: Final = "portable"

# `kept` is as the user has edited it, with nothing newer to put there; `withheld` would have to be overwritten.
Done: TypeAlias = Literal[
    "installed", "updated", "repaired", "unchanged", "kept", "withheld", "taken", "refused", "failed", "removed", "forgotten"
]
# What was asked for and did not happen.
SHORT: Final = frozenset({"withheld", "taken", "refused", "failed"})


class Reader(NamedTuple):
    """An agent, the folders it reads with its own one first, and the profile it wants."""

    agent: str
    folders: tuple[str, ...]
    profile: str


class Target(NamedTuple):
    """A folder to install into, for these agents, in this profile."""

    folder: str
    profile: str
    agents: tuple[str, ...]


class Step(NamedTuple):
    """What becomes of one skill in one folder, and why."""

    done: Done
    why: str = ""

    @property
    def writes(self) -> bool:
        """Return whether anything is written for it."""
        return self.done in {"installed", "updated", "repaired"}


def targets(readers: Sequence[Reader], had: Mapping[str, str]) -> tuple[Target, ...]:
    """
    Return as few folders as show a skill to every one of these agents, and to as many as can be only once.

    `had` are the folders, each with its profile, where something is installed already. An agent that reads a skill in
    two places lists it twice, and pays for it twice.
    """
    chosen: dict[str, tuple[str, list[str]]] = {}
    # Whoever wants pages of its own, or has no choice, comes first; the others find something there already.
    for reader in sorted(readers, key=lambda each: (each.profile == PORTABLE, len(each.folders))):
        profiles = {**had, **{folder: profile for folder, (profile, _) in chosen.items()}}
        fitting = (folder for folder in reader.folders if profiles.get(folder) in _fit(reader))
        folder = next(fitting, "") or _best(reader, readers, profiles)
        profile = profiles.get(folder, reader.profile)
        chosen.setdefault(folder, (profile, []))[1].append(reader.agent)
    return tuple(Target(folder, profile, tuple(agents)) for folder, (profile, agents) in chosen.items())


def _fit(reader: Reader) -> frozenset[str]:
    # OpenClaw's page nests its metadata, which strict readers refuse; the others differ in what the rest ignore.
    return frozenset({PORTABLE, "claude", "codex", "gemini"} if reader.profile == PORTABLE else {reader.profile})


def _best(reader: Reader, readers: Sequence[Reader], profiles: Mapping[str, str]) -> str:
    """Return the folder of a reader that troubles the fewest others, the first of those."""

    def trouble(folder: str) -> int:
        others = [each for each in readers if each.agent != reader.agent and folder in each.folders]
        twice = sum(bool(set(each.folders) & set(profiles)) for each in others)
        return twice + sum(reader.profile not in _fit(each) for each in others)

    free = [folder for folder in reader.folders if folder not in profiles]
    return min(free or reader.folders, key=trouble)


def step(
    found: Found, recorded: Copy | None, wanted: Mapping[str, str], target: str = "", *, ours: bool = False, force: bool = False
) -> Step:
    """
    Return what is to become of what stands where a skill is wanted.

    `target` is where a symbolic link is wanted to lead; `ours` says that the page there is marked as skillkit's.
    """
    if found.kind == "nothing":
        return Step("repaired", "it was gone") if recorded and recorded.files else Step("installed")
    if found.kind == "other":
        return Step("taken", "a file of that name is there")
    if found.kind == "link" and not (recorded and recorded.target and found.target == recorded.target):
        return Step("taken", f"a symbolic link that skillkit did not make is there: it leads to {found.target}")
    if found.files == wanted and (found.target == target if target else found.kind == "folder"):
        return Step("unchanged")
    if recorded is None:
        return _foreign(ours=ours, force=force)
    if changes := edits(found.files, recorded):
        return _edited(changes, latest=recorded.files == wanted, force=force)
    if set(found.files) < set(recorded.files):
        return Step("repaired", f"{_several(set(recorded.files) - set(found.files))} was gone")
    return Step("updated")


def parting(found: Found, recorded: Copy, *, force: bool = False) -> Step:
    """Return what is to become of a skill that is to be taken away."""
    if found.kind == "nothing":
        return Step("removed", "it was gone already")
    if found.kind == "other" or (found.kind == "link" and found.target != recorded.target):
        return Step("forgotten", "something else is there now, and stays")
    changes = edits(found.files, recorded)
    if changes and not force:
        return Step("withheld", f"{_several(changes)} was edited by hand; --force removes it all the same")
    return Step("removed")


def edits(files: Mapping[str, str], recorded: Copy) -> tuple[str, ...]:
    """Return the files that somebody else has changed or put there; one that is gone is no edit."""
    known = {*recorded.files.items(), *recorded.coming.items()}
    return tuple(sorted(path for path, digest in files.items() if (path, digest) not in known))


def _foreign(*, ours: bool, force: bool) -> Step:
    if not ours:
        return Step("taken", "a skill of that name is there, and it is not skillkit's")
    if force:
        return Step("updated", "it was installed by something else")
    return Step("taken", "this skill was installed there by something else; --force takes it over")


def _edited(changes: Collection[str], *, latest: bool, force: bool) -> Step:
    what = f"{_several(changes)} was edited by hand"
    if force:
        return Step("updated", f"{what}, and is as new")
    # Where nothing newer is withheld, all is as the user wants it.
    return Step("kept", f"{what}; --force undoes it") if latest else Step("withheld", f"{what}; --force overwrites it")


def _several(paths: Collection[str]) -> str:
    first = min(paths)
    return first if len(paths) == 1 else f"{first} and {len(paths) - 1} more"
