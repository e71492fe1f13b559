import { Component, onWillUpdateProps, useEffect, useRef, useState } from "@odoo/owl";
import { _t } from "@web/core/l10n/translation";
import { useService } from "@web/core/utils/hooks";
import { formatCallDuration } from "../call_duration/call_duration_field";
import { askPrimary } from "../call_primary/call_primary";
import { CallPlayer } from "../call_player/call_player";

/**
 * A recording and what is said in it, in step. The transcript is read only when somebody opens it:
 * that is noted in the access log.
 */
export class CallDebrief extends Component {
    static template = "call_handling.CallDebrief";
    static components = { CallPlayer };
    static props = {
        callId: Number,
        recording: Object,
        // saves what is typed around it; returns false if that is not possible
        beforeCopy: { type: Function, optional: true },
        afterCopy: { type: Function, optional: true },
    };

    setup() {
        this.orm = useService("orm");
        this.notification = useService("notification");
        this.list = useRef("list");
        this.player = null;
        this.state = useState({
            status: this.props.recording.transcript,
            canRequest: this.props.recording.can_transcribe,
            canEdit: false,
            isOpen: false,
            reason: "",
            lines: [],
            typed: "",
            seconds: null,
            chosen: [],
            editedId: null,
            editedText: "",
        });
        onWillUpdateProps(({ recording }) => this.follow(recording));
        this.bindPlayer = (player) => (this.player = player);
        this.onTime = (seconds) => (this.state.seconds = seconds);
        useEffect(
            () => this.doWith("[aria-current]", (line) => line.scrollIntoView({ block: "nearest" })),
            () => [this.spokenId]
        );
        useEffect(
            () => this.doWith(".o_call_debrief_edit", (input) => input.focus()),
            () => [this.state.editedId]
        );
    }

    doWith(selector, act) {
        const found = this.list.el?.querySelector(selector);
        if (found) {
            act(found);
        }
    }

    // --- what is shown

    get isWriting() {
        return ["waiting", "working"].includes(this.state.status);
    }

    get shownLines() {
        const typed = this.state.typed.trim().toLowerCase();
        return this.state.lines.filter((line) => line.text.toLowerCase().includes(typed));
    }

    /** The line that is spoken, or the last one before a pause. */
    get spokenId() {
        const { lines, seconds } = this.state;
        const begun = seconds === null ? [] : lines.filter((line) => line.start <= seconds * 1000);
        return begun.length ? begun[begun.length - 1].id : false;
    }

    /** The parts of a text, and which of them are looked for. */
    getParts(text) {
        const typed = this.state.typed.trim().toLowerCase();
        if (!typed) {
            return [{ text, isFound: false }];
        }
        const lowered = text.toLowerCase();
        const parts = [];
        let place = 0;
        for (let at = lowered.indexOf(typed); at >= 0; at = lowered.indexOf(typed, place)) {
            parts.push({ text: text.slice(place, at), isFound: false });
            place = at + typed.length;
            parts.push({ text: text.slice(at, place), isFound: true });
        }
        return [...parts, { text: text.slice(place), isFound: false }];
    }

    formatTime(line) {
        return formatCallDuration(Math.floor(line.start / 1000));
    }

    getOriginalTitle(line) {
        return _t("Heard: “%(text)s”. Corrected by %(name)s.", {
            text: line.original,
            name: line.corrected_by,
        });
    }

    // --- what the user does

    async toggle() {
        this.state.isOpen = !this.state.isOpen;
        if (this.state.isOpen) {
            await this.load();
        }
    }

    /** Shows what has become of the transcript meanwhile, if the recording was read again. */
    follow(recording) {
        if (recording === this.props.recording) {
            return;
        }
        Object.assign(this.state, {
            status: recording.transcript,
            canRequest: recording.can_transcribe,
        });
        if (this.state.isOpen) {
            this.load(askPrimary(this.orm.silent));
        }
    }

    async load(orm = this.orm) {
        const found = await orm.call("call.call", "get_transcripts", [[this.props.callId]]);
        const own = found.transcripts.find(
            (transcript) => transcript.recording_id === this.props.recording.id
        );
        Object.assign(this.state, {
            status: own?.state || "",
            reason: own?.reason || "",
            lines: this.keepEdited(own?.lines || []),
            canEdit: found.can_edit,
            canRequest: found.can_request,
        });
    }

    /** The line that the user is correcting stays as it is until that is done. */
    keepEdited(lines) {
        const edited = this.state.lines.find(({ id }) => id === this.state.editedId);
        return edited ? lines.map((line) => (line.id === edited.id ? edited : line)) : lines;
    }

    async request() {
        await this.orm.call("call.call", "action_transcribe", [[this.props.callId]]);
        this.state.isOpen = true;
        await this.load();
    }

    jump(line) {
        this.state.seconds = line.start / 1000;
        this.player?.playFrom(line.start / 1000);
    }

    /** Choose a line; with the shift key, all up to it. */
    choose(line, ev) {
        const { chosen } = this.state;
        if (chosen.includes(line.id)) {
            this.state.chosen = chosen.filter((id) => id !== line.id);
            return;
        }
        const ids = this.shownLines.map(({ id }) => id);
        const last = ids.indexOf(chosen[chosen.length - 1]);
        const places = [ids.indexOf(line.id), ev.shiftKey && last >= 0 ? last : ids.indexOf(line.id)];
        const range = ids.slice(Math.min(...places), Math.max(...places) + 1);
        this.state.chosen = [...new Set([...chosen, ...range])];
    }

    async copy(target) {
        const { chosen } = this.state;
        if ((await this.props.beforeCopy?.()) === false) {
            return;
        }
        await this.orm.call("call.call", "add_from_transcript", [
            [this.props.callId],
            target,
            chosen,
        ]);
        this.state.chosen = [];
        this.notification.add(target === "note" ? _t("Added as a note.") : _t("Added to the summary."), {
            type: "success",
        });
        await this.props.afterCopy?.();
    }

    edit(line) {
        Object.assign(this.state, { editedId: line.id, editedText: line.text });
    }

    async correct(line, text) {
        this.state.editedId = null;
        const shown = await this.orm.call("call.transcript.line", "correct", [[line.id], text]);
        Object.assign(line, shown);
    }

    onEditKeydown(line, ev) {
        // not those of the player
        ev.stopPropagation();
        if (ev.key === "Escape") {
            this.state.editedId = null;
        } else if (ev.key === "Enter" && !ev.isComposing) {
            ev.preventDefault();
            return this.correct(line, this.state.editedText);
        }
    }
}
