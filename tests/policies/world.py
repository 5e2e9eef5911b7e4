"""A made-up internet of real cities, and what each routing policy must answer to a client in it, computed here from the
rules and not by the server.

Half of the networks are a /16 of one city, the others a /16 with a /20 of another city inside, so that an answer's scope
must be narrower than the block that a client is in.
"""
import dataclasses
import ipaddress
import math
import pathlib
import random
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "location"))
import make_mmdb  # noqa: E402

EARTH_KM = 6371.0
CLIENTS = 1000
# Two endpoints count as equally near when their distances differ by less: the exact places of Regions are nobody's fact.
NEAR_KM = 40


@dataclasses.dataclass(frozen=True)
class City:
    name: str
    continent: str  # as Route 53 counts: Turkey, Cyprus and Russia to Europe; Georgia, Armenia and Azerbaijan to Asia
    country: str
    state: str
    latitude: float
    longitude: float


CITIES = [City(*line.split()[:4], *map(float, line.split()[4:])) for line in """
NewYork NA US NY 40.71 -74.01
LosAngeles NA US CA 34.05 -118.24
Chicago NA US IL 41.88 -87.63
Houston NA US TX 29.76 -95.37
Seattle NA US WA 47.61 -122.33
Miami NA US FL 25.76 -80.19
Denver NA US CO 39.74 -104.99
Toronto NA CA ON 43.65 -79.38
Vancouver NA CA BC 49.28 -123.12
MexicoCity NA MX - 19.43 -99.13
SaoPaulo SA BR SP -23.55 -46.63
BuenosAires SA AR - -34.60 -58.38
Santiago SA CL - -33.45 -70.67
Bogota SA CO - 4.71 -74.07
London EU GB ENG 51.51 -0.13
Berlin EU DE BE 52.52 13.40
Paris EU FR IDF 48.86 2.35
Madrid EU ES MD 40.42 -3.70
Rome EU IT - 41.90 12.50
Warsaw EU PL - 52.23 21.01
Stockholm EU SE - 59.33 18.07
Athens EU GR - 37.98 23.73
Istanbul EU TR - 41.01 28.98
Nicosia EU CY - 35.19 33.38
Moscow EU RU - 55.76 37.62
Tbilisi AS GE - 41.72 44.79
Yerevan AS AM - 40.18 44.51
Baku AS AZ - 40.41 49.87
Mumbai AS IN - 19.08 72.88
Delhi AS IN - 28.61 77.21
Singapore AS SG - 1.35 103.82
Tokyo AS JP - 35.69 139.69
Seoul AS KR - 37.57 126.98
Jakarta AS ID - -6.21 106.85
Dubai AS AE - 25.20 55.27
Sydney OC AU NSW -33.87 151.21
Perth OC AU WA -31.95 115.86
Auckland OC NZ - -36.85 174.76
Suva OC FJ - -18.14 178.44
CapeTown AF ZA - -33.92 18.42
Nairobi AF KE - -1.29 36.82
Cairo AF EG - 30.04 31.24
Lagos AF NG - 6.52 3.38
McMurdo AN AQ - -77.85 166.67
""".strip().splitlines()]

REGIONS = {"us-east-1": (39.04, -77.49), "us-west-2": (45.84, -119.70), "eu-west-1": (53.35, -6.26), "eu-central-1": (50.11, 8.68),
           "ap-northeast-1": (35.68, 139.69), "ap-southeast-1": (1.35, 103.82), "ap-southeast-2": (-33.87, 151.21),
           "sa-east-1": (-23.55, -46.63), "ap-south-1": (19.08, 72.88), "af-south-1": (-33.92, 18.42)}
LATENCY = list(REGIONS)
GEOLOCATIONS = [{"CountryCode": "US", "SubdivisionCode": "CA"}, {"CountryCode": "US", "SubdivisionCode": "TX"},
                {"CountryCode": "US"}, {"CountryCode": "DE"}, {"CountryCode": "TR"}, {"CountryCode": "IN"},
                {"ContinentCode": "EU"}, {"ContinentCode": "AS"}, {"ContinentCode": "SA"}, {"CountryCode": "*"}]
GEOPROXIMITY = [{"AWSRegion": "us-east-1"}, {"AWSRegion": "us-west-2", "Bias": -40}, {"AWSRegion": "eu-central-1", "Bias": 25},
                {"Coordinates": {"Latitude": "35.69", "Longitude": "139.69"}},
                {"Coordinates": {"Latitude": "-33.9", "Longitude": "18.4"}, "Bias": 60},
                {"Coordinates": {"Latitude": "-23.55", "Longitude": "-46.63"}, "Bias": -99}]
