"""The client of the ladder's smoke test: client.py PATH PORT. Its chain has a block every five seconds from the moment when PATH was first used;
it follows that chain at a bounded speed, keeps its height in PATH, and tells it on 127.0.0.1:PORT. Python 3.9, nothing but its library."""
import hashlib
import json
import os
import signal
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

INTERVAL_SECONDS = 5
BLOCKS_A_SECOND = 50
PATH, PORT = sys.argv[1], int(sys.argv[2])
STATE = os.path.join(PATH, "chain.json")


def load():
    try:
        with open(STATE, encoding="ascii") as file:
            state = json.load(file)
        return {"genesis": int(state["genesis"]), "height": int(state["height"])}
    except FileNotFoundError:
        return {"genesis": int(time.time()), "height": 0}


def keep(state):
    with open(STATE + ".new", "w", encoding="ascii") as file:
        json.dump(state, file)
        file.flush()
        os.fsync(file.fileno())
    os.replace(STATE + ".new", STATE)


def block_time(state, height):
    return state["genesis"] + height * INTERVAL_SECONDS


def advance(state):
    tip = max(0, int(time.time()) - state["genesis"]) // INTERVAL_SECONDS
    height = min(tip, state["height"] + BLOCKS_A_SECOND)
    if height > state["height"]:
        state["height"] = height
        keep(state)


class Rpc(BaseHTTPRequestHandler):
    def do_GET(self):
        if self.path != "/tip":
            self.send_error(404)
            return
        height = state["height"]
        tip = {
            "height": height,
            "hash": hashlib.sha256(f"{state['genesis']}/{height}".encode()).hexdigest(),
            "time": block_time(state, height),
            "network": "smoke",
            "version": "smoke-client/1",
        }
        body = json.dumps(tip).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *words):
        pass


# The main thread takes the signal itself: a handler may come while a lock is held that it needs.
signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM})
state = load()
keep(state)
server = ThreadingHTTPServer(("127.0.0.1", PORT), Rpc)
threading.Thread(target=server.serve_forever, daemon=True).start()
while signal.sigtimedwait({signal.SIGTERM}, 1) is None:
    advance(state)
server.shutdown()
keep(state)
