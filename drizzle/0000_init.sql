CREATE TABLE `agent_instances` (
	`agent_id` text NOT NULL,
	`instance_id` text NOT NULL,
	`first_seen_at` integer NOT NULL,
	`last_seen_at` integer NOT NULL,
	`applied_version` integer,
	`applied_hash` text,
	`applied_at` integer,
	`enforced_version` integer,
	`enforced_at` integer,
	PRIMARY KEY(`agent_id`, `instance_id`)
);
--> statement-breakpoint
CREATE TABLE `agent_types` (
	`type` text PRIMARY KEY NOT NULL,
	`mode` text DEFAULT 'observe' NOT NULL,
	`threshold` integer,
	`allows` text DEFAULT '["none","reversible"]' NOT NULL,
	`floor` integer DEFAULT 0 NOT NULL,
	`created_at` integer NOT NULL
);
--> statement-breakpoint
CREATE TABLE `agents` (
	`id` text PRIMARY KEY NOT NULL,
	`type` text NOT NULL,
	`state` text DEFAULT 'learning' NOT NULL,
	`state_version` integer DEFAULT 0 NOT NULL,
	`state_since` integer NOT NULL,
	`liveness` text DEFAULT 'live' NOT NULL,
	`paused` integer DEFAULT false NOT NULL,
	`incident_id` text,
	`enforcement` integer,
	`can_clone` integer DEFAULT false NOT NULL,
	`model` text,
	`provider` text,
	`prompt_hash` text,
	`prompt_version` text,
	`prompt_dynamic` integer DEFAULT false NOT NULL,
	`tools_hash` text,
	`held_prompts` text DEFAULT '[]' NOT NULL,
	`good_prompt_hash` text,
	`prompt_samples` integer DEFAULT 0 NOT NULL,
	`cannot` text DEFAULT '[]' NOT NULL,
	`mcp_servers` text DEFAULT '[]' NOT NULL,
	`tools` text DEFAULT '[]' NOT NULL,
	`labels` text DEFAULT '{}' NOT NULL,
	`environment` text,
	`version` text,
	`sdk_version` text,
	`key_id` text,
	`directive_version` integer DEFAULT 0 NOT NULL,
	`event_count` integer DEFAULT 0 NOT NULL,
	`first_seen_at` integer NOT NULL,
	`last_seen_at` integer NOT NULL,
	`retired_at` integer
);
--> statement-breakpoint
CREATE INDEX `agents_type` ON `agents` (`type`);--> statement-breakpoint
CREATE INDEX `agents_state` ON `agents` (`state`);--> statement-breakpoint
CREATE TABLE `directives` (
	`agent_id` text NOT NULL,
	`version` integer NOT NULL,
	`hash` text NOT NULL,
	`status` text NOT NULL,
	`rollback_to` text,
	`revoked_tools` text NOT NULL,
	`autonomy` text NOT NULL,
	`memory_epoch` integer NOT NULL,
	`successor` text,
	`reason` text NOT NULL,
	`incident_id` text,
	`created_by` text NOT NULL,
	`created_at` integer NOT NULL,
	`action_run_id` text,
	`enforced_at` integer,
	`breached_at` integer,
	`unconfirmed_at` integer,
	PRIMARY KEY(`agent_id`, `version`)
);
--> statement-breakpoint
CREATE UNIQUE INDEX `directives_action_run` ON `directives` (`action_run_id`);--> statement-breakpoint
CREATE TABLE `accounts` (
	`id` text PRIMARY KEY NOT NULL,
	`account_id` text NOT NULL,
	`provider_id` text NOT NULL,
	`user_id` text NOT NULL,
	`access_token` text,
	`refresh_token` text,
	`id_token` text,
	`access_token_expires_at` integer,
	`refresh_token_expires_at` integer,
	`scope` text,
	`password` text,
	`created_at` integer NOT NULL,
	`updated_at` integer NOT NULL,
	FOREIGN KEY (`user_id`) REFERENCES `users`(`id`) ON UPDATE no action ON DELETE cascade
);
--> statement-breakpoint
CREATE INDEX `accounts_user` ON `accounts` (`user_id`);--> statement-breakpoint
CREATE TABLE `ingest_keys` (
	`id` text PRIMARY KEY NOT NULL,
	`hash` text NOT NULL,
	`shown` text NOT NULL,
	`name` text NOT NULL,
	`agent_id` text,
	`name_prefix` text,
	`created_by` text NOT NULL,
	`created_at` integer NOT NULL,
	`last_used_at` integer,
	`revoked_at` integer
);
--> statement-breakpoint
CREATE UNIQUE INDEX `ingest_keys_hash_unique` ON `ingest_keys` (`hash`);--> statement-breakpoint
CREATE TABLE `links` (
	`token_hash` text PRIMARY KEY NOT NULL,
	`kind` text NOT NULL,
	`user_id` text,
	`email` text,
	`role` text,
	`created_by` text NOT NULL,
	`created_at` integer NOT NULL,
	`expires_at` integer NOT NULL,
	`used_at` integer,
	FOREIGN KEY (`user_id`) REFERENCES `users`(`id`) ON UPDATE no action ON DELETE cascade
);
--> statement-breakpoint
CREATE TABLE `secrets` (
	`name` text PRIMARY KEY NOT NULL,
	`value` text NOT NULL,
	`created_at` integer NOT NULL
);
--> statement-breakpoint
CREATE TABLE `sessions` (
	`id` text PRIMARY KEY NOT NULL,
	`token` text NOT NULL,
	`user_id` text NOT NULL,
	`expires_at` integer NOT NULL,
	`ip_address` text,
	`user_agent` text,
	`created_at` integer NOT NULL,
	`updated_at` integer NOT NULL,
	FOREIGN KEY (`user_id`) REFERENCES `users`(`id`) ON UPDATE no action ON DELETE cascade
);
--> statement-breakpoint
CREATE UNIQUE INDEX `sessions_token_unique` ON `sessions` (`token`);--> statement-breakpoint
CREATE INDEX `sessions_user` ON `sessions` (`user_id`);--> statement-breakpoint
CREATE TABLE `users` (
	`id` text PRIMARY KEY NOT NULL,
	`name` text NOT NULL,
	`email` text NOT NULL,
	`email_verified` integer DEFAULT false NOT NULL,
	`image` text,
	`role` text DEFAULT 'viewer' NOT NULL,
	`created_at` integer NOT NULL,
	`updated_at` integer NOT NULL
);
--> statement-breakpoint
CREATE UNIQUE INDEX `users_email_unique` ON `users` (`email`);--> statement-breakpoint
CREATE TABLE `verifications` (
	`id` text PRIMARY KEY NOT NULL,
	`identifier` text NOT NULL,
	`value` text NOT NULL,
	`expires_at` integer NOT NULL,
	`created_at` integer NOT NULL,
	`updated_at` integer NOT NULL
);
--> statement-breakpoint
CREATE INDEX `verifications_identifier` ON `verifications` (`identifier`);--> statement-breakpoint
CREATE TABLE `agent_events` (
	`seq` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`shard` integer NOT NULL,
	`agent_id` text NOT NULL,
	`kind` text NOT NULL,
	`at` integer NOT NULL,
	`received_at` integer NOT NULL,
	`instance_id` text,
	`run_id` text,
	`dedupe` text,
	`late` integer DEFAULT false NOT NULL,
	`restamped` integer DEFAULT false NOT NULL,
	`body` text NOT NULL
);
--> statement-breakpoint
CREATE INDEX `agent_events_agent` ON `agent_events` (`agent_id`,`seq`);--> statement-breakpoint
CREATE INDEX `agent_events_received` ON `agent_events` (`received_at`);--> statement-breakpoint
CREATE UNIQUE INDEX `agent_events_dedupe` ON `agent_events` (`dedupe`);--> statement-breakpoint
CREATE TABLE `ingest_requests` (
	`key_id` text NOT NULL,
	`idempotency_key` text NOT NULL,
	`digest` text NOT NULL,
	`answer` text NOT NULL,
	`at` integer NOT NULL,
	PRIMARY KEY(`key_id`, `idempotency_key`)
);
--> statement-breakpoint
CREATE INDEX `ingest_requests_at` ON `ingest_requests` (`at`);--> statement-breakpoint
CREATE TABLE `rollups` (
	`agent_id` text NOT NULL,
	`hour` integer NOT NULL,
	`metric` text NOT NULL,
	`count` integer NOT NULL,
	`sum` real NOT NULL,
	`min` real NOT NULL,
	`max` real NOT NULL,
	PRIMARY KEY(`agent_id`, `hour`, `metric`)
);
--> statement-breakpoint
CREATE INDEX `rollups_hour` ON `rollups` (`hour`);--> statement-breakpoint
CREATE TABLE `runs` (
	`agent_id` text NOT NULL,
	`run_id` text NOT NULL,
	`parent_run_id` text,
	`root_run_id` text,
	`task_id` text,
	`started_at` integer NOT NULL,
	`last_at` integer NOT NULL,
	`ended_at` integer,
	`outcome` text,
	`score` real,
	`label` text,
	`model_calls` integer DEFAULT 0 NOT NULL,
	`tool_calls` integer DEFAULT 0 NOT NULL,
	`errors` integer DEFAULT 0 NOT NULL,
	`tokens` real,
	`cost` real,
	PRIMARY KEY(`agent_id`, `run_id`)
);
--> statement-breakpoint
CREATE INDEX `runs_agent` ON `runs` (`agent_id`,`started_at`);--> statement-breakpoint
CREATE INDEX `runs_started` ON `runs` (`started_at`);--> statement-breakpoint
CREATE TABLE `action_runs` (
	`id` text PRIMARY KEY NOT NULL,
	`idempotency_key` text NOT NULL,
	`proposal_id` text NOT NULL,
	`incident_id` text NOT NULL,
	`agent_id` text NOT NULL,
	`action` text NOT NULL,
	`args` text NOT NULL,
	`by` text NOT NULL,
	`why` text NOT NULL,
	`state` text NOT NULL,
	`started_at` integer NOT NULL,
	`ended_at` integer,
	`directive_version` integer,
	`acknowledged_at` integer,
	`detail` text,
	`outcome` text DEFAULT 'pending' NOT NULL,
	`verification` text,
	`probation` text,
	`judged_at` integer,
	`undone_at` integer
);
--> statement-breakpoint
CREATE UNIQUE INDEX `action_runs_key` ON `action_runs` (`idempotency_key`);--> statement-breakpoint
CREATE INDEX `action_runs_incident` ON `action_runs` (`incident_id`);--> statement-breakpoint
CREATE INDEX `action_runs_started` ON `action_runs` (`started_at`);--> statement-breakpoint
CREATE TABLE `approvals` (
	`id` text PRIMARY KEY NOT NULL,
	`proposal_id` text NOT NULL,
	`incident_id` text NOT NULL,
	`agent_id` text NOT NULL,
	`digest` text NOT NULL,
	`state` text NOT NULL,
	`requested_at` integer NOT NULL,
	`expires_at` integer NOT NULL,
	`decided_at` integer,
	`decided_by` text,
	`decided_by_name` text,
	`comment` text,
	`evidence_opened` integer,
	`void_reason` text
);
--> statement-breakpoint
CREATE UNIQUE INDEX `approvals_proposal` ON `approvals` (`proposal_id`);--> statement-breakpoint
CREATE INDEX `approvals_state` ON `approvals` (`state`,`requested_at`);--> statement-breakpoint
CREATE TABLE `immune_memory` (
	`scope` text NOT NULL,
	`scope_id` text NOT NULL,
	`diagnosis` text NOT NULL,
	`action` text NOT NULL,
	`attempts` real NOT NULL,
	`successes` real NOT NULL,
	`updated_at` integer NOT NULL,
	PRIMARY KEY(`scope`, `scope_id`, `diagnosis`, `action`)
);
--> statement-breakpoint
CREATE TABLE `proposals` (
	`id` text PRIMARY KEY NOT NULL,
	`incident_id` text NOT NULL,
	`agent_id` text NOT NULL,
	`action` text NOT NULL,
	`args` text NOT NULL,
	`state` text NOT NULL,
	`rung` integer NOT NULL,
	`risk` text NOT NULL,
	`reversible` integer NOT NULL,
	`blast_radius` text NOT NULL,
	`expected` text NOT NULL,
	`skipped` text NOT NULL,
	`severity` real NOT NULL,
	`policy` text NOT NULL,
	`reason` text NOT NULL,
	`digest` text NOT NULL,
	`target_version` integer NOT NULL,
	`created_at` integer NOT NULL,
	`expires_at` integer
);
--> statement-breakpoint
CREATE INDEX `proposals_incident` ON `proposals` (`incident_id`);--> statement-breakpoint
CREATE INDEX `proposals_state` ON `proposals` (`state`);--> statement-breakpoint
CREATE TABLE `anomalies` (
	`id` text PRIMARY KEY NOT NULL,
	`agent_id` text NOT NULL,
	`incident_id` text,
	`type` text NOT NULL,
	`metric` text NOT NULL,
	`stratum` text NOT NULL,
	`verdict` text NOT NULL,
	`severity` real NOT NULL,
	`at` integer NOT NULL,
	`event_seq` integer NOT NULL,
	`run_id` text,
	`evidence` text NOT NULL
);
--> statement-breakpoint
CREATE INDEX `anomalies_agent` ON `anomalies` (`agent_id`,`at`);--> statement-breakpoint
CREATE INDEX `anomalies_incident` ON `anomalies` (`incident_id`);--> statement-breakpoint
CREATE TABLE `changes` (
	`id` text PRIMARY KEY NOT NULL,
	`subject_kind` text NOT NULL,
	`subject_id` text NOT NULL,
	`kind` text NOT NULL,
	`at` integer NOT NULL,
	`declared` integer NOT NULL,
	`from_value` text,
	`to_value` text,
	`note` text,
	`source` text NOT NULL,
	`status` text NOT NULL,
	`accept` integer DEFAULT false NOT NULL,
	`created_at` integer NOT NULL,
	`taken_at` integer
);
--> statement-breakpoint
CREATE INDEX `changes_subject` ON `changes` (`subject_kind`,`subject_id`,`at`);--> statement-breakpoint
CREATE TABLE `findings` (
	`id` text PRIMARY KEY NOT NULL,
	`incident_id` text NOT NULL,
	`kind` text NOT NULL,
	`title` text NOT NULL,
	`source` text NOT NULL,
	`detail` text NOT NULL,
	`at` integer NOT NULL
);
--> statement-breakpoint
CREATE INDEX `findings_incident` ON `findings` (`incident_id`);--> statement-breakpoint
CREATE TABLE `hypotheses` (
	`id` text PRIMARY KEY NOT NULL,
	`incident_id` text NOT NULL,
	`rank` integer NOT NULL,
	`diagnosis` text NOT NULL,
	`confidence` real NOT NULL,
	`statement` text NOT NULL,
	`weak` integer NOT NULL,
	`cites` text NOT NULL,
	`author` text NOT NULL,
	`at` integer NOT NULL
);
--> statement-breakpoint
CREATE INDEX `hypotheses_incident` ON `hypotheses` (`incident_id`);--> statement-breakpoint
CREATE TABLE `incident_subjects` (
	`incident_id` text NOT NULL,
	`subject_kind` text NOT NULL,
	`subject_id` text NOT NULL,
	`role` text NOT NULL,
	`watch` text,
	PRIMARY KEY(`incident_id`, `subject_kind`, `subject_id`)
);
--> statement-breakpoint
CREATE INDEX `incident_subjects_subject` ON `incident_subjects` (`subject_kind`,`subject_id`);--> statement-breakpoint
CREATE TABLE `incidents` (
	`id` text PRIMARY KEY NOT NULL,
	`kind` text NOT NULL,
	`state` text NOT NULL,
	`state_version` integer DEFAULT 0 NOT NULL,
	`title` text NOT NULL,
	`severity` real NOT NULL,
	`diagnosis` text,
	`confidence` real,
	`mode` text NOT NULL,
	`cause_key` text,
	`onset_at` integer NOT NULL,
	`opened_at` integer NOT NULL,
	`contained_at` integer,
	`healed_at` integer,
	`closed_at` integer,
	`outcome` text,
	`would_have` text
);
--> statement-breakpoint
CREATE INDEX `incidents_state` ON `incidents` (`state`,`opened_at`);--> statement-breakpoint
CREATE INDEX `incidents_opened` ON `incidents` (`opened_at`);--> statement-breakpoint
CREATE TABLE `settings` (
	`key` text PRIMARY KEY NOT NULL,
	`value` text NOT NULL,
	`updated_at` integer NOT NULL,
	`updated_by` text
);
--> statement-breakpoint
CREATE TABLE `stream_events` (
	`seq` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`at` integer NOT NULL,
	`type` text NOT NULL,
	`agent_id` text,
	`incident_id` text,
	`text` text NOT NULL,
	`data` text NOT NULL
);
--> statement-breakpoint
CREATE INDEX `stream_events_incident` ON `stream_events` (`incident_id`,`seq`);--> statement-breakpoint
CREATE INDEX `stream_events_agent` ON `stream_events` (`agent_id`,`seq`);--> statement-breakpoint
CREATE TABLE `commit_guard` (
	`changed` integer NOT NULL,
	CONSTRAINT "claim_won" CHECK("commit_guard"."changed" > 0)
);
--> statement-breakpoint
CREATE TABLE `detector_states` (
	`agent_id` text PRIMARY KEY NOT NULL,
	`state` text NOT NULL,
	`agent_state` text NOT NULL,
	`updated_at` integer NOT NULL
);
--> statement-breakpoint
CREATE TABLE `leases` (
	`name` text PRIMARY KEY NOT NULL,
	`owner` text NOT NULL,
	`until` integer NOT NULL
);
--> statement-breakpoint
CREATE TABLE `shards` (
	`id` integer PRIMARY KEY NOT NULL,
	`cursor` integer DEFAULT 0 NOT NULL,
	`fence` integer DEFAULT 0 NOT NULL,
	`owner` text,
	`lease_until` integer DEFAULT 0 NOT NULL,
	`swept_at` integer
);
