"""What stands for Keras while a command prints its --help, for which Keras would load in vain.

Every name in it is a class that does nothing: enough to inherit from, to decorate with and to
annotate.
"""

import importlib.machinery
import types


class Names(type):
    """The class of StandIn, which has any name and means itself by it."""

    def __getattr__(cls, name):
        if name.startswith("__"):
            raise AttributeError(name)
        return StandIn


class StandIn(metaclass=Names):
    """Any class or function of Keras."""

    def __init__(self, *args, **kwargs):
        pass

    def __call__(self, decorated):
        return decorated


class Module(types.ModuleType):
    """Any module of Keras."""

    __path__: list[str] = []
    __getattr__ = Names.__getattr__


class StandIns:
    """Finds them, in sys.meta_path."""

    def find_spec(self, name, path, target=None):
        if name.split(".")[0] == "keras":
            return importlib.machinery.ModuleSpec(name, self, is_package=True)
        return None

    def create_module(self, spec):
        return Module(spec.name)

    def exec_module(self, module):
        pass
