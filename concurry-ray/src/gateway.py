"""Between a program that uses concurry and a Ray cluster: moves bytes, and knows nothing of calls.

The program (the driver) starts this file in a process of its own and talks to it over one socket, its
standard input. For each worker it asks for a *link*: the driver's own executable, started again as a
worker on some node, with a socket as its standard input. What the driver writes into a link comes out of
that socket, in order, and the other way round. The path in between:

    driver  = socket =  Gateway  = Ray =  Host (an actor)  = socket =  Child (the worker process)

All bytes go through one actor method, `exchange`. An exchange brings bytes down, or none, and returns with
what the worker wrote meanwhile. At most two exchanges wait in an actor for output: one reads the worker's
socket, the next takes its place. Any other returns empty as soon as its bytes are written. So a lone call
costs one invocation, many calls share one, nothing is polled and no result waits for a slow neighbour. The
driver keeps the number of unanswered exchanges above zero, and small enough that an overloaded worker
slows it down.

Each exchange that is under way has a *room*, by its number. Where driver and worker are on one machine, that
is a place in memory which both have open: what is large is written there and read from there, and only its
length takes the path. On other machines what is large goes through Ray's object store.

Exchanges may overtake each other on either way, so both directions are numbered: `Child.exchange` writes
in the order of the numbers, and the driver puts the returns in order.

A value that many calls share is a message that is kept in the object store, from where it is brought to
each worker before the first bytes that name it.

Messages between driver and gateway are `u32 length | u16 kind | u16 room | u64 link | body`, little-endian;
control messages are JSON, data is opaque. Nothing here but the standard library and Ray.
"""

import json
import mmap
import os
import platform
import select
import signal
import socket
import stat
import struct
import subprocess
import sys
import threading
import time

PROTOCOL = 3
MINIMUM_PYTHON = (3, 9)
MINIMUM_RAY = (2, 40)
HEADER = 16
HEADER_FORMAT = "<IHHQ"
# No message is longer. The driver cuts its bytes into smaller ones.
MOST = 64 << 20

# From the driver.
CONNECT, PROGRAM, START, DATA, KILL, RELEASE, RESOURCES, SHUTDOWN = 1, 2, 3, 4, 5, 6, 7, 8
KEEP, BRING, FORGET, FILLED = 9, 10, 11, 12
# To the driver.
CONNECTED, REFUSED, STORED, STARTED, RETURNED, LOST, RESOURCES_ARE = 65, 66, 67, 68, 69, 70, 71

# What an exchange returns begins with its number (u64) and one of these (u8).
OUTPUT, LOG, ENDED, IN_ROOM = 0, 1, 2, 3

# What goes to an actor begins with: link, number, room, and how much is in the room for the worker. All in
# one argument, since each costs Ray about 50 us.
EXCHANGE_FORMAT = "<QQHI"

# How many exchanges may wait in an actor for output.
WAITING = 2
# How many may be on their way besides: the driver has at most both together unanswered.
EXCHANGES = 8
# How many threads an actor has for what: a group of methods never waits for the others.
THREADS = {"exchange": EXCHANGES, "control": 2}
GROUPS = {"exchange": "exchange", "start": "control", "kill": "control"}
# Ray keeps larger values in the object store, where they need not be copied to be read.
INLINE = 96 << 10
# How long, in seconds, the head of the cluster may be away. Ray itself waits for a minute, which only helps
# where somebody starts it again: who does that has set Ray's own variable.
HEAD_TIMEOUT = 10
HEAD_VARIABLE = "RAY_gcs_rpc_server_reconnect_timeout_s"
# One exchange carries no more, on either way: the size of a room.
BULK = 4 << 20


class Refused(Exception):
    """Says in `code` and words why something can't be done."""

    def __init__(self, code, text):
        # Both as arguments, or it could not come back from an actor.
        super().__init__(code, text)
        self.code = code

    def __str__(self):
        return self.args[1]


