"""Files in memory that are opened, listed and imported as if they lay in the policy's folder.

`lay_out` stands alone and has no annotations: its text goes into programs that do without the folder.
"""

# mypy: disable-error-code="no-untyped-def, no-untyped-call, attr-defined, union-attr, arg-type"
# ruff: noqa: ARG002, PLR0917, S102 - importers and `open` have these parameters, and importers run modules

FILE = "/policy/policy.py"
"""The file in which a policy seems to lie, as it sees it itself."""


def lay_out(files, policy_file):
    """Puts files, named with `/`, next to the policy's, to be read; a second call replaces the first."""
    import builtins
    import errno
    import importlib.util
    import io
    import os
    import stat
    import sys

    root = os.path.dirname(os.path.abspath(policy_file))
    inside = {os.path.normpath(os.path.join(root, name)): data for name, data in files.items()}
    folders = {root, *(os.path.dirname(path) for path in inside)}

    def locate(name):
        known = isinstance(name, (str, bytes, os.PathLike))
        return os.path.normpath(os.path.join(root, os.fsdecode(name))) if known else None

    def open_file(file, mode="r", buffering=-1, encoding=None, errors=None, newline=None, *more, **named):
        data = inside.get(locate(file))
        if data is None:
            return open_file.before(file, mode, buffering, encoding, errors, newline, *more, **named)
        if set(mode) - set("rbt"):
            raise PermissionError(errno.EACCES, "it can only be read", file)
        if "b" in mode:
            return io.BytesIO(data)
        return io.TextIOWrapper(io.BytesIO(data), encoding or "utf-8", errors, newline)

    def stat_file(path, *more, **named):
        where = locate(path)
        if where not in inside and where not in folders:
            return stat_file.before(path, *more, **named)
        kind = stat.S_IFREG if where in inside else stat.S_IFDIR
        return os.stat_result((kind | 0o444, 0, 0, 1, 0, 0, len(inside.get(where, b"")), 0, 0, 0))

    def list_files(path="."):
        where = locate(path)
        if where not in folders:
            return list_files.before(path)
        start = os.path.join(where, "")
        return sorted({name[len(start) :].partition(os.sep)[0] for name in inside if name.startswith(start)})

    class Modules:
        laid_out = True

        def find_spec(self, name, path=None, target=None):
            stem = os.path.join(root, *name.split("."))
            for found, within in ((f"{stem}.py", None), (os.path.join(stem, "__init__.py"), [stem])):
                if found in inside:
                    return importlib.util.spec_from_file_location(
                        name, found, loader=self, submodule_search_locations=within
                    )
            return None

        def create_module(self, spec):
            return None

        def exec_module(self, module):
            exec(
                compile(inside[module.__file__], module.__file__, "exec", dont_inherit=True), module.__dict__
            )

        def get_data(self, path):
            return inside[os.path.normpath(path)]

    for module, name, patch in (
        (builtins, "open", open_file),
        (io, "open", open_file),
        (os, "stat", stat_file),
        (os, "listdir", list_files),
    ):
        present = getattr(module, name)
        patch.before = getattr(present, "before", present)
        setattr(module, name, patch)
    sys.meta_path[:] = [finder for finder in sys.meta_path if not hasattr(finder, "laid_out")]
    sys.meta_path.insert(0, Modules())
    for name, module in list(sys.modules.items()):
        if getattr(module, "__file__", None) in inside:
            del sys.modules[name]
