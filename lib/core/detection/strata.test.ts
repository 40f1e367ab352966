import { describe, expect, it } from "vitest";
import { announce, createIdentity, noteIdentity, type Speaker, stratumKey } from "./strata";

const speaker = (s: Partial<Speaker>): Speaker => ({
  model: "gpt-4o",
  responseModel: null,
  promptVersion: null,
  promptHash: "p1",
  toolsHash: "t1",
  ...s,
});

/** Changes told of while these speak in turn. */
function told(speakers: Partial<Speaker>[]) {
  const id = createIdentity();
  return speakers.flatMap((s) => noteIdentity(id, speaker(s))).map((c) => `${c.kind} ${c.from}→${c.to}`);
}

describe("who speaks", () => {
  it.each<[string, Partial<Speaker>[], string[]]>([
    ["nothing new", [{}, {}, {}], []],
    ["a new prompt", [{}, { promptHash: "p2" }], ["prompt p1→p2"]],
    ["a new model", [{}, { model: "o3" }], ["model gpt-4o→o3"]],
    ["new tools", [{}, { toolsHash: "t2" }], ["tools t1→t2"]],
    ["a rolling deploy, told once", [{}, { promptHash: "p2" }, {}, { promptHash: "p2" }, {}], ["prompt p1→p2"]],
    ["a null says nothing", [{}, { promptHash: null, model: null, toolsHash: null }, {}], []],
    [
      "a declared version counts before the hash",
      [
        { promptVersion: "v1", promptHash: "a" },
        { promptVersion: "v1", promptHash: "b" },
      ],
      [],
    ],
    ["a version of the requested model answers", [{ responseModel: "gpt-4o-2024-08-06" }], []],
    ["a provider's prefix is no other model", [{ model: "openai/gpt-4o", responseModel: "GPT-4o-2024" }], []],
    ["another model answers", [{ responseModel: "gpt-3.5-turbo" }], ["model gpt-4o→gpt-3.5-turbo"]],
    [
      "the answering model changes",
      [{ responseModel: "gpt-4o-05" }, { responseModel: "gpt-4o-08" }],
      ["model gpt-4o-05→gpt-4o-08"],
    ],
    [
      "asked for and answered by another at once",
      [{ responseModel: "gpt-4o-05" }, { model: "o3", responseModel: "o3-mini" }],
      ["model gpt-4o→o3", "model o3→o3-mini"],
    ],
    ["a version by its number answers", [{ model: "claude-sonnet-4", responseModel: "claude-sonnet-4-20250514" }], []],
    [
      "the latest of a model answers",
      [{ model: "claude-3-5-haiku-latest", responseModel: "claude-3-5-haiku-20241022" }],
      [],
    ],
    ["a preview of it answers", [{ model: "gemini-2.5-pro", responseModel: "gemini-2.5-pro-preview-05-06" }], []],
    [
      "a smaller one of its family answers",
      [{ responseModel: "gpt-4o-mini-2024-07-18" }],
      ["model gpt-4o→gpt-4o-mini-2024-07-18"],
    ],
    ["another generation answers", [{ model: "gpt-4", responseModel: "gpt-4.1" }], ["model gpt-4→gpt-4.1"]],
    [
      "two models in turn, each with its own answer, told once",
      [
        { model: "a", responseModel: "a-01" },
        { model: "b", responseModel: "b-01" },
        { model: "a", responseModel: "a-01" },
        { model: "b", responseModel: "b-01" },
      ],
      ["model a→b"],
    ],
    [
      "one of them answered by the other",
      [
        { model: "a", responseModel: "a-01" },
        { model: "b", responseModel: "b-01" },
        { model: "a", responseModel: "b-01" },
      ],
      ["model a→b", "model a-01→b-01"],
    ],
    ["another effort", [{ effort: "low" }, { effort: "high" }], ["config low→high"]],
    [
      "another permission mode, told once",
      [{ permissionMode: "plan" }, { permissionMode: "auto" }, { permissionMode: "plan" }],
      ["config plan→auto"],
    ],
    ["effort that was never said before", [{}, { effort: "high" }], []],
    [
      "an MCP server less",
      [{ mcpServers: ["git", "db"] }, { mcpServers: ["db", "git"] }, { mcpServers: ["db"] }],
      ["tools db, git→db"],
    ],
    ["the first MCP server", [{ mcpServers: [] }, {}, { mcpServers: ["db"] }], ["tools none→db"]],
  ])("%s", (_, speakers, expected) => expect(told(speakers)).toEqual(expected));

  it("takes an announced configuration for effort and permission mode alone", () => {
    const id = createIdentity();
    const plain = { effort: "low", permissionMode: "plan" };
    noteIdentity(id, speaker(plain));
    expect(announce(id, "config")).toBe(false);
    const changed = noteIdentity(id, speaker({ effort: "high", permissionMode: "auto", toolsHash: "t2" }));
    expect(changed.map(({ what, kind, announced }) => [what ?? kind, announced])).toEqual([
      ["tools", false],
      ["effort", true],
      ["permission mode", true],
    ]);
    for (let i = 0; i < 200; i++) noteIdentity(id, speaker(plain));
    expect(noteIdentity(id, speaker({ effort: "max" }))).toMatchObject([{ what: "effort", announced: false }]);
  });

  it("takes announced tools for their hash and their servers in one sample, and an announced model for its answer", () => {
    const id = createIdentity();
    noteIdentity(id, speaker({ responseModel: "gpt-4o-05", mcpServers: ["db"] }));
    announce(id, "tools");
    announce(id, "model");
    const told = noteIdentity(id, speaker({ model: "o3", responseModel: "x-1", toolsHash: "t2", mcpServers: ["git"] }));
    expect(told.map(({ announced }) => announced)).toEqual([true, true, true, true]);
    expect(noteIdentity(id, speaker({ model: "o3", toolsHash: "t3" }))).toMatchObject([{ announced: false }]);
  });

  it("knows what it knew before answers were told apart by what was asked", () => {
    const id = { ...createIdentity(), model: "gpt-4o", answered: "y", noted: 50 };
    id.known.model.push("gpt-4o");
    id.known.answered.push("x", "y");
    expect(noteIdentity(id, speaker({ responseModel: "x", promptHash: null, toolsHash: null }))).toEqual([]);
    expect(noteIdentity(id, speaker({ responseModel: "z", promptHash: null, toolsHash: null }))).toMatchObject([
      { from: "x", to: "z" },
    ]);
  });

  it("calls a prompt dynamic at its fourth form within twenty samples, and leaves it out of the strata", () => {
    const id = createIdentity();
    for (const hash of ["a", "b", "a", "c", "a"]) noteIdentity(id, speaker({ promptHash: hash }));
    expect(id.dynamicPrompt).toBe(false);
    noteIdentity(id, speaker({ promptHash: "d" }));
    expect(id.dynamicPrompt).toBe(true);
    expect(noteIdentity(id, speaker({ promptHash: "e" }))).toEqual([]);
    expect(stratumKey(id, "model_call", "plan")).toBe("model_call|plan|gpt-4o||t1");
  });

  it("does not call four versions dynamic that come weeks apart", () => {
    const id = createIdentity();
    for (const hash of ["a", "b", "c", "d", "e"])
      for (let i = 0; i < 50; i++) noteIdentity(id, speaker({ promptHash: hash }));
    expect(id.dynamicPrompt).toBe(false);
  });

  it("knows an announced change when it comes, once", () => {
    const id = createIdentity();
    noteIdentity(id, speaker({}));
    expect(announce(id, "prompt")).toBe(true);
    expect(noteIdentity(id, speaker({ promptHash: "p2" }))).toMatchObject([{ announced: true }]);
    expect(noteIdentity(id, speaker({ promptHash: "p3" }))).toMatchObject([{ announced: false }]);
  });

  it("expects anything of a deploy, but not for ever", () => {
    const id = createIdentity();
    noteIdentity(id, speaker({}));
    expect(announce(id, "deploy")).toBe(false);
    expect(noteIdentity(id, speaker({ promptHash: "p2", toolsHash: "t2" })).every((c) => c.announced)).toBe(true);
    for (let i = 0; i < 200; i++) noteIdentity(id, speaker({ promptHash: "p2", toolsHash: "t2" }));
    expect(noteIdentity(id, speaker({ promptHash: "p3", toolsHash: "t2" }))).toMatchObject([{ announced: false }]);
  });

  it("cannot announce what is not reported", () => expect(announce(createIdentity(), "prompt")).toBe(false));
});