class Child:
    """A worker process on this node, and the bytes to and from it."""

    def __init__(
        self, command, environment, directory, forward_logs, greeting=b"", table=0, rooms=None, plain=False
    ):
        ours, theirs = socket.socketpair()
        for end in (ours, theirs):
            end.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, BULK)
        # What the worker looks for in its socket before anything else, and with it a table in which it
        # notes the calls that it begins: whoever outlives the worker can still read that.
        self.table = os.memfd_create("concurry-calls") if table else None
        if table:
            os.truncate(self.table, table)
            socket.send_fds(ours, [greeting], [self.table])
        elif greeting:
            ours.sendall(greeting)
        output = subprocess.PIPE if forward_logs else None
        with theirs:
            self.process = subprocess.Popen(
                command,
                stdin=theirs,
                stdout=output,
                stderr=output,
                env={**os.environ, **environment},
                cwd=directory,
                # A group of its own, so that `kill` reaches what the worker has started, too.
                start_new_session=True,
            )
        self.channel = ours
        self.rooms = rooms
        # Whether what it returns is bytes only: `ray://` can't pass on what lies in the object store.
        self.plain = plain
        self.order = threading.Condition()  # guards `next` and `broken`, and who writes
        self.next = 0
        self.broken = False
        self.counting = threading.Lock()  # guards `waiting`
        self.waiting = 0
        self.reading = threading.Lock()  # guards the rest, and who reads
        self.returned = 0
        self.ended = False
        self.tail = b""
        self.poller = select.poll()
        self.poller.register(self.channel, select.POLLIN)
        self.logs = [self.process.stdout, self.process.stderr] if forward_logs else []
        for log in self.logs:
            self.poller.register(log, select.POLLIN)

    def exchange(self, number, data, before=(), room=0):
        """Writes `data` in its turn, and `before` before it; returns what the worker wrote, or nothing."""
        with self.order:
            while self.next != number and not self.broken:
                self.order.wait()
            try:
                if len(data) and not self.broken:
                    for part in before:
                        self.channel.sendall(part)
                    self.channel.sendall(data)
            except OSError:
                self.broken = True  # it has ended: whoever reads will see that
            finally:
                self.next += 1
                self.order.notify_all()
        with self.counting:
            if self.waiting >= WAITING:
                return b""
            self.waiting += 1
        try:
            with self.reading:
                return self.numbered(*self.take(room))
        finally:
            with self.counting:
                self.waiting -= 1

    def numbered(self, kind, data):
        if kind is None:
            return b""
        head = struct.pack("<QB", self.returned, kind)
        self.returned += 1
        if len(data) < INLINE or self.plain:
            return b"".join((head, data))
        import pickle

        return head, pickle.PickleBuffer(data)

    def take(self, room):
        """Waits for something from the worker."""
        if self.ended:
            return None, b""
        while True:
            for descriptor, _ in self.poller.poll():
                if descriptor != self.channel.fileno():
                    text = os.read(descriptor, INLINE // 2)
                    if text:
                        return LOG, self.note(text)
                    self.poller.unregister(descriptor)
                    continue
                kind, data = self.receive(room)
                if data:
                    return kind, data
                return self.end()

    def receive(self, room):
        """What the worker has written. Of a large message, as much as fits one return."""
        try:
            data = self.channel.recv(INLINE)
        except ConnectionError:
            return OUTPUT, b""
        if len(data) < INLINE:
            return OUTPUT, data
        # Memory of the system is not filled with zeros before it is used.
        place = memoryview(mmap.mmap(-1, BULK)) if self.rooms is None else in_room(self.rooms, room)
        place[: len(data)] = data
        length = len(data)
        alone = select.poll()
        alone.register(self.channel, select.POLLIN)
        while length < BULK and alone.poll(0):
            try:
                count = self.channel.recv_into(place[length:])
            except ConnectionError:
                break  # whoever reads next will see that
            if count == 0:
                break
            length += count
        if self.rooms is None:
            return OUTPUT, place[:length]
        return IN_ROOM, struct.pack("<I", length)

    def note(self, text):
        """Keeps the end of the log: it says why a worker did not even begin."""
        self.tail = (self.tail + text)[-4096:]
        try:
            sys.stdout.buffer.write(text)  # for Ray's own log files
            sys.stdout.flush()
        except (AttributeError, OSError):
            pass
        return text

    def end(self):
        """The worker closed its socket, so it has ended or is made to."""
        try:
            code = self.process.wait(1)
        except subprocess.TimeoutExpired:
            self.kill()
            code = self.process.wait()
        for log in self.logs:
            os.set_blocking(log.fileno(), False)
            try:
                self.note(log.read() or b"")
            except OSError:
                pass
        self.ended = True
        self.channel.close()
        begun = b""
        if self.table is not None:
            begun = os.pread(self.table, os.fstat(self.table).st_size, 0)
            os.close(self.table)
        tail = self.tail.decode("utf-8", "replace")
        message = json.dumps({"code": code, "log": tail}).encode()
        return ENDED, struct.pack("<I", len(message)) + message + begun

    def kill(self):
        if self.process.returncode is None:  # else the number may be somebody else's
            try:
                os.killpg(self.process.pid, signal.SIGKILL)
            except ProcessLookupError:
                pass


class Host:
    """The actor: one worker of a pool, and after its death the next one in its place."""

    def __init__(self, title):
        self.title = title
        self.link = None
        self.child = None

    def __repr__(self):
        return self.title

    def start(self, link, order, files):
        """Starts the worker process of a link."""
        machine = f"{platform.system()} {platform.machine()}".replace("arm64", "aarch64")
        if machine != order["machine"]:
            node = socket.gethostname()
            raise Refused("machine", f"node {node} is {machine}, the program is for {order['machine']}")
        if self.child is not None:
            self.child.kill()
        rooms = opened(order["memory"])
        directory = install(order["program"], files)
        command = [os.path.join(directory, files[0][0]), *order["arguments"]]
        try:
            self.child = Child(
                command,
                order["environment"],
                directory,
                order["logs"],
                bytes.fromhex(order["greeting"]),
                order["table"],
                rooms,
                order["plain"],
            )
        except OSError as error:
            raise Refused("program", f"the program can't be started: {error}") from None
        self.link = link
        import ray

        context = ray.get_runtime_context()
        return {
            "process": self.child.process.pid,
            "host": os.getpid(),
            "node": context.get_node_id(),
            "actor": context.get_actor_id(),
            "shares_memory": rooms is not None,
        }

    def exchange(self, order, references=()):
        """Bytes for the worker, behind or beside what is told of them, or in a room."""
        head, data = order if isinstance(order, tuple) else (order, None)
        link, number, room, length = struct.unpack_from(EXCHANGE_FORMAT, head)
        if link != self.link:
            return b""
        if length:
            data = in_room(self.child.rooms, room)[:length]
        elif data is None:
            data = memoryview(head)[struct.calcsize(EXCHANGE_FORMAT) :]
        return self.child.exchange(number, data, fetched(references), room)

    def kill(self, link):
        if link == self.link:
            self.child.kill()


def opened(memory):
    """The memory of a link's rooms, if this is the driver's machine. It is known by the mark at its end."""
    if memory is None:
        return None
    mark = bytes.fromhex(memory["mark"])
    length = EXCHANGES * BULK + len(mark)
    try:
        # On another machine there may be anything by that name.
        file = os.open(memory["path"], os.O_RDWR | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC)
        try:
            status = os.fstat(file)
            if not stat.S_ISREG(status.st_mode) or status.st_size != length:
                return None
            rooms = mmap.mmap(file, length)
        finally:
            os.close(file)
    except (OSError, ValueError):
        return None
    return rooms if rooms[-len(mark) :] == mark else None


def in_room(rooms, room):
    return memoryview(rooms)[room * BULK : (room + 1) * BULK]


def fetched(references):
    """The parts of messages that were put into the object store, one after the other."""
    for reference in references:
        import ray

        yield from ray.get(reference)


class Program:
    """What is shipped: the executable and what goes with it."""

    def __init__(self, files):
        self.files = files
        self.digest = self.read()[0]
        self.putting = threading.Lock()  # guards the rest
        self.references = None

    def read(self):
        import hashlib

        digest = hashlib.sha256()
        contents = []
        for file in self.files:
            try:
                with open(file["path"], "rb") as source:
                    contents.append(source.read())
            except OSError as error:
                raise Refused("program", f"{file['path']}: {error.strerror}") from None
            digest.update(f"{file['name']}:{file['executable']}:{len(contents[-1])}:".encode())
            digest.update(contents[-1])
        return digest.hexdigest(), contents

    def listed(self):
        """Its files without what is in them, for nodes that have them."""
        return [(file["name"], file["executable"], None) for file in self.files]

    def stored(self, ray):
        """Its files, which are in the object store from now on."""
        with self.putting:
            if self.references is None:
                digest, contents = self.read()
                if digest != self.digest:
                    raise Refused("program", "a file of the program was changed while it was started")
                import pickle

                # As a buffer it is copied once, into the store, and not at all out of it.
                self.references = [ray.put(pickle.PickleBuffer(content)) for content in contents]
        return [(name, mode, it) for (name, mode, _), it in zip(self.listed(), self.references)]


def install(digest, files):
    """Puts a program into the cluster's own directory on this node, once, under its digest."""
    parent = os.path.join(session_directory(), "concurry")
    directory = os.path.join(parent, digest)
    if not os.path.isdir(directory):
        if files[0][2] is None:
            raise Refused("lacking", "the node does not have the program")
        import shutil
        import tempfile

        import ray

        os.makedirs(parent, mode=0o700, exist_ok=True)
        building = tempfile.mkdtemp(dir=parent)
        for name, executable, reference in files:
            path = os.path.join(building, name)
            os.makedirs(os.path.dirname(path), exist_ok=True)
            with open(path, "wb") as file:
                file.write(ray.get(reference))
            os.chmod(path, 0o700 if executable else 0o600)
        try:
            os.rename(building, directory)
        except OSError:  # another actor was quicker
            shutil.rmtree(building, ignore_errors=True)
    return directory


def session_directory():
    try:
        import ray

        return ray._private.worker._global_node.get_session_dir_path()
    except AttributeError:
        import tempfile

        return os.path.join(tempfile.gettempdir(), f"concurry-{os.getuid()}")


class Reader:
    """What comes in a socket, as much at a time as is there: while one thread asks the system, another
    takes the interpreter, which the first has to get back."""

    def __init__(self, channel):
        self.channel = channel
        self.buffer = memoryview(bytearray(INLINE))
        self.begin = 0
        self.end = 0

    def take(self, length):
        """So many bytes, in memory that the next ones will have; None at the end of the stream."""
        if length > len(self.buffer) - self.begin:
            rest = self.buffer[self.begin : self.end]
            buffer = self.buffer if length <= len(self.buffer) else memoryview(bytearray(length))
            buffer[: len(rest)] = rest
            self.buffer, self.begin, self.end = buffer, 0, len(rest)
        while self.end - self.begin < length:
            try:
                # Not far beyond it, or the rest of what is large would have to be moved.
                until = self.begin + max(length, INLINE)
                count = self.channel.recv_into(self.buffer[self.end : until])
            except ConnectionError:
                return None
            if count == 0:
                return None
            self.end += count
        taken = self.buffer[self.begin : self.begin + length]
        self.begin += length
        if self.begin == self.end:
            self.begin = self.end = 0
        return taken


class Link:
    """What the gateway knows of a worker: its actor, and how many exchanges it was sent."""

    def __init__(self, actor):
        self.actor = actor
        self.method = actor.exchange
        self.sent = 0
        self.bring = []


class Gateway:
    """The driver's side of the cluster."""

    def __init__(self, channel):
        self.channel = channel
        self.sending = threading.Lock()
        self.links = {}
        self.programs = {}
        self.kept = {}
        self.classes = {}
        self.ray = None
        self.through_client = False
        self.reader = Reader(channel)

    def send(self, kind, link, *parts, room=0):
        length = sum(len(part) for part in parts)
        header = struct.pack(HEADER_FORMAT, length, kind, room, link)
        with self.sending:
            try:
                if length < INLINE:
                    self.channel.sendall(b"".join((header, *parts)))
                else:
                    for part in (header, *parts):
                        self.channel.sendall(part)
            except OSError:
                pass  # the driver has gone; the reading side ends us

    def tell(self, kind, link, message):
        self.send(kind, link, json.dumps(message).encode())

    def serve(self):
        """Does what the driver says until it says no more."""
        while True:
            header = self.reader.take(HEADER)
            if header is None:
                return
            length, kind, room, link = struct.unpack(HEADER_FORMAT, header)
            if length > MOST:
                raise Refused("protocol", f"a message of {length} bytes is above the bound of {MOST}")
            # Ray has copied what it takes when a call returns.
            body = self.reader.take(length)
            if body is None or kind == SHUTDOWN:
                return
            if kind == DATA:
                self.exchange(link, room, body)
            elif kind == FILLED:
                self.filled(link, room, body)
            elif kind in self.CONTROL:
                try:
                    self.CONTROL[kind](self, link, json.loads(bytes(body) or b"{}"))
                except Refused as refused:
                    self.tell(REFUSED, link, {"code": refused.code, "text": str(refused)})
                except (KeyError, TypeError, ValueError) as error:
                    raise Refused("protocol", f"message {kind} can't be read: {error!r}") from None
            else:
                raise Refused("protocol", f"there is no message of the kind {kind}")

    def connect(self, _, order):
        """Joins the cluster."""
        if order["protocol"] != PROTOCOL:
            raise Refused("protocol", f"the driver speaks version {order['protocol']}, not {PROTOCOL}")
        patience = head_timeout(os.environ)
        self.ray = import_ray()
        address = order["address"]
        self.through_client = address.startswith("ray://")
        options = {"namespace": order["namespace"]} if order["namespace"] else {}
        if address == "local":
            os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
            options.update(include_dashboard=False, **order["local"])
        elif self.through_client:
            reachable(self.ray, address.removeprefix("ray://"))
        else:
            address = reachable(self.ray, address)
        if not self.through_client:
            options.update(log_to_driver=False, logging_level="ERROR", configure_logging=True)
        try:
            self.ray.init(address=address, **options)
        except Exception as error:
            raise Refused("cluster", f"{address}: {brief(error)}") from None
        nodes = [node for node in self.ray.nodes() if node["Alive"]]
        if self.through_client:
            head = address.removeprefix("ray://")
        else:
            head = self.ray.get_runtime_context().gcs_address
        threading.Thread(target=self.watch, args=(head, patience), daemon=True).start()
        self.tell(
            CONNECTED,
            0,
            {
                "protocol": PROTOCOL,
                "ray": self.ray.__version__,
                "python": platform.python_version(),
                "address": address,
                "nodes": len(nodes),
            },
        )

    def watch(self, head, patience):
        """Waits until the head of the cluster is gone, and then says so."""
        why = until_gone(head, patience)
        # Those that run go on without a head. Ray ends their actors later.
        ends = [known.actor.kill.remote(link) for link, known in list(self.links.items())]
        if ends:
            self.ray.wait(ends, num_returns=len(ends), timeout=1)
        text = f"the head of the cluster at {head} is gone: {why}"
        self.tell(REFUSED, 0, {"code": "cluster", "text": text})

    def program(self, link, order):
        """Gets to know a program. It is put into the object store when the first node lacks it."""
        program = Program(order["files"])
        name = program.digest
        self.programs.setdefault(name, program)
        self.tell(STORED, link, {"program": name})

    def start(self, link, order):
        """Starts a worker: in the actor of a link before it if that is still there, or in a new one."""
        before = self.links.pop(order["instead_of"], None)
        if before is not None:
            new = Link(before.actor)
        else:
            options = dict(order["actor"])
            options["_labels"] = order["labels"]
            try:
                # It looks at what a user wrote, too.
                options["scheduling_strategy"] = strategy(options.get("scheduling_strategy"))
                new = Link(
                    self.actors_of(order["class"]).options(
                        # The driver replaces what dies, so nothing runs twice unseen.
                        max_restarts=0,
                        max_task_retries=0,
                        enable_task_events=False,
                        **options,
                    ).remote(order["title"])
                )
            except Exception as error:
                raise Refused("options", brief(error)) from None
        self.links[link] = new
        program = self.programs[order["program"]]
        order["plain"] = self.through_client

        def begin(files):
            new.actor.start.remote(link, order, files).future().add_done_callback(begun)

        def ship():
            try:
                begin(program.stored(self.ray))
            except Exception as error:
                self.lost(link, error)

        def begun(future):
            try:
                try:
                    self.tell(STARTED, link, future.result())
                except Exception as error:
                    if refusal(error).code != "lacking":
                        raise
                    # Not here: this is the thread on which Ray tells what has come, and with `ray://`
                    # also that the program has arrived.
                    threading.Thread(target=ship, daemon=True).start()
            except Exception as error:
                self.lost(link, error)

        begin(program.listed())

    def actors_of(self, name):
        """The class of the actors of that name. The cluster gets each once, and keeps it."""
        if name not in self.classes:
            kind = type(name, (Host,), {"__module__": Host.__module__})
            self.classes[name] = self.ray.remote(concurrency_groups=THREADS)(kind)
        return self.classes[name]

    def filled(self, link, room, body):
        """Has bytes taken out of a room, and sends what comes back up."""
        if len(body) != 4 or room >= EXCHANGES:
            raise Refused("protocol", f"{len(body)} bytes are no length, or {room} is no room")
        (length,) = struct.unpack("<I", body)
        if not 0 < length <= BULK:
            raise Refused("protocol", f"there are no {length} bytes in a room")
        self.exchange(link, room, b"", length)

    def exchange(self, link, room, data, filled=0):
        """Sends bytes down, and what comes back up."""
        known = self.links.get(link)
        if known is None:
            return
        number = known.sent
        known.sent += 1
        # In a list, so that they are fetched when it is their turn and not before the call.
        more = [[self.kept[it] for it in known.bring if it in self.kept]] if known.bring else []
        known.bring = []
        order = struct.pack(EXCHANGE_FORMAT, link, number, room, filled)
        if len(data) >= INLINE:
            import pickle

            order = (order, pickle.PickleBuffer(data))
        elif len(data):
            order = b"".join((order, data))

        # As a future hears of it, but without one, which would take locks and a wake for nobody.
        reference = known.method.remote(order, *more)

        def returned(value, _reference=reference):  # which has to live until then
            if isinstance(value, Exception):
                self.lost(link, value)
                return
            parts = value if isinstance(value, tuple) else (value,)
            self.send(RETURNED, link, *parts, room=room)

        reference._on_completed(returned)

    def keep(self, _, order):
        """Puts a message into the object store, for all workers that will need it."""
        if order["number"] in self.kept:
            return
        import pickle

        head = bytes.fromhex(order["head"])
        try:
            with open(order["path"], "rb") as file:
                rest = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
            self.kept[order["number"]] = self.ray.put((head, pickle.PickleBuffer(rest)))
        except Exception as error:
            # Who needs it will say that it did not come.
            print(f"a shared value can't be put into the object store: {brief(error)}", file=sys.stderr)

    def bring(self, link, order):
        known = self.links.get(link)
        if known is not None:
            known.bring.extend(order["numbers"])

    def forget(self, _, order):
        self.kept.pop(order["number"], None)

    def lost(self, link, error):
        """A link is over, for a reason that its worker did not tell itself."""
        if self.links.pop(link, None) is None:
            return  # it was said, or nobody wants to know
        why = refusal(error)
        self.tell(LOST, link, {"code": why.code, "text": str(why)})

    def kill(self, link, _):
        known = self.links.get(link)
        if known is not None:
            known.actor.kill.remote(link)

    def release(self, link, _):
        """Ends the actor of a link."""
        known = self.links.pop(link, None)
        if known is not None:
            self.ray.kill(known.actor)

    def resources(self, link, _):
        """What the cluster has, for an error that says what is missing."""
        nodes = [node for node in self.ray.nodes() if node["Alive"]]
        self.tell(
            RESOURCES_ARE,
            link,
            {
                "total": self.ray.cluster_resources(),
                "available": self.ray.available_resources(),
                "nodes": [node["Resources"] for node in nodes],
            },
        )

    CONTROL = {
        CONNECT: connect,
        PROGRAM: program,
        START: start,
        KILL: kill,
        RELEASE: release,
        RESOURCES: resources,
        KEEP: keep,
        BRING: bring,
        FORGET: forget,
    }

    def end(self):
        """Leaves nothing on the cluster."""
        if self.ray is None:
            return
        links, self.links = self.links, {}
        for known in links.values():
            try:
                self.ray.kill(known.actor)
            except Exception:
                pass  # it is dead already
        self.ray.shutdown()


def import_ray():
    if sys.version_info < MINIMUM_PYTHON:
        least = ".".join(map(str, MINIMUM_PYTHON))
        raise Refused("python", f"{sys.executable} is Python {platform.python_version()}, not {least} or later")
    try:
        import ray
    except ImportError as error:
        raise Refused("ray", f"{sys.executable} has no Ray: {error}") from None
    version = tuple(int(part) for part in ray.__version__.split(".")[:2])
    if version < MINIMUM_RAY:
        least = ".".join(map(str, MINIMUM_RAY))
        raise Refused("ray-version", f"{sys.executable} has Ray {ray.__version__}, not {least} or later")
    for name, group in GROUPS.items():
        # With the method and not with each call, which `ray://` does not know.
        ray.method(concurrency_group=group)(getattr(Host, name))
    ray.cloudpickle.register_pickle_by_value(sys.modules[__name__])
    return ray


def reachable(ray, address):
    """The address of a cluster that answers. Ray itself would try for minutes."""
    if address == "auto":
        try:
            address = ray._private.services.canonicalize_bootstrap_address("auto")
        except Exception as error:
            raise Refused("cluster", brief(error)) from None
        if not address:
            raise Refused("cluster", "there is no running Ray cluster on this machine")
    host, _, port = address.rpartition(":")
    try:
        socket.create_connection((host.strip("[]"), int(port)), timeout=3).close()
    except (OSError, ValueError) as error:
        raise Refused("cluster", f"nothing answers at {address}: {error}") from None
    return address


def head_timeout(environment):
    """How long the head may be away: whole seconds, as Ray reads its variable."""
    text = environment.get(HEAD_VARIABLE, "")
    if not text:
        return HEAD_TIMEOUT
    if not text.isascii() or not text.isdigit() or int(text) == 0:
        raise Refused("options", f"{HEAD_VARIABLE} is `{text}`, but has to be a number of seconds from 1 up")
    return int(text)


def until_gone(address, timeout):
    """Returns when nobody has answered at an address for so long, and says what the system told of it.

    A connection on which nothing is said ends with its other end. gRPC ends it once in a while, too.
    """
    host, _, port = address.rpartition(":")
    pause = threading.Event()
    until = time.monotonic() + timeout
    while True:
        try:
            with socket.create_connection((host.strip("[]"), int(port)), timeout=timeout) as channel:
                channel.settimeout(None)
                notice_silence(channel)
                try:
                    while channel.recv(4096):
                        pass
                finally:
                    until = time.monotonic() + timeout
        except OSError as error:
            if time.monotonic() >= until:
                return error.strerror or str(error)
        # Whoever starts it again takes longer than this.
        pause.wait(timeout / 20)


def notice_silence(channel):
    """Has the system end a connection whose other end has not answered for ten seconds."""
    channel.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    for name, value in (("TCP_KEEPIDLE", 4), ("TCP_KEEPINTVL", 2), ("TCP_KEEPCNT", 3)):
        if hasattr(socket, name):
            channel.setsockopt(socket.IPPROTO_TCP, getattr(socket, name), value)


def strategy(wanted):
    """A placement as Ray takes it."""
    if not isinstance(wanted, dict):
        return wanted
    from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy

    return NodeAffinitySchedulingStrategy(node_id=wanted["node"], soft=False)


def refusal(error):
    """What was refused, here or in an actor; or else what has happened."""
    cause = getattr(error, "cause", None) or error
    if isinstance(cause, Refused):
        return cause
    return Refused(type(error).__name__, brief(cause))


def brief(error):
    """The first lines of what an error says: Ray's go on for pages."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return " ".join(lines[:6]) or type(error).__name__


def main():
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the driver decides
    channel = socket.socket(fileno=os.dup(0))
    # Nobody else reads the driver's bytes, and what anybody prints goes to the log.
    null = os.open(os.devnull, os.O_RDONLY)
    os.dup2(null, 0)
    os.dup2(2, 1)
    gateway = Gateway(channel)
    try:
        gateway.serve()
    except Refused as refused:
        gateway.tell(REFUSED, 0, {"code": refused.code, "text": str(refused)})
    finally:
        gateway.end()
