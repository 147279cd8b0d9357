"""A real mail server on this machine, for one test session; and a line to it that breaks."""

import contextlib
import datetime as dt
import grp
import hashlib
import ipaddress
import os
import pwd
import select
import shutil
import socket
import subprocess
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from leaks import PASSWORD
from programs import require

HOST = "localhost"
USER = "qinghe@qh.example.cn"
# Whoever waits longer than this waits for ever.
LIMIT = 30
FIRST = 1_775_000_000

CONFIG = """
base_dir = {folder}/run
state_dir = {folder}/state
log_path = {folder}/log
protocols = imap
listen = 127.0.0.1
instance_name = test{port}
ssl = required
ssl_cert = <{folder}/cert.pem
ssl_key = <{folder}/key.pem
disable_plaintext_auth = yes
default_internal_user = {user}
default_internal_group = {group}
default_login_user = {user}
first_valid_uid = 1
mail_location = maildir:{folder}/mail/%u
mail_max_userip_connections = 100
passdb {{
  driver = static
  args = password={{SHA256.hex}}{digest}
}}
userdb {{
  driver = static
  args = uid={uid} gid={gid} home={folder}/mail/%u
}}
service anvil {{
  chroot =
}}
service stats {{
  chroot =
}}
service imap-login {{
  chroot =
  inet_listener imap {{
    port = {plain}
  }}
  inet_listener imaps {{
    port = {port}
    ssl = yes
  }}
}}
"""


@dataclass
class Server:
    """A running Dovecot, with a mailbox of whoever gets letters; all have one password."""

    folder: Path
    port: int
    plain: int
    _count: int = 0

    @property
    def authority(self) -> Path:
        """The certificate to be trusted."""
        return self.folder / "cert.pem"

    def box(self, user: str = USER) -> Path:
        """Give the folder of a mailbox, which is made where it is not there."""
        box = self.folder / "mail" / user
        for path in (box, *(box / name for name in ("new", "cur", "tmp"))):
            if not path.exists():
                path.mkdir()
                _give(path)
        return box

    def deliver(self, *letters: bytes, to: str = USER) -> None:
        """Put letters into an inbox, as a delivery does."""
        box = self.box(to)
        for raw in letters:
            self._count += 1
            # Letters are numbered in the order of these names, which begin with a time.
            name = f"{FIRST + self._count}.M{self._count}P1.test"
            path, temp = box / "new" / name, box / "tmp" / name
            temp.write_bytes(raw)
            _give(temp)
            temp.rename(path)

    def marks(self) -> list[str]:
        """Give the flags of all letters, as the server keeps them: none after a colon."""
        return [path.name.partition(":2,")[2] for path in self.letters()]

    def forget(self) -> None:
        """Number all letters anew, as a server does that was put up again."""
        for path in self.box().glob("dovecot*"):
            path.unlink()
        time.sleep(1.1)  # the new number of the folder is its second

    def empty(self) -> None:
        """Delete all letters."""
        for path in self.letters():
            path.unlink()

    def letters(self, user: str = USER) -> list[Path]:
        """Give the files of all letters in a mailbox, oldest first."""
        box = self.box(user)
        found = [path for name in ("new", "cur") for path in (box / name).iterdir()]
        return sorted(found, key=lambda path: path.name)


@contextlib.contextmanager
def running() -> Iterator[Server]:
    """Run a server in a folder of its own, without rights of its own where that is possible."""
    program = require("dovecot")
    folder = Path(tempfile.mkdtemp(prefix="huizong-dovecot-"))
    folder.chmod(0o755)
    try:
        server = Server(folder, free_port(), free_port())
        _make(server)
        command = [program, "-F", "-c", str(folder / "dovecot.conf")]
        with subprocess.Popen(command, stdout=subprocess.DEVNULL) as process:
            try:
                _wait_for(server.port, folder / "log")
                yield server
            finally:
                process.terminate()
                process.wait(LIMIT)
    finally:
        shutil.rmtree(folder)


def _make(server: Server) -> None:
    folder, owner = server.folder, _owner()
    (folder / "mail").mkdir()
    _give(folder / "mail")
    server.box()
    make_certificate(folder)
    text = CONFIG.format(
        folder=folder, port=server.port, plain=server.plain, user=owner.pw_name,
        group=_group(owner.pw_gid), uid=owner.pw_uid, gid=owner.pw_gid,
        digest=hashlib.sha256(PASSWORD.encode()).hexdigest(),
    )  # fmt: skip
    (folder / "dovecot.conf").write_text(text)


