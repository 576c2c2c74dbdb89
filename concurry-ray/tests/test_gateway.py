"""Tests of the gateway that need no cluster: `python3 -m unittest discover concurry-ray/tests`."""

import concurrent.futures
import contextlib
import importlib.util
import json
import os
import pathlib
import random
import signal
import socket
import struct
import sys
import tempfile
import threading
import unittest
import unittest.mock

PATH = pathlib.Path(__file__).parent.parent / "src" / "gateway.py"
SPECIFICATION = importlib.util.spec_from_file_location("concurry_gateway", PATH)
gateway = importlib.util.module_from_spec(SPECIFICATION)
SPECIFICATION.loader.exec_module(gateway)



def child(script, logs=False, **more):
    return gateway.Child([sys.executable, "-c", script], {}, None, logs, **more)


ECHO_SCRIPT = """
import os
while True:
    data = os.read(0, 1 << 20)
    if not data: break
    while data: data = data[os.write(0, data):]
"""


def parts(returned):
    """Number, kind and data of what an exchange returned."""
    head, data = returned if isinstance(returned, tuple) else (returned[:9], returned[9:])
    number, kind = struct.unpack("<QB", head)
    return number, kind, bytes(data)


def ended(returned):
    _, kind, data = parts(returned)
    assert kind == gateway.ENDED, kind
    (length,) = struct.unpack_from("<I", data)
    return json.loads(data[4 : 4 + length]), data[4 + length :]


@contextlib.contextmanager
def rooms(mark=b"a mark"):
    """The memory of a link, as the driver makes it."""
    file = os.memfd_create("rooms")
    try:
        os.pwrite(file, mark, gateway.EXCHANGES * gateway.BULK)
        yield {"path": f"/proc/{os.getpid()}/fd/{file}", "mark": mark.hex()}, file
    finally:
        os.close(file)


