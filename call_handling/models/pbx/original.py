from odoo import SUPERUSER_ID, api, fields, models
from odoo.exceptions import AccessError

from ...adapters.request import Refusal, Refused
from ...tools import ADMIN, public_method
from .findings import Finding
from .severity import INFO

# The uuid of the database that the telephone systems belong to
ORIGINAL_PARAMETER = "call_handling.database_uuid"


class CallPbx(models.Model):
    """A telephone system belongs to one database. A copy of it, which Odoo has duplicated or
    neutralized, neither accepts events nor uses the API: what happens there would happen twice.

    Whatever else acts outside of Odoo, such as sending alerts or fetching recordings, asks
    :meth:`_is_database_copy` before.
    """

    _inherit = "call.pbx"

    is_database_copy = fields.Boolean(compute="_compute_is_database_copy", groups=ADMIN)

    # === COMPUTE METHODS === #

    def _compute_is_database_copy(self):
        self.is_database_copy = self._is_database_copy()

    # === ACTION METHODS === #

    @public_method()
    def action_declare_original(self):
        """Let the telephone systems belong to this database from now on.

        :raise AccessError: the user is no administrator of calls
        """
        if not self.env.user.has_group(ADMIN):
            raise AccessError(
                self.env._(
                    "Only administrators of calls decide which database the telephone systems "
                    "belong to."
                )
            )
        self.env["call.audit"]._log("original", self.env.company)
        self._declare_original()

    # === BUSINESS METHODS === #

    @api.model
    def _is_database_copy(self):
        """Return whether this database is a copy of the one that the telephone systems belong to.
        On the way of every event: parameters are cached.

        :rtype: bool
        """
        # sudo: parameters are for administrators of Odoo
        parameters_sudo = self.env["ir.config_parameter"].sudo()
        original = parameters_sudo.get_param(ORIGINAL_PARAMETER)
        return bool(original) and original != parameters_sudo.get_param("database.uuid")

    @api.model
    def _declare_original(self):
        """Store that the telephone systems belong to this database."""
        # sudo: parameters are for administrators of Odoo
        parameters_sudo = self.with_user(SUPERUSER_ID).env["ir.config_parameter"]
        uuid = parameters_sudo.get_param("database.uuid")
        parameters_sudo.set_param(ORIGINAL_PARAMETER, uuid)
        self.env.registry.clear_cache()  # adapters have no credentials in a copy

    @api.model
    def _check_original(self):
        """Check that events may be accepted.

        :raise adapters.request.Refused: not by a copy
        """
        if self._is_database_copy():
            raise Refused(Refusal.DATABASE_COPY)

    def _explain_database_copy(self):
        return self.env._(
            "This database is a copy of another one, to which the telephone systems belong. It "
            "accepts no events, does not dial, and sends no alerts. If it replaces the other one, "
            "press “This Is the New Original”."
        )

    # === OVERRIDES === #

    def _get_health_findings(self):
        """Override: what is wrong or silent here is the original's business. It is nothing that
        anybody has to do something about, unless the copy replaces the original."""
        if self._is_left_to_original():
            text, button = self._explain_database_copy(), self.env._("Set Up")
            return [Finding("database_copy", INFO, text, button, "action_view_settings")]
        return super()._get_health_findings()

    def _get_findings(self):
        """Override: what is missing in a copy, such as secrets, does not matter."""
        return [] if self._is_left_to_original() else super()._get_findings()

    def _is_left_to_original(self):
        """Return whether another database uses this telephone system. Calls can be simulated
        anywhere."""
        return bool(self.id) and not self.can_simulate and self._is_database_copy()

    def _prepare_api_settings(self):
        """Override: without credentials, nothing in a copy can use the API."""
        settings = super()._prepare_api_settings()
        if self._is_database_copy():
            secrets = ("api_url", "api_account", "api_user", "api_secret")
            settings |= dict.fromkeys(secrets, "")
        return settings

    def _find_problem(self):
        """Override: what is missing besides does not matter in a copy."""
        is_copy = self._is_database_copy()
        return self._explain_database_copy() if is_copy else super()._find_problem()

    def _explain_api_error(self, error):
        """Override: the credentials are there, but not used."""
        is_copy = self._is_database_copy()
        return self._explain_database_copy() if is_copy else super()._explain_api_error(error)
