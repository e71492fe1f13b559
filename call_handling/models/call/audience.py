import lxml.html
from markupsafe import Markup

from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import SQL, format_datetime

from ...tools import KIND, NO_NOTIFICATION, OWN, digits


class CallCall(models.Model):
    """Who reads what is handed over from a call: colleagues without rights on calls, customers.

    The company decides what each of them may read. What colleagues get is an internal note in the
    chatter, with the files, which nobody outside can read. Titles and descriptions name nobody
    where people outside can read them.
    """

    _inherit = "call.call"

    can_write = fields.Boolean(string="May Be Edited", compute="_compute_can_write")

    _created_records_idx = models.Index(
        "USING gin (created_records jsonb_path_ops) WHERE created_records IS NOT NULL"
    )

    # === COMPUTE METHODS === #

    @api.depends_context("uid", "allowed_company_ids")
    def _compute_can_write(self):
        writable = self._filtered_access("write").filtered(lambda call: not call.is_anonymized)
        for call in self:
            call.can_write = call in writable

    # === WHAT MAY BE SHOWN === #

    def _is_shown(self, content, is_read_outside=False):
        """Return whether others may read something of the call where it is handed over to.

        :param str content: `summary` (who called, and what about) or `all` (also notes and files)
        :param bool is_read_outside: whether people outside the company can read it
        :rtype: bool
        """
        self.ensure_one()
        # sudo: what a company hands over is not confidential
        company_sudo = self.company_id.sudo()
        if is_read_outside and not company_sudo.call_texts_for_customers:
            return False
        return company_sudo.call_hand_over in ("all", content)

    @api.model
    def _is_kind_read_outside(self):
        """Return whether customers may have access to records of the kind that is created.

        :rtype: bool
        """
        follow_up = self._get_follow_ups().get(KIND.get(self.env))
        if not follow_up:
            return True
        outside = self.env.ref("base.group_portal") | self.env.ref("base.group_public")
        # sudo: who has access to what is not confidential
        return bool(
            self.env["ir.model.access"]
            .sudo()
            .search_count(
                [
                    ("model_id.model", "=", follow_up.model),
                    ("perm_read", "=", True),
                    ("group_id", "in", [False, *outside.ids]),
                ],
                limit=1,
            )
        )

    @api.model
    def _is_followed_outside(self, record):
        """Return whether people outside the company follow a record: they get its mails.

        :param record: has a chatter
        :rtype: bool
        """
        # sudo: who follows a record, whatever of the contacts the user may see
        return any(record.sudo().message_partner_ids.mapped("partner_share"))

    # === WHAT IS SHOWN === #

    def _get_neutral_title(self):
        """Return a title that names nobody: only when the call was.

        :rtype: str
        """
        return self.env._("Call of %s", self._format_date(self.date_start))

    def _format_date(self, date):
        """Return a time for people, in the time zone of those for whom the text is written."""
        return format_datetime(self.env, date, tz=self.env.context.get("tz"), dt_format="short")

    def _get_neutral_link(self):
        """Return a link to the call that names nobody. Its content is only for those who may see
        the call.

        :rtype: markupsafe.Markup
        """
        return self._get_html_link(title=self._get_neutral_title())

    def _get_follow_up_title(self, is_read_outside=None):
        """Return the first line of the summary, or who called.

        :param bool is_read_outside: whether people outside the company can read the title; by
            default, whether they have access to records of the kind that is created
        :rtype: str
        """
        self.ensure_one()
        if is_read_outside is None:
            is_read_outside = self._is_kind_read_outside()
        if not self._is_shown("summary", is_read_outside):
            return self._get_neutral_title()
        lines = (self._get_subject() or "").strip().splitlines()
        return lines[0] if lines else self.env._("Call with %s", self.remote_label)

    def _get_subject(self):
        """Return what a follow-up is about.

        :rtype: str
        """
        return self.summary

    def _get_follow_up_text(self):
        """Return what a description says about the call: people outside may read it later.

        :return: empty, unless the company shows it to customers
        :rtype: markupsafe.Markup
        """
        return self._get_content_text() if self._is_shown("summary", True) else Markup()

    def _get_content_text(self):
        """Return who called, when and what about, in an element of its own.

        :rtype: markupsafe.Markup
        """
        self.ensure_one()
        when = self._format_date(self.date_start)
        number = self.number_label if self.number_label != self.remote_label else ""
        head = ", ".join(part for part in (self.remote_label, number, when) if part)
        lines = [line for line in self._get_content_lines() if line.strip()]
        text = Markup().join(Markup("<p>%s</p>") % line for line in (head, *lines))
        return Markup('<div class="%s">%s</div>') % (self._get_text_class(), text)

    def _get_content_lines(self):
        """Return what the call was about, line by line.

        :rtype: list[str]
        """
        return (self.summary or "").splitlines()

    @api.model
    def _post_note(self, record, body):
        """Post an internal note in the chatter of a record, which nobody outside can read.

        :rtype: mail.message
        """
        # Portal users can read internal messages of other types if they know the id.
        return record.message_post(
            body=body, message_type="comment", subtype_xmlid="mail.mt_note", is_internal=True
        )

    # === WHEN PEOPLE OUTSIDE CAN READ A RECORD FROM NOW ON === #

    @api.model
    def _withdraw_texts(self, records):
        """Remove from records what calls have written there, as far as people outside can read it
        and the company does not show it to customers. Colleagues find it in the chatter.

        What people have written or changed remains.

        :param records: follow-ups of one model that people outside can read from now on
        """
        for call_sudo in self._get_creators_sudo(records):
            if call_sudo._is_shown("summary", True):
                continue
            call_sudo = call_sudo._as_when_created().with_context(
                **NO_NOTIFICATION, tracking_disable=True
            )
            call_sudo.created_records = [
                call_sudo._withdraw_text(created)
                if created["model"] == records._name and created["id"] in records.ids
                else created
                for created in call_sudo.created_records
            ]

    @api.model
    def _get_creators_sudo(self, records):
        """Return the calls from which records were created, also those no longer linked."""
        if not records.ids:
            return self.browse().sudo()
        self.flush_model(["created_records"])
        rows = self.env.execute_query(
            SQL(
                """
                SELECT DISTINCT call.id
                  FROM unnest(%(ids)s) AS record (id)
                  JOIN call_call call ON call.created_records @> jsonb_build_array(
                       jsonb_build_object('model', %(model)s::text, 'id', record.id))
                """,
                ids=records.ids,
                model=records._name,
            )
        )
        # sudo: whoever lets customers in need not see the calls
        return self.sudo().browse([call_id for (call_id,) in rows])

    def _as_when_created(self):
        """Return the call with the language and time zone in which records are created from it."""
        tz = self.user_id.tz or self.pbx_id.tz
        return self.with_context(lang=self.user_id.lang, tz=tz)

    def _withdraw_text(self, created):
        """Remove the call's text from a record that was created from it.

        :param dict created: the entry of `created_records`
        :return: the entry as it is then
        :rtype: dict
        """
        record = self.env[created["model"]].browse(created["id"]).exists()
        values, created = {}, dict(created)
        if not record:
            return created
        if record.name == created["title"]:
            values["name"] = created["title"] = self._get_neutral_title()
        text_class = created.get("text_class") or self._get_text_class()
        if "description" in record._fields and text_class in (record.description or ""):
            text = self._get_text(record.description, text_class)
            note = self._post_note(record, text)
            created["message_ids"] = [*created["message_ids"], note.id]
            values["description"] = self._without_text(record.description, text_class)
        record.write(values)
        return created

    def _get_text(self, description, text_class):
        """Return the call's text within a description."""
        root = lxml.html.fragment_fromstring(description, create_parent="div")
        parts = (lxml.html.tostring(element, encoding="unicode", with_tail=False)
                 for element in root.find_class(text_class))  # fmt: skip
        return Markup().join(Markup(part) for part in parts)

    # === COPIES === #

    @api.model
    def _remove_from_copies(self, records, vals_list):
        """Remove what calls have written from the values of copies. A copy is not the call's: it
        remains as it is when people outside can read it, and when the call becomes private.

        What people have written or changed is copied.

        :param records: follow-ups of one model that are copied
        :param list vals_list: what `copy_data` returns for them; it is changed
        :return: the same list
        :rtype: list[dict]
        """
        values = {record.id: vals for record, vals in zip(records, vals_list, strict=True)}
        for call_sudo in self._get_creators_sudo(records):
            for created in call_sudo.created_records:
                if created["model"] == records._name and (vals := values.get(created["id"])):
                    record = records.browse(created["id"])
                    call_sudo._as_when_created()._remove_from_copy(created, record, vals)
        return vals_list

    def _remove_from_copy(self, created, record, vals):
        """Remove the call's text from the values of a copy.

        :param dict created: the entry of `created_records`
        :param record: the record that is copied
        :param dict vals: the values of the copy, which are changed
        """
        if record.name == created["title"] and vals.get("name"):
            # Some models add that it is a copy.
            title = self._get_title_of_copy(created["kind"])
            vals["name"] = vals["name"].replace(record.name, title)
        text_class = created.get("text_class") or self._get_text_class()
        if text_class in (vals.get("description") or ""):
            vals["description"] = self._without_text(vals["description"], text_class)
        if "html_field_history" in vals:
            vals["html_field_history"] = False  # earlier versions of the description
        if not self._has_contact(record):
            for name in self._get_caller_fields(created["kind"]):
                if vals.get(name) and self._is_from_caller(vals[name]):
                    vals[name] = False

    def _is_from_caller(self, value):
        """Return whether a text is the name or the number of the call."""
        number = digits(self.remote_number or "")
        return value == self.remote_name or (number and digits(value).endswith(number))

    # === HOW MANY THERE ARE === #

    @api.model
    def _count_all(self, domain, groupby):
        """Return how many calls there are, also of those that the user may not see. Private calls
        of others and calls of other companies do not count: nothing may reveal them.

        :param Domain domain: which calls
        :param list groupby: names of fields
        :return: groups, each with its count; none for users without rights on calls
        :rtype: list[tuple]
        """
        if not self.env.user.has_group(OWN):
            return []
        domain &= Domain("company_id", "in", self.env.companies.ids)
        domain &= Domain("is_private", "=", False) | Domain("user_id", "=", self.env.uid)
        # sudo: only their number
        return self.sudo()._read_group(domain, groupby, ["__count"])

    @api.model
    def _format_count(self, count, total):
        """Return how many calls there are, for people.

        :param int count: calls that the user may see
        :param int total: all calls
        :rtype: str
        """
        if count == total:
            return str(count)
        return self.env._("%(count)s of %(total)s", count=count, total=total)

    # === MAILS === #

    def _message_compute_subject(self):
        """Override of `mail`: followers may not be allowed to see the call."""
        return self._get_neutral_name()

    def _notify_thread(self, message, msg_vals=False, **kwargs):
        """Override of `mail`: followers may not be allowed to see the call."""
        kwargs.setdefault("force_record_name", self._get_neutral_name())
        return super()._notify_thread(message, msg_vals=msg_vals, **kwargs)
