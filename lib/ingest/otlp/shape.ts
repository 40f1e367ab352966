import type { ContentTexts } from "./content";

/** What senders of OTLP may post, one endpoint each. */
export const SIGNALS = ["traces", "metrics", "logs"] as const;
export type Signal = (typeof SIGNALS)[number];

export type Scalar = string | number | boolean;
/** Attributes that somebody here asks for, by name; whatever else was sent is passed over unread. */
export type Attributes = Readonly<Record<string, Scalar>>;

/** Who sent a record: its resource and its instrumentation scope. */
export interface Source {
  resource: Attributes;
  scope: string;
}

/** Times are epoch milliseconds with a fraction; 0 or less: not said. Ids are lower-case hexadecimal. */
export interface LogRecord {
  at: number;
  observedAt: number;
  /** `event_name` of the record; most senders name the event in an attribute. */
  name: string;
  /** The body, where it is text: cut, since it is a line of a log or nothing. */
  body: string | null;
  severity: string | null;
  trace: string;
  attributes: Attributes;
  /** Only where content is asked for: texts of its attributes, and the body, structured ones as JSON. */
  content?: ContentTexts;
  bodyText?: string;
}

export interface Span {
  trace: string;
  id: string;
  parent: string;
  name: string;
  /** 2 server, 3 client, 4 producer, 5 consumer; else internal or not said. */
  kind: number;
  start: number;
  end: number;
  /** Its status is an error. */
  failed: boolean;
  attributes: Attributes;
  /** Attributes of its events that name a session: some programs say it nowhere else. */
  events: Attributes;
  /** Only where content is asked for. */
  content?: ContentTexts;
}

export interface Point {
  metric: string;
  /** 1 delta, 2 cumulative; 0: a value of the moment. */
  temporality: number;
  start: number;
  at: number;
  /** A number's value, or a histogram's sum. */
  value: number;
  /** How many values a histogram holds; 0 for a number. */
  count: number;
  attributes: Attributes;
  /** Names the series: metric and all attributes, whatever their order. */
  series: string;
}

/** One record with its source, as the readers hand it on. */
export interface Item<T> {
  source: Source;
  record: T;
}
export interface Records {
  traces: Span;
  metrics: Point;
  logs: LogRecord;
}

/** Characters kept of a body that is text, as of a pushed line. */
export const BODY_CHARS = 8_000;
/** Characters kept of an attribute: ids, names and models are shorter. */
export const ATTRIBUTE_CHARS = 500;
/** Elements kept of a list of texts (finish reasons). */
export const LIST_ITEMS = 4;