class ChildTest(unittest.TestCase):
    def start(self, script=ECHO_SCRIPT, **more):
        process = child(script, **more)
        self.addCleanup(process.process.wait)
        self.addCleanup(process.kill)
        return process

    def test_what_is_written_comes_out_and_back(self):
        echo = self.start()
        self.assertEqual(parts(echo.exchange(0, b"hello")), (0, gateway.OUTPUT, b"hello"))
        self.assertEqual(parts(echo.exchange(1, b"again")), (1, gateway.OUTPUT, b"again"))

    def test_exchanges_that_overtake_each_other_write_in_order(self):
        echo = self.start()
        numbers = list(range(gateway.EXCHANGES))
        random.Random(1).shuffle(numbers)
        with concurrent.futures.ThreadPoolExecutor(gateway.EXCHANGES) as threads:
            futures = [threads.submit(echo.exchange, n, b"%d," % n) for n in numbers]
            expected = b"".join(b"%d," % n for n in range(gateway.EXCHANGES))
            received = {}
            next_number = gateway.EXCHANGES
            while len(b"".join(data for _, data in sorted(received.items()))) < len(expected):
                done, futures = concurrent.futures.wait(
                    futures, return_when=concurrent.futures.FIRST_COMPLETED
                )
                futures = list(futures)
                for future in done:
                    if future.result():
                        number, _, data = parts(future.result())
                        received[number] = data
                    futures.append(threads.submit(echo.exchange, next_number, b""))
                    next_number += 1
            self.assertEqual(b"".join(data for _, data in sorted(received.items())), expected)
            echo.kill()

    def test_two_exchanges_wait_and_others_return_at_once(self):
        quiet = self.start("import os; os.read(0, 100); os.read(0, 100)")
        with concurrent.futures.ThreadPoolExecutor(gateway.EXCHANGES) as threads:
            futures = [threads.submit(quiet.exchange, n, b"") for n in range(6)]
            returned = concurrent.futures.wait(
                futures, timeout=60, return_when=concurrent.futures.FIRST_COMPLETED
            )
            while len(returned.done) < 4:
                returned = concurrent.futures.wait(
                    returned.not_done, return_when=concurrent.futures.FIRST_COMPLETED
                )
                returned = concurrent.futures.wait(futures, timeout=0)
            self.assertEqual([future.result() for future in returned.done], [b""] * 4)
            self.assertEqual(len(returned.not_done), 2)
            quiet.kill()
            last = [future.result() for future in futures if future.result()]
            self.assertEqual(len(last), 1)
            self.assertEqual(ended(last[0])[0]["code"], -signal.SIGKILL)

    def test_large_data_crosses_whole_in_both_directions(self):
        echo = self.start()
        sent = random.Random(2).randbytes(9 << 20)
        received = []
        with concurrent.futures.ThreadPoolExecutor(gateway.EXCHANGES) as threads:
            writing = threads.submit(echo.exchange, 0, sent)
            number = 1
            while sum(len(data) for _, data in received) < len(sent):
                for future in [threads.submit(echo.exchange, number, b"")]:
                    number += 1
                    if future.result():
                        count, kind, data = parts(future.result())
                        self.assertEqual(kind, gateway.OUTPUT)
                        received.append((count, data))
                if writing is not None and writing.done():
                    if writing.result():
                        count, _, data = parts(writing.result())
                        received.append((count, data))
                    writing = None
            self.assertEqual(b"".join(data for _, data in sorted(received)), sent)

    def test_what_is_large_goes_through_the_room_of_its_exchange(self):
        with rooms() as (order, file):
            echo = self.start(rooms=gateway.opened(order))
            sent = random.Random(3).randbytes(1 << 20)
            os.pwrite(file, sent, 2 * gateway.BULK)
            number, room, received = 0, 2, b""
            while len(received) < len(sent):
                data = memoryview(echo.rooms)[2 * gateway.BULK :][: len(sent)] if number == 0 else b""
                returned = echo.exchange(number, data, room=room)
                _, kind, more = parts(returned)
                if kind == gateway.IN_ROOM:
                    more = os.pread(file, struct.unpack("<I", more)[0], room * gateway.BULK)
                received += more
                number, room = number + 1, (room + 1) % gateway.EXCHANGES
            self.assertEqual(received, sent)
            echo.kill()

    def test_memory_of_another_machine_is_not_taken_for_the_drivers(self):
        with rooms() as (order, _):
            self.assertIsNotNone(gateway.opened(order))
            self.assertIsNone(gateway.opened({**order, "mark": b"another".hex()}))
            for path in ("/proc/self/fd/999", "/dev/null", os.devnull, "/proc/self/stat", "/"):
                self.assertIsNone(gateway.opened({**order, "path": path}), path)
        self.assertIsNone(gateway.opened(None))

    def test_an_end_tells_the_code_the_log_and_the_table(self):
        script = "import os, sys; print('last words', file=sys.stderr); sys.exit(7)"
        process = self.start(script, logs=True)
        number, returned = 0, b""
        while not returned or parts(returned)[1] != gateway.ENDED:
            returned = process.exchange(number, b"")
            number += 1
        message, table = ended(returned)
        self.assertEqual(message["code"], 7)
        self.assertIn("last words", message["log"])
        self.assertEqual(table, b"")
        self.assertEqual(process.exchange(number, b"late"), b"")

    def test_the_greeting_and_the_table_are_there_before_anything_else(self):
        script = """
import mmap, os, socket
channel = socket.socket(fileno=0)
greeting, descriptors, _, _ = socket.recv_fds(channel, 100, 2)
assert greeting == b'greeting', greeting
table = mmap.mmap(descriptors[0], 8)
table[:8] = b'12345678'
"""
        process = self.start(script, greeting=b"greeting", table=8)
        message, table = ended(process.exchange(0, b""))
        self.assertEqual((message["code"], table), (0, b"12345678"))

    def test_logs_come_in_between(self):
        process = self.start("print('hello', flush=True); import os; os.read(0, 1)", logs=True)
        text, number = b"", 0
        while not text.endswith(b"\n"):
            _, kind, more = parts(process.exchange(number, b""))
            self.assertEqual(kind, gateway.LOG)
            text, number = text + more, number + 1
        self.assertEqual(text, b"hello\n")
        process.kill()

    def test_one_that_closes_its_socket_and_lives_is_ended(self):
        process = self.start("import os, time; os.close(0); time.sleep(1000)")
        self.assertEqual(ended(process.exchange(0, b""))[0]["code"], -signal.SIGKILL)