BLOCKS = {"north": ["20.0.0.0/14", "20.8.0.0/13", "21.0.0.0/8"], "south": ["20.2.0.0/15", "22.0.0.0/9", "22.64.16.0/20"],
          "tiny": ["20.3.7.0/24", "22.1.128.0/17"]}


def address(position: int) -> str:
    """Of the endpoint at that position of any group."""
    return f"192.0.2.{position + 1}"


def kilometres(a: tuple[float, float], b: tuple[float, float]) -> float:
    """Great circle, by the haversine formula."""
    phi, other = math.radians(a[0]), math.radians(b[0])
    half = (math.sin((other - phi) / 2) ** 2
            + math.cos(phi) * math.cos(other) * math.sin(math.radians(b[1] - a[1]) / 2) ** 2)
    return 2 * EARTH_KM * math.asin(math.sqrt(half))


def nearest(city: City, endpoints: list[tuple[tuple[float, float], int]]) -> set[int]:
    """Positions of the endpoints (place and bias) that are right: more than one when it is close."""
    def biased(place: tuple[float, float], bias: int) -> float:
        distance = kilometres((city.latitude, city.longitude), place)
        return distance * (1 - bias / 100) if bias >= 0 else distance / (1 + bias / 100)
    distances = [biased(*endpoint) for endpoint in endpoints]
    return {n for n, distance in enumerate(distances) if distance < min(distances) + NEAR_KM}


def right_latency(city: City) -> set[int]:
    return nearest(city, [(REGIONS[region], 0) for region in LATENCY])


def right_geoproximity(city: City) -> set[int]:
    def place(location: dict) -> tuple[float, float]:
        if "AWSRegion" in location:
            return REGIONS[location["AWSRegion"]]
        return float(location["Coordinates"]["Latitude"]), float(location["Coordinates"]["Longitude"])
    return nearest(city, [(place(location), location.get("Bias", 0)) for location in GEOPROXIMITY])


def right_geolocation(city: City) -> set[int]:
    chain = [{"CountryCode": city.country, "SubdivisionCode": city.state}, {"CountryCode": city.country},
             {"ContinentCode": city.continent}, {"CountryCode": "*"}]
    return {GEOLOCATIONS.index(next(location for location in chain if location in GEOLOCATIONS))}


def right_ip_based(client: ipaddress.IPv4Network) -> set[int]:
    """The longest block that the client's block is in; the last position is that of `*`."""
    found = [(ipaddress.ip_network(block).prefixlen, n) for n, blocks in enumerate(BLOCKS.values()) for block in blocks
             if client.subnet_of(ipaddress.ip_network(block))]
    return {max(found)[1] if found else len(BLOCKS)}


class World:
    def __init__(self, seed: int = 20261121):
        chance = random.Random(seed)
        self.networks: list[tuple[ipaddress.IPv4Network, City]] = []
        for number in range(CLIENTS * 2 // 3 + 1):
            outer = ipaddress.ip_network(f"{20 + number // 256}.{number % 256}.0.0/16")
            self.networks.append((outer, chance.choice(CITIES)))
            if number % 2:
                self.networks.append((chance.choice(list(outer.subnets(new_prefix=20))), chance.choice(CITIES)))
        self.by_block = {network: city for network, city in self.networks}
        # One /24 of each network, and not of the network inside it.
        self.clients = [(self.some_client(network, chance), city) for network, city in self.networks][:CLIENTS]

    def some_client(self, network: ipaddress.IPv4Network, chance: random.Random) -> ipaddress.IPv4Network:
        while True:
            client = ipaddress.ip_network((int(network.network_address) + 256 * chance.randrange(network.num_addresses // 256), 24))
            if self.network_of(client) == network:
                return client

    def network_of(self, block: ipaddress.IPv4Network) -> ipaddress.IPv4Network | None:
        """The innermost network that the block is in."""
        for bits in (20, 16):
            if block.prefixlen >= bits and block.supernet(new_prefix=bits) in self.by_block:
                return block.supernet(new_prefix=bits)
        return None

    def write_database(self, path: pathlib.Path) -> pathlib.Path:
        # GeoNames and MaxMind count Turkey, Cyprus and Russia differently from Route 53: what the database says of a
        # continent must not matter where it says the country.
        path.write_bytes(make_mmdb.make([{
            "cidr": str(network), "country": city.country, "continent": {"TR": "AS", "CY": "AS"}.get(city.country, city.continent),
            "subdivision": city.state.strip("-"), "latitude": str(city.latitude), "longitude": str(city.longitude)}
            for network, city in self.networks]))
        return path
