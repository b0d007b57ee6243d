/** An address, or a file that the person chose. */
export type From = string | URL | Blob;
/** A folder's address, or the files that are in it. */
export type Folder = string | URL | Iterable<File>;

export interface LoadOptions {
  /** A GGUF model. */
  model: From;
  /** A reasoner's bundle: the folder that `bundle.json` is in. Without one there is only `chat()`. */
  bundle?: Folder;
  /** The model's SHA-256 in hex; the bundle may state it, too. */
  sha256?: string;
  /** Whether what is downloaded is kept in the browser; `true` unless said otherwise. */
  cache?: boolean;
  /** Positions that a conversation can have; what the model allows, at most 4096, unless said otherwise. */
  context?: number;
  /** Branches that there is to be room for; 4 unless said otherwise. */
  branches?: number;
  /** What kernels may use; the best that the device has unless said otherwise. */
  tier?: "portable" | "software" | "subgroup" | "matrix";
  /** Whether kernels may use subgroups where the browser has them; `true` unless said otherwise. */
  subgroups?: boolean;
  /** Whether kernels may compute with halves where the browser does; `true` unless said otherwise or `tier` is "portable". */
  f16?: boolean;
  /** How finely activations are held; "int16" unless said otherwise: prompts in halves where the browser has f16. "float" takes neither. */
  precision?: "float" | "int16" | "int8";
  /** What the model is told before the conversation. */
  system?: string;
  onProgress?: (progress: Progress) => void;
  signal?: AbortSignal;
}

export type Progress =
  | { stage: "engine" | "weights" | "adapter"; done: number; total: number; problem?: undefined }
  /** The file goes on without the cache. */
  | { stage: "uncached"; problem: string; done?: undefined; total?: undefined };

export interface AdapterOptions {
  onProgress?: (progress: Progress) => void;
  signal?: AbortSignal;
}

export interface ReasonOptions {
  /** Who answers; "auto", as the bundle's switcher says, unless said otherwise. */
  policy?: "chat" | "reason" | "auto";
  /** Branches that think, 1 unless said otherwise. */
  branches?: number;
  /** Most tokens of each branch; the bundle's unless said otherwise. */
  budget?: number;
  /** Most tokens of all branches together, shared as they need them, in place of `budget`. */
  total?: number;
  /** Branches and budget are chosen by the question's difficulty within so many tokens, in place of `budget`. */
  limit?: number;
  /** Switcher scores from here on are reasoned about. */
  threshold?: number;
  vote?: "majority" | "weighted" | "best";
  /** Rules joined by "+": "settled", "confidence", "duplicates"; "none" unless said otherwise. */
  earlyStop?: string;
  temperature?: number;
  /** Most tokens of an answer without thoughts. */
  maxTokens?: number;
  /** The same seed gives the same answer on the same device. */
  seed?: number;
  signal?: AbortSignal;
}

export interface ChatOptions {
  maxTokens?: number;
  /** 0 is greedy. */
  temperature?: number;
  topK?: number;
  topP?: number;
  minP?: number;
  seed?: number;
  /** Strings that end the answer. */
  stop?: string[];
  /** The adapter that answers, by its name; the base unless said otherwise. */
  adapter?: string;
  signal?: AbortSignal;
}

/** The same as `ruminate reason --json` prints. Branches are counted from 0. */
export type ReasonEvent =
  | { event: "prefill"; done: number; total: number }
  | { event: "routed"; score: number | null; threshold: number; route: "chat" | "reason"; branches?: number; budget?: number }
  | { event: "adapter_switched"; adapter: string }
  | { event: "forked"; branch: number; seed: number; text: string }
  | { event: "token"; branch: number; id: number; text: string; logprob: number; is_thought: boolean; left: number | null }
  | { event: "warned"; branch: number; text: string }
  | { event: "budget_forced"; branch: number; dropped: number; text: string }
  | { event: "stopped"; branch: number; reason: string; rule?: unknown; tokens: number; text: string; answer: unknown }
  | { event: "scored"; branch: number; score: number }
  | { event: "vote"; tally: { answer: unknown; branch: number; votes: number; weight: number }[] }
  | { event: "answer"; text: string; answer: unknown; winner: number }
  | ({ event: "end" } & ReasonStatistics)
  | Recovered;

