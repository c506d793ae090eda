"""What is wrong with a form that somebody has filled in: the page shows it again, with what they typed."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Fault:
    """form, field: which one; field is "" where it is the form as a whole. says: what is wrong and what to write, in
    markdown."""

    form: str
    field: str
    says: str


class Unreadable(ValueError):
    """Something typed cannot be read."""

    def __init__(self, field: str, says: str) -> None:
        super().__init__(says)
        self.field, self.says = field, says
