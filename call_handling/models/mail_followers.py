from odoo import api, models


class MailFollowers(models.Model):
    _inherit = "mail.followers"

    @api.model_create_multi
    def create(self, vals_list):
        """Override: who follows a record from now on reads its title in mails."""
        followers = super().create(vals_list)
        Call = self.env["call.call"]
        kinds = {follow_up.model for follow_up in Call._get_follow_ups().values()}
        of_kind = followers.filtered(lambda follower: follower.res_model in kinds)
        outside = of_kind.filtered("partner_id.partner_share")
        for model, group in outside.grouped("res_model").items():
            Call._withdraw_texts(self.env[model].browse(group.mapped("res_id")))
        return followers
