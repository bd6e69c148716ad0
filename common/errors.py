"""The one exception that the command lines turn into a single line and exit status 2."""


class UserError(Exception):
    """A mistake the user can mend; its message is one line: what is wrong and what to do."""
