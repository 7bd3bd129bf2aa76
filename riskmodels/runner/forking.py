"""The process that kernels are forked from: it imports, and reads, what notebooks need once.

A kernel that is wanted before all is imported is forked at once, and imports the rest when it needs it.

``python -m riskmodels.runner.forking FD``: on the socket FD it gets one byte and a channel for each kernel
that is wanted, and for parameter files that each of them will read. A forked child reads from its channel
what to start with and becomes the kernel; the process itself answers on the channel with the child's
process id, and with its exit status once it has ended. It dies with the process that started it, and its
kernels with it.
"""

import contextlib
import ctypes
import gc
import json
import os
import select
import signal
import socket
import sys
import tempfile
from collections import deque
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

KERNEL, READ_AHEAD = b"k", b"r"  # what is asked for
_DIE_WITH_PARENT = 1  # PR_SET_PDEATHSIG of prctl(2)
_REQUEST = 1 << 16  # bytes read at a time
_OF_KERNELS = (  # what is otherwise imported when it is first used
    "ipykernel.kernelapp",
    "ipykernel.debugger",
    "IPython.core.completerlib",
    "IPython.core.debugger",
    "IPython.extensions.storemagic",
    "matplotlib.pyplot",
    "matplotlib_inline.backend_inline",
)
_OF_SOME = (  # what single functions of the package import when they are called
    "holidays.countries",
    "SALib.analyze.sobol",
    "SALib.sample.sobol",
    "scipy.optimize",
    "scipy.special",
    "scipy.stats",
    "statsmodels.discrete.discrete_model",
)


def main() -> None:
    """Import the libraries, then fork until nobody asks any more."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the run, which ends this process
    _die_with_parent()
    control = socket.socket(fileno=int(sys.argv[1]))
    _serve(control, imports())


def _die_with_parent() -> None:
    ctypes.CDLL(None).prctl(_DIE_WITH_PARENT, signal.SIGKILL)


def imports() -> Iterator[object]:
    """Import what notebooks need, what all of them need first, and yield after each import."""
    package = import_module("riskmodels")
    yield from map(import_module, _OF_KERNELS)
    yield from (getattr(package, name) for name in package.__all__)
    yield from map(import_module, _OF_SOME)


def _threads() -> int:
    """Return the number of threads of this process: a fork keeps one of them, and the locks of all."""
    return sum(1 for _ in Path("/proc/self/task").iterdir())


def _serve(control: socket.socket, imported: Iterator[object]) -> None:
    """Fork a kernel whenever one is wanted; import, and read ahead, while none is."""
    ended, wake = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
    signal.signal(signal.SIGCHLD, lambda *_: None)  # only to be woken
    signal.set_wakeup_fd(wake)
    channels: dict[int, socket.socket] = {}
    importing, files = True, deque[str]()
    while True:
        is_busy = importing or files
        ready, _, _ = select.select([control.fileno(), ended], [], [], 0 if is_busy else None)
        if not ready and importing:
            importing = next(imported, imported) is not imported
        elif not ready:
            _read_ahead(files.popleft())
        if ended in ready:
            os.read(ended, _REQUEST)
            _report_ended(channels)
        if control.fileno() in ready:
            wanted, descriptors, _, _ = socket.recv_fds(control, 1, 1)
            if not wanted:
                return
            channel = socket.socket(fileno=descriptors[0])
            if wanted == READ_AHEAD:
                files.extend(json.loads(_received(channel)))
            else:
                _fork(channel, channels, [control.fileno(), ended, wake])


def _read_ahead(file: str) -> None:
    from riskmodels.parameters.files import read_ahead  # here, as the process imports everything in its main

    read_ahead(file)


def _fork(channel: socket.socket, channels: dict[int, socket.socket], own: list[int]) -> None:
    try:
        if _threads() > 1:
            raise OSError("the process to fork from has several threads")  # noqa: TRY301  answered below
        gc.freeze()  # what is there now stays shared between the kernels
        process = os.fork()
    except OSError as error:
        _answer(channel, str(error))
        channel.close()
        return
    if process == 0:
        for descriptor in own:
            os.close(descriptor)
        for other in channels.values():
            other.close()
        _become_kernel(channel)
    with contextlib.suppress(OSError):  # the child does it too: whoever comes first
        os.setpgid(process, process)
    channels[process] = channel
    _answer(channel, str(process))


def _report_ended(channels: dict[int, socket.socket]) -> None:
    """Say how each kernel that has ended did so."""
    with contextlib.suppress(ChildProcessError):
        while (ended := os.waitpid(-1, os.WNOHANG)) != (0, 0):
            channel = channels.pop(ended[0])
            _answer(channel, str(os.waitstatus_to_exitcode(ended[1])))
            channel.close()


def _answer(channel: socket.socket, text: str) -> None:
    with contextlib.suppress(OSError):  # nobody may want to know any more
        channel.sendall(f"{text}\n".encode())


def _become_kernel(channel: socket.socket) -> None:
    """Run one kernel in this forked process, and never return."""
    try:
        with contextlib.suppress(OSError):
            os.setpgid(0, 0)  # signals for the kernel reach what it starts, and nobody else
        _die_with_parent()
        signal.set_wakeup_fd(-1)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        signal.signal(signal.SIGINT, signal.default_int_handler)
        _run_kernel(json.loads(_received(channel)))
    finally:
        _exit(sys.exc_info()[1])  # what stands above on the stack is the forking process's


def _exit(error: BaseException | None) -> None:
    """End this process as Python ends one: with the traceback of an error, and its status."""
    status = 0 if error is None else 1
    if isinstance(error, SystemExit):
        status = error.code if isinstance(error.code, int) else int(error.code is not None)
    elif error is not None:
        sys.excepthook(type(error), error, error.__traceback__)
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(OSError, ValueError):
            stream.flush()
    os._exit(status)


def _received(channel: socket.socket) -> bytes:
    parts = []
    while part := channel.recv(_REQUEST):
        parts.append(part)
    channel.close()
    return b"".join(parts)


def _run_kernel(request: dict[str, Any]) -> None:
    """Start what ``python -m ipykernel_launcher`` starts, in the folder and environment asked for."""
    import numpy as np  # here, as the process imports everything in its main
    from ipykernel.kernelapp import IPKernelApp

    os.environ.clear()
    os.environ.update(request["environment"])
    os.environ["JPY_PARENT_PID"] = str(os.getppid())
    tempfile.tempdir = None  # that of the process forked from; asked for anew
    os.chdir(request["folder"])
    np.random.seed()  # noqa: NPY002  the global state, else every fork would draw the same
    sys.argv = ["ipykernel_launcher", *request["arguments"]]
    IPKernelApp.launch_instance()


if __name__ == "__main__":
    main()
