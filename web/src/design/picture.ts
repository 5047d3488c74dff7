/** picture.ts: a chart on the screen as a PNG: its shapes are painted again on a canvas, in the colours that they have here. */
const SCALE = 2;

function paint(on: CanvasRenderingContext2D, node: SVGElement): void {
  const style = getComputedStyle(node), value = (name: string): number => Number(node.getAttribute(name) ?? 0);
  if (style.display === "none" || node.dataset["live"] !== undefined) return;
  on.globalAlpha = Number(style.opacity);
  if (node.localName === "text") {
    on.font = `${style.fontWeight} ${style.fontSize} ${style.fontFamily}`;
    on.textAlign = style.textAnchor === "middle" ? "center" : style.textAnchor === "end" ? "right" : "left";
    on.fillStyle = style.fill;
    on.fillText(node.textContent ?? "", value("x"), value("y"));
    return;
  }
  const shape = new Path2D(node.localName === "path" ? node.getAttribute("d") ?? "" : undefined);
  if (node.localName === "rect") shape.rect(value("x"), value("y"), value("width"), value("height"));
  else if (node.localName === "circle") shape.arc(value("cx"), value("cy"), value("r"), 0, 2 * Math.PI);
  else if (node.localName === "line") { shape.moveTo(value("x1"), value("y1")); shape.lineTo(value("x2"), value("y2")); }
  else if (node.localName !== "path") return;
  if (style.fill !== "none" && node.localName !== "line") { on.globalAlpha = Number(style.opacity) * Number(style.fillOpacity); on.fillStyle = style.fill; on.fill(shape); }
  if (style.stroke !== "none") {
    on.globalAlpha = Number(style.opacity) * Number(style.strokeOpacity);
    on.setLineDash(style.strokeDasharray === "none" ? [] : style.strokeDasharray.split(/[ ,]+/).map(parseFloat));
    on.lineWidth = parseFloat(style.strokeWidth);
    on.strokeStyle = style.stroke;
    on.stroke(shape);
  }
}

/** `title` stands above it. */
export function pictureOf(chart: SVGSVGElement, title: string): Promise<Blob> {
  const { width, height } = chart.viewBox.baseVal, canvas = document.createElement("canvas"), style = getComputedStyle(document.body), TOP = 40;
  canvas.width = (width + 32) * SCALE;
  canvas.height = (height + TOP + 16) * SCALE;
  const on = canvas.getContext("2d");
  if (!on) return Promise.reject(new Error("canvas"));
  on.scale(SCALE, SCALE);
  on.fillStyle = getComputedStyle(document.documentElement).getPropertyValue("--card");
  on.fillRect(0, 0, width + 32, height + TOP + 16);
  on.fillStyle = style.color;
  on.font = `600 15px ${style.fontFamily}`;
  on.fillText(title, 16, 26, width);
  on.translate(16, TOP);
  chart.querySelectorAll<SVGElement>("*").forEach((node) => paint(on, node));
  return new Promise((done, failed) => canvas.toBlob((blob) => (blob ? done(blob) : failed(new Error("canvas"))), "image/png"));
}
