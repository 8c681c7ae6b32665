// A photograph from the camera: the browser's own picture where it allows that, the phone's camera app elsewhere.

import { el } from "../dom.js";
import { icon } from "../icons.js";
import { toast } from "./notices.js";

/** Open the camera; taken(file) gets the photograph. */
export async function openCamera(taken) {
  if (!navigator.mediaDevices?.getUserMedia) return askPhone(taken);
  try {
    const stream = await navigator.mediaDevices.getUserMedia({ video: { facingMode: "environment", width: { ideal: 1280 } } });
    showCamera(stream, taken);
  } catch {
    toast("The camera can't be used: there is none, or this page may not. Choose a photograph instead.", { label: "Choose one", run: () => askPhone(taken) });
  }
}

function askPhone(taken) {
  const input = el("input", { type: "file", accept: "image/*", capture: "environment" });
  input.addEventListener("change", () => input.files[0] && taken(input.files[0]));
  input.click();
}

function showCamera(stream, taken) {
  const video = el("video", { autoplay: true, playsinline: true, muted: true });
  video.srcObject = stream;
  const shoot = async () => {
    const canvas = Object.assign(document.createElement("canvas"), { width: video.videoWidth, height: video.videoHeight });
    canvas.getContext("2d").drawImage(video, 0, 0);
    const blob = await new Promise((resolve) => canvas.toBlob(resolve, "image/jpeg", 0.92));
    dialog.close();
    if (blob) taken(blob);
  };
  const buttons = el("div", { class: "row" }, el("button", { type: "button", class: "button primary", onclick: shoot, autofocus: true }, icon("camera"), "Take the photograph"),
    el("button", { type: "button", class: "button", onclick: () => dialog.close() }, "Cancel"));
  const dialog = el("dialog", { class: "camera", "aria-label": "Camera" }, video, buttons);
  dialog.addEventListener("close", () => {
    for (const track of stream.getTracks()) track.stop();
    dialog.remove();
  });
  document.body.append(dialog);
  dialog.showModal();
}
