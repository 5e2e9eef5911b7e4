"""The three sets of zones that servers are compared on, and what is asked of each. Every question carries the reply that
the zone demands, worked out here and not by a server.

hosts: one zone, a name and an address a record. many: zones of ten records each, as a hosting company has them. root: a
root-like zone, nothing but delegations and their glue, asked as a root server is: names far below TLDs that exist, and
some that do not.
"""
import dataclasses
import pathlib
import random
import sys

sys.path.append(str(pathlib.Path(__file__).resolve().parent.parent.parent / "tests" / "differential"))
import make_zones  # noqa: E402

QUESTIONS = 200000
MISSING = 0.1  # share of the questions about names that do not exist
NOERROR, NXDOMAIN = 0, 3


@dataclasses.dataclass(frozen=True)
class Question:
    name: str  # absolute
    kind: str
    rcode: int
    answers: int
    servers: int = 0  # of a referral; 0: the answer is authoritative


@dataclasses.dataclass
class ZoneSet:
    name: str
    zones: list[pathlib.Path]
    records: int
    questions: list[Question]

    def write_questions(self, path: pathlib.Path, with_replies: bool) -> pathlib.Path:
        path.write_text("".join(f"{q.name} {q.kind} {q.rcode} {q.answers}\n" if with_replies else f"{q.name} {q.kind}\n"
                                for q in self.questions))
        return path


def hosts(folder: pathlib.Path, records: int = 100000, origin: str = "hosts") -> ZoneSet:
    zone = make_zones.Zone(1)
    zone.add("@", "SOA", "ns1 hostmaster 1 7200 900 1209600 900")
    for n in range(1, 5):
        zone.add("@", "NS", f"ns{n}")
        zone.address(f"ns{n}")
    names = []
    while len(zone.lines) < records:
        names.append(zone.new_name())
        zone.address(names[-1])
    chance = random.Random(2)
    questions = []
    for _ in range(QUESTIONS):
        if chance.random() < MISSING:
            questions.append(Question(f"no{chance.randrange(10**9)}x.{origin}.", "A", NXDOMAIN, 0))
        else:
            questions.append(Question(f"{chance.choice(names)}.{origin}.", "A", NOERROR, 1))
    return ZoneSet("hosts", [make_zones.write(folder, origin, zone)], records, questions)


def many(folder: pathlib.Path, zones: int = 10000) -> ZoneSet:
    names, chance, files = make_zones.Zone(3), random.Random(4), []
    origins = [f"{names.new_name().lower()}.{chance.choice(['com', 'net', 'org', 'example'])}" for _ in range(zones)]
    for origin in origins:
        zone = make_zones.Zone(len(files))
        zone.add("@", "SOA", "ns1 hostmaster 1 7200 900 1209600 900")
        for n in (1, 2):
            zone.add("@", "NS", f"ns{n}")
            zone.address(f"ns{n}")
        zone.add("@", "MX", "10 mail")
        zone.add("@", "TXT", '"v=spf1 mx -all"')
        for owner in ("@", "www", "mail"):
            zone.address(owner)
        files.append(make_zones.write(folder, origin, zone))
    questions = []
    for _ in range(QUESTIONS):
        origin = chance.choice(origins)
        if chance.random() < MISSING:
            questions.append(Question(f"no{chance.randrange(10**9)}x.{origin}.", "A", NXDOMAIN, 0))
            continue
        owner, kind = chance.choice([("www.", "A"), ("www.", "A"), ("", "A"), ("", "MX"), ("", "TXT"), ("mail.", "A")])
        questions.append(Question(f"{owner}{origin}.", kind, NOERROR, 1))
    return ZoneSet("many", files, 10 * zones, questions)


def root(folder: pathlib.Path, tlds: int = 1500) -> ZoneSet:
    zone, chance = make_zones.Zone(5), random.Random(6)
    zone.add("@", "SOA", "a.root-servers.net. nstld.verisign-grs.com. 2026112101 1800 900 604800 10800")
    for letter in "abcdefghijklm":
        zone.add("@", "NS", f"{letter}.root-servers.net.", 518400)
        zone.address(f"{letter}.root-servers.net.")
        zone.address6(f"{letter}.root-servers.net.")
    names = ["com", "net", "org", "de", "arpa"]
    while len(names) < tlds:
        name = zone.new_name().lower()
        if name not in names:
            names.append(name)
    servers: dict[str, int] = {}
    # A few back ends serve many TLDs from names in one of their own (sibling glue); the others name their servers in
    # the TLD itself.
    backends = [name for name in names[:40] if name != "arpa"]
    for tld in names:
        own = tld in backends or chance.random() < 0.5
        home, count = (tld if own else chance.choice(backends)), chance.choice([4, 4, 5, 6])
        if tld in ("com", "net"):
            home, count, own = "net", 13, tld == "net"
        servers[tld] = count
        for n in range(count):
            host = f"{chr(97 + n)}.{'gtld-servers' if home == 'net' else 'nic'}.{home}"
            zone.add(tld, "NS", f"{host}.", 172800)
            if host not in zone.names:
                zone.names.add(host)
                zone.address(f"{host}.")
                zone.address6(f"{host}.")
    weights = [1 / rank for rank in range(1, len(names) + 1)]
    questions = []
    for tld in chance.choices(names, weights, k=QUESTIONS):
        if chance.random() < MISSING:
            questions.append(Question(f"host{chance.randrange(10**6)}.no{chance.randrange(10**9)}x.", "A", NXDOMAIN, 0))
            continue
        name = f"{zone.random.choice(make_zones.SYLLABLES)}{chance.randrange(10**5)}.{tld}."
        if chance.random() < 0.5:
            name = "www." + name
        questions.append(Question(name, chance.choice(["A", "A", "AAAA"]), NOERROR, 0, servers[tld]))
    path = make_zones.write(folder, "@", zone)
    path.write_text(path.read_text().replace("$ORIGIN @.\n", "$ORIGIN .\n", 1))
    return ZoneSet("root", [path], len(zone.lines), questions)


BUILDERS = {"hosts": hosts, "many": many, "root": root}
