import { browser } from "@web/core/browser/browser";

const TONES = [440, 480]; // hertz, the ringing tone that many people know
const VOLUME = 0.08;
const RHYTHM = 3000; // milliseconds from one ring to the next
const RING = 0.9; // seconds

/** Rings with a sound that the browser makes itself. */
export class Ringer {
    ring(isRinging) {
        if (isRinging === Boolean(this.timer)) {
            return;
        }
        browser.clearInterval(this.timer);
        this.timer = isRinging ? browser.setInterval(() => this.play(), RHYTHM) : null;
        if (isRinging) {
            this.play();
        } else {
            this.context?.close();
            this.context = null;
        }
    }

    play() {
        this.context = this.context || new browser.AudioContext();
        const volume = this.context.createGain();
        volume.gain.value = VOLUME;
        volume.connect(this.context.destination);
        for (const frequency of TONES) {
            const tone = this.context.createOscillator();
            tone.frequency.value = frequency;
            tone.connect(volume);
            tone.start();
            tone.stop(this.context.currentTime + RING);
        }
    }
}
