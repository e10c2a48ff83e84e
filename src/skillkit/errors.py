"""
Everything skillkit raises on purpose.

    SkillkitError            error
      Usage                  usage
      InvalidInput           invalid_input
      InvalidConnector       invalid_connector
      UnknownName            unknown_name
      Unauthorized           auth
      ConnectionNotReady     connection_not_ready
      ConfirmationNeeded     confirmation_needed
      Unreachable            unreachable
        Barred               unreachable, because it must not be reached
        AnswerLost           unreachable, after something was sent
      Unavailable            unavailable
      Forbidden              permission
      NotFound               not_found
      Conflict               conflict
      Quota                  quota
      Upstream               upstream
      Partial                partial
      RateLimited            rate_limited
      Pending                pending
      OutcomeUnknown         outcome_unknown

A kind is for programs, the message for people, the hint for what to do next. `cli.output` knows what number a kind exits with.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong with a document, and where: a JSON pointer, and in a file its line and column."""

    message: str
    path: str = ""
    rule: str = ""
    file: str = ""
    line: int = 0
    column: int = 0

    def described(self) -> dict[str, Any]:
        """Return the problem as a document, with the keys that say something."""
        place = {"file": self.file, "line": self.line, "column": self.column} if self.file else {}
        return {"message": self.message, "path": self.path, "rule": self.rule, **place}

    def __str__(self) -> str:
        place = f"{self.file}:{self.line}:{self.column}: " if self.file else f"{self.path or '/'}: "
        return place + self.message + (f" [{self.rule}]" if self.rule else "")


class SkillkitError(Exception):
    """What went wrong, in a sentence, with what to do about it."""

    kind: ClassVar[str] = "error"

    def __init__(
        self,
        message: str,
        problems: tuple[Problem, ...] = (),
        *,
        hint: str = "",
        retry_after: float | None = None,
        status: int | None = None,
        path: str = "",
        output: Any = None,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.problems = problems
        self.hint = hint
        self.retry_after = retry_after
        self.status = status
        self.path = path
        # What was reached all the same: the rows of a partial success, the last state of a wait.
        self.output = output
        # The run it happened in, once there is one.
        self.run = ""

    def described(self) -> dict[str, Any]:
        """Return the error as a document, with the keys that say something."""
        document: dict[str, Any] = {"kind": self.kind, "message": self.message, "hint": self.hint}
        document |= {"retry_after": self.retry_after} if self.retry_after is not None else {}
        document |= {"status": self.status} if self.status is not None else {}
        document |= {"path": self.path} if self.path else {}
        return document | ({"problems": [problem.described() for problem in self.problems]} if self.problems else {})


class Usage(SkillkitError):
    """The command line does not say what to do."""

    kind = "usage"


class InvalidInput(SkillkitError):
    """The input does not fit, by our reading or by the app's."""

    kind = "invalid_input"


class InvalidConnector(SkillkitError):
    """A connector file is not a connector."""

    kind = "invalid_connector"


class UnknownName(SkillkitError):
    """Nothing of that name is here."""

    kind = "unknown_name"


class Unauthorized(SkillkitError):
    """The app refused the credential."""

    kind = "auth"


class ConnectionNotReady(SkillkitError):
    """The connection waits for the person whose account it is."""

    kind = "connection_not_ready"


class ConfirmationNeeded(SkillkitError):
    """The action cannot be taken back, and nobody has said yes."""

    kind = "confirmation_needed"


class Unreachable(SkillkitError):
    """No answer came: no route, no name, no time, no certificate."""

    kind = "unreachable"


class Barred(Unreachable):
    """It was not tried, because it must not be: the address, the certificate. Trying again changes nothing."""


class AnswerLost(Unreachable):
    """The request went out, at least in part, and no whole answer came back."""


class Unavailable(SkillkitError):
    """The app answered that it cannot answer now."""

    kind = "unavailable"


class Forbidden(SkillkitError):
    """The account may not do this."""

    kind = "permission"


class NotFound(SkillkitError):
    """The app has no such record."""

    kind = "not_found"


class Conflict(SkillkitError):
    """The record is there already, or has changed."""

    kind = "conflict"


class Quota(SkillkitError):
    """The account's plan does not reach this far."""

    kind = "quota"


class Upstream(SkillkitError):
    """The app answered something that makes no sense here."""

    kind = "upstream"


class Partial(SkillkitError):
    """Some of it was done; `output` says what, and what was not."""

    kind = "partial"


class RateLimited(SkillkitError):
    """Too many calls; `retry_after` says for how long."""

    kind = "rate_limited"


class Pending(SkillkitError):
    """It is still under way; `output` says how to ask again."""

    kind = "pending"


class OutcomeUnknown(SkillkitError):
    """It may have been done or not, and doing it again could do it twice."""

    kind = "outcome_unknown"


_ALL: tuple[type[SkillkitError], ...] = (SkillkitError, *SkillkitError.__subclasses__())

BY_KIND: Mapping[str, type[SkillkitError]] = {error.kind: error for error in _ALL}
"""Every kind, and the error that says it."""
