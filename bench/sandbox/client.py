# The one client of all sides: what it costs itself is in every figure alike, the direct ones included.
#
#   client.py rates HOST PORT CONCURRENCY COUNT tcp|http     connections one after the other in each of so many lanes
#   client.py bulk HOST PORT BYTES out|in                    bytes through one connection
#   client.py attempts HOST PORT COUNT FIRST FORGED GATEWAY  allowed and denied connections; FORGED: whose name to borrow
#   client.py hostile HOST PORT KIND FILE                    a first hostile byte, then a sign of life until it is stopped
#
# Where the environment names a proxy (srt), connections go through it, as it has no other way out.

import base64, errno, json, mmap, os, select, socket, sys, time
from urllib.parse import unquote, urlsplit

now = time.monotonic_ns


def proxy_from(environment):
    text = environment.get("HTTP_PROXY") or environment.get("http_proxy")
    if not text:
        return None
    url = urlsplit(text)
    user = f"{unquote(url.username or '')}:{unquote(url.password or '')}"
    head = "" if not url.username else f"Proxy-Authorization: Basic {base64.b64encode(user.encode()).decode()}\r\n"
    return (socket.gethostbyname(url.hostname), url.port), head


PROXY = proxy_from(os.environ)


def rates(host, port, concurrency, count, kind):
    target = (host, int(port))
    concurrency, count = int(concurrency), int(count)
    hello = b"ping\n"
    if kind == "http":
        hello = f"GET /x HTTP/1.1\r\nHost: {host}:{port}\r\nConnection: close\r\n\r\n".encode()
    connect = None
    address = target
    if PROXY:
        address, head = PROXY
        if kind == "http":
            hello = f"GET http://{host}:{port}/x HTTP/1.1\r\nHost: {host}:{port}\r\n{head}Connection: close\r\n\r\n".encode()
        else:
            connect = f"CONNECT {host}:{port} HTTP/1.1\r\nHost: {host}:{port}\r\n{head}\r\n".encode()
    poll = select.epoll()
    lanes = {}
    times = []
    errors = 0
    begun = 0
    started = now()

    def begin():
        nonlocal begun, errors
        begun += 1
        s = socket.socket(socket.AF_INET, socket.SOCK_STREAM | socket.SOCK_NONBLOCK)
        s.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        at = now()
        s.connect_ex(address)
        fd = s.fileno()
        # The reply so far; what is to be sent next; whether a proxy has to answer first.
        lanes[fd] = [s, at, b"", connect or hello, connect is not None]
        poll.register(fd, select.EPOLLOUT)

    def finish(fd, good):
        nonlocal errors
        s, at, *_ = lanes.pop(fd)
        poll.unregister(fd)
        s.close()
        if good:
            times.append(now() - at)
        else:
            errors += 1
        if begun < count:
            begin()

    for _ in range(min(concurrency, count)):
        begin()
    while lanes:
        for fd, event in poll.poll(20):
            lane = lanes.get(fd)
            if lane is None:
                continue
            s = lane[0]
            try:
                if event & select.EPOLLOUT and lane[3]:
                    s.send(lane[3])
                    lane[3] = None
                    poll.modify(fd, select.EPOLLIN)
                    continue
                data = s.recv(4096)
            except OSError as error:
                if error.errno != errno.EAGAIN:
                    finish(fd, False)
                continue
            if data:
                lane[2] += data
                if lane[4] and b"\r\n\r\n" in lane[2]:
                    if b" 200" not in lane[2][:16]:
                        finish(fd, False)
                        continue
                    lane[4] = False
                    lane[2] = b""
                    s.send(hello)
            else:
                finish(fd, b"pong" in lane[2] or b"\r\n\r\nok" in lane[2])
    seconds = (now() - started) / 1e9
    times.sort()
    at = lambda q: times[min(len(times) - 1, int(len(times) * q))] / 1e6 if times else None
    print(json.dumps({"ok": len(times), "errors": errors, "perSecond": len(times) / seconds, "p50": at(0.5), "p99": at(0.99)}))


def opened(host, port, through=None):
    proxy = through or PROXY
    s = socket.create_connection(proxy[0] if proxy else (host, int(port)), timeout=60)
    s.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    if proxy:
        s.sendall(f"CONNECT {host}:{port} HTTP/1.1\r\nHost: {host}:{port}\r\n{proxy[1]}\r\n".encode())
        answer = b""
        while b"\r\n\r\n" not in answer:
            data = s.recv(1)
            if not data:
                raise OSError("no answer")
            answer += data
        if b" 200" not in answer[:16]:
            raise OSError(answer[:40])
    return s


def bulk(host, port, count, way):
    count = int(count)
    s = opened(host, port)
    block = bytearray(1 << 18)
    started = now()
    got = 0
    if way == "out":
        s.sendall(f"take {count}\n".encode())
        left = count
        while left > 0:
            left -= s.send(memoryview(block)[: min(left, len(block))])
        while s.recv(64):
            pass
        got = count
    else:
        s.sendall(f"give {count}\n".encode())
        while True:
            n = s.recv_into(block)
            if n == 0:
                break
            got += n
    print(json.dumps({"bytes": got, "seconds": (now() - started) / 1e9}))


def attempts(host, port, count, first, forged, gateway):
    count, first = int(count), int(first)
    with open("env.json" if forged == "none" else "/dev/null", "w") as own:
        own.write(json.dumps(dict(os.environ)))
    through = None
    if forged != "none":
        for _ in range(200):
            try:
                with open("env.json") as other:
                    borrowed = json.load(other)
                    break
            except (OSError, ValueError):
                time.sleep(0.05)
        os.environ.clear()
        os.environ.update(borrowed)
        through = proxy_from(borrowed)
        if through is None and gateway != "none":
            name = base64.b64encode(f"{forged}:{forged}".encode()).decode()
            through = (gateway, 3128), f"Proxy-Authorization: Basic {name}\r\nX-Tool-Call: {forged}\r\n"
    tally = {"allowed": 0, "denied": 0, "raw": 0}
    for i in range(count):
        # Every second one of a forger goes round the proxy.
        way = through if i % 2 == 0 or PROXY else None
        try:
            s = opened(host, port, way)
            s.sendall(b"ping\n")
            tally["allowed"] += s.recv(16) == b"pong\n"
            s.close()
        except OSError as error:
            tally.setdefault("failed", []).append(f"{i} {way is not None} {error}")
        try:
            opened(f"198.51.100.{1 + i % 250}", first + i, way).close()
        except OSError:
            tally["denied"] += 1
        # As a program that knows of no proxy.
        try:
            s = socket.socket()
            s.settimeout(2)
            s.connect((f"203.0.113.{1 + i % 250}", first + i))
            s.close()
        except OSError:
            tally["raw"] += 1
    print(json.dumps(tally))


def hostile(host, port, kind, file):
    s = opened(host, port)
    with open(file, "r+b") as sign:
        page = mmap.mmap(sign.fileno(), 16)
    hello = b"SSH-2.0-OpenSSH_9.6\r\n"
    if kind == "stratum":
        hello = b'{"id": 1, "method": "mining.subscribe", "params": ["cpuminer/2.5.1"]}\n'
    page[8:16] = now().to_bytes(8, "little")
    s.sendall(hello)
    while True:
        page[0:8] = now().to_bytes(8, "little")


globals()[sys.argv[1]](*sys.argv[2:])
