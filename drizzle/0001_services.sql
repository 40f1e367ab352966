ALTER TABLE `proposals` RENAME COLUMN `agent_id` TO `subject_id`;
--> statement-breakpoint
ALTER TABLE `proposals` ADD `subject_kind` text DEFAULT 'agent' NOT NULL;
--> statement-breakpoint
ALTER TABLE `proposals` ADD `considered` text;
--> statement-breakpoint
ALTER TABLE `approvals` RENAME COLUMN `agent_id` TO `subject_id`;
--> statement-breakpoint
ALTER TABLE `approvals` ADD `subject_kind` text DEFAULT 'agent' NOT NULL;
--> statement-breakpoint
ALTER TABLE `action_runs` RENAME COLUMN `agent_id` TO `subject_id`;
--> statement-breakpoint
ALTER TABLE `action_runs` ADD `subject_kind` text DEFAULT 'agent' NOT NULL;
--> statement-breakpoint
ALTER TABLE `action_runs` ADD `result` text;
--> statement-breakpoint
ALTER TABLE `incidents` ADD `cause_node` text;
--> statement-breakpoint
ALTER TABLE `incidents` ADD `cause_kind` text;
--> statement-breakpoint
ALTER TABLE `incidents` ADD `last_alert_at` integer;
--> statement-breakpoint
ALTER TABLE `incidents` ADD `previous_incident_id` text;
--> statement-breakpoint
ALTER TABLE `stream_events` ADD `service_id` text;
--> statement-breakpoint
CREATE VIRTUAL TABLE `runbooks_fts` USING fts5(path UNINDEXED, heading, body, tokenize = 'porter unicode61');
--> statement-breakpoint
CREATE VIRTUAL TABLE `episodes_fts` USING fts5(id UNINDEXED, title, body, tokenize = 'porter unicode61');
--> statement-breakpoint
CREATE TABLE `causes` (
	`id` text PRIMARY KEY NOT NULL,
	`incident_id` text NOT NULL,
	`investigation_id` text NOT NULL,
	`rank` integer NOT NULL,
	`node` text,
	`kind` text NOT NULL,
	`statement` text NOT NULL,
	`confidence` real NOT NULL,
	`cites` text NOT NULL,
	`separates` text,
	`author` text NOT NULL,
	`notes` text DEFAULT '[]' NOT NULL,
	`feedback` integer,
	`feedback_by` text,
	`at` integer NOT NULL
);
--> statement-breakpoint
CREATE INDEX `causes_incident` ON `causes` (`incident_id`,`rank`);
--> statement-breakpoint
CREATE TABLE `investigations` (
	`id` text PRIMARY KEY NOT NULL,
	`incident_id` text NOT NULL,
	`state` text NOT NULL,
	`owner` text NOT NULL,
	`lease_until` integer NOT NULL,
	`attempt` integer DEFAULT 1 NOT NULL,
	`started_at` integer NOT NULL,
	`ended_at` integer,
	`cut_short` text,
	`bundle` text,
	`onset` text,
	`verdict` text,
	`ranking` text,
	`summary` text,
	`slack` text,
	`status_line` text,
	`report` text,
	`authors` text,
	`spent` text
);
--> statement-breakpoint
CREATE INDEX `investigations_incident` ON `investigations` (`incident_id`);
--> statement-breakpoint
CREATE INDEX `investigations_state` ON `investigations` (`state`);
--> statement-breakpoint
CREATE TABLE `trajectory` (
	`seq` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`investigation_id` text NOT NULL,
	`incident_id` text NOT NULL,
	`node` text NOT NULL,
	`tool` text,
	`args` text,
	`result_digest` text,
	`preview` text,
	`result` text,
	`author` text NOT NULL,
	`started_at` integer NOT NULL,
	`ms` real NOT NULL,
	`tokens` integer DEFAULT 0 NOT NULL,
	`usd` real DEFAULT 0 NOT NULL,
	`ok` integer NOT NULL
);
--> statement-breakpoint
CREATE INDEX `trajectory_investigation` ON `trajectory` (`investigation_id`,`seq`);
--> statement-breakpoint
CREATE TABLE `episode_vectors` (
	`incident_id` text NOT NULL,
	`model` text NOT NULL,
	`dimension` integer NOT NULL,
	`row_id` integer NOT NULL,
	PRIMARY KEY(`incident_id`, `model`)
);
--> statement-breakpoint
CREATE TABLE `episodes` (
	`incident_id` text PRIMARY KEY NOT NULL,
	`service_id` text NOT NULL,
	`title` text NOT NULL,
	`body` text NOT NULL,
	`cause_node` text,
	`cause_kind` text NOT NULL,
	`features` text NOT NULL,
	`action` text,
	`outcome` text NOT NULL,
	`feedback` integer DEFAULT 0 NOT NULL,
	`closed_at` integer NOT NULL
);
--> statement-breakpoint
CREATE INDEX `episodes_service` ON `episodes` (`service_id`,`closed_at`);
--> statement-breakpoint
CREATE TABLE `postmortems` (
	`incident_id` text PRIMARY KEY NOT NULL,
	`markdown` text NOT NULL,
	`author` text NOT NULL,
	`created_at` integer NOT NULL
);
--> statement-breakpoint
CREATE TABLE `runbooks` (
	`path` text PRIMARY KEY NOT NULL,
	`title` text NOT NULL,
	`body` text NOT NULL,
	`services` text DEFAULT '[]' NOT NULL,
	`hash` text NOT NULL,
	`updated_at` integer NOT NULL
);
--> statement-breakpoint
CREATE TABLE `alert_sources` (
	`id` text PRIMARY KEY NOT NULL,
	`kind` text NOT NULL,
	`token_hash` text,
	`created_at` integer NOT NULL,
	`created_by` text NOT NULL,
	`revoked_at` integer,
	`last_at` integer,
	`received` integer DEFAULT 0 NOT NULL
);
--> statement-breakpoint
CREATE TABLE `alerts` (
	`id` text PRIMARY KEY NOT NULL,
	`source_id` text NOT NULL,
	`fingerprint` text NOT NULL,
	`starts_at` integer NOT NULL,
	`ends_at` integer,
	`name` text NOT NULL,
	`service_id` text NOT NULL,
	`severity` text NOT NULL,
	`summary` text NOT NULL,
	`labels` text NOT NULL,
	`annotations` text NOT NULL,
	`generator_url` text,
	`count` integer DEFAULT 1 NOT NULL,
	`first_at` integer NOT NULL,
	`last_at` integer NOT NULL,
	`incident_id` text,
	`muted` integer DEFAULT false NOT NULL,
	`flapping` integer DEFAULT false NOT NULL
);
--> statement-breakpoint
CREATE UNIQUE INDEX `alerts_identity` ON `alerts` (`source_id`,`fingerprint`,`starts_at`);
--> statement-breakpoint
CREATE INDEX `alerts_incident` ON `alerts` (`incident_id`);
--> statement-breakpoint
CREATE INDEX `alerts_service` ON `alerts` (`service_id`,`last_at`);
--> statement-breakpoint
CREATE INDEX `alerts_last` ON `alerts` (`last_at`);
--> statement-breakpoint
CREATE TABLE `incident_signals` (
	`incident_id` text NOT NULL,
	`service_id` text NOT NULL,
	`name` text NOT NULL,
	`query` text NOT NULL,
	`labels` text DEFAULT '{}' NOT NULL,
	`unit` text,
	`upper` real,
	`lower` real,
	PRIMARY KEY(`incident_id`, `service_id`, `name`)
);
--> statement-breakpoint
CREATE TABLE `log_lines` (
	`seq` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`node` text NOT NULL,
	`at` integer NOT NULL,
	`received_at` integer NOT NULL,
	`level` text,
	`line` text NOT NULL
);
--> statement-breakpoint
CREATE INDEX `log_lines_node` ON `log_lines` (`node`,`at`);
--> statement-breakpoint
CREATE INDEX `log_lines_received` ON `log_lines` (`received_at`);
--> statement-breakpoint
CREATE TABLE `maintenance_windows` (
	`id` text PRIMARY KEY NOT NULL,
	`service` text NOT NULL,
	`labels` text DEFAULT '{}' NOT NULL,
	`starts_at` integer NOT NULL,
	`ends_at` integer NOT NULL,
	`note` text,
	`created_by` text NOT NULL,
	`created_at` integer NOT NULL
);
--> statement-breakpoint
CREATE INDEX `maintenance_windows_end` ON `maintenance_windows` (`ends_at`);
--> statement-breakpoint
CREATE TABLE `recorded_series` (
	`id` text PRIMARY KEY NOT NULL,
	`node` text NOT NULL,
	`metric` text NOT NULL,
	`unit` text,
	`points` text NOT NULL,
	`from_s` real NOT NULL,
	`to_s` real NOT NULL,
	`created_at` integer NOT NULL
);
--> statement-breakpoint
CREATE INDEX `recorded_series_node` ON `recorded_series` (`node`,`to_s`);
--> statement-breakpoint
CREATE TABLE `service_edges` (
	`caller` text NOT NULL,
	`callee` text NOT NULL,
	`source` text NOT NULL,
	`last_seen_at` integer NOT NULL,
	PRIMARY KEY(`caller`, `callee`)
);
--> statement-breakpoint
CREATE INDEX `service_edges_callee` ON `service_edges` (`callee`);
--> statement-breakpoint
CREATE TABLE `services` (
	`id` text PRIMARY KEY NOT NULL,
	`kind` text DEFAULT 'service' NOT NULL,
	`state` text DEFAULT 'unknown' NOT NULL,
	`state_version` integer DEFAULT 0 NOT NULL,
	`state_since` integer NOT NULL,
	`source` text NOT NULL,
	`label_key` text,
	`labels` text DEFAULT '{}' NOT NULL,
	`owner` text,
	`version` text,
	`incident_id` text,
	`baseline` text,
	`first_seen_at` integer NOT NULL,
	`last_seen_at` integer NOT NULL
);
--> statement-breakpoint
CREATE TABLE `signals` (
	`service_id` text NOT NULL,
	`name` text NOT NULL,
	`query` text NOT NULL,
	`unit` text,
	`upper` real,
	`lower` real,
	`state` text DEFAULT 'unknown' NOT NULL,
	`value` real,
	`value_at` integer,
	`since` integer NOT NULL,
	`expected` text,
	PRIMARY KEY(`service_id`, `name`)
);
