import { Component, onWillUnmount, useRef, useState } from "@odoo/owl";
import { _t } from "@web/core/l10n/translation";
import { formatCallDuration } from "../call_duration/call_duration_field";

export const RATES = [0.5, 0.75, 1, 1.25, 1.5, 2];
const SKIP = 5; // seconds

let playing = null; // only one is heard at a time

/**
 * Plays one recording. Nothing is loaded before somebody presses *Play*: to see a call is not to
 * listen to it.
 */
export class CallPlayer extends Component {
    static template = "call_handling.CallPlayer";
    static props = {
        recording: Object,
        // gets what others may do with the player
        bind: { type: Function, optional: true },
        // is told where it is, in seconds
        onTime: { type: Function, optional: true },
    };

    setup() {
        this.rates = RATES;
        this.audio = useRef("audio");
        this.state = useState({
            isPlaying: false,
            isFailed: false,
            seconds: 0,
            length: this.props.recording.seconds,
            rate: 1,
        });
        this.props.bind?.({ playFrom: (seconds) => this.playFrom(seconds) });
        onWillUnmount(() => this.audio.el?.pause());
    }

    get isPlayable() {
        return this.props.recording.state === "here" && !this.props.recording.reason;
    }

    get message() {
        return this.state.isFailed
            ? _t("The recording cannot be played. Reload the page, and try again.")
            : this.props.recording.reason;
    }

    get clock() {
        const { seconds, length } = this.state;
        return `${formatCallDuration(seconds)} / ${formatCallDuration(length)}`;
    }

    get playTitle() {
        return this.state.isPlaying ? _t("Pause") : _t("Play");
    }

    getMarkerTitle(marker) {
        return _t("Note at %(time)s: %(text)s", {
            time: formatCallDuration(marker.seconds),
            text: marker.text,
        });
    }

    getMarkerStyle({ seconds }) {
        const percent = this.state.length ? (seconds / this.state.length) * 100 : 0;
        return `inset-inline-start: ${Math.min(percent, 100)}%;`;
    }

    // --- what the user does

    async toggle() {
        const audio = this.audio.el;
        if (!audio.paused) {
            audio.pause();
            return;
        }
        this.state.isFailed = false;
        audio.playbackRate = this.state.rate;
        try {
            await audio.play();
        } catch (error) {
            // pausing before it has begun is no failure
            this.state.isFailed = error.name !== "AbortError";
        }
    }

    async playFrom(seconds) {
        if (this.audio.el) {
            this.seek(seconds);
            if (this.audio.el.paused) {
                await this.toggle();
            }
        }
    }

    seek(seconds) {
        const target = Math.max(0, Math.min(seconds, this.state.length));
        this.state.seconds = target;
        this.audio.el.currentTime = target;
        this.props.onTime?.(target);
    }

    setRate(rate) {
        this.state.rate = rate;
        this.audio.el.playbackRate = rate;
    }

    changeRate(step) {
        const index = RATES.indexOf(this.state.rate) + step;
        this.setRate(RATES[Math.max(0, Math.min(index, RATES.length - 1))]);
    }

    onMove(ev) {
        this.seek(Number(ev.target.value));
    }

    onChooseRate(ev) {
        this.setRate(Number(ev.target.value));
    }

    onKeydown(ev) {
        const actions = {
            k: () => this.toggle(),
            j: () => this.seek(this.state.seconds - SKIP),
            l: () => this.seek(this.state.seconds + SKIP),
            ArrowLeft: () => this.seek(this.state.seconds - SKIP),
            ArrowRight: () => this.seek(this.state.seconds + SKIP),
            Home: () => this.seek(0),
            "<": () => this.changeRate(-1),
            ">": () => this.changeRate(1),
        };
        const isChoice = ev.target.tagName === "SELECT";
        const isOnSlider = ev.target.type === "range";
        const action = ev.key === " " && isOnSlider ? actions.k : actions[ev.key];
        if (action && !isChoice && !ev.ctrlKey && !ev.altKey && !ev.metaKey) {
            ev.preventDefault();
            ev.stopPropagation();
            action();
        }
    }

    // --- what the sound does

    onPlay() {
        if (playing && playing !== this.audio.el) {
            playing.pause();
        }
        playing = this.audio.el;
        this.state.isPlaying = true;
    }

    onPause() {
        this.state.isPlaying = false;
    }

    onTime() {
        this.state.seconds = this.audio.el.currentTime;
        this.props.onTime?.(this.state.seconds);
    }

    onLength() {
        const { duration } = this.audio.el;
        if (Number.isFinite(duration)) {
            this.state.length = duration;
        }
        // where somebody has moved to before the sound was there
        if (this.state.seconds) {
            this.audio.el.currentTime = this.state.seconds;
        }
    }

    onError() {
        this.state.isFailed = true;
        this.state.isPlaying = false;
    }
}
