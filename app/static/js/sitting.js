// How long records may stay on a screen: until nobody has touched the page for a while, or until the link's own end.
// Pure but for the clock it is given; times in ms. A sleeping computer fires late: `check` is called again when it wakes.

const LONGEST_TIMER = 2 ** 31 - 1;

export class Sitting {
  // idle: how long without a touch; warn: how long before that `onWarn` is called; endsAt: the link's end, or null.
  constructor({ idle, warn, endsAt, onWarn, onStay, onIdle, onEnd, now = () => Date.now(), later = (work, wait) => setTimeout(work, wait), cancel = (timer) => clearTimeout(timer) }) {
    Object.assign(this, { idle, warn, endsAt, onWarn, onStay, onIdle, onEnd, now, later, cancel });
    this.touched = this.now();
    this.warned = false;
    this.check();
  }

  // Somebody is there. A touch that comes too late doesn't bring anything back.
  touch() {
    if (!this.check()) return;
    this.touched = this.now();
    if (this.warned) {
      this.warned = false;
      this.onStay();
    }
    this.check();
  }

  // Does what is due and sets the next timer; false once it is over.
  check() {
    this.cancel(this.timer);
    if (this.over) return false;
    const now = this.now(), idleAt = this.touched + this.idle;
    if (this.endsAt !== null && now >= this.endsAt) return this.finish(this.onEnd);
    if (now >= idleAt) return this.finish(this.onIdle);
    if (!this.warned && now >= idleAt - this.warn) {
      this.warned = true;
      this.onWarn();
    }
    const next = Math.min(this.warned ? idleAt : idleAt - this.warn, this.endsAt ?? Infinity);
    this.timer = this.later(() => this.check(), Math.min(next - now, LONGEST_TIMER));
    return true;
  }

  finish(act) {
    this.stop();
    act();
    return false;
  }

  stop() {
    this.over = true;
    this.cancel(this.timer);
  }
}
