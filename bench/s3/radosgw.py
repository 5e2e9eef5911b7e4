"""Ceph's radosgw on one node: one monitor, one OSD that keeps one copy in memory, no authentication between them, all on one
core. The time of all three counts: without the OSD there is no object.
"""
import os
import pathlib
import shutil
import subprocess
import time
import uuid

from s3_servers import BUCKET, CannotRun, HOST, S3Server, free_port, presign

KEY, SECRET = "BENCHBENCHBENCHBENCH", "secretsecretsecretsecretsecretsecretsecr"
PROGRAMS = ("ceph-mon", "ceph-osd", "radosgw", "radosgw-admin", "ceph", "monmaptool")
PATIENCE = 300  # seconds for a step of the start: most of it is waiting, and longer where others use the machine


class Radosgw(S3Server):
    name = "radosgw"

    def __init__(self, folder: pathlib.Path, core: int):
        super().__init__(folder, core)
        self.processes: list[subprocess.Popen] = []

    def __enter__(self):
        missing = [program for program in PROGRAMS if shutil.which(program) is None]
        if missing:
            raise CannotRun(f"{', '.join(missing)} not installed: tools/install_dependencies --bench")
        try:
            self.begin()
        except (OSError, subprocess.SubprocessError) as why:
            self.__exit__()
            raise CannotRun(str(why)) from why
        return self

    def __exit__(self, *_):
        for process in reversed(self.processes):
            process.kill()
            process.wait()

    def run(self, *command: str) -> str:
        done = subprocess.run([*command, "--conf", str(self.folder / "ceph.conf")], capture_output=True, text=True, timeout=PATIENCE)
        if done.returncode != 0:
            raise OSError(f"{' '.join(command)}: {done.stderr[-500:]}")
        return done.stdout

    def serve(self, *command: str):
        log = open(self.folder / f"{command[0]}.out", "wb")
        self.processes.append(subprocess.Popen(self.pinned(*command, "-f", "--conf", str(self.folder / "ceph.conf")),
                                               stdout=log, stderr=log))

    def begin(self):
        mon, port, fsid = free_port(), free_port(), str(uuid.uuid4())
        self.address = f"{HOST}:{port}"
        for name in ("mon", "osd", "rgw", "run"):
            (self.folder / name).mkdir()
        (self.folder / "ceph.conf").write_text(f"""
[global]
fsid = {fsid}
mon_host = v1:{HOST}:{mon}
mon_initial_members = a
auth_cluster_required = none
auth_service_required = none
auth_client_required = none
osd_pool_default_size = 1
osd_pool_default_min_size = 1
osd_pool_default_pg_num = 8
osd_pool_default_pg_autoscale_mode = off
mon_allow_pool_size_one = true
mon_max_pg_per_osd = 1000
ms_bind_msgr2 = false
public_addr = {HOST}
cluster_addr = {HOST}
run_dir = {self.folder}/run
admin_socket = {self.folder}/run/$name.asok
log_file = {self.folder}/$name.log
debug_ms = 0/0
[mon]
mon_data = {self.folder}/mon
mon_data_avail_warn = 0
mon_data_avail_crit = 0
[osd]
osd_data = {self.folder}/osd
osd_objectstore = memstore
memstore_device_bytes = 4294967296
osd_crush_chooseleaf_type = 0
[client.rgw.a]
rgw_data = {self.folder}/rgw
rgw_frontends = beast endpoint={self.address}
rgw_enable_usage_log = false
rgw_enable_ops_log = false
debug_rgw = 0/0
""")
        self.run("monmaptool", "--create", "--fsid", fsid, "--addv", "a", f"[v1:{HOST}:{mon}]", f"{self.folder}/monmap")
        self.run("ceph-mon", "--mkfs", "-i", "a", "--monmap", f"{self.folder}/monmap")
        self.serve("ceph-mon", "-i", "a")
        osd = str(uuid.uuid4())
        self.retry("ceph", "osd", "new", osd)
        self.run("ceph-osd", "-i", "0", "--mkfs", "--osd-uuid", osd)
        self.serve("ceph-osd", "-i", "0")
        self.run("ceph", "osd", "crush", "add", "osd.0", "1", "root=default", "host=bench")
        self.serve("radosgw", "-n", "client.rgw.a")
        self.retry("radosgw-admin", "-n", "client.rgw.a", "user", "create", "--uid=bench", "--display-name=bench",
                   f"--access-key={KEY}", f"--secret={SECRET}")
        until = time.monotonic() + PATIENCE
        while True:
            try:
                self.request("PUT", "")
                break
            except OSError:
                if time.monotonic() > until:
                    raise
                time.sleep(0.5)
        self.pids = [process.pid for process in self.processes]

    def retry(self, *command: str):
        until = time.monotonic() + PATIENCE
        while True:
            try:
                self.run(*command)
                return
            except OSError:
                if time.monotonic() > until:
                    raise
                time.sleep(0.5)

    def target(self, method: str, key: str) -> str:
        return presign(method, self.host, f"/{BUCKET}" + (f"/{key}" if key else ""), KEY, SECRET)
