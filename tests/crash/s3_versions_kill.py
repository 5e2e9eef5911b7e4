#!/usr/bin/env python3
"""As s3_kill.py, in a bucket with versions: several clients put, delete under markers, and take versions away. After each kill
every acknowledged version is there byte for byte and in its place, those taken away are gone, a change under way is there
whole or not at all, and the disk holds exactly the bytes of the versions that are left.

usage: s3_versions_kill.py [--kills N] [--seed N] [--keys N]
"""
import sys
import urllib.parse

from s3_kill_loop import KIB, MIB, PACKED_MAX, S3, Refused, Server, Version, Writer, items, run, wrong_space

BUCKET = "kill-versions"
VERSIONS_MAX = 12  # of a key, before its writer rather takes some away


class VersionsClient(S3):
    def enable(self):
        self.make_bucket(BUCKET)
        self.call("PUT", f"/{BUCKET}?versioning",
                  b"<VersioningConfiguration><Status>Enabled</Status></VersioningConfiguration>")

    def put_version(self, key: str, data: bytes) -> str:
        return self.call("PUT", self.path(BUCKET, key), data)[0]["x-amz-version-id"]

    def hide(self, key: str) -> str:
        return self.call("DELETE", self.path(BUCKET, key))[0]["x-amz-version-id"]

    def take_away(self, key: str, version_id: str):
        self.call("DELETE", self.path(BUCKET, key) + f"?versionId={version_id}")

    def take_many_away(self, key: str, ids: list[str]):
        objects = "".join(f"<Object><Key>{key}</Key><VersionId>{each}</VersionId></Object>" for each in ids)
        self.call("POST", f"/{BUCKET}?delete", f"<Delete>{objects}</Delete>".encode())

    def get_version(self, key: str, version_id: str) -> bytes:
        return self.call("GET", self.path(BUCKET, key) + f"?versionId={version_id}")[1]

    def versions(self) -> dict[str, list[tuple[str, bool, bool]]]:
        """(id, whether it is a delete marker, whether it is the latest) by key, newest first; in pages of 7."""
        found: dict[str, list[tuple[str, bool, bool]]] = {}
        more = ""
        while True:
            text = self.call("GET", f"/{BUCKET}?versions&max-keys=7{more}")[1]
            for name, marker in (("Version", False), ("DeleteMarker", True)):
                for item in items(text, name):
                    found.setdefault(item["Key"], []).append((item["VersionId"], marker, item["IsLatest"] == "true"))
            page = items(text, "ListVersionsResult")[0]
            if page["IsTruncated"] != "true":
                # An id begins with its number.
                return {key: sorted(entries, reverse=True) for key, entries in found.items()}
            more = "".join(f"&{name}={urllib.parse.quote(page['Next' + element])}" for name, element in
                           (("key-marker", "KeyMarker"), ("version-id-marker", "VersionIdMarker")))


class VersionWriter(Writer):
    """`state`: what a key has, newest first: an id and a Version, or None for a delete marker. `on_top`: what is being put
    on a key; `gone`: which versions of it are being taken away."""

    key = ""
    on_top: list[Version | None] = []
    gone: list[str] = []

    def change(self):
        self.key = self.any_key()
        had = self.state.setdefault(self.key, [])
        full = len(had) >= VERSIONS_MAX
        self.chance.choice([self.take] * 4 + [self.take_many] if full else
                           [self.put] * 8 + [self.hide] * 2 + [self.take] * 3 + [self.take_many])(had)
        self.on_top, self.gone = [], []

    def put(self, had: list):
        size = self.chance.choice((0, self.chance.randrange(8 * KIB), PACKED_MAX + self.chance.randrange(-2, 3),
                                   self.chance.randrange(300 * KIB), self.chance.randrange(2 * MIB)))
        version = Version(self.chance.getrandbits(60), [size])
        self.on_top = [version]
        had.insert(0, (self.client.put_version(self.key, version.data()), version))

    def hide(self, had: list):
        self.on_top = [None]
        had.insert(0, (self.client.hide(self.key), None))

    def take(self, had: list):
        self.gone = [self.chance.choice(had)[0]] if had else []
        for each in self.gone:
            self.client.take_away(self.key, each)
        had[:] = [entry for entry in had if entry[0] not in self.gone]

    def take_many(self, had: list):
        self.gone = [entry[0] for entry in had if self.chance.random() < 0.4]
        if self.gone:
            self.client.take_many_away(self.key, self.gone)
        had[:] = [entry for entry in had if entry[0] not in self.gone]


def settle(client: VersionsClient, writer: VersionWriter, listed: dict) -> list[str]:
    """What is wrong with the writer's keys; its state becomes what was found."""
    wrong = []
    for key in sorted(writer.state):
        known = dict(writer.state[key])
        found = listed.get(key, [])
        mine = key == writer.key
        new = [entry for entry in found if entry[0] not in known]
        if new and mine and writer.on_top and new == found[:1]:
            known[new[0][0]] = writer.on_top[0]
        elif new:
            wrong.append(f"{key}: versions that nobody put: {new}")
        ids = [entry[0] for entry in found]
        wrong += [f"{key}: lost {each}" for each in known if each not in ids and not (mine and each in writer.gone)]
        if ids != sorted(ids, reverse=True) or [entry[2] for entry in found] != [True, *[False] * (len(found) - 1)][:len(found)]:
            wrong.append(f"{key}: out of order: {found}")
        for version_id, marker, latest in found:
            version = known.get(version_id)
            if marker != (version is None):
                wrong.append(f"{key}: {version_id} is {'a marker' if marker else 'an object'}")
            elif not marker and client.get_version(key, version_id) != version.data():
                wrong.append(f"{key}: {version_id} has other bytes")
        try:
            current = client.get(BUCKET, key)
        except Refused as error:
            current = error.status
        top = known.get(ids[0]) if ids else None
        if current != (top.data() if top else 404):
            wrong.append(f"{key}: what a GET answers is not its newest version")
        writer.state[key] = [(each, known.get(each)) for each in ids]
    return wrong


def check(server: Server, writers: list[VersionWriter]) -> list[str]:
    client = VersionsClient(server.api)
    listed = client.versions()
    wrong = [why for writer in writers for why in settle(client, writer, listed)]
    wrong += wrong_space(server, [version for writer in writers for had in writer.state.values() for _, version in had if version])
    client.close()
    return wrong


if __name__ == "__main__":
    sys.exit(run(prepare=lambda server: VersionsClient(server.api).enable(),
                 make_writer=lambda index, api, *more: VersionWriter(index, VersionsClient(api, timeout=20), *more),
                 check=check, count=lambda state: sum(map(len, state.values())), keys=8))
