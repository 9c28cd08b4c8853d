// Requests and their answers, subscriptions and their changes, over a connection that comes back when it went.

import { signal } from "@preact/signals";
import { dialectOf, OFFERED, type Dialect } from "./codec";
import {
  DELTA, ERROR, POST, PUT, Refused, RETURN, SUBSCRIBE, UNSUBSCRIBE, UPDATE,
  type Change, type Message, type Path, type Request,
} from "./messages";
import { Columns } from "./readings";

export type Link = "connecting" | "connected" | "lost";

/** Who watches something. `ended`: it does not exist, or no longer. */
export interface Watcher {
  changed(changes: readonly Change[]): void;
  ended?(reason: Refused | null): void;
}

interface Asked {
  resolve(value: unknown): void;
  reject(error: Refused): void;
}

interface Subscription {
  path: Path;
  delta: boolean;
  every: boolean;
  watcher: Watcher;
  columns: Columns;
}

/** Seconds between messages of what changes all the time: as often as somebody can look at it. */
const PERIOD = 0.04;
const FIRST_PAUSE = 250;
const LONGEST_PAUSE = 4000;
const LOST = "the connection to the server was lost before it answered";

export class Session {
  readonly link = signal<Link>("connecting");
  /** What the server chose to speak. */
  readonly dialect = signal<Dialect>(dialectOf(""));
  /** Counts connections: whoever shows something of before knows by it that this is a new one. */
  readonly epoch = signal(0);

  private socket: WebSocket | null = null;
  private next = 1;
  private readonly asked = new Map<number, Asked>();
  private readonly subscriptions = new Map<number, Subscription>();
  /** A browser hangs up on a server that knows no subprotocols at all when it was offered some. */
  private offering = true;
  private pause = FIRST_PAUSE;
  private timer = 0;

  constructor(private readonly address: string) {
    this.open();
    window.addEventListener("online", () => this.retry());
    document.addEventListener("visibilitychange", () => {
      if (document.visibilityState === "visible") this.retry();
    });
  }

  /** Try again at once, where it would wait. */
  retry(): void {
    if (this.link.value !== "lost") return;
    window.clearTimeout(this.timer);
    this.pause = FIRST_PAUSE;
    this.open();
  }

  put(path: Path, value: unknown): Promise<unknown> {
    return this.ask({ typeid: PUT, path: [...path, "value"], value });
  }

  call(path: Path, parameters: Record<string, unknown>): Promise<unknown> {
    return this.ask({ typeid: POST, path, parameters });
  }

  /**
   * Watch a path until the function that this returns is called; it is subscribed to again on each connection. What
   * changes faster than it can be seen is merged by the server, newest wins; with `every` each change is told.
   */
  watch(path: Path, watcher: Watcher, delta = true, every = false): () => void {
    const id = this.next++;
    this.subscriptions.set(id, { path, delta, every, watcher, columns: new Columns() });
    if (this.link.value === "connected") this.subscribe(id);
    return () => {
      if (this.subscriptions.delete(id) && this.link.value === "connected") {
        this.send({ typeid: UNSUBSCRIBE, id });
      }
    };
  }

  private ask(request: Omit<Request, "id">): Promise<unknown> {
    if (this.link.value !== "connected") return Promise.reject(new Refused("there is no connection to the server"));
    const id = this.next++;
    return new Promise((resolve, reject) => {
      this.asked.set(id, { resolve, reject });
      this.send({ ...request, id });
    });
  }

  private subscribe(id: number): void {
    const found = this.subscriptions.get(id);
    if (!found) return;
    const { path, delta, every } = found;
    const ours: Partial<Request> = every ? { policy: "every" } : { period: PERIOD, columns: delta };
    this.send({ typeid: SUBSCRIBE, id, path, delta, ...(this.dialect.value.ours ? ours : {}) });
  }

  private send(request: Request): void {
    this.socket?.send(this.dialect.value.write(request));
  }

  private open(): void {
    const socket = new WebSocket(this.address, this.offering ? [...OFFERED] : []);
    socket.binaryType = "arraybuffer";
    this.socket = socket;
    socket.onopen = () => {
      this.pause = FIRST_PAUSE;
      this.dialect.value = dialectOf(socket.protocol);
      this.epoch.value++;
      this.link.value = "connected";
      for (const id of this.subscriptions.keys()) this.subscribe(id);
    };
    socket.onmessage = (event: MessageEvent<string | ArrayBuffer>) => {
      for (const message of this.dialect.value.read(event.data)) this.take(message);
    };
    socket.onclose = () => {
      if (this.socket !== socket) return;
      if (this.epoch.value === 0) this.offering = !this.offering;
      this.lost();
    };
  }

  private lost(): void {
    this.socket = null;
    this.link.value = "lost";
    const asked = [...this.asked.values()];
    this.asked.clear();
    for (const one of asked) one.reject(new Refused(LOST));
    window.clearTimeout(this.timer);
    this.timer = window.setTimeout(() => this.open(), this.pause * (0.75 + Math.random() / 2));
    this.pause = Math.min(LONGEST_PAUSE, this.pause * 2);
  }

  private take(message: Message): void {
    const watched = this.subscriptions.get(message.id);
    if (watched) this.tell(message, watched);
    const asked = this.asked.get(message.id);
    if (!asked) return;
    this.asked.delete(message.id);
    if (message.typeid === ERROR) asked.reject(Refused.of(message));
    else asked.resolve(message.value);
  }

  private tell(message: Message, { watcher, columns }: Subscription): void {
    if (message.typeid === DELTA) this.delta(message, watcher, columns);
    else if (message.typeid === UPDATE) watcher.changed([[[], message.value]]);
    else if (message.typeid === ERROR || message.typeid === RETURN) {
      this.subscriptions.delete(message.id);
      watcher.ended?.(message.typeid === ERROR ? Refused.of(message) : null);
    }
  }

  private delta({ changes = [], readings }: Message, watcher: Watcher, columns: Columns): void {
    columns.learn(changes);
    watcher.changed(readings ? [...changes, ...columns.spread(readings)] : changes);
  }
}
