import base64
import json
import logging
from urllib.parse import parse_qs

from lxml import etree

from odoo import fields
from odoo.tests import HttpCase, tagged
from odoo.tools import mute_logger

from ..models.directory.call_directory import PHONEBOOK_PATH, WHO_PATH
from ..tools.phonebook import FORMATS
from .common import CallCommon

NUMBER = "+493023125610"


@tagged("post_install", "-at_install")
class TestDirectory(CallCommon, HttpCase):
    """What telephones and telephone systems may ask: who is calling, and whom one can call."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.nordwind = cls._create_contact("Nordwind AG", is_company=True)
        cls.jane = cls._create_contact("Jane Roe", NUMBER, parent_id=cls.nordwind.id)
        cls.directory = cls.env["call.directory"].create(
            {"name": "Office", "pbx_id": cls.pbx.id, "phonebook_user_id": cls.alice.id}
        )

    def _ask(self, number=NUMBER, token=None, **query):
        headers = {"Authorization": f"Bearer {token or self.directory.token}"}
        return self.url_open(WHO_PATH, data={"number": number} | query, headers=headers)

    def _assert_name(self, expected, number=NUMBER):
        answer = self._ask(number)
        self.assertEqual((answer.status_code, answer.text), (200, expected))

    def _ask_json(self):
        return json.loads(self._ask(format="json").text)

    def _read_book(self, kind="json", suffix="", **query):
        url = f"{PHONEBOOK_PATH}/{self.directory.token}/{kind}{suffix}"
        answer = self.url_open(url + "".join(f"?{n}={v}" for n, v in query.items()))
        self.assertEqual(answer.status_code, 200)
        self.assertEqual(answer.headers["Content-Type"], FORMATS[kind].content_type)
        return answer.content

    def _get_names(self, **query):
        return [entry["name"] for entry in json.loads(self._read_book(**query))["entries"]]

    # --- who is calling --------------------------------------------------------------

    def test_the_name_of_a_certain_contact_is_one_line(self):
        self._assert_name("Jane Roe, Nordwind AG")
        self._assert_name("Jane Roe, Nordwind AG", "030 23125610")
        self.jane.name = "Jane\nRoe\r\x07 " + "x" * 80
        answer = self._ask().text
        self.assertEqual(answer, "Jane Roe " + "x" * 31)

    def test_nobody_certain_has_no_name(self):
        self._assert_name("", "+12025550199")
        self._assert_name("", "anonymous")
        self._assert_name("", "")
        self._create_contact("John Roe", NUMBER)
        self._assert_name("")

    def test_what_no_number_or_name_contains_is_ignored(self):
        self._assert_name("Jane Roe, Nordwind AG", f"{NUMBER}\0")
        self.assertEqual(self._get_names(search="%00Jane"), ["Jane Roe"])

    def test_contacts_with_private_calls_are_not_named(self):
        self.jane.with_user(self.admin).sudo().calls_are_private = True
        self._assert_name("")

    def test_the_key_comes_in_a_header_or_in_the_address(self):
        token, query = self.directory.token, f"?number=%2B{NUMBER[1:]}"
        self.assertIn("Jane", self.url_open(f"{WHO_PATH}/{token}{query}").text)
        password = base64.b64encode(f"phone:{token}".encode()).decode()
        headers = {"Authorization": f"Basic {password}"}
        self.assertIn("Jane", self.url_open(WHO_PATH + query, headers=headers).text)

    @mute_logger("odoo.http")
    def test_without_the_right_key_nothing_is_said(self):
        for token in ("wrong", self.directory.token[:-1], self.pbx.token, "a\u00e9"):
            with self.subTest(token=token):
                url = f"{WHO_PATH}/{token}?number={NUMBER}"
                self.assertEqual(self.url_open(url).status_code, 403)
        for password in (b"a", b"YQ==", b"/w==", "a\u00e9".encode("latin-1")):
            with self.subTest(password=password):
                answer = self.url_open(WHO_PATH, headers={"Authorization": b"Basic " + password})
                self.assertEqual(answer.status_code, 403)
        self.assertEqual(self.url_open(WHO_PATH).status_code, 403)
        file = {"token": ("key.txt", b"a")}
        self.assertEqual(self.url_open(WHO_PATH, files=file).status_code, 403)
        old = self.directory.token
        self.directory.with_user(self.admin).action_new_token()
        self.assertEqual(self._ask(token=old).status_code, 403)
        self._assert_name("Jane Roe, Nordwind AG")

    @mute_logger("odoo.http")
    def test_an_archived_directory_says_nothing(self):
        self.directory.active = False
        self.assertEqual(self._ask().status_code, 403)
        self.directory.active, self.pbx.active = True, False
        self.assertEqual(self._ask().status_code, 403)

    def test_the_log_has_neither_keys_nor_numbers(self):
        token = self.directory.token
        lines = [
            (f"GET {WHO_PATH}/{token}?number=%2B{NUMBER[1:]} HTTP/1.1", "200"),
            (f"GET {PHONEBOOK_PATH}/{token}/json?search=Roe HTTP/1.1", "200"),
            (f"POST {self.pbx.webhook_url} HTTP/1.1", "200"),
        ]
        logger = logging.getLogger("werkzeug")
        for request, status in lines:
            with self.subTest(request=request):
                args = ('127.0.0.1 - - "%s" %s', (request, status), None)
                record = logger.makeRecord("werkzeug", logging.INFO, "", 0, *args)
                self.assertTrue(logger.filter(record))
                line = record.getMessage()
                for secret in (token, NUMBER[1:], "Roe", self.pbx.token):
                    self.assertNotIn(secret, line)
                self.assertIn("/call_handling/", line)
                self.assertTrue(line.endswith('HTTP/1.1" 200'))

    # --- where callers belong --------------------------------------------------------

    def test_nothing_but_the_name_is_said_unless_it_is_wanted(self):
        self.jane.user_id = self.alice
        self.assertEqual(self._ask_json()["extension"], "")

    def test_a_caller_belongs_to_the_salesperson(self):
        self.directory.gives_routing = True
        self.assertEqual(self._ask_json()["extension"], "")
        self.nordwind.user_id = self.alice
        phone = self.pbx.extension_ids.filtered(lambda known: known.user_id == self.alice)
        self.assertEqual(self._ask_json()["extension"], phone[0].number)

    def test_a_caller_without_a_salesperson_belongs_to_who_spoke_last(self):
        self.directory.gives_routing = True
        call = self._log_call(number=NUMBER)
        phone = self.pbx.extension_ids.filtered(lambda known: known.user_id == call.user_id)
        self.assertEqual(self._ask_json()["extension"], phone[0].number)

    def test_a_caller_can_be_marked(self):
        tag = self.env["res.partner.category"].create({"name": "VIP"})
        self.directory.write({"gives_routing": True, "vip_category_ids": tag.ids})
        self.assertFalse(self._ask_json()["is_vip"])
        self.nordwind.category_id = tag
        self.jane.lang = "en_US"
        callback = self._log_call(number=NUMBER, answered=False).callback_id
        self.assertEqual(callback.partner_id, self.jane)
        callback.date_due = fields.Datetime.subtract(fields.Datetime.now(), hours=1)
        answer = self._ask_json()
        self.assertEqual((answer["is_vip"], answer["is_overdue"], answer["language"]),
                         (True, True, "en_US"))  # fmt: skip
        text = self._ask(format="form").text
        form = parse_qs(text)
        self.assertEqual((form["is_vip"], form["name"]), (["1"], ["Jane Roe"]))
        # Asterisk leaves a "+" as it is
        self.assertIn("name=Jane%20Roe&", text)

    # --- the phonebook ---------------------------------------------------------------

    def test_each_kind_of_phone_gets_names_and_all_numbers(self):
        further = "+12025550143"
        self.env["call.number"].create({"partner_id": self.jane.id, "number": further})
        for kind in FORMATS:
            with self.subTest(kind=kind):
                content = self._read_book(kind, search="Jane")
                for wanted in ("Jane Roe", "Nordwind AG", NUMBER, further):
                    self.assertIn(wanted, content.decode())
                if "xml" in FORMATS[kind].content_type:
                    etree.fromstring(content)
        self.assertIn(b"<Phone>", self._read_book("grandstream", "/phonebook.xml"))

    def test_the_phonebook_is_searched_by_name_and_number(self):
        self._create_contact("John Roe", "+12025550144")
        self.assertEqual(self._get_names(search="Jane"), ["Jane Roe"])
        self.assertEqual(self._get_names(search="2025550144"), ["John Roe"])
        self.assertEqual(self._get_names(search="%27%3B--"), [])

    def test_the_phonebook_has_what_its_owner_may_see(self):
        other = self.env["res.company"].create({"name": "Abroad"})
        hidden = self._create_contact("Hidden Roe", "+12025550145", company_id=other.id)
        self.assertNotIn("Hidden Roe", self._get_names(search="Roe"))
        self.alice.company_ids += other  # where the telephones are not
        self.assertNotIn("Hidden Roe", self._get_names(search="Roe"))
        hidden.company_id = False
        self.assertIn("Hidden Roe", self._get_names(search="Roe"))
        tag = self.env["res.partner.category"].create({"name": "On phones"})
        self.jane.category_id = self.directory.phonebook_category_ids = tag
        self.assertEqual(self._get_names(), ["Jane Roe"])
        self.alice.write({"company_ids": other.ids, "company_id": other.id})
        self.assertEqual(self._get_names(), [])
        self.alice.write({"company_ids": (other | self.company).ids})
        self.assertEqual(self._get_names(), ["Jane Roe"])
        self.alice.active = False
        self.assertEqual(self._get_names(), [])

    def test_a_phonebook_with_many_contacts_has_pages(self):
        for number in range(33):
            self._create_contact(f"Zed {number:02}", f"+120255501{number:02}")
        first = etree.fromstring(self._read_book("cisco", search="Zed"))
        self.assertEqual(len(first.findall("DirectoryEntry")), 32)
        url = first.xpath("//SoftKeyItem[Name='Next']/URL")[0].text
        second = etree.fromstring(self.url_open(url).content)
        self.assertEqual(second.xpath("//DirectoryEntry/Name/text()"), ["Zed 32"])
        self.assertFalse(second.xpath("//SoftKeyItem[Name='Next']"))

    def test_a_page_has_no_more_entries_than_a_phone_shows(self):
        for number in range(31):
            contact = self._create_contact(f"Zed {number:02}", f"+120255501{number:02}")
            values = {"partner_id": contact.id, "number": f"+120255502{number:02}"}
            self.env["call.number"].create(values)
        book = etree.fromstring(self._read_book("cisco", search="Zed"))
        names = book.xpath("//DirectoryEntry/Name/text()")
        self.assertEqual(len(names), 32)
        self.assertEqual(len(set(names)), 31)
        self.assertFalse(book.xpath("//SoftKeyItem[Name='Next']"))

    @mute_logger("odoo.http")
    def test_without_an_owner_there_is_no_phonebook(self):
        self.directory.phonebook_user_id = False
        url = f"{PHONEBOOK_PATH}/{self.directory.token}/json"
        self.assertEqual(self.url_open(url).status_code, 403)