class ProgramTest(unittest.TestCase):
    """What is on a node under its digest is not fetched again."""

    def setUp(self):
        directory = tempfile.TemporaryDirectory()
        self.addCleanup(directory.cleanup)
        session = unittest.mock.patch.object(gateway, "session_directory", lambda: directory.name)
        session.start()
        self.addCleanup(session.stop)
        self.ray = FakeRay()
        self.addCleanup(self.ray.shutdown)
        known = unittest.mock.patch.dict(sys.modules, ray=self.ray)
        known.start()
        self.addCleanup(known.stop)
        self.path = os.path.join(directory.name, "program")
        self.write(b"one")
        self.files = [{"path": self.path, "name": "bin/it", "executable": True}]

    def write(self, content):
        with open(self.path, "wb") as file:
            file.write(content)

    def test_a_node_that_lacks_it_says_so_and_gets_it_once(self):
        program = gateway.Program(self.files)
        with self.assertRaises(gateway.Refused) as refused:
            gateway.install(program.digest, program.listed())
        self.assertEqual(refused.exception.code, "lacking")
        directory = gateway.install(program.digest, program.stored(self.ray))
        installed = os.path.join(directory, "bin", "it")
        self.assertTrue(os.access(installed, os.X_OK))
        self.assertEqual(open(installed, "rb").read(), b"one")
        self.assertEqual(gateway.install(program.digest, program.listed()), directory)
        program.stored(self.ray)
        self.assertEqual(self.ray.puts, 1)

    def test_another_content_is_another_program(self):
        first = gateway.Program(self.files)
        self.write(b"two")
        self.assertNotEqual(gateway.Program(self.files).digest, first.digest)
        with self.assertRaises(gateway.Refused):
            first.stored(self.ray)

    def test_a_file_that_is_not_there_is_named(self):
        self.files[0]["path"] = "there/is/none"
        with self.assertRaises(gateway.Refused) as refused:
            gateway.Program(self.files)
        self.assertIn("there/is/none", str(refused.exception))


class HostTest(unittest.TestCase):
    def test_another_machine_is_refused_by_name(self):
        host = gateway.Host("Echo-0")
        with self.assertRaises(gateway.Refused) as refused:
            host.start(5, {"machine": "Linux sparc64"}, [])
        self.assertEqual(refused.exception.code, "machine")
        self.assertIn("sparc64", str(refused.exception))


class VersionTest(unittest.TestCase):
    def refusal(self, ray):
        with unittest.mock.patch.dict(sys.modules, ray=ray), self.assertRaises(gateway.Refused) as it:
            gateway.import_ray()
        return it.exception

    def test_a_ray_that_is_too_old_is_refused_with_both_versions(self):
        ray = FakeRay()
        self.addCleanup(ray.shutdown)
        ray.__version__ = "2.9.3"
        refusal = self.refusal(ray)
        self.assertEqual(refusal.code, "ray-version")
        self.assertIn("2.9.3", str(refusal))
        self.assertIn(".".join(map(str, gateway.MINIMUM_RAY)), str(refusal))

    def test_without_ray_that_is_said(self):
        self.assertEqual(self.refusal(None).code, "ray")


