"""What bench/dns/policies.py asks: 10,000 names of each routing policy, a made-up world of clients, and for every question
the addresses that are right for its client, worked out here and not by a server.

Names share addresses (250 of each position), as the names of one company do. Every endpoint is healthy.
"""
import dataclasses
import ipaddress
import pathlib
import random
import sys

sys.path.append(str(pathlib.Path(__file__).resolve().parent.parent.parent / "tests" / "location"))
import make_mmdb  # noqa: E402

NAMES = 10000
QUESTIONS = 50000
ADDRESSES = 250  # different ones of each position in a group
TTL = 60
VALUES = 8  # of a multivalue answer
WEIGHTS = {"weighted2": [80, 20], "weighted8": [1, 2, 3, 5, 8, 13, 21, 34]}
# The three Regions of latency and geoproximity, each with where it is (its endpoints' addresses are mapped there too).
REGIONS = {"eu-west-1": (53.3, -6.3), "us-east-1": (39.0, -77.5), "ap-southeast-1": (1.3, 103.8)}
GEOLOCATIONS = ["DE", "EU", "NA", "*"]
LOCATIONS = ["one", "two", "three", "*"]  # of the CIDR collection


@dataclasses.dataclass(frozen=True)
class City:
    continent: str
    country: str
    latitude: float
    longitude: float
    nearest: str


CITIES = [City("EU", "DE", 50.1, 8.7, "eu-west-1"), City("EU", "FR", 48.9, 2.4, "eu-west-1"),
          City("EU", "ES", 40.4, -3.7, "eu-west-1"), City("EU", "PL", 52.2, 21.0, "eu-west-1"),
          City("NA", "US", 40.7, -74.0, "us-east-1"), City("NA", "US", 32.8, -96.8, "us-east-1"),
          City("NA", "CA", 43.7, -79.4, "us-east-1"), City("SA", "CO", 4.7, -74.1, "us-east-1"),
          City("AS", "SG", 1.3, 103.8, "ap-southeast-1"), City("AS", "ID", -6.2, 106.8, "ap-southeast-1"),
          City("AS", "JP", 35.7, 139.7, "ap-southeast-1"), City("OC", "AU", -33.9, 151.2, "ap-southeast-1")]
LOOPBACK = CITIES[0]  # where a client without EDNS Client Subnet is: all of them ask from 127.0.0.1


def blocks() -> dict[str, list[str]]:
    """Of the CIDR collection: ten /8 of each location; the rest of the world falls to `*`."""
    first = {"one": 120, "two": 30, "three": 60}
    return {location: [f"{n}.0.0.0/8" for n in range(start, start + 10)] for location, start in first.items()}


class World:
    """57,000 networks of /16 and /18 in twelve cities, each a little off the centre."""

    def __init__(self, folder: pathlib.Path):
        chance = random.Random(11)
        networks = [(ipaddress.ip_network("127.0.0.0/8"), LOOPBACK)]
        # Where endpoints are: PowerDNS finds the nearest by looking its addresses up.
        for region, at in enumerate(REGIONS.values()):
            networks.append((ipaddress.ip_network(f"10.{region}.0.0/16"), City("EU", "IE", *at, "")))
        self.clients: list[tuple[ipaddress.IPv4Network, City]] = []
        for first in [n for n in range(1, 224) if n not in (10, 127)]:
            for second in range(0, 256):
                network = ipaddress.IPv4Network((first << 24 | second << 16, 16))
                parts = network.subnets(new_prefix=18) if chance.random() < 0.02 else [network]
                self.clients += [(part, chance.choice(CITIES)) for part in parts]
        networks += self.clients
        self.database = folder / "world.mmdb"
        self.database.write_bytes(make_mmdb.make([self.row(network, city, chance) for network, city in networks]))

    @staticmethod
    def row(network: ipaddress.IPv4Network, city: City, chance: random.Random) -> dict[str, str]:
        def near(degrees: float) -> str:
            return f"{degrees + chance.randrange(20) / 100:.2f}"
        # Without the radius PowerDNS takes a place for unknown.
        return {"cidr": str(network), "continent": city.continent, "country": city.country, "latitude": near(city.latitude),
                "longitude": near(city.longitude), "radius": "10"}


@dataclasses.dataclass(frozen=True)
class Question:
    name: str
    subnet: str  # for EDNS Client Subnet; empty: none
    count: int
    right: frozenset[str]  # addresses


@dataclasses.dataclass
class Group:
    """The record sets of one name: an address of each, in the order of the kind's weights, Regions, locations."""
    name: str
    addresses: list[str]
    twin: int  # the same for groups with the same addresses


class Kind:
    def __init__(self, name: str, size: int, number: int):
        self.name = name
        self.origin = f"{name}.test"
        self.count = VALUES if name == "multivalue" else 1
        # The second byte is the position, so that endpoints of one Region lie in one network.
        self.groups = [Group(f"n{n}", [f"10.{position}.{number}.{1 + (n + 7 * position) % ADDRESSES}" for position in range(size)],
                             n % ADDRESSES)
                       for n in range(NAMES)]

    def right(self, group: Group, client: ipaddress.IPv4Network, city: City) -> list[str]:
        addresses = group.addresses
        if self.name in ("latency", "geoproximity"):
            return [addresses[list(REGIONS).index(city.nearest)]]
        if self.name == "geolocation":
            places = [city.country, city.continent, "*"]
            return [addresses[min(GEOLOCATIONS.index(place) for place in places if place in GEOLOCATIONS)]]
        if self.name == "ipbased":
            block = f"{int(client.network_address) >> 24}.0.0.0/8"
            found = [n for n, location in enumerate(LOCATIONS) if block in blocks().get(location, [])]
            return [addresses[found[0] if found else len(LOCATIONS) - 1]]
        return addresses[:1] if self.name == "failover" else addresses

    def questions(self, world: World, with_subnets: bool) -> list[Question]:
        chance = random.Random(self.name)
        asked = []
        for _ in range(QUESTIONS):
            group, subnet = chance.choice(self.groups), ""
            network, city = ipaddress.ip_network("127.0.0.0/8"), LOOPBACK
            if with_subnets:
                network, city = chance.choice(world.clients)
                subnet = f"{network.network_address + 256 * chance.randrange(64)}/24"
            asked.append(Question(f"{group.name}.{self.origin}.", subnet, self.count, frozenset(self.right(group, network, city))))
        return asked


SIZES = {"plain": 1, "weighted2": 2, "weighted8": 8, "failover": 2, "latency": len(REGIONS), "geolocation": len(GEOLOCATIONS),
         "geoproximity": len(REGIONS), "multivalue": VALUES, "ipbased": len(LOCATIONS)}


def build(names: list[str]) -> list[Kind]:
    return [Kind(name, SIZES[name], number) for number, name in enumerate(SIZES) if name in names]


def write_questions(path: pathlib.Path, questions: list[Question]) -> pathlib.Path:
    path.write_text("".join(f"{q.name} A 0 {q.count} {q.subnet}\n" for q in questions))
    return path
