import contextlib
import socket
import ssl
import tempfile
import threading
from datetime import timedelta, timezone
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from hypothesis import given, settings
from hypothesis import strategies as st

from odoo import fields
from odoo.exceptions import AccessError
from odoo.tests import tagged

from ..models.pbx.certificates import WARN_BEFORE
from ..tools.certificates import get_place
from .common_health import HealthCommon


def write_certificate(folder, end):
    """Write a certificate that is trusted by nobody, with its key.

    :param datetime end: until when it is valid, naive UTC
    :return: path of the file
    """
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "pbx.example.com")])
    end = end.replace(tzinfo=timezone.utc)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(end - timedelta(days=90))
        .not_valid_after(end)
        .sign(key, hashes.SHA256())
    )
    path = Path(folder) / "server.pem"
    private = (
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    encoded = certificate.public_bytes(serialization.Encoding.PEM)
    path.write_bytes(key.private_bytes(*private) + encoded)
    return path


class TlsServer:
    """A server with a certificate, on a port of this machine.

    :param Path path: of the certificate
    """

    def __init__(self, path):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(path)
        self.context = context
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        self.thread = threading.Thread(target=self._run, daemon=True)
        self.thread.start()

    def _run(self):
        with contextlib.suppress(OSError):
            while True:
                connection, _address = self.listener.accept()
                with contextlib.suppress(OSError), connection:
                    self.context.wrap_socket(connection, server_side=True).close()

    def close(self):
        with contextlib.suppress(OSError):  # closed already
            self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()
        self.thread.join()


@tagged("post_install", "-at_install")
class TestCertificates(HealthCommon):
    """A certificate that ends is noticed two weeks before."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env["ir.config_parameter"].set_param("web.base.url", "http://odoo.lan")
        cls.pbx.active = False
        cls.asterisk = cls._create_pbx(
            "asterisk", token="asterisk-address", api_user="odoo", api_secret="s3cret"
        )

    def setUp(self):
        super().setUp()
        self.folder = self.enterContext(tempfile.TemporaryDirectory())

    def _serve(self, days):
        """Let the telephone system have a certificate that is valid for some days.

        :return: until when, naive UTC
        """
        end = fields.Datetime.now() + timedelta(days=days)
        self.server = TlsServer(write_certificate(self.folder, end))
        self.addCleanup(self.server.close)
        self.asterisk.api_url = f"https://127.0.0.1:{self.server.port}/ari"
        return end

    def _read_certificates(self):
        self.env.flush_all()
        self._run_scheduled_action("ir_cron_check_certificates")

    def _find(self):
        return self.asterisk.with_user(self.admin)._find_health("certificate")

    def test_the_end_of_a_certificate_is_read_and_alerted_to_once_until_it_is_renewed(self):
        end = self._serve(days=13)
        self._read_certificates()
        self.assertIn(f"127.0.0.1:{self.server.port}", self.asterisk.certificate_label)
        self.assertEqual(
            list(self.asterisk.certificates.values()), [fields.Datetime.to_string(end)]
        )
        self.assertEqual(self._find().severity, "warning")
        self.assertIn("Renew it in the telephone system", self._find().text)
        self._check_health()
        self._check_health()
        self.assertEqual(self._get_alerts(self.asterisk), {"certificate"})
        self.assertEqual(len(self._get_mails()), 1)
        self._serve(days=90)
        action = self.asterisk.with_user(self.admin).action_check_certificates()
        self.assertEqual(action["params"]["type"], "success")
        self._check_health()
        self.assertEqual(self._get_alerts(self.asterisk), set())

    def test_a_certificate_that_has_ended_is_severe(self):
        self._serve(days=-1)
        self._read_certificates()
        self.assertEqual(self._find().severity, "danger")
        self.assertIn("Odoo cannot dial", self._find().text)

    def test_what_cannot_be_reached_keeps_what_was_known(self):
        self._serve(days=5)
        self._read_certificates()
        known = self.asterisk.certificates
        self.server.close()
        self._read_certificates()
        self.assertEqual(self.asterisk.certificates, known)
        action = self.asterisk.with_user(self.admin).action_check_certificates()
        self.assertEqual(action["params"]["type"], "warning")
        self.assertIn("127.0.0.1", action["params"]["message"])

    def test_another_address_forgets_the_certificate_of_the_one_before(self):
        self._serve(days=5)
        self._read_certificates()
        self.asterisk.api_url = "http://pbx.lan:8088/ari"
        self.assertFalse(self._find() or self.asterisk.certificate_label)
        self._read_certificates()
        self.assertEqual(self.asterisk.certificates, {})

    def test_the_certificate_of_odoo_is_needed_for_events(self):
        end = fields.Datetime.now() + timedelta(days=3)
        server = TlsServer(write_certificate(self.folder, end))
        self.addCleanup(server.close)
        address = f"https://127.0.0.1:{server.port}"
        self.env["ir.config_parameter"].set_param("web.base.url", address)
        self._read_certificates()
        self.assertIn("send no events any more", self._find().text)

    def test_a_copy_of_the_database_asks_nobody(self):
        self._serve(days=5)
        self.pbx._declare_original()
        self.env["ir.config_parameter"].init(force=True)
        self.env.registry.clear_cache()
        self._read_certificates()
        self.assertFalse(self.asterisk.certificates)

    def test_only_who_sets_up_telephone_systems_has_certificates_read(self):
        for user in (self.alice, self.boss):
            with self.assertRaises(AccessError):
                self.asterisk.with_user(user).action_check_certificates()

    @settings(deadline=None, max_examples=30)
    @given(st.integers(-30 * 24 * 60, 60 * 24 * 60))
    def test_it_is_found_exactly_in_the_two_weeks_before_and_after_its_end(self, minutes):
        self.asterisk.api_url = "https://pbx.example.com"
        now = fields.Datetime.now()
        end = now + timedelta(minutes=minutes)
        text = fields.Datetime.to_string(end)
        self.asterisk.sudo().certificates = {"pbx.example.com:443": text}
        found = self.asterisk._find_certificate()
        # the moment passes while it is looked at
        if abs(end - now) > timedelta(minutes=1) < abs(end - now - WARN_BEFORE):
            severity = "danger" if end < now else "warning" if end < now + WARN_BEFORE else None
            self.assertEqual(found and found.severity, severity)

    def test_only_addresses_with_https_have_certificates(self):
        for address, place in (
            ("https://pbx.example.com/ari", "pbx.example.com:443"),
            ("HTTPS://PBX.example.com:8089", "pbx.example.com:8089"),
            ("https://[2001:db8::1]:8089/x", "[2001:db8::1]:8089"),
            ("http://pbx.example.com", None),
            ("https://pbx.example.com:nine", None),
            ("https://", None),
            ("pbx.example.com", None),
            (False, None),
        ):
            with self.subTest(address):
                self.assertEqual(get_place(address), place)

    @settings(deadline=None)
    @given(st.text(max_size=60))
    def test_whatever_is_entered_as_address_is_no_failure(self, text):
        get_place(text)
        get_place(f"https://{text}")