class ReaderTest(unittest.TestCase):
    def test_messages_come_out_however_they_were_cut(self):
        random_numbers = random.Random(1)
        sizes = [0, 1, 16, gateway.INLINE - 1, gateway.INLINE, gateway.INLINE + 1, 3 * gateway.INLINE]
        sizes = sizes * 5 + [random_numbers.randrange(300) for _ in range(2000)]
        random_numbers.shuffle(sizes)
        stream = random_numbers.randbytes(sum(sizes))
        ours, theirs = socket.socketpair()

        def write():
            with ours:
                rest = memoryview(stream)
                while rest:
                    sent = ours.send(rest[: random_numbers.choice((1, 15, 400, 200_000))])
                    rest = rest[sent:]

        with theirs, concurrent.futures.ThreadPoolExecutor(1) as threads:
            threads.submit(write)
            reader = gateway.Reader(theirs)
            taken = b"".join(bytes(reader.take(size)) for size in sizes)
            self.assertIsNone(reader.take(1))
        self.assertEqual(taken, stream)

    def test_what_is_cut_off_is_nothing(self):
        ours, theirs = socket.socketpair()
        with theirs:
            with ours:
                ours.sendall(b"half")
            self.assertIsNone(gateway.Reader(theirs).take(8))


class HeadTest(unittest.TestCase):
    def listener(self, port=0):
        listener = socket.socket()
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(("127.0.0.1", port))
        listener.listen()
        self.addCleanup(listener.close)
        return listener, listener.getsockname()[1]

    def test_how_long_it_may_be_away_is_said_in_seconds(self):
        self.assertEqual(gateway.head_timeout({}), gateway.HEAD_TIMEOUT)
        self.assertEqual(gateway.head_timeout({gateway.HEAD_VARIABLE: ""}), gateway.HEAD_TIMEOUT)
        self.assertEqual(gateway.head_timeout({gateway.HEAD_VARIABLE: "60"}), 60)
        for text in ("0", "-1", "1.5", "soon", "nan", "٣"):
            with self.assertRaises(gateway.Refused) as refused:
                gateway.head_timeout({gateway.HEAD_VARIABLE: text})
            self.assertIn(text, str(refused.exception))
            self.assertIn(gateway.HEAD_VARIABLE, str(refused.exception))

    def test_a_head_that_comes_back_is_not_gone_and_one_that_does_not_is(self):
        head, port = self.listener()
        with concurrent.futures.ThreadPoolExecutor(1) as threads:
            gone = threads.submit(gateway.until_gone, f"127.0.0.1:{port}", 1)
            # Closed while nothing listens, as a process ends that starts again.
            connection, _ = head.accept()
            head.close()
            connection.close()
            head, _ = self.listener(port)
            connection, _ = head.accept()
            self.assertFalse(gone.done())
            head.close()
            connection.close()
            self.assertIn("refused", gone.result(60))


class FakeRay:
    """As much of Ray as the gateway asks for, on threads of this process."""

    class exceptions:
        pass

    def __init__(self):
        self.killed = []
        self.puts = 0
        self.threads = concurrent.futures.ThreadPoolExecutor(32)

    def remote(self, **_):
        return lambda kind: FakeActorClass(self, kind)

    def put(self, value):
        self.puts += 1
        return value

    def get(self, reference):
        return reference

    def kill(self, actor):
        self.killed.append(actor)
        if actor.instance.child is not None:
            actor.instance.child.kill()

    def nodes(self):
        return [{"Alive": True, "Resources": {"CPU": 2.0}}]

    def cluster_resources(self):
        return {"CPU": 2.0}

    available_resources = cluster_resources

    def shutdown(self):
        self.threads.shutdown()


class FakeActorClass:
    def __init__(self, ray, kind):
        self.ray, self.kind = ray, kind

    def options(self, **options):
        self.given = options
        return self

    def remote(self, *arguments):
        return FakeActor(self.ray, self.kind(*arguments))


