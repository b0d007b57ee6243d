// Errors that say what to do, on their way between threads.

/** What goes wrong has a `code`; see `ruminate.d.ts`. */
export class RuminateError extends Error {
  constructor(code, message) {
    super(message);
    this.name = code === "cancelled" ? "AbortError" : "RuminateError";
    this.code = code;
  }
}

/** Any error as what a message can carry. */
export function packed(error) {
  const code = error?.code;
  if (typeof code === "string") return { code, message: error.message };
  if (error?.name === "AbortError") return { code: "cancelled", message: "cancelled" };
  return { code: "internal", message: String(error?.message ?? error) };
}
