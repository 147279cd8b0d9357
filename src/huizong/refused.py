"""The one exception with which a received file is turned away."""


class Refused(Exception):
    """A file that is not read; the code names the reason, the words stand in the catalogue."""

    def __init__(self, code: str, **details: object) -> None:
        super().__init__(code)
        self.code = code
        self.details = details

    def __reduce__(self):
        return _restore, (self.code, self.details)


def _restore(code: str, details: dict[str, object]) -> Refused:
    return Refused(code, **details)
