"""The same routing policies in the words of each server that bench/dns/policies.py compares: ours as record sets, gdnsd's as
plugin resources, Knot's as mod-geoip configurations, PowerDNS's as LUA records. A kind that a server cannot do it leaves
out, and then it is not asked for it.
"""
import textwrap

import policy_sets
from policy_sets import GEOLOCATIONS, LOCATIONS, REGIONS, TTL, WEIGHTS, Kind, World
from servers import Gdnsd, Knot, Ours, PowerDns

APEX = f"""$TTL {TTL}
@ SOA ns1 hostmaster 1 7200 900 1209600 900
@ NS ns1
@ NS ns2
ns1 A 198.18.0.1
ns2 A 198.18.0.2
"""


class WithPolicies:
    """Mixed into a server. Each kind is a zone of its own; what `line` gives for a group is its part of the zone
    file."""
    lacks: tuple[str, ...] = ()
    ready_seconds_max = 300

    def __init__(self, kinds: list[Kind], world: World, core: int | None, workers: int):
        super().__init__([], core, workers)
        self.kinds, self.world = [kind for kind in kinds if kind.name not in self.lacks], world
        folder = self.folder / "zonefiles"
        folder.mkdir()
        for kind in self.kinds:
            path = folder / f"{kind.origin}.zone"
            path.write_text(f"$ORIGIN {kind.origin}.\n{APEX}" + "".join(
                f"{group.name} {self.line(kind, group)}\n" for group in kind.groups if self.line(kind, group)))
            self.zones.append(path)

    def line(self, kind: Kind, group: policy_sets.Group) -> str:
        return f"A {group.addresses[0]}"

    def serves_kind(self, name: str) -> bool:
        return any(kind.name == name for kind in self.kinds)


class OurPolicies(WithPolicies, Ours):
    ARGUMENTS = {
        "weighted2": [f"weighted {weight}" for weight in WEIGHTS["weighted2"]],
        "weighted8": [f"weighted {weight}" for weight in WEIGHTS["weighted8"]],
        "failover": ["failover primary", "failover secondary"],
        "latency": [f"latency {region}" for region in REGIONS],
        "geolocation": ["geolocation - DE", "geolocation EU -", "geolocation NA -", "geolocation - *"],
        "geoproximity": [f"geoproximity {region} 0" for region in REGIONS],
        "multivalue": ["multivalue"] * policy_sets.VALUES,
        "ipbased": [f"ip-based blocks {location}" for location in LOCATIONS],
    }

    def line(self, kind, group):
        return f"A {group.addresses[0]}" if kind.name == "plain" else ""

    def command(self):
        lines = [f"collection blocks {location} {' '.join(blocks)}" for location, blocks in policy_sets.blocks().items()]
        for kind in self.kinds:
            for group in kind.groups if kind.name != "plain" else []:
                lines += [f"set {kind.origin}. {group.name}.{kind.origin}. A {TTL} {address} {n} check{n} {arguments}"
                          for n, (address, arguments) in enumerate(zip(group.addresses, self.ARGUMENTS[kind.name]))]
        (self.folder / "policies").write_text("\n".join(lines) + "\n")
        return super().command() + ["--policies", str(self.folder / "policies"), "--geo-database", str(self.world.database)]


class GdnsdPolicies(WithPolicies, Gdnsd):
    """Names with the same addresses share a resource: one of its own for each would take gdnsd minutes to read."""
    PLUGINS = {"weighted2": "weighted", "weighted8": "weighted", "failover": "simplefo", "latency": "geoip", "geolocation": "geoip",
               "geoproximity": "geoip", "multivalue": "multifo", "ipbased": "geoip"}

    def line(self, kind, group):
        return super().line(kind, group) if kind.name == "plain" else f"DYNA {self.PLUGINS[kind.name]}!{kind.name}-{group.twin}"

    def resource(self, kind: Kind, group: policy_sets.Group) -> str:
        addresses = group.addresses
        if kind.name in WEIGHTS:
            body = " ".join(f"e{n} => [ {address}, {weight} ]" for n, (address, weight) in
                            enumerate(zip(addresses, WEIGHTS[kind.name])))
        elif kind.name == "failover":
            body = f"primary => {addresses[0]} secondary => {addresses[1]}"
        elif kind.name == "multivalue":
            body = " ".join(f"e{n} => {address}" for n, address in enumerate(addresses))
        else:
            body = f"map => {kind.name} dcmap => {{ " + " ".join(f"d{n} => {a}" for n, a in enumerate(addresses)) + " }"
        return f"{kind.name}-{group.twin} => {{ {body} }}\n"

    def maps(self) -> str:
        coordinates = " ".join(f"d{n} => [ {latitude}, {longitude} ]" for n, (latitude, longitude) in enumerate(REGIONS.values()))
        nearest = f"geoip2_db => {self.world.database} datacenters => [ d0, d1, d2 ] auto_dc_coords => {{ {coordinates} }}"
        nets = " ".join(f"{block} => d{LOCATIONS.index(location)}" for location, blocks in policy_sets.blocks().items() for block in blocks)
        every = "datacenters => [ d0, d1, d2, d3 ]"
        maps = {"latency": nearest, "geoproximity": nearest,
                "geolocation": f"geoip2_db => {self.world.database} {every} "
                               "map => { EU => { DE => [ d0 ] default => [ d1 ] } NA => [ d2 ] default => [ d3 ] }",
                "ipbased": f"{every} nets => {{ {nets} 0.0.0.0/0 => d3 }}"}
        return "maps => {\n" + "".join(f"{name} => {{ {body} }}\n" for name, body in maps.items()) + "}\n"

    def command(self):
        command = super().command()
        resources: dict[str, str] = {}
        for kind in self.kinds:
            if kind.name != "plain":
                plugin = self.PLUGINS[kind.name]
                resources[plugin] = resources.get(plugin, "") + "".join(
                    self.resource(kind, group) for group in kind.groups[:policy_sets.ADDRESSES])
        if "geoip" in resources:
            resources["geoip"] = f"{self.maps()}resources => {{\n{resources['geoip']}}}\n"
        config = self.folder / "config"
        config.write_text(config.read_text() + "plugins => {\n" + "".join(
            f"{plugin} => {{\n{body}}}\n" for plugin, body in resources.items()) + "}\n")
        return command