class FakeActor:
    def __init__(self, ray, instance):
        self.ray, self.instance = ray, instance

    def __getattr__(self, name):
        return FakeMethod(self.ray, getattr(self.instance, name))


class FakeMethod:
    def __init__(self, ray, function):
        self.ray, self.function = ray, function

    def options(self, **_):
        return self

    def remote(self, *arguments):
        return FakeReference(self.ray.threads.submit(self.function, *arguments))


class FakeReference:
    def __init__(self, future):
        self.of = future

    def future(self):
        return self.of

    def _on_completed(self, callback):
        self.of.add_done_callback(lambda future: callback(future.exception() or future.result()))


class EchoHost(gateway.Host):
    """A host whose program needs no installation."""

    def start(self, link, order, files):
        self.child = child(ECHO_SCRIPT, rooms=gateway.opened(order["memory"]))
        self.link = link
        return {"process": self.child.process.pid}


class GatewayTest(unittest.TestCase):
    def setUp(self):
        self.ours, theirs = socket.socketpair()
        self.reader = gateway.Reader(self.ours)
        self.gateway = gateway.Gateway(theirs)
        self.gateway.ray = FakeRay()
        self.gateway.programs["p"] = gateway.Program([])
        # What an actor imports.
        known = unittest.mock.patch.dict(sys.modules, ray=self.gateway.ray)
        known.start()
        self.addCleanup(known.stop)
        self.refused = None
        host, gateway.Host = gateway.Host, EchoHost
        self.addCleanup(lambda: setattr(gateway, "Host", host))
        self.serving = threading.Thread(target=self.serve)
        self.serving.start()
        self.addCleanup(self.ours.close)
        self.addCleanup(self.end)

    def serve(self):
        try:
            self.gateway.serve()
        except gateway.Refused as refused:
            self.refused = refused.code
        finally:
            self.gateway.end()
            self.gateway.channel.close()

    def end(self):
        try:
            self.ours.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass
        self.serving.join()

    def send(self, kind, link=0, body=b"", room=0):
        self.ours.sendall(struct.pack(gateway.HEADER_FORMAT, len(body), kind, room, link) + body)

    def tell(self, kind, link, **message):
        self.send(kind, link, json.dumps(message).encode())

    def receive(self):
        header = self.reader.take(gateway.HEADER)
        length, kind, self.room, link = struct.unpack(gateway.HEADER_FORMAT, header)
        return kind, link, bytes(self.reader.take(length))

    def start(self, link, instead_of=0, memory=None):
        self.tell(
            gateway.START,
            link,
            title="Echo-0",
            **{"class": "Echo"},
            actor={"num_cpus": 0},
            labels={},
            program="p",
            memory=memory,
            instead_of=instead_of,
        )
        kind, about, _ = self.receive()
        self.assertEqual((kind, about), (gateway.STARTED, link))

    def test_bytes_go_to_the_worker_and_back(self):
        self.start(5)
        self.send(gateway.DATA, 5, b"hello")
        kind, link, body = self.receive()
        self.assertEqual((kind, link), (gateway.RETURNED, 5))
        self.assertEqual(parts(body), (0, gateway.OUTPUT, b"hello"))

    def test_an_answer_names_the_room_of_its_exchange(self):
        self.start(5)
        self.send(gateway.DATA, 5, b"hello", room=7)
        self.assertEqual(self.receive()[:2], (gateway.RETURNED, 5))
        self.assertEqual(self.room, 7)

    def test_bytes_in_a_room_go_to_the_worker(self):
        with rooms() as (memory, file):
            self.start(5, memory=memory)
            os.pwrite(file, b"hello", 6 * gateway.BULK)
            self.send(gateway.FILLED, 5, struct.pack("<I", 5), room=6)
            self.assertEqual(parts(self.receive()[2]), (0, gateway.OUTPUT, b"hello"))

    def test_a_room_that_can_not_be_ends_the_conversation(self):
        for body, room in ((b"", 0), (struct.pack("<I", 1), gateway.EXCHANGES), (bytes(4), 0)):
            self.end()
            self.ours.close()
            self.setUp()
            self.send(gateway.FILLED, 5, body, room)
            self.serving.join()
            self.assertEqual(self.refused, "protocol")

    def test_a_killed_worker_is_replaced_in_its_actor(self):
        self.start(5)
        first = self.gateway.links[5].actor
        self.send(gateway.DATA, 5)
        self.tell(gateway.KILL, 5)
        kind, link, body = self.receive()
        self.assertEqual((kind, link), (gateway.RETURNED, 5))
        self.assertEqual(ended(body)[0]["code"], -signal.SIGKILL)
        self.start(6, instead_of=5)
        self.assertIs(self.gateway.links[6].actor, first)

    def test_a_released_link_is_forgotten_and_its_actor_ended(self):
        self.start(5)
        self.send(gateway.RELEASE, 5)
        self.send(gateway.DATA, 5, b"late")
        self.tell(gateway.RESOURCES, 7)
        self.assertEqual(self.receive()[:2], (gateway.RESOURCES_ARE, 7))
        self.assertEqual(len(self.gateway.ray.killed), 1)

    def test_the_end_of_the_driver_ends_every_actor(self):
        self.start(5)
        self.start(6)
        self.end()
        self.assertEqual(len(self.gateway.ray.killed), 2)

    def test_what_is_kept_is_put_once_and_comes_before_the_bytes_that_need_it(self):
        with tempfile.NamedTemporaryFile() as file:
            file.write(b"shared ")
            file.flush()
            for _ in range(2):
                self.tell(gateway.KEEP, 9, number=1 << 60, head=b"a ".hex(), path=file.name)
            self.start(5)
        self.tell(gateway.BRING, 5, numbers=[1 << 60, 7])
        self.send(gateway.DATA, 5, b"value")
        self.assertEqual(parts(self.receive()[2])[2], b"a shared value")
        self.send(gateway.DATA, 5, b"once")
        self.assertEqual(parts(self.receive()[2])[2], b"once")
        self.assertEqual(self.gateway.ray.puts, 1)
        self.tell(gateway.FORGET, 9, number=1 << 60)
        self.tell(gateway.RESOURCES, 7)
        self.assertEqual(self.receive()[:2], (gateway.RESOURCES_ARE, 7))
        self.assertEqual(self.gateway.kept, {})

    def test_another_version_is_refused(self):
        self.tell(gateway.CONNECT, 0, protocol=gateway.PROTOCOL + 1)
        kind, _, body = self.receive()
        self.assertEqual((kind, json.loads(body)["code"]), (gateway.REFUSED, "protocol"))

    def test_a_message_above_the_bound_ends_the_conversation(self):
        self.ours.sendall(struct.pack(gateway.HEADER_FORMAT, gateway.MOST + 1, gateway.DATA, 0, 1))
        self.serving.join()
        self.assertEqual(self.refused, "protocol")

    def test_garbage_ends_the_conversation_and_nothing_hangs(self):
        seed = random.Random(int(os.environ.get("CONCURRY_SEED", "3")))
        for _ in range(300):
            self.end()
            self.ours.close()
            self.setUp()
            noise = seed.randbytes(seed.randrange(200))
            if seed.random() < 0.7:  # a right header, so that the body is looked at
                about = seed.randrange(14), seed.randrange(9), seed.randrange(3)
                noise = struct.pack(gateway.HEADER_FORMAT, len(noise), *about) + noise
            self.ours.sendall(noise)
            self.ours.shutdown(socket.SHUT_WR)
            self.serving.join(60)
            self.assertFalse(self.serving.is_alive())


if __name__ == "__main__":
    unittest.main()
