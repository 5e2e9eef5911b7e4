"""What comparisons have in common that ask servers in turns, round by round: their words, and what rounds come to."""
import argparse
import contextlib
import os
import pathlib
import shutil
import socket
import statistics
import tempfile

HOST = "127.0.0.1"


class CannotRun(Exception):
    """This server cannot be had here, and why."""


def free_port() -> int:
    with contextlib.closing(socket.socket()) as probe:
        probe.bind((HOST, 0))
        return probe.getsockname()[1]


def choice(allowed):
    def parse(text: str) -> list[str]:
        chosen = text.split(",")
        if not set(chosen) <= set(allowed):
            raise argparse.ArgumentTypeError(f"some of {', '.join(allowed)}")
        return chosen
    return parse


def options_of(servers, kinds) -> argparse.ArgumentParser:
    options = argparse.ArgumentParser()
    options.add_argument("--servers", type=choice(servers), default=list(servers))
    options.add_argument("--kinds", type=choice(kinds), default=list(kinds))
    options.add_argument("--rounds", type=int, default=5)
    options.add_argument("--seconds", type=float, default=2)
    options.add_argument("--server-core", type=int, default=0)
    options.add_argument("--load-core", type=int, default=1)
    return options


def processes_under(pid: int) -> list[int]:
    found = [pid]
    for task in pathlib.Path(f"/proc/{pid}/task").iterdir():
        for child in (task / "children").read_text().split():
            found += processes_under(int(child))
    return found


def cpu_seconds(*pids: int) -> float:
    """Of these processes and of all that they started."""
    ticks = 0
    for each in {each for pid in pids for each in processes_under(pid)}:
        fields = pathlib.Path(f"/proc/{each}/stat").read_text().rsplit(")", 1)[1].split()
        ticks += int(fields[11]) + int(fields[12])
    return ticks / os.sysconf("SC_CLK_TCK")


@contextlib.contextmanager
def folder_of(bench: str, parent: str | None = None):
    """Where a run keeps what it needs; says how busy the machine was before and after it."""
    folder = pathlib.Path(tempfile.mkdtemp(prefix=f"meridian-{bench}-", dir=parent))
    print(f"load of the machine at the start: {os.getloadavg()[0]:.1f}")
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    print(f"load of the machine at the end: {os.getloadavg()[0]:.1f}")


def start_those_there(stack: contextlib.ExitStack, names: list[str], make) -> list:
    servers = []
    for name in names:
        try:
            servers.append(stack.enter_context(make(name)))
        except CannotRun as why:
            print(f"without {name}: {why}")
    return servers


def take_turns(servers: list, rounds: int, measure) -> dict[str, list[dict[str, float]]]:
    """By server's name, what it was measured to do in each round."""
    found: dict[str, list[dict[str, float]]] = {}
    for _ in range(rounds):
        for server in servers:
            found.setdefault(server.name, []).append(measure(server))
    return found


def medians(found: list[dict[str, float]]) -> dict[str, float]:
    return {name: statistics.median(each[name] for each in found) for name in found[0]}


def ratio_of(ours: list[dict[str, float]], found: list[dict[str, float]]) -> str:
    """Ours by theirs, by CPU-second, and between what it lay; "" of ours itself, and where one of them is missing."""
    ratios = [mine["a CPU-second"] / each["a CPU-second"] for mine, each in zip(ours, found) if each["a CPU-second"]]
    if not ratios or ours is found:
        return ""
    return f"{statistics.median(ratios):.2f} ({min(ratios):.2f} to {max(ratios):.2f})"
