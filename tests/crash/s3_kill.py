#!/usr/bin/env python3
"""Kills a whole server with SIGKILL again and again while several clients put, overwrite, upload in parts and delete
objects, and checks after each restart: every acknowledged object is there byte for byte, none is a mixture, a change under
way is there whole or not at all, and the disk holds nothing but what the store refers to.

usage: s3_kill.py [--kills N] [--seed N] [--keys N]
"""
import sys

from s3_kill_loop import KIB, MIB, PACKED_MAX, S3, Refused, Server, Version, Writer, run, wrong_space

BUCKET = "kill"


class ObjectWriter(Writer):
    """`state`: what each key holds. `pending`: the change under way, a key's new state, or several."""

    pending: dict[str, Version | None] = {}

    def change(self):
        self.chance.choice([self.put] * 12 + [self.upload] * 2 + [self.delete] * 4 + [self.delete_many, self.forsake])()
        self.state.update(self.pending)
        self.pending = {}

    def put(self):
        size = self.chance.choice((0, 1, self.chance.randrange(8 * KIB), self.chance.randrange(8 * KIB),
                                   PACKED_MAX + self.chance.randrange(-2, 3), self.chance.randrange(300 * KIB),
                                   self.chance.randrange(3 * MIB)))
        key, version = self.any_key(), Version(self.chance.getrandbits(60), [size])
        self.pending = {key: version}
        self.client.put(BUCKET, key, version.data())

    def upload(self):
        sizes = [5 * MIB, self.chance.randrange(1, 200 * KIB)]
        key, version = self.any_key(), Version(self.chance.getrandbits(60), sizes)
        upload = self.client.begin_upload(BUCKET, key)
        etags = [self.client.put_part(BUCKET, key, upload, n + 1, version.part(n)) for n in range(len(sizes))]
        self.client.put_part(BUCKET, key, upload, len(sizes) + 1, b"a part that is not chosen")
        self.pending = {key: version}
        self.client.complete(BUCKET, key, upload, etags)

    def forsake(self):
        key = self.any_key()
        upload = self.client.begin_upload(BUCKET, key)
        for number in (1, 2, 2):
            self.client.put_part(BUCKET, key, upload, number, bytes(self.chance.randrange(500 * KIB)))
        if self.chance.random() < 0.5:
            self.client.abort(BUCKET, key, upload)

    def delete(self):
        key = self.any_key()
        self.pending = {key: None}
        self.client.delete(BUCKET, key)

    def delete_many(self):
        keys = {self.any_key() for _ in range(5)}
        self.pending = {key: None for key in keys}
        self.client.delete_many(BUCKET, sorted(keys))


def find(client: S3, key: str) -> bytes | None:
    try:
        return client.get(BUCKET, key)
    except Refused as error:
        if error.status == 404:
            return None
        raise


def settle(client: S3, writer: ObjectWriter) -> list[str]:
    """What is wrong with the writer's objects; its state becomes what was found."""
    wrong = []
    for key in sorted(set(writer.state) | set(writer.pending)):
        allowed = [writer.state.get(key)] + ([writer.pending[key]] if key in writer.pending else [])
        found = find(client, key)
        matching = [version for version in allowed if (version.data() if version else None) == found]
        if not matching:
            sizes = [sum(version.parts) if version else None for version in allowed]
            wrong.append(f"{key}: expected one of {sizes} bytes, found {None if found is None else len(found)} that differ")
        writer.state[key] = matching[0] if matching else allowed[0]
    return wrong


def check(server: Server, writers: list[ObjectWriter]) -> list[str]:
    client = S3(server.api)
    wrong = [why for writer in writers for why in settle(client, writer)]
    state = {key: version for writer in writers for key, version in writer.state.items() if version}
    if client.sizes(BUCKET) != {key: sum(version.parts) for key, version in state.items()}:
        wrong.append("the listing is not what was put")
    for key, upload in client.uploads(BUCKET):
        client.abort(BUCKET, key, upload)
    wrong += wrong_space(server, list(state.values()))
    client.close()
    return wrong


if __name__ == "__main__":
    sys.exit(run(prepare=lambda server: S3(server.api).make_bucket(BUCKET),
                 make_writer=lambda index, api, *more: ObjectWriter(index, S3(api, timeout=20), *more),
                 check=check, count=lambda state: sum(1 for version in state.values() if version), keys=25))
