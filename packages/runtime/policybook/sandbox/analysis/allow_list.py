"""What a policy may use of Python and its libraries without reaching anything that outlives an episode.

There are two kinds of names. VALUES are constants, functions and types of C, which a text cannot change.
CALLS may hold state of their own, as a Python function has attributes: a text may call them, and not hand
them on.
"""

# ruff: noqa: E501 - lists of words
from __future__ import annotations

import builtins
import math


def _split_words(text: str) -> frozenset[str]:
    return frozenset(text.split())


FORBIDDEN = set(dir(builtins))
"""Python's own names. Those in none of the lists below may not be used, not even where a text defines them."""

BUILTINS = _split_words(
    "abs all any ascii bin bool bytearray bytes callable chr classmethod complex dict divmod enumerate filter "
    "float format frozenset hash hex int isinstance issubclass iter len list map max min next object oct ord "
    "pow print property range repr reversed round set slice sorted staticmethod str sum tuple zip "
    "NotImplemented Ellipsis __name__"
) | {
    name
    for name in dir(builtins)
    if isinstance(getattr(builtins, name), type) and issubclass(getattr(builtins, name), BaseException)
}

_NUMPY_TYPES = (
    "bool_ int8 int16 int32 int64 uint8 uint16 uint32 uint64 intp uintp float16 float32 float64 complex64 "
    "complex128 integer floating signedinteger unsignedinteger number generic dtype "
)
_NUMPY_CONSTANTS = "pi e inf nan newaxis euler_gamma True_ False_ "

VALUES: dict[str, frozenset[str]] = {
    "math": frozenset(name for name in dir(math) if not name.startswith("_")),
    "cmath": _split_words(
        "acos acosh asin asinh atan atanh cos cosh e exp inf infj isclose isfinite isinf isnan log log10 nan "
        "nanj phase pi polar rect sin sinh sqrt tan tanh tau"
    ),
    "numpy": _split_words(_NUMPY_TYPES + _NUMPY_CONSTANTS),
    "collections": _split_words("deque defaultdict OrderedDict"),
    "itertools": _split_words(
        "accumulate chain combinations combinations_with_replacement compress count cycle dropwhile "
        "filterfalse groupby islice pairwise permutations product repeat starmap takewhile tee zip_longest "
        "batched"
    ),
    "operator": _split_words(
        "abs add and_ concat contains countOf eq floordiv ge gt index indexOf inv invert is_ is_not itemgetter "
        "le lshift lt matmul mod mul ne neg not_ or_ pos pow rshift sub truediv truth xor"
    ),
    "heapq": _split_words("heapify heappop heappush heappushpop heapreplace"),
    "bisect": _split_words("bisect bisect_left bisect_right insort insort_left insort_right"),
    "functools": _split_words("partial reduce cmp_to_key"),
    "string": _split_words(
        "ascii_letters ascii_lowercase ascii_uppercase digits hexdigits octdigits printable punctuation"
    ),
    "sys": _split_words("maxsize"),
    "time": _split_words("sleep time time_ns perf_counter perf_counter_ns monotonic monotonic_ns"),
    "array": _split_words("array"),
    "struct": _split_words("calcsize iter_unpack pack unpack unpack_from"),
    "zlib": _split_words("adler32 crc32 decompress"),
    "random": _split_words(
        "betavariate choice choices expovariate gammavariate gauss getrandbits lognormvariate normalvariate "
        "paretovariate randbytes randint random randrange sample seed shuffle triangular uniform "
        "vonmisesvariate weibullvariate"
    ),
}