def _owner() -> pwd.struct_passwd:
    """Letters belong to whoever runs the tests; root may own none."""
    return pwd.getpwnam("nobody") if os.getuid() == 0 else pwd.getpwuid(os.getuid())


def _group(number: int) -> str:
    return grp.getgrgid(number).gr_name


def _give(path: Path) -> None:
    if os.getuid() == 0:
        os.chown(path, _owner().pw_uid, _owner().pw_gid)


def make_certificate(folder: Path, host: str = HOST) -> None:
    """Make a certificate for this machine that signs itself: cert.pem and key.pem."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, host)])
    now = dt.datetime.now(dt.UTC)
    names = [x509.DNSName(host), x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name).issuer_name(name).public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(days=1)).not_valid_after(now + dt.timedelta(days=9))
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )  # fmt: skip
    pem = serialization.Encoding.PEM
    (folder / "cert.pem").write_bytes(certificate.public_bytes(pem))
    private = key.private_bytes(
        pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    (folder / "key.pem").write_bytes(private)


def free_port() -> int:
    """Find a port that nobody listens on."""
    with socket.create_server(("127.0.0.1", 0)) as found:
        return found.getsockname()[1]


def _wait_for(port: int, log: Path) -> None:
    until = time.monotonic() + LIMIT
    while time.monotonic() < until:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
            return
        time.sleep(0.05)
    msg = f"dovecot does not answer: {log.read_text() if log.exists() else 'no log'}"
    raise AssertionError(msg)


@dataclass
class Line:
    """
    A line to a server; each connection is cut after so many bytes or commands, or never (None).

    `after_bytes` counts what comes from the server, `after_sendings` what goes to it, `after_given`
    the bytes that go to it. `on_cut` is called in the moment of a cut.
    """

    target: int
    after_bytes: list[int | None] = field(default_factory=list)
    after_sendings: list[int | None] = field(default_factory=list)
    after_given: list[int | None] = field(default_factory=list)
    on_cut: Callable[[], None] = lambda: None
    passed: int = 0
    sendings: int = 0
    given: int = 0
    connections: int = 0

    @contextlib.contextmanager
    def open(self) -> Iterator[int]:
        """Listen on a port of its own, and give it."""
        with socket.create_server(("127.0.0.1", 0)) as listener:
            thread = threading.Thread(target=self._listen, args=(listener,), daemon=True)
            thread.start()
            yield listener.getsockname()[1]
            listener.shutdown(socket.SHUT_RDWR)
            thread.join(LIMIT)

    def _listen(self, listener: socket.socket) -> None:
        while True:
            try:
                client, _ = listener.accept()
            except OSError:
                return
            self.connections += 1
            with client, socket.create_connection(("127.0.0.1", self.target)) as server:
                with contextlib.suppress(OSError):
                    if self._pass_on(client, server):
                        self.on_cut()
                # At once, as a cable that is pulled: nothing more comes.
                with contextlib.suppress(OSError):
                    client.shutdown(socket.SHUT_RDWR)

    def _pass_on(self, client: socket.socket, server: socket.socket) -> bool:
        """Pass on what either says; tell whether the line was cut, or one of them has left."""
        most = self.after_bytes.pop(0) if self.after_bytes else None
        sendings = self.after_sendings.pop(0) if self.after_sendings else None
        given = self.after_given.pop(0) if self.after_given else None
        self.passed = self.sendings = self.given = 0
        while True:
            for source in select.select([client, server], [], [])[0]:
                data = source.recv(65536)
                if not data:
                    return False
                if source is client:
                    if sendings is not None and self.sendings >= sendings:
                        return True
                    self.sendings += 1
                    keep = data if given is None else data[: given - self.given]
                    self.given += len(keep)
                    server.sendall(keep)
                    if given is not None and self.given >= given:
                        return True
                    continue
                keep = data if most is None else data[: most - self.passed]
                self.passed += len(keep)
                client.sendall(keep)
                if most is not None and self.passed >= most:
                    return True
