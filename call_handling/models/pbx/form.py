import json

from lxml import etree

from odoo import api, fields, models
from odoo.tools import file_path
from odoo.tools.translate import get_translation

FILE_MARK = "{file}"

ICONS = "static/img/systems"  # in the addon of the adapter: <code>.svg
NO_ICON = f"call_handling/{ICONS}/missing.svg"


class CallPbx(models.Model):
    """The form of a telephone system, made from what the adapters declare.

    Every adapter has its own fields, labels and steps in it, of which those of the chosen system
    are visible.
    """

    _inherit = "call.pbx"

    icon = fields.Char("Picture", compute="_compute_icon", export_string_translation=False)

    # === COMPUTE METHODS === #

    @api.depends("adapter")
    def _compute_icon(self):
        for pbx in self:
            pbx.icon = f"/{self._get_icon(pbx.adapter)}"

    @api.model
    def _get_icon(self, code):
        """Return the path of a telephone system's icon, below the folders of addons."""
        icon = f"{self._get_addon(self._get_adapter_class(code))}/{ICONS}/{code}.svg"
        try:
            file_path(icon)
        except FileNotFoundError:
            return NO_ICON
        return icon

    # === THE FORM === #

    @api.model
    def _selection_adapter(self):
        """Return all telephone systems, and those in use whose addon is not installed."""
        adapters = self._get_adapters()
        known = [(code, self._translate(a, a.name)) for code, a in adapters.items()]
        # sudo: only which systems are in use
        pbx_sudo = self.sudo().with_context(active_test=False)
        used = [code for (code,) in pbx_sudo._read_group([], ["adapter"]) if code not in adapters]
        return known + [(code, self.env._("%s (not installed)", code)) for code in used]

    @api.model
    def _get_view(self, view_id=None, view_type="form", **options):
        """Override to add the parts of all adapters to the form."""
        arch, view = super()._get_view(view_id, view_type, **options)
        if view_type == "form":
            for code, adapter in self._get_adapters().items():
                self._add_to_form(arch, adapter, f"adapter != '{code}'")
            icons = {code: f"/{self._get_icon(code)}" for code in self._get_adapters()}
            for node in arch.iterfind(".//field[@widget='call_system']"):
                node.set("options", json.dumps({"icons": icons}))
        return arch, view

    @api.model
    def _add_to_form(self, arch, adapter, invisible):
        """Add the parts of one adapter to the form, at the places that the view marks.

        :param arch: the form
        :param adapter: class of the adapter
        :param str invisible: the condition under which they are not shown
        """
        for place in arch.iterfind(".//div[@name='their_secret']"):
            label = self._translate(adapter, adapter.secret_label)
            hidden = f"{invisible} or proof != 'their_secret'"
            place.addprevious(etree.Element("label", {"for": "new_secret", "string": label,
                                                      "invisible": hidden}))  # fmt: skip
        for place in arch.iterfind(".//div[@name='steps']"):
            if adapter.guide.steps:
                place.append(self._make_steps(adapter, invisible))
        for form_field in adapter.fields:
            group = "numbers" if form_field.is_about_numbers else "api"
            for place in arch.iterfind(f".//group[@name='{group}']"):
                place.extend(self._make_field(adapter, form_field, invisible))

    @api.model
    def _make_steps(self, adapter, invisible):
        """Return what to do in the telephone system, as a numbered list."""
        system = self._translate(adapter, adapter.guide.system or adapter.name)
        steps = etree.Element("div", {"invisible": invisible})
        title = etree.SubElement(steps, "strong")
        title.text = self.env._("What to do in %s", system)
        numbered = etree.SubElement(steps, "ol", {"class": "mb-0"})
        for step in adapter.guide.steps:
            entry = etree.SubElement(numbered, "li")
            entry.text, mark, rest = self._translate(adapter, step).partition(FILE_MARK)
            if mark:
                file = {"name": "configuration", "filename": "configuration_name"}
                file |= {"readonly": "1", "class": "oe_inline"}
                etree.SubElement(entry, "field", file).tail = rest
        return steps

    @api.model
    def _make_field(self, adapter, form_field, invisible):
        """Return the nodes of one field of the form.

        :rtype: list
        """
        if form_field.after:
            invisible = f"{invisible} or not {form_field.after}"
        texts = {
            "string": self._translate(adapter, form_field.label),
            "help": self._translate(adapter, form_field.help),
            "placeholder": self._translate(adapter, form_field.placeholder),
        }
        texts = {name: text for name, text in texts.items() if text}
        if not form_field.name.endswith("_secret"):
            attributes = {"name": form_field.name, "invisible": invisible, **texts}
            return [etree.Element("field", attributes)]
        # A secret is entered in a field of its own, and never shown.
        name = f"new_{form_field.name}"
        label = {"for": name, "invisible": invisible, **texts}
        return [etree.Element("label", label), self._make_secret(form_field.name, invisible)]

    @api.model
    def _make_secret(self, name, invisible):
        classes = "d-flex flex-wrap align-items-center gap-2"
        secret = etree.Element("div", {"class": classes, "invisible": invisible})
        entered = {"name": f"new_{name}", "password": "True", "class": "w-50"}
        etree.SubElement(secret, "field", entered)
        hidden = f"not has_{name}"
        state = etree.SubElement(secret, "span", {"class": "text-success", "invisible": hidden})
        check = {"class": "fa fa-check me-1", "role": "img", "aria-label": self.env._("Set")}
        etree.SubElement(state, "i", check).tail = self.env._("Set")
        return secret

    @api.model
    def _translate(self, adapter, text):
        """Return a text of an adapter in the user's language.

        Adapters are plain Python: they mark their texts, and here they are translated.

        :param adapter: class of the adapter
        :param str text: as the adapter has it
        :rtype: str
        """
        if not text:
            return ""
        lang = self.env.lang or "en_US"
        translated = get_translation(self._get_addon(adapter), lang, text, ())
        # What an addon's adapter does not define itself is ours.
        return (
            get_translation("call_handling", lang, text, ()) if translated == text else translated
        )

    @api.model
    def _get_addon(self, adapter):
        """Return the name of the addon that defines an adapter: `odoo.addons.<addon>.…`."""
        return adapter.__module__.split(".")[2]
