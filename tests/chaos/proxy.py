"""A TCP proxy between Drover's programs that misbehaves on demand.

It reads ZMTP 3 frames (RFC 23), so that a message can be lost or come twice without breaking the stream.
"""

import asyncio
import random
import threading

GREETING = 64  # bytes, before the first frame
LONG, COMMAND = 0x02, 0x04  # flags of a frame
READ = 64 << 10


class Faults:
    """What one direction of a proxy does to messages just now."""

    def __init__(self):
        self.lose = 0.0  # share of messages
        self.repeat = 0.0
        self.delay = 0.0  # seconds, before each
        self.held = False  # nothing passes, nothing is lost


class Proxy:
    """Listens on a port of its own and passes everything on to `target`, a function that says the port now.

    Runs in a thread of its own; every method may be called from any thread.
    """

    def __init__(self, target, seed):
        self.target = target
        self.random = random.Random(seed)
        self.up, self.down = Faults(), Faults()  # towards the target; back
        self.counts = {"lost": 0, "repeated": 0}
        self._pairs = set()
        self._half_closed = set()  # Ends to which nothing more can be written.
        self._loop = asyncio.new_event_loop()
        self._ready = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()
        self._ready.wait()

    def heal(self):
        self.up, self.down = Faults(), Faults()

    def cut(self):
        """Ends every connection at once."""
        self._loop.call_soon_threadsafe(self._cut)

    def half_close(self):
        """The target hears no more; it can still speak."""
        self._loop.call_soon_threadsafe(self._half_close)

    def close(self):
        self._loop.call_soon_threadsafe(self._cut)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()

    def _run(self):
        asyncio.set_event_loop(self._loop)
        server = self._loop.run_until_complete(asyncio.start_server(self._serve, "127.0.0.1", 0))
        self.port = server.sockets[0].getsockname()[1]
        self._ready.set()
        self._loop.run_forever()
        server.close()
        for task in asyncio.all_tasks(self._loop):
            task.cancel()
        self._loop.run_until_complete(asyncio.sleep(0))

    def _cut(self):
        for near, far in list(self._pairs):
            near.transport.abort()
            far.transport.abort()

    def _half_close(self):
        for _, far in list(self._pairs):
            if far.can_write_eof() and not far.transport.is_closing():
                far.write_eof()
                self._half_closed.add(far)

    async def _serve(self, near_reader, near):
        try:
            far_reader, far = await asyncio.open_connection("127.0.0.1", self.target())
        except OSError:
            near.transport.abort()
            return
        pair = (near, far)
        self._pairs.add(pair)
        try:
            await asyncio.gather(self._pass(near_reader, far, lambda: self.up),
                                 self._pass(far_reader, near, lambda: self.down))
        finally:
            self._pairs.discard(pair)
            self._half_closed.discard(far)
            near.transport.abort()
            far.transport.abort()

    async def _pass(self, reader, writer, faults):
        try:
            await self._pass_greeting(reader, writer)
            while True:
                flags, frame = await self._frame(reader)
                await asyncio.sleep(faults().delay)
                while faults().held:
                    await asyncio.sleep(0.02)
                copies = 1
                if not flags & COMMAND:
                    if self.random.random() < faults().lose:
                        self.counts["lost"] += 1
                        copies = 0
                    elif self.random.random() < faults().repeat:
                        self.counts["repeated"] += 1
                        copies = 2
                if writer in self._half_closed:
                    continue
                for _ in range(copies):
                    writer.write(frame)
                await writer.drain()
        except (asyncio.IncompleteReadError, OSError):
            writer.transport.abort()

    @staticmethod
    async def _pass_greeting(reader, writer):
        """Piece by piece: each side waits for the other's first bytes before it sends the rest."""
        left = GREETING
        while left > 0:
            piece = await reader.read(left)
            if not piece:
                raise asyncio.IncompleteReadError(b"", left)
            writer.write(piece)
            left -= len(piece)

    @staticmethod
    async def _frame(reader):
        """The flags of the next frame, and all of its bytes."""
        head = await reader.readexactly(1)
        size = await reader.readexactly(8 if head[0] & LONG else 1)
        return head[0], head + size + await reader.readexactly(int.from_bytes(size, "big"))
