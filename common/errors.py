"""The exception that the command lines turn into one line and exit status 2."""


class UserError(Exception):
    """A mistake the user can mend; its message is one line: what is wrong and what to do."""


def one_line(error):
    """Return what an exception says as one line."""
    text = getattr(error, "strerror", None) or str(error) or type(error).__name__
    return " ".join(text.split())
