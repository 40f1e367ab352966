export const ASSISTANTS = ["claude-code", "codex", "gemini-cli", "cursor"] as const;
export type Assistant = (typeof ASSISTANTS)[number];

/** What a program needs to reach this server's tools by MCP, each as its own documentation has it. */
export interface McpGuide {
  name: string;
  /** Where the text belongs. */
  where: string;
  text: string;
}

/** The variable that holds the API token, so that no file does. */
export const TOKEN_VARIABLE = "SENTINEL_MCP_TOKEN";

/** `url`: at which the program reaches this server, without a slash at its end. */
export function mcpGuideFor(assistant: Assistant, url: string): McpGuide {
  const address = `${url}/api/mcp`;
  switch (assistant) {
    case "claude-code":
      return {
        name: "Claude Code",
        where: "In a shell",
        text: `claude mcp add --scope user --transport http sentinel ${address} \\\n  --header 'Authorization: Bearer \${${TOKEN_VARIABLE}}'`,
      };
    case "codex":
      return {
        name: "Codex",
        where: "In a shell",
        text: `codex mcp add sentinel --url ${address} --bearer-token-env-var ${TOKEN_VARIABLE}`,
      };
    case "gemini-cli":
      return {
        name: "Gemini CLI",
        where: "In a shell",
        text: `gemini mcp add --scope user --transport http \\\n  --header 'Authorization: Bearer $${TOKEN_VARIABLE}' sentinel ${address}`,
      };
    case "cursor":
      return {
        name: "Cursor",
        where: "~/.cursor/mcp.json",
        text: JSON.stringify(
          {
            mcpServers: { sentinel: { url: address, headers: { Authorization: `Bearer \${env:${TOKEN_VARIABLE}}` } } },
          },
          null,
          2,
        ),
      };
  }
}
