"""Who used the processor while something was measured: on a small machine server, database and load share it."""

import time
from collections.abc import Mapping, Sequence

import psutil


def own_seconds() -> float:
    """The processor seconds of this process: the load itself."""
    spent = psutil.Process().cpu_times()
    return float(spent.user + spent.system)


def childrens_seconds() -> float:
    """The processor seconds of the programs that this process started and saw end."""
    spent = psutil.Process().cpu_times()
    return float(spent.children_user + spent.children_system)


def seconds_of(processes: Sequence[psutil.Process]) -> float:
    """The processor seconds of these processes and of their children, also of those that ended."""
    total = 0.0
    for process in tree(processes):
        try:
            spent = process.cpu_times()
        except psutil.NoSuchProcess:
            continue
        total += spent.user + spent.system + spent.children_user + spent.children_system
    return total


def tree(processes: Sequence[psutil.Process]) -> set[psutil.Process]:
    """The processes with all that descend from them."""
    return {each for process in processes for each in (process, *process.children(recursive=True))}


def machines_seconds() -> float:
    """The processor seconds of everything that runs on this machine."""
    spent = psutil.cpu_times()
    return float(sum(spent[:3])) + sum(
        float(getattr(spent, name, 0.0)) for name in ("irq", "softirq", "steal")
    )


class Meter:
    """Counts from its making on how many processors each group of processes keeps busy."""

    def __init__(self, groups: Mapping[str, Sequence[psutil.Process]]) -> None:
        self.groups = groups
        self.began = time.monotonic()
        self.before = self.read()

    def read(self) -> dict[str, float]:
        """The seconds of each group, of the load, of pgbench, and of the whole machine, so far."""
        named = {name: seconds_of(processes) for name, processes in self.groups.items()}
        return {**named, "load": own_seconds(), "pgbench": childrens_seconds(), "machine": machines_seconds()}

    def busy(self) -> dict[str, float]:
        """Processors kept busy since the beginning, by group; `others` is what is none of ours."""
        elapsed = time.monotonic() - self.began
        used = {name: (now - self.before[name]) / elapsed for name, now in self.read().items()}
        machine = used.pop("machine")
        others = max(0.0, machine - sum(used.values()))
        return {name: round(cores, 2) for name, cores in {**used, "others": others}.items()}
