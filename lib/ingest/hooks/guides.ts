/** What can be connected without changing its code: programs with hooks, and whatever only sends OpenTelemetry. */
export const CONNECTABLE = ["claude-code", "codex", "gemini-cli", "copilot", "otel"] as const;
export type Connectable = (typeof CONNECTABLE)[number];

/** What a program does with a call when Sentinel does not answer. */
export const WHEN_UNREACHABLE = ["allow", "block"] as const;
export type WhenUnreachable = (typeof WHEN_UNREACHABLE)[number];

/** What either choice means, in a line. */
export const UNREACHABLE_WORDS: Readonly<Record<WhenUnreachable, string>> = {
  allow: "While Sentinel cannot be reached, agents keep working, including those that are quarantined or paused.",
  block:
    "While Sentinel cannot be reached, no tool call runs and no prompt is accepted: holds stay in force, and work stops.",
};

export interface Connection {
  /** Origin of this server, without a slash at the end. */
  url: string;
  key: string;
  /** For a fleet, in the settings that its people cannot change. */
  managed: boolean;
  whenUnreachable: WhenUnreachable;
  /** Whose budgets the sessions count towards, beside their user's. */
  team?: string | undefined;
  /** Only where telemetry carries it: see {@link NAMES_REPOSITORY}. */
  repository?: string | undefined;
}

/** Programs that send the attributes of their environment with their telemetry. */
export const NAMES_REPOSITORY: readonly Connectable[] = ["claude-code", "copilot", "otel"];

/** Text that belongs into a file, or into the environment of a program. */
export interface Part {
  where: string;
  text: string;
}
export interface Guide {
  name: string;
  parts: Part[];
  /** What else has to be known, a sentence each. */
  notes: string[];
  /** Whether it can be held, or only watched. */
  holds: boolean;
}

/** How long a hook waits for its answer, in seconds: it comes within milliseconds, or something is wrong. */
const TIMEOUT_S = 5;

/** What has to be set where, exactly, to connect a program to this server. */
export function guideFor(program: Connectable, to: Connection): Guide {
  switch (program) {
    case "claude-code":
      return claudeCode(to);
    case "codex":
      return codex(to);
    case "gemini-cli":
      return geminiCli(to);
    case "copilot":
      return {
        name: "GitHub Copilot",
        parts: [{ where: environment(to.managed), text: exported(to) }],
        notes: ["The endpoint switches telemetry on in the CLI and in VS Code.", OBSERVED],
        holds: false,
      };
    case "otel":
      return {
        name: "OpenTelemetry",
        parts: [
          { where: environment(to.managed), text: exported(to) },
          { where: "Endpoint for programs that cannot send headers", text: `${to.url}/otlp/${to.key}` },
        ],
        notes: ["Set service.name, and user.name or vcs.repository.name if they distinguish your agents.", OBSERVED],
        holds: false,
      };
  }
}

const OBSERVED = "It has no hooks, so it can be monitored but not quarantined.";
const environment = (managed: boolean): string =>
  managed
    ? "Environment variables of the program, set by your device management"
    : "Environment variables of the program, such as in ~/.profile";

/** `OTEL_RESOURCE_ATTRIBUTES`; undefined where nothing is to be named. */
function attributes({ team, repository }: Connection): string | undefined {
  const named = [...(team ? [`team=${team}`] : []), ...(repository ? [`vcs.repository.name=${repository}`] : [])];
  return named.length > 0 ? named.join(",") : undefined;
}

const exported = (to: Connection): string =>
  [...exportedTo(to), ...(attributes(to) ? [`export OTEL_RESOURCE_ATTRIBUTES=${attributes(to)}`] : [])].join("\n");

const exportedTo = ({ url, key }: Connection): string[] => [
  `export OTEL_EXPORTER_OTLP_ENDPOINT=${url}`,
  "export OTEL_EXPORTER_OTLP_PROTOCOL=http/protobuf",
  `export OTEL_EXPORTER_OTLP_HEADERS="Authorization=Bearer ${key}"`,
];

const json = (value: unknown): string => JSON.stringify(value, null, 2);

/** Asked before something happens, so that it can be refused. What is only told afterwards never stops anything. */
const CLAUDE_ASKS = ["PreToolUse", "UserPromptSubmit", "SubagentStart"];
const CLAUDE_TELLS = ["PostToolUse", "PostToolUseFailure", "SessionEnd"];

