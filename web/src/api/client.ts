/**
 * client.ts: requests to the service. Every answer that is not 2xx becomes a Problem (RFC 9457) that is thrown; a request that
 * cannot reach the service becomes one with status 0. Nothing is kept here but the token that changes must carry.
 */
import type { paths } from "./types";

export class Problem extends Error {
  constructor(readonly status: number, readonly title: string, readonly detail: string, readonly remedy: string, readonly retryAfter = 0) {
    super(detail || title);
  }
}

/** The addresses of docs/openapi.yaml, with {…} left in. */
export type Path = keyof paths & string;
export type Query = Record<string, string | number | boolean | undefined>;

let csrf = "";
/** Given by logging in and by GET /v1/me. */
export function useToken(token: string): void { csrf = token; }

let expired: () => void = () => undefined;
/** Called when the service no longer knows who asks. */
export function onExpired(handler: () => void): void { expired = handler; }

/** /v1/sessions/{id} and {id:"s_1"} to /v1/sessions/s_1?… */
export function address(path: Path, params: Record<string, string> = {}, query: Query = {}): string {
  const filled = path.replace(/\{(\w+)\}/g, (_, name: string) => encodeURIComponent(params[name] ?? ""));
  const search = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) if (value !== undefined) search.set(name, String(value));
  const text = search.toString();
  return text ? `${filled}?${text}` : filled;
}

interface Asked { params?: Record<string, string>; query?: Query; body?: unknown; type?: string; signal?: AbortSignal }

async function problemOf(answer: Response): Promise<Problem> {
  const told = await answer.json().catch(() => ({})) as Partial<Record<"title" | "detail" | "remedy", string>>;
  return new Problem(answer.status, told.title ?? answer.statusText, told.detail ?? "", told.remedy ?? "", Number(answer.headers.get("retry-after") ?? 0));
}

/** The raw answer, for downloads. */
export async function ask(method: "GET" | "POST" | "PUT" | "DELETE", path: Path, asked: Asked = {}): Promise<Response> {
  const headers: Record<string, string> = {};
  if (method !== "GET") headers["X-CSRF-Token"] = csrf;
  const raw = asked.type !== undefined;
  if (asked.body !== undefined) headers["Content-Type"] = asked.type ?? "application/json";
  const init: RequestInit = { method, headers, credentials: "same-origin", cache: "no-store", redirect: "error" };
  if (asked.body !== undefined) init.body = raw ? (asked.body as BodyInit) : JSON.stringify(asked.body);
  if (asked.signal) init.signal = asked.signal;
  let answer: Response;
  try {
    answer = await fetch(address(path, asked.params, asked.query), init);
  } catch (error) {
    if (error instanceof DOMException && error.name === "AbortError") throw error;
    throw new Problem(0, "offline", "", "");
  }
  if (answer.status === 401 && path !== "/v1/login" && path !== "/v1/me") expired();
  if (!answer.ok) throw await problemOf(answer);
  return answer;
}

/** A file as the body, with its progress (0 to 1), which fetch does not tell. */
export function sendFile<T>(path: Path, query: Query, file: Blob, type: string, progress: (share: number) => void, signal?: AbortSignal): Promise<T> {
  return new Promise((done, failed) => {
    const sending = new XMLHttpRequest(), lost = (): void => failed(new Problem(0, "offline", "", ""));
    sending.open("POST", address(path, {}, query));
    sending.setRequestHeader("Content-Type", type);
    sending.setRequestHeader("X-CSRF-Token", csrf);
    sending.upload.onprogress = (event) => { if (event.lengthComputable) progress(event.loaded / event.total); };
    sending.onerror = lost;
    sending.onabort = () => failed(new DOMException("stopped", "AbortError"));
    sending.onload = () => {
      let told: unknown = {};
      try { told = JSON.parse(sending.responseText); } catch { /* said by the status */ }
      const { title, detail, remedy } = told as Partial<Record<"title" | "detail" | "remedy", string>>;
      if (sending.status === 401) expired();
      if (sending.status >= 200 && sending.status < 300) done(told as T);
      else failed(new Problem(sending.status, title ?? sending.statusText, detail ?? "", remedy ?? "", Number(sending.getResponseHeader("retry-after") ?? 0)));
    };
    signal?.addEventListener("abort", () => sending.abort());
    sending.send(file);
  });
}

async function json<T>(method: "GET" | "POST" | "PUT" | "DELETE", path: Path, asked?: Asked): Promise<T> {
  return await (await ask(method, path, asked)).json() as T;
}

export const get = <T>(path: Path, asked?: Asked): Promise<T> => json<T>("GET", path, asked);
export const post = <T>(path: Path, body: unknown = {}, asked: Asked = {}): Promise<T> => json<T>("POST", path, { ...asked, body });
export const put = <T>(path: Path, body: unknown, asked: Asked = {}): Promise<T> => json<T>("PUT", path, { ...asked, body });
export const remove = <T>(path: Path, asked?: Asked): Promise<T> => json<T>("DELETE", path, asked);
