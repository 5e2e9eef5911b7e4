#!/usr/bin/env python3
"""Writes the zones too long to write by hand into OUT_DIR, the same for the same seed and size.

bigtld.zone is like a top-level domain's: almost all delegations, with hosters' name servers inside the zone (sibling
glue), names that serve themselves (glue below the cut), name servers elsewhere, DS at some cuts, and a little data at
and near the apex. large.test.zone holds answers and referrals that do not fit: around 512 and 1232 bytes, and kilobytes.

usage: make_zones.py OUT_DIR [--records N] [--seed S]
"""
import argparse
import pathlib
import random

HOSTERS = 50
SYLLABLES = ("ba be bi bo bu da de di do du fa fe fi fo ga ge gi go ka ke ki ko la le li lo lu ma me mi mo na ne ni no pa pe pi "
             "po ra re ri ro ru sa se si so ta te ti to va ve vi vo wa we za ze zo").split()
ELSEWHERE = [f"ns{n}.provider{p}.example" for p in range(20) for n in range(1, 5)]


class Zone:
    def __init__(self, seed: int):
        self.random = random.Random(seed)
        self.lines: list[str] = []
        self.names: set[str] = set()

    def add(self, owner: str, kind: str, rdata: str, ttl: int = 86400):
        self.lines.append(f"{owner}\t{ttl}\t{kind}\t{rdata}")

    def new_name(self) -> str:
        while True:
            name = "".join(self.random.choice(SYLLABLES) for _ in range(self.random.randint(2, 5)))
            if self.random.random() < 0.15:
                name += f"-{self.random.randint(1, 99)}"
            if self.random.random() < 0.05:  # registries hand out names of any case; DNS does not care
                name = name.capitalize()
            if name.lower() not in self.names:
                self.names.add(name.lower())
                return name

    def address(self, owner: str):
        self.add(owner, "A", f"198.{self.random.randint(18, 19)}.{self.random.randint(0, 255)}.{self.random.randint(1, 254)}")

    def address6(self, owner: str):
        self.add(owner, "AAAA", f"2001:db8:{self.random.randint(0, 0xffff):x}::{self.random.randint(1, 0xffff):x}")

    def apex(self):
        self.add("@", "SOA", "ns1.nic hostmaster.nic 2026112101 7200 900 1209600 900", 3600)
        for n in range(1, 5):
            self.add("@", "NS", f"ns{n}.nic", 172800)
            self.address(f"ns{n}.nic")
            self.address6(f"ns{n}.nic")
        self.add("@", "TXT", '"v=spf1 -all"')
        self.add("@", "TXT", '"a registry that is not there"')
        self.add("@", "MX", "10 mail.nic")
        self.add("@", "MX", "20 mail.provider1.example.")
        self.address("mail.nic")
        self.add("www.nic", "CNAME", "web.hosted.nic")
        self.address("web.hosted.nic")  # makes hosted.nic an empty non-terminal
        self.add("_dmarc", "TXT", '"v=DMARC1; p=reject"')

    def hoster(self, number: int):
        """A delegated name whose servers serve many others: their addresses are sibling glue there."""
        for n in range(1, 5):
            self.add(f"hoster{number}", "NS", f"ns{n}.hoster{number}")
            self.address(f"ns{n}.hoster{number}")
            if n % 2:
                self.address6(f"ns{n}.hoster{number}")

    def delegation(self):
        name, count, kind = self.new_name(), self.random.randint(2, 4), self.random.random()
        if kind < 0.35:
            hoster = self.random.randrange(HOSTERS)
            servers = [f"ns{n}.hoster{hoster}" for n in range(1, count + 1)]
        elif kind < 0.55:
            servers = [f"ns{n}.{name}" for n in range(1, count + 1)]
            for server in servers:
                self.address(server)
                if self.random.random() < 0.5:
                    self.address6(server)
        else:
            first = self.random.randrange(len(ELSEWHERE) - count)
            servers = [server + "." for server in ELSEWHERE[first:first + count]]
            if kind > 0.95:  # one of its own among the foreign ones
                servers[0] = f"ns.{name}"
                self.address(servers[0])
        for server in servers:
            self.add(name, "NS", server)
        if self.random.random() < 0.15:
            digest = f"{self.random.getrandbits(256):064X}"
            self.add(name, "DS", f"{self.random.randint(1, 65535)} 13 2 {digest}")

    def fill_tld(self, records: int):
        self.apex()
        for number in range(HOSTERS):
            self.hoster(number)
        while len(self.lines) < records:
            self.delegation()
        # The last delegation may have overshot; TXT records at the apex would do as well, but no one misses these.
        del self.lines[records:]


    def fill_large(self):
        self.add("@", "SOA", "ns1 hostmaster 1 7200 900 1209600 300")
        self.add("@", "NS", "ns1")
        self.add("ns1", "A", "192.0.2.1")
        for count in (10, 27, 28, 29, 40, 72, 73, 74, 75, 76, 200):
            for n in range(1, count + 1):
                self.add(f"a{count}", "A", f"192.0.2.{n}")
        for n in range(1, 201):
            self.add("a200", "AAAA", f"2001:db8::{n:x}")
        for n in range(1, 61):
            self.add("mx", "MX", f"{n} host{n}.mx")
            self.add("srv", "SRV", f"{n} 1 1 host{n}.mx")
            self.add(f"host{n}.mx", "A", f"192.0.2.{n}")
            self.add(f"host{n}.mx", "AAAA", f"2001:db8::{n:x}")
        for count in (6, 8, 30):  # referrals
            for n in range(1, count + 1):
                self.add(f"ns{count}", "NS", f"ns{n}.ns{count}")
                self.add(f"ns{n}.ns{count}", "A", f"192.0.2.{n}")
                self.add(f"ns{n}.ns{count}", "AAAA", f"2001:db8::{n:x}")
        for count, text in ((6, "fits"), (40, "again and again " * 5), (250, "until it matters over TCP too " * 5)):
            for n in range(count):
                self.add(f"txt{count}", "TXT", f'"string {n}: {text}"')
        self.add("long", "TXT", " ".join(f'"{chr(97 + n) * 255}"' for n in range(16)))
        self.add("toa200", "CNAME", "a200")
        self.add("tons8", "CNAME", "www.ns8")
        self.add("tons30", "CNAME", "www.ns30")
        self.add("toa40", "CNAME", "a40")
        self.add("*.w", "CNAME", "a40")


def write(folder: pathlib.Path, origin: str, zone: Zone) -> pathlib.Path:
    path = folder / f"{origin}.zone"
    path.write_text(f"$ORIGIN {origin}.\n" + "\n".join(zone.lines) + "\n")
    return path


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("out_dir", type=pathlib.Path)
    parser.add_argument("--records", type=int, default=100000)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    if options.records < 1000:
        parser.error("fewer than 1000 records do not make such a zone")
    options.out_dir.mkdir(parents=True, exist_ok=True)
    tld, large = Zone(options.seed), Zone(options.seed)
    tld.fill_tld(options.records)
    large.fill_large()
    print(write(options.out_dir, "bigtld", tld))
    print(write(options.out_dir, "large.test", large))


if __name__ == "__main__":
    main()
