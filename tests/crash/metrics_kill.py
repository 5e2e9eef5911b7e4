#!/usr/bin/env python3
"""Kills a whole server with SIGKILL while 1,000 metrics a second are put, and checks after each restart: no acknowledged
value is lost, none counts twice, and how long until it serves again.

usage: metrics_kill.py [--kills N] [--seconds S] [--restart-seconds-max S]
"""
import argparse
import datetime
import pathlib
import statistics
import sys
import threading
import time

import boto3
import botocore.config
import botocore.exceptions

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
from meridian_server import Server  # noqa: E402

WRITERS, METRICS_A_CALL, CALLS_A_SECOND = 4, 100, 10


def client_of(server: Server):
    lines = (server.directory / "credentials").read_text().splitlines()
    keys = dict(line.split(" = ", 1) if " = " in line else line.split("=", 1) for line in lines if "=" in line)
    return boto3.client("cloudwatch", region_name="us-east-1", endpoint_url=server.environment["AWS_ENDPOINT_URL"],
                        aws_access_key_id=keys["aws_access_key_id"].strip(),
                        aws_secret_access_key=keys["aws_secret_access_key"].strip(),
                        config=botocore.config.Config(retries={"total_max_attempts": 1}, connect_timeout=5, read_timeout=5))


class Writer(threading.Thread):
    """Each call adds 1 to a hundred metrics of its own."""

    def __init__(self, index: int, server: Server, minute: datetime.datetime):
        super().__init__()
        self.index, self.minute, self.client = index, minute, client_of(server)
        self.acknowledged = self.sent = 0

    def run(self):
        data = [{"MetricName": f"m{self.index}-{n}", "Value": 1, "Timestamp": self.minute} for n in range(METRICS_A_CALL)]
        started = time.monotonic()
        try:
            while True:
                self.sent += 1
                self.client.put_metric_data(Namespace="Kill", MetricData=data)
                self.acknowledged += 1
                time.sleep(max(0.0, started + self.sent * WRITERS / CALLS_A_SECOND - time.monotonic()))
        except botocore.exceptions.BotoCoreError:
            pass  # the kill


def counted(client, writer: int, minute: datetime.datetime) -> list[float]:
    queries = [{"Id": f"q{n}", "MetricStat": {"Metric": {"Namespace": "Kill", "MetricName": f"m{writer}-{n}"},
                                               "Period": 60, "Stat": "Sum"}} for n in range(METRICS_A_CALL)]
    found = client.get_metric_data(MetricDataQueries=queries, StartTime=minute, EndTime=minute + datetime.timedelta(minutes=1))
    return [sum(result["Values"]) for result in found["MetricDataResults"]]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kills", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=3)
    parser.add_argument("--restart-seconds-max", type=float, default=1)
    arguments = parser.parse_args()
    minute = datetime.datetime.now(datetime.timezone.utc).replace(second=0, microsecond=0)
    at_least, at_most = [0] * WRITERS, [0] * WRITERS
    restarts: list[float] = []
    with Server() as server:
        for _ in range(arguments.kills):
            writers = [Writer(index, server, minute) for index in range(WRITERS)]
            for writer in writers:
                writer.start()
            time.sleep(arguments.seconds)
            server.kill()
            for writer in writers:
                writer.join()
                at_least[writer.index] += writer.acknowledged
                at_most[writer.index] += writer.sent
            server.start()
            restarts.append(server.seconds_to_ready)
            client = client_of(server)
            for index in range(WRITERS):
                values = counted(client, index, minute)
                if len(set(values)) != 1 or not at_least[index] <= values[0] <= at_most[index]:
                    print(f"LOST: writer {index} has {at_least[index]} acknowledged of {at_most[index]} sent; found {set(values)}")
                    return 1
                at_least[index] = at_most[index] = int(values[0])
    print(f"{arguments.kills} kills, {sum(at_least) * METRICS_A_CALL} values: nothing acknowledged lost, no call half-applied; "
          f"ready again after a median of {statistics.median(restarts):.3f} s, at most {max(restarts):.3f} s")
    return 0 if max(restarts) <= arguments.restart_seconds_max else 1


if __name__ == "__main__":
    sys.exit(main())
