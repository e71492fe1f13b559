import { _t } from "@web/core/l10n/translation";
import { patch } from "@web/core/utils/patch";
import { formPhoneField, PhoneField, phoneField } from "@web/views/fields/phone/phone_field";
import { session } from "@web/session";
import { CallDialButton } from "../call_dial_button/call_dial_button";

patch(PhoneField, {
    components: { ...PhoneField.components, CallDialButton },
    defaultProps: { ...PhoneField.defaultProps, enableCall: true },
    props: { ...PhoneField.props, enableCall: { type: Boolean, optional: true } },
});

patch(PhoneField.prototype, {
    /** Whether the user can dial the number with a telephone system. */
    get canDial() {
        const { enableCall, name, record } = this.props;
        return Boolean(session.call_handling?.dials && enableCall && record.data[name]);
    },

    get dialProps() {
        const { name, record } = this.props;
        const { resModel, resId } = record;
        return { number: record.data[name], resModel, resId };
    },
});

const withOption = () => ({
    extractProps({ options }) {
        return { ...super.extractProps(...arguments), enableCall: options.enable_call };
    },
    supportedOptions: [
        ...(phoneField.supportedOptions || []),
        { label: _t("Enable calls"), name: "enable_call", type: "boolean", default: true },
    ],
});

patch(phoneField, withOption());
patch(formPhoneField, withOption());
