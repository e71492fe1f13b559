"""What those read who may see what was created from a call, and not the call itself."""

from .common_follow_up import WITH_CHATTER
from .common_roles import SEPARATORS, quiet
from .roles_table import read_handed_over
from .test_roles_ways import WaysHttpCommon

NUMBER = "+12025550190"
# What a call says, part by part: words that occur nowhere else
PARTS = {part: f"zq{part}qz" for part in ("name", "summary", "note", "file")}
PARTS["number"] = NUMBER[2:]
# What the company hands over, and whether it shows callers and summaries to customers. With the
# last one, which shows most, all roles are tried.
SETTINGS = (("link", False), ("summary", False), ("all", False), ("all", True))
OUTSIDE = ("portal", "public")


def find_parts_in(content):
    """Return the parts of the call that a text contains.

    :rtype: set[str]
    """
    text = str(content)
    plain = SEPARATORS.sub("", text)
    return {part for part, word in PARTS.items() if word in text or word in plain}


class HandedOverCommon(WaysHttpCommon):
    """A call of somebody in Sales becomes another record, which others work on."""

    allow_inherited_tests_method = True
    kind = None  # of follow-up
    readers = ()  # the roles that may read it, and not the call; others may, too
    # What a record itself says about whom it is for, whatever is handed over. Colleagues read it.
    about_contact = frozenset()
    lists = ()  # pages of the portal
    is_printed = False  # by its readers

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env = cls.env(context=cls.env.context | WITH_CHATTER)
        cls.follow_up = cls.env["call.call"]._get_follow_ups()[cls.kind]
        cls.dave.group_ids += cls.env.ref(cls.follow_up.group)

    @classmethod
    def _create_cast(cls):
        """Override: each test logs its call."""
        return {}

    @classmethod
    def _create_records(cls):
        """Override: there are none but what is created from the call."""
        return {}

    @classmethod
    def _create_follow_ups(cls):
        """Override: each test creates it."""

    # === THE CALL, AND WHAT IT BECOMES === #

    def _hand_over(self, setting, is_informed):
        """Create the record from a call.

        :return: the call and the record
        """
        self.company.call_hand_over = setting
        self.company.call_texts_for_customers = is_informed
        call = self._log_call(
            f"{setting}{is_informed}", NUMBER, extension="104", from_name=PARTS["name"]
        )
        call = call.with_user(self.dave)
        call.write({"summary": PARTS["summary"]} | self._prepare_call_values())
        note = {"call_id": call.id, "body": PARTS["note"]}
        self.env["call.note"].with_user(self.dave).create(note)
        file = {"name": f"{PARTS['file']}.txt", "raw": PARTS["file"].encode()}
        place = {"res_model": call._name, "res_id": call.id}
        self.env["ir.attachment"].with_user(self.dave).create(file | place)
        getattr(call, f"action_create_{self.kind}")()
        record = call[self.follow_up.link].with_env(self.env)
        self._pass_on(record)
        self.env.flush_all()
        return call.with_env(self.env), record

    def _prepare_call_values(self):
        """Return what the call needs to become such a record."""
        return {}

    def _pass_on(self, record):
        """Let colleagues and the customer read the record, as people would."""

    def _get_allowed(self, role, setting, is_informed):
        """Return the parts that a role may read on the record."""
        reader = "colleague"
        if role in OUTSIDE:
            reader = "informed" if is_informed else "customer"
        allowed = read_handed_over()[reader][setting]
        return allowed if role in OUTSIDE else allowed | self.about_contact

    # === WAYS === #

    def _get_attempts(self, record):
        """Yield ways to get at what is on a record by RPC, and in its chatter."""
        env, ids = record.env, record.sudo().message_ids.ids
        texts = [n for n, field in record._fields.items() if field.type in ("char", "text", "html")]
        texts = [name for name in texts if record._has_field_access(record._fields[name], "read")]
        of_record = [("res_model", "=", record._name), ("res_id", "=", record.id)]
        of_thread = [("model", "=", record._name), ("res_id", "=", record.id)]
        said, file = ["body", "subject", "record_name", "preview"], ["name", "raw"]
        files = record.sudo().message_ids.attachment_ids.ids
        yield record.read
        yield lambda: record.read(["description"])
        yield lambda: record.search_read([("id", "=", record.id)], texts)
        yield lambda: record.web_read({"message_ids": {"fields": {"body": {}}}, "name": {}})
        yield lambda: record.formatted_read_group([("id", "=", record.id)], ["name"])
        yield lambda: record.name_search("", [("id", "=", record.id)])
        yield lambda: record.export_data([*texts, "message_ids/body"])
        yield lambda: record.copy().read()
        yield lambda: env["mail.message"].search_read(of_thread, said)
        yield lambda: env["mail.message"].browse(ids).read(said)
        yield lambda: env["mail.tracking.value"].search_read([("mail_message_id", "in", ids)])
        yield lambda: env["mail.activity"].search_read(of_record)
        yield lambda: env["ir.attachment"].search_read(of_record, file)
        yield lambda: env["ir.attachment"].search_read([("id", "in", files)], file)

    def _get_answers(self, role, record):
        """Yield what a browser gets that shows the record, its files, chatter and prints."""
        files = record.message_ids.attachment_ids
        thread = {"thread_model": record._name, "thread_id": record.id}
        fetch = ["mail.thread", thread | {"request_list": ["attachments", "followers"]}]
        yield self._request_json("/mail/thread/messages", **thread)
        yield self._request_json("/mail/data", fetch_params=[fetch])
        yield from (self.url_open(f"/web/content/{file.id}").text for file in files)
        prints = [answer.text for answer in self._print(record)]
        yield from prints
        if self.is_printed and role not in ("nobody", *OUTSIDE):
            self.assertIn(record.name, "".join(prints))
        if role in OUTSIDE:
            yield from self._get_pages(role, record)

    def _get_pages(self, role, record):
        """Yield the pages of the portal about the record, with and without its token."""
        if "access_url" not in record._fields:
            return
        yield from (self.url_open(url).text for url in self.lists)
        page = self.url_open(record.access_url)
        with_token = self.url_open(record.get_portal_url())
        self.assertIn(record.name, with_token.text)
        self.assertEqual(record.name in page.text, role == "portal")
        yield page.text
        yield with_token.text
        yield self.url_open(record.get_portal_url(report_type="html")).text
        token = {"access_token": record.access_token}
        thread = {"thread_model": record._name, "thread_id": record.id}
        yield self._request_json("/mail/thread/messages", **thread, **token)
        for file in record.message_ids.attachment_ids:
            yield self.url_open(f"/web/content/{file.id}?access_token={record.access_token}").text

    # === TESTS === #

    def test_calls_by_rpc_show_what_is_handed_over_and_nothing_else(self):
        for setting in SETTINGS:
            call, record = self._hand_over(*setting)
            for role in self.users if setting == SETTINGS[-1] else self.readers:
                env = self._env_of(role)
                if env["call.call"].browse(call.id)._filtered_access("read"):
                    continue
                with self.subTest(role=role, setting=setting), quiet():
                    attempts = self._get_attempts(env[record._name].browse(record.id))
                    shown = find_parts_in([self._attempt(attempt) for attempt in attempts])
                    allowed = self._get_allowed(role, *setting)
                    self.assertLessEqual(shown, allowed)
                    if role in self.readers:
                        self.assertEqual(shown, allowed)

    def test_pages_files_and_prints_show_what_is_handed_over_and_nothing_else(self):
        for setting in SETTINGS:
            _call, record = self._hand_over(*setting)
            others = ("nobody", *OUTSIDE) if setting == SETTINGS[-1] else OUTSIDE
            for role in dict.fromkeys((*self.readers, *others)):
                self.authenticate(None if role == "public" else self.users[role].login, None)
                with self.subTest(role=role, setting=setting), quiet():
                    content = [*self._get_answers(role, record)]
                    self.assertLessEqual(find_parts_in(content), self._get_allowed(role, *setting))
                    if role in self.readers and role not in OUTSIDE:
                        self.assertIn("Created from:", str(content))
