#!/usr/bin/env python3
"""The same check through the whole of `meridian serve`: batches of changes through the Route 53 API as fast as it takes
them from one connection, while change_under_load asks and judges every reply.

usage: api_changes.py [--seconds N] [--records N]
"""
import argparse
import pathlib
import re
import subprocess
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
import meridian_server  # noqa: E402
from route53_client import NAMESPACE, Route53  # noqa: E402

ZONE = "changing.test."  # this and the record sets: as in revisions.cc
GROUPS = 64
BATCH_RECORDS = 500  # of the records that only fill the zone


def address(n: int, revision: int) -> str:
    return f"{100 + n}.{revision >> 16 & 255}.{revision >> 8 & 255}.{revision & 255}"


def set_xml(action: str, name: str, kind: str, values: list[str]) -> str:
    records = "".join(f"<ResourceRecord><Value>{value}</Value></ResourceRecord>" for value in values)
    return (f"<Change><Action>{action}</Action><ResourceRecordSet><Name>{name}{ZONE}</Name><Type>{kind}</Type><TTL>60</TTL>"
            f"<ResourceRecords>{records}</ResourceRecords></ResourceRecordSet></Change>")


def group_xml(revision: int) -> str:
    g = revision % GROUPS
    changes = [("many", "A", [address(n, revision) for n in range(4)]),
               ("text", "TXT", [f'"{revision} {n}"' for n in range(4)]),
               ("mx", "MX", [f"{revision & 0xffff} mail-g{g}.{ZONE}"]),
               ("mail", "A", [address(0, revision)]),
               ("cut", "NS", [f"n{revision}.cut-g{g}.{ZONE}"]),
               ("link", "CNAME", [f"t{revision}-g{g}.{ZONE}"])]
    text = "".join(set_xml("UPSERT", f"{what}-g{g}.", kind, values) for what, kind, values in changes)
    for name in ("n{}.cut-g{}.", "t{}-g{}."):
        text += set_xml("CREATE", name.format(revision, g), "A", [address(0, revision)])
        if revision > GROUPS:
            text += set_xml("DELETE", name.format(revision - GROUPS, g), "A", [address(0, revision - GROUPS)])
    return text + set_xml("UPSERT", "", "SOA", [f"ns.test. hostmaster.test. {revision} 7200 900 1209600 60"])


def change(api: Route53, zone: str, changes: str) -> str:
    made = api.call("POST", f"hostedzone/{zone}/rrset/", f'<ChangeResourceRecordSetsRequest xmlns="{NAMESPACE}"><ChangeBatch>'
                    f"<Changes>{changes}</Changes></ChangeBatch></ChangeResourceRecordSetsRequest>")
    return re.search(r"<Id>/change/(\w+)</Id>", made).group(1)


def wait_until_in_sync(api: Route53, change_id: str):
    deadline = time.monotonic() + 10
    while api.change_status(change_id) != "INSYNC":
        if time.monotonic() > deadline:
            raise SystemExit("a change did not become INSYNC within 10 s")
        time.sleep(0.005)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=int, default=60)
    parser.add_argument("--records", type=int, default=100000)
    options = parser.parse_args()
    with meridian_server.Server("--dev", "--records-per-zone-max", "1000000", "--log-level", "warn") as server:
        api = Route53(server.api)
        zone = api.create_zone(ZONE, "change-under-load")
        for first in range(0, options.records, BATCH_RECORDS):
            change(api, zone, "".join(set_xml("CREATE", f"host{n}.", "A", [address(0, n)])
                                      for n in range(first, min(first + BATCH_RECORDS, options.records))))
        for revision in range(1, GROUPS + 1):
            last = change(api, zone, group_xml(revision))
        wait_until_in_sync(api, last)
        program = meridian_server.ROOT / "build" / "release" / "change_under_load"
        client = subprocess.Popen([program, "--server", "%s:%d" % server.dns, "--seconds", str(options.seconds)])
        started, revision = time.monotonic(), GROUPS
        while client.poll() is None:
            revision += 1
            last = change(api, zone, group_xml(revision))
        seconds = time.monotonic() - started
        wait_until_in_sync(api, last)
        api.close()
        print(f"{revision - GROUPS} batches through the API in {seconds:.1f} s ({(revision - GROUPS) / seconds:.0f} a second), "
              f"{options.records} records beside")
        return client.returncode


if __name__ == "__main__":
    sys.exit(main())
