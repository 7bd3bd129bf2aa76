"""The kernels of notebooks: forked from one process that has imported the libraries, or started cold."""

import asyncio
import json
import math
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from importlib.metadata import EntryPoint
from pathlib import Path
from queue import Empty
from threading import Lock
from typing import Any, Protocol
from uuid import uuid4

from jupyter_client.asynchronous.client import AsyncKernelClient
from jupyter_client.connect import KernelConnectionInfo
from jupyter_client.kernelspec import KernelSpec
from jupyter_client.manager import AsyncKernelManager
from jupyter_client.provisioning.factory import KernelProvisionerFactory
from jupyter_client.provisioning.local_provisioner import LocalProvisioner
from traitlets.config import Config

from riskmodels.runner.forking import KERNEL, READ_AHEAD
from riskmodels.scratch import scratch_folder

ONE_THREAD = {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}  # more only slow small matrices down
_WITHOUT_THREADS = ONE_THREAD | {"JE_ARROW_MALLOC_CONF": "background_thread:false"}  # pyarrow's memory
_OPTIONS = ("-P", "-Xfrozen_modules=off")  # nothing is imported from where it starts; as kernels are started
_PROVISIONER = "riskmodels"
_MOMENT = 0.2  # seconds that a kernel's answer or end is waited for
_LOOKS = 40  # times that its end is looked for meanwhile
_PATIENCE, _PAUSE = 5, 0.01  # seconds
_ANSWER = 256  # bytes: a process id, an exit status, a reason


class Process(Protocol):
    """What is asked of the process of a kernel; ``subprocess.Popen`` has it."""

    pid: int

    def poll(self) -> int | None:
        """Return the exit status, or None while it runs."""


class Kernels:
    """Starts kernels, and sees to it that none outlives it.

    Attributes
    ----------
    folder : Path
        Where their connection files are while they run.
    note : str
        Why kernels are started cold, each importing the libraries anew; empty where they are forked.
    """

    def __init__(self, folder: Path, *, warm: bool = True) -> None:
        self.folder = folder
        self.note = "" if warm else "Kernels are started cold, as asked for: each imports the libraries anew."
        self._running: list[Process] = []
        self._closed = False
        self._parent: subprocess.Popen[bytes] | None = None
        self._control: socket.socket | None = None
        if warm and sys.platform != "linux":  # elsewhere system libraries do not survive a fork
            self._go_cold("this system cannot fork them safely")
        elif warm:
            self._start_parent()

    def _start_parent(self) -> None:
        self._control, theirs = socket.socketpair()
        with theirs:
            self._parent = subprocess.Popen(  # noqa: S603  ourselves
                [sys.executable, *_OPTIONS, "-m", "riskmodels.runner.forking", str(theirs.fileno())],
                pass_fds=[theirs.fileno()],
                stdin=subprocess.DEVNULL,
                env=os.environ | _WITHOUT_THREADS,
                start_new_session=True,  # Ctrl-C is for the run alone
            )

    def _go_cold(self, reason: str) -> None:
        self.note = f"Kernels are started cold, each importing the libraries anew: {reason}."

    def fork(self, arguments: list[str], *, folder: str, environment: dict[str, str]) -> "Forked | None":
        """Fork a kernel; None, and a note, where that cannot be done.

        Parameters
        ----------
        arguments : list of str
            Of the kernel's command, after the launcher.
        folder : str
            Its working folder.
        environment : dict
            Its environment variables.

        Raises
        ------
        RuntimeError
            All is closed already.
        """
        if self._control is None or self.note:
            return None
        request = {"arguments": arguments, "folder": folder, "environment": environment}
        ours, theirs = socket.socketpair()
        try:
            with theirs:
                socket.send_fds(self._control, [KERNEL], [theirs.fileno()])
            ours.sendall(json.dumps(request).encode())
            ours.shutdown(socket.SHUT_WR)
            answer = ours.recv(_ANSWER).decode().strip()
        except OSError as error:
            answer = str(error)
        if self._closed:
            ours.close()
            raise RuntimeError("the run was stopped")
        if not answer.isdecimal():
            ours.close()
            self._go_cold(answer or "the process to fork from has ended")
            return None
        return Forked(int(answer), ours)

    def read_ahead(self, files: Iterable[Path]) -> None:
        """Have parameter files read once, before kernels are forked that would each read them."""
        if self._control is None or self.note:
            return
        ours, theirs = socket.socketpair()
        with ours, theirs, suppress(OSError):  # of a process that has ended, the next fork says so
            socket.send_fds(self._control, [READ_AHEAD], [theirs.fileno()])
            ours.sendall(json.dumps([str(file.resolve()) for file in files]).encode())

    def watch(self, process: Process) -> None:
        """Take a kernel into account; it is killed at once where all is closed already."""
        self._running.append(process)
        if self._closed:
            self.close()

    def close(self) -> None:
        """Kill what still runs, and the process that kernels are forked from."""
        self._closed = True
        for process in self._running:
            if process.poll() is None:
                with suppress(ProcessLookupError):
                    os.killpg(process.pid, signal.SIGKILL)
        _await_end(self._running)
        self._running.clear()
        if self._parent is not None and self._control is not None:
            self._parent.kill()
            self._parent.wait()
            self._control.close()


