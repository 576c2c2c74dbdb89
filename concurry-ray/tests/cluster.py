"""A Ray cluster of two nodes on this machine, for tests, benches and examples: loopback only.

    python concurry-ray/tests/cluster.py DIRECTORY [CPUS_A_NODE]

Reads commands, one a line, and answers each with a line of JSON; ends at the end of its input and
leaves nothing behind. Commands: `kill` ends the second node as if its power had failed, `add` starts
another one, `stop-head` ends the server that the cluster hangs on.
"""

import json
import os
import shutil
import signal
import socket
import sys


def prepare(directory):
    os.makedirs(os.path.join(directory, "ray"), exist_ok=True)
    os.environ.update(
        # Or it would take the host's outer address.
        RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER="0",
        RAY_USAGE_STATS_ENABLED="0",
        # So that a node's death is noticed within three seconds, and not within fifteen.
        RAY_health_check_initial_delay_ms="500",
        RAY_health_check_period_ms="500",
        # Ray's client server forks while other threads of it are in gRPC, whose handlers for that may
        # then wait for ever: the client is told after 30 seconds that there is no server for it.
        GRPC_ENABLE_FORK_SUPPORT="0",
        # Sockets have short names only.
        TMPDIR=directory,
        RAY_TMPDIR=directory,
    )
    os.environ.pop("RAY_ADDRESS", None)


def free_port():
    with socket.socket() as any_port:
        any_port.bind(("127.0.0.1", 0))
        return any_port.getsockname()[1]


def main():
    directory = sys.argv[1]
    cpus = int(sys.argv[2]) if len(sys.argv) > 2 else 4
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    prepare(directory)
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    from ray.cluster_utils import Cluster

    each = {
        "num_cpus": cpus,
        "node_ip_address": "127.0.0.1",
        # Executables of tests have hundreds of megabytes. What is not used takes no memory.
        "object_store_memory": 1 << 30,
        "temp_dir": directory,
    }
    client_port = free_port()
    head = {
        **each,
        "include_dashboard": False,
        "include_log_monitor": False,
        "ray_client_server_port": client_port,
        "resources": {"first": 100},
    }
    cluster = Cluster(initialize_head=True, head_node_args=head, shutdown_at_exit=True)
    nodes = []

    def add():
        nodes.append(cluster.add_node(**each, resources={"second": 100}))
        return {"node": nodes[-1].unique_id}

    def answer(message):
        answers.write(json.dumps(message) + "\n")
        answers.flush()

    def process_of(node, name):
        return node.all_processes[name][0].process

    answer({"address": cluster.address, "client": f"ray://127.0.0.1:{client_port}", **add()})
    for line in sys.stdin:
        command = line.strip()
        if command == "kill":
            raylet = process_of(nodes[-1], "raylet")
            raylet.kill()
            raylet.wait()
            cluster.remove_node(nodes.pop(), allow_graceful=False)
            answer({})
        elif command == "raylet":
            answer({"process": process_of(nodes[-1], "raylet").pid})
        elif command == "add":
            answer(add())
        elif command == "stop-head":
            server = process_of(cluster.head_node, "gcs_server")
            server.kill()
            server.wait()
            answer({})
        else:
            answer({"error": f"there is no command `{command}`"})
    cluster.shutdown()
    shutil.rmtree(directory, ignore_errors=True)


if __name__ == "__main__":
    main()
