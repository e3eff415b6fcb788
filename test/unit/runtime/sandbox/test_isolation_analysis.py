"""Which texts may share a process between episodes: none that could hold an object that another holds too."""

# ruff: noqa: E501 - texts in one line
from __future__ import annotations

import importlib

import pytest
from policybook.sandbox.analysis.allow_list import BASES, CALLS, EXCEPTIONS, FACTS, INDEXED, VALUES
from policybook.sandbox.analysis.isolation_analysis import find_leak

WITHIN = {
    "arithmetic": "GAIN = 0.5\ndef act(o):\n    return int(GAIN * o[0] + o[1] > 0)\n",
    "numpy": "import numpy as np\ndef act(o):\n    return int(np.argmax(np.asarray(o) @ np.eye(4)[:, :2]))\n",
    "linear algebra": "import numpy as np\nK = np.linalg.inv(np.eye(2) * 2)\ndef act(o): return K @ o\n",
    "a class": (
        "class Policy:\n    def __init__(self):\n        self.seen = []\n"
        "    def reset(self, seed, spaces):\n        self.n = spaces.action.n\n"
        "    def act(self, o):\n        self.seen.append(o)\n        self._last = o\n        return len(self.seen) % self.n\n"
    ),
    "a dataclass": (
        "from __future__ import annotations\nfrom dataclasses import dataclass, field\nfrom typing import Optional\n"
        "@dataclass(frozen=True)\nclass Node:\n    value: float\n    above: Optional[Node] = None\n"
        "    children: list = field(default_factory=list)\n"
        "    def __post_init__(self):\n        object.__setattr__(self, 'value', float(self.value))\n"
    ),
    "enumerations": "from enum import Enum, auto\nclass Phase(Enum):\n    A = auto()\n    B = auto()\nstart = Phase.A.value\n",
    "enumerations of numbers and pairs": (
        "import enum\nclass Move(enum.IntEnum):\n    LEFT = 0\n    RIGHT = 1\n"
        "class Way(enum.Enum):\n    UP: tuple = (0, 1)\n    def turn(self): return Way((0, 1))\n"
    ),
    "queues": "import heapq\nfrom collections import deque, defaultdict\nq = deque(maxlen=3)\nd = defaultdict(deque)\nheapq.heappush([], 1)\n",
    "caches": "import functools\n@functools.lru_cache(maxsize=None)\ndef f(n): return n if n < 2 else f(n - 1) + f(n - 2)\n",
    "random numbers": "import random\nimport numpy as np\ndef act(o): return random.choice([0, 1]) + np.random.randint(1)\n",
    "functions handed on": "import math, operator\nfrom functools import reduce\nx = list(map(math.sqrt, [1]))\ny = reduce(operator.mul, [1, 2])\n",
    "type aliases": "from typing import Dict, List\nTable = Dict[int, List[float]]\ndef f(t: Table) -> 'Table': return t\n",
    "isinstance": "from collections.abc import Sequence\nimport numpy as np\ndef f(x): return isinstance(x, (Sequence, np.ndarray))\n",
    "limits of types": "import numpy as np\nEPS = np.finfo(np.float64).eps\nBIG = np.iinfo(np.int32).max\n",
    "errors caught": "import numpy as np\ntry:\n    np.linalg.inv(np.eye(2))\nexcept np.linalg.LinAlgError as e:\n    print(e.args)\n",
    "warnings off": "import numpy as np\ndef act(o):\n    with np.errstate(divide='ignore'):\n        return np.log(o)\n",
    "attributes by name": "def f(x): return getattr(x, 'value', 0)\n",
    "generic": "from typing import Generic, TypeVar\nT = TypeVar('T')\nclass Box(Generic[T]):\n    pass\n",
    "run as a program": "if __name__ == '__main__':\n    print('x')\n",
    "type compared": "def f(x): return type(x) is int\n",
    "match": "def f(x):\n    match x:\n        case (0, y): return y\n        case {'a': z, **rest}: return rest\n    return 0\n",
    "a field by name": "class A:\n    pass\na = A()\nobject.__setattr__(a, '_x', 1)\n",
    "special names that mean nothing": "__version__ = '1'\nclass A:\n    __slots__ = ('x',)\nfor __ in range(2): pass\n",
    "an operator by another": "class A:\n    def __add__(self, o): return self\n    __radd__ = __add__\n",
    "an import in a function": "class A:\n    def f(self):\n        import math\n        return math.pi\n",
    "rows of numbers": "W = [\n    1, -2.5, 3e-4,\n    4, 5, 6, 7, 8,\n    9,\n]\ndef act(o): return W[0]\n",
    "reading data": "import json\nimport numpy as np\nT = json.load(open('t.json', encoding='utf-8'))\nW = np.load(open('w.npy', 'rb'))\n",
    "no Python": "def act(o)\n",
}  # fmt: skip

