"""Installing, bringing up to date and taking away, each skill by itself: what cannot be done does not hold up the rest."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, Final, NamedTuple

from skillkit.errors import InvalidConnector, SkillkitError, UnknownName
from skillkit.home import unusable
from skillkit.pack import page, plan, record, tree
from skillkit.pack.place import Machine, Place, Scope, links, places, reading
from skillkit.pack.place import language as preferred
from skillkit.pack.plan import Done, Reader, Step, Target
from skillkit.pack.record import Copy, Record
from skillkit.skill import marked

# Below skillkit's own folder: what symbolic links lead to.
STORE: Final = "skills"
_NAME: Final = re.compile(r"(?!.*--)[a-z0-9](?:[a-z0-9-]{0,62}[a-z0-9])?")


class Row(NamedTuple):
    """What became of one skill in one place."""

    skill: str
    done: Done
    path: str = ""
    agents: tuple[str, ...] = ()
    why: str = ""

    def described(self) -> dict[str, Any]:
        """Return the row as a document."""
        return {**self._asdict(), "agents": list(self.agents)}


class Want(NamedTuple):
    """A skill that is to lie in a folder, as it is to be written down, and with what in it."""

    copy: Copy
    content: Mapping[str, bytes]


class Rendered(NamedTuple):
    """A skill as it is now."""

    name: str
    mark: tuple[str, ...]
    content: Mapping[str, bytes]


Rest = Callable[[float], None]
Clock = Callable[[], float]


class Pack:
    """The installed skills of one machine; each of its verbs is one command."""

    def __init__(self, machine: Machine, now: Clock, sleep: Rest) -> None:
        self.machine = machine
        self._now = now
        self._sleep = sleep
        self._record = Record()
        self._pages: dict[tuple[str, str, str], Rendered] = {}

    def install(
        self,
        skills: Sequence[str],
        agents: Sequence[str],
        scope: Scope,
        *,
        link: bool = False,
        language: str = "",
        force: bool = False,
    ) -> list[Row]:
        """Put skills where these agents read them; without a language, one that is there keeps its own."""
        with self._alone():
            wants, rows = dict[str, Want](), []
            for target, place in self._targets(agents, scope):
                for skill in skills:
                    try:
                        want = self._want(skill, target, place, language, link=link)
                    except SkillkitError as error:
                        rows.append(Row(skill, "failed", "", target.agents, _said(error)))
                    else:
                        # A skill may be named twice, by its name and by its app's.
                        wants[want.copy.path] = want
            return [*rows, *self._carried_out(tuple(wants.values()), force=force)]

    def update(self, skills: Sequence[str] = (), agents: Sequence[str] = (), *, force: bool = False) -> list[Row]:
        """Put everything that was installed in order again, as it is rendered now."""
        with self._alone():
            wants, rows = [], []
            for copy in _meant(self._record.copies, skills, agents):
                if copy.scope == "project" and not os.path.isdir(copy.root):
                    # It is gone with its project.
                    self._forget(copy)
                    rows.append(Row(copy.skill, "forgotten", copy.path, copy.agents, f"{copy.root} is gone"))
                    continue
                try:
                    wants.append(self._again(copy))
                except SkillkitError as error:
                    rows.append(Row(copy.skill, "failed", copy.path, copy.agents, _said(error)))
            return [*rows, *self._carried_out(wants, force=force)]

    def uninstall(
        self, skills: Sequence[str] = (), agents: Sequence[str] = (), scope: Scope | None = None, *, force: bool = False
    ) -> list[Row]:
        """Take away what was installed; a skill that other agents read there too stays for them."""
        with self._alone():
            meant = [copy for copy in _meant(self._record.copies, skills, agents) if scope in {None, copy.scope}]
            return [self._left(copy, agents) or self._taken_away(copy, force=force) for copy in meant]

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """Work on what is written down while nobody else does; in the end, what was done is."""
        home = self.machine.home
        with record.alone(home, self._now, self._sleep):
            found = record.read(home)
            self._record = found if found.token else found._replace(token=os.urandom(4).hex())
            for folder in {folder for copy in found.copies for folder in (copy.folder, os.path.dirname(copy.target)) if folder}:
                tree.sweep(folder, self._record.token)
            try:
                yield
            finally:
                self._tidy()
                record.write(home, self._record)

    def _targets(self, agents: Sequence[str], scope: Scope) -> Iterator[tuple[Target, Place]]:
        """Yield where to install; two names of one folder are one."""
        where = {agent: places(agent, scope, self.machine) for agent in agents}
        real = {place.folder: os.path.realpath(place.folder) for found in where.values() for place in found}
        first = {real[place.folder]: place for found in reversed(where.values()) for place in reversed(found)}
        readers = [Reader(agent, tuple(real[one.folder] for one in where[agent]), reading(agent).profile) for agent in where]
        had = {os.path.realpath(copy.folder): copy.profile for copy in self._record.copies if copy.scope == scope}
        for target in plan.targets(readers, had):
            place = first[target.folder]
            yield target._replace(folder=place.folder), place

    def _want(self, skill: str, target: Target, place: Place, language: str, *, link: bool) -> Want:
        spoken = language or preferred(self.machine.environ)
        now = self._rendered(skill, target.profile, spoken)
        had = self._record.at(os.path.join(target.folder, now.name))
        if had and not language:
            spoken = had.language
            now = self._rendered(skill, target.profile, spoken)
        linked = (link or bool(had and had.target)) and all(links(agent, place.scope) for agent in target.agents)
        store = os.path.join(self.machine.home, STORE, f"{target.profile}-{spoken}", now.name) if linked else ""
        both = tuple(dict.fromkeys((*(had.agents if had else ()), *target.agents)))
        files = tree.digests(now.content)
        copy = Copy(now.name, target.folder, place.root, place.scope, both, target.profile, spoken, now.mark, files, {}, store)
        return Want(copy, now.content)

    def _again(self, copy: Copy) -> Want:
        """Return an installed skill as it is to be now."""
        now = self._rendered(copy.skill, copy.profile, copy.language)
        if now.name != copy.skill:
            raise UnknownName(f"it is called {now.name!r} now", hint=f"skillkit skills uninstall {copy.skill}")
        return Want(copy._replace(mark=now.mark, files=tree.digests(now.content), coming={}), now.content)

    def _rendered(self, skill: str, profile: str, language: str) -> Rendered:
        """Return a skill as it is now; the same page for many folders is rendered once."""
        key = (skill, profile, language)
        if key not in self._pages:
            self._pages[key] = self._page(*key)
        return self._pages[key]

    def _page(self, skill: str, profile: str, language: str) -> Rendered:
        content = self.machine.render(skill, profile, language)
        front = page.front(content[tree.MAIN])
        name, mark = str(front.get("name", "")), marked(front)
        # It becomes the name of a folder.
        if not _NAME.fullmatch(name):
            raise InvalidConnector(f"{name[:80]!r} is not a name that a skill can have", hint="use small letters, digits and -")
        return Rendered(name, tuple(mark or ()), content)

    def _carried_out(self, wants: Sequence[Want], *, force: bool) -> list[Row]:
        """Do what can be done, having written down before what is about to be there."""
        steps = [self._step(want.copy, force=force) for want in wants]
        coming = [want.copy for want, step in zip(wants, steps, strict=True) if step.writes]
        before = self._record
        for copy in coming:
            former = before.at(copy.path) or before.leading(copy.target)
            self._written(copy._replace(files=former.files if former else {}, coming=copy.files))
        folders = (folder for copy in coming for folder in (copy.folder, os.path.dirname(copy.target)) if folder)
        made = (made for folder in folders for made in tree.missing(folder))
        self._record = self._record._replace(made=tuple(dict.fromkeys((*self._record.made, *made))))
        record.write(self.machine.home, self._record)
        return [self._put(want, step, before, force=force) for want, step in zip(wants, steps, strict=True)]

    def _step(self, copy: Copy, *, force: bool) -> Step:
        if leads := tree.astray(copy.root, copy.folder):
            return Step("refused", f"{copy.folder} leads out of {copy.root}, to {leads}: a symbolic link is on the way")
        former = self._record.at(copy.path)
        try:
            found = tree.look(copy.path, former.target if former else "")
        except OSError as error:
            return Step("failed", _told(copy.path, error))
        ours = former is None and marked(page.front(found.main)) is not None
        return plan.step(found, former, copy.files, copy.target, ours=ours, force=force)

    def _put(self, want: Want, step: Step, before: Record, *, force: bool) -> Row:
        copy, former = want.copy, before.at(want.copy.path)
        if step.writes:
            try:
                copy = self._placed(want, before.leading(copy.target), force=force)
            except OSError as error:
                self._record = self._record.put(former) if former else self._record.without(copy.path)
                return Row(copy.skill, "failed", copy.path, copy.agents, _told(copy.path, error))
        if step.writes or step.done == "unchanged":
            self._written(copy)
            if former and former.target not in {"", copy.target}:
                self._drop(former.target)
        elif former:
            self._record = self._record.put(former._replace(agents=copy.agents))
        return Row(copy.skill, step.done, copy.path, copy.agents, step.why)

    def _placed(self, want: Want, leading: Copy | None, *, force: bool) -> Copy:
        """Put a skill in place, and return it as it is now."""
        copy, token = want.copy, self._record.token
        if not copy.target:
            tree.put(copy.folder, copy.skill, want.content, token)
            return copy
        found = tree.look(copy.target).files
        # What is linked from elsewhere too may have been edited there, and is kept.
        if leading and not force and plan.edits(found, leading):
            copy = copy._replace(files=leading.files, mark=leading.mark)
        elif found != copy.files:
            tree.put(*os.path.split(copy.target), want.content, token)
        tree.point(copy.folder, copy.skill, copy.target, token)
        return copy

    def _written(self, copy: Copy) -> None:
        """Write a copy down; what leads to the same files has the same now."""
        same = (one for one in self._record.copies if copy.target and one.target == copy.target)
        also = (one._replace(files=copy.files, coming=copy.coming, mark=copy.mark) for one in same)
        self._record = self._record.put(*also).put(copy)

    def _left(self, copy: Copy, agents: Sequence[str]) -> Row | None:
        """Leave a skill to the other agents that it was installed for, if there are any."""
        others = tuple(agent for agent in copy.agents if agent not in agents)
        if not agents or not others:
            return None
        self._record = self._record.put(copy._replace(agents=others))
        return Row(copy.skill, "unchanged", copy.path, others, f"{', '.join(others)} reads it there too")

    def _taken_away(self, copy: Copy, *, force: bool) -> Row:
        step = self._parting(copy, force=force)
        if step.done == "removed":
            try:
                if os.path.lexists(copy.path):
                    tree.take(copy.folder, copy.skill, self._record.token)
            except OSError as error:
                step = Step("failed", _told(copy.path, error))
        if step.done in {"removed", "forgotten"}:
            self._forget(copy)
        return Row(copy.skill, step.done, copy.path, copy.agents, step.why)

    def _parting(self, copy: Copy, *, force: bool) -> Step:
        if leads := tree.astray(copy.root, copy.folder):
            return Step("refused", f"{copy.folder} leads out of {copy.root} now, to {leads}")
        try:
            found = tree.look(copy.path, copy.target)
        except OSError as error:
            return Step("failed", _told(copy.path, error))
        # What another link leads to stays for that one, edited or not.
        shared = self._record.without(copy.path).leading(copy.target) is not None
        return plan.parting(found, copy, force=force or shared)

    def _forget(self, copy: Copy) -> None:
        self._record = self._record.without(copy.path)
        self._drop(copy.target)

    def _drop(self, target: str) -> None:
        """Take away files of our own that no link leads to any more."""
        if not os.path.lexists(target) or self._record.leading(target):
            return
        try:
            tree.take(*os.path.split(target), self._record.token)
        except OSError as error:
            raise unusable(target, error) from error

    def _tidy(self) -> None:
        """Take away the folders that were made, once nothing of ours is below them; one with something else in it stays."""
        used = [os.path.join(folder, "") for copy in self._record.copies for folder in (copy.path, copy.target)]
        kept = tuple(folder for folder in self._record.made if any(path.startswith(os.path.join(folder, "")) for path in used))
        for folder in sorted(set(self._record.made) - set(kept), key=len, reverse=True):
            try:
                os.rmdir(folder)
            except OSError:
                continue
        self._record = self._record._replace(made=kept)


def _meant(copies: Iterable[Copy], skills: Sequence[str], agents: Sequence[str]) -> list[Copy]:
    """Return the copies of some skills, by their names or their connectors, for some agents; of all where none is named."""
    return [
        copy
        for copy in copies
        if (not skills or {copy.skill, *copy.mark[:1]} & set(skills)) and (not agents or set(copy.agents) & set(agents))
    ]


def _said(error: SkillkitError) -> str:
    return f"{error.message}; {error.hint}" if error.hint else error.message


def _told(path: str, error: OSError) -> str:
    return f"{error.filename or path} cannot be written: {(error.strerror or type(error).__name__).lower()}"
