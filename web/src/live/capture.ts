/** capture.ts: camera and microphone to samples and JPEGs. Either may be missing, refused, or unplugged in the middle. */
import worklet from "./sound-worklet.js?url";

export const RATE = 16000;
const SIDE = 480, EVERY = 100; // pixels of the longer side; milliseconds between pictures

/** `began`: performance.now() of its second 0. */
export interface Capture { began: number; stop: () => void }

async function ask(video: boolean, audio: boolean): Promise<MediaStream | null> {
  const sound = { channelCount: 1, echoCancellation: true, noiseSuppression: false, autoGainControl: false };
  return await navigator.mediaDevices?.getUserMedia({ video: video && { width: { ideal: 640 }, frameRate: { ideal: 30 } }, audio: audio && sound }).catch(() => null) ?? null;
}

/** What there is of both, or of either; null: nothing. */
export async function devices(video: boolean): Promise<MediaStream | null> {
  return (video ? await ask(true, true) ?? await ask(false, true) ?? await ask(true, false) : await ask(false, true));
}

/** Camera and microphone are off again. */
export function off(stream: MediaStream | null): void {
  for (const track of stream?.getTracks() ?? []) { track.onended = null; track.stop(); }
}

export async function begin(stream: MediaStream, onSound: (samples: ArrayBuffer) => void, onPicture: (jpeg: ArrayBuffer, at: number) => void): Promise<Capture> {
  const began = performance.now(), video = stream.getVideoTracks()[0], audio = stream.getAudioTracks()[0];
  let context: AudioContext | null = null, timer = 0, busy = false;
  if (audio) {
    context = new AudioContext({ sampleRate: RATE });
    await context.audioWorklet.addModule(worklet);
    const node = new AudioWorkletNode(context, "sound", { numberOfOutputs: 0 });
    node.port.onmessage = (message: MessageEvent<ArrayBuffer>) => onSound(message.data);
    context.createMediaStreamSource(stream).connect(node);
  }
  if (video) {
    const player = document.createElement("video"), canvas = document.createElement("canvas");
    player.muted = true;
    player.playsInline = true;
    player.srcObject = stream;
    void player.play().catch(() => undefined); // it plays as soon as the first picture is there
    let sent = 0, followed = 0;
    const picture = (taken: number): void => {
      if (busy || !player.videoWidth || video.readyState === "ended") return;
      const scale = Math.min(1, SIDE / Math.max(player.videoWidth, player.videoHeight)), at = Math.max(0, taken - began) / 1000;
      canvas.width = Math.round(player.videoWidth * scale);
      canvas.height = Math.round(player.videoHeight * scale);
      canvas.getContext("2d")?.drawImage(player, 0, 0, canvas.width, canvas.height);
      busy = true;
      sent = performance.now();
      canvas.toBlob((blob) => { void blob?.arrayBuffer().then((bytes) => onPicture(bytes, at)).finally(() => { busy = false; }); }, "image/jpeg", 0.85);
    };
    const each = (now: number, frame: VideoFrameCallbackMetadata): void => { // as soon as the camera has one, with the time it was taken at
      if (now - sent > EVERY - 15) picture(Math.min(now, frame.captureTime ?? now));
      followed = player.requestVideoFrameCallback(each);
    };
    if ("requestVideoFrameCallback" in player) followed = player.requestVideoFrameCallback(each);
    timer = window.setInterval(() => { if (!followed || performance.now() - sent > 1000) picture(performance.now()); }, EVERY); // in a tab that is not shown no frame is told of
  }
  return { began, stop: () => { window.clearInterval(timer); off(stream); void context?.close(); } };
}
