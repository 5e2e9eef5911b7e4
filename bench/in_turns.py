"""What comparisons have in common that ask servers in turns, round by round: their words, and what rounds come to."""
import argparse
import contextlib
import socket
import statistics

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


def medians(found: list[dict[str, float]]) -> dict[str, float]:
    return {name: statistics.median(each[name] for each in found) for name in found[0]}


def ratio_of(ours: list[dict[str, float]], found: list[dict[str, float]]) -> str:
    """Ours by theirs, by CPU-second, and between what it lay; "" of ours itself, and where one of them is missing."""
    ratios = [mine["a CPU-second"] / each["a CPU-second"] for mine, each in zip(ours, found) if each["a CPU-second"]]
    if not ratios or ours is found:
        return ""
    return f"{statistics.median(ratios):.2f} ({min(ratios):.2f} to {max(ratios):.2f})"