export interface ReasonStatistics {
  cached_tokens: number;
  prompt_tokens: number;
  tokens: number;
  branch_tokens: number[];
  first_token_seconds: number;
  seconds: number;
  kv: { shared: number; own: number; unshared: number };
  joules: number | null;
}

export type ChatEvent =
  | { event: "prefill"; done: number; total: number }
  | { event: "token"; id: number; text: string; logprob: number }
  | {
      event: "end";
      stop: "token" | "string" | "length" | "cancelled";
      /** The whole answer. */
      text: string;
      tokens: number;
      prompt_tokens: number;
      cached_tokens: number;
      first_token_seconds: number;
      decode_seconds: number;
    }
  | Recovered;

/** The device was lost before; the model was loaded again, and the conversation goes on. */
export interface Recovered {
  event: "recovered";
}

export interface Info {
  device: string;
  tier: string;
  weights: number;
  weightBytes: number;
  gpuBytes: number;
  kvBytes: number;
  context: number;
  adapters: string[];
  bundle: string | null;
  /** The wasm module's memory, which never shrinks. */
  wasmBytes: number;
}

export interface SelfTestOptions {
  /** What to try; all that the device has unless said otherwise. */
  tiers?: LoadOptions["tier"][];
  /** Only kernels whose name contains this. */
  filter?: string;
  subgroups?: boolean;
  onProgress?: (progress: SelfTestProgress) => void;
  signal?: AbortSignal;
}

export type SelfTestProgress =
  /** A tier begins, or is left out. */
  | { stage: "tier"; tier: string; limits: string; skipped: string | null; isDefault: boolean }
  /** A case was run. */
  | { stage: "case"; tier: string; name: string; label: string }
  /** A kernel's cases were run. */
  | { stage: "kernel"; tier: string; kernel: KernelReport }
  | { stage: "share"; done: number; total: number };

export interface KernelReport {
  kernel: string;
  cases: number;
  /** Cases that differ by more than is allowed. */
  failed: number;
  /** The largest difference, measured against what is allowed; `null` where a case could not run. */
  error: number | null;
  tolerance: number;
  /** What differs, a line each. */
  failures: string[];
}

export interface SelfTestReport {
  passed: boolean;
  /** The engine's version. */
  version: string;
  /** The browser. */
  system: string;
  adapter: string;
  driver: string;
  backend: string;
  kind: string;
  tiers: { tier: string; limits: string; skipped?: string; kernels: KernelReport[] }[];
  /** The adapter's, as WebGPU names them. */
  features: string[];
  limits: Record<string, number>;
  /** All of that for people, as it fits into an issue. */
  text: string;
}

export interface Message {
  role: "system" | "user" | "assistant" | "tool";
  content: string;
}

export type Code =
  | "adapter" | "cancelled" | "context" | "file" | "internal" | "invalid" | "kernel" | "kv" | "lost" | "memory" | "network" | "overflow"
  | "pages";

/** The message says what to do. Its name is `AbortError` where `code` is "cancelled". */
export class RuminateError extends Error {
  readonly code: Code;
}

export class Ruminate {
  static load(options: LoadOptions): Promise<Ruminate>;
  /** Compares every kernel with its CPU twin on this browser's GPU; needs no model. */
  static selfTest(options?: SelfTestOptions): Promise<SelfTestReport>;
  info: Info;
  reason(question: string, options?: ReasonOptions): AsyncGenerator<ReasonEvent, void, void>;
  chat(text: string, options?: ChatOptions): AsyncGenerator<ChatEvent, void, void>;
  /** A GGUF file, or a PEFT folder. */
  loadAdapter(name: string, from: From | Folder, options?: AdapterOptions): Promise<void>;
  unloadAdapter(name: string): Promise<void>;
  messages(): Promise<Message[]>;
  setMessages(messages: Message[]): Promise<void>;
  tokens(text: string): Promise<Uint32Array>;
  logits(ids: Iterable<number>): Promise<Float32Array>;
  memory(): Promise<Info>;
  loseDevice(): Promise<void>;
  /** Calls under way end as cancelled, later ones fail. */
  close(): void;
}

export const cache: {
  list(): Promise<{ url: string; size: number; kept: number; isWhole: boolean }[]>;
  /** Removes what came from an address, or everything. */
  clear(url?: string): Promise<void>;
};
