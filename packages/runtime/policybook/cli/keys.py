"""Keys of model servers in the system's keyring: `policybook key set NAME`, `list`, `delete`.

A key is read from the terminal or from a pipe, never from the command line, where every process of the
machine could read it. The kernel reads one by running this module: `python -m policybook.cli.keys NAME`.
"""

import getpass
import importlib
import json
import re
import sys
from types import ModuleType

SERVICE = "policybook"
NAMES_ENTRY = "names of keys"
"""The entry that lists the names: a keyring cannot be asked for them."""

MISSING, NO_KEYRING = 1, 3
"""Exit codes where there is no key of the name, and where there is no keyring."""


class NoKeyringError(Exception):
    """There is no keyring, or it does not answer."""


def change_keys(action: str, name: str | None) -> int:
    """Runs `policybook key ACTION [NAME]` and returns the exit code."""
    try:
        if action == "list":
            return _list_names()
        if name is None or not re.fullmatch(r"[A-Z_][A-Z0-9_]*", name):
            return _refuse(
                "a key has a name as an environment variable has, in upper case, such as OPENAI_API_KEY"
            )
        return _set_key(name) if action == "set" else _delete_key(name)
    except NoKeyringError as error:
        return _refuse(f"{error} Set the environment variable where you start Jupyter instead: export NAME=…")


def read_key(name: str) -> str | None:
    """Returns the key of a name, None where there is none. Raises NoKeyringError."""
    keyring = _import_keyring()
    try:
        key: str | None = keyring.get_password(SERVICE, name)
    except keyring.errors.KeyringError as error:
        raise NoKeyringError(f"The system's keyring does not answer ({_describe(error)}).") from None
    return key


def _set_key(name: str) -> int:
    if sys.stdin.isatty():
        key = getpass.getpass(f"Key for {name} (it is not shown): ")
    else:
        key = sys.stdin.readline()
    key = key.strip()
    if key == "":
        return _refuse("nothing was entered, and no key was kept")
    _write(name, key)
    _write_names({*_read_names(), name})
    _say(
        f"The key {name} is in the system's keyring ({_name_backend()})."
        " A running kernel finds it when it needs it."
    )
    return 0


def _list_names() -> int:
    names = sorted(_read_names())
    _say("\n".join(names) if names else "The keyring has no key of policybook's: policybook key set NAME")
    return 0


def _delete_key(name: str) -> int:
    if read_key(name) is None:
        return _refuse(f"the keyring has no key {name}; policybook key list names those that it has")
    keyring = _import_keyring()
    try:
        keyring.delete_password(SERVICE, name)
    except keyring.errors.KeyringError as error:
        raise NoKeyringError(f"The system's keyring keeps the key ({_describe(error)}).") from None
    _write_names(_read_names() - {name})
    _say(
        f"The key {name} is no longer in the keyring."
        " A running kernel that has read it keeps it until it ends."
    )
    return 0


def _read_names() -> set[str]:
    text = read_key(NAMES_ENTRY)
    return set() if text is None else set(json.loads(text))


def _write_names(names: set[str]) -> None:
    _write(NAMES_ENTRY, json.dumps(sorted(names)))


def _write(entry: str, text: str) -> None:
    keyring = _import_keyring()
    try:
        keyring.set_password(SERVICE, entry, text)
    except keyring.errors.KeyringError as error:
        raise NoKeyringError(f"The system's keyring keeps nothing ({_describe(error)}).") from None


def _name_backend() -> str:
    """Returns the name of what keeps the keys; of several, of the one that is tried first."""
    backend = _import_keyring().get_keyring()
    first = next(iter(getattr(backend, "backends", ())), backend)
    return str(first.name)


def _import_keyring() -> ModuleType:
    try:
        keyring = importlib.import_module("keyring")
        importlib.import_module("keyring.errors")
    except ImportError:
        raise NoKeyringError(
            "The Python package keyring, which reaches the system's keyring, is not installed"
            ' (it comes with the extra `keys` of policybook: pip install ".[keys]" in a checkout).'
        ) from None
    return keyring


def _describe(error: Exception) -> str:
    """Returns the first sentence of an error, which names a key at most and never holds one."""
    return str(error).split(". ")[0] or type(error).__name__


def _say(message: str) -> None:
    sys.stdout.write(f"{message}\n")


def _refuse(message: str) -> int:
    sys.stderr.write(f"policybook key: {message}\n")
    return 2


def _main() -> int:
    """Writes a key for the kernel, which reads it from a pipe; never to a terminal."""
    if sys.stdout.isatty():
        return _refuse("a key is never shown")
    try:
        key = read_key(sys.argv[1])
    except NoKeyringError:
        return NO_KEYRING
    if key is None:
        return MISSING
    sys.stdout.write(key)
    return 0


if __name__ == "__main__":
    sys.exit(_main())
