"""Route 53 calls over one kept connection, unsigned, for a server in --dev mode: what a fast test needs and no SDK."""
import http.client
import re
import socket

NAMESPACE = "https://route53.amazonaws.com/doc/2013-04-01/"


class Refused(Exception):
    def __init__(self, status: int, body: str):
        super().__init__(f"{status}: {body}")
        self.status = status
        self.body = body


class Route53:
    def __init__(self, address: tuple[str, int], timeout: float = 30):
        self.connection = http.client.HTTPConnection(*address, timeout=timeout)
        self.connection.connect()
        self.connection.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def close(self):
        self.connection.close()

    def call(self, method: str, path: str, body: str | None = None) -> str:
        headers = {"Content-Type": "application/xml"} if body else {}
        self.connection.request(method, "/2013-04-01/" + path, body, headers)
        response = self.connection.getresponse()
        text = response.read().decode()
        if response.status >= 300:
            raise Refused(response.status, text)
        return text

    def create_zone(self, name: str, reference: str) -> str:
        made = self.call("POST", "hostedzone", f'<CreateHostedZoneRequest xmlns="{NAMESPACE}"><Name>{name}</Name>'
                         f"<CallerReference>{reference}</CallerReference></CreateHostedZoneRequest>")
        return re.search(r"<Id>/hostedzone/(\w+)</Id>", made).group(1)

    def change(self, zone: str, changes: list[tuple[str, str, int, str]]) -> str:
        """Changes are (action, name, ttl, IPv4 address); returns the change's id."""
        parts = "".join(
            f"<Change><Action>{action}</Action><ResourceRecordSet><Name>{name}</Name><Type>A</Type><TTL>{ttl}</TTL>"
            f"<ResourceRecords><ResourceRecord><Value>{value}</Value></ResourceRecord></ResourceRecords>"
            f"</ResourceRecordSet></Change>" for action, name, ttl, value in changes)
        made = self.call("POST", f"hostedzone/{zone}/rrset/",
                         f'<ChangeResourceRecordSetsRequest xmlns="{NAMESPACE}"><ChangeBatch><Changes>{parts}</Changes>'
                         "</ChangeBatch></ChangeResourceRecordSetsRequest>")
        return re.search(r"<Id>/change/(\w+)</Id>", made).group(1)

    def change_status(self, change: str) -> str:
        return re.search(r"<Status>(\w+)</Status>", self.call("GET", f"change/{change}")).group(1)

    def record_names(self, zone: str) -> list[str]:
        names, start = [], ""
        while True:
            page = self.call("GET", f"hostedzone/{zone}/rrset?maxitems=300{start}")
            names += re.findall(r"<ResourceRecordSet><Name>([^<]*)</Name>", page)
            following = re.search(r"<NextRecordName>([^<]*)</NextRecordName><NextRecordType>(\w+)<", page)
            if not following:
                return names
            start = f"&name={following.group(1)}&type={following.group(2)}"