function claudeCode(to: Connection): Guide {
  const { url, key, managed, whenUnreachable, team, repository } = to;
  const hook = (asks: boolean) => [
    {
      matcher: "*",
      hooks: [
        {
          type: "http",
          url: `${url}/api/v1/hooks/claude-code`,
          timeout: TIMEOUT_S,
          headers: {
            Authorization: `Bearer ${key}`,
            "x-sentinel-user": "$USER@$HOSTNAME",
            ...(team && { "x-sentinel-team": team }),
          },
          allowedEnvVars: ["USER", "HOSTNAME"],
          ...(asks && whenUnreachable === "block" ? { onFailure: "block" } : {}),
        },
      ],
    },
  ];
  const settings = {
    env: {
      CLAUDE_CODE_ENABLE_TELEMETRY: "1",
      OTEL_METRICS_EXPORTER: "otlp",
      OTEL_LOGS_EXPORTER: "otlp",
      OTEL_EXPORTER_OTLP_PROTOCOL: "http/protobuf",
      OTEL_EXPORTER_OTLP_ENDPOINT: url,
      OTEL_EXPORTER_OTLP_HEADERS: `Authorization=Bearer ${key}`,
      ...(attributes(to) && { OTEL_RESOURCE_ATTRIBUTES: attributes(to) }),
    },
    ...(managed ? { allowManagedHooksOnly: true, allowedHttpHookUrls: [`${url}/*`] } : {}),
    hooks: Object.fromEntries([
      ...CLAUDE_ASKS.map((name) => [name, hook(true)]),
      ...CLAUDE_TELLS.map((name) => [name, hook(false)]),
    ]),
  };
  return {
    name: "Claude Code",
    parts: [
      {
        where: managed
          ? "/etc/claude-code/managed-settings.json (macOS: /Library/Application Support/ClaudeCode/managed-settings.json)"
          : "~/.claude/settings.json",
        text: json(settings),
      },
    ],
    notes: [
      "Restart sessions that are already running: the file is read when a session starts.",
      ...(repository
        ? [
            `Every session with these settings counts towards ${repository}. To tell repositories apart, set OTEL_RESOURCE_ATTRIBUTES in the .claude/settings.json of each.`,
          ]
        : []),
      UNREACHABLE_WORDS[whenUnreachable],
      ...(whenUnreachable === "block" ? ["Blocking needs Claude Code 2.1.295 or later."] : []),
    ],
    holds: true,
  };
}

/** A hook of programs that run commands: it hands on what it was told, and prints the answer. */
function command({ url, key, whenUnreachable, team }: Connection, program: string, asks: boolean): string {
  const curl = `curl -sSf --max-time ${TIMEOUT_S} -H 'Authorization: Bearer ${key}' -H 'Content-Type: application/json' -H "x-sentinel-user: $USER@$(hostname)"${team ? ` -H 'x-sentinel-team: ${team}'` : ""} --data-binary @- ${url}/api/v1/hooks/${program}`;
  return asks && whenUnreachable === "block"
    ? `${curl} || { echo 'Sentinel cannot be reached, and these settings block work until it can' >&2; exit 2; }`
    : `${curl} || exit 0`;
}

const CODEX_ASKS = ["PreToolUse", "UserPromptSubmit", "SubagentStart"];
const CODEX_TELLS = ["PostToolUse"];

function codex(to: Connection): Guide {
  const exporter = (signal: string) =>
    `{ otlp-http = { endpoint = "${to.url}/v1/${signal}", protocol = "binary", headers = { Authorization = "Bearer ${to.key}" } } }`;
  const otel = ["[otel]", `exporter = ${exporter("logs")}`, `metrics_exporter = ${exporter("metrics")}`].join("\n");
  const hook = (name: string, asks: boolean) =>
    [
      `[[hooks.${name}]]`,
      `[[hooks.${name}.hooks]]`,
      'type = "command"',
      `command = '''${command(to, "codex", asks)}'''`,
      `timeout = ${TIMEOUT_S + 1}`,
    ].join("\n");
  const hooks = [...CODEX_ASKS.map((name) => hook(name, true)), ...CODEX_TELLS.map((name) => hook(name, false))].join(
    "\n\n",
  );
  return {
    name: "Codex",
    parts: to.managed
      ? [
          { where: "/etc/codex/managed_config.toml", text: otel },
          {
            where: "/etc/codex/requirements.toml",
            text: `allow_managed_hooks_only = true\n\n[hooks]\nmanaged_dir = "/etc/codex"\n\n${hooks}`,
          },
        ]
      : [{ where: "~/.codex/config.toml", text: `${otel}\n\n${hooks}` }],
    notes: [
      ...(to.managed ? [] : ["Codex skips hooks until you trust them: run /hooks in it once."]),
      "Its hooks see commands, patches and MCP tools, not web search. A refused call does not end the turn: the model is told the reason and may try other calls, which are refused too.",
      UNREACHABLE_WORDS[to.whenUnreachable],
    ],
    holds: true,
  };
}

const GEMINI_ASKS = ["BeforeTool", "BeforeAgent"];
const GEMINI_TELLS = ["AfterTool", "SessionEnd"];

function geminiCli(to: Connection): Guide {
  const hook = (asks: boolean) => [
    {
      matcher: "*",
      hooks: [
        {
          type: "command",
          name: "sentinel",
          command: command(to, "gemini-cli", asks),
          timeout: (TIMEOUT_S + 1) * 1_000,
        },
      ],
    },
  ];
  const settings = {
    telemetry: {
      enabled: true,
      target: "local",
      otlpProtocol: "http",
      otlpEndpoint: `${to.url}/otlp/${to.key}`,
      logPrompts: false,
    },
    hooks: Object.fromEntries([
      ...GEMINI_ASKS.map((name) => [name, hook(true)]),
      ...GEMINI_TELLS.map((name) => [name, hook(false)]),
    ]),
  };
  return {
    name: "Gemini CLI",
    parts: [
      {
        where: to.managed
          ? "/etc/gemini-cli/settings.json (macOS: /Library/Application Support/GeminiCli/settings.json)"
          : "~/.gemini/settings.json",
        text: json(settings),
      },
    ],
    notes: [UNREACHABLE_WORDS[to.whenUnreachable]],
    holds: true,
  };
}
