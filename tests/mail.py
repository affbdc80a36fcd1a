#!/usr/bin/env python3
"""Mail about a run through a server that others wrote (aiosmtpd): STARTTLS with a certificate of its own, a password, TLS from the
first byte, a wrong password, a certificate that nobody trusts, a server that says `later`.

    python tests/mail.py RACCORDO        needs aiosmtpd and the program openssl
"""

import email
import email.policy
import logging
import os
import re
import socket
import ssl
import subprocess
import sys
import tempfile
import warnings
from pathlib import Path

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult

RACCORDO = Path(sys.argv[1]).resolve()
PASSWORD = "parola-d-ordine-7"
PIPELINE = """pipeline: listino
extract:
  articoli:
    inline: { rows: [ { sku: A1, prezzo: "10.50" }, { sku: "perché", prezzo: "2.00" } ] }
    columns: { sku: text, prezzo: money }
load:
  file: { from: articoli, file: { path: out/listino.csv } }
mail: { to: ["Città <ufficio@negozio.example>", b@negozio.example], subject: "Quadratura è fatta", attach: [out/listino.csv] }
"""


class Inbox:
    """Keeps what comes; says `later` as often as it is told to."""

    def __init__(self, later=0):
        self.mails, self.later = [], later

    async def handle_DATA(self, server, session, envelope):
        if self.later:
            self.later -= 1
            return "451 later"
        self.mails.append((envelope, email.message_from_bytes(envelope.content, policy=email.policy.default)))
        return "250 taken"


def certificate(folder):
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=localhost", "-addext",
         "subjectAltName=DNS:localhost", "-addext", "basicConstraints=critical,CA:FALSE",
         "-keyout", folder / "key.pem", "-out", folder / "cert.pem"],
        check=True, capture_output=True)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "cert.pem", folder / "key.pem")
    return context


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def knock(port):
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    with socket.create_connection(("127.0.0.1", port)) as plain, context.wrap_socket(plain) as wrapped:
        wrapped.recv(64)


def login(server, session, envelope, mechanism, data):
    return AuthResult(success=data.login == b"notte" and data.password == PASSWORD.encode())


def run(folder, server, **secrets):
    (folder / "raccordo.yaml").write_text(f"mail: {{ server: localhost, {server}, from: \"Negozio <notte@negozio.example>\" }}\n")
    (folder / "listino.yaml").write_text(PIPELINE)
    said = subprocess.run([RACCORDO, "run", "listino.yaml"], cwd=folder, env={**os.environ, **secrets}, capture_output=True, text=True)
    assert PASSWORD not in said.stdout + said.stderr, "the password is shown"
    return said.returncode, said.stderr


def expect(what, condition, said=""):
    if not condition:
        sys.exit(f"{what}: not so\n{said}")
    print(f"ok  {what}")


def main():
    # Conversations that fail are the point of this.
    logging.disable(logging.CRITICAL)
    warnings.simplefilter("ignore")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        context = certificate(folder)
        inbox = Inbox()
        starttls = Controller(inbox, hostname="127.0.0.1", port=free_port(), tls_context=context, require_starttls=True,
                              authenticator=login, auth_required=True)
        starttls.start()
        port = starttls.port
        settings = f"port: {port}, user: notte, password: !secret smtp_password, ca: cert.pem"

        code, said = run(folder, settings, SMTP_PASSWORD=PASSWORD)
        expect("STARTTLS with a password", code == 0 and len(inbox.mails) == 1, said)
        envelope, mail = inbox.mails[0]
        expect("both get it", envelope.rcpt_tos == ["ufficio@negozio.example", "b@negozio.example"], envelope.rcpt_tos)
        expect("subject", mail["subject"] == "Quadratura è fatta", mail["subject"])
        expect("name before an address", "Città" in mail["to"], mail["to"])
        body = mail.get_body().get_content()
        expect("report of the run", "every row is accounted for" in body and re.search(r"file +file +2 ", body), body)
        files = {part.get_filename(): part.get_content() for part in mail.iter_attachments()}
        expect("file", "perché" in files["listino.csv"], files)

        code, said = run(folder, settings, SMTP_PASSWORD="sbagliata")
        expect("wrong password: exit 2, one mail and no more", code == 2 and "NOT sent" in said and len(inbox.mails) == 1, said)
        code, said = run(folder, settings.replace(", ca: cert.pem", ""), SMTP_PASSWORD=PASSWORD)
        expect("a certificate that nobody trusts is refused", code == 2 and "certificate" in said.lower() and len(inbox.mails) == 1, said)
        expect("the file was written all the same", (folder / "out/listino.csv").exists())
        code, said = run(folder, settings)
        expect("a missing secret is told before anything runs", code == 1 and "smtp_password" in said, said)
        doctor = subprocess.run([RACCORDO, "doctor"], cwd=folder, env={**os.environ, "SMTP_PASSWORD": PASSWORD}, capture_output=True, text=True)
        expect("doctor", f"`localhost:{port}` answers" in doctor.stdout, doctor.stdout)
        starttls.stop()

        inbox = Inbox(later=1)
        wrapped = Controller(inbox, hostname="127.0.0.1", port=free_port(), ssl_context=context)
        # Its own first call does not trust a certificate of this kind.
        wrapped._trigger_server = lambda: knock(wrapped.port)
        wrapped.start()
        port = wrapped.port
        code, said = run(folder, f"port: {port}, security: tls, ca: cert.pem")
        expect("TLS from the first byte, and a server that says `later` is asked again", code == 0 and len(inbox.mails) == 1, said)
        code, said = run(folder, f"port: {port}, security: none, user: notte, password: !secret smtp_password", SMTP_PASSWORD=PASSWORD)
        expect("a password in clear is refused by the check", code == 1 and "in clear" in said, said)
        wrapped.stop()


main()
