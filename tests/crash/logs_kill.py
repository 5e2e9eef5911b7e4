#!/usr/bin/env python3
"""Kills a whole server with SIGKILL again and again while several clients put log events, and checks after each restart:
every acknowledged event is there once, in order; how long until ready; and that the logs stay within their bound.

usage: logs_kill.py [--kills N] [--rate EVENTS_A_SECOND] [--bytes-max N] [--seed N]
"""
import argparse
import http.client
import json
import pathlib
import random
import statistics
import sys
import threading
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
from meridian_server import Server  # noqa: E402

WRITERS, BATCH = 4, 25
GROUP = "kill"


class Logs:
    """Calls over one kept connection, unsigned, for a server in --dev mode."""

    def __init__(self, address: tuple[str, int], timeout: float = 30):
        self.connection = http.client.HTTPConnection(*address, timeout=timeout)

    def call(self, operation: str, **members) -> dict:
        self.connection.request("POST", "/", json.dumps(members), {
            "X-Amz-Target": "Logs_20140328." + operation, "Content-Type": "application/x-amz-json-1.1"})
        reply = self.connection.getresponse()
        body = reply.read()
        if reply.status != 200:
            raise RuntimeError(f"{operation}: {reply.status} {body.decode()}")
        return json.loads(body) if body else {}

    def messages(self, stream: str) -> list[str]:
        out, token = [], {"startFromHead": True}
        while True:
            page = self.call("GetLogEvents", logGroupName=GROUP, logStreamName=stream, **token)
            if page["nextForwardToken"] == token.get("nextToken"):
                return out
            out += [event["message"] for event in page["events"]]
            token = {"nextToken": page["nextForwardToken"]}


class Writer(threading.Thread):
    def __init__(self, index: int, api: tuple[str, int], first: int, rate: float):
        super().__init__()
        self.index, self.first, self.rate = index, first, rate
        self.logs = Logs(api, timeout=10)
        self.acknowledged = self.sent = first  # events below it
        self.refused: str | None = None

    def run(self):
        started = time.monotonic()
        try:
            while True:
                now = time.time_ns() // 1_000_000
                events = [{"timestamp": now, "message": f"{self.index} {number} {'x' * 100}"}
                          for number in range(self.acknowledged, self.acknowledged + BATCH)]
                self.sent = self.acknowledged + BATCH
                self.logs.call("PutLogEvents", logGroupName=GROUP, logStreamName=f"s{self.index}", logEvents=events)
                self.acknowledged = self.sent
                ahead = (self.acknowledged - self.first) / self.rate - (time.monotonic() - started)
                if ahead > 0:
                    time.sleep(ahead)
        except RuntimeError as error:
            self.refused = str(error)
        except (OSError, ValueError, AttributeError, http.client.HTTPException):
            pass  # the kill


def wrong(writer: Writer, messages: list[str]) -> str | None:
    """The events of before may have gone, the oldest first; of the others none may lack or come twice."""
    numbers = [int(message.split()[1]) for message in messages]
    if any(b != a + 1 for a, b in zip(numbers, numbers[1:])):
        return f"stream {writer.index}: not in order, or not once"
    newest = numbers[-1] + 1 if numbers else 0
    if newest not in (writer.acknowledged, writer.sent):
        return f"stream {writer.index}: {writer.acknowledged} acknowledged, {newest} there"
    return None


def main() -> int:
    options = argparse.ArgumentParser()
    options.add_argument("--kills", type=int, default=10)
    options.add_argument("--rate", type=float, default=5000)
    options.add_argument("--bytes-max", type=int, default=64 * 1024 * 1024)
    options.add_argument("--seed", type=int, default=1)
    options = options.parse_args()
    chance = random.Random(options.seed)
    failures, to_ready, rates, most = [], [], [], 0
    with Server("--dev", "--logs-bytes-max", str(options.bytes_max), "--log-level", "error") as server:
        logs = Logs(server.api)
        logs.call("CreateLogGroup", logGroupName=GROUP)
        for index in range(WRITERS):
            logs.call("CreateLogStream", logGroupName=GROUP, logStreamName=f"s{index}")
        next_number = [0] * WRITERS
        for kill in range(options.kills):
            writers = [Writer(i, server.api, next_number[i], options.rate / WRITERS) for i in range(WRITERS)]
            started = time.monotonic()
            for writer in writers:
                writer.start()
            time.sleep(chance.uniform(0.5, 3))
            server.kill()
            for writer in writers:
                writer.join()
            rates.append(sum(w.acknowledged - w.first for w in writers) / (time.monotonic() - started))
            server.start()
            to_ready.append(server.seconds_to_ready)
            logs = Logs(server.api)
            for writer in writers:
                failures += [f"kill {kill}: refused {writer.refused}"] if writer.refused else []
                messages = logs.messages(f"s{writer.index}")
                why = wrong(writer, messages)
                failures += [f"kill {kill}: {why}"] if why else []
                next_number[writer.index] = int(messages[-1].split()[1]) + 1 if messages else 0
            most = max(most, sum(file.stat().st_size for file in (server.directory / "logs").iterdir()))
            if failures:
                break
    if most > options.bytes_max:
        failures.append(f"the logs had {most} bytes, more than {options.bytes_max}")
    for failure in failures[:10]:
        print(failure)
    print(f"kills {options.kills}, events acknowledged {sum(next_number)}, failures {len(failures)}, "
          f"events a second median {statistics.median(rates):.0f}")
    print(f"restart to ready: median {statistics.median(to_ready) * 1e3:.0f} ms, max {max(to_ready) * 1e3:.0f} ms; "
          f"logs on disk at most {most} bytes")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
