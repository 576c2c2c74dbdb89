"""The gateway as a whole, on the cluster at RAY_ADDRESS: `RAY_ADDRESS=… RAY_CLIENT_ADDRESS=ray://… python
concurry-ray/tests/on_cluster.py`.

The program that it ships is a script that sends back what it reads.
"""

import json
import os
import pathlib
import platform
import random
import socket
import struct
import subprocess
import sys
import tempfile
import time
import unittest

import ray

sys.path.insert(0, str(pathlib.Path(__file__).parent.parent / "src"))
import gateway

# As the driver starts it, but for where the source comes from.
START = """
import sys, types
module = types.ModuleType("concurry_gateway")
sys.modules["concurry_gateway"] = module
exec(compile(open(sys.argv[1]).read(), "concurry_gateway", "exec"), module.__dict__)
module.main()
"""

ECHO = f"""#!{sys.executable}
import os
while True:
    data = os.read(0, 1 << 20)
    if not data: break
    while data: data = data[os.write(0, data):]
"""

MACHINE = f"{platform.system()} {platform.machine()}".replace("arm64", "aarch64")


def is_alive(process):
    """Whether it is there, and not only its exit code."""
    try:
        stat = pathlib.Path(f"/proc/{process}/stat").read_text()
    except OSError:
        return False
    return stat.rsplit(") ", 1)[1][0] not in "ZX"


class Driver:
    def __init__(self, **connect):
        self.ours, theirs = socket.socketpair()
        self.ours.settimeout(60)
        self.reader = gateway.Reader(self.ours)
        with theirs:
            self.process = subprocess.Popen(
                [sys.executable, "-c", START, gateway.__file__], stdin=theirs
            )
        order = {"protocol": gateway.PROTOCOL, "address": os.environ["RAY_ADDRESS"]}
        self.tell(gateway.CONNECT, 0, **{**order, "namespace": None, "local": {}, **connect})
        self.connected = self.receive()

    def send(self, kind, link=0, body=b""):
        self.ours.sendall(struct.pack(gateway.HEADER_FORMAT, len(body), kind, 0, link) + body)

    def tell(self, kind, link, **message):
        self.send(kind, link, json.dumps(message).encode())

    def receive(self):
        header = self.reader.take(gateway.HEADER)
        length, kind, _, link = struct.unpack(gateway.HEADER_FORMAT, header)
        body = bytes(self.reader.take(length))
        return kind, link, body if kind == gateway.RETURNED else json.loads(body)

    def ship(self, path):
        self.tell(
            gateway.PROGRAM, 1, files=[{"path": path, "name": "echo", "executable": True}]
        )
        kind, _, message = self.receive()
        assert kind == gateway.STORED, message
        return message["program"]

    def start(self, link, program, name="Echo-0", machine=MACHINE, before=0, **actor):
        self.tell(
            gateway.START,
            link,
            title=name,
            actor={"num_cpus": 0.01, "name": name, **actor},
            labels={"concurry-worker": "Echo"},
            program=program,
            arguments=[],
            environment={},
            machine=machine,
            logs=False,
            greeting="",
            table=0,
            memory=None,
            instead_of=before,
            **{"class": "Echo"},
        )
        return self.receive()

    def end(self):
        self.ours.close()
        return self.process.wait(60)


class OnCluster(unittest.TestCase):
    def setUp(self):
        file = tempfile.NamedTemporaryFile("w", suffix=".py")
        file.write(ECHO)
        file.flush()
        self.addCleanup(file.close)
        self.path = file.name

    def driver(self, **connect):
        driver = Driver(**connect)
        self.addCleanup(driver.end)
        return driver

    def echo(self, driver, link, data):
        driver.send(gateway.DATA, link, data)
        kind, about, body = driver.receive()
        self.assertEqual((kind, about, body[9:]), (gateway.RETURNED, link, data))

    def test_a_program_is_shipped_and_found_again_by_the_next_driver(self):
        for _ in range(2):
            driver = self.driver()
            program = driver.ship(self.path)
            kind, link, started = driver.start(5, program)
            self.assertEqual((kind, link), (gateway.STARTED, 5), started)
            self.echo(driver, 5, b"hello")
            self.assertFalse(started["shares_memory"])
            driver.end()

    def test_without_common_memory_large_data_goes_through_the_object_store(self):
        self.send_large_data(self.driver())

    def test_through_a_client_server_large_data_is_plain(self):
        self.send_large_data(self.driver(address=os.environ["RAY_CLIENT_ADDRESS"]))

    def send_large_data(self, driver):
        kind, _, started = driver.start(5, driver.ship(self.path))
        self.assertEqual(kind, gateway.STARTED, started)
        sent = random.Random(1).randbytes(3 << 20)
        driver.send(gateway.DATA, 5, sent)
        received = {}
        while sum(map(len, received.values())) < len(sent):
            kind, _, body = driver.receive()
            self.assertEqual(kind, gateway.RETURNED, body)
            if body:
                (number,) = struct.unpack_from("<Q", body)
                received[number] = body[9:]
            driver.send(gateway.DATA, 5)
        self.assertEqual(b"".join(received[number] for number in sorted(received)), sent)

    def test_a_node_of_another_kind_is_named(self):
        driver = self.driver()
        kind, _, lost = driver.start(5, driver.ship(self.path), machine="Linux sparc64")
        self.assertEqual((kind, lost["code"]), (gateway.LOST, "machine"))
        self.assertIn("sparc64", lost["text"])
        self.assertIn(MACHINE, lost["text"])

    def test_a_place_that_there_is_not_costs_nobody_else_anything(self):
        driver = self.driver()
        program = driver.ship(self.path)
        self.assertEqual(driver.start(5, program)[0], gateway.STARTED)
        for link, node in (6, "f" * 56), (7, "no node"):
            kind, about, refused = driver.start(link, program, scheduling_strategy={"node": node})
            self.assertEqual((kind, about, refused["code"]), (gateway.REFUSED, link, "options"))
            self.assertIn("node", refused["text"])
        self.echo(driver, 5, b"hello")

    def test_actors_have_names_and_classes_that_tell_what_they_are(self):
        driver = self.driver(namespace="on-cluster")
        kind, _, started = driver.start(5, driver.ship(self.path), name="Echo-7")
        self.assertEqual(kind, gateway.STARTED, started)
        ray.init(address=os.environ["RAY_ADDRESS"], log_to_driver=False, logging_level="ERROR")
        self.addCleanup(ray.shutdown)
        actor = ray._private.state.actors(started["actor"])
        self.assertEqual((actor["ActorClassName"], actor["Name"]), ("Echo", "Echo-7"))
        named = ray.util.list_named_actors(all_namespaces=True)
        self.assertIn({"name": "Echo-7", "namespace": "on-cluster"}, named)
        driver.end()
        gone = ray._private.state.actors(started["actor"])
        self.assertEqual(gone["State"], "DEAD")

    def test_garbage_ends_the_gateway_and_its_actors(self):
        driver = self.driver()
        kind, _, started = driver.start(5, driver.ship(self.path))
        self.assertEqual(kind, gateway.STARTED, started)
        driver.send(77)
        kind, _, refused = driver.receive()
        self.assertEqual((kind, refused["code"]), (gateway.REFUSED, "protocol"))
        self.assertEqual(driver.process.wait(60), 0)
        until = time.monotonic() + 60
        while is_alive(started["process"]):
            self.assertLess(time.monotonic(), until, "its worker is left")


if __name__ == "__main__":
    unittest.main()
