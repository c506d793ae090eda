"""How a backup or a restore fails. On a page of its own, because both ways of keeping a record raise it."""


class BackupError(Exception):
    """str() is one sentence for the operator: what is wrong and what to do. It quotes nothing from the record."""