BEYOND = {
    "a module's attribute": "import numpy as np\nnp.memory = []\n",
    "through another name": "import math\nm = math\nm.memory = 1\n",
    "a function's attribute": "import numpy as np\nnp.mean.memory = []\n",
    "a function handed on": "import numpy as np\ndef keep(f): f.memory = 1\nkeep(np.mean)\n",
    "a function as self": "import numpy as np\nclass A:\n    def keep(self): self.x = 1\nA.keep(np.mean)\n",
    "a class of Python's": "from collections import Counter\nCounter.memory = []\n",
    "a class's class": "from fractions import Fraction\ntype(Fraction(1)).memory = 1\n",
    "a class by its result": "import numpy as np\nnp.linalg.eig(np.eye(2)).__class__.memory = 1\n",
    "a class given to an operator": (
        "from fractions import Fraction\nclass A:\n    def __eq__(self, other): other.memory = 1\n"
        "type(Fraction(1)) == A()\n"
    ),
    "what NumPy hands to protocols": "class A:\n    def __array_function__(self, f, t, a, k): f.memory = 1\n",
    "ufuncs of protocols": "class A:\n    def __array_ufunc__(self, f, *a, **k): f.memory = 1\n",
    "sys": "import sys\nsys.modules['memory'] = []\n",
    "os": "import os\n",
    "ctypes": "import ctypes\n",
    "ctypes of arrays": "import numpy as np\nnp.zeros(1).ctypes._ctypes.pythonapi\n",
    "other rows": "def act(o): return o.base[0]\n",
    "other rows by strides": "def act(o):\n    o.strides = (0,)\n    return 0\n",
    "globals by a function": "def f(): pass\nf.__globals__\n",
    "subclasses": "x = object.__subclasses__()\n",
    "builtins": "x = __builtins__\n",
    "eval": "x = eval('1')\n",
    "eval under a shadow": "def f(eval): return eval\nx = eval('1')\n",
    "exec in an annotation": "x: exec('import sys') = 1\n",
    "a hidden name": "x = getattr(1, '__class__')\n",
    "a computed name": "x = getattr(1, '__cla' + 'ss__')\n",
    "getattr handed on": "x = list(map(getattr, [1], ['real']))\n",
    "a pattern's attribute": "match 1:\n    case int(__class__=c): c\n",
    "frames of generators": "g = (i for i in [1])\ng.gi_frame.f_back\n",
    "an error's object": "try:\n    (1).x\nexcept AttributeError as e:\n    e.obj\n",
    "a traceback": "try:\n    1 / 0\nexcept Exception as e:\n    e.__traceback__\n",
    "kept facts": "import numpy as np\nf = np.finfo(np.float32)\nf.memory = 1\n",
    "kept facts at once": "import numpy as np\nnp.finfo(np.float32).memory = 1\n",
    "an indexing object": "import numpy as np\nnp.r_.memory = 1\n",
    "settings of NumPy": "import numpy as np\nnp.seterr(all='raise')\n",
    "settings left by a generator": (
        "import numpy as np\ndef g():\n    with np.errstate(all='raise'):\n        yield\nnext(g())\n"
    ),
    "decimal's context": "import decimal\ndecimal.getcontext().prec = 3\n",
    "typing's objects": "from typing import Counter\nX = Counter[int]\nX.memory = 1\n",
    "typing's objects as values": "from typing import List\nx = [List[int]]\n",
    "generic's objects": "from typing import Generic, TypeVar\nT = TypeVar('T')\nX = Generic[T]\n",
    "a registry": "from collections.abc import Sized\nclass A: pass\nSized.register(A)\n",
    "a metaclass": "class M(type): pass\n",
    "a metaclass by keyword": "class A(metaclass=len): pass\n",
    "a destructor": "class A:\n    def __del__(self): pass\n",
    "exit": "exit.memory = 1\n",
    "id": "x = id(1)\n",
    "everything": "from math import *\n",
    "a name for two": "import math\nmath = 1\n",
    "warnings": "import warnings\nwarnings.simplefilter('ignore')\n",
    "the process's clock": "import time\nx = time.process_time()\n",
    "own module": "import policy\npolicy.memory = 1\n",
    "files": "x = open('/tmp/x', 'w')\n",
    "files by a variable mode": "m = 'w'\nx = open('/tmp/x', m)\n",
    "files by an opener": "x = open('/tmp/x', opener=print)\n",
    "open handed on": "x = list(map(open, ['a']))\n",
    "pickles in arrays": "import numpy as np\nx = np.load('x.npy', allow_pickle=True)\n",
    "pickles in arrays by a dict": "import numpy as np\nd = {}\nx = np.load('x.npy', **d)\n",
    "super's internals": "class A:\n    def f(self): return super().__thisclass__\n",
    "super with arguments": "class A: pass\nsuper(A, A()).x\n",
    "relative": "from . import model\n",
    "behind a comment of numbers": "# 1, 2, 3, 4, 5, 6, 7, 8,\nimport os\n",
    "in a comment's last number": "# 1, 2, 3, 4, 5, 6, 7,\n8, id\n",
    "behind a comment that ends in a carriage return": "# 1, 2, 3, 4, 5, 6, 7, 8,\rimport os\n",
    "behind numbers on lines of their own": "1,\n2,\n3,\n4,\n5,\n6,\n7,\n8,\nimport os\n",
    "in a row of numbers that begins with a name": (
        "import sys as s1\ns0 = 0\ndef f(m, *n): m.modules\nf(s1, 2, 3, 4, 5, 6, 7, 8, 9,)\n"
    ),
    "behind a difference in a row of numbers": (
        "def f(): return 1\nx = (f() -1, 2, 3, 4, 5, 6, 7, 8, 9,)\nimport os\n"
    ),
    "protocols by assignment": "def f(s, f, t, a, k): f.memory = 1\nclass A:\n    __array_function__ = f\n",
    "what a pattern reads": "class A:\n    __match_args__ = ('__reduce_ex__',)\n",
    "memory by an argument's name": (
        "from types import SimpleNamespace\nx = SimpleNamespace(__array_interface__={'data': (0, False)})\n"
    ),
    "memory by a mapping": "from types import SimpleNamespace\nd = {}\nx = SimpleNamespace(d)\n",
    "memory by a set name": "class A: pass\nobject.__setattr__(A(), '__array_interface__', {})\n",
    "memory by a computed name": "class A: pass\nn = '_'\nobject.__setattr__(A(), n, {})\n",
    "memory by super": "class A:\n    def f(self): super().__setattr__('__array_interface__', {})\n",
    "a name behind a star": "x = getattr(*[1, '__class__'], 'real')\n",
    "type handed on": "def f(t): return t('A', (), {})\nf(type) is None\n",
    "type of three": "type('A', (), {}) is None\n",
    "memory as it was": "import numpy as np\nx = np.empty(64)\n",
    "memory as it was, by the class": "import numpy as np\nx = np.ndarray((64,))\n",
    "memory as it was, by a derived class": "import numpy as np\nclass A(np.ndarray): pass\n",
    "memory as it was, around an array": "import numpy as np\nx = np.pad(np.ones(1), 8, mode='empty')\n",
    "memory as it was, where nothing is added": "import numpy as np\nx = np.add(1, np.ones(64), where=False)\n",
    "pickles by position": "import numpy as np\nx = np.load('x.npy', None, True)\n",
    "pickles behind a star": "import numpy as np\na = ['x.npy', None, True]\nx = np.load(*a)\n",
    "what fields lack": "from dataclasses import field\nfield().default.memory = 1\n",
    "what fields are of": (
        "import numpy as np\nfrom dataclasses import dataclass, field\n"
        "f = field(default=1)\n@dataclass\nclass A:\n    x: np.mean = f\nf.type.memory = 1\n"
    ),
    "what overloads share": "from typing import overload\n@overload\ndef f(x): ...\nf.memory = 1\n",
    "what wrappers share": "from functools import wraps\nw = wraps(len)\nw.func.memory = 1\n",
    "an import as an attribute": "class A:\n    from numpy import mean as go\nA.go.memory = 1\n",
    "a class made of data by an enumeration": (
        "from enum import Enum\ndef f(s, f, t, a, k): f.memory = 1\nclass E(Enum): pass\n"
        "F = E('F', {'A': 1, '__array_function__': f})\n"
    ),
    "an enumeration whose members are methods": "from enum import Enum\nclass E(Enum):\n    A = len\n",
    "an enumeration whose members are ignored": (
        "from enum import Enum\nclass E(Enum):\n    _ignore_ = 'A'\n    A = 1\n"
    ),
    "an enumeration whose members are global": "from enum import Enum\nclass E(Enum):\n    global A\n    A = 1\n",
    "an enumeration whose members are private": "from enum import Enum\nclass E(Enum):\n    __A = 1\n",
    "an enumeration whose members are not reached": (
        "from enum import Enum\nclass E(Enum):\n    if False:\n        A = 1\n"
    ),
    "a flag without members": "from enum import Flag\nclass E(Flag):\n    A = 0\n",
    "nested": "x = " + "(" * 150 + "0" + ")" * 150 + "\ny = " + "-" * 5000 + "1\n",
}  # fmt: skip


@pytest.mark.parametrize("name", WITHIN)
def test_what_stays_within_an_episode(name: str) -> None:
    assert find_leak(WITHIN[name]) is None


@pytest.mark.parametrize("name", BEYOND)
def test_what_reaches_beyond_it(name: str) -> None:
    assert find_leak(BEYOND[name]) is not None


def test_the_place_is_named() -> None:
    assert find_leak("import sys\n\nx = sys.modules\n") == "line 3: sys.modules"


def test_the_lists_name_what_is_there_and_no_module() -> None:
    newer = {"itertools.batched", "numpy.permute_dims", "numpy.concat", "numpy.astype", "enum.StrEnum"}
    for table in (VALUES, CALLS, BASES, INDEXED, FACTS, EXCEPTIONS):
        for module, names in table.items():
            found = importlib.import_module(module)
            for name in names:
                assert hasattr(found, name) or f"{module}.{name}" in newer, f"{module}.{name}"
                assert type(getattr(found, name, None)).__name__ != "module", f"{module}.{name}"


def test_values_are_no_containers() -> None:
    for module, names in VALUES.items():
        for name in names:
            value = getattr(importlib.import_module(module), name, None)
            assert not isinstance(value, list | dict | set | bytearray), f"{module}.{name}"
