from typing import NamedTuple

from odoo import SUPERUSER_ID, api, models, tools
from odoo.tools import SQL

from .undo import SCOPE

# Fields in which a dialog has the model of the records whose ids it lists
KINDS = ("model", "res_model")


class Link(NamedTuple):
    """A stored field through which records can lead to records of a model.

    :param model: the model that has the field
    :param field: its name
    :param is_owned: its records exist only because of the record that they lead to, such as
        messages, files, dialogs, and whatever is deleted with it
    """

    model: str
    field: str
    is_owned: bool


class CallCall(models.Model):
    """Finds what leads to a record, in whatever table of whatever addon it is.

    When a call becomes private, what exists only because of it is deleted. So is what came into
    being since the call began, leads to the call, and was not edited by others. Everything else
    loses its link. The same holds for what leads to records that were created from the call.
    """

    _inherit = "call.call"

    @api.model
    @tools.ormcache("model_name")
    def _get_links_to(self, model_name):
        """Return the fields through which records can lead to records of a model.

        :param str model_name: the model
        :rtype: tuple[Link]
        """
        return tuple(
            link
            for model in sorted(self.env.registry.models)
            for name in sorted(self.env[model]._fields)
            if (link := self._get_link(self.env[model], name, model_name))
        )

    @api.model
    def _get_link(self, model, name, target):
        """Return the link that a field is; ``None`` if it is none."""
        field = model._fields[name]
        is_table = model._auto and not model._abstract
        # Such a model stores nothing but the id, and shall go on doing so.
        is_erased = not getattr(model, "_outlives_calls", False)
        if is_table and is_erased and field.store and self._can_lead_to(model, field, target):
            return Link(model._name, name, self._is_owned(model, field, target))
        return None

    @api.model
    def _can_lead_to(self, model, field, target):
        """Return whether records of a model can lead to records of another one by a field."""
        if field.type == "many2one":
            is_plain = not field.compute and not field.company_dependent
            return is_plain and field.comodel_name == target
        if field.type == "many2one_reference":
            kind = model._fields.get(field.model_field)
            return kind is not None and kind.store and bool(kind.column_type)
        if not model._transient:
            return field.type == "reference"
        # dialogs, also those that have the ids of their records as a text
        is_list = field.name == "res_ids" and field.type in ("char", "text")
        leads_there = field.type == "many2many" and field.comodel_name == target
        return is_list or leads_there or field.type == "reference"

    @api.model
    def _is_owned(self, model, field, target):
        """Return whether the records exist only because of those that they lead to."""
        if model._transient:
            return True
        if field.type == "many2one_reference":
            # A document has a life of its own, wherever it was opened.
            return "message_ids" not in model._fields
        is_required = field.required and target == self._name
        return field.type == "many2one" and (field.ondelete == "cascade" or is_required)

    @api.model
    def _find_links_to(self, records, links=None):
        """Return what leads to records. One query for all tables.

        :param records: of one model
        :param links: only these of the fields that :meth:`_get_links_to` returns
        :return: pairs of a :class:`Link`, and the records
        :rtype: list[tuple]
        """
        links = self._get_links_to(records._name) if links is None else links
        if not links:
            return []
        self.env.flush_all()
        self.env.cr.execute(
            SQL(
                # joined, not compared with all ids: the same plan for one record and for hundreds
                "WITH target AS MATERIALIZED (SELECT unnest(%s::integer[]) AS id) %s",
                list(records.ids),
                SQL(" UNION ALL ").join(
                    SQL("(SELECT %s, array_agg(id) FROM (%s) AS found(id) HAVING count(*) > 0)",
                        place, self._get_link_sql(link, records._name))
                    for place, link in enumerate(links)
                ),
            )
        )  # fmt: skip
        # sudo: what leads to the call goes with it, whatever of that the user can see
        env = self.sudo().with_context(active_test=False).env
        return [
            (links[place], env[links[place].model].browse(ids))
            for place, ids in self.env.cr.fetchall()
        ]

    @api.model
    def _get_link_sql(self, link, model_name):
        """Return the query for the ids of the records that lead to records of a model by a link.

        :param Link link: one of those to the model
        :param str model_name: the model; the ids of its records are in the table ``target``
        :rtype: odoo.tools.SQL
        """
        model = self.env[link.model]
        table, column = SQL.identifier(model._table), SQL.identifier(link.field)
        field, ids = model._fields[link.field], SQL("(SELECT id FROM target)")
        if field.type == "many2many":
            return SQL(
                "SELECT %s FROM %s WHERE %s IN %s",
                SQL.identifier(field.column1), SQL.identifier(field.relation),
                SQL.identifier(field.column2), ids,
            )  # fmt: skip
        select = SQL("SELECT id FROM %s", table)
        if field.type == "many2one":
            return SQL("%s WHERE %s IN %s", select, column, ids)
        if field.type == "reference":
            names = SQL("(SELECT concat(%s, id) FROM target)", f"{model_name},")
            return SQL("%s WHERE %s IN %s", select, column, names)
        if field.type == "many2one_reference":
            kind = SQL.identifier(field.model_field)
            return SQL("%s WHERE %s = %s AND %s IN %s", select, kind, model_name, column, ids)
        # "[5, 6]"
        listed = SQL(r"regexp_split_to_array(%s, '\D+')", column)
        is_listed = SQL("%s && ARRAY(SELECT id::text FROM target)", listed)
        if kind := next((name for name in KINDS if _is_text(model._fields.get(name))), None):
            is_of_model = SQL("COALESCE(%s, %s) = %s", SQL.identifier(kind), model_name, model_name)
            return SQL("%s WHERE %s AND %s", select, is_of_model, is_listed)
        return SQL("%s WHERE %s", select, is_listed)

    # === WHAT LEADS TO A CALL, OR TO WHAT WAS CREATED FROM IT === #

    def _get_further_sudo(self):
        """Return what came from the call though no button or rule of the app created it: what
        leads to the call, and came into being since the call began.

        :return: pairs of a record, and the name of the field that leads to the call
        :rtype: list[tuple]
        """
        return [
            (record_sudo, link.field)
            for link, records_sudo in self._find_links_to(self)
            if self._is_further(link)
            for record_sudo in records_sudo
            if record_sudo.create_date
            and (
                record_sudo.create_date >= self.create_date
                # it belongs to the call, whatever it was before
                or link.field == "source_call_id"
            )
            if link.field != "source_call_id" or not record_sudo.confirmed_call_id
        ]

    @api.model
    def _is_further(self, link):
        """Return whether records that lead to a call by a link may have come from it."""
        is_mere = (link.model, link.field) in self._get_mere_links()
        return not link.is_owned and not is_mere and link.model not in (self._name, "res.partner")

    def _confirm_decision(self, records_sudo, **values):
        """Remember that what was decided on another call was decided again on this one: it shall
        remain when the other call becomes private, and then belongs to this one.

        :param records_sudo: they have the call on which they were decided as ``source_call_id``
        :param values: what is written besides
        """
        for record_sudo in records_sudo:
            source_sudo = record_sudo.source_call_id
            is_other = source_sudo and source_sudo != self
            if is_other and not source_sudo._is_worked_on(None, record_sudo):
                # not by the person: to decide it again is not to edit it
                system = record_sudo.with_user(SUPERUSER_ID)
                system.write(values | {"confirmed_call_id": self.id})
            elif values:
                record_sudo.write(values)

    @api.model
    def _get_mere_links(self):
        """Return the fields of other models whose records lead to a call, but have not come from
        it. Override for further ones.

        :return: pairs of a model and a field
        :rtype: set[tuple]
        """
        return {
            ("call.callback", "done_call_id"),
            ("call.block", "confirmed_call_id"),
            ("call.number", "confirmed_call_id"),
        }

    def _hand_on_decisions(self):
        """Let what was decided on calls, and again on another one, belong to the other one."""
        decided = [("source_call_id", "in", self.ids), ("confirmed_call_id", "!=", False)]
        for model in ("call.block", "call.number"):
            # not by the person: it remains as it is
            for record in self.env[model].with_user(SUPERUSER_ID).search(decided):
                other = record.confirmed_call_id
                record.write({"source_call_id": other.id, "confirmed_call_id": False})

    def _get_owned_sudo(self, records, attribute="when_private"):
        """Return what exists only because of records, and goes with them.

        :param records: of one model
        :param str attribute: which fields of calls have, through which other records remain
        :rtype: list of recordsets, each of one model
        """
        links = self._get_erased_links(records, attribute)
        return self._group_owned(self._find_links_to(records, links))

    @api.model
    def _group_owned(self, found):
        """Return what exists only because of the records that it leads to.

        :param list found: as of :meth:`_find_links_to`
        :rtype: list of recordsets, each of one model
        """
        owned = {}
        for link, records_sudo in found:
            if link.is_owned:
                owned[link.model] = owned.get(link.model, records_sudo.browse()) | records_sudo
        return list(owned.values())

    @api.model
    def _get_erased_links(self, records, attribute):
        """Return the fields through which nothing shall lead to records any more.

        :param records: of one model
        :param str attribute: as of :meth:`_get_owned_sudo`
        :rtype: list[Link]
        """
        kept = self._get_kept_inverses(attribute) if records._name == self._name else set()
        links = self._get_links_to(records._name)
        return [link for link in links if (link.model, link.field) not in kept]

    @api.model
    def _get_kept_inverses(self, attribute):
        """Return the fields of other models through which records belong to a call that remain
        when it becomes private, or anonymous.

        :param str attribute: that the inverse fields have on calls
        """
        kept = (self._fields[name] for name in self._get_fields_with(attribute))
        return {(f.comodel_name, f.inverse_name) for f in kept if f.type == "one2many"}

    def _erase_links_to(self, records, attribute="when_private"):
        """Delete what exists only because of records, and detach what leads to them.

        :param records: of one model
        :param str attribute: as of :meth:`_get_owned_sudo`
        """
        links = self._get_erased_links(records, attribute)
        found = self._find_links_to(records, links)
        if owned := self._group_owned(found):
            for records_sudo in owned:
                records_sudo.with_context(**SCOPE).exists().unlink()
            found = self._find_links_to(records, links)  # what has not gone with it
        for link, records_sudo in found:
            records_sudo.with_context(**SCOPE)[link.field] = False

    def _has_documents(self, record_sudo):
        """Return whether documents, other than calls, were created from a record."""
        return any(
            "message_ids" in records_sudo._fields or records_sudo._fields[link.field].required
            for link, records_sudo in self._find_links_to(record_sudo)
            if not link.is_owned and link.model != self._name
        )


def _is_text(field):
    return bool(field) and field.store and field.type == "char"
