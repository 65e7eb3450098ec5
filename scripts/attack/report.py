"""What a run prints: figures, and for each bar a line that begins with PASS or FAIL."""

from collections.abc import Sequence
from dataclasses import dataclass, field


@dataclass
class Report:
    """Prints at once, and counts."""

    failed: list[str] = field(default_factory=list)
    skipped: list[str] = field(default_factory=list)
    n_passed: int = 0

    def figure(self, text: str) -> None:
        """Something measured that has no bar."""
        print(f"      {text}", flush=True)

    def part(self, title: str) -> None:
        """A heading."""
        print(f"\n== {title}", flush=True)

    def check(self, is_met: bool, what: str, details: Sequence[str] = ()) -> None:
        """One bar; the details are shown where it is missed."""
        print(f"{'PASS' if is_met else 'FAIL'}  {what}", flush=True)
        if is_met:
            self.n_passed += 1
            return
        self.failed.append(what)
        for detail in details:
            self.figure(f"- {detail}")

    def skip(self, what: str, reason: str) -> None:
        """A part that cannot run here."""
        self.skipped.append(what)
        print(f"SKIP  {what}: {reason}", flush=True)

    def end(self) -> int:
        """The last lines; gives the status of the process."""
        print(f"\n{self.n_passed} passed, {len(self.failed)} failed, {len(self.skipped)} skipped")
        for what in self.failed:
            print(f"FAIL  {what}")
        return 1 if self.failed else 0
