"use client";

import { PATHS } from "@/lib/contracts/paths";
import { CopyBlock } from "@/components/settings/copy-block";

/** How the app is made that a channel posts as. Rendered in the browser only: the manifest names this server's address. */
export function SlackAppSteps({ open }: { open: boolean }) {
  return (
    <details open={open} className="rounded-md border p-3 text-sm">
      <summary className="cursor-pointer font-medium">Set up the Slack app</summary>
      <ol className="mt-3 list-decimal space-y-2 pl-5 text-ink-2">
        <li>
          At api.slack.com/apps, choose <em>Create New App</em>, <em>From a manifest</em>, and paste this manifest.
          Slack must be able to reach its <code>request_url</code> over https.
        </li>
        <li>
          Install the app to the workspace, and copy the bot token from <em>OAuth &amp; Permissions</em> and the signing
          secret from <em>Basic Information</em>.
        </li>
        <li>
          In the Slack channel, enter <code>/invite @Sentinel</code>. Its ID is at the end of the channel’s details.
        </li>
        <li>
          Link the people who may use the buttons to their accounts under <em>People</em>: each acts with the role of
          their account.
        </li>
      </ol>
      <div className="mt-3">
        <CopyBlock label="App manifest" text={manifest(window.location.origin)} />
      </div>
    </details>
  );
}

const manifest = (origin: string): string => `display_information:
  name: Sentinel
features:
  bot_user:
    display_name: Sentinel
    always_online: true
oauth_config:
  scopes:
    bot:
      - chat:write
settings:
  interactivity:
    is_enabled: true
    request_url: ${origin}${PATHS.SLACK_INTERACTIONS}
  org_deploy_enabled: false
  socket_mode_enabled: false
  token_rotation_enabled: false
`;