CALLS: dict[str, frozenset[str]] = {
    "csv": _split_words("DictReader reader"),
    # NumPy's `empty`, `empty_like`, `ndarray` and `pad` are left out: they can return memory as it was.
    "numpy": _split_words(
        "genfromtxt load loadtxt "
        "abs absolute add all allclose amax amin angle any append apply_along_axis apply_over_axes arange "
        "arccos arccosh arcsin arcsinh arctan arctan2 arctanh argmax argmin argpartition argsort argwhere "
        "around array array_equal array_split asarray ascontiguousarray atleast_1d atleast_2d atleast_3d "
        "average bincount bitwise_and bitwise_or bitwise_xor block broadcast_arrays broadcast_to cbrt ceil "
        "choose clip column_stack compress concatenate conjugate convolve copy copysign corrcoef correlate cos "
        "cosh count_nonzero cov cross cumprod cumsum deg2rad degrees delete diag diag_indices diagonal diff "
        "digitize divide divmod dot dsplit dstack ediff1d einsum equal errstate exp exp2 "
        "expand_dims expm1 extract eye fabs fill_diagonal flatnonzero flip fliplr flipud floor floor_divide "
        "fmax fmin fmod frombuffer fromfunction fromiter fromstring full full_like gcd geomspace gradient "
        "greater greater_equal heaviside histogram histogram2d hsplit hstack hypot identity imag indices inner "
        "insert interp intersect1d invert isclose isfinite isin isinf isnan isneginf isposinf isreal isscalar "
        "kron lcm ldexp less less_equal linspace log log10 log1p log2 logaddexp logical_and logical_not "
        "logical_or logical_xor logspace matmul max maximum mean median meshgrid min minimum mod moveaxis "
        "multiply nan_to_num nanargmax nanargmin nanmax nanmean nanmedian nanmin nanstd nansum nanvar ndenumerate "
        "ndim ndindex negative nonzero not_equal ones ones_like outer partition percentile permute_dims "
        "piecewise place polyadd polyder polyfit polyint polymul polyval positive power prod ptp put "
        "put_along_axis putmask quantile rad2deg radians ravel ravel_multi_index real reciprocal remainder "
        "repeat reshape resize rint roll rollaxis roots rot90 round searchsorted select setdiff1d setxor1d "
        "shape sign signbit sin sinc sinh size sort split sqrt square squeeze stack std subtract sum swapaxes "
        "take take_along_axis tan tanh tensordot tile trace transpose trapezoid tri tril tril_indices triu "
        "triu_indices true_divide trunc union1d unique unpackbits packbits unravel_index unwrap vander var "
        "vdot vectorize vsplit vstack where zeros zeros_like astype concat"
    ),
    "numpy.linalg": _split_words(
        "cholesky cond det eig eigh eigvals eigvalsh inv lstsq matrix_norm matrix_power matrix_rank multi_dot "
        "norm pinv qr slogdet solve svd svdvals tensorinv tensorsolve vector_norm"
    ),
    "numpy.fft": _split_words(
        "fft fft2 fftfreq fftn fftshift ifft ifft2 ifftn ifftshift irfft rfft rfftfreq"
    ),
    "numpy.random": _split_words(
        "default_rng RandomState PCG64 SeedSequence beta binomial chisquare choice dirichlet exponential gamma "
        "geometric gumbel laplace logistic lognormal multinomial multivariate_normal normal permutation poisson "
        "rand randint randn random random_sample sample seed shuffle standard_normal triangular uniform vonmises"
    ),
    "random": _split_words("Random"),
    "statistics": _split_words(
        "NormalDist correlation covariance fmean geometric_mean harmonic_mean linear_regression mean median "
        "median_grouped median_high median_low mode multimode pstdev pvariance quantiles stdev variance"
    ),
    "heapq": _split_words("merge nlargest nsmallest"),
    "collections": _split_words("ChainMap Counter namedtuple"),
    "functools": _split_words("cache cached_property lru_cache partialmethod total_ordering"),
    "dataclasses": _split_words("asdict astuple dataclass field replace"),
    "enum": _split_words("auto unique"),
    "copy": _split_words("copy deepcopy"),
    "json": _split_words("dump dumps load loads"),
    "base64": _split_words("a85decode b32decode b64decode b85decode standard_b64decode urlsafe_b64decode"),
    "fractions": _split_words("Fraction"),
    "decimal": _split_words("Decimal"),
    "re": _split_words("compile escape findall finditer fullmatch match search split sub subn"),
    "hashlib": _split_words("blake2b blake2s md5 sha1 sha256 sha512"),
    "contextlib": _split_words("contextmanager nullcontext suppress"),
    "types": _split_words("MappingProxyType SimpleNamespace"),
    "abc": _split_words("abstractmethod"),
    "typing": _split_words("NamedTuple NewType TypeVar cast final"),
}