def _await_end(processes: list[Process]) -> None:
    """Wait until killed processes are dead: what they held locked is then free."""
    until = time.monotonic() + _PATIENCE
    while any(process.poll() is None for process in processes) and time.monotonic() < until:
        time.sleep(_PAUSE)


class Forked:
    """A forked kernel: as much of ``subprocess.Popen`` as jupyter_client uses."""

    stdin = stdout = stderr = None

    def __init__(self, pid: int, channel: socket.socket) -> None:
        self.pid = pid
        self.returncode: int | None = None
        self._channel = channel
        self._lock = Lock()  # the run and the kernel's client may ask at once

    def poll(self) -> int | None:
        """Return the exit status, or None while it runs."""
        if self.returncode is None:
            with self._lock, suppress(BlockingIOError):
                self.returncode = self._status()
        return self.returncode

    def _status(self) -> int:
        """Read the exit status; raises BlockingIOError where there is none yet."""
        try:
            answer = self._channel.recv(_ANSWER, socket.MSG_DONTWAIT).strip()
        except ConnectionError:
            answer = b""
        return int(answer) if answer else -signal.SIGKILL  # it dies with the process it was forked from

    def wait(self) -> int | None:
        """Return the exit status of a kernel that has ended: only then jupyter_client asks."""
        return self.poll()

    def send_signal(self, number: int) -> None:
        """Send a signal to a kernel that runs."""
        if self.poll() is None:
            os.kill(self.pid, number)


class KernelProvisioner(LocalProvisioner):
    """Starts a kernel as the ``Kernels`` of its manager do."""

    async def launch_kernel(self, cmd: list[str], **kwargs: Any) -> KernelConnectionInfo:
        """Fork a kernel, or start it cold."""
        kernels: Kernels = vars(type(self.parent))["kernels"]
        environment = dict(kwargs["env"]) | ONE_THREAD
        arguments = cmd[cmd.index("ipykernel_launcher") + 1 :]
        process: Any = kernels.fork(arguments, folder=str(kwargs["cwd"]), environment=environment)
        if process is None:
            await super().launch_kernel(cmd, **kwargs | {"env": environment})
            process = self.process
        self.process, self.pid, self.pgid = process, process.pid, process.pid
        kernels.watch(process)
        return self.connection_info

    async def shutdown_requested(self, restart: bool = False) -> None:  # noqa: ARG002,FBT001,FBT002  as there
        """Wait for the kernel's end, as far as a moment lets: its manager looks but ten times a second."""
        for _ in range(_LOOKS):
            if await self.poll() is not None:
                return
            await asyncio.sleep(_MOMENT / _LOOKS)


class KernelClient(AsyncKernelClient):
    """Is ready once the kernel is; jupyter_client's waits a fifth of a second for messages nobody reads."""

    async def wait_for_ready(self, timeout: float | None = None) -> None:  # noqa: ASYNC109  as there
        """Wait until the kernel answers and its messages come through.

        Raises
        ------
        RuntimeError
            It has died, or does not answer within ``timeout`` [seconds].
        """
        end = time.monotonic() + (math.inf if timeout is None else timeout)
        while time.monotonic() < end:
            self.kernel_info()
            with suppress(Empty):
                await self.shell_channel.get_msg(timeout=1)
                await self.iopub_channel.get_msg(timeout=_MOMENT)
                return
            if not await self.is_alive():
                raise RuntimeError("Kernel died before replying to kernel_info")
        raise RuntimeError(f"Kernel didn't respond in {timeout} seconds")


def manager_class(kernels: Kernels) -> type[AsyncKernelManager]:
    """Return the class of managers whose kernels are started by ``kernels``."""

    def kernel_spec(manager: AsyncKernelManager) -> KernelSpec:
        spec: KernelSpec = manager.kernel_spec_manager.get_kernel_spec(manager.kernel_name)
        spec.metadata["kernel_provisioner"] = {"provisioner_name": _PROVISIONER}
        return spec

    attributes = {"kernels": kernels, "kernel_spec": property(kernel_spec)}
    return type("KernelManager", (AsyncKernelManager,), attributes)


def connection(kernels: Kernels) -> Config:
    """Return how a new kernel is talked to: encrypted, by a connection file that is gone with ``kernels``."""
    file = str(kernels.folder / f"{uuid4()}.json")
    client = f"{__name__}.{KernelClient.__name__}"
    settings = {"transport_encryption": "auto", "connection_file": file, "client_class": client}
    return Config({"KernelManager": settings})


@contextmanager
def open_kernels(*, warm: bool = True) -> Iterator[Kernels]:
    """Give the means to start kernels; afterwards no process of them and no file is left.

    Parameters
    ----------
    warm : bool
        Fork them from one process that has the libraries, where the system can; else each starts cold.
    """
    with scratch_folder("riskmodels-kernels-") as folder:
        kernels = Kernels(folder, warm=warm)
        try:
            yield kernels
        finally:
            kernels.close()


KernelProvisionerFactory.instance().provisioners[_PROVISIONER] = EntryPoint(
    _PROVISIONER, f"{__name__}:{KernelProvisioner.__name__}", "jupyter_client.kernel_provisioners"
)
