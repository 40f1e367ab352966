"use client";

import { useState } from "react";
import { Panel } from "@/components/ui/panel";
import { Segmented } from "@/components/ui/segmented";
import { CopyBlock } from "./copy-block";
import { type Assistant, ASSISTANTS, mcpGuideFor, TOKEN_VARIABLE } from "./mcp-guides";

/** How an assistant is given Sentinel's tools, beside its own. */
export function McpPanel() {
  const [assistant, setAssistant] = useState<Assistant>("claude-code");
  const { where, text } = mcpGuideFor(assistant, location.origin);
  return (
    <Panel title="Ask from an assistant" hint="MCP: incidents, agents, spending and changes; approvals stay here">
      <div className="grid grid-cols-1 gap-5">
        <div className="flex">
          <Segmented
            label="Assistant"
            value={assistant}
            onChange={setAssistant}
            options={ASSISTANTS.map((value) => ({ value, label: mcpGuideFor(value, "").name }))}
            className="flex-wrap"
          />
        </div>
        <div className="grid grid-cols-1 gap-1.5">
          <p className="text-sm font-medium">{where}</p>
          <CopyBlock text={text} label={`MCP settings for ${where}`} />
        </div>
        <p className="text-xs text-ink-2">
          Create an API token under <em>API tokens</em> with the role Viewer, and set it as{" "}
          <code className="font-mono">{TOKEN_VARIABLE}</code> in the assistant&rsquo;s environment. A token that may
          also put agents on hold is best kept for assistants that a person watches.
        </p>
      </div>
    </Panel>
  );
}