class KnotPolicies(WithPolicies, Knot):
    lacks = ("failover", "latency", "geoproximity", "multivalue")  # mod-geoip has geodb, subnet and weighted
    MODES = {"weighted2": "weighted", "weighted8": "weighted", "geolocation": "geodb", "ipbased": "subnet"}

    def choices(self, kind: Kind) -> list[list[str]]:
        """For each position of a group what leads to it."""
        if kind.name in WEIGHTS:
            return [[f"weight: {weight}"] for weight in WEIGHTS[kind.name]]
        if kind.name == "geolocation":
            codes = ["EU;DE", "EU;*", "NA;*", "*;*"]
            return [[f'geo: "{codes[n]}"'] for n in range(len(GEOLOCATIONS))]
        blocks = policy_sets.blocks() | {"*": ["0.0.0.0/0"]}
        return [[f"net: {block}" for block in blocks[location]] for location in LOCATIONS]

    def command(self):
        modules = "mod-geoip:\n"
        for kind in self.kinds:
            if kind.name == "plain":
                continue
            path, choices = self.folder / f"{kind.name}.conf", self.choices(kind)
            path.write_text("".join(f"{group.name}.{kind.origin}:\n" + "".join(
                f"  - {choice}\n    A: {address}\n" for address, leads in zip(group.addresses, choices) for choice in leads)
                for group in kind.groups))
            modules += f'  - id: {kind.name}\n    config-file: "{path}"\n    ttl: {TTL}\n    mode: {self.MODES[kind.name]}\n'
            if self.MODES[kind.name] == "geodb":
                modules += f'    geodb-file: "{self.world.database}"\n    geodb-key: [continent/code, country/iso_code]\n'
        command = super().command()
        conf = self.folder / "knot.conf"
        text = conf.read_text().replace("server:\n", "server:\n    edns-client-subnet: on\n", 1).replace("zone:\n", f"{modules}zone:\n", 1)
        for kind in self.kinds:
            if kind.name != "plain":
                text = text.replace(f'  - domain: "{kind.origin}."\n', f'  - domain: "{kind.origin}."\n    module: mod-geoip/{kind.name}\n')
        conf.write_text(text)
        return command


class PowerDnsPolicies(WithPolicies, PowerDns):
    """The state of Lua is shared between questions (the faster of its two ways). Failover without its own probes there is
    not."""
    lacks = ("failover",)

    def line(self, kind, group):
        addresses = group.addresses
        every = "{" + ",".join(f"'{address}'" for address in addresses) + "}"
        if kind.name == "plain":
            return super().line(kind, group)
        if kind.name in WEIGHTS:
            script = "pickwrandom({" + ",".join(f"{{{w},'{a}'}}" for a, w in zip(addresses, WEIGHTS[kind.name])) + "})"
        elif kind.name in ("latency", "geoproximity"):
            script = f"pickclosest({every})"
        elif kind.name == "multivalue":
            script = f"pickrandomsample({policy_sets.VALUES},{every})"
        elif kind.name == "geolocation":
            script = (f";if country('DE') then return '{addresses[0]}' elseif continent('EU') then return '{addresses[1]}' "
                      f"elseif continent('NA') then return '{addresses[2]}' else return '{addresses[3]}' end")
        else:
            blocks = policy_sets.blocks() | {"*": ["0.0.0.0/0"]}
            script = "view({" + ",".join("{{" + ",".join(f"'{block}'" for block in blocks[location]) + f"}},{{'{address}'}}}}"
                                         for location, address in zip(LOCATIONS, addresses)) + "})"
        # A character string of a zone file has 255 bytes at most, and PowerDNS puts a blank between two.
        return "LUA A " + " ".join(f'"{part}"' for part in textwrap.wrap(script.replace(",", ", "), 250))

    def command(self):
        command = super().command()
        (self.folder / "geo.yaml").write_text("domains: []\n")
        conf = self.folder / "pdns.conf"
        conf.write_text(conf.read_text().replace("launch=bind\n", "launch=bind,geoip\n") + f"""
enable-lua-records=shared
edns-subnet-processing=yes
geoip-database-files=mmdb:{self.world.database}
geoip-zones-file={self.folder}/geo.yaml
""")
        return command


ALL = {kind.name: kind for kind in (OurPolicies, GdnsdPolicies, KnotPolicies, PowerDnsPolicies)}
