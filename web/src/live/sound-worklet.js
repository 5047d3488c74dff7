/* sound-worklet.js: the microphone's samples, 16-bit, 100 ms at a time, to the page. Runs on the audio thread. */
class Sound extends AudioWorkletProcessor {
  constructor() { super(); this.part = new Int16Array(1600); this.used = 0; }
  process([input]) {
    const samples = input?.[0];
    if (!samples) return true;
    for (const sample of samples) {
      this.part[this.used++] = Math.max(-1, Math.min(1, sample)) * 32767;
      if (this.used === this.part.length) {
        this.port.postMessage(this.part.buffer, [this.part.buffer]);
        this.part = new Int16Array(1600);
        this.used = 0;
      }
    }
    return true;
  }
}
registerProcessor("sound", Sound);
