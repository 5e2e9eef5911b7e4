"""A server with the test's world, and the few calls that tests of policies make of it."""
import os
import pathlib
import sys

import boto3
from botocore.config import Config

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
from dns_client import DnsClient  # noqa: E402
from meridian_server import Server  # noqa: E402
from world import BLOCKS, GEOLOCATIONS, GEOPROXIMITY, LATENCY, World, address  # noqa: E402

ZONE = "policy.test"
TTL = 60
FULL = os.environ.get("POLICIES_FULL") == "1"  # `run --full`
MULTIVALUE = 12  # record sets, of which an answer carries eight


class Client:
    """The API of a server or a control, and one hosted zone."""

    def __init__(self, endpoint: tuple[str, int], credentials: pathlib.Path):
        keys = dict(line.replace(" ", "").split("=", 1) for line in credentials.read_text().splitlines() if "=" in line)
        self.api = boto3.client("route53", region_name="us-east-1", endpoint_url="http://%s:%d" % endpoint,
                                aws_access_key_id=keys["aws_access_key_id"], aws_secret_access_key=keys["aws_secret_access_key"],
                                config=Config(retries={"total_max_attempts": 4}))
        self.zone = None

    def make_zone(self, name: str = ZONE) -> None:
        self.zone = self.api.create_hosted_zone(Name=name, CallerReference=name)["HostedZone"]["Id"]

    def change(self, action: str, record_sets: list[dict]) -> None:
        """Waits until it is answered everywhere."""
        change = self.api.change_resource_record_sets(HostedZoneId=self.zone, ChangeBatch={"Changes": [
            {"Action": action, "ResourceRecordSet": record_set} for record_set in record_sets]})["ChangeInfo"]["Id"]
        self.api.get_waiter("resource_record_sets_changed").wait(Id=change, WaiterConfig={"Delay": 0.01, "MaxAttempts": 2000})

    def put_group(self, name: str, policies: list[dict], **more) -> None:
        """A record set a policy, with the address of its position."""
        self.change("CREATE", [record_set(name, n, policy | more) for n, policy in enumerate(policies)])

    def put_every_policy(self) -> None:
        """`weighted`, `failover`, `latency`, `geo`, `near`, `multi`, `ip` below the zone's name."""
        self.check = check = self.make_health_check("of every policy")  # of the primary
        self.put_group("weighted", [{"Weight": 0}, {"Weight": 7}])
        self.put_group("failover", [{"Failover": "PRIMARY", "HealthCheckId": check}, {"Failover": "SECONDARY"}])
        self.put_group("latency", [{"Region": region} for region in LATENCY])
        self.put_group("geo", [{"GeoLocation": location} for location in GEOLOCATIONS])
        self.put_group("near", [{"GeoProximityLocation": location} for location in GEOPROXIMITY])
        self.put_group("multi", [{"MultiValueAnswer": True}] * MULTIVALUE)
        collection = self.make_collection("blocks", BLOCKS)
        self.put_group("ip", [{"CidrRoutingConfig": {"CollectionId": collection, "LocationName": location}}
                              for location in [*BLOCKS, "*"]])

    def make_health_check(self, reference: str) -> str:
        return self.api.create_health_check(CallerReference=reference, HealthCheckConfig={
            "Type": "TCP", "FullyQualifiedDomainName": f"www.{ZONE}", "Port": 80})["HealthCheck"]["Id"]

    def make_collection(self, name: str, locations: dict[str, list[str]]) -> str:
        made = self.api.create_cidr_collection(Name=name, CallerReference=name)["Collection"]["Id"]
        self.api.change_cidr_collection(Id=made, Changes=[
            {"LocationName": location, "Action": "PUT", "CidrList": blocks} for location, blocks in locations.items()])
        return made


def record_set(name: str, position: int, members: dict) -> dict:
    return {"Name": f"{name}.{ZONE}", "Type": "A", "SetIdentifier": f"{name}-{position}", "TTL": TTL,
            "ResourceRecords": [{"Value": address(position)}]} | members


class PolicyServer(Server):
    """`dns_client` asks it, `client` changes it. What is healthy is what tests say: nobody probes."""

    def __init__(self, world: World, *options: str):
        super().__init__("--no-health-probes", *options)
        self.world = world
        self.options = (*self.options, *location_options(world, self.directory))
        self.client = self.dns_client = None

    def start(self):
        super().start()
        zone = self.client.zone if self.client else None
        self.client = Client(self.api, self.directory / "credentials")
        self.client.zone = zone
        self.dns_client = DnsClient(self.dns, timeout=3)

    def stop(self) -> int:
        if self.dns_client:
            self.dns_client.close()
            self.dns_client = None
        return super().stop()


def location_options(world: World, directory: pathlib.Path) -> list[str]:
    return ["--geo-database", str(world.write_database(directory / "world.mmdb"))]