BASES = {
    "abc": _split_words("ABC"),
    "enum": _split_words("Enum IntEnum StrEnum"),
    "typing": _split_words("Generic NamedTuple Protocol TypedDict"),
}
"""Classes that may be derived from; the derived class belongs to the episode.

Flags are left out: one whose only member is zero can be called as `Enum` in its functional form.
"""

INDEXED = {"numpy": _split_words("c_ mgrid ogrid r_ s_")}
"""Names that may be used as in `np.r_[…]`, and in no other way."""

FACTS = {"numpy": _split_words("finfo iinfo")}
FACT_ATTRIBUTES = _split_words("bits eps epsneg max min precision resolution smallest_normal tiny")
"""FACTS return an object that NumPy keeps and returns again, of which only FACT_ATTRIBUTES may be read."""

EXCEPTIONS = {
    "json": _split_words("JSONDecodeError"),
    "numpy.linalg": _split_words("LinAlgError"),
    "re": _split_words("error"),
    "statistics": _split_words("StatisticsError"),
    "zlib": _split_words("error"),
}
"""Classes that `except` may name."""

RUNNING = {"allow_pickle"}
"""Arguments that make a call run what it reads."""

UNFILLED = {"where"}
"""Arguments that leave parts of a result as memory was, in which another episode's numbers may stand."""

MAX_POSITIONAL = {"numpy.load": 1, "types.SimpleNamespace": 0}
"""Calls that take more by position than a text may pass: `allow_pickle`, and attributes of any name."""

UNFINISHED = {"numpy.errstate"}
"""Contexts that change more than their own block where a generator stops inside of it."""

ANNOTATIONS = {"typing", "collections.abc", "numpy.typing", "types", "numbers"}
"""Modules whose other names may stand in annotations."""

METHODS = _split_words(
    "__abs__ __add__ __and__ __bool__ __bytes__ __call__ __ceil__ __complex__ __contains__ __delitem__ "
    "__divmod__ __enter__ __eq__ __exit__ __float__ __floor__ __floordiv__ __format__ __ge__ __getitem__ "
    "__gt__ __hash__ __iadd__ __imul__ __index__ __init__ __int__ __invert__ __isub__ __iter__ __itruediv__ "
    "__le__ __len__ __lshift__ __lt__ __matmul__ __missing__ __mod__ __mul__ __ne__ __neg__ __new__ __next__ "
    "__or__ __pos__ __post_init__ __pow__ __radd__ __repr__ __reversed__ __rmatmul__ __rmul__ __round__ "
    "__rpow__ __rshift__ __rsub__ __rtruediv__ __setitem__ __str__ __sub__ __truediv__ __trunc__ __xor__"
)
"""Special methods that a class may define. Others would get objects of the library that calls them."""

SPECIAL_NAMES = _split_words("__all__ __author__ __doc__ __slots__ __version__")
"""Special names besides METHODS that a text may assign."""

FORWARDED = _split_words("__eq__ __hash__ __init__ __new__ __post_init__ __repr__ __setattr__ __str__")
"""Special methods that may be called of `super()` and of `object`."""

BARRED = _split_words(
    "ag_await ag_code ag_frame base bit_generator capsule cffi cr_await cr_code cr_frame cr_origin ctypes "
    "default default_factory dump f_back f_builtins f_code f_globals f_locals f_trace gi_code gi_frame "
    "gi_yieldfrom kw_only mro obj strides tb_frame tb_next tofile type with_traceback"
)
"""Attributes that lead from an object to what others share.

`default`, `default_factory`, `kw_only` and `type` are those of the fields of dataclasses."""
