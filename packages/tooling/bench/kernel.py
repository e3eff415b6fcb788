"""The kernel against ipykernel, alternated in one run: start, round trip, output rates, memory.

`npm run bench -- kernel [--starts N] [--quick]`; `--quick` leaves out the quickstart and the 10,000 cells.
"""

import argparse
import hashlib
import json
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from figures import Figure, compared, report
from wire_client import BenchKernel, running, stream_digest

ROOT = Path(__file__).parents[3]
OURS, PEER = "policybook.launcher", "ipykernel_launcher"
STREAM_BYTES = 100_000_000
UPDATES = 2_000
CELLS = 10_000
FIRST_CELLS = 1_000


def main() -> None:
    """Measures every row, prints progress to stderr and the report to stdout."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--starts", type=int, default=9, help="starts of each kernel; medians are reported")
    parser.add_argument("--quick", action="store_true", help="without the rows that take minutes")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="policybook-bench-") as folder:
        figures = [*starts(Path(folder), options.starts), *rates(Path(folder))]
        if not options.quick:
            figures += [*quickstart(Path(folder)), *growth(Path(folder))]
    report("kernel", figures)


def starts(folder: Path, count: int) -> Iterator[Figure]:
    """From starting the process to the replies of two requests that were sent at once."""
    info: dict[str, list[float]] = {OURS: [], PEER: []}
    cell: dict[str, list[float]] = {OURS: [], PEER: []}
    patient: dict[str, list[float]] = {OURS: [], PEER: []}
    for number in range(count):
        progress(f"start {number + 1} of {count}")
        for module in (OURS, PEER):
            with running(module, folder / f"{module}-{number}") as kernel:
                info_time, cell_time = first_replies(kernel)
            info[module].append(info_time)
            cell[module].append(cell_time)
            with running(module, folder / f"{module}-{number}-patient", reconnect_ms=None) as kernel:
                patient[module].append(first_replies(kernel)[0])
    yield compared("start -> kernel_info_reply", "ms", *medians(info), most=0.25)
    yield compared("  the same, retrying as jupyter_client does", "ms", *medians(patient))
    yield compared("start -> first cell's reply", "ms", *medians(cell), most=1.2)


def first_replies(kernel: BenchKernel) -> tuple[float, float]:
    """Milliseconds to the reply to kernel_info_request and to that of the first cell."""
    kernel.send("kernel_info_request", {})
    kernel.execute("1")
    times = []
    for expected in ("kernel_info_reply", "execute_reply"):
        kind = kernel.reply()["msg_type"]
        times.append((time.perf_counter() - kernel.begun) * 1e3)
        if kind != expected:
            raise RuntimeError(f"{expected} was due, and {kind} came")
    return times[0], times[1]


def rates(folder: Path) -> Iterator[Figure]:
    """Round trips and outputs of two kernels that are up, in turns."""
    with running(OURS, folder / "ours") as ours, running(PEER, folder / "peer") as peer:
        progress("round trips")
        for kernel in (ours, peer):
            kernel.run("from IPython.display import display; handle = display('', display_id=True)")
            empty_cells(kernel)
        yield round_trip(*(seconds * 1e3 for seconds in mids(alternate(ours, peer, empty_cells, 15))))
        progress("100 MB of stdout")
        times = alternate(ours, peer, write_stream, 3)
        yield compared(
            "100 MB of stdout, every byte", "MB/s", *(STREAM_BYTES / 1e6 / t for t in mids(times)), least=0.8
        )
        progress("2,000 display updates")
        times = alternate(ours, peer, update_display, 5)
        yield compared("2,000 display updates", "1/s", *(UPDATES / t for t in mids(times)), least=0.8)


def round_trip(ours: float, peer: float) -> Figure:
    """The one goal that is a difference, not a ratio."""
    return Figure(
        "empty cell, there and back", "ms", ours, peer, ours / peer, "<= 1 ms more", ours - peer <= 1
    )


def write_stream(kernel: BenchKernel) -> float:
    """Seconds for a hundred writes of a megabyte; their digits differ, so that a lost one would show."""
    code = f"for block in range(100): print(str(block % 10) * {STREAM_BYTES // 100 - 1})"
    check = hashlib.sha256()
    for block in range(100):
        check.update((str(block % 10) * (STREAM_BYTES // 100 - 1) + "\n").encode())
    begun = time.perf_counter()
    published = kernel.run(code)
    took = kernel.heard - begun
    if stream_digest(published) != (STREAM_BYTES, check.hexdigest()):
        raise RuntimeError(
            f"{stream_digest(published)[0]:,} of {STREAM_BYTES:,} bytes arrived, or in another order"
        )
    return took


def update_display(kernel: BenchKernel) -> float:
    """Seconds for updates of one display; ours must all arrive, the last one last, the peer may drop some."""
    begun = time.perf_counter()
    published = kernel.run(f"for number in range({UPDATES}): handle.update(number)")
    took = kernel.heard - begun
    updates = [parts for parts in published if b'"update_display_data"' in parts[1]]
    last = json.loads(updates[-1][4])["data"]["text/plain"]
    if len(updates) == UPDATES and last == str(UPDATES - 1):
        return took
    if kernel.module == OURS:
        raise RuntimeError(f"{len(updates)} of {UPDATES} updates arrived, the last one {last}")
    progress(f"{kernel.module} lost {UPDATES - len(updates):,} of {UPDATES:,} updates")
    return took


def quickstart(folder: Path) -> Iterator[Figure]:
    """Node's memory once every cell of the quickstart has run.

    The mapped pages of Node's own file move with the machine's page cache, by 20 MB from one copy to the
    next; what is the kernel's doing stands in a row of its own.
    """
    notebook = json.loads((ROOT / "examples" / "quickstart.ipynb").read_text())
    cells = ["".join(cell["source"]) for cell in notebook["cells"] if cell["cell_type"] == "code"]
    with running(OURS, folder / "quickstart") as kernel:
        for number, code in enumerate(cells, 1):
            progress(f"quickstart, cell {number} of {len(cells)}")
            kernel.run(code)
        memory, mapped = kernel.resident_mb(), kernel.mapped_mb()
    name = "Node's resident memory after the quickstart"
    yield Figure(name, "MB", memory, goal="<= 120 MB", met=memory <= 120)
    yield Figure("  the same, without pages of files", "MB", memory - mapped)


def growth(folder: Path) -> Iterator[Figure]:
    """Node's memory after 1,000 and after 10,000 cells, sent in batches as a busy client would."""
    with running(OURS, folder / "cells") as kernel:
        memory = {}
        for done in range(100, CELLS + 1, 100):
            sent = [kernel.execute("pass") for _ in range(100)]
            for message_id in sent:
                for _ in kernel.published(message_id):
                    pass
                kernel.reply()
            memory[done] = kernel.resident_mb()
            if done % 1_000 == 0:
                progress(f"{done:,} cells, {memory[done]:.1f} MB")
    ratio = memory[CELLS] / memory[FIRST_CELLS]
    name = "Node's resident memory after 10,000 cells, to that after 1,000"
    yield Figure(name, "MB", memory[CELLS], memory[FIRST_CELLS], ratio, "ratio < 1.1", ratio < 1.1)


def alternate(
    ours: BenchKernel, peer: BenchKernel, work: Callable[[BenchKernel], float], rounds: int
) -> tuple[list[float], list[float]]:
    """The seconds that `work` returned in each round, ours and the peer's."""
    taken: tuple[list[float], list[float]] = ([], [])
    for number in range(rounds):
        # Whoever goes first finds another machine than the second: they take turns at that, too.
        order = [(ours, taken[0]), (peer, taken[1])]
        for kernel, times in order if number % 2 == 0 else reversed(order):
            times.append(work(kernel))
    return taken


def empty_cells(kernel: BenchKernel, count: int = 20) -> float:
    """Seconds that one of them takes."""
    begun = time.perf_counter()
    for _ in range(count):
        kernel.run("")
    return (time.perf_counter() - begun) / count


def medians(samples: dict[str, list[float]]) -> tuple[float, float]:
    """Of ours and of the peer."""
    return statistics.median(samples[OURS]), statistics.median(samples[PEER])


def mids(times: tuple[list[float], list[float]]) -> tuple[float, float]:
    """The medians of two lists."""
    return statistics.median(times[0]), statistics.median(times[1])


def progress(text: str) -> None:
    """A line for the person who waits."""
    print(f"\u2014 {text}", file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
